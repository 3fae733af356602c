"""What waits for one person: answers others need of them, days that come near, cases with something new.

The list is in the product whether e-mail is sent or not; an e-mail only says that there is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, or_, select

from cases import access, conflicts, delivery
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import (
    NO_DATE,
    Assignment,
    Case,
    Declaration,
)
from cases.models.told import EffectCheck
from cases.notifications import occasions
from cases.reading import answers, casefile
from cases.staff import pending

NEAR = timedelta(days=3)
"""Calendar days before a case's day from which its handlers see it coming."""

PART = "recommendations"
"""The part of the case file that who is told of an effect to look at reaches."""


class WorkKind(StrEnum):
    """Why something stands on the list; the codes of `work_kinds`."""

    PROPOSAL = "proposal"
    ADMINISTRATION = "administration"
    DECLARATION = "declaration"
    OVERDUE = "overdue"
    NEAR = "near"
    UNREAD = "unread"
    REROUTE = "reroute"
    EFFECT = "effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that waits.

    Attributes:
        case: (id, reference) of the case it is in; None for the administration's own.
        proposal: what is to be answered, where it is a proposal.
        by: the day by which it should be done.
    """

    kind: WorkKind
    case: tuple[UUID, str] | None = None
    proposal: UUID | None = None
    by: date | None = None


def waiting_for(db: Work, by: StaffActor) -> list[Task]:
    """What waits for a person, most pressing first; the look is recorded with the cases it shows."""
    mine = _own_cases(db, by)
    found = [
        *_proposals(db, by),
        *_administration(db, by),
        *_to_reroute(db, by),
        *_declarations(db, by),
        *_days(db, mine),
        *_effects(db, by, mine),
        *(
            Task(kind=WorkKind.UNREAD, case=(case.id, case.reference))
            for case in mine
            if case.seq > case.seen_seq
        ),
    ]
    shown = list(dict.fromkeys(one.case[0] for one in found if one.case))
    log.emit_list(db, shown, by=by, d=Details(filters=["work"]))
    return found


def _own_cases(db: Work, by: StaffActor) -> list[Case]:
    """The cases in which the person has a part now, and may know of; the next day first."""
    parts = select(Assignment.case_id).where(Assignment.staff == by.id, col(Assignment.active))
    statement = (
        access.visible_cases(db, by)
        .where(or_(Case.assignee == by.id, col(Case.id).in_(parts)))
        .order_by(col(Case.due), col(Case.id))
    )
    return list(db.exec(statement))


def _proposals(db: Work, by: StaffActor) -> Iterator[Task]:
    if access.allowed(by, "confirm"):
        for one in answers.answerable(db, by, mine=False):
            yield Task(
                kind=WorkKind.PROPOSAL,
                case=(one.case, one.reference),
                proposal=one.proposal,
                by=one.expires_on,
            )


def _administration(db: Work, by: StaffActor) -> Iterator[Task]:
    for one in pending.waiting_for(db, by):
        yield Task(kind=WorkKind.ADMINISTRATION, proposal=one.id, by=one.expires_on)


def _declarations(db: Work, by: StaffActor) -> Iterator[Task]:
    if not access.allowed(by, "decide_declaration"):
        return
    waiting = select(Declaration).where(
        col(Declaration.status).in_(access.UNDECIDED), Declaration.staff != by.id
    )
    asked = {row.case_id for row in db.exec(waiting)}
    statement = (
        access.visible_cases(db, by)
        .where(col(Case.id).in_(asked), col(Case.merged_into).is_(None))
        .order_by(col(Case.id))
    )
    for case in db.exec(statement):
        if access.may(db, by, "decide_declaration", case):
            yield Task(kind=WorkKind.DECLARATION, case=(case.id, case.reference))


def _to_reroute(db: Work, by: StaffActor) -> Iterator[Task]:
    """Cases about somebody of the line that has them: for the head, or the managers where a wall keeps it."""
    if not access.allowed(by, "reroute"):
        return
    statement = access.visible_cases(db, by).where(col(Case.closed_on).is_(None))
    cases = {case.id: case for case in db.exec(statement)}
    for identity in sorted(conflicts.all_to_be_rerouted(db, cases)):
        case = cases[identity]
        if by.id in occasions.who_reroutes(db, case):
            yield Task(kind=WorkKind.REROUTE, case=(case.id, case.reference))


def _days(db: Work, mine: list[Case]) -> Iterator[Task]:
    today = db.house.today()
    for case in mine:
        if case.due != NO_DATE and case.due <= today + NEAR:
            kind = WorkKind.OVERDUE if case.due < today else WorkKind.NEAR
            yield Task(kind=kind, case=(case.id, case.reference), by=case.due)


def _effects(db: Work, by: StaffActor, mine: list[Case]) -> Iterator[Task]:
    """Recommendations whose effect is to be looked at: of one's own cases, and those one owns oneself."""
    last = db.house.today() + NEAR
    wanted = select(EffectCheck).where(
        or_(EffectCheck.owner == by.id, col(EffectCheck.case_id).in_([one.id for one in mine])),
        EffectCheck.due <= last,
    )
    rows = db.exec(wanted.order_by(col(EffectCheck.due), col(EffectCheck.record_id))).all()
    its = {row.case_id for row in rows}
    known = access.known(db, by, its).values()
    cases = {
        case.id: case
        for case in known
        if case.state not in delivery.FORGETTING and PART in casefile.reach(db, by, case)
    }
    for row in rows:
        if (case := cases.get(row.case_id)) is not None:
            yield Task(kind=WorkKind.EFFECT, case=(case.id, case.reference), by=row.due)
