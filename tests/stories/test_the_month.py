"""Over two hundred reports come in, go every way there is, and show up in the month's figures.

On SQLite they tell real narratives, where those lie beside this checkout; on PostgreSQL, and always, a
smaller crowd tells texts of our own.
"""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import ExitStack
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from tests.stories import people
from tests.stories.ledger import Figures
from tests.stories.months import CUTS, MARCH, february_and_march
from tests.world import LANGUAGES, a_world, run_folder
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stories.ledger import Cell, Number
    from tests.stories.months import Story

CROWD = {"sqlite": 190, "postgres": 24}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def story(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Story]:
    real = request.param == "sqlite"
    bodies = people.texts(request.getfixturevalue("shared") if real else None)
    with ExitStack() as undo:
        world = a_world(run_folder(pytestconfig), request.param, undo)
        yield february_and_march(world, bodies, often=CROWD[world.kind])


def test_many_people_report_many_things_in_five_languages(story: Story) -> None:
    lives = story.calendar.lives
    assert len(lives) >= (200 if story.world.kind == "sqlite" else 40)
    sent = [life.reporter.sent for life in lives]
    assert {life.reporter.language for life in lives} == set(LANGUAGES)
    assert {"harbour", "airport"} <= {one.get("office") for one in sent}
    assert {bool(one.get("identity")) for one in sent} == {True, False}
    assert len({one.get("channel", "web") for one in sent}) >= 5
    assert len({one.get("category") for one in sent}) >= 5


def test_every_one_of_the_54_steps_was_taken_by_somebody_of_the_cast(story: Story) -> None:
    assert set(catalogue.workflow().transitions_by_id) - story.calendar.transitions() == set()


@pytest.mark.parametrize("cuts", CUTS)
def test_the_head_of_the_unit_sees_exactly_what_happened(
    story: Story, cuts: tuple[str, ...]
) -> None:
    told, own = story.exact[cuts], figures(story, *cuts)
    assert (told["exact"], told["as_of"], told["revision"]) == (True, "2026-04-07", 0)
    assert told["place"] == {"kind": "unit", "code": "main"}
    assert differences(told["rows"], own) == {}


def test_the_story_has_something_to_count(story: Story) -> None:
    numbers = figures(story)
    received, _, _ = numbers["A1", ()]
    assert received == sum(MARCH.holds(life.steps[0][0]) for life in inside(story))
    for indicator, cell in numbers:
        value, _, of = numbers[indicator, cell]
        if (indicator, dict(cell)) != ("B6", {"age": "31-90"}):
            assert value or of, f"{indicator} {cell} counts nothing"


def test_the_body_outside_is_counted_apart(story: Story) -> None:
    apart = [life for life in story.calendar.lives if life.prefix]
    assert differences(story.outside["rows"], Figures(apart, MARCH, "office").numbers) == {}
    assert story.outside["place"] == {"kind": "unit", "code": "outside"}
    inside_and_out = Figures(story.calendar.lives, MARCH).numbers["A1", ()]
    assert number(story.exact[()], "A1") != inside_and_out[0]


@pytest.mark.parametrize("cuts", CUTS)
def test_others_see_the_same_figures_but_none_of_one_to_four(
    story: Story, cuts: tuple[str, ...]
) -> None:
    told, own = story.shown[cuts], figures(story, *cuts)
    assert (told["exact"], told["revision"]) == (False, 1)
    shown = [row for row in told["rows"] if not row["hidden"]]
    assert shown
    assert differences(shown, {name: own.get(name, NOTHING) for name in rows_of(shown)}) == {}
    for row in told["rows"]:
        value, hits, base = own.get((row["indicator"], cell_of(row)), NOTHING)
        if row["hidden"]:
            assert {row["value"], row["numerator"], row["denominator"]} == {None}
        if row["indicator"] in COUNTS:
            assert row["hidden"] == (0 < (value or 0) < 5)
        elif base is not None and hits is not None:
            few = 0 < base < 10 or 0 < hits < 5 or 0 < base - hits < 5
            assert row["hidden"] == few


