"""The story's own count of a month, from what its people saw happen; it knows nothing of the service.

The definitions are those of `cases/statistics/indicators.py`, written down a second time on purpose.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.life import Life

Cell = tuple[tuple[str, str], ...]
"""What tells a figure from the others of its indicator: pairs of a name and a code, in order of names."""
Number = tuple[int | float | None, int | None, int | None]
"""Value, numerator, denominator."""

OPEN = {
    "received", "acknowledged", "triage", "awaiting_reporter", "assessed", "local_resolution",
    "preliminary_inquiry", "investigation_authorised", "investigation", "suspended",
    "right_of_reply", "report_drafted", "quality_review", "decision_pending", "decided",
    "implementing", "referred_out", "reopened",
}  # fmt: skip
"""States in which somebody still has to do something about the matter itself."""
PROVEN = {"substantiated", "partly_substantiated"}


@dataclass(frozen=True)
class Month:
    """A month and the day on which it is counted."""

    first: date
    last: date
    as_of: date

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.first <= day <= self.last


def office(life: Life) -> str:
    """Where it happened: as the author said, or else as triage found."""
    stated = life.reporter.sent.get("office")
    if stated or life.assessed_on is None:
        return str(stated or "not_stated")
    return next((one["office"] for one in life.alleged.values()), "not_stated")


def channel(life: Life) -> str:
    """How it came in."""
    return str(life.reporter.sent.get("channel", "web"))


def stated(life: Life) -> dict[str, str]:
    """Where a report counts: by what its author said."""
    sent = life.reporter.sent
    return {
        "category": sent.get("category", "not_stated"),
        "office": sent.get("office", "not_stated"),
        "channel": channel(life),
    }


def found(life: Life) -> dict[str, str]:
    """Where a case counts: by what triage found."""
    return {
        "category": life.assessed or "not_stated",
        "office": office(life),
        "channel": channel(life),
    }


def received(life: Life) -> date:
    """The day it came in."""
    return life.steps[0][0]


def acknowledged(life: Life, until: date) -> tuple[date, bool] | None:
    """The day it was acknowledged, and whether the service had to do it; None when it was not."""
    for day, before, _, after in life.steps:
        if before == "received" and after in ("acknowledged", "triage") and day <= until:
            return day, life.waited
    return None


def state_on(life: Life, day: date) -> str | None:
    """Where it stood at the end of a day; None before it came."""
    standing = None
    for when, _, _, after in life.steps:
        if when <= day:
            standing = after
    return standing


def closed_in(life: Life, month: Month) -> date | None:
    """The last day in a month on which it went from being open to closed or not admitted."""
    closing = None
    for day, before, _, after in life.steps:
        if before in OPEN and after in ("closed", "not_admitted") and month.holds(day):
            closing = day
    return closing


def nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least so many per cent of all do not exceed; None of fewer than five."""
    if len(values) < 5:
        return None
    ordered = sorted(values)
    return next(value for n, value in enumerate(ordered, 1) if 100 * n >= percent * len(ordered))


class Figures:
    """Every figure of a month, cut by some dimensions, whole and by cell."""

    def __init__(self, lives: Iterable[Life], month: Month, *cuts: str) -> None:
        self.month, self.cuts = month, cuts
        self.numbers: dict[tuple[str, Cell], Number] = {}
        lives = list(lives)
        cases = [life for life in lives if life.merged_into is None]
        self._reports([life for life in lives if month.holds(received(life))])
        self._count("B1", [found(life) for life in cases if month.holds(received(life))])
        closings = [(life, day) for life in cases if (day := closed_in(life, month))]
        self._count("B2", [found(life) for life, _ in closings])
        waits = [(found(life), (day - received(life)).days) for life, day in closings]
        self._days("F-T9", waits, (50, 75, 90))
        self._stock(cases)
        self._proven(lives)

    def _reports(self, lives: list[Life]) -> None:
        self._count("A1", [stated(life) for life in lives])
        self._rate("A4", [(stated(x), not x.reporter.sent.get("identity")) for x in lives])
        waits, due = [], []
        for life in lives:
            seen = acknowledged(life, self.month.as_of)
            if seen is not None:
                waits.append((stated(life), (seen[0] - received(life)).days))
            if seen is not None or (self.month.as_of - received(life)).days > 7:
                in_time = seen is not None and (seen[0] - received(life)).days <= 7
                by_itself = seen is not None and seen[1]
                due.append((stated(life), in_time and not by_itself, in_time and by_itself))
        self._days("F-T1", waits, (50, 90))
        self._rate("F-T2", [(place, person) for place, person, _ in due])
        self._rate("F-T2", [(place, alone) for place, _, alone in due], acknowledged="automatic")

    def _stock(self, cases: list[Life]) -> None:
        for name, day in (
            ("start", self.month.first - timedelta(days=1)),
            ("end", self.month.last),
        ):
            standing = [life for life in cases if state_on(life, day) in OPEN]
            self._count("B3", [found(life) for life in standing], at=name)
            if name == "end":
                for band, low, high in (("0-30", 0, 30), ("31-90", 31, 90)):
                    old = [x for x in standing if low <= (day - received(x)).days <= high]
                    self._count("B6", [found(life) for life in old], age=band)

    def _proven(self, lives: list[Life]) -> None:
        decided = [
            ({"category": one["category"], "office": one["office"], "channel": channel(life)}, one)
            for life in lives
            for one in life.alleged.values()
            if one["on"] and self.month.holds(one["on"]) and one["finding"] != "not_investigated"
        ]
        self._rate("Q1", [(place, one["finding"] in PROVEN) for place, one in decided])

    def _cells(self, place: dict[str, str], part: dict[str, str]) -> list[Cell]:
        here = {cut: place[cut] for cut in self.cuts}
        both = [part, here | part] if self.cuts else [part]
        return [tuple(sorted(one.items())) for one in both]

    def _count(self, indicator: str, places: list[dict[str, str]], **part: str) -> None:
        tally = Counter(cell for place in places for cell in self._cells(place, part))
        tally.setdefault(tuple(sorted(part.items())), 0)
        for cell, n in tally.items():
            self.numbers[indicator, cell] = (n, None, None)

    def _rate(self, indicator: str, of: list[tuple[dict[str, str], bool]], **part: str) -> None:
        tally: dict[Cell, list[bool]] = defaultdict(list)
        tally[tuple(sorted(part.items()))] = []
        for place, hit in of:
            for cell in self._cells(place, part):
                tally[cell].append(hit)
        for cell, hits in tally.items():
            value = round(sum(hits) / len(hits), 4) if len(hits) >= 10 else None
            self.numbers[indicator, cell] = (value, sum(hits), len(hits))

    def _days(
        self, indicator: str, of: list[tuple[dict[str, str], int]], shares: tuple[int, ...]
    ) -> None:
        tally: dict[Cell, list[int]] = defaultdict(list)
        tally[()] = []
        for place, days in of:
            for cell in self._cells(place, {}):
                tally[cell].append(days)
        for cell, values in tally.items():
            for share in shares:
                where = tuple(sorted([*cell, ("measure", f"p{share}")]))
                self.numbers[indicator, where] = (nearest_rank(values, share), None, None)

    def base(self, indicator: str, choose: Callable[[Cell], bool]) -> list[int]:
        """The counts of some cells of an indicator."""
        return [
            int(value or 0)
            for (name, cell), (value, _, _) in self.numbers.items()
            if name == indicator and choose(cell)
        ]
