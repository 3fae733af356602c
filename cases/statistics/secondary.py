"""What else must be hidden, so that what is hidden cannot be worked out from what is shown.

Pure. Which sums of a cube are hidden is proved by example: for each small count two worlds are found that
differ in it by 5 or more, while every sum that stays shown is the same in both as in truth. Worlds come
from the true one by moving cases in ways that cancel out:

    exchange   at this place three of another category become ours, elsewhere three of ours the other
    shift      three of elsewhere come here: the totals of both places change, and are hidden
    addition   five more come here: everything they are part of is hidden; the last resort

Of the ways that there are the one is taken that hides the least; sums it changes and that are shown are
hidden. Hiding more never spoils an earlier proof, so one pass is enough, and it always ends.

A rate is proved by its numerator. Of sums that are hidden for others' sake only, nothing is proved: they
are no small counts. Nor is anything of a numerator of none or all: that is a true zero, which may be shown.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, product
from typing import TYPE_CHECKING

from cases.statistics.cubes import cuts
from cases.statistics.indicators import LEAST_VALUES
from cases.statistics.moves import KIND, OFFICE, ORDER, Plan, Trial, at_margin, changed, difference
from cases.statistics.primary import held_of, targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.statistics.cubes import Cube, Key, Margin, Territory
    from cases.statistics.moves import Change, Corner
    from cases.statistics.primary import Hidden, Target

LEAST_RANGE = LEAST_VALUES
"""How far apart the lowest and the highest value of a small count must be that fit what is shown."""

WORTH = (1000, 20, 1)
"""Of a sum without cuts, with one, with two: who looks at figures looks at totals first."""
MOST_OTHERS = 6
"""Pairs of kinds that are tried."""
MOST_PLANS = 16
"""Plans that are tried in earnest."""
MOST_STARTS = 4
"""Cells that are tried as the first of an exchange."""


def complete(cube: Cube, territory: Territory, hidden: Hidden) -> Hidden:
    """Everything that has to be hidden of a cube.

    Args:
        hidden: what is hidden already, `primary` at least.
    """
    return _Search(cube, territory, set(hidden)).run()


class _Search:
    """The search for worlds, and what it hides."""

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

    def run(self) -> Hidden:
        """Prove every target."""
        proved: set[Target] = set()
        wanted = targets(self.cube, self.territory)
        for target in wanted:
            if target in proved:
                continue
            before = set(self.hidden)
            worlds = {sign: dict(self.cube.cells) for sign in (1, -1)}
            need = LEAST_RANGE
            plans = {sign: self.plans(target, sign) for sign in worlds}
            for pays, sign in product((False, True), worlds):
                if need > 0:
                    need -= self.reach(target, sign, need, worlds[sign], plans[sign], pays=pays)
            if need > 0:
                self.hidden = before
                self._corners.clear()
                worlds[1], worlds[-1] = self.add(target), self.cube.cells
            between = self.change(difference(worlds[-1], worlds[1]))
            proved |= {
                one
                for one in wanted
                if abs(sum(between.get((one.margin, kind), 0) for kind in one.kinds)) >= LEAST_RANGE
            }
        return self.hidden

    def reach(
        self,
        target: Target,
        sign: int,
        need: int,
        world: dict[Key, int],
        plans: list[tuple[float, Plan]],
        *,
        pays: bool,
    ) -> int:
        """Raise or lower a target in a world as far as needed, or as exchanges and shifts can.

        Args:
            pays: more may be hidden for it.

        Returns:
            By how much it was raised or lowered.
        """
        gained = 0
        while gained < need:
            best, best_price = None, float("inf")
            limit = self.price_of_adding(target) if pays else 1
            for tries, (promise, plan) in enumerate(plans):
                if promise >= best_price or (promise and not pays) or tries > MOST_PLANS:
                    break
                made = self.attempt(target, plan, sign, need - gained, world)
                if made.gain and made.cost < limit and made.cost / made.gain < best_price:
                    best, best_price = made, made.cost / made.gain
                if best_price == 0:
                    break
            if best is None:
                break
            self.hide(best.hides)
            gained += best.gain
            for key, more in best.moved.items():
                world[key] = world.get(key, 0) + more
        return gained

    def plans(self, target: Target, sign: int) -> list[tuple[float, Plan]]:
        """Ways to exchange, those first that may hide the least for each step."""
        margin, kinds = target
        fixed = [n for n in ORDER if (kinds != self.cube.kinds if n == KIND else bool(margin[n]))]
        swaps = {n: self.swaps(target, n) for n in fixed}
        made = []
        for size in range(len(fixed), 0, -1):
            for dimensions in combinations(fixed, size):
                for chosen in product(*(swaps[n] for n in dimensions)):
                    promise = self.promise(target, chosen, sign)
                    if promise is not None:
                        made.append((promise, -size, Plan(chosen)))
        return [(promise, plan) for promise, _, plan in sorted(made)]

    def promise(
        self, target: Target, swaps: tuple[tuple[int, str, str], ...], sign: int
    ) -> float | None:
        """What a plan would hide at its corners for each step, at the least; None if there is no step."""
        most, cost = LEAST_RANGE, 0
        kinds_swapped = next((swap[1:] for swap in swaps if swap[0] == KIND), None)
        tellers = self.tellers[kinds_swapped] if kinds_swapped else None
        for chosen in product((0, 1), repeat=len(swaps)):
            margin, kinds = target
            for (n, here, there), far in zip(swaps, chosen, strict=True):
                value = there if far else here
                if n == KIND:
                    kinds = frozenset({value})
                else:
                    margin = at_margin(margin, n, value)
            odd = sum(chosen) % 2 == 1
            if odd == (sign > 0):
                held = self.sums.get(margin)
                most = min(most, held_of(held, kinds) if held else 0)
                if not most:
                    return None
            cost += self.corner(margin, tellers)
        return cost / most

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

    def swaps(self, target: Target, n: int) -> list[tuple[int, str, str]]:
        """Pairs of a value here and one elsewhere; of the kinds, those first that show the least."""
        pairs = [
            (n, here, there)
            for here, there in product(self.inside(target, n), self.outside(target, n))
        ]
        if n != KIND:
            return pairs

        def seen(pair: tuple[int, str, str]) -> int:
            return len(self.tellers[pair[1], pair[2]])

        held = self.sums[target.margin]
        pairs = [pair for pair in pairs if held[pair[1]] or held[pair[2]]]
        return sorted(pairs, key=lambda pair: (seen(pair), -held[pair[1]] - held[pair[2]], pair))[
            :MOST_OTHERS
        ]

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

    def attempt(
        self, target: Target, plan: Plan, sign: int, need: int, world: dict[Key, int]
    ) -> Trial:
        """Carry a plan out as often as the world allows, up to a need."""
        made = Trial()
        first, mine, other = plan.swaps[0]
        rest = plan.swaps[1:]
        corners = []
        for chosen in product((0, 1), repeat=len(rest)):
            pairs = zip(rest, chosen, strict=True)
            values = tuple((n, there if far else here) for (n, here, there), far in pairs)
            up = (sum(chosen) % 2 == 0) == (sign > 0)
            takes, gives = (other, mine) if up else (mine, other)
            corners.append((((first, takes), *values), gives))
        while made.gain < need:
            sources = self.sources(target, corners, world, made.moved)
            if sources is None:
                break
            left = (world.get(key, 0) + made.moved.get(key, 0) for key in sources)
            count = min(need - made.gain, *left)
            for source, (_, gives) in zip(sources, corners, strict=True):
                becomes = changed(source, first, gives)
                made.moved[source] = made.moved.get(source, 0) - count
                made.moved[becomes] = made.moved.get(becomes, 0) + count
            made.gain += count
        if made.gain:
            made.hides = self.hides(self.change(made.moved))
            made.cost = sum(self.price(line, margin) for line, margin in made.hides)
        return made

    def sources(
        self,
        target: Target,
        corners: Sequence[Corner],
        world: dict[Key, int],
        moved: dict[Key, int],
    ) -> list[Key] | None:
        """A cell for each corner of an exchange, alike in all that is not exchanged if there are."""
        lists = [self.found(target, where, world, moved) for where, _ in corners]
        if not all(lists):
            return None
        best: tuple[int, list[Key]] = (-1, [])
        for start in lists[0][:MOST_STARTS]:
            chosen, alike = [], 0
            for (where, _), keys in zip(corners, lists, strict=True):
                twin = start
                for n, value in where:
                    twin = changed(twin, n, value)
                same = twin in keys
                alike += same
                chosen.append(twin if same else keys[0])
            if alike > best[0]:
                best = alike, chosen
            if alike == len(corners):
                break
        return best[1]

    def found(
        self,
        target: Target,
        where: tuple[tuple[int, str], ...],
        world: dict[Key, int],
        moved: dict[Key, int],
    ) -> list[Key]:
        """The cells of a corner that hold something, the fullest first."""
        margin, kinds = target
        for n, value in where:
            if n == KIND:
                kinds = frozenset({value})
            else:
                margin = at_margin(margin, n, value)
        left = (
            (-world[key] - moved.get(key, 0), key)
            for key in self.members.get(margin, ())
            if key[KIND] in kinds
        )
        return [key for count, key in sorted(left) if count]

    def add(self, target: Target) -> dict[Key, int]:
        """The world with five more, where that hides the least."""
        trials = []
        for key in self.candidates(target):
            hides = self.hides(self.change({key: LEAST_RANGE}))
            cost = sum(self.price(line, margin) for line, margin in hides)
            trials.append((cost, key, hides))
        _, key, hides = min(trials, key=lambda trial: trial[:2])
        self.hide(hides)
        return self.cube.cells | {key: self.cube.cells[key] + LEAST_RANGE}

    def candidates(self, target: Target) -> list[Key]:
        """Cells to which more could come."""
        keys = self.members[target.margin]
        own = [key for key in keys if key[KIND] in target.kinds]
        return sorted(own, key=lambda key: (-self.cube.cells[key], key))[:MOST_PLANS]

    def price_of_adding(self, target: Target) -> int:
        """What `add` would hide, at the least."""
        prices = []
        for key in self.candidates(target):
            change = {(margin, key[KIND]): 1 for margin in self.at(key)}
            prices.append(sum(self.price(line, margin) for line, margin in self.hides(change)))
        return min(prices)

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
