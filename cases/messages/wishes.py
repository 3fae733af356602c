"""What a reporter can ask for beyond writing: a review, to withdraw, to give their name, to answer a check-in.

Each is kept like a message and takes effect at the tick; the answer to the caller is 202.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import delivery
from cases.actors import ReporterActor
from cases.audit import log
from cases.database import Work
from cases.errors import NotAllowed, NotFound, Unacceptable
from cases.messages.thread import hand_in, open_case, own_report, post_as_reporter
from cases.models.case import Case, KeyKind, Record, Report, ServiceMessage
from cases.sealing import hierarchy, records
from cases.transitions import workflow_of
from workflows import catalogue, engine
from workflows.engine import NoSuchStep
from workflows.model import REPORTER

if TYPE_CHECKING:
    from sqlmodel.sql.expression import SelectOfScalar

REVIEW_DAYS = 30
"""How long after its closing a review of a case can be asked for; with new facts at any time."""

REVIEW = "request_review"
WITHDRAW = "withdraw"
GIVE_NAME = "give_name"
CHECK_IN = "answer_check_in"

QUESTIONS = ("check_in", "how_are_you")
"""The texts that ask whether all is well: after the end, and after a step that could reveal somebody."""

WELL = "none"
"""The answer that nothing has happened."""

MONITORING = "monitoring"
"""The state in which the service asks from time to time."""


def inside_review_window(case: Case, today: date) -> bool:
    """Whether a review can be asked for that brings nothing new."""
    return case.closed_on is not None and today <= case.closed_on + timedelta(days=REVIEW_DAYS)


def may_ask_for_review(case: Case) -> bool:
    """Whether the workflow knows a review from where the case stands."""
    try:
        step = engine.transition(workflow_of(case), case.state, REVIEW)
    except NoSuchStep:
        return False
    return engine.may_propose(step, {REPORTER})


def request_review(db: Work, by: ReporterActor, grounds: str, *, new_facts: bool) -> None:
    """Ask that others look at how the case ended.

    Raises:
        NotAllowed: the case has not ended, or it ended long ago and there is nothing new.
    """
    case = open_case(db, own_report(db, by), act=REVIEW)
    in_time = inside_review_window(case, db.house.today())
    if not may_ask_for_review(case) or not (in_time or new_facts):
        raise NotAllowed(action=REVIEW, state=case.state)
    details = {"new_facts": "yes" if new_facts else "no"}
    post_as_reporter(db, by, grounds, act=REVIEW, details=details, event=REVIEW)


def has_ended(case: Case) -> bool:
    """Whether the matter was closed; while its author is watched over (`monitoring`) it still is."""
    return workflow_of(case).states_by_code[case.state].concluded or case.state == MONITORING


def withdraw(db: Work, by: ReporterActor, reason: str) -> None:
    """Say that the report is withdrawn; whether the case ends is for staff to decide.

    Raises:
        NotAllowed: the case has ended.
    """
    case = open_case(db, own_report(db, by), act=WITHDRAW)
    if has_ended(case):
        raise NotAllowed(action=WITHDRAW, state=case.state)
    post_as_reporter(db, by, reason, act=WITHDRAW)


def demand_check_in(db: Work, by: ReporterActor, answers: dict[str, str]) -> None:
    """Refuse an answer to what nobody asked, or that is none.

    Raises:
        NotAllowed: the case is still being worked on, and nobody asked.
        Unacceptable: an answer that is none.
    """
    codes = catalogue.code_list("check_in_answers")
    wrong = [question for question, answer in answers.items() if answer not in codes]
    if wrong:
        raise Unacceptable([(f"/{question}", "unknown_value") for question in wrong])
    report = own_report(db, by)
    case = open_case(db, report, act=CHECK_IN)
    if not has_ended(case) and not _was_asked(db, report):
        raise NotAllowed(action=CHECK_IN, state=case.state)


def _was_asked(db: Work, report: Report) -> bool:
    """Whether the service asked the author of this report how they are, as it does after some steps."""
    asked = select(ServiceMessage.id).where(
        ServiceMessage.report_id == report.id, col(ServiceMessage.code).in_(QUESTIONS)
    )
    return db.exec(asked).first() is not None


def answer_check_in(
    db: Work, by: ReporterActor, answers: dict[str, str], *, wants_to_talk: bool, text: str
) -> None:
    """Say how things are, when the service asks from time to time.

    Raises:
        NotAllowed, Unacceptable: as `demand_check_in`.
    """
    demand_check_in(db, by, answers)
    details = {**answers, "wants_to_talk": "yes" if wants_to_talk else "no"}
    look = wants_to_talk or set(answers.values()) != {WELL}
    post_as_reporter(
        db,
        by,
        text,
        act=CHECK_IN,
        details=details,
        event=None,
        follow_up=delivery.LOOK if look else delivery.NOTHING,
    )


def is_named(db: Work, by: ReporterActor) -> bool:
    """Whether the reporter has said who they are."""
    report = own_report(db, by)
    permit = log.reporter_permit(db, by, [report.origin_case_id])
    row = db.exec(_identity(report.id)).first()
    if row is None or not report.id_commitment:
        return False
    key = hierarchy.reporter_key(db, by, report, KeyKind.ID)
    identity = records.open_(db, permit, key, row)
    return bool(identity["name"].strip() or identity["contact"].strip())


def give_name(db: Work, by: ReporterActor, name: str, contact: str) -> None:
    """Say who one is, later; only the custodians can open it.

    Raises:
        NotFound: the identity was forgotten.
        NotAllowed: the case is archived.
        TooMuchWaiting: as `delivery.next_in_line`.
    """
    report = own_report(db, by)
    case = open_case(db, report, act=GIVE_NAME)
    if not report.id_commitment:
        raise NotFound
    before = db.exec(_identity(report.id)).one()
    row = records.seal(
        db.house.keyring,
        hierarchy.reporter_key(db, by, report, KeyKind.ID),
        {"name": name, "contact": contact},
        case_id=report.origin_case_id,
        kind=KeyKind.ID,
        epoch=1,
        field="identity",
        on=db.house.today(),
        report_id=report.id,
        record_id=before.id,
        version=before.version + 1,
        delivered=False,
        floor=records.IDENTITY_FLOOR,
    )
    hand_in(db, row, by=by, case=case)
    delivery.settle(db)


def _identity(report_id: UUID) -> "SelectOfScalar[Record]":
    """The newest version of a report's identity."""
    return (
        select(Record)
        .where(Record.report_id == report_id, Record.field == "identity")
        .order_by(col(Record.version).desc())
        .limit(1)
    )
