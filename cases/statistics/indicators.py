"""What is counted, exactly: from the rows of a month to its figures, before anything is hidden.

Pure: no database, no clock. The definitions:

    A1    reports received in the month; category as stated
    A4    anonymous reports / A1
    B1    cases opened: received in the month, and not merged into another; main category at assessment
    B2    cases closed: left the open states for `closed` or `not_admitted` in the month
    B3    open cases at the end of the day before the month, and of its last day
    B6    B3 at the end, by age in days since receipt
    F-T1  days from receipt to acknowledgement, of reports received in the month; P50, P90
    F-T2  of reports received in the month, acknowledged within 7 days / (acknowledged or 7 days passed);
          by a person, and apart those the service had to acknowledge by itself
    F-T9  days from receipt to closing, of cases closed in the month; P50, P75, P90
    Q1    of allegations decided in the month, (substantiated + partly) / all but not investigated

Percentiles are the nearest rank, of no fewer than 5 values; rates need a base of 10 and carry a 95 %
Wilson interval. Review and monitoring after closing do not open a case again; reopening does, and its
first day of receipt stays. What was not stated is a column of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date
    from uuid import UUID

DEFINITIONS = "figures.v2"
"""Names these definitions in every snapshot; a change of any of them is a new name."""

ALL = ("A1", "A4", "B1", "B2", "B3", "B6", "F-T1", "F-T2", "F-T9", "Q1")
DIMENSIONS = ("category", "office", "channel")
"""What figures are cut by, in the order in which cuts are named."""

NOT_STATED = "not_stated"
UNKNOWN = "unknown"
"""The column of codes that no list holds any more."""

SHUT = frozenset({
    "not_admitted", "merged", "closed", "under_review", "monitoring", "archived", "purged",
})  # fmt: skip
"""States in which a case is not open. A review opens it only when it ends in `reopened`."""
CLOSING = frozenset({"closed", "not_admitted"})

BANDS = ((30, "0-30"), (90, "31-90"), (180, "91-180"), (365, "181-365"))
"""Ages of open cases: days up to which a band reaches, and its name."""
OLDEST = "366+"
BAND_NAMES = (*(name for _, name in BANDS), OLDEST)

PROMPT_DAYS = 7
LEAST_VALUES = 5
LEAST_BASE = 10
Z_95 = 1.959963984540054
"""The 97.5th percentile of the normal distribution: two-sided 95 %."""
DECIMALS = 4

SUBSTANTIATED = frozenset({"substantiated", "partly_substantiated"})
NOT_INVESTIGATED = "not_investigated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One thing that is counted, and where it belongs."""

    unit: UUID
    category: str = NOT_STATED
    office: str = NOT_STATED
    channel: str = NOT_STATED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow(Counted):
    """A report received in the month.

    Attributes:
        acknowledged_on: the day, when it was by the day the month is evaluated.
        automatic: the service acknowledged it, because nobody had.
    """

    received_on: date
    anonymous: bool
    acknowledged_on: date | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRow(Counted):
    """A case closed in the month, and the days since its receipt."""

    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllegationRow(Counted):
    """An allegation decided in the month."""

    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow(Counted):
    """How many open cases there are of one kind and age."""

    age: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFacts:
    """All that a month's figures are counted from.

    Attributes:
        as_of: the day on which the month is evaluated.
    """

    as_of: date
    reports: Sequence[ReportRow] = ()
    opened: Sequence[Counted] = ()
    closed: Sequence[ClosingRow] = ()
    allegations: Sequence[AllegationRow] = ()
    at_start: Sequence[StockRow] = ()
    at_end: Sequence[StockRow] = ()

    def within(self, units: Collection[UUID], offices: Collection[str] | None = None) -> MonthFacts:
        """What of it belongs to some units and, when offices are named, to one of those."""

        def kept(rows: Sequence[R]) -> list[R]:
            return [
                row
                for row in rows
                if row.unit in units and (offices is None or row.office in offices)
            ]

        return MonthFacts(
            as_of=self.as_of,
            reports=kept(self.reports),
            opened=kept(self.opened),
            closed=kept(self.closed),
            allegations=kept(self.allegations),
            at_start=kept(self.at_start),
            at_end=kept(self.at_end),
        )


class Kind(StrEnum):
    """How a figure is read, and so when it is too small to be shown."""

    COUNT = "count"
    RATE = "rate"
    DAYS = "days"


By = tuple[tuple[str, str], ...]
"""Where a figure belongs: (dimension, code) each; empty for all."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One exact figure.

    Attributes:
        by: the cell of the table it is in; empty for the total.
        part: which of an indicator's own figures it is, such as `(("age", "0-30"),)`.
        number: the count; of a rate the numerator; a percentile in days, None of too few values.
        base: what it rests on: the count itself, the denominator, the number of values.
    """

    indicator: str
    by: By
    part: By
    kind: Kind
    number: int | None
    base: int


class Interval(NamedTuple):
    """Where a rate lies with 95 % confidence."""

    low: float
    high: float


R = TypeVar("R", bound=Counted)


