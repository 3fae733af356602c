"""Conflicts of interest as people declare them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import access, declarations
from cases.audit import log
from cases.errors import DeclarationNeeded, NotFound, NotPermitted, SamePerson
from cases.models.case import Declaration, DeclarationStatus, Wall
from cases.sealing.hierarchy import StaffKeys
from tests.cases.builders import a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@pytest.fixture
def life(backend: Backend) -> Iterator[Life]:
    with closing(a_house(backend)) as house:
        yield a_life(house)


def rows(life: Life) -> list[Declaration]:
    with life.small.look() as db:
        return list(db.exec(select(Declaration)))


def decide(life: Life, who: str, identity: UUID, *, conflict: bool) -> None:
    by = life.cast[who]
    with life.small.work() as db:
        declarations.decide(
            db, life.find(db, by), identity, conflict=conflict, by=by, keys=StaffKeys(db, by)
        )


def test_who_has_no_conflict_may_open_the_case(life: Life) -> None:
    by = life.cast["manager"]
    with life.small.look() as db, pytest.raises(DeclarationNeeded):
        access.demand_declaration(db, by, access.find(db, life.reference, by))
    life.declare("manager")
    with life.small.look() as db:
        access.demand_declaration(db, by, access.find(db, life.reference, by))
    life.declare("manager")
    assert len(rows(life)) == 1


def test_who_has_a_conflict_leaves_a_wall_and_nothing_else(life: Life) -> None:
    life.declare("manager", "unsure")
    life.declare("manager", "have")
    assert not life.sees("manager")
    assert life.sees("manager2")
    assert rows(life) == []
    with life.small.look() as db:
        assert len(db.exec(select(Wall)).all()) == 1
    with pytest.raises(NotFound):
        life.declare("manager")


def test_a_conflict_found_while_working_ends_ones_part_and_the_key(life: Life) -> None:
    life.investigated()
    life.declare("investigator", "have")
    assert not life.sees("investigator")
    assert not life.opens("investigator")
    assert life.opens("lead")
    life.declare("manager", "have")
    assert life.case().assignee != life.cast["manager"].id


def test_who_is_unsure_waits_for_a_manager(life: Life) -> None:
    life.triaged()
    life.declare("manager2", "unsure")
    life.declare("manager2")
    (waiting,) = [one for one in rows(life) if one.status == DeclarationStatus.UNSURE]
    life.declare("manager")
    by = life.cast["manager"]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        told = declarations.undecided(db, case, by=by, keys=keys)
    assert [(one.id, one.staff, one.reason) for one in told] == [
        (waiting.id, life.cast["manager2"].id, "because")
    ]
    with life.small.look() as db:
        looks = [
            one.body for one in log.told_of(db, life.case_id) if one.body.kind == "record.read"
        ]
    assert (looks[-1].actor.id, looks[-1].d["parts"]) == (by.id, ["declaration"])
    decide(life, "manager", waiting.id, conflict=False)
    with life.small.look() as db:
        case = access.find(db, life.reference, life.cast["manager2"])
        assert access.declared(db, life.cast["manager2"], case)
    with pytest.raises(NotFound):
        decide(life, "manager", waiting.id, conflict=False)


def test_why_somebody_is_unsure_is_for_those_who_decide_it(life: Life) -> None:
    life.declare("manager2", "unsure")
    life.declare("triage")
    for who, refusal in (("triage", NotPermitted), ("head", DeclarationNeeded)):
        by = life.cast[who]
        with life.small.work() as db:
            case, keys = life.find(db, by), StaffKeys(db, by)
            with pytest.raises(refusal):
                declarations.undecided(db, case, by=by, keys=keys)


def test_coi_r14_who_was_unsure_when_a_subject_came_declares_anew_once_it_is_decided(
    life: Life,
) -> None:
    life.declare("manager2", "unsure")
    life.write("triage", "person", role="subject", name="Nobody Known")
    life.declare("manager")
    by = life.cast["manager"]
    with life.small.work() as db:
        (one,) = declarations.undecided(db, life.find(db, by), by=by, keys=StaffKeys(db, by))
    decide(life, "manager", one.id, conflict=False)
    with life.small.look() as db:
        assert not access.declared(db, life.cast["manager2"], life.case())
    life.declare("manager2")
    with life.small.look() as db:
        assert access.declared(db, life.cast["manager2"], life.case())


def test_a_manager_who_finds_a_conflict_builds_the_wall(life: Life) -> None:
    life.declare("manager2", "unsure")
    life.declare("manager")
    (waiting,) = [one for one in rows(life) if one.status == DeclarationStatus.UNSURE]
    decide(life, "manager", waiting.id, conflict=True)
    assert not life.sees("manager2")


def test_nobody_decides_for_themselves_or_without_the_power(life: Life) -> None:
    life.declare("manager2", "unsure")
    (waiting,) = rows(life)
    with pytest.raises(DeclarationNeeded):
        decide(life, "manager2", waiting.id, conflict=False)
    life.declare("triage")
    with pytest.raises(NotPermitted):
        decide(life, "triage", waiting.id, conflict=False)
    head = life.cast["head"]
    with life.small.work() as db:
        # Even a declaration that stands does not make one's own doubt one's own to decide.
        row = db.get_one(Declaration, waiting.id)
        db.add(
            Declaration(
                case_id=row.case_id,
                staff=row.staff,
                status=DeclarationStatus.FREE,
                declared_on=row.declared_on,
            )
        )
        log.emit(db, "case.declared", by=life.cast["manager2"], case=life.find(db, head))
    with pytest.raises(SamePerson):
        decide(life, "manager2", waiting.id, conflict=False)
