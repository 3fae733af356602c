"""A cube as the search for what to hide walks on it: its sums, what of them is hidden, and the price. Pure."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

from cases.statistics.cubes import cuts
from cases.statistics.moves import KIND, OFFICE
from cases.statistics.primary import held_of

if TYPE_CHECKING:
    from cases.statistics.cubes import Cube, Key, Margin, Territory
    from cases.statistics.moves import Change
    from cases.statistics.primary import Hidden, Target

WORTH = (1000, 20, 1)
"""Of a sum without cuts, with one, with two: who looks at figures looks at totals first."""


class Ground:
    """A cube, and what is hidden of it so far."""

    def __init__(self, cube: Cube, territory: Territory, hidden: Hidden) -> None:
        self.cube, self.territory, self.hidden = cube, territory, hidden
        self.sums = cube.sums(territory)
        self.members: dict[Margin, list[Key]] = defaultdict(list)
        for key in cube.cells:
            for margin in territory.margins(key):
                self.members[margin].append(key)
        self.values = [sorted({key[n] for key in cube.cells}) for n in range(KIND)]
        self.values.append(sorted(cube.kinds))
        lines = range(len(cube.lines))
        self.tellers = {
            (here, there): frozenset(line for line in lines if self.tells(line, here, there))
            for here, there in product(self.values[KIND], repeat=2)
        }
        self._margins: dict[tuple[str, ...], list[Margin]] = {}
        self._published: dict[Margin, int] = {}
        self._weights: dict[tuple[int, Margin], int] = {}
        self._corners: dict[tuple[Margin, frozenset[int] | None], int] = {}

    def corner(self, margin: Margin, tellers: frozenset[int] | None) -> int:
        """What it costs to hide some lines of a margin, or all."""
        if (margin, tellers) not in self._corners:
            self._corners[margin, tellers] = sum(
                self.price(line, margin)
                for line in self.published(margin)
                if tellers is None or line in tellers
            )
        return self._corners[margin, tellers]

    def hide(self, found: Hidden) -> None:
        """Hide more."""
        if found:
            self.hidden |= found
            self._corners.clear()

    def tells(self, line: int, here: str, there: str) -> bool:
        """Whether a line is another when one kind becomes another."""
        at = self.cube.lines[line]
        return any((here in kinds) != (there in kinds) for kinds in (at.counts, at.base))

    def inside(self, target: Target, n: int) -> list[str]:
        """The values of a dimension that belong to a target."""
        if n == KIND:
            return sorted(target.kinds)
        if n != OFFICE:
            return [target.margin[n]]
        scope = target.margin[OFFICE]
        offices = self.territory.below.get(scope, {scope[1:]})
        return sorted(set(offices) & set(self.values[OFFICE]))

    def outside(self, target: Target, n: int) -> list[str]:
        """The values of a dimension that do not."""
        within = set(self.inside(target, n))
        return [value for value in self.values[n] if value not in within]

    def change(self, moved: dict[Key, int]) -> Change:
        """What becomes different at each margin."""
        found: Change = defaultdict(int)
        for key, more in moved.items():
            for margin in self.at(key):
                found[margin, key[KIND]] += more
        return {where: more for where, more in found.items() if more}

    def hides(self, change: Change) -> Hidden:
        """What of all that is shown a change would show in."""
        by_margin: dict[Margin, dict[str, int]] = defaultdict(dict)
        for (margin, kind), more in change.items():
            by_margin[margin][kind] = more
        found: Hidden = set()
        for margin, kinds in by_margin.items():
            shown = [n for n in self.published(margin) if (n, margin) not in self.hidden]
            for n in shown:
                line = self.cube.lines[n]
                if any(
                    sum(more for kind, more in kinds.items() if kind in counted)
                    for counted in (line.counts, line.base)
                ):
                    found.add((n, margin))
            if self.cube.whole and (0, margin) in found:
                found |= {(n, margin) for n in shown}
        return found

    def published(self, margin: Margin) -> range:
        """The numbers of the lines that are published at a margin."""
        count = self._published.get(margin)
        if count is None:
            count = sum(self.cube.publishes(n, margin) for n in range(len(self.cube.lines)))
            self._published[margin] = count
        return range(count)

    def at(self, key: Key) -> list[Margin]:
        """The margins of a cell."""
        place = key[:KIND]
        if place not in self._margins:
            self._margins[place] = self.territory.margins(key)
        return self._margins[place]

    def price(self, line: int, margin: Margin) -> int:
        """What is lost when a sum is hidden; nothing when it is hidden already."""
        if (line, margin) in self.hidden:
            return 0
        if (line, margin) not in self._weights:
            held = self.sums.get(margin)
            count = held_of(held, self.cube.lines[line].counts) if held else 0
            self._weights[line, margin] = (1 + count) * WORTH[cuts(margin)]
        return self._weights[line, margin]
