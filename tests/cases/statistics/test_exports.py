"""CSV says what JSON says."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.statistics.exports import COLUMNS, DANGEROUS, NUMBERS, cell, to_csv
from cases.statistics.months import Month
from cases.statistics.places import NATIONAL, Map
from cases.statistics.tables import Books, Heading, all_cuts
from tests.cases.statistics.rows import AS_OF, OTHER_UNIT, OUTSIDE, UNIT, month_facts

if TYPE_CHECKING:
    from uuid import UUID

    from cases.statistics.indicators import MonthFacts

NOWHERE: dict[UUID, Any] = {}
NOBODY: frozenset[UUID] = frozenset()
WORLD = Map({UNIT: "main", OTHER_UNIT: "second"}, {OUTSIDE: "outside"}, NOWHERE)


def back(line: dict[str, str], document: dict[str, Any]) -> dict[str, Any]:
    """A line as the row of the document it was made from."""
    hidden = line["hidden"] == "true"
    by = {name: text for name, text in line.items() if name in PLACES and text}
    numbers = {
        name: json.loads(line[name]) if line[name] and line[name] != "hidden" else None
        for name in NUMBERS
    }
    assert (line["value"] == "hidden") == hidden
    assert line["month"] == document["month"]
    assert line["exact"] == str(document["exact"]).lower()
    return {"indicator": line["indicator"], "by": by, "hidden": hidden, **numbers}


PLACES = {"category", "office", "channel", "at", "age", "measure", "acknowledged"}


@settings(max_examples=12)
@given(month_facts, st.sampled_from([*all_cuts()]), st.booleans())
def test_csv_holds_what_json_holds(
    facts: MonthFacts,
    cuts: tuple[str, ...],
    look_exactly: bool,  # noqa: FBT001  (drawn)
) -> None:
    books, heading = Books(WORLD, facts, NOBODY), Heading(Month(2026, 3), NATIONAL, cuts, 1, AS_OF)
    document = json.loads(books.exact(heading) if look_exactly else books.hidden(heading))
    table = to_csv(document).decode("utf-8")
    lines = [*csv.DictReader(StringIO(table, newline=""))]
    assert [back(line, document) for line in lines] == document["rows"]
    assert table.splitlines()[0] == ",".join(COLUMNS)


@given(st.text() | st.sampled_from(DANGEROUS).flatmap(lambda sign: st.text().map(sign.__add__)))
def test_no_cell_is_a_formula(text: str) -> None:
    made = cell(text)
    assert not made.startswith(DANGEROUS)
    assert made.removeprefix("'") == text.removeprefix("'")


def test_the_mark_for_hidden_figures_stays_as_it_is() -> None:
    assert cell("hidden") == "hidden"
    assert cell(None) == ""
    assert cell(0) == "0"
    assert cell(value=False) == "false"


@settings(max_examples=12)
@given(month_facts, st.sampled_from([*all_cuts()]))
def test_tables_are_canonical_json(facts: MonthFacts, cuts: tuple[str, ...]) -> None:
    heading = Heading(Month(2026, 3), NATIONAL, cuts, 1, AS_OF)
    books = Books(WORLD, facts, NOBODY)
    for table in (books.hidden(heading), books.exact(heading)):
        value = json.loads(table)
        again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert again.encode() == table
        numbers = [row[name] for row in value["rows"] for name in NUMBERS]
        # RFC 8785 writes 1, not 1.0, and no exponents in this range.
        assert not any(isinstance(one, float) and one.is_integer() for one in numbers)
        assert all("e" not in repr(one) for one in numbers if isinstance(one, float))


@settings(max_examples=12)
@given(month_facts, st.sampled_from([*all_cuts()]))
def test_nothing_of_the_outside_unit_is_in_the_nations_tables(
    facts: MonthFacts, cuts: tuple[str, ...]
) -> None:
    heading = Heading(Month(2026, 3), NATIONAL, cuts, 1, AS_OF)
    inside = facts.within(frozenset(WORLD.inside))
    one, other = Books(WORLD, facts, NOBODY), Books(WORLD, inside, NOBODY)
    assert one.hidden(heading) == other.hidden(heading)
    assert one.exact(heading) == other.exact(heading)
