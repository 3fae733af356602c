"""How a case stands in time, as its file and the queue show it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cases import overdue
from cases.reading import casefile, queue
from cases.reading.filters import Filters

if TYPE_CHECKING:
    from cases.reading.queue import Item
    from tests.cases.builders import SmallHouse
    from tests.cases.walks import Life

pytestmark = pytest.mark.one_database

MONDAY = date(2026, 3, 2)


def in_file(life: Life, who: str = "manager") -> dict[str, Any]:
    """The part `deadlines` of the case file."""
    life.declare(who)
    with life.small.work() as db:
        found = casefile.read(
            db, life.reference, by=life.cast[who], language="fr", wanted=["deadlines"]
        )
        part: dict[str, Any] = found.parts["deadlines"]
        return part


def in_queue(life: Life, who: str = "manager", **filters: Any) -> Item | None:  # noqa: ANN401 -- of each field
    with life.small.work() as db:
        found = queue.page(db, life.cast[who], Filters(**filters)).items
        return next((one for one in found if one.id == life.case_id), None)


def codes(part: dict[str, Any]) -> dict[str, date]:
    return {one["code"]: one["due"] for one in part["clocks"]}


def test_a_new_case_owes_an_acknowledgement_an_answer_and_its_stage(life: Life) -> None:
    part = in_file(life)
    assert codes(part) == {
        "acknowledgement": MONDAY + timedelta(days=7),
        "feedback": date(2026, 6, 9),
        "stage": date(2026, 3, 4),
    }
    assert [one["kind"] for one in part["clocks"]] == ["statutory", "statutory", "service"]
    assert part["clocks"][0]["text"] == "Accuser réception du signalement"
    assert part["clocks"][2]["latest"] == MONDAY + timedelta(days=7)


def test_days_of_waiting_are_gross_and_not_net(small: SmallHouse, life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    small.clock.move(days=4)  # Friday
    life.do("triage", "ask_reporter", question="When?")
    small.clock.move(days=7)
    item = in_queue(life)
    assert item is not None
    assert item.standing is not None
    assert item.standing.pause is not None
    assert (item.standing.pause.since, item.standing.pause.reason) == (
        MONDAY + timedelta(days=4),
        "awaiting_reporter",
    )
    assert (item.standing.time.gross, item.standing.time.net) == (11, 4)
    life.answer()
    small.clock.move(days=3)
    part = in_file(life)
    assert [part[name] for name in ("gross_days", "net_days")] == [14, 7]
    assert [part[name] for name in ("gross_working_days", "net_working_days")] == [10, 5]
    assert part["pauses"] == [
        {
            "since": MONDAY + timedelta(days=4),
            "until": MONDAY + timedelta(days=11),
            "reason": "awaiting_reporter",
            "text": "En attente de l'auteur du signalement",
        }
    ]
    stays = {(one["state"], one["gross_days"], one["net_days"]) for one in part["stages"]}
    assert {("triage", 4, 4), ("awaiting_reporter", 7, 0), ("triage", 3, 3)} <= stays


def test_an_investigation_shows_its_ceiling_and_the_day_oversight_is_told(life: Life) -> None:
    life.investigated()
    part = in_file(life)
    year = MONDAY + timedelta(days=365)
    assert codes(part)["longest"] == year
    assert {one["latest"] for one in part["clocks"] if one["code"] == "stage"} == {year}


def test_a_closed_case_owes_nothing_but_the_chance_of_a_review(
    small: SmallHouse, life: Life
) -> None:
    life.triaged()
    life.do("manager", "to_preliminary", scope="what the log says")
    small.clock.move(days=5)
    life.both(
        "head",
        "manager",
        "no_suspicion",
        closure_reason="no_prima_facie",
        leads=["the log"],
        reasons="nothing in it",
        message="We found nothing.",
    )
    small.clock.move(days=10)
    part = in_file(life)
    assert codes(part) == {"review_request": MONDAY + timedelta(days=35)}
    assert part["gross_days"] == part["net_days"] == 5


def test_what_is_late_is_found_and_says_so(small: SmallHouse, life: Life) -> None:
    assert in_queue(life, overdue=True) is None
    small.clock.move(days=3)
    item = in_queue(life, overdue=True)
    assert item is not None
    assert item.standing is not None
    assert {one.code: one.overdue for one in item.standing.owed} == {
        "acknowledgement": False,
        "feedback": False,
        "stage": True,
    }


def test_who_sees_no_more_than_that_it_came_sees_no_clocks(life: Life) -> None:
    life.triaged()
    item = in_queue(life, "desk")
    assert item is None or item.standing is None


def test_who_was_told_of_a_day_is_in_the_file(small: SmallHouse, life: Life) -> None:
    small.clock.move(days=3)
    overdue.tell_of_days(small.house)
    assert in_file(life)["told"] == [
        {"level": "missed", "due": date(2026, 3, 4), "told_on": date(2026, 3, 5)}
    ]
