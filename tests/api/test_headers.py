"""Lists in headers: what is preferred, and which versions a caller has."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import headers


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("1", 1.0),
        ("0", 0.0),
        ("0.5", 0.5),
        ("1.000", 1.0),
        ("1.9", 1.0),
        ("", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("1e3", 0.0),
        ("-1", 0.0),
        ("٠.٩", 0.0),
        (".5", 0.0),
    ],
)
def test_a_weight_is_what_rfc_9110_writes_and_nothing_else(text: str, weight: float) -> None:
    assert headers.quality(text) == weight


@given(st.text())
def test_whatever_is_written_weighs_between_none_and_one(text: str) -> None:
    found = list(headers.ranges(text))
    assert len(found) <= headers.RANGES
    assert all(name and math.isfinite(weight) and 0 <= weight <= 1 for name, weight in found)


def test_ranges_keep_their_order_and_lose_their_capitals() -> None:
    assert list(headers.ranges("Text/CSV;q=0.3, */* , ;q=1,a;x=1;q=0")) == [
        ("text/csv", 0.3),
        ("*/*", 1.0),
        ("a", 0.0),
    ]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('"one"', {"one"}),
        ('W/"one", "two"', {"one", "two"}),
        ("one", {"one"}),
        ('"one two"', {"one two"}),
        (" , ", set()),
        ("", set()),
    ],
)
def test_tags_are_taken_out_of_their_quotes(header: str, found: set[str]) -> None:
    assert headers.tags(header) == found


def test_a_part_of_a_tag_is_not_the_tag() -> None:
    assert "one" not in headers.tags('"onetwo", W/"two one"')
