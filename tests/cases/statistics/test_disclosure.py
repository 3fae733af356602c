"""What is hidden, so that no number points at a person."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.statistics.cubes import SENSITIVE, Territory
from cases.statistics.disclosure import Grid, Shown, decide, exact, hide
from cases.statistics.indicators import (
    AllegationRow,
    By,
    ClosingRow,
    Counted,
    Kind,
    MonthFacts,
    figures,
)
from cases.statistics.tables import all_cuts
from tests.cases.statistics.rows import AS_OF, UNIT, month_facts, reports, where

cuts_drawn = st.sampled_from([*all_cuts()])
REGIONS = Territory(
    below={"^HQ": frozenset({"HQ", "NORTH", "PORT"}), "^NORTH": frozenset({"NORTH", "PORT"})},
    wide=frozenset({"^HQ", "=HQ", "^NORTH", "=NORTH"}),
)


def table(facts: MonthFacts, *cuts: str, territory: Territory = REGIONS) -> list[Shown]:
    """The nation's table as everybody but the head sees it."""
    return hide(figures(facts, cuts), decide(facts, territory), Grid("", "", None, cuts))


def shown(rows: list[Shown], indicator: str) -> dict[By, Shown]:
    return {row.by: row for row in rows if row.indicator == indicator}


def values(rows: list[Shown], indicator: str) -> dict[tuple[str, ...], int | float | str | None]:
    return {
        tuple(code for _, code in by): "hidden" if row.hidden else row.value
        for by, row in shown(rows, indicator).items()
    }


@settings(max_examples=12)
@given(month_facts, cuts_drawn)
def test_no_count_from_one_to_four_is_ever_shown(facts: MonthFacts, cuts: tuple[str, ...]) -> None:
    for row in table(facts, *cuts):
        if row.indicator not in ("F-T1", "F-T9") and row.denominator is None:
            assert row.value is None or row.value == 0 or row.value >= 5
        if row.denominator is not None and row.numerator is not None:
            assert row.denominator == 0 or row.denominator >= 10
            assert row.numerator not in range(1, 5)
            assert row.denominator - row.numerator not in range(1, 5)
        if row.hidden:
            assert (row.value, row.numerator, row.denominator, row.low, row.high) == (None,) * 5


@settings(max_examples=12)
@given(month_facts, cuts_drawn)
def test_what_is_shown_is_what_was_counted(facts: MonthFacts, cuts: tuple[str, ...]) -> None:
    made = figures(facts, cuts)
    plain = {(row.indicator, row.by): row for row in exact(made)}
    for row in table(facts, *cuts):
        if not row.hidden and (row.indicator, row.by) in plain:
            assert row == plain[row.indicator, row.by]
        elif not row.hidden:
            assert row.value == 0


@settings(max_examples=12)
@given(month_facts)
def test_a_figure_is_shown_in_every_table_that_has_it_or_in_none(facts: MonthFacts) -> None:
    decision = decide(facts, REGIONS)
    whole = hide(figures(facts), decision, Grid("", "", None, ()))
    for cuts in all_cuts():
        rows = hide(figures(facts, cuts), decision, Grid("", "", None, cuts))
        assert [row for row in rows if not {*cuts} & {*dict(row.by)}] == whole


@settings(max_examples=12)
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


@settings(max_examples=12)
@given(month_facts, cuts_drawn)
def test_sensitive_categories_are_shown_for_regions_and_above_only(
    facts: MonthFacts, cuts: tuple[str, ...]
) -> None:
    for row in table(facts, *cuts):
        by = dict(row.by)
        if by.get("category", "").startswith(SENSITIVE):
            assert by.get("office", "HQ") in ("HQ", "NORTH")


