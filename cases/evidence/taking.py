"""Taking files in: a place first, then the bytes, then the row."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from cases import delivery
from cases.actors import ReporterActor, StaffActor
from cases.audit import log
from cases.audit.events import Object
from cases.database import House, Work
from cases.errors import ContentDiffers, NotAllowed, NotFound, Unacceptable
from cases.evidence.files import (
    DELETED,
    FIELD,
    Described,
    File,
    Place,
    as_file,
    key_of,
    look,
    opened,
    record_of,
    stored_id,
)
from cases.models.case import Attachment, Case, KeyKind, Record, Report
from cases.sealing import hierarchy, padding, records
from cases.sealing.blobs import BlobSealer, Sealed
from cases.sealing.hierarchy import StaffKeys


def place_for_reporter(db: Work, by: ReporterActor, client_id: UUID, *, most: int) -> Place:
    """Where a reporter's file is to go.

    Args:
        most: files that a thread may hold of its reporter.

    Raises:
        NotFound: the report was forgotten.
        NotAllowed: the case is archived.
        Unacceptable: there are too many files already.
        TooMuchWaiting: as `delivery.next_in_line`.
    """
    report = db.get(Report, by.report_id)
    if report is None:
        raise NotFound
    case = db.get_one(Case, report.case_id)
    if case.state in delivery.FORGETTING:
        raise NotAllowed(action="attach", state=case.state)
    place = _place(db, report.id, client_id, case=report.origin_case_id, report=report.id)
    if db.get(Attachment, place.stored) is not None:
        return place  # sent before: whatever it turns out to be, it takes no room
    statement = select(func.count()).where(Attachment.report_id == report.id)
    if db.exec(statement).one() >= most:
        raise Unacceptable([("/id", "too_many")])
    delivery.next_in_line(db, report.id)  # before its bytes come, and again when they are kept
    return place


def place_for_staff(
    db: Work, case: Case, client_id: UUID, *, report: Report | None = None
) -> Place:
    """Where a file of staff is to go: to the case, or into the thread of one of its reports.

    Raises:
        NotFound: the report is not of this case.
    """
    if report is None:
        return _place(db, case.id, client_id, case=case.id, report=None)
    if report.case_id != case.id or not report.delivered:
        raise NotFound
    return _place(db, report.id, client_id, case=report.origin_case_id, report=report.id)


def sealer(house: House, place: Place) -> BlobSealer:
    """Takes the bytes of a file in; each is sealed before it reaches a disk."""
    context = house.keyring.ctx("blob", place.case, place.stored, 1)
    return BlobSealer(house.blobs, place.key, context)


def keep_for_reporter(
    db: Work, by: ReporterActor, place: Place, sealed: Sealed, described: Described
) -> File:
    """Keep a reporter's file; staff see it at the tick. The caller deletes the blob unless it is new.

    Raises:
        ContentDiffers: another file was sent under this id, or it was deleted.
        NotFound: the report was forgotten.
        TooMuchWaiting: as `delivery.next_in_line`.
    """
    report = db.get(Report, by.report_id)
    if report is None:
        raise NotFound
    key = hierarchy.reporter_key(db, by, report, KeyKind.CONV)
    standing = db.get(Attachment, place.stored)
    if standing is not None:
        _demand_kept(standing)
        permit = log.reporter_permit(db, by, [place.case])
        epoch = record_of(db, standing).epoch
        then = hierarchy.reporter_key(db, by, report, KeyKind.CONV, epoch)
        return _same(opened(db, permit, then, standing), sealed)
    case = db.get_one(Case, report.case_id)
    record, row = _rows(
        db, place, sealed, described, key, epoch=report.conv_epoch, author="reporter"
    )
    order = delivery.next_in_line(db, report.id)
    record.delivered = row.delivered = False
    db.add_all((record, row))
    held = delivery.hold(
        db,
        delivery.Parcel(
            kind=delivery.Kind.RECORDS,
            report=report.id,
            order=order,
            records=((record.id, record.version),),
            attachments=(row.id,),
            event=delivery.ANSWER,
        ),
    )
    log.emit(
        db,
        "attachment.created",
        by=by,
        case=case,
        obj=_objects(row, record),
        lane=log.LANE_REPORTER,
        event_id=held,
    )
    delivery.settle(db)
    return _file(described, place, sealed, record, author="reporter")


def keep_for_staff(
    db: Work,
    case: Case,
    place: Place,
    sealed: Sealed,
    described: Described,
    *,
    by: StaffActor,
    keys: StaffKeys,
) -> File:
    """Keep a file of staff. The caller deletes the blob unless the file is new.

    Raises:
        ContentDiffers: another file was sent under this id, or it was deleted.
        NotFound: the person cannot open the case or the thread.
    """
    report = db.get_one(Report, place.report) if place.report else None
    key = keys.thread_key(report) if report else keys.case_key(case)
    standing = db.get(Attachment, place.stored)
    if standing is not None:
        _demand_kept(standing)
        permit = look(db, by, case, standing)
        return _same(opened(db, permit, key_of(db, standing, case, keys), standing), sealed)
    epoch = report.conv_epoch if report else case.epoch
    record, row = _rows(db, place, sealed, described, key, epoch=epoch, author="service")
    log.emit(db, "attachment.created", by=by, case=case, obj=_objects(row, record))
    record.n = case.seq
    db.add_all((record, row))
    return _file(described, place, sealed, record, author="service")


def in_turn(keep: Callable[[], File]) -> File:
    """Keep a file; when the same id is being kept by another request at once, look what it was."""
    try:
        return keep()
    except IntegrityError:
        return keep()


def _place(db: Work, owner: UUID, client_id: UUID, *, case: UUID, report: UUID | None) -> Place:
    stored = stored_id(db, owner, client_id)
    return Place(client_id, stored, owner, case, report, hierarchy.new_key())


def _rows(
    db: Work,
    place: Place,
    sealed: Sealed,
    described: Described,
    key: bytes,
    *,
    epoch: int,
    author: str,
) -> tuple[Record, Attachment]:
    data = {
        "id": place.client_id.hex,
        "name": described.name,
        "media_type": described.media_type,
        "size": sealed.size,
        "sha256": sealed.sha256.hex(),
        "key": place.key.hex(),
        "author": author,
        "source_type": described.source_type,
        "grade": described.grade,
    }
    record = records.seal(
        db.house.keyring,
        key,
        data,
        case_id=place.case,
        kind=KeyKind.CONV if place.report else KeyKind.INT,
        epoch=epoch,
        field=FIELD,
        on=db.house.today(),
        report_id=place.report,
    )
    row = Attachment(
        id=place.stored,
        case_id=place.case,
        report_id=place.report,
        record_id=record.id,
        blob=sealed.name,
        size_bucket=padding.padded_length(sealed.size, padding.BLOB_FLOOR),
        created_on=record.created_on,
    )
    return record, row


def _objects(row: Attachment, record: Record) -> list[Object]:
    return [
        Object(t="attachment", id=row.id),
        Object(t="record", id=record.id, ver=record.version, c=record.content.hex()),
    ]


def _demand_kept(standing: Attachment) -> None:
    """Refuse to bring back what was deleted: a client that sends again what it once sent gets no further.

    Raises:
        ContentDiffers: as said.
    """
    if standing.blob == DELETED:
        raise ContentDiffers


def _same(found: tuple[Mapping[str, Any], Record], sealed: Sealed) -> File:
    data, record = found
    if not hmac.compare_digest(data["sha256"], sealed.sha256.hex()):
        raise ContentDiffers
    return as_file(data, record)


def _file(
    described: Described, place: Place, sealed: Sealed, record: Record, *, author: str
) -> File:
    return File(
        id=place.client_id,
        name=described.name,
        media_type=described.media_type,
        size=sealed.size,
        sha256=sealed.sha256.hex(),
        author=author,
        sent_on=record.created_on,
        source_type=described.source_type,
        grade=described.grade,
        report=place.report,
        delivered=record.delivered,
        new=True,
    )
