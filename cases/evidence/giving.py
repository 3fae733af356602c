"""Giving files back, as they were."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from cases import family
from cases.actors import ReporterActor, StaffActor
from cases.audit import log
from cases.database import Work
from cases.errors import BlobMissing, EnvelopeInvalid, NotFound
from cases.evidence.files import (
    DELETED,
    File,
    as_file,
    key_of,
    look,
    opened,
    record_of,
    stored_id,
)
from cases.models.case import Attachment, Case, KeyKind, Record, Report
from cases.permits import ReadPermit
from cases.sealing import blobs, hierarchy
from cases.sealing.hierarchy import StaffKeys


@dataclass(frozen=True, slots=True)
class Contents:
    """A file on its way out; its pieces flow after the unit of work has ended."""

    file: File
    pieces: Iterator[bytes] = field(repr=False)


def own_files(db: Work, by: ReporterActor) -> list[File]:
    """The files of a reporter's thread, theirs and the service's, oldest first."""
    report = db.get(Report, by.report_id)
    if report is None:
        raise NotFound
    permit = log.reporter_permit(db, by, [report.origin_case_id])
    kept = (Attachment.report_id == report.id, Attachment.blob != DELETED)
    rows = db.exec(select(Attachment).where(*kept)).all()
    return _listed(db, permit, rows, lambda row: _own_key(db, by, report, row))


def files_of(db: Work, permit: ReadPermit, case: Case, keys: StaffKeys) -> list[File]:
    """The files of a case, of what was merged into it, and of its threads as staff see them: delivered ones.

    Args:
        permit: from the event that says they are read; covers the original cases of the reports.
    """
    threads = select(Report.id).where(Report.case_id == case.id, col(Report.delivered))
    own = col(Attachment.case_id).in_(family.ids(db, case)) & col(Attachment.report_id).is_(None)
    statement = select(Attachment).where(
        col(Attachment.delivered),
        Attachment.blob != DELETED,
        own | col(Attachment.report_id).in_(threads),
    )
    return _listed(db, permit, db.exec(statement).all(), lambda row: key_of(db, row, case, keys))


def open_own(db: Work, by: ReporterActor, client_id: UUID) -> Contents:
    """A file of the reporter's own thread.

    Raises:
        NotFound: there is none under this id.
    """
    report = db.get(Report, by.report_id)
    row = db.get(Attachment, stored_id(db, report.id, client_id)) if report else None
    if report is None or row is None or row.blob == DELETED:
        raise NotFound
    permit = log.reporter_permit(db, by, [report.origin_case_id])
    return _contents(db, permit, _own_key(db, by, report, row), row)


def _own_key(db: Work, by: ReporterActor, report: Report, row: Attachment) -> bytes:
    """The key of a file's record, which may be older than the thread's present one."""
    return hierarchy.reporter_key(db, by, report, KeyKind.CONV, record_of(db, row).epoch)


def stored_ids(db: Work, case: Case, client_id: UUID) -> frozenset[UUID]:
    """The stored ids that a client's id can stand for in a case: its own, and those of its threads.

    What was merged into the case is as its own.
    """
    reports = db.exec(
        select(Report.id).where(Report.case_id == case.id, col(Report.delivered))
    ).all()
    return frozenset(stored_id(db, owner, client_id) for owner in (*family.ids(db, case), *reports))


def open_for_staff(
    db: Work, by: StaffActor, case: Case, client_id: UUID, *, keys: StaffKeys
) -> Contents:
    """A file of a case or of one of its threads. Writes the event; bytes flow after the commit.

    Raises:
        NotFound: there is none under this id that staff can see.
    """
    row = find(db, case, client_id)
    if row is None:
        raise NotFound
    key = key_of(db, row, case, keys)
    return _contents(db, look(db, by, case, row), key, row)


def try_to_open(
    db: Work, by: StaffActor, case: Case, client_id: UUID, *, keys: StaffKeys
) -> tuple[str, Iterator[bytes] | None]:
    """The SHA-256 a file had when it came, and its pieces; None for pieces that do not open.

    Raises:
        NotFound: there is no such file any more.
    """
    row = find(db, case, client_id)
    if row is None:
        raise NotFound
    permit, key = look(db, by, case, row), key_of(db, row, case, keys)
    data, _ = opened(db, permit, key, row)
    try:
        return data["sha256"], _contents(db, permit, key, row).pieces
    except (BlobMissing, EnvelopeInvalid):
        return data["sha256"], None


def described(
    db: Work, permit: ReadPermit, case: Case, client_id: UUID, keys: StaffKeys
) -> tuple[File, Record] | None:
    """A file of a case or of one of its threads, and the record that describes it; None where there is none.

    Args:
        permit: covers the original case of the file.
    """
    row = find(db, case, client_id)
    if row is None:
        return None
    data, record = opened(db, permit, key_of(db, row, case, keys), row)
    return as_file(data, record), record


def find(db: Work, case: Case, client_id: UUID) -> Attachment | None:
    """The row of a file that staff can see under an id that lists show."""
    wanted = stored_ids(db, case, client_id)
    statement = select(Attachment).where(
        col(Attachment.id).in_(wanted), col(Attachment.delivered), Attachment.blob != DELETED
    )
    return db.exec(statement).first()


def _listed(
    db: Work,
    permit: ReadPermit,
    rows: Sequence[Attachment],
    key: Callable[[Attachment], bytes],
) -> list[File]:
    found = [opened(db, permit, key(row), row) for row in rows]
    # What waits for the tick stands last: its number is still to come.
    found.sort(key=lambda one: (one[1].created_on, not one[1].delivered, one[1].n, one[1].id.bytes))
    return [as_file(data, record) for data, record in found]


def _contents(db: Work, permit: ReadPermit, key: bytes, row: Attachment) -> Contents:
    data, record = opened(db, permit, key, row)
    context = db.house.keyring.ctx("blob", row.case_id, row.id, 1)
    pieces = blobs.open_blob(
        db.house.blobs, row.blob, bytes.fromhex(data["key"]), context, data["size"]
    )
    return Contents(as_file(data, record), pieces)
