"""What is counted, against the definitions and against other ways of counting."""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.statistics import indicators
from cases.statistics.indicators import (
    ALL,
    DIMENSIONS,
    SHUT,
    AllegationRow,
    By,
    ClosingRow,
    Figure,
    Kind,
    MonthFacts,
    ReportRow,
    StockRow,
    figures,
    last_closing,
    percentile,
    wilson,
)
from cases.statistics.tables import all_cuts
from tests.cases.statistics.rows import AS_OF, FIRST, OTHER_UNIT, UNIT, month_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = date(2026, 3, 31)
states = st.sampled_from(["received", "triage", "assessed", "reopened", *sorted(SHUT)])


def found(
    facts: MonthFacts, indicator: str, part: By = (), by: By = (), cuts: Sequence[str] = ()
) -> Figure:
    [one] = [
        figure
        for figure in figures(facts, cuts)
        if (figure.indicator, figure.part, figure.by) == (indicator, part, by)
    ]
    return one


@given(st.lists(st.integers(0, 1000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_least_value_with_that_share_at_or_below_it(
    values: list[int], share: int
) -> None:
    values.sort()
    chosen = percentile(values, share)
    assert chosen in values
    assert chosen is not None
    assert 100 * sum(value <= chosen for value in values) >= share * len(values)
    assert 100 * sum(value < chosen for value in values) < share * len(values)


def test_percentiles_of_ten_values_are_exact() -> None:
    assert [percentile(range(1, 11), share) for share in (50, 75, 90, 91, 100)] == [5, 8, 9, 10, 10]
    assert percentile([], 50) is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (score interval, without continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_agrees_with_published_values(
    numerator: int, denominator: int, low: float, high: float
) -> None:
    assert wilson(numerator, denominator) == (low, high)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_of_the_wilson_interval_are_the_rates_the_score_test_just_accepts(
    sample: tuple[int, int],
) -> None:
    numerator, denominator = sample
    rate = numerator / denominator
    for end in wilson(numerator, denominator):
        # (rate - end)^2 = z^2 end (1 - end) / n, within what rounding to four decimals moves.
        slack = 2e-4 * (1 + indicators.Z_95**2 / denominator)
        assert abs((rate - end) ** 2 - indicators.Z_95**2 * end * (1 - end) / denominator) < slack
    low, high = wilson(numerator, denominator)
    assert low - 1e-4 <= rate <= high + 1e-4


@given(month_facts, st.sampled_from([*all_cuts()]))
def test_the_cells_of_a_table_add_up_to_its_total(facts: MonthFacts, cuts: tuple[str, ...]) -> None:
    made = figures(facts, cuts)
    for figure in made:
        if figure.by == () and figure.kind is not Kind.DAYS and cuts:
            cells = [
                one
                for one in made
                if one.by and (one.indicator, one.part) == (figure.indicator, figure.part)
            ]
            assert sum(one.number or 0 for one in cells) == figure.number
            assert sum(one.base for one in cells) == figure.base


@given(month_facts, st.sampled_from([*all_cuts()]))
def test_the_nation_is_the_sum_of_its_inside_units(
    facts: MonthFacts, cuts: tuple[str, ...]
) -> None:
    def counts(*units: object) -> dict[tuple[str, By, By], tuple[int, int]]:
        return {
            (one.indicator, one.by, one.part): (one.number or 0, one.base)
            for one in figures(facts.within(frozenset(units)), cuts)  # type: ignore[arg-type]
            if one.kind is not Kind.DAYS
        }

    nation, first, second = counts(UNIT, OTHER_UNIT), counts(UNIT), counts(OTHER_UNIT)
    assert nation.keys() == first.keys() | second.keys()
    for key, (number, base) in nation.items():
        parts = [first.get(key, (0, 0)), second.get(key, (0, 0))]
        assert (number, base) == (sum(one[0] for one in parts), sum(one[1] for one in parts))


@given(month_facts)
def test_every_indicator_is_there_also_when_nothing_happened(facts: MonthFacts) -> None:
    for some in (facts, MonthFacts(as_of=AS_OF)):
        made = figures(some)
        assert [name for name, _ in groupby(figure.indicator for figure in made)] == list(ALL)
        assert len({(one.indicator, one.by, one.part) for one in made}) == len(made)


def test_all_cuts_are_none_one_or_two_dimensions() -> None:
    cuts = [*all_cuts()]
    assert len(cuts) == len(set(cuts)) == 7
    assert all(len(cut) <= 2 and list(cut) == sorted(cut, key=DIMENSIONS.index) for cut in cuts)


def test_a_report_counts_as_acknowledged_in_time_until_the_seventh_day() -> None:
    waits: list[tuple[int | None, bool]] = [(7, False), (8, False), (6, True), (None, False)]
    rows = [
        ReportRow(
            unit=UNIT,
            received_on=FIRST,
            anonymous=False,
            acknowledged_on=None if wait is None else FIRST + timedelta(days=wait),
            automatic=automatic,
        )
        for wait, automatic in waits
    ]
    late = ReportRow(unit=UNIT, received_on=AS_OF - timedelta(days=7), anonymous=False)
    facts = MonthFacts(as_of=AS_OF, reports=[*rows, late])
    person, automatic = found(facts, "F-T2"), found(facts, "F-T2", (("acknowledged", "automatic"),))
    # The last one still has a day; the others are due, one of them never acknowledged.
    assert (person.number, person.base) == (1, 4)
    assert (automatic.number, automatic.base) == (1, 4)


def test_a_percentile_of_fewer_than_five_values_is_not_computed() -> None:
    four = [ClosingRow(unit=UNIT, days=days) for days in (1, 2, 3, 40)]
    assert found(MonthFacts(as_of=AS_OF, closed=four), "F-T9", (("measure", "p50"),)).number is None
    five = MonthFacts(as_of=AS_OF, closed=[*four, ClosingRow(unit=UNIT, days=0)])
    shown = [found(five, "F-T9", (("measure", f"p{p}"),)).number for p in (50, 75, 90)]
    assert shown == [2, 3, 40]


def test_what_was_not_investigated_is_in_no_substantiation_rate() -> None:
    findings = ["substantiated", "partly_substantiated", "unfounded", "not_investigated"]
    rows = [AllegationRow(unit=UNIT, finding=finding) for finding in findings]
    rate = found(MonthFacts(as_of=AS_OF, allegations=rows), "Q1")
    assert (rate.number, rate.base) == (2, 3)


def test_the_stock_is_counted_at_both_ends_and_by_age() -> None:
    facts = MonthFacts(
        as_of=AS_OF,
        at_start=[StockRow(unit=UNIT, age="0-30", count=3)],
        at_end=[StockRow(unit=UNIT, age="31-90", count=2), StockRow(unit=UNIT, age="366+")],
    )
    assert found(facts, "B3", (("at", "start"),)).number == 3
    assert found(facts, "B3", (("at", "end"),)).number == 3
    ages = [found(facts, "B6", (("age", band),)).number for band in indicators.BAND_NAMES]
    assert ages == [0, 2, 0, 0, 1]


def test_bands_follow_one_another_and_end_where_their_names_say() -> None:
    ends = [most for most, _ in indicators.BANDS]
    starts = [0, *(most + 1 for most in ends)]
    assert list(indicators.BAND_NAMES) == [
        *(f"{low}-{high}" for low, high in zip(starts, ends, strict=False)),
        f"{starts[-1]}+",
    ]


@pytest.mark.parametrize(
    ("steps", "closed"),
    [
        ([("received", 1), ("closed", 10)], 10),
        ([("received", 1), ("not_admitted", 3)], 3),
        ([("received", 1), ("merged", 3)], None),
        # A review that upholds, and the end of monitoring, do not close a second time.
        ([("closed", -3), ("under_review", 2), ("closed", 5)], None),
        ([("closed", -9), ("monitoring", -5), ("closed", 20)], None),
        # Reopening does open it.
        ([("closed", 2), ("under_review", 4), ("reopened", 6), ("assessed", 7), ("closed", 9)], 9),
        ([("closed", 2), ("reopened", 6)], 2),
    ],
)
def test_a_case_closes_when_it_leaves_the_open_states(
    steps: list[tuple[str, int]], closed: int | None
) -> None:
    dated = [(state, FIRST + timedelta(days=day - 1)) for state, day in steps]
    expected = None if closed is None else FIRST + timedelta(days=closed - 1)
    assert last_closing(dated, FIRST, LAST) == expected


@given(st.lists(states, max_size=8))
def test_a_case_that_ends_open_and_was_never_closed_has_no_closing(path: list[str]) -> None:
    closing = last_closing([(state, FIRST) for state in path], FIRST, LAST)
    expected = any(
        state in {"closed", "not_admitted"} and (n == 0 or path[n - 1] not in SHUT)
        for n, state in enumerate(path)
    )
    assert (closing is not None) == expected


def test_the_median_agrees_with_the_library_for_odd_numbers() -> None:
    values = sorted(math.isqrt(n * 7919) for n in range(101))
    assert percentile(values, 50) == statistics.median(values)
