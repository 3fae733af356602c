"""Parts in a case: taking it, naming people, ending what they had, handing it to another unit."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import access, conflicts, family
from cases.actors import StaffActor
from cases.assignments.keys import assignments, let_go, let_in, recipients, renew
from cases.assignments.ties import (
    INQUIRY,
    OFFICES,
    against_inquiring,
    hold_people,
    holds_another_office,
    named,
    walled,
)
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotAllowed, NotPermitted, NotReady, Unacceptable
from cases.models.case import Assignment, Case
from cases.models.people import Membership, Staff, StaffStatus, Unit, UnitKind
from cases.notifications import occasions
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

SHUT = frozenset({"merged", "archived", "purged"})
"""States in which nothing more is written into a case."""

LETTING_IN = frozenset({"take_case", "assign", "grant", "break_glass", "export_case"})
"""Acts by which more people come to know what is in a case."""

TAKEN = frozenset({"triage_officer", "case_manager", "protection_officer"})
"""The roles in which a person may take a case by themselves."""

HANDLERS = frozenset({"triage_officer", "case_manager", "lead_investigator"})
"""Roles that one person at a time holds in a case, and that make this person the one it is with."""

SEALED, SEALED_MOST = "L4", 2
"""The level at which no more than two people at a time inquire into a case."""

APART = {
    "investigation": "investigators_free",
    "quality": "reviewer_took_no_part",
    "decision": "deciders_took_no_part",
    "review": "review_officer_took_no_part",
}
"""Office -> the guard that says so."""


def demand(db: Work, by: StaffActor, act: str, case: Case, *, shut_too: bool = False) -> None:
    """Refuse who does not hold an act in a case, has not declared, or comes too late for it.

    Args:
        shut_too: the act is also possible in a case that was merged or archived.

    Raises:
        NotPermitted: the person's part in the case does not include the act.
        DeclarationNeeded: they have not declared.
        NotAllowed: nothing is written into a case in this state.
        NotReady: the act lets people in, and the case has to be rerouted first.
    """
    access.demand_in(db, by, act, case)
    access.demand_declaration(db, by, case)
    if case.state in SHUT and not shut_too:
        raise NotAllowed(action=act, state=case.state)
    if act in LETTING_IN and conflicts.to_be_rerouted(db, case):
        raise NotReady(conflicts.FIRST)


def fit(db: Work, case: Case, staff: UUID, role: str) -> Staff | None:
    """The person, when they could be named to a role in this case; None otherwise.

    They hold the role in a unit of the case, have keys, and no wall stands between them and the case.
    """
    hold_people(db, [staff])
    person = db.get(Staff, staff)
    if person is None or person.status != StaffStatus.ACTIVE or person.pk is None:
        return None
    held = db.exec(
        select(Membership).where(
            Membership.staff == staff,
            Membership.role == role,
            col(Membership.unit).in_(units(db, case)),
        )
    ).first()
    return person if held is not None and not walled(db, case, staff) else None


def units(db: Work, case: Case) -> frozenset[UUID]:
    """The unit that handles a case, and those that review, protect and keep for it."""
    unit = db.get_one(Unit, case.unit)
    all_of_them = (unit.id, unit.review_unit, unit.protection_unit, unit.custody_unit)
    return frozenset(one for one in all_of_them if one is not None)


def take(db: Work, case: Case, role: str, *, by: StaffActor) -> None:
    """Take a case in one of one's own roles.

    Raises:
        NotPermitted: the person does not hold the role in this case, or it is not one to be taken.
        NotAllowed: somebody else has it in this role.
    """
    demand(db, by, "take_case", case)
    if role not in TAKEN & access.case_roles(db, by, case):
        raise NotPermitted
    if role in HANDLERS and access.people(db, case, role) - {by.id}:
        raise NotAllowed(action="take", state=case.state)
    log.emit(db, "case.taken", by=by, case=case, d=Details(role=role))
    _enter(db, case, role, by.id)


def assign(
    db: Work, case: Case, role: str, staff: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Name somebody to a role in a case, and let them in.

    Raises:
        Unacceptable: no such role to be named to, or nobody who could be.
        NotReady: the person has another of the four offices in this case, or must not inquire into it.
    """
    demand(db, by, "assign", case)
    if role not in assignable():
        raise Unacceptable([("/role", "unknown_value")])
    person = fit(db, case, staff, role)
    if person is None:
        raise Unacceptable([("/staff", "unknown_value")])
    if holds_another_office(db, case, staff, role):
        raise NotReady(APART[OFFICES[role]])
    if role in INQUIRY:
        look = Details(parts=["persons"], at=case.seq, action="assign")
        permit = log.emit(
            db,
            "record.read",
            by=by,
            case=case,
            d=look,
            opens=family.ids(db, case),
        )
        if against := against_inquiring(db, case, staff, named(db, case, permit, keys)):
            raise NotReady(*against)
    name(db, case, role, person, by=by, keys=keys)


