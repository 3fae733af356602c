"""Files of a thread or of a case: taken in as they stream, given back as they were.

    stored id = HMAC-SHA-256(K_attachment, ctx("attachment/id", owner, client id))[:16]
    blob      = WE1(file key, ctx("blob", case, stored id, 1), content padded)
    record    `attachment` under `conv` or `int`: {id, name, media_type, size, sha256, key, author, …}

The client chooses the id, so that an upload that broke off can be repeated; because it is hashed together
with the owner, nobody can name, meet or overwrite a file of somebody else. Order of writing:
blob, fsync, row; a crash leaves a blob that no row names, which is reported and not deleted by itself.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Object
from cases.database import Work
from cases.models.case import Attachment, Case, Record, Report
from cases.permits import ReadPermit
from cases.sealing import records
from cases.sealing.hierarchy import StaffKeys

FIELD = "attachment"
DELETED = ""
"""Where the blob of a file stood that two people deleted; its row stays, so that its id is never used again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is to go, before its first byte.

    Attributes:
        owner: the report of a thread, or the case.
        case: the case that its contexts name for good.
        key: the file's own key.
    """

    client_id: UUID
    stored: UUID
    owner: UUID
    case: UUID
    report: UUID | None
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the sender says about a file."""

    name: str = field(repr=False)
    media_type: str
    source_type: str | None = None
    grade: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A kept file.

    Attributes:
        id: the id its sender chose.
        author: `reporter` or `service`.
        new: it was not there before.
    """

    id: UUID
    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: str
    author: str
    sent_on: date
    source_type: str | None = None
    grade: str | None = None
    report: UUID | None = None
    delivered: bool = True
    new: bool = False


def stored_id(db: Work, owner: UUID, client_id: UUID) -> UUID:
    """The id of a file, which says nothing about the one its sender chose."""
    keyring = db.house.keyring
    context = keyring.ctx("attachment/id", owner, client_id)
    return UUID(bytes=hmac.digest(keyring.key("attachment"), context, "sha256")[:16])


def look(db: Work, by: StaffActor, case: Case, row: Attachment) -> ReadPermit:
    """Write that somebody of the staff looks at a file."""
    return looks.record(
        db,
        "attachment.read",
        by=by,
        case=case,
        obj=[Object(t="attachment", id=row.id)],
        opens=(row.case_id,),
    )


def key_of(db: Work, row: Attachment, case: Case, keys: StaffKeys) -> bytes:
    """The key of a file's record, by the way staff have to it.

    Raises:
        NotFound: there is none.
    """
    record = record_of(db, row)
    if row.report_id is not None:
        return keys.thread_key(db.get_one(Report, row.report_id), record.epoch)
    return keys.case_key(
        case if row.case_id == case.id else db.get_one(Case, row.case_id), record.epoch
    )


def record_of(db: Work, row: Attachment) -> Record:
    """The newest version of what a file is called and how it opens."""
    statement = (
        select(Record).where(Record.id == row.record_id).order_by(col(Record.version).desc())
    )
    return db.exec(statement.limit(1)).one()


# Any: what JSON holds.
def opened(
    db: Work, permit: ReadPermit, key: bytes, row: Attachment
) -> tuple[Mapping[str, Any], Record]:
    """What a file is called and how it opens, and the row that says it."""
    record = record_of(db, row)
    return records.open_(db, permit, key, record), record


def as_file(data: Mapping[str, Any], record: Record) -> File:
    """A file as those who may know of it see it."""
    return File(
        id=UUID(data["id"]),
        name=data["name"],
        media_type=data["media_type"],
        size=data["size"],
        sha256=data["sha256"],
        author=data["author"],
        sent_on=record.created_on,
        source_type=data["source_type"],
        grade=data["grade"],
        report=record.report_id,
        delivered=record.delivered,
    )
