"""Forgetting a case for good, in an order that survives being killed anywhere.

    1  main    case.shred_ordered, state `purged`           the step T50, by two people
    2  vault   the shred keys go: nothing opens any more, here or in a backup of the main database
    3  blobs   the sealed files go
    4  main    case.shredded; wraps, links, records, files' rows, receipts and tokens go

Steps 2 to 4 are `finish_orders`, which the worker repeats until none is left. Each of them does no harm
when it is done twice. What stays: the case's row and steps for past figures, its trail, and hashes. Five
years later `forget_trails` erases what the trail says of it as well; the tree stays whole.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, delete, or_, select

from cases import subjects
from cases.actors import THE_SERVICE
from cases.audit import erasure, log
from cases.audit.events import Details
from cases.database import House, Work
from cases.models.case import (
    Assignment,
    Attachment,
    Case,
    CaseChain,
    CaseWrap,
    Declaration,
    KeyKind,
    PlannedText,
    Record,
    Report,
    ReporterKey,
    ReportReturn,
    ServiceMessage,
    SubjectMatch,
)
from cases.models.facts import AllegationFact, CaseFact, ReportFact
from cases.models.told import DayTold
from cases.sealing import facts
from workflows import calendar

TRAIL_MONTHS = 60
"""How long the trail outlives the content of a case."""

BATCH = 500
"""Cases whose trails are looked for at once."""

GONE = b""
"""The commitment of a key that was destroyed."""


def finish_orders(house: House) -> int:
    """Carry out every order to destroy a case's content; safe to run twice, or twice at once.

    Returns:
        How many cases were forgotten.
    """
    with house.glance() as db:
        ordered = sorted(db.exec(select(Case.id).where(_ordered())))
    return sum(_finish(house, case_id) for case_id in ordered)


def forget_trails(house: House) -> int:
    """Erase what the trail says of cases whose content has been gone for long; safe to run twice.

    Returns:
        How many events were erased.
    """
    until = calendar.add_months(house.today(), -TRAIL_MONTHS)
    forgotten = select(Case.id).where(Case.commitment == GONE, col(Case.entered_on) <= until)
    with house.glance() as db:
        cases = sorted(db.exec(forgotten))
        told = [
            case
            for start in range(0, len(cases), BATCH)
            for case in erasure.still_told(db, cases[start : start + BATCH])
        ]
    erased = 0
    for case_id in told:
        with house.unit_of_work() as db:
            erased += erasure.erase_case(db, db.get_one(Case, case_id))
    return erased


def _ordered() -> ColumnElement[bool]:
    """Cases whose content is to go and has not gone yet."""
    return (col(Case.state) == "purged") & (col(Case.commitment) != GONE)


def _finish(house: House, case_id: UUID) -> bool:
    with house.glance() as db:
        reports = _reports(db, case_id)
        blobs = list(db.exec(select(Attachment.blob).where(_of(Attachment, case_id, reports))))
    kinds = (KeyKind.CONV, KeyKind.ID)
    threads = [(kind, report) for report in reports for kind in kinds]
    house.vault.forget([(KeyKind.INT, case_id), *threads])
    for blob in blobs:
        house.blobs.delete(blob)
    with house.unit_of_work() as db:
        return _clear(db, case_id)


def _reports(db: Work, case_id: UUID) -> list[UUID]:
    """The reports of a case: those that are in it now, wherever they came with."""
    return sorted(db.exec(select(Report.id).where(Report.case_id == case_id)))


def _of(
    table: type[Attachment | Record | CaseWrap], case_id: UUID, reports: Sequence[UUID]
) -> ColumnElement[bool]:
    """The rows of a case's own and of its reports' things, but of no report that was merged elsewhere."""
    own = and_(col(table.case_id) == case_id, col(table.report_id).is_(None))
    return or_(own, col(table.report_id).in_(reports))


def _clear(db: Work, case_id: UUID) -> bool:
    """Take away what is of no use without its keys, and put on record that it is gone."""
    statement = select(Case).where(Case.id == case_id, _ordered()).with_for_update()
    case = db.exec(statement).first()
    if case is None:
        return False  # somebody else was quicker
    reports = _reports(db, case_id)
    records = select(Record).where(_of(Record, case_id, reports))
    certificate = hashlib.sha256()
    count = 0
    for row in sorted(db.exec(records), key=lambda row: (row.id, row.version)):
        certificate.update(row.content)
        count += 1
    for sealed in (Record, Attachment, CaseWrap):
        db.exec(delete(sealed).where(_of(sealed, case_id, reports)))
    links = or_(col(CaseChain.case_id) == case_id, col(CaseChain.subject).in_([case_id, *reports]))
    db.exec(delete(CaseChain).where(links))
    for of_case in (SubjectMatch, PlannedText, DayTold, AllegationFact, Declaration, Assignment):
        db.exec(delete(of_case).where(col(of_case.case_id) == case_id))
    for of_report in (ReporterKey, ServiceMessage, ReportReturn, ReportFact):
        db.exec(delete(of_report).where(col(of_report.report_id).in_(reports)))
    for report in db.exec(select(Report).where(col(Report.id).in_(reports))):
        report.conv_commitment = report.id_commitment = GONE
    subjects.forget(db, case.unit, case_id)
    _blank(db, case)
    log.emit(
        db,
        "case.shredded",
        by=THE_SERVICE,
        case=case,
        d=Details(count=count, sha=certificate.hexdigest()),
    )
    case.commitment = GONE
    return True


def _blank(db: Work, case: Case) -> None:
    """What lists filter by says nothing any more; months that counted the case are published."""
    row = db.get_one(CaseFact, case.id)
    for dimension in facts.FILTERS:
        token = facts.filter_token(db.house.keyring, dimension, facts.NOT_STATED)
        setattr(row, dimension, token)
    row.assessed_category = row.closure_reason = None
