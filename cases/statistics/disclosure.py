"""What may be shown of a month's figures so that no number points at a person.

Pure. Decided once for all tables of a month together:

    too small     a count of 1 to 4; a rate whose numerator or remainder is one, or on fewer than 10; a
                  percentile of fewer than 5 values, or where the count it rests on is hidden
    never shown   sensitive categories below the regions: not even listed
    for others    what would give one of these away by subtraction: `secondary` finds it
    kept in step  what nearly says the same as another figure at the same place: A1 and B1, which differ by
                  merged reports; B2 and B3 at the end, hidden together, and also where B1 or B3 at the
                  start is, since the stock at the end is that at the start, and what came, less what went

All of it has one mark, since a mark of its own for each reason would say which cells are small. True zeros
are shown, and a cell that is not listed holds zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.statistics.cubes import MOST_CUTS, SPLITTING, Margin, Territory, cubes, cuts
from cases.statistics.indicators import (
    ALL,
    BAND_NAMES,
    DECIMALS,
    LEAST_BASE,
    LEAST_VALUES,
    By,
    Figure,
    Kind,
    wilson,
)
from cases.statistics.primary import primary
from cases.statistics.secondary import complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cases.statistics.cubes import Cube
    from cases.statistics.indicators import MonthFacts
    from cases.statistics.primary import Hidden

PARTS: dict[str, tuple[tuple[By, Kind], ...]] = {
    "A1": (((), Kind.COUNT),),
    "A4": (((), Kind.RATE),),
    "B1": (((), Kind.COUNT),),
    "B2": (((), Kind.COUNT),),
    "B3": (((("at", "start"),), Kind.COUNT), ((("at", "end"),), Kind.COUNT)),
    "B6": tuple((((("age", band),)), Kind.COUNT) for band in BAND_NAMES),
    "F-T1": tuple(((("measure", f"p{share}"),), Kind.DAYS) for share in (50, 90)),
    "F-T2": (((), Kind.RATE), ((("acknowledged", "automatic"),), Kind.RATE)),
    "F-T9": tuple(((("measure", f"p{share}"),), Kind.DAYS) for share in (50, 75, 90)),
    "Q1": (((), Kind.RATE),),
}
"""Every indicator's own figures."""

RESTS_ON = {"F-T1": "A1", "F-T9": "B2"}
"""The count that a percentile's values are some or all of."""

