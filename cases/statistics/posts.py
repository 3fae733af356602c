"""Posts too small for figures of their own, and where theirs are counted instead. Pure.

Where fewer than 10 people work, or from where fewer than 20 cases came in twelve months, every figure is
about people one could name. Such a post has no table and no row: its cases count at the next office above
that is large enough, and who asks for the post is shown that office.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from cases.statistics.indicators import Counted, MonthFacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from cases.statistics.places import Map, Spot

R = TypeVar("R", bound=Counted)

FEWEST_STAFF = 10
FEWEST_CASES = 20
"""In twelve months, of a post and all below it."""
MONTHS = 12

ELSEWHERE = "elsewhere"
"""The column of posts that are too small, and have no larger office above them."""


def too_small(where: Map, cases: Mapping[str, int]) -> frozenset[UUID]:
    """The posts that have no figures of their own.

    Args:
        cases: code of an office -> how many cases came from there in twelve months.
    """

    def is_small(spot: Spot) -> bool:
        # 0 is a number that nobody entered.
        if 0 < spot.staff_count < FEWEST_STAFF:
            return True
        below = (one.code for one in where.offices.values() if where.is_below(one.id, spot.id))
        return sum(cases.get(code, 0) for code in below) < FEWEST_CASES

    return frozenset(
        spot.id for spot in where.offices.values() if spot.kind != "national" and is_small(spot)
    )


def rolled_up(where: Map, small: frozenset[UUID]) -> dict[str, str]:
    """Code of a small post -> the code under which its cases count."""
    found = {}
    for office in small:
        above = next((one for one in where.upward(office) if one.id not in small), None)
        found[where.offices[office].code] = above.code if above else ELSEWHERE
    return found


def moved(facts: MonthFacts, codes: Mapping[str, str]) -> MonthFacts:
    """Facts with the cases of small posts under other codes."""

    def all_of(rows: Sequence[R]) -> list[R]:
        return [
            replace(row, office=codes[row.office]) if row.office in codes else row for row in rows
        ]

    return MonthFacts(
        as_of=facts.as_of,
        reports=all_of(facts.reports),
        opened=all_of(facts.opened),
        closed=all_of(facts.closed),
        allegations=all_of(facts.allegations),
        at_start=all_of(facts.at_start),
        at_end=all_of(facts.at_end),
    )
