"""Asking who a reporter is: to work on the case, or to hand it on to somebody outside."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import assignments, risk, timed
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import AlreadyProposed, NotFound, Unacceptable
from cases.identity import words
from cases.models.case import Case, CaseWrap, KeyKind, Recipient, Report
from cases.models.people import Unit
from cases.models.timed import TimedAccess, TimedKind, TimedStatus
from cases.objects import allegations, handing_on
from cases.staff import calendars
from workflows import catalogue

if TYPE_CHECKING:
    from sqlmodel.sql.expression import SelectOfScalar

    from cases.sealing.hierarchy import StaffKeys

ACTS = {TimedKind.IDENTITY: "read_identity", TimedKind.RELEASE: "release_identity"}
"""What is asked for -> the line of the permission table."""

ANSWER_DAYS = 5
"""Working days a request waits for custodians."""


def ask(
    db: Work, case: Case, report: UUID, purpose: str, reason: str, *, by: StaffActor
) -> TimedAccess:
    """Ask to be told who sent a report; two custodians decide.

    Whether a name was given is not known before: an anonymous report is asked about in the same way.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        NotFound: the case has no such report, or who sent it was forgotten.
        Unacceptable: no such purpose.
        AlreadyProposed: the person has asked already, or may look.
    """
    assignments.demand(db, by, ACTS[TimedKind.IDENTITY], case)
    if purpose not in catalogue.code_list("identity_purposes"):
        raise Unacceptable([("/purpose", "unknown_value")])
    said = {"reason": reason}
    sent = report_of(db, case, report)
    return _ask(db, case, sent, TimedKind.IDENTITY, purpose=purpose, said=said, by=by)


def ask_release(
    db: Work,
    case: Case,
    report: UUID,
    *,
    basis: str,
    body: str,
    reason: str,
    tells: bool,
    by: StaffActor,
    keys: "StaffKeys",
) -> TimedAccess:
    """Ask to hand the identity of a reporter to another body; a custodian is the second person.

    Where somebody's risk is high, a protection officer agreed to it first.

    Args:
        basis: a code of `identity_bases`: the reporter agreed, or the law demands it.
        body: a code of `referral_bodies`.
        tells: whether the reporter is told; where it would do harm, `reason` says why.

    Raises:
        As for `ask`.
        Unacceptable: the reporter would be told of a body of which nobody may hear; a body that learns who
            reported only with their agreement.
        NotReady: the risk is high, and nobody agreed for the protection of who reported.
    """
    assignments.demand(db, by, ACTS[TimedKind.RELEASE], case, shut_too=True)
    lists = (("/basis", "identity_bases", basis), ("/body", "referral_bodies", body))
    wrong = [
        (at, "unknown_value") for at, name, code in lists if code not in catalogue.code_list(name)
    ]
    if not wrong and not handing_on.may_learn(body, basis):
        wrong = [("/basis", "not_for_this_body")]
    if not wrong and tells and handing_on.silent_about(body):
        wrong = [("/tell_reporter", "silence_demanded")]
    if wrong:
        raise Unacceptable(wrong)
    risk.demand_agreed_release(db, case, by=by, keys=keys)
    said = {"reason": reason, "body": body}
    sent = report_of(db, case, report)
    return _ask(db, case, sent, TimedKind.RELEASE, purpose=basis, said=said, by=by, tells=tells)


def _ask(
    db: Work,
    case: Case,
    report: Report,
    kind: TimedKind,
    *,
    purpose: str,
    said: words.Words,
    by: StaffActor,
    tells: bool = True,
) -> TimedAccess:
    unit = keepers(db, report)
    before = select(TimedAccess.id).where(
        TimedAccess.report_id == report.id,
        TimedAccess.staff == by.id,
        TimedAccess.kind == kind,
        col(TimedAccess.status).in_(timed.WAITING),
    )
    if db.exec(before).first() is not None or timed.standing(
        db, case, by.id, kind, report=report.id
    ):
        raise AlreadyProposed
    today = db.house.today()
    row = TimedAccess(
        kind=kind,
        case_id=case.id,
        report_id=report.id,
        unit=unit.id,
        staff=by.id,
        purpose=purpose,
        status=TimedStatus.ASKED,
        asked_on=today,
        answer_by=calendars.current(db).add_working_days(today, ANSWER_DAYS),
        first=by.id if kind == TimedKind.RELEASE else None,
        tells=tells,
    )
    words.ask(db, row, unit, said)
    db.add(row)
    log.emit(
        db,
        "identity.requested",
        by=by,
        case=case,
        d=Details(action=kind, purpose=purpose, target=row.id),
    )
    return row


def report_of(db: Work, case: Case, identity: UUID) -> Report:
    """A delivered report of the case whose author can still be known.

    Raises:
        NotFound: there is none.
    """
    for report in allegations.reports(db, case):
        if report.id == identity and report.id_commitment:
            return report
    raise NotFound


def keepers(db: Work, report: Report) -> Unit:
    """The unit whose custodians hold the identity of a report.

    Raises:
        NotFound: nobody does; it was forgotten.
    """
    row = db.exec(_kept(report)).first()
    if row is None:
        raise NotFound
    return db.get_one(Unit, row)


def _kept(report: Report) -> "SelectOfScalar[UUID]":
    return select(CaseWrap.recipient).where(
        CaseWrap.report_id == report.id,
        CaseWrap.kind == KeyKind.ID,
        CaseWrap.recipient_type == Recipient.UNIT,
    )