Name = tuple[str, By, Margin]
"""Indicator, part, margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One row as it is served; what is None was hidden or does not belong to its kind."""

    indicator: str
    by: By
    value: int | float | None
    hidden: bool = False
    numerator: int | None = None
    denominator: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is hidden of a month."""

    territory: Territory
    hidden: frozenset[Name]

    def hides(self, figure: Figure, margin: Margin) -> bool:
        """Whether a figure is hidden."""
        if figure.indicator in RESTS_ON:
            rests_on_hidden = (RESTS_ON[figure.indicator], (), margin) in self.hidden
            return rests_on_hidden or 0 < figure.base < LEAST_VALUES
        return (figure.indicator, figure.part, margin) in self.hidden


@dataclass(frozen=True, slots=True)
class Grid:
    """How the cells of one table lie among the published sums.

    Attributes:
        unit, scope: of the table's place; empty for all.
        offices: codes of the place's own offices, where it is one; None for all.
        cuts: of `DIMENSIONS`.
    """

    unit: str
    scope: str
    offices: frozenset[str] | None
    cuts: tuple[str, ...]

    def margin(self, by: By) -> Margin | None:
        """Where a cell lies; None when that has more than two cuts, and is not published."""
        cell = dict(by)
        office = f"={cell['office']}" if "office" in cell else self.scope
        found = (self.unit, office, cell.get("category", ""), cell.get("channel", ""))
        return found if cuts(found) <= MOST_CUTS else None

    def by(self, margin: Margin) -> By | None:
        """The cell of the table that lies at a margin, None when there is none."""
        unit, office, category, channel = margin
        cell = {"category": category, "office": "", "channel": channel}
        if "office" in self.cuts and office.startswith("="):
            if self.offices is not None and office[1:] not in self.offices:
                return None
            cell["office"] = office[1:]
        elif office != self.scope:
            return None
        if unit != self.unit or {cut for cut, code in cell.items() if code} != {*self.cuts}:
            return None
        return tuple((cut, cell[cut]) for cut in self.cuts)


def exact(figures: Iterable[Figure]) -> list[Shown]:
    """Every figure as it is, for the head of the unit whose cases they count."""
    return [_show(figure) for figure in figures]


def decide(facts: MonthFacts, territory: Territory) -> Decision:
    """What to hide of everything that is published of some facts."""
    made = cubes(facts)
    hidden = {name: primary(cube, territory) for name, cube in made.items()}
    _keep_in_step(made, hidden)
    for name, cube in made.items():
        hidden[name] = complete(cube, territory, hidden[name])
        _keep_in_step(made, hidden)
    return Decision(
        territory,
        frozenset(
            (cube.lines[n].indicator, cube.lines[n].part, margin)
            for name, cube in made.items()
            for n, margin in hidden[name]
        ),
    )


def hide(figures: Sequence[Figure], decision: Decision, grid: Grid) -> list[Shown]:
    """The figures of one table as everybody else may see them."""
    shown = []
    for figure in [*figures, *_of_nothing(figures, decision, grid)]:
        margin = grid.margin(figure.by)
        if margin is None or decision.territory.forbids(margin):
            continue
        if figure.indicator in SPLITTING and cuts(margin) == MOST_CUTS:
            continue
        hidden = decision.hides(figure, margin)
        shown.append((_place(figure), _cover(figure) if hidden else _show(figure)))
    return [row for _, row in sorted(shown, key=lambda pair: pair[0])]


def _keep_in_step(made: dict[str, Cube], hidden: dict[str, Hidden]) -> None:
    """Hide what nearly says the same as something that is hidden."""

    def at(*names: str) -> set[Margin]:
        return {margin for name in names for n, margin in hidden[name] if n == 0}

    came = at("reports", "opened")
    went = at("closed", "end") | came | at("start")
    for names, margins in ((("reports", "opened"), came), (("closed", "end"), went)):
        for name in names:
            hidden[name] |= {
                (n, margin)
                for margin in margins
                for n in range(len(made[name].lines))
                if made[name].publishes(n, margin)
            }


def _of_nothing(figures: Sequence[Figure], decision: Decision, grid: Grid) -> Iterator[Figure]:
    """Figures of cells that hold nothing where something is hidden: they must look like the others."""
    listed = {(figure.indicator, figure.by) for figure in figures}
    for indicator, parts in PARTS.items():
        name = RESTS_ON.get(indicator, indicator)
        cells = {grid.by(margin) for one, _, margin in decision.hidden if one == name}
        for by in cells - {None}:
            if by is not None and (indicator, by) not in listed:
                for part, kind in parts:
                    yield Figure(indicator, by, part, kind, None if kind is Kind.DAYS else 0, 0)


def _place(figure: Figure) -> tuple[int, By, int]:
    parts = [part for part, _ in PARTS[figure.indicator]]
    return ALL.index(figure.indicator), figure.by, parts.index(figure.part)


def _cover(figure: Figure) -> Shown:
    return Shown(indicator=figure.indicator, by=figure.by + figure.part, value=None, hidden=True)


def _show(figure: Figure) -> Shown:
    by = figure.by + figure.part
    if figure.kind is not Kind.RATE:
        return Shown(indicator=figure.indicator, by=by, value=figure.number)
    numerator = figure.number or 0
    if figure.base < LEAST_BASE:
        return Shown(
            indicator=figure.indicator,
            by=by,
            value=None,
            numerator=numerator,
            denominator=figure.base,
        )
    low, high = wilson(numerator, figure.base)
    return Shown(
        indicator=figure.indicator,
        by=by,
        value=round(numerator / figure.base, DECIMALS),
        numerator=numerator,
        denominator=figure.base,
        low=low,
        high=high,
    )
