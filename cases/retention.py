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

from cases import evidence, subjects, timed
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
from cases.models.links import FollowUp
from cases.models.timed import TimedAccess
from cases.models.told import DayTold, EffectCheck
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


def forget_identities(house: House) -> int:
    """Forget who reported cases whose class keeps that for a shorter time; safe to run twice, or twice at once.

        1  main    identity.shred_ordered; the commitment of the key goes, and with it every look
        2  vault   the shred key of each identity goes: nothing opens it, here or in a backup
        3  main    identity.shredded; the wraps go; records of it stay shut until the case goes, for the trail

    A legal hold stops it before the first of these, and nothing after it.

    Returns:
        How many identities were forgotten.
    """
    with house.glance() as db:
        due = sorted(db.exec(select(Case.id).where(_identities_due(house))))
    for case_id in due:
        with house.unit_of_work() as db:
            _order_identities(db, case_id)
    with house.glance() as db:
        ordered = sorted(set(db.exec(select(Report.id).where(_identity_ordered()))))
    return sum(_forget_identity(house, report_id) for report_id in ordered)


def _identities_due(house: House) -> ColumnElement[bool]:
    """Cases whose reporters nobody needs to know any more."""
    known = select(Report.case_id).where(Report.id_commitment != GONE)
    return and_(
        col(Case.forget_identity_on) <= house.today(),
        col(Case.legal_hold).is_(False),
        col(Case.id).in_(known),
    )


def _order_identities(db: Work, case_id: UUID) -> None:
    statement = select(Case).where(Case.id == case_id, _identities_due(db.house))
    case = db.exec(statement.with_for_update()).first()
    if case is None:
        return  # somebody else was quicker, or it was opened again
    reports = db.exec(select(Report).where(Report.case_id == case.id)).all()
    for report in reports:
        report.id_commitment = GONE
    timed.end_identities(db, case, by=THE_SERVICE)
    log.emit(db, "identity.shred_ordered", by=THE_SERVICE, case=case, d=Details(count=len(reports)))


def _identity_ordered() -> ColumnElement[bool]:
    """Reports whose identity is to go and has not gone yet."""
    wrapped = select(CaseWrap.report_id).where(CaseWrap.kind == KeyKind.ID)
    return and_(col(Report.id_commitment) == GONE, col(Report.id).in_(wrapped))


def _forget_identity(house: House, report_id: UUID) -> bool:
    house.vault.forget([(KeyKind.ID, report_id)])
    with house.unit_of_work() as db:
        statement = select(Report).where(Report.id == report_id, _identity_ordered())
        report = db.exec(statement.with_for_update()).first()
        if report is None:
            return False  # somebody else was quicker
        of_it = (col(Record.report_id) == report_id, col(Record.kind) == KeyKind.ID)
        certificate = hashlib.sha256()
        rows = sorted(db.exec(select(Record).where(*of_it)), key=lambda row: (row.id, row.version))
        for row in rows:
            certificate.update(row.content)
        wraps = (col(CaseWrap.report_id) == report_id, col(CaseWrap.kind) == KeyKind.ID)
        db.exec(delete(CaseWrap).where(*wraps))
        log.emit(
            db,
            "identity.shredded",
            by=THE_SERVICE,
            case=db.get_one(Case, report.case_id),
            d=Details(count=len(rows), sha=certificate.hexdigest()),
        )
    return True


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
        its = (_of(Attachment, case_id, reports), Attachment.blob != evidence.DELETED)
        blobs = list(db.exec(select(Attachment.blob).where(*its)))
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
    by_case = (
        TimedAccess,
        SubjectMatch,
        FollowUp,
        DayTold,
        EffectCheck,
        PlannedText,
        AllegationFact,
        Declaration,
        Assignment,
    )
    for of_case in by_case:
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
