from __future__ import annotations

import ast
from itertools import permutations
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import EnvelopeInvalid
from cases.sealing import envelope, hpke
from cases.sealing.context import LABELS, ctx, hkdf
from tests.cases.sealing.vectors import Vector, cases

ROOT = Path(__file__).resolve().parents[3]
KEY = bytes(range(32))
DEPLOYMENT = bytes(range(16))

Part = bytes | str | int
parts = st.lists(
    st.binary(max_size=20)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.integers(0, 2**64 - 1),
    max_size=5,
)


def raw(part: Part) -> bytes:
    if isinstance(part, int):
        return part.to_bytes(8, "big")
    return part.encode() if isinstance(part, str) else part


@cases("context")
def test_a_context_is_the_bytes_of_its_vector(vector: Vector) -> None:
    given_parts: list[Part] = []
    for part in vector["parts"]:
        (kind, value), *_ = part.items()
        given_parts.append(bytes.fromhex(value) if kind == "bytes" else value)
    assert ctx(vector["purpose"], *given_parts).hex() == vector["context"]


@given(st.sampled_from(sorted(LABELS)), parts, st.sampled_from(sorted(LABELS)), parts)
def test_two_contexts_are_equal_only_if_purpose_and_parts_are(
    one: str, its: list[Part], other: str, theirs: list[Part]
) -> None:
    same = one == other and [raw(p) for p in its] == [raw(p) for p in theirs]
    assert (ctx(one, *its) == ctx(other, *theirs)) is same


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=4), st.data())
def test_moving_bytes_from_one_part_to_the_next_changes_the_context(
    whole: list[bytes], data: st.DataObject
) -> None:
    joined = b"".join(whole)
    cut = data.draw(st.integers(0, len(joined)))
    moved = [joined[:cut], joined[cut:]]
    assert (ctx("facts", *moved) == ctx("facts", *whole)) is (moved == whole)


def test_a_purpose_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no such purpose"):
        ctx("somewhere/else", DEPLOYMENT)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(OverflowError):
        ctx("case/prev", number)


def test_no_purpose_holds_a_sign_that_could_end_it() -> None:
    assert all(purpose.isascii() and purpose.isprintable() for purpose in LABELS)


def test_every_purpose_is_bound_to_its_deployment_first() -> None:
    loose = {name for name, label in LABELS.items() if label.parts[0] != "deployment"}
    assert loose == {"cursor"}  # lives for one visit, under a key that is the deployment's own


@cases("hkdf")
def test_a_derived_key_is_the_bytes_of_its_vector(vector: Vector) -> None:
    key, info = bytes.fromhex(vector["key"]), bytes.fromhex(vector["info"])
    assert hkdf(key, info, vector["length"]).hex() == vector["okm"]


@given(st.binary(min_size=32, max_size=64), st.integers(1, 200), parts)
def test_derivation_is_the_expand_step_of_rfc_5869(
    key: bytes, length: int, given_parts: list[Part]
) -> None:
    info = ctx("blob", *given_parts)
    assert hkdf(key, info, length) == HKDFExpand(SHA256(), length, info).derive(key)


def test_a_length_other_than_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="derives 16 bytes"):
        hkdf(KEY, ctx("receipt/lookup", DEPLOYMENT), 32)


@pytest.mark.parametrize(
    "info", [b"", b"receipt/kek", b"tribune/v1/receipt/kek", b"tribune/v1/unheard\x00", b"kek\x00"]
)
def test_a_key_is_derived_only_under_a_context(info: bytes) -> None:
    with pytest.raises(ValueError, match=r"made by ctx\(\)"):
        hkdf(KEY, info)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        hkdf(bytes(31), ctx("receipt/kek", DEPLOYMENT))


def test_an_envelope_of_one_purpose_opens_under_no_other() -> None:
    sealed = {purpose: envelope.seal(KEY, ctx(purpose, DEPLOYMENT), b"x") for purpose in LABELS}
    for one, other in permutations(LABELS, 2):
        with pytest.raises(EnvelopeInvalid):
            envelope.open_(KEY, ctx(other, DEPLOYMENT), sealed[one])


def test_a_seal_of_one_purpose_opens_under_no_other() -> None:
    pk = hpke.public_key(KEY)
    purposes = sorted(LABELS)
    for one, other in zip(purposes, purposes[1:] + purposes[:1], strict=True):
        sealed = hpke.seal(pk, ctx(one, DEPLOYMENT), b"x")
        with pytest.raises(EnvelopeInvalid):
            hpke.open_(KEY, ctx(other, DEPLOYMENT), sealed)


def test_no_two_purposes_derive_the_same_key() -> None:
    derived = {
        hkdf(KEY, ctx(name, DEPLOYMENT), label.length or 32) for name, label in LABELS.items()
    }
    assert len({key[:16] for key in derived}) == len(LABELS)


def named_contexts() -> list[tuple[str, str, int]]:
    """Every call of `ctx` in the rooms: where, its purpose, and how many parts it passes."""
    found = []
    for file in sorted((ROOT / "cases").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Call(
                    func=ast.Name("ctx") | ast.Attribute(attr="ctx") as func,
                    args=[ast.Constant(str(purpose)), *rest],
                ) if not any(isinstance(part, ast.Starred) for part in rest):
                    # keyring.ctx(...) puts the deployment in front by itself
                    own = isinstance(func, ast.Attribute)
                    where = f"{file.relative_to(ROOT)}:{node.lineno}"
                    found.append((where, purpose, len(rest) + own))
    return found


def test_every_context_made_in_the_rooms_has_the_parts_of_the_table() -> None:
    calls = named_contexts()
    assert calls
    wrong = [
        f"{where}: {purpose} has {given} parts"
        for where, purpose, given in calls
        if purpose not in LABELS or len(LABELS[purpose].parts) != given
    ]
    assert wrong == []
