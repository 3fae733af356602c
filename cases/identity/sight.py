"""Looking at an identity that was opened; every look is on record, and so is every try without leave."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import access, timed
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details, Object
from cases.database import Work
from cases.errors import NotFound, NotPermitted
from cases.identity import words
from cases.identity.asking import ACTS, report_of
from cases.models.case import Case, KeyKind, Record
from cases.models.timed import TimedAccess, TimedKind
from cases.sealing import records

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who sent a report.

    Attributes:
        given: False when they gave neither a name nor a way to reach them.
        until: when it closes again.
    """

    given: bool
    name: str = field(repr=False)
    contact: str = field(repr=False)
    until: datetime


def read(db: Work, case: Case, report_id: UUID, *, by: StaffActor, keys: "StaffKeys") -> Identity:
    """Who sent a report, for somebody it was opened to and as long as it is.

    Raises:
        NotFound: the case has no such report, or who sent it was forgotten.
        NotPermitted: it was not opened to this person, or not any more; the try is on record.
        DeclarationNeeded: they have not declared.
    """
    report = report_of(db, case, report_id)
    row = timed.standing(db, case, by.id, *timed.IDENTITIES, report=report.id)
    if row is None or not access.may(db, by, ACTS[TimedKind(row.kind)], case):
        looks.record(db, "access.refused", by=by, case=case, d=Details(parts=["identity"]))
        raise NotPermitted
    access.demand_declaration(db, by, case)
    newest = (
        select(Record)
        .where(
            Record.report_id == report.id,
            Record.kind == KeyKind.ID,
            Record.field == "identity",
            col(Record.delivered),
        )
        .order_by(col(Record.version).desc())
        .limit(1)
    )
    sealed = db.exec(newest).first()
    if sealed is None or row.until is None:
        raise NotFound
    permit = log.emit(
        db,
        "identity.disclosed",
        by=by,
        case=case,
        obj=[Object(t="identity", id=sealed.id, ver=sealed.version, c=sealed.content.hex())],
        d=Details(purpose=row.purpose, target=row.id),
        opens=(report.origin_case_id,),
    )
    value = records.open_(db, permit, keys.identity_key(report), sealed)
    name, contact = value["name"].strip(), value["contact"].strip()
    return Identity(given=bool(name or contact), name=name, contact=contact, until=row.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """A request as who made it sees it.

    Attributes:
        refusal: why a custodian said no.
    """

    row: TimedAccess
    refusal: str | None = field(repr=False)


def of_case(db: Work, case: Case, *, by: StaffActor) -> list[Mine]:
    """What this person asked the custodians about a case, newest first; the look is recorded."""
    log.emit(db, "case.read", by=by, case=case, d=Details(parts=["identity"], at=case.seq))
    statement = (
        select(TimedAccess)
        .where(
            TimedAccess.case_id == case.id,
            TimedAccess.staff == by.id,
            col(TimedAccess.kind).in_(timed.IDENTITIES),
        )
        .order_by(col(TimedAccess.asked_on).desc(), col(TimedAccess.id))
    )
    return [
        Mine(row=row, refusal=(words.answered(db, row, by.seed) or {}).get("reason"))
        for row in db.exec(statement)
    ]
