"""How a report stands, as its author sees it."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import func, select

from cases import delivery
from cases.actors import ReporterActor
from cases.database import Work
from cases.errors import NotFound
from cases.messages import wishes
from cases.messages.thread import own_report
from cases.models.case import Case, CaseStep
from cases.transitions import workflow_of
from workflows import engine

REPLY, ATTACH, RENEW = "reply", "attach", "renew_receipt"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a reporter is told about their report.

    Attributes:
        status: a code of `public_statuses`.
        can: what they can do now.
    """

    status: str
    received_on: date
    acknowledged_on: date | None
    feedback_by: date
    can: tuple[str, ...]


def standing(db: Work, by: ReporterActor) -> Standing:
    """How the reporter's report stands.

    Raises:
        NotFound: it was forgotten.
    """
    report = own_report(db, by)
    arrived_with = db.get(Case, report.origin_case_id)
    if arrived_with is None:
        raise NotFound
    case = db.get_one(Case, report.case_id)
    return Standing(
        status=public_status(db, case),
        received_on=report.received_on,
        acknowledged_on=_acknowledged_on(db, arrived_with),
        feedback_by=arrived_with.feedback_by,
        can=_can(db, by, case),
    )


def public_status(db: Work, case: Case) -> str:
    """The status a reporter sees: a merged case shows its target's, and nothing says merged."""
    target = db.get_one(Case, case.merged_into) if case.merged_into else None
    return engine.public_status(
        workflow_of(case),
        case.state,
        target=public_status(db, target) if target else None,
        withheld=case.quiet,
    )


def _acknowledged_on(db: Work, case: Case) -> date | None:
    statement = select(func.min(CaseStep.entered_on)).where(
        CaseStep.case_id == case.id, CaseStep.state == "acknowledged"
    )
    return db.exec(statement).one()


def _can(db: Work, by: ReporterActor, case: Case) -> tuple[str, ...]:
    if by.handover:
        return (ATTACH, RENEW)
    if case.state in delivery.FORGETTING:
        return (RENEW,)
    ended = wishes.has_ended(case)
    offered = {
        REPLY: True,
        ATTACH: True,
        wishes.REVIEW: wishes.may_ask_for_review(case),
        wishes.WITHDRAW: not ended,
        wishes.CHECK_IN: ended,
        wishes.GIVE_NAME: not wishes.is_named(db, by),
        RENEW: True,
    }
    return tuple(name for name, possible in offered.items() if possible)
