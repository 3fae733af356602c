"""Roles, each held in a unit: given, taken, and for system administrators agreed by two.

Nobody changes their own roles. Whoever manages accounts can therefore not make themselves part of a
unit, and a second system administrator needs somebody besides the first to agree.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import select

from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, NotPermitted, ProposalVoid, SamePerson, Unacceptable
from cases.models.people import Membership, Office, RoleProposal, Staff, Unit
from cases.staff import circle
from cases.staff.changes import record_directory_change
from workflows import catalogue
from workflows.model import NOT_STAFF, Grade

BY_TWO = frozenset({"system_admin"})
"""Roles that one person alone cannot give."""

OF_A_POST = frozenset({"local_committee"})
"""Roles that are held for one office."""

PROPOSAL_DAYS = 7


@dataclass(frozen=True, slots=True)
class SeatWish:
    """A role that somebody should hold in a unit; for a committee, at a post."""

    unit: UUID
    role: str
    office: UUID | None = None


def demand_alone(by: StaffActor, act: str) -> None:
    """Refuse who holds an act of the house only as the second person.

    Raises:
        NotPermitted: none of the person's roles may begin it.
    """
    grants = catalogue.permissions().grants(act, by.roles)
    if not any(grant.grade == Grade.YES for grant in grants):
        raise NotPermitted


def seats(db: Work, staff_id: UUID) -> list[Membership]:
    """Every role of a person."""
    return list(db.exec(select(Membership).where(Membership.staff == staff_id)))


def role_proposals(db: Work) -> list[RoleProposal]:
    """The roles that wait for a second person."""
    today = db.house.today()
    return [one for one in db.exec(select(RoleProposal)) if one.expires_on >= today]


def check_wish(db: Work, wish: SeatWish) -> None:
    """Refuse a wish that makes no sense.

    Raises:
        Unacceptable: an unknown unit, role or office, or a committee without its post.
    """
    if db.get(Unit, wish.unit) is None:
        raise Unacceptable([("/unit", "unknown")])
    if wish.role not in catalogue.code_list("roles") or wish.role in NOT_STAFF:
        raise Unacceptable([("/role", "unknown")])
    if (wish.role in OF_A_POST) != (wish.office is not None):
        raise Unacceptable([("/office", "missing" if wish.office is None else "not_used")])
    if wish.office is not None and db.get(Office, wish.office) is None:
        raise Unacceptable([("/office", "unknown")])


def give_role(db: Work, staff_id: UUID, wish: SeatWish, by: Actor) -> UUID | None:
    """Give a person a role in a unit.

    Returns:
        None when it is done; the id of a proposal when a second person has to agree.

    Raises:
        NotFound: there is no such person.
        SamePerson: it is the giver's own.
        Unacceptable: the wish makes no sense, or the role is held or proposed already.
    """
    if db.get(Staff, staff_id) is None:
        raise NotFound
    _not_oneself(staff_id, by)
    check_wish(db, wish)
    if any((seat.unit, seat.role) == (wish.unit, wish.role) for seat in seats(db, staff_id)):
        raise Unacceptable([("/role", "taken")])
    if wish.role in BY_TWO and isinstance(by, StaffActor):
        return _propose(db, staff_id, wish, by)
    _give(db, staff_id, wish, by)
    return None


def confirm_role(db: Work, proposal_id: UUID, by: StaffActor) -> None:
    """Agree, as the second person, that somebody is given a role.

    Raises:
        NotFound: there is no such proposal.
        SamePerson: the one who agrees proposed it, or is the one it is about.
        ProposalVoid: it has expired.
    """
    proposal = _answered(db, proposal_id, by)
    if proposal.expires_on < db.house.today():
        raise ProposalVoid
    details = Details(action="give_role", proposal=proposal_id, staff=proposal.staff)
    log.emit(db, "proposal.confirmed", by=by, unit=proposal.unit, d=details)
    _give(db, proposal.staff, SeatWish(proposal.unit, proposal.role), by)


def refuse_role(db: Work, proposal_id: UUID, by: StaffActor) -> None:
    """Refuse it, or take one's own proposal back.

    Raises:
        NotFound: there is no such proposal.
    """
    proposal = db.get(RoleProposal, proposal_id)
    if proposal is None:
        raise NotFound
    db.delete(proposal)
    details = Details(action="give_role", proposal=proposal_id, staff=proposal.staff)
    log.emit(db, "proposal.refused", by=by, unit=proposal.unit, d=details)


def take_role(db: Work, staff_id: UUID, unit_id: UUID, role: str, by: Actor) -> None:
    """Take a role from a person, and the unit's seed with the last role that had brought it.

    Raises:
        NotFound: they do not hold it.
        SamePerson: it is one's own.
        Unacceptable: nobody else could open the unit's cases.
    """
    held = [seat for seat in seats(db, staff_id) if seat.unit == unit_id]
    seat = next((seat for seat in held if seat.role == role), None)
    if seat is None:
        raise NotFound
    _not_oneself(staff_id, by)
    if seat.holds_key and not any(other.holds_key for other in held if other is not seat):
        if circle.is_last_holder(db, unit_id, staff_id):
            raise Unacceptable([("/staff", "last_key_holder")])
        circle.drop_key(db, [seat])
    db.delete(seat)
    details = Details(action="role.taken", staff=staff_id, role=role)
    log.emit(db, "role.changed", by=by, unit=unit_id, d=details)
    record_directory_change(db, by)


def _give(db: Work, staff_id: UUID, wish: SeatWish, by: Actor) -> None:
    db.add(Membership(staff=staff_id, unit=wish.unit, role=wish.role, office=wish.office))
    details = Details(action="role.given", staff=staff_id, role=wish.role, target=wish.office)
    log.emit(db, "role.changed", by=by, unit=wish.unit, d=details)
    record_directory_change(db, by)


def _propose(db: Work, staff_id: UUID, wish: SeatWish, by: StaffActor) -> UUID:
    statement = select(RoleProposal).where(
        RoleProposal.staff == staff_id,
        RoleProposal.unit == wish.unit,
        RoleProposal.role == wish.role,
    )
    earlier = db.exec(statement).first()
    if earlier is not None and earlier.expires_on >= db.house.today():
        raise Unacceptable([("/role", "taken")])
    if earlier is not None:
        db.delete(earlier)
        db.flush()  # its successor is about the same role, of which there is one row
    proposal = RoleProposal(
        staff=staff_id,
        unit=wish.unit,
        role=wish.role,
        proposed_by=by.id,
        expires_on=db.house.today() + timedelta(days=PROPOSAL_DAYS),
    )
    db.add(proposal)
    details = Details(action="give_role", role=wish.role, proposal=proposal.id, staff=staff_id)
    log.emit(db, "proposal.made", by=by, unit=wish.unit, d=details)
    return proposal.id


def _answered(db: Work, proposal_id: UUID, by: StaffActor) -> RoleProposal:
    proposal = db.get(RoleProposal, proposal_id)
    if proposal is None:
        raise NotFound
    if by.id in (proposal.proposed_by, proposal.staff):
        raise SamePerson
    db.delete(proposal)
    return proposal


def _not_oneself(staff_id: UUID, by: Actor) -> None:
    if isinstance(by, StaffActor) and by.id == staff_id:
        raise SamePerson
