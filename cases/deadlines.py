"""What the service does when a day has come: acknowledging, reminding, archiving, letting proposals expire.

Each case is one small unit of work, in which everything is looked at again under the case's lock: running
twice, or twice at once, does a thing once.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, delete, func, select

from cases import delivery, family, proposals, timed, transitions
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.events import Details
from cases.database import House, Work
from cases.deeds import Deed
from cases.errors import NotAllowed, TribuneError
from cases.guards import failing
from cases.guards.beginning import AUTOMATIC_DAYS
from cases.models.case import (
    Case,
    Idempotency,
    PlannedText,
    Proposal,
    ProposalStatus,
)
from cases.models.people import Enrolment, SignIn
from cases.models.timed import TimedAccess
from workflows.fields import Given

logger = logging.getLogger(__name__)

Act = Callable[[Work, Case], bool]

REMINDER = "reminder"


def run_due(house: House) -> int:
    """Do everything whose day has come.

    Returns:
        How many things were done; 0 when it is run again at once.
    """
    steps: tuple[tuple[Callable[[Work], Iterable[UUID]], Act], ...] = (
        (_to_acknowledge, _step("acknowledge")),
        (_to_write_to, _write),
        (_to_give_up_on, _step("silence")),
        (_to_archive, _step("archive")),
        (_to_archive_with_its_target, _step("archive")),
        (_with_old_proposals, _expire),
        (_with_what_is_over, timed.end_over),
    )
    done = sum(each(house, wanted, act) for wanted, act in steps)
    return done + _sweep(house)


def each(house: House, wanted: Callable[[Work], Iterable[UUID]], act: Act) -> int:
    """Do one act to every case that wants it; one that cannot be done does not hold up the rest.

    Args:
        wanted: ids of the cases.
        act: with the case locked; says whether anything was done.

    Returns:
        How many acts were done.
    """
    with house.glance() as db:
        found = sorted(set(wanted(db)))
    done = 0
    for identity in found:
        try:
            with house.unit_of_work() as db:
                case = _locked(db, identity)
                done += case is not None and act(db, case)
        except TribuneError as error:
            logger.warning(
                "a due act failed", extra={"case": identity, "error": type(error).__name__}
            )
    return done


def _locked(db: Work, identity: UUID) -> Case | None:
    statement = select(Case).where(Case.id == identity).with_for_update()
    return db.exec(statement).first()


def _step(event: str) -> Act:
    """The act of taking a step of the service, if the case still stands before it and nothing is against it."""

    def act(db: Work, case: Case) -> bool:
        try:
            step = transitions.step_of(case, event)
        except NotAllowed:
            return False
        given: Mapping[str, object] = (
            {"retention_class": case.retention_class} if step.field("retention_class") else {}
        )
        deed = Deed(db=db, case=case, step=step, data=given, given=Given(given))
        if failing(deed):
            return False
        transitions.take(db, case, step, by=THE_SERVICE, given=deed.given)
        proposals.drop_stale(db, case)
        return True

    return act


def _to_acknowledge(db: Work) -> Iterable[UUID]:
    return db.exec(
        select(Case.id).where(
            Case.state == "received",
            col(Case.delivered),
            Case.received_on <= db.house.today() - timedelta(days=AUTOMATIC_DAYS),
        )
    )


def _to_write_to(db: Work) -> Iterable[UUID]:
    return db.exec(
        select(func.coalesce(Case.merged_into, Case.id))
        .join(PlannedText, col(PlannedText.case_id) == Case.id)
        .where(col(PlannedText.sent_on).is_(None), PlannedText.due_on <= db.house.today())
    )


def _write(db: Work, case: Case) -> bool:
    """Send the texts that are due; those that have lost their sense are dropped.

    What was planned before a merge goes to those who reported the case it was planned in.
    """
    due = db.exec(
        select(PlannedText)
        .where(
            col(PlannedText.case_id).in_(family.ids(db, case)),
            col(PlannedText.sent_on).is_(None),
            PlannedText.due_on <= db.house.today(),
        )
        .order_by(col(PlannedText.due_on))
    ).all()
    for text in due:
        answered = text.code == REMINDER and case.state != "awaiting_reporter"
        log.emit(
            db,
            "message.sent",
            by=THE_SERVICE,
            case=case,
            d=Details(action=text.code, status="dropped" if answered else None, automatic=True),
        )
        if answered or case.state in delivery.FORGETTING:
            db.delete(text)
        else:
            transitions.tell(db, case, text.code, of=text.case_id)
            text.sent_on = db.house.today()
    return bool(due)


def _to_give_up_on(db: Work) -> Iterable[UUID]:
    return db.exec(
        select(Case.id).where(Case.state == "awaiting_reporter", Case.due < db.house.today())
    )


def _to_archive(db: Work) -> Iterable[UUID]:
    return db.exec(
        select(Case.id).where(
            col(Case.state).in_(("closed", "not_admitted")),
            col(Case.archive_on) <= db.house.today(),
            col(Case.legal_hold).is_(False),
        )
    )


def _to_archive_with_its_target(db: Work) -> Iterable[UUID]:
    targets = select(Case.id).where(col(Case.state).in_(delivery.FORGETTING))
    return db.exec(
        select(Case.id).where(Case.state == "merged", col(Case.merged_into).in_(targets))
    )


def _with_old_proposals(db: Work) -> Iterable[UUID]:
    return db.exec(select(Proposal.case_id).where(_old(db)))


def _with_what_is_over(db: Work) -> Iterable[UUID]:
    return db.exec(select(TimedAccess.case_id).where(timed.over(db)))


def _expire(db: Work, case: Case) -> bool:
    old = db.exec(select(Proposal).where(Proposal.case_id == case.id, _old(db))).all()
    for one in old:
        proposals.close(db, case, one, ProposalStatus.EXPIRED, by=THE_SERVICE)
    return bool(old)


def _old(db: Work) -> ColumnElement[bool]:
    return and_(
        col(Proposal.status) == ProposalStatus.OPEN,
        col(Proposal.expires_on) < db.house.today(),
    )


def _sweep(house: House) -> int:
    """Forget what has expired and belongs to no case."""
    with house.unit_of_work() as db:
        moment = int(house.now().timestamp())
        old = db.exec(select(Enrolment).where(Enrolment.expires_on < house.today())).all()
        for code in old:
            db.delete(code)
        if old:
            log.emit(
                db,
                "config.changed",
                by=THE_SERVICE,
                about=log.DIRECTORY,
                d=Details(action="enrolments_expired", count=len(old)),
            )
        requests = db.exec(delete(Idempotency).where(col(Idempotency.expires_on) < house.today()))
        sign_ins = db.exec(delete(SignIn).where(col(SignIn.expires) < moment))
        return len(old) + requests.rowcount + sign_ins.rowcount
