"""Accounts: invited with a code, enrolled by their owner, changed, disabled.

Whoever invites never sees a password or a seed: the invitation is a code of 160 random bits that is
shown once, and the person's keys are made when they use it.

    verifier = HMAC-SHA-256(code verifier, ctx("enrolment", staff))
"""

import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import CodeMalformed, NotFound, SignInFailed, Unacceptable
from cases.models.people import (
    Enrolment,
    Membership,
    Office,
    Posting,
    SecondFactor,
    Staff,
    StaffStatus,
)
from cases.sealing import directory, hpke, passwords, sessions
from cases.staff import circle, roles, signin, unlocks
from cases.staff.changes import record_directory_change, together
from cases.staff.roles import SeatWish
from cases.staff.unlocks import Stretched

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")

ENROLMENT_DAYS = 14

NO_SESSION = "00000000"
"""Who enrols has no session yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody who shall have an account.

    Attributes:
        office: where they work; `since` when.
        seats: their roles.
    """

    username: str
    display_name: str
    staff_number: str | None = None
    office: UUID | None = None
    since: date | None = None
    seats: Sequence[SeatWish] = ()


@dataclass(frozen=True, slots=True)
class Invited:
    """An account that waits for its owner.

    Attributes:
        code: the enrolment code, shown once.
        proposals: roles that wait for a second person.
    """

    staff: Staff
    code: str
    proposals: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An account whose owner has made their keys.

    Attributes:
        recovery_code: to be printed; opens the account when the password is lost.
        fingerprint: what colleagues compare before they give a key.
    """

    staff: Staff
    recovery_code: str
    fingerprint: str
    must: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """An account and its roles."""

    staff: Staff
    seats: tuple[Membership, ...]


def people(db: Work, *, after: str = "", limit: int | None = None) -> list[Person]:
    """Accounts by username, from the one that follows `after`."""
    statement = select(Staff).where(col(Staff.username) > after).order_by(col(Staff.username))
    some = db.exec(statement.limit(limit)).all()
    seats: dict[UUID, list[Membership]] = {}
    theirs = select(Membership).where(col(Membership.staff).in_([staff.id for staff in some]))
    for seat in db.exec(theirs):
        seats.setdefault(seat.staff, []).append(seat)
    return [Person(staff, tuple(seats.get(staff.id, ()))) for staff in some]


def person(db: Work, staff_id: UUID) -> Person:
    """One account.

    Raises:
        NotFound: there is none of that id.
    """
    return Person(_staff(db, staff_id), tuple(roles.seats(db, staff_id)))


def named(db: Work, username: str) -> Person:
    """The account of a name.

    Raises:
        NotFound: nobody has it.
    """
    staff = db.exec(select(Staff).where(Staff.username == username)).first()
    if staff is None:
        raise NotFound
    return person(db, staff.id)


def invite(db: Work, invitation: Invitation, by: Actor) -> Invited:
    """Make an account and the code with which its owner takes it over.

    Raises:
        Unacceptable: a name that is taken or malformed, an unknown office, or seats that make
            no sense.
    """
    if not USERNAME.fullmatch(invitation.username):
        raise Unacceptable([("/username", "malformed")])
    if db.exec(select(Staff).where(Staff.username == invitation.username)).first():
        raise Unacceptable([("/username", "taken")])
    _check_number(db, invitation.staff_number)
    _check_office(db, invitation.office)
    staff = Staff(
        username=invitation.username,
        display_name=invitation.display_name,
        staff_number=invitation.staff_number,
        office=invitation.office,
    )
    db.add(staff)
    if invitation.office is not None:
        since = invitation.since or db.house.today()
        db.add(Posting(staff=staff.id, office=invitation.office, since=since))
    log.emit(db, "member.created", by=by, d=Details(staff=staff.id))
    db.flush()  # the roles below look the person up
    proposals = []
    with together(db, by):
        for wish in invitation.seats:
            if isinstance(by, StaffActor):
                proposals.append(roles.propose_role(db, staff.id, wish, by).id)
            else:
                roles.give_role(db, staff.id, wish, by)
        record_directory_change(db, by)
    return Invited(staff, _new_enrolment(db, staff), tuple(proposals))


def check_invite_again(db: Work, staff_id: UUID, by: Actor) -> Staff:
    """The person, when they can be given a new enrolment code.

    Raises:
        NotFound: there is no such person.
        SamePerson: it is oneself.
        Unacceptable: nobody else could open a unit's cases any more.
    """
    staff = _staff(db, staff_id)
    roles.demand_somebody_else(staff_id, by)
    _refuse_last_holder(db, staff_id)
    return staff


def invite_again(db: Work, staff_id: UUID, by: Actor) -> str:
    """A new enrolment code: the first was lost, or the owner lost password and printed code alike.

    Whoever was enrolled makes new keys with it, and the keys of units and cases have to be given to
    them anew: no administrator's reset opens anything.

    Returns:
        The code, shown once.

    Raises:
        NotFound, SamePerson, Unacceptable: as `check_invite_again`.
    """
    circle.hold_case_keys(db, staff_id)
    staff = check_invite_again(db, staff_id, by)
    circle.drop_key(db, [seat for seat in roles.seats(db, staff_id) if seat.holds_key])
    # Sealed to keys that nobody will have any more, they would only stand in the way of new ones.
    circle.drop_case_keys(db, staff_id, by)
    for kind in (unlocks.PASSWORD, unlocks.CODE):
        row = unlocks.unlock(db, staff_id, kind)
        if row is not None:
            db.delete(row)
    second = db.get(SecondFactor, staff_id)
    if second is not None:
        db.delete(second)
    sessions.end_all(db, sessions.STAFF, staff_id)
    staff.status, staff.pk = StaffStatus.INVITED, None
    log.emit(db, "member.removed", by=by, d=Details(staff=staff_id, action="reset"))
    record_directory_change(db, by)
    return _new_enrolment(db, staff)


def enrol(db: Work, username: str, code: str, new: Stretched) -> Enrolled:
    """Take over an account: make its keys, set its password, print a recovery code.

    Raises:
        SignInFailed: unknown name, wrong or expired code: one and the same.
    """
    staff = db.exec(select(Staff).where(Staff.username == signin.written(username))).first()
    row = db.get(Enrolment, staff.id) if staff else None
    if staff is None or row is None or not _is_code(db, row, code):
        raise SignInFailed
    if staff.status != StaffStatus.INVITED or row.expires_on < db.house.today():
        raise SignInFailed
    db.delete(row)
    seed = hpke.new_seed()
    staff.pk, staff.status = hpke.public_key(seed), StaffStatus.ACTIVE
    staff.epoch += 1
    unlocks.keep_password(db, staff, seed, new)
    recovery_code = unlocks.keep_new_code(db, staff, seed)
    by = signin.actor_of(db, staff, seed, NO_SESSION)
    published = Details(staff=staff.id, pk=hpke.key_id(staff.pk).hex(), epoch=staff.epoch)
    log.emit(db, "member.key_published", by=by, d=published)
    circle.found_circles(db, staff, by)
    record_directory_change(db, by)
    must = (signin.UNIT_KEY,) if circle.waiting(db, staff.id) else ()
    return Enrolled(staff, recovery_code, hpke.fingerprint(staff.pk), must)


# Any: the values are those of the columns of the same name.
def change(db: Work, staff_id: UUID, by: Actor, changes: Mapping[str, Any]) -> Staff:
    """Change a person's display name, staff number or office; a new office is a new posting.

    Raises:
        NotFound: there is no such person.
        Unacceptable: an unknown office, or a staff number somebody else has.
    """
    directory.hold(db)
    staff = _staff(db, staff_id)
    if changes.get("staff_number") != staff.staff_number:
        _check_number(db, changes.get("staff_number"))
    if "office" in changes and changes["office"] != staff.office:
        _check_office(db, changes["office"])
        _move(db, staff, changes["office"])
    for name in changes.keys() & {"display_name", "staff_number"}:
        setattr(staff, name, changes[name])
    details = Details(action="staff.changed", staff=staff_id, fields=sorted(changes))
    log.emit(db, "role.changed", by=by, d=details)
    record_directory_change(db, by)
    return staff


def disable(db: Work, staff_id: UUID, by: Actor) -> None:
    """Close an account at once: its sessions end and the keys others hold as well are taken away.

    Those are the keys of single cases, and of units. A unit's seed that nobody else holds stays
    sealed to the closed account, or the unit's cases would be lost; `enable` brings it back.

    Raises:
        NotFound: there is no such person.
        SamePerson: it is oneself.
    """
    circle.hold_case_keys(db, staff_id)
    staff = _staff(db, staff_id)
    roles.demand_somebody_else(staff_id, by)
    staff.status = StaffStatus.DISABLED
    held = [seat for seat in roles.seats(db, staff_id) if seat.holds_key]
    lasting = {seat.unit for seat in held if circle.is_last_holder(db, seat.unit, staff_id)}
    circle.drop_key(db, [seat for seat in held if seat.unit not in lasting])
    circle.drop_case_keys(db, staff_id, by)
    enrolment = db.get(Enrolment, staff_id)
    if enrolment is not None:
        db.delete(enrolment)
    sessions.end_all(db, sessions.STAFF, staff_id)
    log.emit(db, "member.removed", by=by, d=Details(staff=staff_id, action="disabled"))
    record_directory_change(db, by)


def check_enable(db: Work, staff_id: UUID, by: Actor) -> Staff:
    """The person, when their account can be opened again.

    Raises:
        NotFound: there is no such person.
        SamePerson: it is oneself.
        Unacceptable: it was never enrolled, so it needs a new invitation.
    """
    staff = _staff(db, staff_id)
    roles.demand_somebody_else(staff_id, by)
    if staff.pk is None:
        raise Unacceptable([("/staff", "not_enrolled")])
    return staff


def enable(db: Work, staff_id: UUID, by: Actor) -> None:
    """Open a closed account again; keys that were taken away have to be given anew.

    Raises:
        NotFound, SamePerson, Unacceptable: as `check_enable`.
    """
    staff = check_enable(db, staff_id, by)
    staff.status = StaffStatus.ACTIVE
    log.emit(db, "role.changed", by=by, d=Details(staff=staff_id, action="enabled"))
    record_directory_change(db, by)


def _new_enrolment(db: Work, staff: Staff) -> str:
    code = passwords.new_code()
    version = db.house.keyring.root_version
    row = db.get(Enrolment, staff.id) or Enrolment(
        staff=staff.id, root_ver=0, verifier=b"", expires_on=db.house.today()
    )
    row.root_ver, row.verifier = version, _verifier(db, staff.id, code, version)
    row.expires_on = db.house.today() + timedelta(days=ENROLMENT_DAYS)
    db.add(row)
    return code


def _verifier(db: Work, staff_id: UUID, code: str, version: int) -> bytes:
    """What the row keeps; bound to the person, so that nobody's code opens another's account."""
    keyring = db.house.keyring
    key = passwords.code_verifier(keyring.key("pepper", version), code, keyring.deployment)
    return hmac.digest(key, keyring.ctx("enrolment", staff_id), "sha256")


def _is_code(db: Work, row: Enrolment, code: str) -> bool:
    try:
        return hmac.compare_digest(row.verifier, _verifier(db, row.staff, code, row.root_ver))
    except CodeMalformed:
        return False


def _staff(db: Work, staff_id: UUID) -> Staff:
    staff = db.get(Staff, staff_id)
    if staff is None:
        raise NotFound
    return staff


def _move(db: Work, staff: Staff, office: UUID | None) -> None:
    today = db.house.today()
    for posting in db.exec(select(Posting).where(Posting.staff == staff.id)):
        if posting.until is None:
            posting.until = today
    if office is not None:
        db.add(Posting(staff=staff.id, office=office, since=today))
    staff.office = office


def _check_office(db: Work, office: UUID | None) -> None:
    if office is not None and db.get(Office, office) is None:
        raise Unacceptable([("/office", "unknown")])


def _check_number(db: Work, number: str | None) -> None:
    # Who is named by a staff number must be one person, or the wrong one is kept away from a case.
    if number and db.exec(select(Staff).where(Staff.staff_number == number)).first():
        raise Unacceptable([("/staff_number", "taken")])


def _refuse_last_holder(db: Work, staff_id: UUID) -> None:
    held = {seat.unit for seat in roles.seats(db, staff_id) if seat.holds_key}
    if any(circle.is_last_holder(db, unit, staff_id) for unit in held):
        raise Unacceptable([("/staff", "last_key_holder")])


def names(db: Work, ids: Collection[UUID]) -> dict[UUID, str]:
    """The display names of these members of staff, by id."""
    if not ids:
        return {}
    found = db.exec(select(Staff).where(col(Staff.id).in_(ids)))
    return {one.id: one.display_name for one in found}
