"""Key circles: who holds a unit's own seed, and how a newcomer is given it.

The seed is made by the first person of the circle who signs in, inside their session, so that
neither the operator nor whoever founded the installation has seen it. From then on only somebody
who holds it can give it on. Cryptography bounds the circle; what happens inside it is for
declarations and walls.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, delete, select

from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, NotPermitted, Unacceptable
from cases.models.case import Case, CaseWrap, Recipient
from cases.models.people import (
    Membership,
    RecoveryWrap,
    Staff,
    StaffStatus,
    Unit,
    UnitWrap,
)
from cases.sealing import directory, hpke
from cases.sealing.hierarchy import StaffKeys
from cases.staff.changes import record_directory_change, the_deployment
from cases.staff.structure import unit as the_unit
from workflows import catalogue

FIRST_EPOCH = 1


def circle_roles(kind: str) -> frozenset[str]:
    """The roles whose holders may be given the seed of a unit of this kind."""
    return frozenset(catalogue.keys().circles.get(kind, ()))


def members(db: Work, unit_id: UUID) -> list[Membership]:
    """Every role held in a unit."""
    return list(db.exec(select(Membership).where(Membership.unit == unit_id)))


_SEATS = select(Membership).where(Membership.staff == bindparam("staff"))


def waiting(db: Work, staff_id: UUID) -> bool:
    """Whether a person has a role of some unit's circle but was not given its seed yet."""
    seats = db.exec(_SEATS, params={"staff": staff_id}).all()
    return any(
        not seat.holds_key and seat.role in circle_roles(db.get_one(Unit, seat.unit).kind)
        for seat in seats
    )


def found_circles(db: Work, staff: Staff, by: StaffActor) -> bool:
    """Make the seeds of units that have none yet and whose circle this person is the first of.

    Returns:
        Whether a unit got its key, which changes the directory.
    """
    founded = False
    for seat in db.exec(_SEATS, params={"staff": staff.id}).all():
        unit = db.get_one(Unit, seat.unit)
        if seat.role not in circle_roles(unit.kind):
            continue
        if unit.pk is None:
            _make_seed(db, unit, staff, by)
            founded = True
        if not seat.holds_key and _wrap_of(db, unit, staff) is not None:
            seat.holds_key = True
            founded = True
    return founded


def _make_seed(db: Work, unit: Unit, staff: Staff, by: StaffActor) -> None:
    seed = hpke.new_seed()
    unit.pk, unit.epoch = hpke.public_key(seed), FIRST_EPOCH
    db.add(_wrap(db, unit, staff, seed))
    recovery_pk = the_deployment(db).recovery_pk
    if recovery_pk is not None:
        context = db.house.keyring.ctx("unit/recovery", unit.id, unit.epoch)
        blob = hpke.seal(recovery_pk, context, seed)
        db.add(RecoveryWrap(owner=unit.id, epoch=unit.epoch, blob=blob))
    db.flush()  # the next seat of the same person looks for the wrap
    details = Details(epoch=unit.epoch, pk=hpke.key_id(unit.pk).hex(), action="first")
    log.emit(db, "unit.key_rotated", by=by, unit=unit.id, d=details)


def add_to_circle(db: Work, unit_id: UUID, staff_id: UUID, by: StaffActor) -> str:
    """Give a colleague the unit's seed, inside the session of somebody who holds it.

    Returns:
        The colleague's fingerprint, "1234 5678 …", to be compared with what they read out.

    Raises:
        NotFound: the giver does not hold the seed, or there is no such unit or person.
        Unacceptable: the person is not enrolled, or has no role in the unit's circle.
    """
    unit = the_unit(db, unit_id)
    seed = StaffKeys(db, by).unit_seed(unit_id)
    staff = db.get(Staff, staff_id)
    if staff is None:
        raise NotFound
    if staff.status != StaffStatus.ACTIVE or staff.pk is None:
        raise Unacceptable([("/staff", "not_enrolled")])
    seats = _circle_seats(db, unit, staff_id)
    if not seats:
        raise Unacceptable([("/staff", "role_not_in_circle")])
    earlier = _wrap_of(db, unit, staff)
    if earlier is None:
        _drop_wraps(db, unit_id, staff_id)
        db.add(_wrap(db, unit, staff, seed))
    for seat in seats:
        seat.holds_key = True
    details = Details(
        action="circle.joined", staff=staff_id, pk=hpke.key_id(staff.pk).hex(), epoch=staff.epoch
    )
    log.emit(db, "role.changed", by=by, unit=unit_id, d=details)
    record_directory_change(db, by)
    return hpke.fingerprint(staff.pk)


