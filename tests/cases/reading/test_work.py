"""What waits for one person: no more than they may know of, and all of it on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cases import conflicts
from cases.audit import log
from cases.audit.events import Details
from cases.reading import work
from cases.reading.work import Task, WorkKind
from cases.staff import roles
from cases.staff.roles import SeatWish
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from cases.actors import StaffActor
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small).triaged()


def kinds(small: SmallHouse, who: StaffActor) -> list[str]:
    return [one.kind for one in tasks(small, who)]


def tasks(small: SmallHouse, who: StaffActor) -> list[Task]:
    with small.work() as db:
        return work.waiting_for(db, who)


def test_a_proposal_waits_for_who_may_confirm_it_and_not_for_its_proposer(
    small: SmallHouse, life: Life
) -> None:
    made = life.propose("head", "authorise", mandate="look", legal_basis="article 1")
    (task,) = tasks(small, life.cast["manager"])
    assert (task.kind, task.proposal) == (WorkKind.PROPOSAL, made)
    assert task.case == (life.case_id, life.reference)
    assert kinds(small, life.cast["head"]) == []


def test_who_is_unsure_waits_for_those_who_decide(small: SmallHouse, life: Life) -> None:
    life.declare("manager", "unsure")
    assert kinds(small, life.cast["head"]) == ["declaration"]
    assert "declaration" not in kinds(small, life.cast["manager"])


def test_days_come_near_and_pass_for_who_has_the_case(small: SmallHouse, life: Life) -> None:
    life.assign("head", "case_manager", "manager")
    due = life.case().due
    small.clock.now += due - small.house.today() - work.NEAR - timedelta(days=1)
    assert "near" not in kinds(small, life.cast["manager"])
    small.clock.move(days=1)
    assert "near" in kinds(small, life.cast["manager"])
    small.clock.now += work.NEAR + timedelta(days=1)
    assert "overdue" in kinds(small, life.cast["manager"])
    assert "overdue" not in kinds(small, life.cast["manager2"])


def test_what_a_reporter_adds_is_new_to_who_has_the_case(small: SmallHouse, life: Life) -> None:
    with small.work() as db:
        case = life.find(db, life.cast["triage"])
        case.seen_seq = case.seq
        log.emit(db, "case.read", by=life.cast["triage"], case=case)
    assert kinds(small, life.cast["triage"]) == []
    life.answer()
    assert kinds(small, life.cast["triage"]) == ["unread"]


def test_a_wall_empties_the_list(small: SmallHouse, life: Life) -> None:
    life.propose("head", "authorise", mandate="look", legal_basis="article 1")
    life.assign("head", "case_manager", "manager")
    who = life.cast["manager"]
    assert kinds(small, who)
    with small.work() as db:
        conflicts.wall(db, life.case_id, [who.id])
        log.emit(db, "conflict.matched", by=life.cast["head"], d=Details(count=1))
    assert tasks(small, who) == []


def test_a_role_that_waits_for_a_second_administrator_stands_on_their_list(
    small: SmallHouse,
) -> None:
    one, other, person = (small.person("system_admin") for _ in range(3))
    with small.work() as db:
        roles.propose_role(db, person.id, SeatWish(small.units["main"], "analyst"), one)
    assert kinds(small, other) == ["administration"]
    assert kinds(small, one) == kinds(small, person) == []
    assert kinds(small, small.person("case_manager")) == []


def test_the_look_is_recorded_with_the_cases_it_shows(small: SmallHouse, life: Life) -> None:
    life.propose("head", "authorise", mandate="look", legal_basis="article 1")
    who = life.cast["manager"]
    before = len(small.printed)
    tasks(small, who)
    assert len(small.printed) == before + 1
    with small.work() as db:
        work.waiting_for(db, life.cast["manager"])
        assert db.info["traced"]