def percentile(values: Sequence[int], share: int) -> int | None:
    """The nearest-rank percentile of values, None when there are none.

    Args:
        values: ascending.
        share: 1 to 100.
    """
    rank = -(-share * len(values) // 100)  # rounded up, in whole numbers: no doubt about 0.9 x 10
    return values[rank - 1] if values else None


def wilson(numerator: int, denominator: int) -> Interval:
    """The 95 % score interval of a rate (Wilson 1927), rounded to four decimals."""
    rate, z2 = numerator / denominator, Z_95**2
    middle = rate + z2 / (2 * denominator)
    spread = Z_95 * math.sqrt(rate * (1 - rate) / denominator + z2 / (4 * denominator**2))
    scale = 1 + z2 / denominator
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Interval(round(max(low, 0.0), DECIMALS), round(min(high, 1.0), DECIMALS))


def last_closing(steps: Iterable[tuple[str, date]], first: date, last: date) -> date | None:
    """The last day in a period on which a case was closed, None when it was not.

    Args:
        steps: (state entered, day) from the first step on.
    """
    found, open_before = None, True
    for state, day in steps:
        if open_before and state in CLOSING and first <= day <= last:
            found = day
        open_before = state not in SHUT
    return found


def figures(facts: MonthFacts, cuts: Sequence[str] = ()) -> list[Figure]:
    """Every indicator for each cell of a table, totals first; cells in which nothing falls are left out.

    Args:
        cuts: of `DIMENSIONS`; none for the totals alone.
    """
    return [
        *_counts("A1", facts.reports, cuts),
        *_rates("A4", facts.reports, cuts, lambda row: row.anonymous),
        *_counts("B1", facts.opened, cuts),
        *_counts("B2", facts.closed, cuts),
        *_open(facts, cuts),
        *_ages(facts.at_end, cuts),
        *_days("F-T1", facts.reports, cuts, _wait, (50, 90)),
        *_prompt(facts, cuts),
        *_days("F-T9", facts.closed, cuts, lambda row: row.days, (50, 75, 90)),
        *_rates(
            "Q1",
            [row for row in facts.allegations if row.finding != NOT_INVESTIGATED],
            cuts,
            lambda row: row.finding in SUBSTANTIATED,
        ),
    ]


def _cells(rows: Iterable[R], cuts: Sequence[str]) -> dict[By, list[R]]:
    """Rows by the cell they fall into; all of them under the empty cell, which comes first."""
    cells: dict[By, list[R]] = {(): []}
    for row in rows:
        cells[()].append(row)
        if cuts:
            key = tuple((cut, str(getattr(row, cut))) for cut in cuts)
            cells.setdefault(key, []).append(row)
    return dict(sorted(cells.items()))


def _counts(indicator: str, rows: Iterable[R], cuts: Sequence[str]) -> Iterator[Figure]:
    for by, cell in _cells(rows, cuts).items():
        yield Figure(indicator, by, (), Kind.COUNT, len(cell), len(cell))


def _rates(
    indicator: str,
    rows: Iterable[R],
    cuts: Sequence[str],
    counts: Callable[[R], bool],
    part: By = (),
) -> Iterator[Figure]:
    for by, cell in _cells(rows, cuts).items():
        yield Figure(indicator, by, part, Kind.RATE, sum(map(counts, cell)), len(cell))


def _days(
    indicator: str,
    rows: Iterable[R],
    cuts: Sequence[str],
    length: Callable[[R], int | None],
    shares: Sequence[int],
) -> Iterator[Figure]:
    for by, cell in _cells(rows, cuts).items():
        values = sorted(days for days in map(length, cell) if days is not None)
        for share in shares:
            shown = percentile(values, share) if len(values) >= LEAST_VALUES else None
            part = (("measure", f"p{share}"),)
            yield Figure(indicator, by, part, Kind.DAYS, shown, len(values))


def _wait(row: ReportRow) -> int | None:
    return (row.acknowledged_on - row.received_on).days if row.acknowledged_on else None


def standing(row: ReportRow, as_of: date) -> str:
    """Whether a report was acknowledged in time: by a `person`, `automatic`, `late`, or `waiting` still."""
    wait = _wait(row)
    if wait is not None and wait <= PROMPT_DAYS:
        return "automatic" if row.automatic else "person"
    overdue = (as_of - row.received_on).days > PROMPT_DAYS
    return "late" if wait is not None or overdue else "waiting"


def _prompt(facts: MonthFacts, cuts: Sequence[str]) -> Iterator[Figure]:
    due = [row for row in facts.reports if standing(row, facts.as_of) != "waiting"]

    def by_a_person(row: ReportRow) -> bool:
        return standing(row, facts.as_of) == "person"

    def by_itself(row: ReportRow) -> bool:
        return standing(row, facts.as_of) == "automatic"

    yield from _rates("F-T2", due, cuts, by_a_person)
    yield from _rates("F-T2", due, cuts, by_itself, (("acknowledged", "automatic"),))


def _open(facts: MonthFacts, cuts: Sequence[str]) -> Iterator[Figure]:
    start, end = _cells(facts.at_start, cuts), _cells(facts.at_end, cuts)
    for by in sorted({*start, *end}):
        for name, cells in (("start", start), ("end", end)):
            count = sum(row.count for row in cells.get(by, ()))
            yield Figure("B3", by, (("at", name),), Kind.COUNT, count, count)


def _ages(stock: Sequence[StockRow], cuts: Sequence[str]) -> Iterator[Figure]:
    for by, cell in _cells(stock, cuts).items():
        for band in BAND_NAMES:
            count = sum(row.count for row in cell if row.age == band)
            yield Figure("B6", by, (("age", band),), Kind.COUNT, count, count)
