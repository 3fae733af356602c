"""Over two hundred reports come in, go every way there is, and show up in the month's figures.

On SQLite they tell real narratives, where those lie beside this checkout; on PostgreSQL, and always, a
smaller crowd tells texts of our own.
"""

from __future__ import annotations

import csv
import hashlib
import pickle
from collections import Counter
from contextlib import ExitStack
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from tests.stories import people
from tests.stories.months import CUTS, february_and_march
from tests.world import LANGUAGES, a_world, lightly, run_folder
from workflows import catalogue

if TYPE_CHECKING:
    from tests.databases import Kind
    from tests.stories.ledger import Cell, Number
    from tests.stories.months import Kept

CROWD: dict[Kind, int] = {"sqlite": 184, "postgres": 24}
"""How many come besides the twenty that go ways of their own."""


@pytest.fixture(scope="module", params=CROWD)
def kept(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Kept:
    """The story, lived once in a run by whichever process asks first."""
    bodies = people.texts(request.getfixturevalue("shared") if request.param == "sqlite" else None)
    run = run_folder(pytestconfig)
    file = run / f"month-{request.param}"
    with FileLock(f"{file}.lock"):
        if not file.exists():
            with ExitStack() as undo:
                undo.enter_context(lightly())
                world = a_world(run, request.param, undo)
                lived = february_and_march(world, bodies, often=CROWD[request.param])
            file.write_bytes(pickle.dumps(lived))
    found: Kept = pickle.loads(file.read_bytes())  # noqa: S301 -- this run wrote it
    return found


def test_many_people_report_many_things_in_five_languages(kept: Kept) -> None:
    assert len(kept.sent) in (20 + 24, 20 + 184)
    assert {one["language"] for one in kept.sent} == set(LANGUAGES)
    assert {"harbour", "airport"} <= {one.get("office") for one in kept.sent}
    assert {bool(one.get("identity")) for one in kept.sent} == {True, False}
    assert len({one.get("channel", "web") for one in kept.sent}) >= 5
    assert len({one.get("category") for one in kept.sent}) >= 5


def test_every_one_of_the_54_steps_was_taken_by_somebody_of_the_cast(kept: Kept) -> None:
    assert set(catalogue.workflow().transitions_by_id) - kept.steps == set()


@pytest.mark.parametrize("cuts", CUTS)
def test_the_head_of_the_unit_sees_exactly_what_happened(kept: Kept, cuts: tuple[str, ...]) -> None:
    told = kept.exact[cuts]
    assert (told["exact"], told["as_of"], told["revision"]) == (True, "2026-04-07", 0)
    assert told["place"] == {"kind": "unit", "code": "main", "rolled_up": []}
    assert differences(told["rows"], kept.own[cuts]) == {}


def test_the_story_has_something_to_count(kept: Kept) -> None:
    for (indicator, cell), (value, _, base) in kept.own[()].items():
        if (indicator, dict(cell)) != ("B6", {"age": "31-90"}):
            assert value or base, f"{indicator} {cell} counts nothing"


def test_the_body_outside_is_counted_apart(kept: Kept) -> None:
    assert kept.outside["place"] == {"kind": "unit", "code": "outside", "rolled_up": []}
    assert differences(kept.outside["rows"], kept.own_outside) == {}
    assert kept.own_outside["A1", ()] == (2, None, None)


@pytest.mark.parametrize("cuts", CUTS)
def test_others_see_the_same_figures_but_none_of_one_to_four(
    kept: Kept, cuts: tuple[str, ...]
) -> None:
    told, own = kept.shown[cuts], kept.own[cuts]
    assert (told["exact"], told["revision"]) == (False, 1)
    small = {*told["place"]["rolled_up"]}
    assert not small & {row["by"].get("office") for row in told["rows"]}
    # What was rolled up counts at the office above, which is then more than the story counts there.
    more = {"headquarters", "coast"} if small else set()
    rows = [row for row in told["rows"] if row["by"].get("office") not in more]
    shown = [row for row in rows if not row["hidden"]]
    assert shown
    assert differences(shown, {name: own.get(name, NOTHING) for name in rows_of(shown)}) == {}
    for row in rows:
        value, hits, base = own.get((row["indicator"], cell_of(row)), NOTHING)
        if row["hidden"]:
            assert {row["value"], row["numerator"], row["denominator"]} == {None}
        elif row["indicator"] in COUNTS:
            assert not 0 < (value or 0) < 5
        elif base is not None and hits is not None:
            assert base == 0 or base >= 10
            assert not 0 < hits < 5
            assert not 0 < base - hits < 5


def test_what_is_hidden_cannot_be_had_by_subtraction(kept: Kept) -> None:
    whole = {row["indicator"]: row["value"] for row in kept.shown[()]["rows"] if not row["hidden"]}
    for cuts in CUTS[1:]:
        rows = [row for row in kept.shown[cuts]["rows"] if row["indicator"] == "A1"]
        parts = [row for row in rows if row["by"]]
        [total] = [row["value"] for row in rows if not row["by"]]
        assert total == whole["A1"]
        assert sum(row["hidden"] for row in parts) != 1
        if not any(row["hidden"] for row in parts):
            assert sum(row["value"] for row in parts) == total
        else:
            assert sum(row["value"] or 0 for row in parts) <= total - 5


def test_the_same_table_comes_for_spreadsheets(kept: Kept) -> None:
    lines = list(csv.DictReader(StringIO(kept.table, newline="")))
    for line, row in zip(lines, kept.shown[CUTS[-1]]["rows"], strict=True):
        assert line["indicator"] == row["indicator"]
        assert {name: line[name] for name in row["by"]} == row["by"]
        if row["hidden"]:
            assert line["value"] == "hidden"
        else:
            assert line["value"] == ("" if row["value"] is None else str(row["value"]))


def test_a_published_month_is_the_same_a_year_later_to_the_byte(kept: Kept) -> None:
    assert set(kept.first_read) == {"2026-02", "2026-03"}
    assert kept.read_again == kept.first_read
    for table, etag in kept.first_read.values():
        assert etag == f'"{hashlib.sha256(table).hexdigest()}"'


def test_what_was_forgotten_is_gone_for_its_author_too(kept: Kept) -> None:
    (status, gone), (_, never) = kept.strangers
    assert status == 401
    assert gone == never


def test_the_service_tells_of_each_step_as_the_story_does(kept: Kept) -> None:
    assert len(kept.told) >= 20
    for told, own in kept.told:
        assert told == own


# The story's own count, and how it is compared.

NOTHING: Number = (None, None, None)
COUNTS = frozenset({"A1", "B1", "B2", "B3", "B6"})


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
