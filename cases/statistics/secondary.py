"""What else must be hidden, so that what is hidden cannot be worked out from what is shown.

Pure. Which sums of a cube are hidden is proved by example: for each small count two worlds are found that
differ in it by 5 or more, while every sum that stays shown is the same in both as in truth. Worlds come
from the true one by moving cases in ways that cancel out:

    exchange   at this place three of another category become ours, elsewhere three of ours the other
    shift      three of elsewhere come here: the totals of both places change, and are hidden
    gathering  single cases of elsewhere come here, or go there, and only what all are together stays
    addition   five more come here: everything they are part of is hidden; where all are fewer than five

Of the ways that there are the one is taken that hides the least; sums it changes and that are shown are
hidden. Hiding more never spoils an earlier proof, so one pass is enough, and it always ends.

A rate is proved by its numerator. Of sums that are hidden for others' sake only, nothing is proved: they
are no small counts. Nor is anything of a numerator of none or all: that is a true zero, which may be shown.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

from cases.statistics.ground import Ground
from cases.statistics.indicators import LEAST_VALUES
from cases.statistics.moves import KIND, ORDER, Plan, Trial, at_margin, changed, difference
from cases.statistics.primary import held_of, targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.statistics.cubes import Cube, Key, Territory
    from cases.statistics.moves import Corner
    from cases.statistics.primary import Hidden, Target

LEAST_RANGE = LEAST_VALUES
"""How far apart the lowest and the highest value of a small count must be that fit what is shown."""

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


class _Search(Ground):
    """The search for worlds, and what it hides."""

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
                self.hidden = set(before)
                self._corners.clear()
                need = LEAST_RANGE
                worlds = {sign: dict(self.cube.cells) for sign in (1, -1)}
                for sign in worlds:
                    need -= self.gather(target, sign, need, worlds[sign])
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

    def gather(self, target: Target, sign: int, need: int, world: dict[Key, int]) -> int:
        """Raise or lower a target by single cases from or to anywhere, which keeps what all are together.

        Returns:
            By how much it was raised or lowered.
        """
        own = {key for key in self.members[target.margin] if key[KIND] in target.kinds}
        others = [key for key in self.cube.cells if key not in own]
        gained = 0
        while gained < need:
            best: tuple[int, Key, Key, Hidden] | None = None
            for taken in sorted(others if sign > 0 else own):
                if world[taken]:
                    for becomes in [self.projected(target, taken)] if sign > 0 else others:
                        hides = self.hides(self.change({taken: -1, becomes: 1}))
                        cost = sum(self.price(line, margin) for line, margin in hides)
                        if best is None or cost < best[0]:
                            best = cost, taken, becomes, hides
            if best is None:
                break
            _, taken, becomes, hides = best
            count = min(need - gained, world[taken])
            self.hide(hides)
            world[taken] -= count
            world[becomes] = world.get(becomes, 0) + count
            gained += count
        return gained

    def projected(self, target: Target, key: Key) -> Key:
        """A cell as it would be if it belonged to a target."""
        for n in ORDER:
            if (n == KIND or target.margin[n]) and key[n] not in (here := self.inside(target, n)):
                held = self.members[target.margin]
                key = changed(key, n, next((one[n] for one in held if one[n] in here), here[0]))
        return key

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
