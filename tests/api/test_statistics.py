"""The month's figures at the door."""

from __future__ import annotations

import csv
import hashlib
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from api import errors
from api.v1 import statistics
from api.v1.statistics import preferred
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.models.people import Membership
from tests.api.small import TELEMETRY
from tests.cases.builders import a_house
from tests.cases.statistics.archive import Life, archive
from tests.cases.statistics.test_facts import day
from tests.inprocess import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.cases.builders import SmallHouse
    from tests.databases import Databases

MARCH = "/v1/statistics/months/2026-03"


class Desk:
    """A house with a month in it, and its front door."""

    def __init__(self, house: SmallHouse) -> None:
        app = FastAPI(telemetry=TELEMETRY)
        app.state.house, app.state.settings, app.state.pools = house.house, None, None
        app.include_router(statistics.router)
        errors.install(app)
        self.house = house
        self.app = app
        self.client = Client(app)
        self._tokens: dict[tuple[str, str | None, int], str] = {}

    def as_(self, role: str, *, office: str | None = None, number: int = 1) -> dict[str, str]:
        """The header of somebody in a role; the same person each time."""
        who = (role, office, number)
        if who not in self._tokens:
            person = self.house.person(role)
            if office is not None:
                with self.house.work() as db:
                    [seat] = db.exec(select(Membership).where(Membership.staff == person.id))
                    seat.office = self.house.offices[office]
                    log.emit(db, "role.changed", by=THE_SERVICE, about=log.DIRECTORY)
            self._tokens[who] = self.house.token(person)
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    def look(
        self, role: str, query: str = "", *, office: str | None = None, **headers: str
    ) -> Response:
        """One look at March."""
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(MARCH + query, headers=self.as_(role, office=office) | shown)

    def publish(self) -> None:
        """March, by two people."""
        first = self.client.post(f"{MARCH}/publication", headers=self.as_("statistics_officer"))
        assert first.status_code == 202
        second = self.client.post(f"{MARCH}/publication/confirmation", headers=self.as_("head_ia"))
        assert second.status_code == 200


@pytest.fixture
def desk(databases: Databases) -> Iterator[Desk]:
    """Eleven cases and three of another category; it is the 8th of April."""
    backend = databases.fresh("sqlite")
    with closing(a_house(backend)) as house:
        path = (("received", day(3)), ("acknowledged", day(4)))
        archive(
            house,
            *(Life(received_on=day(3), steps=path) for _ in range(11)),
            *(Life(received_on=day(3), steps=path, category="COR-02") for _ in range(3)),
        )
        house.clock.now = datetime(2026, 4, 8, 9, tzinfo=UTC)
        made = Desk(house)
        with made.client:
            yield made
    databases.discard(backend)


def a1(answer: Response) -> list[dict[str, Any]]:
    return [row for row in answer.json()["rows"] if row["indicator"] == "A1"]


def code(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_answer_has_the_shape_that_was_promised(desk: Desk) -> None:
    answer = desk.look("head_ia", "?by=category")
    assert answer.status_code == 200
    assert {name: value for name, value in answer.json().items() if name != "rows"} == {
        "month": "2026-03",
        "place": {"kind": "unit", "code": "main", "rolled_up": []},
        "revision": 0,
        "as_of": "2026-04-07",
        "definitions": "figures.v2",
        "exact": True,
    }
    empty = {"numerator": None, "denominator": None, "low": None, "high": None, "hidden": False}
    assert a1(answer) == [
        {"indicator": "A1", "by": {}, "value": 14, **empty},
        {"indicator": "A1", "by": {"category": "COR-01"}, "value": 11, **empty},
        {"indicator": "A1", "by": {"category": "COR-02"}, "value": 3, **empty},
    ]
    [whole] = [r for r in answer.json()["rows"] if r["indicator"] == "A4" and not r["by"]]
    assert (whole["value"], whole["numerator"], whole["denominator"]) == (1, 14, 14)
    assert (whole["low"], whole["high"]) == (0.7847, 1)
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    statistics.MonthFigures.model_validate(answer.json())


def test_a_published_month_carries_its_own_hash(desk: Desk) -> None:
    assert code(desk.look("national_committee")) == (404, "not-found")
    desk.publish()
    answer = desk.look("national_committee", "?by=category")
    assert answer.json()["revision"] == 1
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert [(row["by"], row["value"], row["hidden"]) for row in a1(answer)] == [
        ({}, 14, False),
        ({"category": "COR-01"}, None, True),
        ({"category": "COR-02"}, None, True),
    ]
    again = desk.look("national_committee", "?by=category", If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    other = desk.look("national_committee", "?by=channel", If_None_Match=answer.headers["ETag"])
    assert other.status_code == 200


def test_the_same_table_comes_as_csv_with_what_is_hidden_marked_so(desk: Desk) -> None:
    desk.publish()
    answer = desk.look("national_committee", "?by=category", Accept="text/csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="figures-2026-03.csv"'
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["ETag"].startswith('W/"')
    lines = [*csv.DictReader(StringIO(answer.content.decode("utf-8"), newline=""))]
    wanted = desk.look("national_committee", "?by=category").json()["rows"]
    assert len(lines) == len(wanted)
    assert [(line["category"], line["value"]) for line in lines if line["indicator"] == "A1"] == [
        ("", "14"),
        ("COR-01", "hidden"),
        ("COR-02", "hidden"),
    ]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/csv, application/json;q=0.5", "text/csv"),
        ("text/csv;q=0.5, */*", "application/json"),
        ("text/csv;q=0, text/*", None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/pdf", None),
        ("text/csv;q=bad", None),
        ("text/csv;q=nan", None),
        ("text/csv;q=inf, application/json;q=0.1", "application/json"),
    ],
)
def test_what_is_answered_follows_what_is_accepted(accept: str, kind: str | None) -> None:
    assert preferred(accept) == kind


def test_a_kind_that_is_not_made_here_is_refused_before_anything_is_counted(desk: Desk) -> None:
    answer = desk.look("head_ia", Accept="application/pdf")
    assert code(answer) == (406, "not-acceptable")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("?by=gender", "unknown"),
        ("?by=category,category", "repeated"),
        ("?by=category,office,channel", "too_many"),
        ("?by=category,", "unknown"),
    ],
)
def test_cuts_that_do_not_exist_are_named_as_the_fault(desk: Desk, query: str, what: str) -> None:
    answer = desk.look("head_ia", query)
    assert code(answer) == (422, "invalid-input")
    assert answer.json()["errors"] == [{"pointer": "/by", "code": what}]


