"""Blind tokens: equal where SQL must filter, different everywhere else."""

from __future__ import annotations

import hmac
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from cases.sealing import facts
from cases.sealing.keyring import Keyring

KEYS = Keyring(b"d" * 16, b"s" * 16, {1: b"r" * 32}, {1: b"v" * 32})
OTHER = Keyring(b"d" * 16, b"s" * 16, {1: b"x" * 32}, {1: b"v" * 32})
CODES = st.text(min_size=1, max_size=20)


@given(CODES, CODES)
def test_a_filter_token_is_equal_exactly_where_its_code_is(one: str, two: str) -> None:
    tokens = [facts.filter_token(KEYS, "category", code) for code in (one, two)]
    assert (tokens[0] == tokens[1]) == (one == two)
    assert facts.filter_token(KEYS, "office", one) != tokens[0]
    assert facts.filter_token(OTHER, "category", one) != tokens[0]


@given(st.uuids(), st.uuids(), CODES)
def test_a_figure_token_differs_in_every_row(one: UUID, two: UUID, code: str) -> None:
    tokens = [facts.figure_token(KEYS, row, "type", code) for row in (one, two)]
    assert (tokens[0] == tokens[1]) == (one == two)
    assert facts.filter_token(KEYS, "type", code) not in tokens


@given(st.lists(CODES, min_size=1, unique=True), st.data())
def test_whoever_holds_the_key_finds_the_code_by_trying_the_list(
    codes: list[str], data: st.DataObject
) -> None:
    row, code = uuid4(), data.draw(st.sampled_from([*codes, facts.NOT_STATED]))
    token = facts.figure_token(KEYS, row, "gender", code)
    assert facts.figure_code(KEYS, row, "gender", token, codes) == code
    assert facts.figure_code(OTHER, row, "gender", token, codes) is None
    assert facts.figure_code(KEYS, uuid4(), "gender", token, codes) is None
    by_token = facts.filter_codes(KEYS, "category", codes)
    assert by_token[facts.filter_token(KEYS, "category", code)] == code
    assert len(by_token) == len(codes) + 1


def test_a_token_is_the_first_eight_bytes_as_a_signed_number() -> None:
    digest = hmac.digest(KEYS.key("facts"), KEYS.ctx("facts", "office", "HQ"), "sha256")
    token = facts.filter_token(KEYS, "office", "HQ")
    assert token.to_bytes(8, "big", signed=True) == digest[:8]
