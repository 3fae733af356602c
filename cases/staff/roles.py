"""Roles, each held in a unit: given by two, taken by one.

Nobody changes their own roles, and nobody gives one alone. Whoever manages accounts can therefore
neither make themselves part of a unit nor put somebody made up into one.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, NotPermitted, SamePerson, Unacceptable
from cases.models.people import HouseProposal, Membership, Office, Staff, Unit
from cases.staff import circle, pending
from cases.staff.changes import record_directory_change
from cases.staff.pending import HouseAction
from workflows import catalogue
from workflows.model import NOT_STAFF, Grade

OF_A_POST = frozenset({"local_committee"})
"""Roles that are held for one office."""


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


def propose_role(db: Work, staff_id: UUID, wish: SeatWish, by: StaffActor) -> HouseProposal:
    """Propose that a person is given a role in a unit.

    Raises:
        NotFound, SamePerson, Unacceptable: as `give_role`.
        AlreadyProposed: it waits already.
    """
    _check_giving(db, staff_id, wish, by)
    return pending.propose(db, HouseAction.GIVE_ROLE, by, subject=staff_id, values=wish)


def give_role(db: Work, staff_id: UUID, wish: SeatWish, by: Actor) -> None:
    """Give a person a role that two agreed on, or that the service gives.

    Raises:
        NotFound: there is no such person.
        SamePerson: it is the giver's own.
        Unacceptable: the wish makes no sense, or the role is held already.
    """
    _check_giving(db, staff_id, wish, by)
    db.add(Membership(staff=staff_id, unit=wish.unit, role=wish.role, office=wish.office))
    details = Details(action="role.given", staff=staff_id, role=wish.role, target=wish.office)
    log.emit(db, "role.changed", by=by, unit=wish.unit, d=details)
    record_directory_change(db, by)


def _check_giving(db: Work, staff_id: UUID, wish: SeatWish, by: Actor) -> None:
    if db.get(Staff, staff_id) is None:
        raise NotFound
    demand_somebody_else(staff_id, by)
    check_wish(db, wish)
    if any((seat.unit, seat.role) == (wish.unit, wish.role) for seat in seats(db, staff_id)):
        raise Unacceptable([("/role", "taken")])


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
    demand_somebody_else(staff_id, by)
    if seat.holds_key and not any(other.holds_key for other in held if other is not seat):
        if circle.is_last_holder(db, unit_id, staff_id):
            raise Unacceptable([("/staff", "last_key_holder")])
        circle.drop_key(db, [seat])
    db.delete(seat)
    details = Details(action="role.taken", staff=staff_id, role=role)
    log.emit(db, "role.changed", by=by, unit=unit_id, d=details)
    record_directory_change(db, by)


def demand_somebody_else(staff_id: UUID, by: Actor) -> None:
    """Refuse who would change their own account or roles.

    Raises:
        SamePerson: it is oneself.
    """
    if isinstance(by, StaffActor) and by.id == staff_id:
        raise SamePerson