def test_cuts_come_in_any_order(desk: Desk) -> None:
    one, other = (
        desk.look("head_ia", f"?by={cuts}") for cuts in ("channel,office", "office,channel")
    )
    assert one.content == other.content


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "march", "2026-03-01"])
def test_what_is_no_month_is_refused(desk: Desk, month: str) -> None:
    answer = desk.client.get(f"/v1/statistics/months/{month}", headers=desk.as_("head_ia"))
    assert code(answer) == (422, "invalid-input")


def test_a_month_there_never_was_is_not_found(desk: Desk) -> None:
    for month in ("0000-01", "9999-12", "2026-07"):
        answer = desk.client.get(f"/v1/statistics/months/{month}", headers=desk.as_("head_ia"))
        assert code(answer) == (404, "not-found")


def test_a_post_that_is_too_small_gets_the_figures_of_the_office_above(desk: Desk) -> None:
    desk.publish()
    own = desk.look("local_committee", office="PORT")
    assert own.json()["place"] == {"kind": "office", "code": "HQ", "rolled_up": ["PORT"]}
    statistics.MonthFigures.model_validate(own.json())
    answer = desk.look("local_committee", "?by=category,channel", office="PORT")
    assert code(answer) == (422, "invalid-input")
    assert answer.json()["errors"] == [{"pointer": "/by", "code": "too_many"}]
    assert a1(own)[0]["value"] == 14
    for query in ("?office=HQ", "?unit=main", "?office=nowhere"):
        answer = desk.look("local_committee", query, office="PORT")
        assert code(answer) == (404, "not-found")
    both = desk.look("local_committee", "?office=PORT&unit=main", office="PORT")
    assert code(both) == (422, "invalid-input")


def test_who_has_no_figures_is_refused_and_so_is_who_is_nobody(desk: Desk) -> None:
    assert code(desk.look("triage_officer")) == (403, "not-permitted")
    assert code(desk.client.get(MARCH)) == (401, "not-signed-in")
    answer = desk.client.post(f"{MARCH}/publication", headers=desk.as_("national_committee"))
    assert code(answer) == (403, "not-permitted")


def test_publishing_takes_two_people_and_a_month_that_is_over(desk: Desk) -> None:
    def post(what: str, role: str, number: int = 1, month: str = "2026-03") -> Response:
        path = f"/v1/statistics/months/{month}/publication{what}"
        return desk.client.post(path, headers=desk.as_(role, number=number))

    assert code(post("", "head_ia", month="2026-04")) == (409, "not-allowed")
    assert code(post("/confirmation", "head_ia")) == (409, "proposal-void")
    proposed = post("", "head_ia")
    assert proposed.status_code == 202
    assert set(proposed.json()) == {"proposal", "month", "revision", "as_of", "sha256"}
    assert code(post("", "head_ia", 2)) == (409, "already-proposed")
    assert code(post("/confirmation", "head_ia")) == (403, "same-person")
    assert post("/refusal", "head_ia").status_code == 204
    assert post("", "head_ia").status_code == 202
    published = post("/confirmation", "statistics_officer")
    assert published.status_code == 200
    seen = desk.look("national_committee")
    assert seen.headers["ETag"] == f'"{published.json()["sha256"]}"'


def test_every_operation_says_what_it_can_answer(desk: Desk) -> None:
    paths = desk.app.openapi()["paths"]
    operations = {op["operationId"]: op for path in paths.values() for op in path.values()}
    assert set(operations) == {
        "monthFigures",
        "proposePublication",
        "confirmPublication",
        "refusePublication",
    }
    look = operations["monthFigures"]["responses"]
    assert set(look["200"]["content"]) == {"application/json", "text/csv"}
    assert {"304", "401", "403", "404", "406", "422", "503"} <= set(look)
