"""The thread between one reporter and the service: sealed messages, and standard texts as codes.

A message is a record under the report's `conv` key: {author, body, act, order, staff}. `author` is
`reporter` or `service`; who of the staff wrote is kept inside and never shown to the reporter. `order` orders
what one reporter sent within one tick; between ticks the number of its delivery does, so that a message
does not tell staff whether it was written before or after theirs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from cases import delivery
from cases.actors import ReporterActor, StaffActor
from cases.audit import log
from cases.audit.events import Object
from cases.database import Work
from cases.errors import NotAllowed, NotFound
from cases.models.case import Case, KeyKind, Record, Report, ServiceMessage
from cases.naming import Cleared
from cases.permits import ReadPermit
from cases.sealing import hierarchy, records
from cases.sealing.hierarchy import StaffKeys
from cases.staff import wording
from workflows import catalogue
from workflows.model import Locale

FIELD = "message"
GONE = "message_deleted"
"""The standard text that stands where two people deleted a message."""
REPORTER, SERVICE = "reporter", "service"


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that was kept."""

    id: UUID
    sent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One contribution to a thread, opened.

    Attributes:
        author: `reporter` or `service`.
        code: of a standard text, worded in the reader's language; `body` is then empty.
        act: what the reporter asked for with it, such as `withdraw`; empty for a mere message.
        details: what the act brought besides its words.
        staff: who of the staff wrote it; for staff only.
        delivered: staff can see it.
        deleted_on: the day it was deleted as not relevant; who wrote it is gone with what it said.
    """

    id: UUID
    author: str
    sent_on: date
    body: str = field(default="", repr=False)
    code: str | None = None
    act: str | None = None
    details: dict[str, str] = field(default_factory=dict, repr=False)
    staff: UUID | None = None
    delivered: bool = True
    deleted_on: date | None = None
    wordings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of a standard text: the administration's own, by language."""
    place: tuple[bool, int, int] = (False, 0, 0)
    """Among the contributions of one day."""

    def worded(self, language: Locale) -> str:
        """What it says: a person's own words, or a standard text in the reader's language."""
        if self.code is None:
            return self.body
        return self.wordings.get(language) or catalogue.label(wording.LIST, self.code, language)


def own_report(db: Work, by: ReporterActor) -> Report:
    """The report a receipt stands for.

    Raises:
        NotFound: it was forgotten.
    """
    report = db.get(Report, by.report_id)
    if report is None:
        raise NotFound
    return report


def open_case(db: Work, report: Report, *, act: str) -> Case:
    """The case of a report that can still be added to.

    Raises:
        NotAllowed: the case is only kept until it is forgotten.
    """
    case = db.get_one(Case, report.case_id)
    if case.state in delivery.FORGETTING:
        raise NotAllowed(action=act, state=case.state)
    return case


def post_as_reporter(
    db: Work,
    by: ReporterActor,
    text: str,
    *,
    act: str | None = None,
    details: dict[str, str] | None = None,
    event: str | None = delivery.ANSWER,
    follow_up: str | None = None,
) -> Posted:
    """Keep what a reporter writes; staff see it at the tick.

    Args:
        text: checked for its length by the caller.
        act: what they ask for with it; `details` what that needs besides words.
        event: the step it takes at delivery, where the case waits for it.
        follow_up: what is to be done about it, from its delivery on.

    Raises:
        NotFound: the report was forgotten.
        NotAllowed: the case is archived.
        TooMuchWaiting: as `delivery.next_in_line`.
    """
    report = own_report(db, by)
    case = open_case(db, report, act=act or "reply")
    order = delivery.next_in_line(db, report.id)
    data = {"author": REPORTER, "body": text, "act": act, "details": details, "order": order}
    row = _seal(db, report, hierarchy.reporter_key(db, by, report, KeyKind.CONV), data)
    row.delivered = False
    db.add(row)
    held = delivery.hold(
        db,
        delivery.Parcel(
            kind=delivery.Kind.RECORDS,
            report=report.id,
            order=order,
            records=((row.id, row.version),),
            event=event,
            follow_up=follow_up,
        ),
    )
    _record_it(db, row, by=by, case=case, held=held)
    delivery.settle(db)
    return Posted(row.id, row.created_on)


def post_as_staff(
    db: Work, case: Case, report: Report, text: Cleared, *, by: StaffActor, keys: StaffKeys
) -> Posted:
    """Write to a reporter. The caller has checked that the person may, in this case.

    Args:
        text: from `naming.cleared`, for this case: nobody is named in it.

    Raises:
        NotFound: the report is not of this case, or its thread was forgotten.
    """
    if text.case != case.id or report.case_id != case.id or not report.delivered:
        raise NotFound
    data = {"author": SERVICE, "body": text.text, "act": None, "order": 0, "staff": by.id.hex}
    row = _seal(db, report, keys.thread_key(report), data)
    _record_it(db, row, by=by, case=case)
    row.n = case.seq
    db.add(row)
    return Posted(row.id, row.created_on)


