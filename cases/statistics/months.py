"""Calendar months, the period of every figure, and the day on which a month's figures are settled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

from workflows.calendar import MONDAY_TO_FRIDAY

if TYPE_CHECKING:
    from workflows.calendar import WorkingCalendar

FORMAT = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
MONTHS_A_YEAR = 12
SETTLING_DAYS = 5
"""Working days after a month's end in which what belongs to it is still entered."""
LATE_MONTHS = 3
"""By how much figures come later to a person whom one of the counted cases concerns."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in the administration's zone."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-03`.

        Raises:
            ValueError: it is no month of the years 0001 to 9998.
        """
        found = FORMAT.fullmatch(text)
        if found is None or not 0 < int(found[1]) < date.max.year:
            raise ValueError("not a month")
        return cls(int(found[1]), int(found[2]))

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.plus(1).first - timedelta(days=1)

    def plus(self, months: int) -> Month:
        """The month so many months later."""
        index = self.year * MONTHS_A_YEAR + self.number - 1 + months
        return Month(index // MONTHS_A_YEAR, index % MONTHS_A_YEAR + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


def settled_on(month: Month, calendar: WorkingCalendar = MONDAY_TO_FRIDAY) -> date:
    """The last day that counts for a month: five working days after its end (`as_of`)."""
    return calendar.add_working_days(month.last, SETTLING_DAYS)


def late_after(month: Month) -> date:
    """The day after which a month is shown to people whom one of its cases concerns."""
    return month.plus(LATE_MONTHS).last
