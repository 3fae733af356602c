"""Sessions as wrapped keys: the token opens the row, the row opens nothing without the token.

    id  = HKDF(token, "session/id")[16]
    env = WE1(HMAC-SHA-256(K_session, token), ctx("session/sk", id), pad(JSON of Session))

A backup made while people are signed in holds envelopes whose keys need a token, which only its client
has, and K_session, which is not in the database.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, delete, update

from cases.database import Work
from cases.errors import EnvelopeInvalid, NotSignedIn
from cases.models.people import SignIn
from cases.sealing import envelope, hpke, padding
from cases.sealing.context import hkdf
from cases.sealing.keyring import KEY_BYTES, Keyring

HOUR = 3_600

STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Session:
    """What a token opens.

    Attributes:
        kind: `staff`, `reporter` or `handover`.
        who: the staff id or the report id.
        seed: their secret key.
        ends: UTC seconds when the session ends whatever happens.
        idle_ends: UTC seconds when it ends unless used; equal to `ends` where idling does not count.
        key_id: names the public key of a member of staff as they signed in; who enrolled anew since
            has another one.
    """

    kind: str
    who: UUID
    seed: bytes = field(repr=False)
    ends: int
    idle_ends: int
    key_id: bytes = b""


def of_staff(who: UUID, seed: bytes, *, ends: int, idle_ends: int) -> Session:
    """A session of a member of staff; fields as in `Session`."""
    key_id = hpke.key_id(hpke.public_key(seed))
    return Session(STAFF, who, seed, ends, idle_ends, key_id)


def session_id(keyring: Keyring, token: bytes) -> bytes:
    """The 16 bytes under which a token's row is found."""
    return hkdf(token, keyring.ctx("session/id"), 16)


def mark(keyring: Keyring, text: str) -> str:
    """Which session acted, as the trail says it: the first 4 bytes of SHA-256 of its id, in hex.

    Raises:
        NotSignedIn: this cannot be a token.
    """
    return hashlib.sha256(session_id(keyring, _token(text))).hexdigest()[:8]


def owner_tag(keyring: Keyring, kind: str, who: UUID, version: int | None = None) -> bytes:
    """The blind tag that one person's sessions share under one root secret."""
    group = STAFF if kind == STAFF else "reporter"
    context = keyring.ctx("session/owner", group, who)
    return hmac.digest(keyring.key("session", version), context, "sha256")[:16]


def begin(db: Work, session: Session) -> str:
    """Store a session and give the token that opens it, shown once."""
    token = secrets.token_bytes(KEY_BYTES)
    db.add(_row(db.house.keyring, token, session))
    return _text(token)


def resume(db: Work, text: str, now: int) -> Session:
    """The session a token opens.

    Raises:
        NotSignedIn: no such session, ended, or tampered with.
    """
    token = _token(text)
    keyring = db.house.keyring
    identity = session_id(keyring, token)
    row = db.get(SignIn, identity)
    if row is None:
        raise NotSignedIn
    key = hmac.digest(keyring.key("session", row.root_ver), token, "sha256")
    try:
        opened = envelope.open_(key, keyring.ctx("session/sk", identity), row.env)
    except EnvelopeInvalid as error:
        raise NotSignedIn from error
    value = json.loads(padding.unpad(opened))
    session = Session(
        kind=value["kind"],
        who=UUID(value["who"]),
        seed=bytes.fromhex(value["seed"]),
        ends=value["ends"],
        idle_ends=value["idle_ends"],
        key_id=bytes.fromhex(value.get("key_id", "")),
    )
    owner = owner_tag(keyring, session.kind, session.who, row.root_ver)
    if now >= min(session.ends, session.idle_ends) or not hmac.compare_digest(row.owner, owner):
        raise NotSignedIn
    return session


def renew(db: Work, text: str, session: Session) -> None:
    """Write changed ends of a running session.

    Raises:
        NotSignedIn: it was ended meanwhile; nobody who signs out at this moment is brought back.
    """
    row = _row(db.house.keyring, _token(text), session)
    changed = (
        update(SignIn)
        .where(col(SignIn.id) == row.id)
        .values(owner=row.owner, root_ver=row.root_ver, env=row.env, expires=row.expires)
    )
    if db.exec(changed).rowcount == 0:
        raise NotSignedIn


def end(db: Work, text: str) -> None:
    """Sign out; repeating it does no harm."""
    identity = session_id(db.house.keyring, _token(text))
    db.exec(delete(SignIn).where(col(SignIn.id) == identity))


def end_all(db: Work, kind: str, who: UUID, *, but: str | None = None) -> None:
    """End every session of one person, also those begun under an earlier root secret.

    Args:
        but: the token of a session that goes on.
    """
    keyring = db.house.keyring
    tags = [owner_tag(keyring, kind, who, version) for version in keyring.roots]
    spared = session_id(keyring, _token(but)) if but else b""
    db.exec(delete(SignIn).where(col(SignIn.owner).in_(tags), col(SignIn.id) != spared))


def _row(keyring: Keyring, token: bytes, session: Session) -> SignIn:
    identity = session_id(keyring, token)
    value = {
        "kind": session.kind,
        "who": session.who.hex,
        "seed": session.seed.hex(),
        "ends": session.ends,
        "idle_ends": session.idle_ends,
        "key_id": session.key_id.hex(),
    }
    key = hmac.digest(keyring.key("session"), token, "sha256")
    body = padding.pad(json.dumps(value).encode(), padding.META_FLOOR)
    return SignIn(
        id=identity,
        owner=owner_tag(keyring, session.kind, session.who),
        root_ver=keyring.root_version,
        env=envelope.seal(key, keyring.ctx("session/sk", identity), body),
        expires=-(-session.ends // HOUR) * HOUR,
    )


def _token(text: str) -> bytes:
    try:
        token = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise NotSignedIn from error
    if len(token) != KEY_BYTES or _text(token) != text:
        raise NotSignedIn
    return token


def _text(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()
