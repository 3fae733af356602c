"""The line above a subject, and cases that have to leave the line they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlmodel import select

from cases import assignments, conflicts, declarations, holds, twofold
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.conflicts import Subject
from cases.errors import NotReady, SamePerson, Unacceptable
from cases.links import related
from cases.models.case import SubjectMatch
from cases.models.people import Staff, Unit, UnitKind
from cases.reading import heads as case_heads
from cases.reading import work
from cases.sealing.hierarchy import StaffKeys
from cases.staff import heads
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from cases.actors import StaffActor
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


def clerk(small: SmallHouse, office: str = "PORT", number: str = "C-7") -> StaffActor:
    """A member of staff who works at an office and holds no role."""
    who = small.person(name="Awa Traoré", number=number)
    post(small, who, office)
    return who


def post(small: SmallHouse, who: StaffActor, office: str) -> None:
    with small.work() as db:
        db.get_one(Staff, who.id).office = small.offices[office]
        log.emit(db, "config.changed", by=THE_SERVICE)


def appoint(small: SmallHouse, office: str, who: StaffActor | None) -> None:
    """Put somebody at the head of an office, long before there was any case."""
    with small.work() as db:
        heads.appoint(db, small.offices[office], who.id if who else None)
        log.emit(db, "config.changed", by=THE_SERVICE)


def walled(life: Life, *people: StaffActor) -> list[bool]:
    with life.small.look() as db:
        return [life.case_id in life.small.house.walls.of(db, who.id) for who in people]


# R02: the line above


def test_coi_r02_who_heads_the_office_of_a_subject_is_kept_apart_and_no_one_else(
    small: SmallHouse, life: Life
) -> None:
    clerk(small)
    near, far = small.person("dpo"), small.person("dpo")
    appoint(small, "PORT", near)
    appoint(small, "HQ", far)
    life.write("triage", "person", role="subject", name="Nobody Known", staff_number="c 7")
    assert walled(life, near, far) == [True, False]


def test_coi_r02_where_nobody_heads_the_office_the_nearest_head_above_is_kept_apart(
    small: SmallHouse, life: Life
) -> None:
    clerk(small)
    far = small.person("dpo")
    appoint(small, "HQ", far)
    life.write("triage", "person", role="subject", name="Awa Traoré")
    assert walled(life, far) == [True]


def test_coi_r02_above_a_head_is_the_next_head(small: SmallHouse, life: Life) -> None:
    near, far = clerk(small), small.person("dpo")
    appoint(small, "PORT", near)
    appoint(small, "HQ", far)
    life.write("triage", "person", role="subject", name="Awa Traoré")
    assert walled(life, near, far) == [True, True]


def test_coi_r02_who_heads_a_witness_is_not_kept_apart(small: SmallHouse, life: Life) -> None:
    witness, near = clerk(small), small.person("dpo")
    appoint(small, "PORT", near)
    life.write("triage", "person", role="witness", name="Awa Traoré")
    assert walled(life, witness, near) == [True, False]


def test_coi_r02_who_is_recorded_as_line_manager_is_kept_apart(
    small: SmallHouse, life: Life
) -> None:
    manager = clerk(small, "HQ")
    life.write("triage", "person", role="line_manager", name="Awa Traoré")
    assert walled(life, manager) == [True]


def test_coi_r02_a_report_that_names_a_subject_keeps_their_head_apart_before_anybody_reads_it(
    small: SmallHouse,
) -> None:
    small.person(*OUTSIDE_ROLES, unit="outside")
    clerk(small)
    near, far = small.person("dpo"), small.person("dpo")
    appoint(small, "PORT", near)
    appoint(small, "HQ", far)
    life = a_life(small, subjects=(Subject(staff_number="C7"),))
    assert walled(life, near, far) == [True, False]


def test_coi_r02_who_comes_to_head_the_office_later_is_kept_apart_then(
    small: SmallHouse, life: Life
) -> None:
    clerk(small)
    before, after, far = (small.person("dpo") for _ in range(3))
    appoint(small, "PORT", before)
    life.write("triage", "person", role="subject", name="Awa Traoré")
    for office, who in (("HQ", far), ("PORT", after)):
        appoint(small, office, who)
        with small.work() as db:
            conflicts.screen_heads(db, small.offices[office], THE_SERVICE)
    assert walled(life, before, after, far) == [True, True, False]
    appoint(small, "PORT", None)  # then the office above leads it
    with small.work() as db:
        conflicts.screen_heads(db, small.offices["PORT"], THE_SERVICE)
    assert walled(life, far) == [True]


def test_coi_r02_two_people_say_who_heads_an_office_and_neither_says_it_of_themselves(
    small: SmallHouse,
) -> None:
    one, two, who = small.person("system_admin"), small.person("system_admin"), clerk(small)
    port = small.offices["PORT"]
    with pytest.raises(Unacceptable), small.work() as db:
        twofold.change_office(db, port, one, {"head": uuid4()})
    waiting = uuid4()
    for chosen, refused in ((two, (one, two)), (who, (one,))):
        with small.work() as db:
            made = twofold.change_office(db, port, one, {"head": chosen.id})
            waiting, line = made.id, twofold.line_of(db, made.id)
        assert line == port
        for by in refused:
            with pytest.raises(SamePerson), small.work() as db:
                twofold.confirm(db, waiting, by)
    with small.look() as db:
        assert heads.heads(db) == {}
    with small.work() as db:
        twofold.confirm(db, waiting, two)
    with small.look() as db:
        assert heads.heads(db) == {port: who.id}


# R08, R09: the line itself, found later


def reroute(life: Life, who: str, unit: str) -> None:
    by = life.cast[who]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        holds.decide(db, case, "reroute", {"reason": "it is about us"}, by=by, keys=keys)
        related.reroute(db, case, life.small.units[unit], by=by, keys=keys)


def waits(life: Life, who: str) -> list[str]:
    with life.small.work() as db:
        return [one.kind for one in work.waiting_for(db, life.cast[who])]


def must(life: Life, who: str) -> tuple[str, ...]:
    with life.small.work() as db:
        return case_heads.of(db, life.find(db, life.cast[who]), by=life.cast[who]).must


def test_coi_r08_a_subject_of_internal_affairs_found_later_stops_the_case_until_it_has_gone(
    small: SmallHouse, life: Life
) -> None:
    life.cast["investigator"] = small.person("investigator", name="Awa Traoré")
    life.do("desk", "acknowledge")
    assert (must(life, "head"), waits(life, "head")) == ((), [])
    life.write("triage", "person", role="subject", name="Awa Traoré")
    assert not life.sees("investigator")
    assert must(life, "head") == ("reroute",)
    assert [waits(life, who).count("reroute") for who in ("head", "manager")] == [1, 0]
    for refused in (
        lambda: life.do("triage", "start_triage"),
        lambda: life.assign("head", "case_manager", "manager"),
    ):
        with pytest.raises(NotReady) as found:
            refused()
        assert found.value.guards == (conflicts.FIRST,)
    life.write("triage", "note", text="It goes to the body outside.")
    life.declare("head")
    with small.work() as db:
        inside = db.get_one(Unit, small.units["review"])
        inside.kind, inside.inside = UnitKind.HANDLING, True
        log.emit(db, "config.changed", by=THE_SERVICE)
    with pytest.raises(Unacceptable):
        reroute(life, "head", "review")
    reroute(life, "head", "outside")
    assert waits(life, "head") == []
    life.cast["triage"] = small.person("triage_officer", unit="outside")
    life.do("triage", "start_triage")
    assert must(life, "triage") == ()


def test_coi_r09_where_the_head_is_the_subject_a_manager_sends_the_case_away(
    small: SmallHouse, life: Life
) -> None:
    life.cast["head"] = small.person("head_ia", name="Awa Traoré")
    life.write("triage", "person", role="subject", name="Awa Traoré")
    assert not life.sees("head")
    assert waits(life, "head") == []
    assert waits(life, "manager").count("reroute") == 1


def test_coi_r08_who_answers_that_it_is_the_same_person_stops_the_case_too(
    small: SmallHouse, life: Life
) -> None:
    life.cast["manager2"] = small.person("case_manager", name="Mousa Diara")
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    life.declare("manager2")
    life.declare("manager")
    by = life.cast["manager"]
    with small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        (one,) = declarations.undecided(db, case, by=by, keys=keys)
        declarations.decide(db, case, one.id, conflict=True, by=by, keys=keys)
    assert must(life, "manager") == ("reroute",)


def test_coi_r08_a_witness_of_internal_affairs_or_a_subject_who_handles_nothing_stops_no_case(
    small: SmallHouse, life: Life
) -> None:
    small.person("case_manager", name="Moussa Diarra")
    clerk(small)
    life.write("triage", "person", role="witness", name="Moussa Diarra")
    life.write("triage", "person", role="subject", name="Awa Traoré")
    assert must(life, "manager") == ()


def test_coi_r08_nothing_in_the_open_says_that_a_case_is_about_the_line(
    small: SmallHouse, life: Life
) -> None:
    small.person("case_manager", name="Awa Traoré")
    life.write("triage", "person", role="subject", name="Awa Traoré")
    with small.look() as db:
        rows = db.exec(select(SubjectMatch).where(SubjectMatch.case_id == life.case_id)).all()
        assert len(rows) == 2  # the name, and the word
        assert {len(row.token) for row in rows} == {16}
        assert not assignments.walled(db, life.find(db, life.cast["manager"]), life.cast["head"].id)