def test_what_is_left_out_cannot_be_had_by_subtraction(story: Story) -> None:
    for cuts in CUTS[1:]:
        rows = story.shown[cuts]["rows"]
        parts = [row for row in rows if row["indicator"] == "A1" and row["by"]]
        totals = [row for row in rows if row["indicator"] == "A1" and not row["by"]]
        if any(row["hidden"] for row in parts):
            assert not totals
        else:
            assert sum(row["value"] for row in parts) == sum(row["value"] for row in totals)


def test_the_same_table_comes_for_spreadsheets(story: Story) -> None:
    lines = list(csv.DictReader(StringIO(story.table, newline="")))
    rows = story.shown[CUTS[-1]]["rows"]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert line["indicator"] == row["indicator"]
        assert {name: line[name] for name in row["by"]} == row["by"]
        if row["hidden"]:
            assert line["value"] == "<5"
        else:
            assert line["value"] == ("" if row["value"] is None else str(row["value"]))


def test_a_published_month_is_the_same_a_year_later_to_the_byte(story: Story) -> None:
    assert set(story.first_read) == {"2026-02", "2026-03"}
    for month, first in story.first_read.items():
        again = story.read_again[month]
        assert again.content == first.content
        assert again.headers["ETag"] == first.headers["ETag"]
        assert first.json()["month"] == month


def test_what_was_forgotten_is_gone_for_its_author_too(story: Story) -> None:
    gone = story.forgotten
    assert gone.state == "purged"
    answer = gone.reporter.caller.post("/v1/reporter/session", {"receipt": gone.reporter.receipt})
    never = gone.reporter.caller.post(
        "/v1/reporter/session", {"receipt": "1234 5678 9012 3456 7891"}
    )
    assert (answer.status_code, never.status_code) == (401, 401)
    assert answer.content == never.content


def test_the_service_tells_of_each_step_as_the_story_does(story: Story) -> None:
    for life in story.calendar.lives[-60:]:
        if life.state in ("archived", "purged", "merged") or life.merged_into:
            continue
        entries = life.read("manager2", "history")["history"]
        taken = sorted(
            (one["seq"], one["details"].get("before") or "", one["details"]["action"])
            for one in entries
            if one["kind"] == "case.status"
        )
        assert [step[1:] for step in taken] == [(before, act) for _, before, act, _ in life.steps]


# The story's own count, and how it is compared.

NOTHING: Number = (None, None, None)
COUNTS = frozenset({"A1", "B1", "B2", "B3", "B6"})


def inside(story: Story) -> list[Any]:
    """The lives that internal affairs handles."""
    return [life for life in story.calendar.lives if not life.prefix]


def figures(story: Story, *cuts: str) -> dict[tuple[str, Cell], Number]:
    """What the story counted itself."""
    return Figures(inside(story), MARCH, *cuts).numbers


def number(told: dict[str, Any], indicator: str) -> float | None:
    """A total."""
    [value] = [
        row["value"] for row in told["rows"] if row["indicator"] == indicator and not row["by"]
    ]
    return value  # type: ignore[no-any-return]


def cell_of(row: dict[str, Any]) -> Cell:
    """The cell of a row."""
    return tuple(sorted(row["by"].items()))


def rows_of(rows: list[dict[str, Any]]) -> dict[tuple[str, Cell], Number]:
    """Rows as the story keeps them."""
    found = {
        (row["indicator"], cell_of(row)): (row["value"], row["numerator"], row["denominator"])
        for row in rows
    }
    assert len(found) == len(rows), Counter(map(str, rows)).most_common(1)
    return found


def differences(
    rows: list[dict[str, Any]], own: dict[tuple[str, Cell], Number]
) -> dict[tuple[str, Cell], tuple[Number | None, Number | None]]:
    """Figure -> (theirs, ours) where they differ; one that is not listed holds zero."""
    theirs = rows_of(rows)
    different = {
        name: (theirs.get(name), own.get(name))
        for name in theirs.keys() | own.keys()
        if theirs.get(name) != own.get(name)
    }
    return {
        name: pair
        for name, pair in different.items()
        if any(number for side in pair for number in side or ())
    }
