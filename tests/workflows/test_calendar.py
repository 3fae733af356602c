from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import calendar
from workflows.model import Span, SpanKind

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
closed_days = st.frozensets(st.dates(date(2025, 1, 1), date(2025, 3, 31)), max_size=20)
near = st.dates(date(2025, 1, 1), date(2025, 3, 31))


def between(start: date, end: date, closed: frozenset[date]) -> int:
    """The working days after `start` up to and with `end`."""
    later = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    return sum(calendar.is_working_day(day, closed) for day in later)


@given(start=near, count=st.integers(1, 60), closed=closed_days)
def test_adding_and_counting_working_days_agree(
    start: date, count: int, closed: frozenset[date]
) -> None:
    end = calendar.add_working_days(start, count, closed)
    assert calendar.is_working_day(end, closed)
    assert between(start, end, closed) == count


@given(start=near, closed=closed_days)
def test_no_working_days_end_on_the_day_or_the_next_one_that_works(
    start: date, closed: frozenset[date]
) -> None:
    end = calendar.add_working_days(start, 0, closed)
    assert calendar.is_working_day(end, closed)
    assert between(start, end, closed) == (0 if end == start else 1)


@given(start=days, count=st.integers(0, 300))
def test_five_working_days_are_a_week_without_closed_days(start: date, count: int) -> None:
    if start.weekday() < 5:
        weeks, rest = divmod(count, 5)
        plain = start + timedelta(weeks=weeks)
        ahead = rest + (2 if plain.weekday() + rest > 4 else 0)
        assert calendar.add_working_days(start, count) == plain + timedelta(days=ahead)


def test_a_closed_day_is_skipped() -> None:
    friday, monday, tuesday = date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 5)
    assert calendar.add_working_days(friday, 1) == monday
    assert calendar.add_working_days(friday, 1, {monday}) == tuesday


def test_days_are_not_taken_away() -> None:
    with pytest.raises(ValueError, match="added"):
        calendar.add_working_days(date(2026, 1, 1), -1)


def test_an_administration_closed_for_ever_is_refused() -> None:
    start = date(2026, 1, 1)
    closed = {start + timedelta(days=n) for n in range(800)}
    with pytest.raises(ValueError, match="year"):
        calendar.add_working_days(start, 3, closed)


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
