"""Posts too small for figures of their own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from cases.statistics import posts
from cases.statistics.indicators import figures
from tests.cases.statistics.rows import month_facts
from tests.cases.statistics.test_places import HQ, NORTH, PORT, SOUTH, WORLD

if TYPE_CHECKING:
    from uuid import UUID

    from cases.statistics.indicators import MonthFacts

ENOUGH = {"hq": 20, "north": 20, "port": 20, "south": 20}


@pytest.mark.parametrize(
    ("cases", "small"),
    [
        (ENOUGH, {PORT}),  # where nine people work
        (ENOUGH | {"south": 19}, {PORT, SOUTH}),
        (ENOUGH | {"north": 0}, {PORT}),  # the post below it counts for the region
        (ENOUGH | {"north": 0, "port": 19}, {NORTH, PORT}),
        ({}, {NORTH, PORT, SOUTH}),  # the head office is never a post
    ],
)
def test_few_people_or_few_cases_make_a_post_too_small(
    cases: dict[str, int], small: set[UUID]
) -> None:
    assert posts.too_small(WORLD, cases) == small


def test_a_small_post_counts_at_the_next_office_that_is_large_enough() -> None:
    assert posts.rolled_up(WORLD, frozenset({PORT})) == {"port": "north"}
    assert posts.rolled_up(WORLD, frozenset({PORT, NORTH})) == {"port": "hq", "north": "hq"}
    everybody = frozenset({HQ, NORTH, PORT, SOUTH})
    assert set(posts.rolled_up(WORLD, everybody).values()) == {posts.ELSEWHERE}


@settings(max_examples=20)
@given(month_facts)
def test_nothing_is_lost_when_posts_are_rolled_up(facts: MonthFacts) -> None:
    moved = posts.moved(facts, {"PORT": "NORTH"})
    assert figures(moved) == figures(facts)
    assert "PORT" not in {row.office for row in moved.reports}
    before = Counter({"PORT": "NORTH"}.get(row.office, row.office) for row in facts.reports)
    assert Counter(row.office for row in moved.reports) == before
