"""Cursors are opaque, cannot be changed, and open only where they were made."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.paging import CURSOR_CHARACTERS, Cursor, Listed, Page, decode, encode
from cases.errors import Unacceptable
from tests.api.small import a_client

KEY = bytes(range(32))
values = st.lists(st.none() | st.integers(-(2**63), 2**63) | st.text(max_size=40), max_size=4).map(
    tuple
)


@given(values, st.text(st.characters(exclude_categories=["Cs"])))
def test_a_cursor_gives_back_what_it_was_made_from(
    position: tuple[str | int | None, ...], scope: str
) -> None:
    assert decode(KEY, encode(KEY, position, scope), scope) == position


@given(st.data())
def test_any_changed_bit_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(base64.urlsafe_b64decode(encode(KEY, ("2026-11-21", 7), "cases") + "=="))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unacceptable):
        decode(KEY, base64.urlsafe_b64encode(sealed).decode(), "cases")


@given(st.text())
def test_whatever_else_is_sent_is_an_unknown_cursor(text: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        decode(KEY, text, "cases")
    assert caught.value.problems == (("/cursor", "unknown_cursor"),)


def test_a_cursor_opens_in_no_other_list_and_under_no_other_key() -> None:
    cursor = encode(KEY, ("2026-11-21", 7), "cases?state=triage&sort=due by 1")
    for scope in ("cases?state=closed&sort=due by 1", "cases?state=triage&sort=due by 2", ""):
        with pytest.raises(Unacceptable):
            decode(KEY, cursor, scope)
    with pytest.raises(Unacceptable):
        decode(bytes(32), cursor, "cases?state=triage&sort=due by 1")


def test_a_cursor_says_nothing_not_even_by_its_length() -> None:
    dates = encode(KEY, ("2026-11-21", "0f8fad5b-d9cb-469f-a165-70867728950e"), "cases")
    nothing = encode(KEY, (None,), "cases")
    assert len(dates) == len(nothing)
    assert b"2026" not in base64.urlsafe_b64decode(dates + "==")
    assert len(dates) <= CURSOR_CHARACTERS
    assert encode(KEY, (None,), "cases") != nothing


def test_the_limit_has_bounds_and_a_default() -> None:
    client = a_client()
    assert client.get("/v1/cases").json() == {"limit": 50}
    assert client.get("/v1/cases?limit=200").json() == {"limit": 200}
    assert client.get("/v1/cases?limit=201").status_code == 422
    assert client.get("/v1/cases?cursor=" + "a" * (CURSOR_CHARACTERS + 1)).status_code == 422


def test_a_page_is_its_items_and_the_way_on() -> None:
    page = Listed[int](items=[1, 2], next=None)
    assert page.model_dump() == {"items": [1, 2], "next": None}
    assert Page().cursor is None


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=12), st.integers(1, 5))
def test_page_by_page_a_list_is_read_once_and_whole(words: list[str], limit: int) -> None:
    words.sort()
    seen: list[str] = []
    page = Page(limit=limit)
    while True:
        cursor = Cursor(KEY, "words", page)
        found = [word for word in words if word > cursor.word][: limit + 1]
        answer = cursor.listed(found, str.upper, lambda word: (word,))
        seen += answer.items
        assert len(answer.items) <= limit
        if answer.next is None:
            break
        page = Page(limit=limit, cursor=answer.next)
    assert seen == [word.upper() for word in words]


def test_a_list_by_two_values_goes_on_after_both() -> None:
    first = Cursor(KEY, "pairs", Page(limit=2))
    assert (first.pair, first.word) == (None, "")
    answer = first.listed([("a", 1), ("b", 2)], str, lambda pair: pair, more=True)
    assert Cursor(KEY, "pairs", Page(cursor=answer.next)).pair == ("b", "2")
    assert first.listed([("a", 1), ("b", 2)], str, lambda pair: pair).next is None
