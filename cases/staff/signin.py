"""Signing in, and who a token belongs to.

    find_stretching   a look without a trace: the salt of a name, or one that looks like it
    (Argon2)          outside any transaction, in the staff pool of the door
    sign_in           the seed opens, a session begins, the trail says so

A session ends after 15 minutes without use and after 8 hours in any case.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlmodel import col, select

from cases.actors import Seat, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotSignedIn, SignInFailed
from cases.models.people import Membership, Staff, StaffStatus
from cases.sealing import directory, hpke, sessions
from cases.sealing.passwords import ARGON2, SALT_BYTES, Stretching
from cases.staff import circle, secondfactor, unlocks
from cases.staff.changes import record_directory_change
from cases.staff.unlocks import Stretched

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
RENEW_AFTER = timedelta(minutes=1)
"""The idle end is moved at most this often: not every look should be a write."""

UNIT_KEY = "unit_key"
NEW_PASSWORD = "new_password"  # noqa: S105  (what somebody has to do)
SECOND_FACTOR = "second_factor"


_SEATED = (
    select(Staff, Membership)
    .join(Membership, col(Membership.staff) == col(Staff.id), isouter=True)
    .where(col(Staff.id) == bindparam("who"))
)
"""A person with what they are. Every request of staff asks for it, so it is put together once."""


class Salted(NamedTuple):
    """What a typed password is to be stretched with."""

    salt: bytes
    parameters: Stretching


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun.

    Attributes:
        expires_at: when it ends at the latest, UTC.
        must: what the person has to see to: `unit_key` (somebody of the circle has to let them in),
            `new_password` (they came in by their printed code), `second_factor` (none is set up).
    """

    actor: StaffActor
    token: str
    expires_at: datetime
    must: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A token that was shown.

    Attributes:
        stale: the idle end should be moved, with `keep_alive`.
    """

    actor: StaffActor
    stale: bool


def find_stretching(db: Work, username: str) -> Salted:
    """How to stretch a password typed for this name; a name nobody has looks like any other."""
    keyring = db.house.keyring
    key = keyring.key("fake-salt")
    typed = username.encode("utf-8", "surrogatepass")  # JSON can carry a lone surrogate
    fake = hmac.digest(key, typed, "sha256")[:SALT_BYTES]
    staff = _who(db, username)
    row = unlocks.unlock(db, staff.id, unlocks.PASSWORD) if staff else None
    if row is None:
        return Salted(fake, ARGON2)
    return Salted(row.salt, Stretching(row.memory_kib, row.passes, row.lanes))


def sign_in(
    db: Work, username: str, *, stretched: bytes, printed: str = "", code: str | None = None
) -> SignedIn:
    """Begin a session.

    Args:
        db: the unit of work.
        username: as typed.
        stretched: what was typed as the password, after Argon2 with what `find_stretching` said.
        printed: what was typed as the password; a printed code may stand in its place.
        code: of the second factor, for those who have set one up.

    Raises:
        SignInFailed: unknown name, wrong password or wrong code: one and the same.
    """
    staff = _who(db, username)
    seed = unlocks.open_with_password(db, staff, stretched)
    by_code = seed is None
    if seed is None:
        seed = unlocks.open_with_code(db, staff, printed)
    if staff is None or seed is None or not secondfactor.passes(db, staff.id, code):
        raise SignInFailed
    if not by_code:
        _follow_the_root(db, staff, seed, stretched)
    now = db.house.now()
    ends = now + ABSOLUTE
    session = sessions.of_staff(staff.id, seed, ends=_seconds(ends), idle_ends=_seconds(now + IDLE))
    token = sessions.begin(db, session)
    actor = actor_of(db, staff, seed, sessions.mark(db.house.keyring, token))
    if circle.found_circles(db, staff, actor):
        record_directory_change(db, actor)
        actor = actor_of(db, staff, seed, actor.session)
    log.emit(db, "auth.login", by=actor, d=Details(action="code" if by_code else "password"))
    return SignedIn(actor, token, ends, _must(db, staff, by_code=by_code))


def visit(db: Work, token: str) -> Visit:
    """Who a token belongs to; only looks, so that it works in a unit of work that cannot write.

    Raises:
        NotSignedIn: no such session, ended, or the account may no longer sign in.
        DirectoryBroken: the directory is not the one that was recorded.
    """
    directory.verify_head(db)
    now = db.house.now()
    session = sessions.resume(db, token, _seconds(now))
    if session.kind != sessions.STAFF:
        raise NotSignedIn
    found = db.exec(_SEATED, params={"who": session.who}).all()
    staff = found[0][0] if found else None
    if staff is None or staff.pk is None or staff.status != StaffStatus.ACTIVE:
        raise NotSignedIn
    if hpke.key_id(staff.pk) != session.key_id:  # enrolled anew since
        raise NotSignedIn
    seats: list[Membership | None] = [row for _, row in found]
    held = [row for row in seats if row is not None]  # who holds no role is joined with nothing
    actor = _actor(staff, held, session.seed, sessions.mark(db.house.keyring, token))
    idle_ends = datetime.fromtimestamp(session.idle_ends, UTC)
    return Visit(actor, now + IDLE - idle_ends >= RENEW_AFTER)


def keep_alive(db: Work, token: str) -> None:
    """Move the idle end of a session that is in use.

    Raises:
        NotSignedIn: it has ended meanwhile.
    """
    now = db.house.now()
    session = sessions.resume(db, token, _seconds(now))
    idle_ends = _seconds(now + IDLE)
    if session.idle_ends >= idle_ends:
        return
    sessions.renew(db, token, replace(session, idle_ends=idle_ends))


def sign_out(db: Work, token: str, by: StaffActor) -> None:
    """End this session."""
    sessions.end(db, token)
    log.emit(db, "session.end", by=by)


def actor_of(db: Work, staff: Staff, seed: bytes, session: str) -> StaffActor:
    """A person as they act, with the roles they hold at this moment."""
    rows = db.exec(select(Membership).where(Membership.staff == staff.id)).all()
    return _actor(staff, rows, seed, session)


def _actor(staff: Staff, held: Iterable[Membership], seed: bytes, session: str) -> StaffActor:
    seats = tuple(Seat(row.unit, row.role, row.holds_key, row.office) for row in held)
    return StaffActor(
        id=staff.id,
        username=staff.username,
        display_name=staff.display_name,
        epoch=staff.epoch,
        seats=seats,
        session=session,
        seed=seed,
    )


def written(username: str) -> str:
    """A typed name as accounts are written; empty for what no account can be called."""
    name = username.strip().lower()
    return name if name.isascii() and name.isprintable() else ""


def _who(db: Work, username: str) -> Staff | None:
    staff = db.exec(select(Staff).where(Staff.username == written(username))).first()
    return staff if staff is not None and staff.status == StaffStatus.ACTIVE else None


def _must(db: Work, staff: Staff, *, by_code: bool) -> tuple[str, ...]:
    things = {
        UNIT_KEY: circle.waiting(db, staff.id),
        NEW_PASSWORD: by_code,
        SECOND_FACTOR: not secondfactor.is_on(db, staff.id),
    }
    return tuple(name for name, needed in things.items() if needed)


def _follow_the_root(db: Work, staff: Staff, seed: bytes, stretched: bytes) -> None:
    """Wrap the seed under the newest root secret, now that the password is at hand."""
    row = unlocks.unlock(db, staff.id, unlocks.PASSWORD)
    if row is not None and row.root_ver != db.house.keyring.root_version:
        parameters = Stretching(row.memory_kib, row.passes, row.lanes)
        unlocks.keep_password(db, staff, seed, Stretched(row.salt, parameters, stretched))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
