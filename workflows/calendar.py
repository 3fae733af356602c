"""Working days: Monday to Friday, less the days an administration is closed."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

from workflows.model import SpanKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from workflows.model import Span

_DAY = timedelta(days=1)
_SATURDAY = 5
_LONGEST_CLOSURE_DAYS = 366
"""Longer closures are a mistake in the list, and would keep the count running for ever."""


def is_working_day(day: date, closed: Collection[date] = ()) -> bool:
    """Whether the administration works on a day."""
    return day.weekday() < _SATURDAY and day not in closed


def add_working_days(start: date, days: int, closed: Collection[date] = ()) -> date:
    """The working day that many working days after `start`; `start` itself is not counted.

    With 0 it is `start`, or the next working day when `start` is none.

    Raises:
        ValueError: `days` is negative, or no working day within a year follows.
    """
    if days < 0:
        raise ValueError("working days are added, not taken away")
    day, left, idle = start, days, 0
    while left > 0 or not is_working_day(day, closed):
        day += _DAY
        if is_working_day(day, closed):
            left, idle = left - 1, 0
            if left <= 0:
                break
        else:
            idle += 1
            if idle > _LONGEST_CLOSURE_DAYS:
                raise ValueError("closed for more than a year")
    return day


def due_on(span: Span, start: date, closed: Collection[date] = ()) -> date | None:
    """The last day of a span that starts on a day; None for `due_date`, which is set by hand.

    Hours end on the day itself here: only who knows the moment they began can say when they end.
    """
    if span.kind is SpanKind.WORKING_DAYS:
        return add_working_days(start, span.value, closed)
    if span.kind is SpanKind.CALENDAR_DAYS:
        return start + span.value * _DAY
    if span.kind is SpanKind.DUE_DATE:
        return None
    return start


def add_months(start: date, months: int) -> date:
    """The same day of the month that many months later, or the last day of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))
