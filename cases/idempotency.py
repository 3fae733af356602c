"""The same request sent twice is carried out once, without keeping what was sent.

    key  tag = HMAC-SHA-256(K_idempotency, ctx("idempotency/key", caller, key))
    body tag = HMAC-SHA-256(K_idempotency, ctx("idempotency/body", canonical body))

A plain hash of the body would confirm a guessed text to whoever steals the database. Beside the two tags
only the day is kept on which they are forgotten; the first outcome follows from it.
"""

import hmac
import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cases.database import Work
from cases.errors import IdempotencyKeyMalformed, IdempotencyMismatch
from cases.models.case import Idempotency
from cases.sealing.keyring import Keyring

KEPT_DAYS = 30

_KEY = re.compile(r"[\x21-\x7e]{22,64}")


@dataclass(frozen=True, slots=True)
class Once:
    """One request that is to be carried out once: its two blind tags."""

    key_tag: bytes
    body_tag: bytes


def once(keyring: Keyring, *, caller: str, key: str, body: bytes) -> Once:
    """The tags of a request.

    Args:
        caller: who shares keys with nobody else: all reporters together, or one desk.
        key: the `Idempotency-Key` as it was sent.
        body: from `canonical`.

    Raises:
        IdempotencyKeyMalformed: not 22 to 64 visible characters.
    """
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyMalformed
    context = keyring.ctx("idempotency/key", caller, key)
    return Once(hmac.digest(keyring.key("idempotency"), context, "sha256"), body_tag(keyring, body))


def body_tag(keyring: Keyring, body: bytes) -> bytes:
    """The blind tag of a body, 32 bytes."""
    context = keyring.ctx("idempotency/body", body)
    return hmac.digest(keyring.key("idempotency"), context, "sha256")


# Any: a body is whatever JSON its shape allows.
def canonical(body: dict[str, Any]) -> bytes:
    """A parsed body as bytes that do not depend on spacing or on the order of members.

    Equal to JCS (RFC 8785) byte for byte, because bodies hold strings, booleans, null, arrays and
    objects with ASCII names only: no numbers, whose notation is the other thing JCS settles.
    """
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def recall(db: Work, request: Once) -> date | None:
    """The day on which this request was carried out before, or None.

    Raises:
        IdempotencyMismatch: the key was used with another body.
    """
    row = db.get(Idempotency, request.key_tag)
    if row is None:
        return None
    if not hmac.compare_digest(row.body_tag, request.body_tag):
        raise IdempotencyMismatch
    return row.expires_on - timedelta(days=KEPT_DAYS)


def remember(db: Work, request: Once) -> None:
    """Note that the request is carried out; at the commit only one of two at once succeeds."""
    db.add(
        Idempotency(
            key_tag=request.key_tag,
            body_tag=request.body_tag,
            expires_on=db.house.today() + timedelta(days=KEPT_DAYS),
        )
    )
