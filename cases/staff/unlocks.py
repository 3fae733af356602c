"""The ways a person opens their own seed: a password, and a printed code for when it is lost.

Argon2 takes a whole core and 64 MiB, so it runs outside any transaction: the door stretches what
was typed in its own pool and hands the 32 bytes in.
"""

import hmac
import secrets
from typing import NamedTuple
from uuid import UUID

from sqlmodel import select

from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import CodeMalformed, DirectoryBroken, SignInFailed
from cases.models.people import Staff, StaffUnlock
from cases.sealing import envelope, hpke, passwords, sessions
from cases.sealing.passwords import ARGON2, Stretching

PASSWORD = "password"  # noqa: S105  (the name of a kind)
CODE = "code"

NOBODYS = secrets.token_bytes(32)
"""What a name nobody has is compared with, so that both kinds of failure do the same work."""


class Stretched(NamedTuple):
    """A new password after its one Argon2.

    Attributes:
        salt: 16 bytes, made for it.
        parameters: how hard Argon2 worked.
        value: the 32 bytes that came out.
    """

    salt: bytes
    parameters: Stretching
    value: bytes


def stretched(password: str) -> Stretched:
    """Stretch a new password with a new salt; slow, about 170 ms.

    Raises:
        WeakPassword: it is too short.
    """
    passwords.check_password(password)
    salt = passwords.new_salt()
    return Stretched(salt, ARGON2, passwords.stretch(password, salt, ARGON2))


def unlock(db: Work, staff_id: UUID, kind: str) -> StaffUnlock | None:
    """A person's row of one kind."""
    statement = select(StaffUnlock).where(StaffUnlock.staff == staff_id, StaffUnlock.kind == kind)
    return db.exec(statement).first()


def keep_password(db: Work, staff: Staff, seed: bytes, new: Stretched) -> None:
    """Let this password open the seed from now on, in place of any earlier one."""
    keyring = db.house.keyring
    pepper = keyring.key("pepper")
    row = _row(db, staff, PASSWORD)
    row.root_ver, row.salt = keyring.root_version, new.salt
    row.memory_kib, row.passes, row.lanes = new.parameters
    row.verifier = passwords.verifier(pepper, new.value, keyring.deployment)
    kek = passwords.kek(pepper, new.value, keyring.deployment)
    row.wrap = envelope.seal(kek, _context(db, staff, PASSWORD), seed)
    db.add(row)


def keep_new_code(db: Work, staff: Staff, seed: bytes) -> str:
    """Make a code to print that opens the seed from now on; the earlier one no longer does."""
    keyring = db.house.keyring
    pepper = keyring.key("pepper")
    code = passwords.new_code()
    row = _row(db, staff, CODE)
    row.root_ver = keyring.root_version
    row.verifier = passwords.code_verifier(pepper, code, keyring.deployment)
    kek = passwords.code_kek(pepper, code, keyring.deployment)
    row.wrap = envelope.seal(kek, _context(db, staff, CODE), seed)
    db.add(row)
    return code


def open_with_password(db: Work, staff: Staff | None, value: bytes) -> bytes | None:
    """The seed, if these stretched bytes are the person's password; the same work for nobody."""
    keyring = db.house.keyring
    row = unlock(db, staff.id, PASSWORD) if staff else None
    pepper = keyring.key("pepper", row.root_ver if row else None)
    verifier = passwords.verifier(pepper, value, keyring.deployment)
    if not hmac.compare_digest(verifier, row.verifier if row else NOBODYS):
        return None
    if row is None or staff is None:
        return None
    return _open(db, staff, row, passwords.kek(pepper, value, keyring.deployment))


def open_with_code(db: Work, staff: Staff | None, typed: str) -> bytes | None:
    """The seed, if what was typed is the person's printed code."""
    keyring = db.house.keyring
    row = unlock(db, staff.id, CODE) if staff else None
    pepper = keyring.key("pepper", row.root_ver if row else None)
    try:
        verifier = passwords.code_verifier(pepper, typed, keyring.deployment)
        kek = passwords.code_kek(pepper, typed, keyring.deployment)
    except CodeMalformed:
        return None
    if not hmac.compare_digest(verifier, row.verifier if row else NOBODYS):
        return None
    return _open(db, staff, row, kek) if row is not None and staff is not None else None


def change_password(
    db: Work, by: StaffActor, token: str, new: Stretched, *, proof: bytes, printed: str = ""
) -> str | None:
    """Replace the password and end the person's other sessions.

    Args:
        db: the unit of work.
        by: whose password it is.
        token: of the session that goes on.
        new: the new password, stretched with its own salt.
        proof: the present password, stretched with its row's salt.
        printed: what was typed as the present password; a printed code proves as well.

    Returns:
        A new code to print, when the old one was used up as the proof.

    Raises:
        SignInFailed: the proof is wrong.
    """
    staff = db.get_one(Staff, by.id)
    by_code = False
    if open_with_password(db, staff, proof) is None:
        by_code = open_with_code(db, staff, printed) is not None
        if not by_code:
            raise SignInFailed
    keep_password(db, staff, by.seed, new)
    code = keep_new_code(db, staff, by.seed) if by_code else None
    sessions.end_all(db, "staff", by.id, but=token)
    log.emit(db, "unlock.added", by=by, d=Details(action="password.changed", staff=by.id))
    return code


def renew_code(db: Work, by: StaffActor, *, proof: bytes) -> str:
    """Make a new code to print; the earlier one no longer opens anything.

    Raises:
        SignInFailed: `proof` is not the person's password, stretched.
    """
    staff = db.get_one(Staff, by.id)
    if open_with_password(db, staff, proof) is None:
        raise SignInFailed
    code = keep_new_code(db, staff, by.seed)
    log.emit(db, "unlock.added", by=by, d=Details(action="code.renewed", staff=by.id))
    return code


def _row(db: Work, staff: Staff, kind: str) -> StaffUnlock:
    return unlock(db, staff.id, kind) or StaffUnlock(
        staff=staff.id,
        kind=kind,
        root_ver=0,
        salt=b"",
        memory_kib=0,
        passes=0,
        lanes=0,
        verifier=b"",
        wrap=b"",
    )


def _open(db: Work, staff: Staff, row: StaffUnlock, kek: bytes) -> bytes:
    seed = envelope.open_(kek, _context(db, staff, row.kind), row.wrap)
    # Every seed that is opened gives the public key that the directory vouches for.
    if hpke.public_key(seed) != staff.pk:
        raise DirectoryBroken("Staff")
    return seed


def _context(db: Work, staff: Staff, kind: str) -> bytes:
    return db.house.keyring.ctx("member/sk", staff.id, staff.epoch, kind)
