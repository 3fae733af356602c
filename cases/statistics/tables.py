"""A month's tables as documents: their headings, their rows, and the bytes they are served and hashed as.

Pure. What is hidden is decided once for all tables of a month: those of the nation, the inside units and
the offices together, and those of each outside unit, whose cases count nowhere else, by themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cases.statistics import disclosure, indicators, posts
from cases.statistics.cubes import MOST_CUTS, Territory
from cases.statistics.disclosure import Grid
from cases.statistics.indicators import DEFINITIONS, DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from cases.statistics.disclosure import Decision, Shown
    from cases.statistics.indicators import MonthFacts
    from cases.statistics.months import Month
    from cases.statistics.places import Map, Place

Cuts = tuple[str, ...]
"""Of `DIMENSIONS`, in that order."""


def all_cuts() -> Iterator[Cuts]:
    """Every way in which figures are cut: by none, one or two dimensions."""
    yield ()
    for at, one in enumerate(DIMENSIONS):
        yield (one,)
        for other in DIMENSIONS[at + 1 :]:
            yield (one, other)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a table is of.

    Attributes:
        revision: counts publications of a month; 0 for live counts.
    """

    month: Month
    place: Place
    cuts: Cuts
    revision: int
    as_of: date


@dataclass(frozen=True)
class Books:
    """All that a month's tables are made from.

    Attributes:
        facts: of all units.
        small: posts that have no figures of their own.
    """

    where: Map
    facts: MonthFacts
    small: frozenset[UUID]

    @cached_property
    def rolled(self) -> dict[str, str]:
        """Code of a small post -> the code under which its cases count."""
        return posts.rolled_up(self.where, self.small)

    @cached_property
    def moved(self) -> MonthFacts:
        """The facts as everybody else may know them: those of small posts at a larger office."""
        return posts.moved(self.facts, self.rolled)

    @cached_property
    def _inside(self) -> Decision:
        facts = self.moved.within(frozenset(self.where.inside))
        return disclosure.decide(facts, self.where.territory(self.small))

    @cached_property
    def _outside(self) -> dict[UUID, Decision]:
        alone = Territory(wide=self.where.territory(self.small).wide)
        return {
            unit: disclosure.decide(self.moved.within({unit}), alone) for unit in self.where.outside
        }

    def hidden(self, heading: Heading) -> bytes:
        """One table for everybody, canonical JSON."""
        place, facts = heading.place, self.moved
        figures = indicators.figures(facts.within(*self.where.counted(place)), heading.cuts)
        outside = place.id in self.where.outside
        decision = self._outside[place.id] if outside and place.id else self._inside
        grid = self._grid(place, heading.cuts, decision.territory)
        rows = disclosure.hide(figures, decision, grid)
        _, offices = self.where.counted(place)
        rolled = sorted(code for code in self.rolled if offices is None or code in offices)
        return canonical(document(heading, rows, exact=False, rolled=rolled))

    def exact(self, heading: Heading) -> bytes:
        """The same table for the head of the unit it counts, canonical JSON."""
        facts = self.facts.within(*self.where.counted(heading.place))
        rows = disclosure.exact(indicators.figures(facts, heading.cuts))
        return canonical(document(heading, rows, exact=True))

    def _grid(self, place: Place, cuts: Cuts, territory: Territory) -> Grid:
        if place.kind == "office" and place.code is not None:
            scope = territory.scope(place.code)
            return Grid("", scope, territory.below.get(scope, frozenset({place.code})), cuts)
        several = place.kind == "unit" and place.id in self.where.inside and territory.units > 1
        return Grid(str(place.id) if several else "", "", None, cuts)


def too_fine(where: Map, place: Place, cuts: Cuts) -> bool:
    """Whether a table of a place has more cuts than are published: the place may be one of them."""
    if place.kind == "office":
        return len(cuts) == MOST_CUTS and "office" not in cuts
    one_of_several = place.kind == "unit" and place.id in where.inside and len(where.inside) > 1
    return one_of_several and len(cuts) == MOST_CUTS


# Any: what JSON can hold.
def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785): what is in figures, `json.dumps` already writes so."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# Any: as above.
def document(
    heading: Heading, rows: Sequence[Shown], *, exact: bool, rolled: Sequence[str] = ()
) -> dict[str, Any]:
    """A table as it is served.

    Args:
        rolled: codes of the place's small posts, which are counted at a larger office.
    """
    return {
        "month": str(heading.month),
        "place": {
            "kind": heading.place.kind,
            "code": heading.place.code,
            "rolled_up": list(rolled),
        },
        "revision": heading.revision,
        "as_of": heading.as_of.isoformat(),
        "definitions": DEFINITIONS,
        "exact": exact,
        "rows": [
            {
                "indicator": row.indicator,
                "by": dict(row.by),
                "value": _number(row.value),
                "hidden": row.hidden,
                "numerator": row.numerator,
                "denominator": row.denominator,
                "low": _number(row.low),
                "high": _number(row.high),
            }
            for row in rows
        ],
    }


def _number(value: float | None) -> int | float | None:
    """A number as RFC 8785 writes it: a whole one without its `.0`."""
    return int(value) if value is not None and float(value).is_integer() else value
