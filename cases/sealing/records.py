r"""Records: sealed fields, each tied to its case, its place and its version.

    env     = WE1(key, ctx("case/record", case, record, kind, epoch, field, version), pad(salt ‖ data))
    content = SHA-256("tribune/v1/content\0" ‖ salt ‖ u64be(len) ‖ data)

The salt of the commitment lies inside the envelope: without the key the commitment says nothing, and
opening one record in court opens that one alone.
"""

import hashlib
import json
import secrets
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from cases.database import Work
from cases.errors import EnvelopeInvalid, Shredded, Unpermitted
from cases.models.case import KeyKind, Record
from cases.permits import ReadPermit
from cases.sealing import envelope, padding
from cases.sealing.keyring import Keyring

SALT_BYTES = 32
CONTENT_LABEL = b"tribune/v1/content\0"
IDENTITY_FLOOR = 4_096
"""An identity record is made for every report and is as long when empty as when given."""


def commitment(salt: bytes, data: bytes) -> bytes:
    """The hiding commitment to a record's content, 32 bytes."""
    return hashlib.sha256(CONTENT_LABEL + salt + len(data).to_bytes(8, "big") + data).digest()


def seal(
    keyring: Keyring,
    key: bytes,
    data: dict[str, Any],
    *,
    case_id: UUID,
    kind: KeyKind,
    epoch: int,
    field: str,
    on: date,
    report_id: UUID | None = None,
    record_id: UUID | None = None,
    version: int = 1,
    delivered: bool = True,
    floor: int = padding.TEXT_FLOOR,
) -> Record:
    """Seal a value as a new row.

    Args:
        key: of `kind` and `epoch`.
        data: what JSON can hold; `Any` because every field has its own shape.
        case_id: the case of an `int` record; the report's original case for `conv` and `id`.
        field: the place it belongs to, such as `message` or `note`.
        on: the day it is made.
    """
    plaintext = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    salt = secrets.token_bytes(SALT_BYTES)
    identity = record_id or uuid4()
    context = keyring.ctx("case/record", case_id, identity, kind, epoch, field, version)
    return Record(
        id=identity,
        version=version,
        case_id=case_id,
        report_id=report_id,
        kind=kind,
        epoch=epoch,
        field=field,
        created_on=on,
        delivered=delivered,
        content=commitment(salt, plaintext),
        env=envelope.seal(key, context, padding.pad(salt + plaintext, floor)),
    )


def open_(db: Work, permit: ReadPermit, key: bytes, row: Record) -> dict[str, Any]:
    """Open a record that the trail says is being read.

    Raises:
        Unpermitted: the permit is not of this unit of work or does not name the case.
        EnvelopeInvalid: another key, a swapped or older row, or changed bytes.
        Shredded: two people deleted it, so there is nothing left to open.
    """
    if not permit.covers(db.ticket, row.case_id):
        raise Unpermitted
    if row.redacted_on is not None:
        raise Shredded
    context = db.house.keyring.ctx(
        "case/record", row.case_id, row.id, KeyKind(row.kind), row.epoch, row.field, row.version
    )
    opened = padding.unpad(envelope.open_(key, context, row.env))
    salt, plaintext = opened[:SALT_BYTES], opened[SALT_BYTES:]
    if commitment(salt, plaintext) != row.content:
        raise EnvelopeInvalid
    value: dict[str, Any] = json.loads(plaintext)
    return value