def assignable() -> frozenset[str]:
    """The roles somebody can be named to in a case."""
    return TAKEN | {"review_officer"} | {rule.role for rule in catalogue.keys().cases}


def name(
    db: Work, case: Case, role: str, person: Staff, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Name a person who was found fit; the former holder of a role for one goes.

    Raises:
        NotAllowed: the case is sealed, and two people inquire into it already.
    """
    inquire = access.people(db, case, *INQUIRY) | {person.id}
    if case.level == SEALED and role in INQUIRY and len(inquire) > SEALED_MOST:
        raise NotAllowed(action="assign", state=case.state)
    if role in HANDLERS:
        leave(db, case, role, access.people(db, case, role) - {person.id}, by=by, keys=keys)
    log.emit(db, "case.assigned", by=by, case=case, d=Details(role=role, staff=person.id))
    _enter(db, case, role, person.id)
    occasions.assigned(db, case, person.id, by=by)
    if role in {rule.role for rule in catalogue.keys().cases}:
        let_in(db, case, person, by=by, keys=keys)


def _enter(db: Work, case: Case, role: str, staff: UUID) -> None:
    if staff not in access.people(db, case, role):
        db.add(Assignment(case_id=case.id, staff=staff, role=role))
    if role in HANDLERS:
        case.assignee = staff


def unassign(
    db: Work, case: Case, role: str, staff: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Take a part in a case away, and with the last part its key.

    Raises:
        Unacceptable: the person does not have this part.
    """
    demand(db, by, "assign", case)
    if staff not in access.people(db, case, role):
        raise Unacceptable([("/staff", "unknown_value")])
    leave(db, case, role, [staff], by=by, keys=keys)


def leave(
    db: Work,
    case: Case,
    role: str,
    people: Iterable[UUID],
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    """End one part of people in a case; with their last part goes their key."""
    for staff in people:
        _leave(db, case, role, staff, by=by, keys=keys)


def _leave(
    db: Work, case: Case, role: str, staff: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    rows = [row for row in assignments(db, case) if row.staff == staff]
    if all(row.role == role for row in rows):
        let_go(db, case, {staff}, by=by, keys=keys)
    else:
        for row in rows:
            row.active = row.active and row.role != role
        if case.assignee == staff and role in HANDLERS:
            case.assignee = None
    log.emit(db, "case.revoke", by=by, case=case, d=Details(staff=staff, role=role))


def revoke(db: Work, case: Case, staff: UUID, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Take every part in a case and its key away from a person, and end what an emergency opened to them.

    Asked of a case that was merged, it is done where the matter goes on.

    Raises:
        NotAllowed: it was merged into a case that is not there for whoever acts.
        Unacceptable: there is nothing to take away.
    """
    if case.merged_into is not None:
        if not access.known(db, by, {case.merged_into}):
            raise NotAllowed(action="revoke", state=case.state)
        case = family.target(db, case, to_change=True)
    demand(db, by, "grant", case)
    if not let_go(db, case, {staff}, by=by, keys=keys):
        raise Unacceptable([("/staff", "unknown_value")])
    log.emit(db, "case.revoke", by=by, case=case, d=Details(staff=staff))


def reroute(db: Work, case: Case, unit: UUID, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Hand a case to another unit, after which nobody of the former one can open it.

    The identity stays with the custodians it was sealed to when the report came: whoever hands the case
    over does not hold that key.

    Raises:
        Unacceptable: no such unit, or it cannot take the case.
    """
    demand(db, by, "reroute", case)
    target = db.get(Unit, unit)
    if (
        target is None
        or target.kind != UnitKind.HANDLING
        or target.id == case.unit
        or not target.pk
        or (target.inside and conflicts.to_be_rerouted(db, case))
    ):
        raise Unacceptable([("/unit", "unknown_value")])
    for row in assignments(db, case):
        row.active = False
    case.assignee = None
    renew(db, case, by=by, keys=keys, only=recipients(db, case, target))
    former, case.unit = case.unit, target.id
    for source in family.merged(db, case, to_change=True):
        source.unit = target.id
    log.emit(db, "case.rerouted", by=by, case=case, d=Details(unit=former))
