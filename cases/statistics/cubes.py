"""Everything that is counted in a month, by the finest place it has, and the sums that are published of it.

Pure. One cube holds what is counted together, so that what is shown of one part of it is known of the other:

    reports   A1, A4 and F-T2        end          B3 at the end and B6
    opened    B1                     allegations  Q1
    closed    B2
    start     B3 at the start

A cell has a unit, an office, a category, a channel and a kind, such as an age. A published sum lies at a
margin: a unit, a scope of offices (`=port` the office alone, `^north` with all below it), a category, a
channel, each empty for all. A unit and an office are cuts like others: no margin has more than two,
so no unit's offices by category, and no office by category and channel; and what an indicator splits its
count by is one more: the anonymous, the punctual, the proven and the ages have one cut beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cases.statistics.indicators import BAND_NAMES, NOT_INVESTIGATED, SUBSTANTIATED, By, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cases.statistics.indicators import Counted, MonthFacts

Key = tuple[str, str, str, str, str]
"""Unit, office, category, channel, kind."""
Margin = tuple[str, str, str, str]
"""Unit, scope of offices, category, channel; empty for all."""
NATION: Margin = ("", "", "", "")
MOST_CUTS = 2
"""Cuts beside the month; with a third, a cell would be a person."""
SPLITTING = frozenset({"A4", "B6", "F-T2", "Q1"})
"""Indicators that split a count by something more, and so have one cut less."""
SENSITIVE = ("DIG-", "SMG-", "RET-")


@dataclass(frozen=True, slots=True)
class Territory:
    """The places whose figures are published together.

    Attributes:
        below: scope of an office with all below it -> codes of the offices in it. Offices with none
            below them have no such scope: it is the office alone.
        wide: scopes below which sensitive categories are not shown: those of regions and above.
        units: how many units there are; the figures of the only one are those of all.
    """

    below: Mapping[str, frozenset[str]] = field(default_factory=dict)
    wide: frozenset[str] = frozenset()
    units: int = 1

    def margins(self, key: Key) -> list[Margin]:
        """Every published sum that a cell is part of."""
        unit, office, category, channel, _ = key
        alone = f"={office}"
        scopes = [("", ""), ("", alone)]
        scopes += [("", scope) for scope, offices in self.below.items() if office in offices]
        if self.units > 1:
            scopes.append((unit, ""))
        found = [
            (*scope, *rest)
            for scope in scopes
            for rest in (("", ""), (category, ""), ("", channel))
        ]
        found.append(("", "", category, channel))
        if self.units > 1:
            found.append((unit, alone, "", ""))
        return found

    def scope(self, code: str) -> str:
        """The scope of an office with all below it."""
        return f"^{code}" if f"^{code}" in self.below else f"={code}"

    def forbids(self, margin: Margin) -> bool:
        """Whether a sum is shown to nobody, whatever it holds: a sensitive category below the regions."""
        _, offices, category, _ = margin
        return bool(offices) and category.startswith(SENSITIVE) and offices not in self.wide


@dataclass(frozen=True, slots=True)
class Line:
    """What is published of a cube at each margin: a count, or a rate with both its counts.

    Attributes:
        indicator, part: as in `indicators.Figure`.
        counts: kinds that make the count, or the numerator.
        base: kinds of the denominator; of a count the same as `counts`.
    """

    indicator: str
    part: By
    counts: frozenset[str]
    base: frozenset[str]

    @property
    def is_rate(self) -> bool:
        """Whether it is a rate."""
        return self.counts != self.base


@dataclass(frozen=True, slots=True)
class Cube:
    """What is counted together.

    Attributes:
        lines: the first is the count that all others split.
        cells: how many there are; none of them zero.
        whole: the first line counts all, and where it is hidden the others are.
    """

    lines: tuple[Line, ...]
    cells: dict[Key, int]
    whole: bool

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind."""
        return self.lines[0].base

    def publishes(self, line: int, margin: Margin) -> bool:
        """Whether a line is published at a margin at all: what splits a count is a cut of its own."""
        return self.lines[line].indicator not in SPLITTING or cuts(margin) < MOST_CUTS

    def sums(self, territory: Territory) -> dict[Margin, Counter[str]]:
        """Margin -> kind -> how many."""
        found: dict[Margin, Counter[str]] = defaultdict(Counter)
        for key, count in self.cells.items():
            for margin in territory.margins(key):
                found[margin][key[4]] += count
        return found


def cuts(margin: Margin) -> int:
    """How many cuts it takes to get to a margin."""
    return sum(bool(part) for part in margin)


def cubes(facts: MonthFacts) -> dict[str, Cube]:
    """A month's facts as cubes, by name."""
    return {
        "reports": Cube(
            REPORTS,
            _cells(
                (row, f"{'a' if row.anonymous else 'n'}-{standing(row, facts.as_of)}", 1)
                for row in facts.reports
            ),
            whole=True,
        ),
        "opened": Cube(OPENED, _cells((row, "all", 1) for row in facts.opened), whole=True),
        "closed": Cube(CLOSED, _cells((row, "all", 1) for row in facts.closed), whole=True),
        "start": Cube(START, _cells((row, "all", row.count) for row in facts.at_start), whole=True),
        "end": Cube(END, _cells((row, row.age, row.count) for row in facts.at_end), whole=True),
        "allegations": Cube(
            ALLEGATIONS,
            _cells(
                (row, "proven" if row.finding in SUBSTANTIATED else "not", 1)
                for row in facts.allegations
                if row.finding != NOT_INVESTIGATED
            ),
            whole=False,
        ),
    }


def _cells(rows: Iterable[tuple[Counted, str, int]]) -> dict[Key, int]:
    cells: Counter[Key] = Counter()
    for row, kind, count in rows:
        cells[str(row.unit), row.office, row.category, row.channel, kind] += count
    return {key: cells[key] for key in sorted(cells)}


def _kinds(names: Iterable[str], standings: Iterable[str]) -> frozenset[str]:
    standings = tuple(standings)
    return frozenset(f"{name}-{one}" for name in names for one in standings)


_ALL = frozenset({"all"})
_EVERY = ("waiting", "late", "person", "automatic")
_DUE = _kinds("an", _EVERY[1:])
_AUTOMATIC: By = (("acknowledged", "automatic"),)

REPORTS = (
    Line("A1", (), _kinds("an", _EVERY), _kinds("an", _EVERY)),
    Line("A4", (), _kinds("a", _EVERY), _kinds("an", _EVERY)),
    Line("F-T2", (), _kinds("an", ("person",)), _DUE),
    Line("F-T2", _AUTOMATIC, _kinds("an", ("automatic",)), _DUE),
)
OPENED = (Line("B1", (), _ALL, _ALL),)
CLOSED = (Line("B2", (), _ALL, _ALL),)
START = (Line("B3", (("at", "start"),), _ALL, _ALL),)
END = (
    Line("B3", (("at", "end"),), frozenset(BAND_NAMES), frozenset(BAND_NAMES)),
    *(Line("B6", (("age", band),), frozenset({band}), frozenset({band})) for band in BAND_NAMES),
)
ALLEGATIONS = (Line("Q1", (), frozenset({"proven"}), frozenset({"proven", "not"})),)
