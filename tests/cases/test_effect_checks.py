"""Half a year after a recommendation was carried out somebody sees whether it helped, and is told to."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from sqlmodel import select

from cases import assignments, overdue
from cases.audit import log
from cases.database import House
from cases.models.case import Case
from cases.models.mail import Outbox
from cases.models.told import EffectCheck
from cases.notifications import Kind, errands
from cases.objects import things
from cases.reading import casefile, work
from cases.reading.work import WorkKind
from cases.sealing.hierarchy import StaffKeys
from cases.staff import mailboxes
from cases.staff.mailboxes import Mailbox
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.databases import Backend

pytestmark = pytest.mark.one_database

HALF_A_YEAR = timedelta(days=180)


@pytest.fixture
def small(backend: Backend, request: pytest.FixtureRequest) -> Iterator[SmallHouse]:
    changes_code = "monkeypatch" in request.fixturenames
    with closing(a_house(backend, mails=True, anew=changes_code)) as house:
        yield house


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """A case that a manager handles, with an analyst."""
    return a_life(small).triaged().after(handled)


def handled(life: Life) -> None:
    by = life.cast["manager"]
    life.cast["analyst"] = life.small.person("analyst")
    life.assign("manager", "analyst", "analyst")
    for who in ("manager", "head", "analyst"):
        life.declare(who)
    with life.small.work() as db:
        assignments.take(db, life.find(db, by), "case_manager", by=by)


def recommended(life: Life) -> dict[str, Any]:
    owned = {"owner": str(life.cast["head2"].id), "due": "2026-06-01", "root_cause": "cash"}
    return {"text": "A second pair of eyes at the scanner."} | owned


def carried_out(life: Life) -> UUID:
    made = life.write("manager", "recommendation", text=recommended(life)["text"])
    for status in ("accepted", "done"):
        life.change("manager", "recommendation", made, **recommended(life), status=status)
    return made


def closed(life: Life) -> None:
    why = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    life.both("manager", "head", "refuse", **why)


def waiting(life: Life) -> list[EffectCheck]:
    with life.small.look() as db:
        return list(db.exec(select(EffectCheck)))


def shown(life: Life, who: str) -> list[tuple[date, date, bool]]:
    """The checks among the clocks of the case file."""
    by = life.cast[who]
    with life.small.work() as db:
        read = casefile.read(db, life.reference, by=by, language="en", wanted=("deadlines",))
    found = read.parts["deadlines"]["clocks"]
    return [
        (one["started_on"], one["due"], one["overdue"])
        for one in found
        if one["code"] == "effect_check"
    ]


def on_the_list(life: Life, who: str) -> list[date | None]:
    with life.small.work() as db:
        tasks = work.waiting_for(db, life.cast[who])
    return [one.by for one in tasks if one.kind is WorkKind.EFFECT]


def told(life: Life) -> list[tuple[str, object]]:
    """(kind, level) of what the trail says of such days."""
    with life.small.look() as db:
        events = [one.body for one in log.told_of(db, life.case_id)]
    return [(one.kind, one.d["reason"]) for one in events if one.d.get("action") == "effect_check"]


def test_what_was_carried_out_is_looked_at_half_a_year_later(life: Life) -> None:
    today = life.small.house.today()
    assert shown(life, "manager") == []
    made = carried_out(life)
    assert shown(life, "manager") == [(today, today + HALF_A_YEAR, False)]
    life.small.clock.move(days=181)
    assert shown(life, "manager") == [(today, today + HALF_A_YEAR, True)]
    looked_at = recommended(life) | {"status": "effect_checked", "effect": "effective"}
    life.change("manager", "recommendation", made, **looked_at)
    assert shown(life, "manager") == []
    assert waiting(life) == []


def test_a_recommendation_that_was_taken_away_is_not_looked_at(life: Life) -> None:
    made = carried_out(life)
    by = life.cast["manager"]
    assert [one.record_id for one in waiting(life)] == [made]
    with life.small.work() as db:
        keys = StaffKeys(db, by)
        things.delete(db, life.find(db, by), "recommendation", made, by=by, keys=keys)
    assert waiting(life) == []


def test_the_day_says_nothing_of_what_was_recommended(life: Life) -> None:
    carried_out(life)
    [row] = waiting(life)
    assert row.model_dump().keys() == {"record_id", "case_id", "owner", "done_on", "due", "told"}


def test_the_day_is_told_before_it_after_it_and_long_after_it_once_each(life: Life) -> None:
    small, due = life.small, life.small.house.today() + HALF_A_YEAR
    carried_out(life)
    closed(life)
    small.clock.move(days=176)
    overdue.tell_of_days(small.house)
    assert told(life) == []
    for days, level in ((1, "near"), (4, "missed"), (7, "escalated")):
        small.clock.move(days=days)
        overdue.tell_of_days(small.house)
        assert overdue.tell_of_days(small.house) == 0
        assert told(life)[-1] == (f"deadline.{level}", level)
    assert small.house.today() > due
    assert len(told(life)) == 3


def test_an_archived_case_is_not_looked_at_again_at_every_tick(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried_out(life)
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        case.state = "archived"
        log.emit(db, "case.status", by=life.cast["head"], case=case)
    life.small.clock.move(days=188)
    overdue.tell_of_days(life.small.house)  # of the days of the case itself
    taken = MagicMock()
    monkeypatch.setattr(House, "unit_of_work", taken)
    assert overdue.tell_of_days(life.small.house) == 0
    taken.assert_not_called()
    assert told(life) == []


def test_its_owner_who_handles_the_case_and_then_its_head_are_written_to(life: Life) -> None:
    small = life.small
    for who in ("manager", "head", "head2", "analyst"):
        with small.work() as db:
            box = Mailbox(address=f"{who}@customs.example", language="en")
            mailboxes.keep(db, life.cast[who].id, box, life.cast[who])
    carried_out(life)
    closed(life)
    names = {who.id: name for name, who in life.cast.items()}
    found: list[set[tuple[str, Kind]]] = []
    for days in (177, 4, 7):
        with small.work() as db:
            for row in db.exec(select(Outbox)):
                db.delete(row)
        small.clock.move(days=days)
        overdue.tell_of_days(small.house)
        with small.look() as db:
            rows = [(row.staff, errands.opened(db, row)) for row in db.exec(select(Outbox))]
        assert {one.case for _, one in rows} == {life.case_id}
        found.append({(names[staff], one.kind) for staff, one in rows})
    assert found == [
        {("head2", Kind.DEADLINE_NEAR), ("manager", Kind.DEADLINE_NEAR)},
        {("head2", Kind.DEADLINE_MISSED), ("manager", Kind.DEADLINE_MISSED)},
        {("head2", Kind.ESCALATED), ("head", Kind.ESCALATED)},
    ]


def test_it_waits_on_the_list_of_its_owner_and_of_who_reads_recommendations(life: Life) -> None:
    due = life.small.house.today() + HALF_A_YEAR
    carried_out(life)
    life.small.clock.move(days=176)
    assert on_the_list(life, "head2") == []
    life.small.clock.move(days=1)
    for who, expected in (("head2", [due]), ("manager", [due]), ("head", []), ("analyst", [])):
        assert on_the_list(life, who) == expected
    assert shown(life, "analyst") == []
    life.declare("head2", "have")
    assert on_the_list(life, "head2") == []
