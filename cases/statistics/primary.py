"""What is too small to be shown by itself, and must stay open whatever else is shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.statistics.cubes import cuts
from cases.statistics.indicators import LEAST_BASE, LEAST_VALUES

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from cases.statistics.cubes import Cube, Line, Margin, Territory

Hidden = set[tuple[int, "Margin"]]
"""(number of the line, margin)."""


def small(count: int) -> bool:
    """Whether a count points at people."""
    return 0 < count < LEAST_VALUES


def covered(line: Line, count: int, base: int) -> bool:
    """Whether a sum is too small to be shown, as a count or as a rate."""
    if not line.is_rate:
        return small(count)
    return 0 < base < LEAST_BASE or small(count) or small(base - count)


class Target(NamedTuple):
    """A small count that must stay open: of some kinds, at a margin."""

    margin: Margin
    kinds: frozenset[str]


def primary(cube: Cube, territory: Territory) -> Hidden:
    """What is too small by itself, or shown to nobody."""
    found: Hidden = set()
    for margin, held in cube.sums(territory).items():
        for n, line in enumerate(cube.lines):
            count, base = held_of(held, line.counts), held_of(held, line.base)
            if not cube.publishes(n, margin):
                continue
            if territory.forbids(margin) or covered(line, count, base):
                found.add((n, margin))
        if cube.whole and (0, margin) in found:
            found |= {(n, margin) for n in range(len(cube.lines)) if cube.publishes(n, margin)}
    return found


def targets(cube: Cube, territory: Territory) -> list[Target]:
    """What must stay open, the coarsest and smallest first."""
    found: dict[Target, tuple[int, int]] = {}
    for margin, held in cube.sums(territory).items():
        forbidden = territory.forbids(margin)
        width = cuts(margin)
        for n, line in enumerate(cube.lines):
            if not cube.publishes(n, margin):
                continue
            count, base = held_of(held, line.counts), held_of(held, line.base)
            split = count not in (0, base) and (small(count) or small(base - count))
            if (split if line.is_rate else small(count)) or (forbidden and n == 0 and count):
                found.setdefault(Target(margin, line.counts), (width, count))
            if line.is_rate and small(base):
                found.setdefault(Target(margin, line.base), (width, base))
    return sorted(found, key=lambda one: (found[one], one.margin, sorted(one.kinds)))


def held_of(held: Counter[str], kinds: Iterable[str]) -> int:
    """How many there are of some kinds."""
    return sum(held[kind] for kind in kinds)