@settings(max_examples=12)
@given(month_facts, cuts_drawn)
def test_a_hidden_cell_of_none_looks_like_a_hidden_cell_of_some(
    facts: MonthFacts, cuts: tuple[str, ...]
) -> None:
    rows = table(facts, *cuts)
    hidden = {row.by for row in rows if row.indicator == "A1" and row.hidden}
    for by in hidden:
        for indicator in ("F-T1", *(["A4", "F-T2"] if len(by) < 2 else [])):
            cells = [row for row in rows if row.indicator == indicator and {*by} <= {*row.by}]
            own = [row for row in cells if {name for name, _ in row.by} & {*cuts} == {*dict(by)}]
            assert len(own) == 1 + (indicator != "A4")
            assert all(row.hidden for row in own)


def test_a_total_stays_and_a_second_cell_is_hidden_with_the_first() -> None:
    many = [*reports(12), *reports(3, category="COR-02"), *reports(9, category="SRV-01")]
    rows = table(MonthFacts(as_of=AS_OF, reports=many), "category")
    told = values(rows, "A1")
    assert told == {(): 24, ("COR-01",): 12, ("COR-02",): "hidden", ("SRV-01",): "hidden"}


def test_with_nothing_to_hide_behind_the_total_goes_too() -> None:
    rows = table(MonthFacts(as_of=AS_OF, reports=reports(3)), "category")
    assert values(rows, "A1") == {(): "hidden", ("COR-01",): "hidden"}


def test_what_nearly_says_the_same_is_hidden_with_it() -> None:
    facts = MonthFacts(
        as_of=AS_OF,
        reports=[*reports(12), *reports(5, category="COR-02")],
        opened=[
            *(Counted(unit=UNIT, category="COR-01") for _ in range(13)),
            *(Counted(unit=UNIT, category="COR-02") for _ in range(4)),
        ],
    )
    rows = table(facts, "category")
    assert values(rows, "B1")["COR-02",] == "hidden"
    assert values(rows, "A1")["COR-02",] == "hidden"


def test_a_percentile_is_hidden_with_the_count_it_rests_on() -> None:
    places = [("COR-01", 12), ("COR-02", 4), ("SRV-01", 7)]
    facts = MonthFacts(
        as_of=AS_OF,
        closed=[
            ClosingRow(unit=UNIT, category=category, days=9)
            for category, count in places
            for _ in range(count)
        ],
    )
    rows = table(facts, "category")
    told, days = values(rows, "B2"), values(rows, "F-T9")
    assert sorted(code for code, value in told.items() if value == "hidden") == [
        ("COR-02",),
        ("SRV-01",),
    ]
    assert days["SRV-01", "p50"] == "hidden"
    assert days["COR-01", "p50"] == 9


def test_a_percentile_of_fewer_than_five_values_is_hidden_and_of_none_is_empty() -> None:
    few = MonthFacts(as_of=AS_OF, closed=[ClosingRow(unit=UNIT, days=9)] * 4)
    none = MonthFacts(as_of=AS_OF)
    for facts, hidden in ((few, True), (none, False)):
        for row in shown(table(facts), "F-T9").values():
            assert (row.value, row.hidden) == (None, hidden)


def test_what_splits_a_count_has_one_cut_beside_it() -> None:
    facts = MonthFacts(as_of=AS_OF, reports=reports(30))
    for cuts, splits in ((("category",), True), (("category", "channel"), False)):
        cells = [by for by in shown(table(facts, *cuts), "A4") if by]
        assert bool(cells) == splits


def test_allegations_of_a_small_rate_are_hidden_with_their_numerator() -> None:
    rows = [AllegationRow(unit=UNIT, finding="unfounded")] * 9
    rows += [AllegationRow(unit=UNIT, finding="substantiated")] * 3
    [rate] = shown(table(MonthFacts(as_of=AS_OF, allegations=rows)), "Q1").values()
    assert rate.hidden


@settings(max_examples=12)
@given(st.lists(st.builds(Counted, **where), max_size=60))
def test_the_same_month_is_hidden_the_same_way_twice(rows: list[Counted]) -> None:
    facts = MonthFacts(as_of=AS_OF, opened=rows)
    again = MonthFacts(as_of=AS_OF, opened=rows[::-1])
    assert decide(facts, REGIONS) == decide(again, REGIONS)
