"""Who may know of a case, and do what in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from sqlmodel import select, update

from cases import access, conflicts, transitions
from cases.actors import THE_SERVICE, StaffActor
from cases.audit import log
from cases.conflicts import Subject
from cases.errors import DeclarationNeeded, DirectoryBroken, NotFound, NotPermitted
from cases.models.case import Assignment, Case, Declaration, Report
from cases.models.people import Unit
from cases.sealing import hierarchy
from cases.sealing.hierarchy import StaffKeys
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life, declare, deliver, name

if TYPE_CHECKING:
    from tests.cases.lives import Life
    from tests.databases import Backend

CIRCLE = ("triage_officer", "case_manager", "head_ia")
NAMED = (
    "lead_investigator", "investigator", "analyst", "evidence_custodian", "legal_counsel",
    "quality_reviewer", "decision_authority",
)  # fmt: skip
NO_CASE = (
    "local_committee", "national_committee", "statistics_officer", "internal_auditor",
    "system_admin", "oversight_body",
)  # fmt: skip
BESIDE = {
    "review_officer": "review",
    "protection_officer": "protection",
    "identity_custodian": "custody",
}


def sees(small: SmallHouse, who: StaffActor) -> set[str]:
    with small.look() as db:
        return {case.reference for case in db.exec(access.visible_cases(db, who))}


def found(small: SmallHouse, who: StaffActor, reference: str) -> bool:
    with small.look() as db:
        try:
            access.find(db, reference, who)
        except NotFound:
            return False
        return True


def stand(small: SmallHouse, life: Life, state: str) -> None:
    table = Case.__table__  # type: ignore[attr-defined]
    with small.house.engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == life.case).values(state=state))


def let_in(small: SmallHouse, life: Life, unit: str, by: StaffActor) -> None:
    with small.work() as db:
        case = db.get_one(Case, life.case)
        to = hierarchy.unit_holder(db.get_one(Unit, small.units[unit]))
        transitions.give(db, case, to, StaffKeys(db, by))
        log.emit(db, "case.grant", by=by, case=case)


def test_of_no_case_nothing_is_asked(small: SmallHouse) -> None:
    asked: list[str] = []
    who = small.person("case_manager")
    event.listen(small.house.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with small.look() as db:
        assert access.known(db, who, set()) == {}
    # Asked for one of an empty list, a database looks at every case before it finds none.
    assert asked == []


def wall(small: SmallHouse, life: Life, who: StaffActor) -> None:
    with small.work() as db:
        conflicts.wall(db, life.case, [who.id])
        log.emit(db, "conflict.matched", by=THE_SERVICE)


def outside_life(small: SmallHouse) -> Life:
    """A report about somebody who handles reports inside."""
    number = "H-1"
    small.person(*OUTSIDE_ROLES, unit="outside")
    small.person("legal_counsel", number=number)
    return a_life(small, subjects=(Subject(staff_number=number),))


def test_the_circle_sees_every_case_of_its_unit_and_none_of_another(small: SmallHouse) -> None:
    mine, theirs = a_life(small), outside_life(small)
    for role in CIRCLE:
        assert sees(small, small.person(role)) == {mine.reference}
        assert sees(small, small.person(role, unit="outside")) == {theirs.reference}


@pytest.mark.parametrize("role", NAMED)
def test_named_roles_see_the_cases_they_are_let_into(small: SmallHouse, role: str) -> None:
    one, _ = a_life(small), a_life(small)
    who, colleague = small.person(role), small.person(role)
    name(small, one, role, who, small.person("case_manager"))
    assert sees(small, who) == {one.reference}
    assert sees(small, colleague) == set()


@pytest.mark.parametrize("role", NO_CASE)
def test_roles_without_a_part_in_cases_see_none(small: SmallHouse, role: str) -> None:
    life = a_life(small)
    for state in ("received", "triage", "closed", "archived"):
        stand(small, life, state)
        assert sees(small, small.person(role)) == set()


@pytest.mark.parametrize(("role", "unit"), BESIDE.items())
def test_units_beside_see_what_they_were_let_into(small: SmallHouse, role: str, unit: str) -> None:
    one, other, who = a_life(small), a_life(small), small.person(role, unit=unit)
    assert sees(small, who) == set()
    let_in(small, one, unit, small.person("case_manager"))
    assert sees(small, who) == {one.reference}
    assert not found(small, who, other.reference)
    assert sees(small, small.person(role, unit="main")) == set()  # the role, but not the key


def test_an_intake_officer_sees_what_waits_and_a_data_protection_officer_what_is_kept(
    small: SmallHouse,
) -> None:
    life = a_life(small)
    desk, dpo = small.person("intake_officer"), small.person("dpo")
    seen = {}
    for state in ("received", "acknowledged", "triage", "closed", "archived", "purged"):
        stand(small, life, state)
        seen[state] = bool(sees(small, desk)), bool(sees(small, dpo))
    assert [state for state, (by_desk, _) in seen.items() if by_desk] == ["received"]
    assert [state for state, (_, by_dpo) in seen.items() if by_dpo] == ["archived"]
    assert sees(small, small.person("intake_officer", unit="outside")) == set()


def test_somebody_with_several_roles_sees_what_each_of_them_sees(small: SmallHouse) -> None:
    archived, named, closed = a_life(small), a_life(small), a_life(small)
    stand(small, archived, "archived")
    both = small.person("dpo", "investigator")
    manager = small.person("case_manager")
    name(small, named, "investigator", both, manager)
    assert sees(small, both) == {archived.reference, named.reference}
    assert sees(small, manager) == {archived.reference, named.reference, closed.reference}


def test_a_wall_hides_a_case_from_whoever_stands_behind_it(small: SmallHouse) -> None:
    one, other = a_life(small), a_life(small)
    manager = small.person("case_manager")
    people = [
        small.person("head_ia"),
        small.person("investigator"),
        small.person("intake_officer"),
    ]
    name(small, one, "investigator", people[1], manager)
    for who in people:
        assert one.reference in sees(small, who)
        wall(small, one, who)
        assert one.reference not in sees(small, who)
        assert not found(small, who, one.reference)
    assert sees(small, people[0]) == {other.reference}
    assert sees(small, manager) == {one.reference, other.reference}


def test_the_excluded_unit_finds_no_trace_of_a_case_that_went_around_it(small: SmallHouse) -> None:
    life = outside_life(small)
    for role in (*CIRCLE, *NAMED, *NO_CASE, "intake_officer", "dpo"):
        who = small.person(role)
        assert sees(small, who) == set()
        assert not found(small, who, life.reference)


def test_what_is_not_delivered_does_not_exist(backend: Backend) -> None:
    small = a_house(backend, tick=timedelta(hours=1))
    life, who = a_life(small), small.person("case_manager")
    assert sees(small, who) == set()
    assert not found(small, who, life.reference)
    deliver(small)
    assert sees(small, who) == {life.reference}
    small.close()


def test_not_yours_and_not_there_are_one_answer(small: SmallHouse) -> None:
    mine, theirs, walled = a_life(small), outside_life(small), a_life(small)
    who = small.person("case_manager")
    wall(small, walled, who)
    answers = set()
    for reference in (theirs.reference, walled.reference, "K7Q2-M9TD", "", "x' OR 1=1 --"):
        with small.look() as db, pytest.raises(NotFound) as refused:
            access.find(db, reference, who)
        answers.add((type(refused.value), str(refused.value), refused.value.args))
    assert len(answers) == 1
    assert found(small, who, f" {mine.reference.lower()} ")


def test_a_lock_brings_what_the_lock_waited_for(backend: Backend) -> None:
    if backend.kind == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    small = a_house(backend)
    life, who = a_life(small), small.person("case_manager")
    with small.work() as db:
        before = access.find(db, life.reference, who)
        assert before.seq == 1
        with small.work() as other:
            log.emit(other, "record.created", by=who, case=other.get_one(Case, life.case))
        assert access.find(db, life.reference, who, to_change=True).seq == 2
    small.close()


# Acts


def test_roles_count_in_the_units_of_the_case_and_named_ones_for_the_named(
    small: SmallHouse,
) -> None:
    life, manager = a_life(small), small.person("case_manager")
    lead = small.person("lead_investigator", "investigator")
    abroad = small.person("case_manager", unit="outside")
    review = small.person("review_officer", unit="review")
    name(small, life, "investigator", lead, manager)
    with small.look() as db:
        case = db.get_one(Case, life.case)

        def roles(who: StaffActor) -> set[str]:
            return set(access.case_roles(db, who, case))

        assert roles(manager) == {"case_manager"}
        assert roles(lead) == {"investigator"}
        assert roles(abroad) == set()
        assert roles(review) == {"review_officer"}
        assert access.named_roles(db, lead.id, case) == {"investigator"}
        assert access.people(db, case, "investigator") == {lead.id}


def test_a_part_that_has_ended_counts_no_more_but_is_remembered(small: SmallHouse) -> None:
    life, who = a_life(small), small.person("investigator")
    name(small, life, "investigator", who, small.person("case_manager"))
    with small.work() as db:
        db.exec(select(Assignment)).one().active = False
        log.emit(db, "case.revoke", by=THE_SERVICE)
    with small.look() as db:
        case = db.get_one(Case, life.case)
        assert access.case_roles(db, who, case) == frozenset()
        assert access.people(db, case, "investigator") == frozenset()
        assert access.people(db, case, "investigator", ever=True) == {who.id}


def test_an_act_is_allowed_by_a_role_and_in_a_case_by_the_role_one_has_there(
    small: SmallHouse,
) -> None:
    life, manager, auditor = (
        a_life(small),
        small.person("case_manager"),
        small.person("internal_auditor"),
    )
    assert access.allowed(manager, "see_queue")
    assert not access.allowed(auditor, "see_queue")
    access.demand(manager, "assess", "see_queue")
    with pytest.raises(NotPermitted):
        access.demand(auditor, "see_queue")
    with small.look() as db:
        case = db.get_one(Case, life.case)
        assert access.may(db, manager, "read_case", case)
        assert not access.may(db, auditor, "read_case", case)  # only with a second person
        access.demand_in(db, manager, "read_case", case)
        with pytest.raises(NotPermitted):
            access.demand_in(db, auditor, "read_case", case)


# Declarations


def test_content_is_asked_for_after_a_declaration_and_a_glimpse_comes_before(
    small: SmallHouse,
) -> None:
    life = a_life(small, office="PORT")
    manager, colleague = small.person("case_manager"), small.person("case_manager")
    declare(small, life, manager)
    with small.look() as db:
        case = db.get_one(Case, life.case)
        access.demand_declaration(db, manager, case)
        with pytest.raises(DeclarationNeeded) as needed:
            access.demand_declaration(db, colleague, case)
    head = needed.value.head
    assert (head.reference, head.state, head.priority) == (life.reference, "received", None)
    assert (head.category, head.office) == (None, "PORT")
    assert (head.received_on, head.due) == (date(2026, 3, 2), date(2026, 3, 4))


@pytest.mark.parametrize("status", ["unsure", "void"])
def test_only_a_declaration_that_stands_counts(small: SmallHouse, status: str) -> None:
    life, who = a_life(small), small.person("case_manager")
    declare(small, life, who)
    with small.work() as db:
        db.exec(select(Declaration)).one().status = status  # type: ignore[assignment]
        log.emit(db, "case.declared", by=who)
    with small.look() as db:
        assert not access.declared(db, who, db.get_one(Case, life.case))


def test_a_declaration_of_other_hands_is_refused(small: SmallHouse) -> None:
    life, who = a_life(small), small.person("case_manager")
    declare(small, life, small.person("head_ia"))
    table = Declaration.__table__  # type: ignore[attr-defined]
    with small.house.engine.begin() as connection:
        connection.execute(update(table).values(staff=who.id))
    with small.look() as db, pytest.raises(DirectoryBroken):
        access.declared(db, who, db.get_one(Case, life.case))


def test_a_date_that_is_none_and_a_priority_that_is_unset_are_not_shown(small: SmallHouse) -> None:
    life = a_life(small, danger=True)
    table = Case.__table__  # type: ignore[attr-defined]
    with small.house.engine.begin() as connection:
        connection.execute(update(table).values(due=date(9999, 12, 31)))
    with small.look() as db:
        head = access.glimpse(db, db.get_one(Case, life.case))
    assert (head.due, head.priority) == (None, "P0")


def test_the_lists_that_cases_are_filtered_by_are_those_of_the_house(small: SmallHouse) -> None:
    with small.look() as db:
        lists = access.filter_lists(db)
    assert set(lists["office"]) == {"HQ", "PORT"}
    assert set(lists) == {"category", "procedure", "channel", "office"}
    assert all(lists.values())


def test_whoever_keeps_an_identity_does_not_see_its_case(small: SmallHouse) -> None:
    life = a_life(small)
    keeper = small.person("identity_custodian", unit="custody")
    with small.look() as db:
        assert StaffKeys(db, keeper).identity_key(db.get_one(Report, life.report))
    assert sees(small, keeper) == set()
