"""Ways in which cases are moved from one cell to another, to see what a month would look like then. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cases.statistics.cubes import Key, Margin
    from cases.statistics.primary import Hidden

Change = dict[tuple["Margin", str], int]
"""(margin, kind) -> how many more."""

Corner = tuple[tuple[tuple[int, str], ...], str]
"""Where a case is taken from, as values of dimensions, and what its first exchanged one becomes."""

UNIT, OFFICE, CATEGORY, CHANNEL, KIND = range(5)
ORDER = (KIND, CATEGORY, CHANNEL, OFFICE, UNIT)
"""What is exchanged first: its counterpart is looked for in the later ones."""


class Plan(NamedTuple):
    """Which dimensions are exchanged: (dimension, its value here, its value elsewhere)."""

    swaps: tuple[tuple[int, str, str], ...]


@dataclass(slots=True)
class Trial:
    """A plan tried on a world: how often it was done, what moved, what it hides, and how dear that is."""

    gain: int = 0
    moved: dict[Key, int] = field(default_factory=dict)
    hides: Hidden = field(default_factory=set)
    cost: int = 0


def difference(one: dict[Key, int], other: dict[Key, int]) -> dict[Key, int]:
    """How many more there are in another world."""
    return {key: other.get(key, 0) - one.get(key, 0) for key in one.keys() | other.keys()}


def at_margin(margin: Margin, n: int, value: str) -> Margin:
    """A margin with another value in one dimension."""
    parts = list(margin)
    parts[n] = f"={value}" if n == OFFICE else value
    return (parts[0], parts[1], parts[2], parts[3])


def changed(key: Key, n: int, value: str) -> Key:
    """A cell with another value in one dimension."""
    parts = list(key)
    parts[n] = value
    return (parts[0], parts[1], parts[2], parts[3], parts[4])
