"""One table as a document: its heading, its rows, and the bytes it is served and hashed as. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cases.statistics import disclosure, indicators
from cases.statistics.indicators import DEFINITIONS, DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from cases.statistics.disclosure import Shown
    from cases.statistics.indicators import MonthFacts
    from cases.statistics.months import Month
    from cases.statistics.places import Map, Place

MOST_CUTS = 2
"""Cuts beside the month; with a third, a cell would be a person."""

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


class Pair(NamedTuple):
    """The same table for everybody and for the head of the unit it counts, canonical JSON."""

    hidden: bytes
    exact: bytes


def build(where: Map, counted: MonthFacts, heading: Heading) -> Pair:
    """Count, hide and write down one table.

    Args:
        counted: the facts of at least the heading's place.
    """
    figures = indicators.figures(counted.within(*where.counted(heading.place)), heading.cuts)
    hidden = disclosure.hide(figures, where.surroundings(heading.place))
    return Pair(
        canonical(document(heading, hidden, exact=False)),
        canonical(document(heading, disclosure.exact(figures), exact=True)),
    )


# Any: what JSON can hold.
def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785): what is in figures, `json.dumps` already writes so."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# Any: as above.
def document(heading: Heading, rows: Sequence[Shown], *, exact: bool) -> dict[str, Any]:
    """A table as it is served."""
    return {
        "month": str(heading.month),
        "place": {"kind": heading.place.kind, "code": heading.place.code},
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
