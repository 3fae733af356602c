"""Working days: those of the country, less the days an administration is closed, with those it works."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from workflows import countries
from workflows.model import SpanKind

if TYPE_CHECKING:
    from workflows.model import Span

DAY = timedelta(days=1)
LONGEST_CLOSURE_DAYS = 366
"""Longer closures are a mistake in the list, and would keep the count running for ever."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """On which days an administration works.

    Attributes:
        country: whose weekend and public holidays it keeps, two letters; `ZZ`: Monday to Friday.
        closed: its own days off.
        opened: days on which it works although the country does not; they win over `closed`.
    """

    country: str = countries.NOWHERE
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Whether the administration works on a day."""
        if day in self.opened:
            return True
        return day not in self.closed and day not in countries.free_days(self.country, day.year)

    def add_working_days(self, start: date, days: int) -> date:
        """The working day that many working days after `start`; `start` itself is not counted.

        With 0 it is `start`, or the next working day when `start` is none.

        Raises:
            ValueError: `days` is negative, or no working day within a year follows.
        """
        if days < 0:
            raise ValueError("working days are added, not taken away")
        day, left, idle = start, days, 0
        while left > 0 or not self.is_working_day(day):
            day += DAY
            if self.is_working_day(day):
                left, idle = left - 1, 0
                if left <= 0:
                    break
            else:
                idle += 1
                if idle > LONGEST_CLOSURE_DAYS:
                    raise ValueError("closed for more than a year")
        return day

    def working_days_before(self, end: date, days: int) -> date:
        """The last day from which there are at least that many working days up to and with `end`."""
        day, left = end, days
        while left > 0:
            left -= self.is_working_day(day)
            day -= DAY
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """The working days after `start` up to and with `end`; 0 when `end` does not follow."""
        later = (start + n * DAY for n in range(1, (end - start).days + 1))
        return sum(self.is_working_day(day) for day in later)


MONDAY_TO_FRIDAY = WorkingCalendar()
"""The calendar of an administration of no country, without days of its own."""


def due_on(span: Span, start: date, calendar: WorkingCalendar = MONDAY_TO_FRIDAY) -> date | None:
    """The last day of a span that starts on a day; None for `due_date`, which is set by hand.

    Hours end on the day itself here: only who knows the moment they began can say when they end.
    """
    if span.kind is SpanKind.WORKING_DAYS:
        return calendar.add_working_days(start, span.value)
    if span.kind is SpanKind.CALENDAR_DAYS:
        return start + span.value * DAY
    if span.kind is SpanKind.MONTHS:
        return add_months(start, span.value)
    if span.kind is SpanKind.DUE_DATE:
        return None
    return start


def add_months(start: date, months: int) -> date:
    """The same day of the month that many months later, or the last day of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))
