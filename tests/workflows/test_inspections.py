"""Whether inspections became more frequent, and how easily chance would do it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workflows import catalogue, inspections
from workflows.inspections import Period, compare, exact_probability


@st.composite
def periods(draw: st.DrawFn) -> Period:
    declarations = draw(st.integers(0, 60))
    return Period(declarations, draw(st.integers(0, declarations)))


@given(before=periods(), after=periods())
def test_it_is_a_probability_and_the_same_from_either_side(before: Period, after: Period) -> None:
    found = exact_probability(before, after)
    assert 0 < found <= 1
    assert found == exact_probability(after, before)


@given(before=periods(), after=periods())
def test_counting_what_was_let_through_says_the_same(before: Period, after: Period) -> None:
    through = [
        Period(one.declarations, one.declarations - one.inspected) for one in (before, after)
    ]
    assert exact_probability(*through) == exact_probability(before, after)


@given(one=periods(), times=st.integers(1, 8))
def test_equal_rates_are_never_rare(one: Period, times: int) -> None:
    assert exact_probability(one, Period(one.declarations * times, one.inspected * times)) == 1


@given(before=periods(), after=periods())
def test_only_a_higher_rate_is_called_more_often(before: Period, after: Period) -> None:
    assume(before.declarations and after.declarations)
    found = compare(before, after)
    assert found.rate_before is not None
    assert found.rate_after is not None
    higher = found.rate_after > found.rate_before
    assert (found.verdict in {"more_often", "maybe_chance"}) is higher


# By hand, from the tables with the same margins. 3 of 4 before and 1 of 4 after: 4 of 8 are inspected, the
# tables weigh 1, 16, 36, 16, 1 of 70, and four of them are no likelier than 16: (1 + 16 + 16 + 1) / 70.
@pytest.mark.parametrize(
    ("before", "after", "probability"),
    [
        (Period(4, 3), Period(4, 1), 34 / 70),
        (Period(4, 0), Period(4, 4), 2 / 70),
        (Period(3, 0), Period(2, 2), 1 / 10),
        (Period(1, 1), Period(1, 0), 1),
        (Period(0, 0), Period(7, 5), 1),
    ],
)
def test_the_probability_is_that_of_the_tables_added_by_hand(
    before: Period, after: Period, probability: float
) -> None:
    assert exact_probability(before, after) == pytest.approx(probability, abs=1e-15)


def test_more_inspected_than_declared_is_no_count() -> None:
    with pytest.raises(ValueError, match="more was inspected"):
        exact_probability(Period(4, 5), Period(4, 1))


def test_the_largest_counts_are_compared_too() -> None:
    half, more = Period(inspections.MOST, 5_000), Period(inspections.MOST, 5_200)
    assert 0.004 < exact_probability(half, more) < 0.005


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (Period(40, 4), Period(12, 12), "more_often"),
        (Period(4, 1), Period(4, 3), "maybe_chance"),
        (Period(12, 12), Period(40, 4), "no_more_often"),
        (Period(0, 0), Period(40, 4), "too_little"),
        (Period(40, 4), Period(0, 0), "too_little"),
    ],
)
def test_what_is_said_of_it_is_on_the_list(before: Period, after: Period, verdict: str) -> None:
    assert compare(before, after).verdict == verdict
    assert verdict in catalogue.code_list("inspection_verdicts")
