"""Texts of an administration hold words and a few variables, and nothing that is carried out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import catalogue, texts
from workflows.model import LOCALES

VALUES = dict.fromkeys(texts.VARIABLES, "{review_days}")
"""Values that would be replaced again, if values were looked into."""

pieces = st.lists(
    st.one_of(
        st.sampled_from(
            ["{", "}", "{{", "}}", "{0}", "{days.__class__}", "{days!r}", "{review_days:>9}", "%s",
             "{review_days}", "{administration}", "${x}", "{{ 7*7 }}", "{% if x %}", "{review_days[0]}"]
        ),
        st.text(max_size=8),
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(pieces)
def test_a_text_that_passes_holds_no_brace_but_those_of_variables(text: str) -> None:
    if texts.fault(text) is None:
        assert not {"{", "}"} & set(texts.filled(text, dict.fromkeys(texts.VARIABLES, "x")))


@given(pieces)
def test_filling_looks_into_no_value_and_changes_nothing_else(text: str) -> None:
    expected = text
    for n, name in enumerate(texts.VARIABLES):
        expected = expected.replace(f"{{{name}}}", f"\0{n}\0")
    for n, name in enumerate(texts.VARIABLES):
        expected = expected.replace(f"\0{n}\0", VALUES[name])
    if "\0" not in text:
        assert texts.filled(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Thank you.", None),
        ("Ask within {review_days} days.", None),
        ("Two\nlines.", None),
        ("  ", "blank"),
        ("x" * (texts.LONGEST + 1), "too_long"),
        ("a\x07b", "not_text"),
        ("{case}", "unknown_code"),
        ("{review_days.real}", "unknown_code"),
        ("{review_days!r}", "unknown_code"),
        ("{}", "unknown_code"),
        ("{{review_days}}", "unknown_code"),
        ("a } b", "unknown_code"),
    ],
)
def test_what_is_wrong_with_a_text_is_told(text: str, fault: str | None) -> None:
    assert texts.fault(text) == fault


def test_every_shipped_text_would_pass() -> None:
    for entry in catalogue.code_list("reporter_texts").entries:
        assert [texts.fault(entry.labels[language]) for language in LOCALES] == [None] * 5
