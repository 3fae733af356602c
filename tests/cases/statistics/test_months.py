"""Months, and when their figures are settled."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.statistics.months import Month, late_after, settled_on
from workflows.calendar import WorkingCalendar


@given(st.dates(date(1, 1, 1), date(9998, 12, 31)))
def test_every_day_lies_in_the_month_it_names(day: date) -> None:
    month = Month.parse(day.isoformat()[:7])
    assert month.first <= day <= month.last
    assert str(month) == day.isoformat()[:7]


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "2026-3", "26-03", "2026-03-01", "0000-01", "9999-12", "", "٢٠٢٦-٠٣"],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a month"):
        Month.parse(text)


@given(st.integers(1, 9000), st.integers(1, 12), st.integers(0, 200))
def test_going_on_and_back_by_months_ends_where_it_began(year: int, number: int, by: int) -> None:
    month = Month(year, number)
    assert month.plus(by).plus(-by) == month


def test_a_month_is_settled_five_working_days_after_its_end() -> None:
    assert settled_on(Month(2026, 3)) == date(2026, 4, 7)
    assert settled_on(
        Month(2026, 3), WorkingCalendar(closed=frozenset({date(2026, 4, 6)}))
    ) == date(2026, 4, 8)


def test_the_late_ones_see_a_month_a_quarter_after_it() -> None:
    assert late_after(Month(2026, 11)) == date(2027, 2, 28)
