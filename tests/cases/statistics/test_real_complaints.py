"""The same figures over 41,693 real complaints as two other programs computed from them."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cases.statistics.indicators import (
    AllegationRow,
    By,
    ClosingRow,
    Counted,
    Figure,
    MonthFacts,
    ReportRow,
    StockRow,
    figures,
    last_closing,
)
from cases.statistics.months import Month
from tests.cases.statistics.rows import UNIT, age_band

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FINDINGS = {
    "sustained": "substantiated",
    "not_sustained": "unsubstantiated",
    "unfounded": "unfounded",
    "exonerated": "exonerated",
}
"""Their findings in our words; the others ended without an investigation, or have not ended."""

SAMPLE = ("2008-03", "2010-03", "2012-11", "2014-02", "2015-12", "2016-05")

Line = dict[str, str]


class Complaints:
    """The files, read once."""

    def __init__(self, folder: Path) -> None:
        self.cases = [*read(folder / "cases.csv")]
        self.allegations = [*read(folder / "allegations.csv")]
        self.expected = json.loads((folder / "reference_stats.json").read_text("utf-8"))


def read(path: Path) -> Iterator[Line]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def complaints(shared: Path) -> Complaints:
    folder = shared / "data" / "complaints"
    if not folder.is_dir():
        pytest.skip(
            "the complaints of the shared material are not there (../shared/data/complaints)"
        )
    return Complaints(folder)


def where(line: Line) -> dict[str, Any]:
    return {
        "unit": UNIT,
        "category": line["category_group"],
        "office": line["office"] or "not_stated",
        "channel": line["source"],
    }


def steps(line: Line) -> list[tuple[str, date]]:
    made = [("received", date.fromisoformat(line["received_date"]))]
    if line["closed_date"]:
        made.append(("closed", date.fromisoformat(line["closed_date"])))
    return made


def stock(cases: Iterable[Line], day: date) -> list[StockRow]:
    rows = []
    for line in cases:
        received = date.fromisoformat(line["received_date"])
        closed = date.fromisoformat(line["closed_date"] or "9999-12-31")
        if received <= day < closed:
            rows.append(StockRow(**where(line), age=age_band((day - received).days)))
    return rows


def facts_of(cases: Iterable[Line], first: date, last: date) -> MonthFacts:
    cases = [*cases]
    received = [
        line for line in cases if first <= date.fromisoformat(line["received_date"]) <= last
    ]
    closings = ((line, last_closing(steps(line), first, last)) for line in cases)
    return MonthFacts(
        as_of=last,
        reports=[
            ReportRow(
                **where(line),
                received_on=date.fromisoformat(line["received_date"]),
                anonymous=line["n_complainants"] == "0",
            )
            for line in received
        ],
        opened=[Counted(**where(line)) for line in received],
        closed=[
            ClosingRow(**where(line), days=(day - date.fromisoformat(line["received_date"])).days)
            for line, day in closings
            if day is not None
        ],
        at_start=stock(cases, first - timedelta(days=1)),
        at_end=stock(cases, last),
    )


def by_key(made: list[Figure]) -> dict[tuple[str, By, By], Figure]:
    return {(one.indicator, one.by, one.part): one for one in made}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_months_complaints_closings_and_backlog_are_those_of_the_reference(
    complaints: Complaints, name: str
) -> None:
    month, expected = Month.parse(name), complaints.expected
    made = by_key(figures(facts_of(complaints.cases, month.first, month.last), ("channel",)))
    before = str(month.plus(-1))
    assert made["A1", (), ()].number == expected["received_by_month"][name]
    assert made["B2", (), ()].number == expected["closed_by_month"][name]
    assert made["B3", (), (("at", "end"),)].number == expected["backlog_by_month_end"][name]
    assert made["B3", (), (("at", "start"),)].number == expected["backlog_by_month_end"][before]
    for source, count in expected["received_by_month_and_source"][name].items():
        assert made["A1", (("channel", source),), ()].number == count


@pytest.mark.parametrize("day", ["2008-12-31", "2011-12-31", "2015-12-31", "2016-10-27"])
def test_the_age_of_the_open_complaints_is_that_of_the_reference(
    complaints: Complaints, day: str
) -> None:
    at = date.fromisoformat(day)
    made = by_key(figures(MonthFacts(as_of=at, at_end=stock(complaints.cases, at))))
    expected = complaints.expected["ageing_at_year_end"][day]
    for band in ("0-30", "31-90", "91-180", "181-365", "366+"):
        assert made["B6", (), (("age", band),)].number == expected[band]


def test_the_times_to_close_are_those_of_the_reference(complaints: Complaints) -> None:
    whole = facts_of(complaints.cases, date(2008, 1, 1), date(2016, 10, 27))
    made = by_key(figures(whole, ("category",)))
    times = complaints.expected["days_to_close"]
    expected = {(): times["all"]} | {
        (("category", group),): one for group, one in times["by_category_group"].items()
    }
    for by, one in expected.items():
        ninety = made["F-T9", by, (("measure", "p90"),)]
        assert ninety.base == one["n"]
        if one["n"] >= 5:
            assert ninety.number == one["p90_disc"]
        if one["n"] >= 5 and one["n"] % 2:  # where nearest rank and interpolation agree
            assert made["F-T9", by, (("measure", "p50"),)].number == one["median"]
    assert made["A1", (), ()].number == complaints.expected["totals"]["cases"]
    assert made["B3", (), (("at", "end"),)].number == complaints.expected["totals"]["open"]


def test_the_substantiation_rates_are_those_of_the_reference(complaints: Complaints) -> None:
    rows = [
        AllegationRow(
            unit=UNIT,
            category=line["category_group"],
            finding=FINDINGS.get(line["final_finding"], "not_investigated"),
        )
        for line in complaints.allegations
    ]
    made = by_key(figures(MonthFacts(as_of=date(2016, 10, 27), allegations=rows), ("category",)))
    expected = complaints.expected["substantiation"]
    whole = made["Q1", (), ()]
    assert whole.number == expected["allegations"]["sustained"]
    assert whole.base == expected["allegations"]["investigated"]
    assert (
        round((whole.number or 0) / whole.base, 6) == expected["allegations"]["rate_investigated"]
    )
    groups = {
        group: one for group, one in expected["by_category_group"].items() if one["investigated"]
    }
    counted = {
        dict(by)["category"]: (figure.number, figure.base)
        for (indicator, by, _), figure in made.items()
        if indicator == "Q1" and by
    }
    assert counted == {
        group: (one["sustained"], one["investigated"]) for group, one in groups.items()
    }


def test_every_reference_month_is_counted(complaints: Complaints) -> None:
    received: dict[str, list[Line]] = defaultdict(list)
    for line in complaints.cases:
        received[line["received_date"][:7]].append(line)
    for name, count in complaints.expected["received_by_month"].items():
        month = Month.parse(name)
        rows = facts_of(received[name], month.first, month.last)
        assert by_key(figures(rows))["B1", (), ()].number == count
