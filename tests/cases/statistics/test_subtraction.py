"""What a reader of every table of a month can work out: nothing of what is hidden for being small."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.statistics.cubes import Territory, cubes, cuts
from cases.statistics.disclosure import decide
from cases.statistics.indicators import (
    AllegationRow,
    Counted,
    MonthFacts,
    StockRow,
)
from cases.statistics.primary import targets
from tests.cases.statistics.rows import AS_OF, OTHER_UNIT, UNIT, report_rows
from tests.cases.statistics.simplex import Unbounded, highest

if TYPE_CHECKING:
    from cases.statistics.cubes import Cube, Key, Margin
    from cases.statistics.disclosure import Decision

WIDE = frozenset({"^HQ", "=HQ", "^NORTH", "=NORTH"})
BELOW = {"^HQ": frozenset({"HQ", "NORTH", "PORT"}), "^NORTH": frozenset({"NORTH", "PORT"})}
TERRITORIES = (Territory(), Territory(BELOW, WIDE), Territory(BELOW, WIDE, units=2))

places = {
    "unit": st.sampled_from([UNIT, OTHER_UNIT]),
    "category": st.sampled_from(["COR-01", "COR-01", "COR-02", "DIG-02"]),
    "office": st.sampled_from(["HQ", "HQ", "HQ", "NORTH", "PORT"]),
    "channel": st.sampled_from(["web", "web", "phone"]),
}
ages = st.sampled_from(["0-30", "31-90"])
findings = st.sampled_from(["substantiated", "unfounded", "unfounded"])
months = st.builds(
    MonthFacts,
    as_of=st.just(AS_OF),
    reports=st.lists(report_rows(), max_size=12),
    opened=st.lists(st.builds(Counted, **places), max_size=50),
    at_end=st.lists(st.builds(StockRow, **places, age=ages, count=st.integers(1, 6)), max_size=12),
    allegations=st.lists(st.builds(AllegationRow, **places, finding=findings), max_size=30),
)


class Reader:
    """Somebody who has every table of a month, and time."""

    def __init__(self, cube: Cube, territory: Territory, decision: Decision) -> None:
        seen = [sorted({key[n] for key in cube.cells}) for n in range(4)]
        kinds_seen = sorted({key[4] for key in cube.cells})
        self.keys: list[Key] = [
            (unit, office, category, channel, kind)
            for unit, office, category, channel, kind in product(*seen, kinds_seen)
        ]
        self.margins = {key: {*territory.margins(key)} for key in self.keys}
        known: dict[tuple[int, ...], int] = {}
        for margin in sorted({one for margins in self.margins.values() for one in margins}):
            for n, line in enumerate(cube.lines):
                named = (line.indicator, line.part, margin)
                if named in decision.hidden or not cube.publishes(n, margin):
                    continue
                assert not territory.forbids(margin) or not self.count(cube, margin, cube.kinds)
                for kinds in (line.counts, line.base):
                    known[self.row(margin, kinds)] = self.count(cube, margin, kinds)
        self.rows, self.right = [*known], [*known.values()]

    def row(self, margin: Margin, kinds: frozenset[str]) -> tuple[int, ...]:
        return tuple(int(margin in self.margins[key] and key[4] in kinds) for key in self.keys)

    def count(self, cube: Cube, margin: Margin, kinds: frozenset[str]) -> int:
        cells = cube.cells.items()
        return sum(n for key, n in cells if margin in self.margins[key] and key[4] in kinds)

    def width(self, margin: Margin, kinds: frozenset[str]) -> float:
        """How far apart the lowest and the highest value are that fit everything shown."""
        of = self.row(margin, kinds)
        try:
            high = highest(of, self.rows, self.right)
        except Unbounded:
            return float("inf")
        return float(high + highest([-one for one in of], self.rows, self.right))


@pytest.mark.parametrize("territory", TERRITORIES, ids=["flat", "offices", "units"])
@settings(max_examples=25, deadline=None)
@given(facts=months, data=st.data())
def test_every_small_count_may_be_five_more_or_less_for_all_that_is_shown(
    territory: Territory, facts: MonthFacts, data: st.DataObject
) -> None:
    decision = decide(facts, territory)
    for name in ("opened", "end", "allegations"):
        cube = cubes(facts)[name]
        small = targets(cube, territory)
        if small:
            reader = Reader(cube, territory, decision)
            for target in data.draw(st.lists(st.sampled_from(small), min_size=1, max_size=2)):
                assert reader.width(*target) >= 5, (name, target)


def test_the_reader_finds_what_a_table_without_second_hidden_cells_gives_away() -> None:
    rows = [Counted(unit=UNIT, category="COR-01") for _ in range(12)]
    rows += [Counted(unit=UNIT, category="COR-02") for _ in range(3)]
    facts = MonthFacts(as_of=AS_OF, opened=rows)
    cube, territory = cubes(facts)["opened"], Territory()
    decision = decide(facts, territory)
    [target] = [one for one in targets(cube, territory) if cuts(one.margin) == 1]
    assert Reader(cube, territory, decision).width(*target) >= 5
    careless = {one for one in decision.hidden if one[2][2] != "COR-01"}
    alone = type(decision)(territory, frozenset(careless))
    assert Reader(cube, territory, alone).width(*target) == 0


def test_the_highest_value_is_found() -> None:
    # x + y = 4, y + z = 3: x between 1 and 4.
    rows, right = [[1, 1, 0], [0, 1, 1]], [4, 3]
    assert highest([1, 0, 0], rows, right) == 4
    assert -highest([-1, 0, 0], rows, right) == 1
    with pytest.raises(Unbounded):
        highest([1, 0], [[0, 1]], [1])
