"""How long what a case holds is kept."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import catalogue, keeping

CLASSES = tuple(catalogue.code_list("retention_classes").by_code)
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("reason", "findings", "expected"),
    [
        ("out_of_mandate", (), "K0"),
        (None, (), "K3"),
        ("completed", ("unfounded", "exonerated"), "K1"),
        ("completed", ("unfounded", "inconclusive"), "K3"),
        ("completed", ("unsubstantiated", "partly_substantiated"), "K4"),
        ("completed", ("other_misconduct",), "K4"),
        ("completed", ("policy_failure",), "K3"),
    ],
)
def test_how_a_case_ended_asks_for_a_class(
    reason: str | None, findings: tuple[str, ...], expected: str
) -> None:
    assert keeping.proposed_class("K3", closure_reason=reason, findings=findings) == expected


@given(st.sampled_from(CLASSES), st.integers(1, 240), days, st.none() | days)
def test_an_identity_never_outlives_the_content(
    name: str, months: int, ended: date, judged: date | None
) -> None:
    content = keeping.content_until(name, months, ended=ended, judged=judged)
    identity = keeping.identity_until(name, months, ended=ended)
    if content is not None and identity is not None:
        assert ended < identity <= content
    assert (content is None) == (keeping.starts_with_judgment(name) and judged is None)


def test_what_was_not_admitted_is_kept_without_who_said_it() -> None:
    ended = date(2026, 3, 31)
    assert keeping.identity_until("K1", 12, ended=ended) == date(2026, 5, 31)
    assert keeping.content_until("K1", 12, ended=ended, judged=None) == date(2027, 3, 31)
    assert keeping.identity_until("K4", 120, ended=ended) is None