def leave_circle(db: Work, unit_id: UUID, staff_id: UUID, by: Actor) -> None:
    """Take the unit's seed from a person: their wrap goes, their role stays.

    Until the unit's key is renewed this guards the service, not against an old backup together with
    the person's password.

    Raises:
        NotFound: they do not hold it.
        NotPermitted: `by` neither holds the seed nor is the service.
        Unacceptable: nobody else holds it, so that nobody could open the unit's cases again.
    """
    unit = the_unit(db, unit_id)
    seats = [seat for seat in _circle_seats(db, unit, staff_id) if seat.holds_key]
    if not seats:
        raise NotFound
    if isinstance(by, StaffActor) and unit_id not in by.key_units():
        raise NotPermitted
    if is_last_holder(db, unit_id, staff_id):
        raise Unacceptable([("/staff", "last_key_holder")])
    drop_key(db, seats)
    details = Details(action="circle.left", staff=staff_id)
    log.emit(db, "role.changed", by=by, unit=unit_id, d=details)
    record_directory_change(db, by)


def drop_key(db: Work, seats: Sequence[Membership]) -> None:
    """Take the seed away from the holder of these seats of one unit."""
    for seat in seats:
        seat.holds_key = False
        _drop_wraps(db, seat.unit, seat.staff)


def hold_case_keys(db: Work, staff_id: UUID) -> None:
    """Lock what `drop_case_keys` changes, in the order in which everybody does: see `directory.hold`."""
    directory.hold(db)
    theirs = select(CaseWrap.case_id).where(
        CaseWrap.recipient_type == Recipient.STAFF, CaseWrap.recipient == staff_id
    )
    cases = select(Case.id).where(col(Case.id).in_(theirs)).order_by(col(Case.id))
    db.exec(cases.with_for_update()).all()


def drop_case_keys(db: Work, staff_id: UUID, by: Actor) -> None:
    """Take from a person the keys of single cases that were sealed to them; each case records it.

    No case is lost by that: the unit that handles it has its key as well.
    """
    theirs = select(CaseWrap).where(
        CaseWrap.recipient_type == Recipient.STAFF, CaseWrap.recipient == staff_id
    )
    wraps = db.exec(theirs).all()
    for case_id in sorted({wrap.case_id for wrap in wraps}):
        case = db.get_one(Case, case_id)
        log.emit(db, "case.revoke", by=by, case=case, d=Details(staff=staff_id))
    for wrap in wraps:
        db.delete(wrap)


def is_last_holder(db: Work, unit_id: UUID, staff_id: UUID) -> bool:
    """Whether nobody but this person, among those who may sign in, can open the unit's seed."""
    statement = select(UnitWrap.staff).where(UnitWrap.unit == unit_id, UnitWrap.staff != staff_id)
    others = (db.get_one(Staff, other) for other in db.exec(statement))
    return all(other.status != StaffStatus.ACTIVE for other in others)


def _circle_seats(db: Work, unit: Unit, staff_id: UUID) -> list[Membership]:
    roles = circle_roles(unit.kind)
    statement = select(Membership).where(Membership.unit == unit.id, Membership.staff == staff_id)
    return [seat for seat in db.exec(statement) if seat.role in roles]


def _wrap_of(db: Work, unit: Unit, staff: Staff) -> UnitWrap | None:
    """The person's wrap of the unit's present seed, if it is for their present key."""
    row = db.get(UnitWrap, (unit.id, unit.epoch, staff.id))
    return row if row is not None and row.staff_epoch == staff.epoch else None


def _drop_wraps(db: Work, unit_id: UUID, staff_id: UUID) -> None:
    mine = (col(UnitWrap.unit) == unit_id, col(UnitWrap.staff) == staff_id)
    db.exec(delete(UnitWrap).where(*mine))


def _wrap(db: Work, unit: Unit, staff: Staff, seed: bytes) -> UnitWrap:
    if staff.pk is None:
        raise Unacceptable([("/staff", "not_enrolled")])
    context = db.house.keyring.ctx("unit/sk", unit.id, unit.epoch, staff.id, staff.epoch)
    return UnitWrap(
        unit=unit.id,
        unit_epoch=unit.epoch,
        staff=staff.id,
        staff_epoch=staff.epoch,
        blob=hpke.seal(staff.pk, context, seed),
    )