def read_own_thread(db: Work, by: ReporterActor) -> list[Said]:
    """What the reporter sees: everything of their own at once, and what the service wrote."""
    report = own_report(db, by)
    permit = log.reporter_permit(db, by, [report.origin_case_id])

    def key(epoch: int) -> bytes:
        return hierarchy.reporter_key(db, by, report, KeyKind.CONV, epoch)

    return read(db, permit, report, key, delivered_only=False)


def read_thread(db: Work, permit: ReadPermit, report: Report, keys: StaffKeys) -> list[Said]:
    """What staff see: delivered rows only.

    Args:
        permit: from the event that says this thread is read; covers the report's original case.
    """

    def key(epoch: int) -> bytes:
        return keys.thread_key(report, epoch)

    return read(db, permit, report, key, delivered_only=True)


def read(
    db: Work,
    permit: ReadPermit,
    report: Report,
    key: Callable[[int], bytes],
    *,
    delivered_only: bool,
) -> list[Said]:
    """A whole thread, oldest first.

    Args:
        key: the thread's key of an epoch; each record is opened with that of its own.
    """
    statement = select(Record).where(Record.report_id == report.id, Record.field == FIELD)
    if delivered_only:
        statement = statement.where(col(Record.delivered))
    rows = db.exec(statement).all()
    kept = [row for row in rows if row.redacted_on is None]
    by_epoch = {epoch: key(epoch) for epoch in {row.epoch for row in kept}}
    sealed = [_opened(records.open_(db, permit, by_epoch[row.epoch], row), row) for row in kept]
    gone = _deleted(db, [row for row in rows if row.redacted_on is not None])
    return _in_order([*sealed, *gone, *standard_texts(db, report)])


def _deleted(db: Work, rows: Sequence[Record]) -> list[Said]:
    """What stands in the place of deleted messages."""
    own = wording.own(db, {GONE}).get(GONE, {}) if rows else {}
    return [
        Said(
            id=row.id,
            author=SERVICE,
            sent_on=row.created_on,
            code=GONE,
            deleted_on=row.redacted_on,
            wordings=own,
            place=(False, row.n, 0),
        )
        for row in rows
    ]


def standard_texts(db: Work, report: Report) -> list[Said]:
    """The standard texts a reporter was sent, oldest first."""
    rows = db.exec(select(ServiceMessage).where(ServiceMessage.report_id == report.id)).all()
    own = wording.own(db, {row.code for row in rows})
    return _in_order(
        Said(
            id=row.id,
            author=SERVICE,
            sent_on=row.sent_on,
            code=row.code,
            wordings=own.get(row.code, {}),
            place=(False, row.n, 0),
        )
        for row in rows
    )


def standard_texts_for(db: Work, by: ReporterActor) -> list[Said]:
    """What is shown to who holds a receipt that a desk handed over: nothing anybody wrote."""
    return standard_texts(db, own_report(db, by))


def _in_order(said: Iterable[Said]) -> list[Said]:
    return sorted(said, key=lambda one: (one.sent_on, one.place, one.id.bytes))


# Any: what JSON holds.
def _opened(data: dict[str, Any], row: Record) -> Said:
    return Said(
        id=row.id,
        author=data["author"],
        sent_on=row.created_on,
        body=data["body"],
        act=data.get("act"),
        details=data.get("details") or {},
        staff=UUID(data["staff"]) if data.get("staff") else None,
        delivered=row.delivered,
        # What waits for the tick stands last: its number is still to come.
        place=(not row.delivered, row.n, data["order"]),
    )


def _seal(db: Work, report: Report, key: bytes, data: dict[str, Any]) -> Record:
    return records.seal(
        db.house.keyring,
        key,
        data,
        case_id=report.origin_case_id,
        kind=KeyKind.CONV,
        epoch=report.conv_epoch,
        field=FIELD,
        on=db.house.today(),
        report_id=report.id,
    )


def hand_in(db: Work, row: Record, *, by: ReporterActor, case: Case) -> None:
    """Keep what a reporter sealed, unseen by staff until the tick.

    Args:
        row: a record of their own report, not delivered.

    Raises:
        TooMuchWaiting: as `delivery.next_in_line`.
    """
    order = delivery.next_in_line(db, by.report_id)
    db.add(row)
    held = delivery.hold(
        db,
        delivery.Parcel(
            kind=delivery.Kind.RECORDS,
            report=by.report_id,
            order=order,
            records=((row.id, row.version),),
        ),
    )
    log.emit(
        db,
        "record.created",
        by=by,
        case=case,
        obj=describe([row]),
        lane=log.LANE_REPORTER,
        event_id=held,
    )


def _record_it(
    db: Work,
    row: Record,
    *,
    by: ReporterActor | StaffActor,
    case: Case,
    held: UUID | None = None,
) -> None:
    """Write that a message was sent: `record.created` of the field `message`, under its own name."""
    lane = log.LANE_REPORTER if isinstance(by, ReporterActor) else log.LANE_STAFF
    log.emit(db, "message.sent", by=by, case=case, obj=describe([row]), lane=lane, event_id=held)


def describe(rows: Sequence[Record]) -> list[Object]:
    """New records as the trail names them, with their commitments."""
    return [Object(t="record", id=row.id, ver=row.version, c=row.content.hex()) for row in rows]
