from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import calendar
from workflows.calendar import MONDAY_TO_FRIDAY, WorkingCalendar
from workflows.model import Span, SpanKind

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
closed_days = st.frozensets(st.dates(date(2025, 1, 1), date(2025, 3, 31)), max_size=20)
near = st.dates(date(2025, 1, 1), date(2025, 3, 31))


@given(start=near, count=st.integers(1, 60), closed=closed_days)
def test_adding_and_counting_working_days_agree(
    start: date, count: int, closed: frozenset[date]
) -> None:
    own = WorkingCalendar(closed=closed)
    end = own.add_working_days(start, count)
    assert own.is_working_day(end)
    assert own.working_days_between(start, end) == count


@given(start=near, closed=closed_days)
def test_no_working_days_end_on_the_day_or_the_next_one_that_works(
    start: date, closed: frozenset[date]
) -> None:
    own = WorkingCalendar(closed=closed)
    end = own.add_working_days(start, 0)
    assert own.is_working_day(end)
    assert own.working_days_between(start, end) == (0 if end == start else 1)


@given(start=days, count=st.integers(0, 300))
def test_five_working_days_are_a_week_without_closed_days(start: date, count: int) -> None:
    if start.weekday() < 5:
        weeks, rest = divmod(count, 5)
        plain = start + timedelta(weeks=weeks)
        ahead = rest + (2 if plain.weekday() + rest > 4 else 0)
        assert MONDAY_TO_FRIDAY.add_working_days(start, count) == plain + timedelta(days=ahead)


def test_a_closed_day_is_skipped() -> None:
    friday, monday, tuesday = date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 5)
    assert MONDAY_TO_FRIDAY.add_working_days(friday, 1) == monday
    closed = WorkingCalendar(closed=frozenset({monday}))
    assert closed.add_working_days(friday, 1) == tuesday


def test_a_day_that_is_worked_counts_whatever_else_it_is() -> None:
    friday, saturday = date(2026, 5, 1), date(2026, 5, 2)
    worked = frozenset({friday, saturday})
    busy = WorkingCalendar(country="BE", closed=worked, opened=worked)
    assert not WorkingCalendar(country="BE").is_working_day(friday)  # Labour Day
    assert busy.is_working_day(friday)
    assert busy.add_working_days(friday, 1) == saturday


def test_what_does_not_follow_has_no_working_days() -> None:
    monday, tuesday = date(2026, 5, 4), date(2026, 5, 5)
    assert MONDAY_TO_FRIDAY.working_days_between(tuesday, monday) == 0
    assert MONDAY_TO_FRIDAY.working_days_between(monday, monday) == 0


def test_days_are_not_taken_away() -> None:
    with pytest.raises(ValueError, match="added"):
        MONDAY_TO_FRIDAY.add_working_days(date(2026, 1, 1), -1)


def test_an_administration_closed_for_ever_is_refused() -> None:
    start = date(2026, 1, 1)
    closed = frozenset(start + timedelta(days=n) for n in range(800))
    with pytest.raises(ValueError, match="year"):
        WorkingCalendar(closed=closed).add_working_days(start, 3)


def test_each_kind_of_span_ends_where_it_should() -> None:
    thursday = date(2026, 4, 30)
    ends = {
        SpanKind.WORKING_DAYS: date(2026, 5, 4),
        SpanKind.CALENDAR_DAYS: date(2026, 5, 2),
        SpanKind.HOURS: thursday,
    }
    for kind, end in ends.items():
        assert calendar.due_on(Span(kind=kind, value=2), thursday) == end
    assert calendar.due_on(Span(kind=SpanKind.AT_ONCE), thursday) == thursday
    assert calendar.due_on(Span(kind=SpanKind.DUE_DATE), thursday) is None


@given(start=days, months=st.integers(0, 120))
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(
    start: date, months: int
) -> None:
    end = calendar.add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (
        end.day < start.day and (end + timedelta(days=1)).month != end.month
    )
