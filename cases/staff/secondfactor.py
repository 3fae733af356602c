"""A second factor: six digits that change every half minute (TOTP, RFC 6238 over RFC 4226).

    digits = truncate(HMAC-SHA-1(secret, u64be(seconds // 30))) mod 10^6

Optional; the secret is sealed under K_totp. Twenty lines of standard library are less to trust than
another dependency, and the RFC's own vectors test them.
"""

import base64
import hmac
import secrets
from urllib.parse import quote
from uuid import UUID

from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, SignInFailed
from cases.models.people import SecondFactor
from cases.sealing import envelope
from cases.staff.changes import the_deployment

SECRET_BYTES = 20
STEP_SECONDS = 30
DIGITS = 6
DRIFT_STEPS = 1
"""Clocks may differ by half a minute either way."""

TOTP = "totp"


def digits(secret: bytes, step: int) -> str:
    """The six digits of one half minute."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def is_on(db: Work, staff_id: UUID) -> bool:
    """Whether a person has set one up and shown that it works."""
    row = db.get(SecondFactor, staff_id)
    return row is not None and row.confirmed


def passes(db: Work, staff_id: UUID, code: str | None) -> bool:
    """Whether a sign-in may go on: nothing is set up, or the code is right and not used before."""
    row = db.get(SecondFactor, staff_id)
    if row is None or not row.confirmed:
        return True
    return _accept(db, row, code or "")


def begin(db: Work, by: StaffActor) -> str:
    """Make a new secret that waits for its first code.

    Returns:
        The `otpauth://` address that code generators read.

    Raises:
        SignInFailed: one is set up already; it has to be taken away first, with its own code.
    """
    keyring = db.house.keyring
    row = db.get(SecondFactor, by.id)
    if row is not None and row.confirmed:
        raise SignInFailed
    secret = secrets.token_bytes(SECRET_BYTES)
    env = envelope.seal(keyring.key("totp"), keyring.ctx("totp", by.id, TOTP), secret)
    row = row or SecondFactor(staff=by.id, root_ver=0, env=b"")
    row.root_ver, row.env, row.last_step = keyring.root_version, env, 0
    db.add(row)
    log.emit(db, "unlock.added", by=by, d=Details(action="totp.begun", staff=by.id))
    label = quote(f"{the_deployment(db).name}:{by.username}")
    return f"otpauth://totp/{label}?secret={base64.b32encode(secret).decode()}&issuer=Tribune"


def confirm(db: Work, by: StaffActor, code: str) -> None:
    """Switch it on with a first code.

    Raises:
        NotFound: none was begun.
        SignInFailed: the code is wrong.
    """
    _shown(db, by, code).confirmed = True
    log.emit(db, "unlock.added", by=by, d=Details(action="totp.confirmed", staff=by.id))


def remove(db: Work, by: StaffActor, code: str) -> None:
    """Take it away again, with one of its codes.

    Raises:
        NotFound: there is none.
        SignInFailed: the code is wrong.
    """
    db.delete(_shown(db, by, code))
    log.emit(db, "unlock.added", by=by, d=Details(action="totp.removed", staff=by.id))


def _shown(db: Work, by: StaffActor, code: str) -> SecondFactor:
    row = db.get(SecondFactor, by.id)
    if row is None:
        raise NotFound
    if not _accept(db, row, code):
        raise SignInFailed
    return row


def _accept(db: Work, row: SecondFactor, code: str) -> bool:
    keyring = db.house.keyring
    context = keyring.ctx("totp", row.staff, row.kind)
    secret = envelope.open_(keyring.key("totp", row.root_ver), context, row.env)
    now = int(db.house.now().timestamp()) // STEP_SECONDS
    typed = code.replace(" ", "").encode("utf-8", "replace")
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        right = hmac.compare_digest(digits(secret, step).encode(), typed)
        if right and step > row.last_step:
            row.last_step = step
            return True
    return False
