"""Breaking the glass: two people open one case to one more person of the unit, for one hour.

It opens no identity and passes no wall, and the body outside the line is told at once that it happened.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import access, assignments, holds, notices, timed, transitions
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import ProposalVoid, Unacceptable
from cases.models.case import Case, CaseWrap, KeyKind
from cases.models.people import Deployment, Membership, Staff, StaffStatus
from cases.models.timed import TimedAccess, TimedKind
from cases.sealing import hierarchy

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

BREAK = "break_glass"
"""The act, and the line of the permission table that both people hold."""

HOURS = 1
ROLES = access.EMERGENCY | access.CIRCLE
"""Who can be let in: people of the handling unit who inquire or handle."""


def demand(db: Work, case: Case, staff: UUID, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Refuse an emergency that nobody may call, or for somebody who cannot be let in.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: not a person of the unit, walled, in the case already, of another office in it, or
            tied to somebody named in it.
    """
    assignments.demand(db, by, BREAK, case)
    if _fit(db, case, staff, by=by, keys=keys) is None:
        raise Unacceptable([("/staff", "unknown_value")])


def _fit(db: Work, case: Case, staff: UUID, *, by: StaffActor, keys: "StaffKeys") -> Staff | None:
    """The person, when they sit in the handling unit, have keys and no wall, and hold no key of the case.

    Nobody comes to inquire who reviews or decides here, or did, or who stated a tie with somebody named.
    """
    assignments.hold_people(db, [staff])
    person = db.get(Staff, staff)
    if person is None or person.status != StaffStatus.ACTIVE or person.pk is None:
        return None
    seat = select(Membership).where(
        Membership.staff == staff,
        Membership.unit == case.unit,
        col(Membership.role).in_(ROLES),
    )
    held = select(CaseWrap.id).where(
        CaseWrap.case_id == case.id, CaseWrap.kind == KeyKind.INT, CaseWrap.recipient == staff
    )
    if db.exec(seat).first() is None or db.exec(held).first() is not None:
        return None
    against = (
        assignments.walled(db, case, staff)
        or assignments.holds_another_office(db, case, staff, "investigator")
        or assignments.posted_there(db, case, [staff])
        or assignments.tied_here(db, case, staff, BREAK, by=by, keys=keys)
    )
    return None if against else person


def open_(
    db: Work,
    case: Case,
    staff: UUID,
    reason: str,
    *,
    first: UUID,
    by: StaffActor,
    keys: "StaffKeys",
) -> TimedAccess:
    """Let the person in for the hour; two people agreed.

    Raises:
        ProposalVoid: they cannot be let in any more.
    """
    person = _fit(db, case, staff, by=by, keys=keys)
    if person is None:
        raise ProposalVoid
    holds.decide(db, case, BREAK, {"staff": str(staff), "reason": reason}, by=by, keys=keys)
    transitions.give(db, case, hierarchy.staff_holder(person), keys)
    row = timed.opened(db, case, TimedKind.BREAK_GLASS, staff, hours=HOURS, agreed=(first, by.id))
    log.emit(
        db,
        "break_glass.opened",
        by=by,
        case=case,
        d=Details(staff=staff, target=row.id, n=HOURS, approvers=[first, by.id]),
    )
    outside = db.exec(select(Deployment)).one().outside_unit
    if outside is not None:
        notices.tell_emergency(db, outside, of=case.unit)
    return row
