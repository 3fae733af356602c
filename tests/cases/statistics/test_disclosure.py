"""What is hidden, so that no number points at a person."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from cases.statistics.disclosure import (
    SENSITIVE,
    Shown,
    Surroundings,
    covered,
    exact,
    hide,
    leaves_open,
)
from cases.statistics.indicators import (
    AllegationRow,
    By,
    ClosingRow,
    Figure,
    Kind,
    MonthFacts,
    StockRow,
    figures,
)
from cases.statistics.tables import all_cuts
from tests.cases.statistics.rows import AS_OF, UNIT, month_facts, reports

cuts_drawn = st.sampled_from([*all_cuts()])
surroundings = st.builds(
    Surroundings,
    wide=st.booleans(),
    regions=st.sampled_from([frozenset(), frozenset({"HQ", "NORTH"})]),
    small=st.sampled_from([frozenset(), frozenset({"PORT"})]),
)
ANYWHERE = Surroundings()


def shown(rows: list[Shown], indicator: str) -> dict[By, Shown]:
    return {row.by: row for row in rows if row.indicator == indicator}


@given(month_facts, cuts_drawn, surroundings)
def test_no_count_from_one_to_four_is_ever_shown(
    facts: MonthFacts, cuts: tuple[str, ...], around: Surroundings
) -> None:
    days = {"F-T1", "F-T9"}
    for row in hide(figures(facts, cuts), around):
        if row.indicator not in days and row.denominator is None and row.value is not None:
            assert row.value == 0 or row.value >= 5
        if row.denominator is not None and row.numerator is not None:
            assert row.denominator == 0 or row.denominator >= 10
            rest = row.denominator - row.numerator
            assert row.numerator not in range(1, 5)
            assert rest not in range(1, 5)
        if row.hidden:
            assert (row.value, row.numerator, row.denominator, row.low, row.high) == (None,) * 5


@given(month_facts, cuts_drawn, surroundings)
def test_a_table_with_a_hidden_cell_is_served_without_its_totals(
    facts: MonthFacts, cuts: tuple[str, ...], around: Surroundings
) -> None:
    rows = hide(figures(facts, cuts), around)
    for indicator in {row.indicator for row in rows}:
        cells = [row for row in rows if row.indicator == indicator and {*cuts} & {*dict(row.by)}]
        totals = [row for row in rows if row.indicator == indicator and row not in cells]
        if cuts and any(row.hidden for row in cells):
            assert totals == []


@given(month_facts, cuts_drawn, surroundings)
def test_what_is_shown_is_what_was_counted(
    facts: MonthFacts, cuts: tuple[str, ...], around: Surroundings
) -> None:
    made = figures(facts, cuts)
    plain = {(row.indicator, row.by): row for row in exact(made)}
    for row in hide(made, around):
        if not row.hidden:
            assert row == plain[row.indicator, row.by]


@given(month_facts, cuts_drawn)
def test_the_exact_table_hides_nothing(facts: MonthFacts, cuts: tuple[str, ...]) -> None:
    made = figures(facts, cuts)
    rows = exact(made)
    assert len(rows) == len(made)
    assert not any(row.hidden for row in rows)
    for row, figure in zip(rows, made, strict=True):
        if figure.kind is Kind.RATE:
            assert (row.numerator, row.denominator) == (figure.number, figure.base)
            assert (row.value is None) == (figure.base < 10)
        else:
            assert row.value == figure.number


@given(month_facts, cuts_drawn, surroundings)
def test_sensitive_categories_are_shown_for_regions_and_above_only(
    facts: MonthFacts, cuts: tuple[str, ...], around: Surroundings
) -> None:
    for row in hide(figures(facts, cuts), around):
        by = dict(row.by)
        if by.get("category", "").startswith(SENSITIVE):
            assert around.wide
            assert "office" not in by or by["office"] in around.regions


def test_twelve_and_three_are_shown_as_twelve_and_hidden_without_fifteen() -> None:
    facts = MonthFacts(as_of=AS_OF, reports=[*reports(12), *reports(3, category="COR-02")])
    rows = shown(hide(figures(facts, ("category",)), ANYWHERE), "A1")
    assert rows[("category", "COR-01"),].value == 12
    assert rows[("category", "COR-02"),].hidden
    assert () not in rows


def test_a_table_without_hidden_cells_keeps_its_totals() -> None:
    facts = MonthFacts(as_of=AS_OF, reports=[*reports(12), *reports(5, category="COR-02")])
    assert shown(hide(figures(facts, ("category",)), ANYWHERE), "A1")[()].value == 17


def test_where_few_people_work_a_zero_by_category_looks_like_any_small_cell() -> None:
    many = [*reports(12, office="HQ"), *reports(3, category="COR-02"), *reports(9)]
    facts = MonthFacts(as_of=AS_OF, reports=many)
    around = Surroundings(small=frozenset({"PORT"}))
    rows = shown(hide(figures(facts, ("category", "office")), around), "A1")
    assert rows[("category", "COR-01"), ("office", "PORT")].value == 9
    assert (("category", "COR-02"), ("office", "PORT")) not in rows
    assert not any(row.hidden for row in rows.values())


def test_a_rate_is_hidden_below_ten_and_where_either_side_is_small() -> None:
    def rate(numerator: int, base: int) -> bool:
        return covered(Figure("A4", (), (), Kind.RATE, numerator, base))

    assert rate(5, 9)
    assert rate(3, 40)
    assert rate(38, 40)
    assert not rate(0, 10)
    assert not rate(10, 10)
    assert not rate(5, 10)
    assert not rate(0, 0)


def test_a_percentile_of_fewer_than_five_values_is_hidden_and_of_none_is_empty() -> None:
    few = MonthFacts(as_of=AS_OF, closed=[ClosingRow(unit=UNIT, days=9)] * 4)
    none = MonthFacts(as_of=AS_OF)
    for facts, hidden in ((few, True), (none, False)):
        for row in shown(hide(figures(facts), ANYWHERE), "F-T9").values():
            assert (row.value, row.hidden) == (None, hidden)


def test_the_open_stock_is_left_out_where_it_gives_away_an_age_band() -> None:
    def ends(*bands: tuple[str, int]) -> dict[By, Shown]:
        stock = [StockRow(unit=UNIT, age=band, count=count) for band, count in bands]
        return shown(hide(figures(MonthFacts(as_of=AS_OF, at_end=stock)), ANYWHERE), "B3")

    end = (("at", "end"),)
    assert end not in ends(("0-30", 20), ("31-90", 3))
    assert ends(("0-30", 20), ("31-90", 3), ("91-180", 2))[end].value == 25
    assert ends(("0-30", 20), ("31-90", 8))[end].value == 28


def test_a_sum_leaves_its_cells_open_when_each_may_still_be_anything_from_one_to_four() -> None:
    for cells in range(1, 6):
        ways: dict[int, list[set[int]]] = {}
        for values in product(range(1, 5), repeat=cells):
            seen = ways.setdefault(sum(values), [set() for _ in range(cells)])
            for cell, value in zip(seen, values, strict=True):
                cell.add(value)
        for total, seen in ways.items():
            assert leaves_open(total, cells) == all(cell == {1, 2, 3, 4} for cell in seen)


def test_allegations_of_a_small_rate_are_hidden_with_their_numerator() -> None:
    rows = [AllegationRow(unit=UNIT, finding="unfounded")] * 9
    rows += [AllegationRow(unit=UNIT, finding="substantiated")] * 3
    [rate] = shown(
        hide(figures(MonthFacts(as_of=AS_OF, allegations=rows)), ANYWHERE), "Q1"
    ).values()
    assert rate.hidden
