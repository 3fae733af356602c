"""Telling of days that come and days that have passed, each once: first near by, then further up.

    near       some days before (`codes/clocks.toml`), whoever handles the case
    missed     once it has passed, the case managers of the unit
    escalated  some working days later, the unit's head
    longest    once an investigation has taken as long as it ever may, paused or not: the seat of oversight

The first three also tell of the day on which it is to be seen whether a recommendation helped; of that one, its
owner hears first.

What is told is an event of the case, a row that keeps it from being told again, and an errand for those who
want e-mail. Whoever must not know of the case is not told; the seat of oversight learns only that there is
such a case.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlmodel import and_, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from cases import deadlines, delivery, notifications
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.events import Details
from cases.database import House, Work
from cases.models.case import NO_DATE, Case, CaseStep
from cases.models.people import Membership, Unit
from cases.models.told import DayLevel, DayTold, EffectCheck
from cases.notifications import Kind
from cases.staff import calendars
from cases.transitions import AUTHORISED
from workflows import catalogue

EVENTS = {
    DayLevel.NEAR: "deadline.near",
    DayLevel.MISSED: "deadline.missed",
    DayLevel.ESCALATED: "deadline.escalated",
    DayLevel.LONGEST: "deadline.escalated",
}
KINDS = {
    DayLevel.NEAR: Kind.DEADLINE_NEAR,
    DayLevel.MISSED: Kind.DEADLINE_MISSED,
    DayLevel.ESCALATED: Kind.ESCALATED,
    DayLevel.LONGEST: Kind.ESCALATED,
}
MANAGER, HEAD, OVERSIGHT = "case_manager", "head_ia", "oversight_body"
Chosen = SelectOfScalar[UUID]
"""The ids of the cases of which something has to be told."""
Wanted = Callable[[Work], Chosen]

ROLES = {DayLevel.MISSED: MANAGER, DayLevel.ESCALATED: HEAD, DayLevel.LONGEST: OVERSIGHT}
"""Who is told; of a day that comes, whoever handles the case."""
EFFECT = "effect_check"
"""The clock of what was recommended and done."""
BEFORE: Mapping[DayLevel, tuple[DayLevel, ...]] = {
    DayLevel.NEAR: (),
    DayLevel.MISSED: (DayLevel.NEAR,),
    DayLevel.ESCALATED: (DayLevel.NEAR, DayLevel.MISSED),
}
"""What is told of the day of an effect -> what may have been told of it before."""


def tell_of_days(house: House) -> int:
    """Tell of every day that has to be told of and was not yet.

    Returns:
        How many were; 0 when it is run again at once.
    """
    steps: tuple[tuple[DayLevel, Wanted], ...] = (
        (DayLevel.NEAR, _near),
        (DayLevel.MISSED, _missed),
        (DayLevel.ESCALATED, _long_missed),
        (DayLevel.LONGEST, _longest),
    )
    told = sum(
        deadlines.each(house, _found(wanted), _telling(level, wanted)) for level, wanted in steps
    )
    return told + sum(
        deadlines.each(house, partial(_with_effects, level), partial(_tell_of_effects, level))
        for level in BEFORE
    )


def _found(wanted: Wanted) -> Callable[[Work], Iterable[UUID]]:
    return lambda db: db.exec(wanted(db))


def _telling(level: DayLevel, wanted: Wanted) -> deadlines.Act:
    """The act of telling of a day; looked at again, because somebody may have been quicker."""

    def act(db: Work, case: Case) -> bool:
        if db.exec(wanted(db).where(Case.id == case.id)).first() is None:
            return False
        due = case.due
        if level is DayLevel.LONGEST:
            due = _authorised_on(db, case.id) + _longest_time()
        _tell(db, case, level, due)
        return True

    return act


def _tell(db: Work, case: Case, level: DayLevel, due: date) -> None:
    log.emit(
        db,
        EVENTS[level],
        by=THE_SERVICE,
        case=case,
        d=Details(action=case.state, reason=level.value, role=ROLES.get(level), automatic=True),
    )
    db.add(DayTold(case_id=case.id, level=level, due=due, told_on=db.house.today()))
    people = _whom(db, case, level)
    if level is not DayLevel.LONGEST:
        notifications.queue(db, KINDS[level], people, case=case)
        return
    # The seat of oversight reads no case: it is told that something waits, and not where.
    free = [one for one in sorted(people) if case.id not in db.house.walls.of(db, one)]
    notifications.queue(db, KINDS[level], free)


def _effects(db: Work, level: DayLevel) -> SelectOfScalar[EffectCheck]:
    """Recommendations whose effect is to be looked at, and of which this has to be told."""
    today, warnings = db.house.today(), catalogue.clocks().warnings
    due = col(EffectCheck.due)
    come: ColumnElement[bool]
    if level is DayLevel.NEAR:
        come = due.between(today, today + timedelta(days=warnings.near_days))
    elif level is DayLevel.MISSED:
        come = due < today
    else:
        come = due <= calendars.current(db).working_days_before(today, warnings.head_working_days)
    told = col(EffectCheck.told)
    return select(EffectCheck).where(come, or_(told.is_(None), told.in_(BEFORE[level])))


def _with_effects(level: DayLevel, db: Work) -> Iterable[UUID]:
    its = select(Case.id).where(
        Case.id == EffectCheck.case_id, col(Case.state).in_(delivery.FORGETTING)
    )
    return [one.case_id for one in db.exec(_effects(db, level).where(~its.exists()))]


def _tell_of_effects(level: DayLevel, db: Work, case: Case) -> bool:
    found = db.exec(_effects(db, level).where(EffectCheck.case_id == case.id)).all()
    if not found or case.state in delivery.FORGETTING:
        return False
    d = Details(action=EFFECT, reason=level.value, role=ROLES.get(level), automatic=True)
    log.emit(db, EVENTS[level], by=THE_SERVICE, case=case, d=d)
    people = {one.owner for one in found}
    if level is DayLevel.NEAR and case.assignee is not None:
        people.add(case.assignee)
    else:
        people |= notifications.holders(db, [case.unit], ROLES.get(level, MANAGER))
    notifications.queue(db, KINDS[level], people, case=case)
    for one in found:
        one.told = level
    return True


def _whom(db: Work, case: Case, level: DayLevel) -> Iterable[UUID]:
    if level is DayLevel.NEAR and case.assignee is not None:
        return [case.assignee]
    if level is DayLevel.NEAR:
        definition = catalogue.workflow(case.workflow, case.workflow_version)
        leaving = (step for step in definition.transitions if step.source == case.state)
        return notifications.holders(
            db, _units(db, case), *{who for one in leaving for who in one.who}
        )
    if level is DayLevel.LONGEST:
        return db.exec(select(Membership.staff).where(Membership.role == OVERSIGHT)).all()
    return notifications.holders(db, [case.unit], ROLES[level])


def _units(db: Work, case: Case) -> list[UUID | None]:
    unit = db.get_one(Unit, case.unit)
    return [unit.id, unit.review_unit, unit.protection_unit]


def _near(db: Work) -> Chosen:
    """Cases that are due within some days, but for those that only just came where they stand."""
    today = db.house.today()
    last = today + timedelta(days=catalogue.clocks().warnings.near_days)
    return select(Case.id).where(
        col(Case.delivered),
        col(Case.due).between(today, last),
        col(Case.due_at).is_(None),
        Case.entered_on < today,
        ~_told(DayLevel.NEAR),
    )


def _missed(db: Work) -> Chosen:
    by_day = and_(col(Case.due_at).is_(None), Case.due < db.house.today())
    by_hour = and_(col(Case.due_at).is_not(None), col(Case.due_at) < db.house.now())
    passed = Case.due <= db.house.today()
    return select(Case.id).where(
        col(Case.delivered), passed, or_(by_day, by_hour), ~_told(DayLevel.MISSED)
    )


def _long_missed(db: Work) -> Chosen:
    days = catalogue.clocks().warnings.head_working_days
    last = calendars.current(db).working_days_before(db.house.today(), days)
    return select(Case.id).where(col(Case.delivered), Case.due <= last, ~_told(DayLevel.ESCALATED))


def _longest(db: Work) -> Chosen:
    """Cases still worked on so long after their newest authorisation; pauses do not count."""
    workflow = catalogue.workflow()
    at_work = [one.code for one in workflow.states if one.phase == "address" and one.due]
    newest = (
        select(CaseStep.case_id, func.max(CaseStep.entered_on).label("since"))
        .where(CaseStep.state == AUTHORISED)
        .group_by(col(CaseStep.case_id))
        .subquery()
    )
    last = db.house.today() - _longest_time()
    told = exists().where(
        col(DayTold.case_id) == Case.id,
        col(DayTold.level) == DayLevel.LONGEST,
        col(DayTold.told_on) > newest.c.since,
    )
    return (
        select(Case.id)
        .join(newest, newest.c.case_id == Case.id)
        .where(
            col(Case.delivered),
            col(Case.state).in_(at_work),
            newest.c.since <= last,
            ~told,
        )
    )


def _longest_time() -> timedelta:
    return timedelta(days=catalogue.clocks().warnings.longest_days)


def _authorised_on(db: Work, case_id: UUID) -> date:
    statement = select(func.max(CaseStep.entered_on)).where(
        CaseStep.case_id == case_id, CaseStep.state == AUTHORISED
    )
    found: date | None = db.exec(statement).one()
    return found or NO_DATE


def _told(level: DayLevel) -> ColumnElement[bool]:
    return exists().where(
        col(DayTold.case_id) == Case.id,
        col(DayTold.level) == level,
        col(DayTold.due) == Case.due,
    )
