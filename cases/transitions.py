"""The one place where a case changes its state.

`take` moves a case along a step that the caller has found allowed: it sets the state and what follows
from it (due day, closing, retention), writes the event, tells the reporters and lets the review body in
where the workflow says so. What a step needs before and does besides is `acts`'s business.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, func, select

from cases import keeping
from cases.actors import THE_SERVICE, Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotAllowed
from cases.models.case import (
    NO_DATE,
    NO_PRIORITY,
    Case,
    CaseStep,
    CaseWrap,
    KeyKind,
    Report,
    ServiceMessage,
)
from cases.models.facts import CaseFact
from cases.models.people import Unit, UnitKind
from cases.notifications import occasions
from cases.sealing import facts, hierarchy
from cases.sealing.hierarchy import StaffKeys
from cases.staff import calendars
from workflows import calendar, catalogue, clocks, engine
from workflows.engine import NoSuchStep
from workflows.model import SpanKind, Transition, Workflow

CONCLUDING = "conclude"
"""The phase in which a case that was closed stays closed: under review, monitored, archived."""

ACKNOWLEDGED = "acknowledged"
"""The state from which the reporter's time to hear what came of it is counted."""

AUTHORISED, INVESTIGATED = "investigation_authorised", "investigation"
"""Where an investigation begins, and where its days are counted and extended."""

FEEDBACK_MONTHS = 3
"""After the acknowledgement, or after the day it was due."""


def workflow_of(case: Case) -> Workflow:
    """The definition a case pinned when it began."""
    return catalogue.workflow(case.workflow, case.workflow_version)


def step_of(case: Case, event: str) -> Transition:
    """The step an event takes from where the case stands.

    Raises:
        NotAllowed: the workflow has no such step from there.
    """
    try:
        return engine.transition(workflow_of(case), case.state, event)
    except NoSuchStep as none:
        raise NotAllowed(action=event, state=case.state) from none


def enter(db: Work, case: Case, report: Report) -> None:
    """Let a delivered case enter its first state (T01): its first number, its first step."""
    step = engine.transition(workflow_of(case), None, "submit")
    case.delivered = True
    _move(db, case, step, by=THE_SERVICE, automatic=False)
    occasions.report_arrived(db, case)
    # Its one report is at hand and may not be flushed yet, so nobody is looked up.
    code = engine.told(step, {})
    if code is not None:
        db.add(_text(db, case, report.id, code))


def take(
    db: Work,
    case: Case,
    step: Transition,
    *,
    by: Actor,
    given: Mapping[str, object],
    keys: StaffKeys | None = None,
) -> None:
    """Take a step; the caller has checked roles, fields, guards and the second person.

    Args:
        given: the step's values, as `workflows.fields.read` returned them.
        keys: of the person who acts, for the keys that this step hands on; None for the service.
    """
    told = engine.told(step, given)
    case.quiet = step.tell_reporter is not None and told is None
    _move(db, case, step, by=by, automatic=by is THE_SERVICE, given=given)
    if keys is not None:
        let_units_in(db, case, keys)
    tell(db, case, told)


def _move(
    db: Work,
    case: Case,
    step: Transition,
    *,
    by: Actor,
    automatic: bool,
    given: Mapping[str, object] | None = None,
) -> None:
    today = db.house.today()
    before = case.state
    case.state = step.target
    case.entered_on = today
    earlier = [] if step.source is None else _steps(db, case)
    _set_due(db, case, given or {}, [*earlier, clocks.Step(step.target, today)])
    if step.target == ACKNOWLEDGED:
        # What the reporter was promised at first counts from the last day for it; never later than that.
        from_now = calendar.add_months(today, FEEDBACK_MONTHS)
        case.feedback_by = min(case.feedback_by, from_now)
    entered = workflow_of(case).states_by_code[step.target]
    if entered.concluded:
        _conclude(db, case, step, given or {})
    elif entered.phase != CONCLUDING:
        keeping.clear(case)
    log.emit(
        db,
        "case.status",
        by=by,
        case=case,
        d=Details(
            action=step.event,
            before=None if step.source is None else before,
            after=step.target,
            automatic=automatic,
            fields=sorted(given or {}) or None,
        ),
    )
    db.add(
        CaseStep(
            case_id=case.id, n=case.seq, state=step.target, entered_on=today, automatic=automatic
        )
    )


def set_due(db: Work, case: Case, given: Mapping[str, object]) -> None:
    """Set the day (for P0 the quarter of an hour) by which the case should leave its state.

    Pauses move it: who comes back from a question or a suspension has the days that were left.
    """
    _set_due(db, case, given, _steps(db, case))


def _set_due(
    db: Work, case: Case, given: Mapping[str, object], steps: Sequence[clocks.Step]
) -> None:
    workflow = workflow_of(case)
    chosen = given.get("due_on") or given.get("review_on")
    priority = None if case.priority == NO_PRIORITY else case.priority
    span = engine.state_span(
        workflow, case.state, priority=priority, complex_case=given.get("complex_case") is True
    )
    case.due_at = None
    if span is None or span.kind == SpanKind.DUE_DATE:
        case.due = chosen if isinstance(chosen, date) else NO_DATE
        return
    start, paused = _clock(case, steps)
    if isinstance(chosen, date):
        since = _chosen_on(steps)
        later = [one for one in paused if one.since >= since]
        # A day that was set is a day of the calendar, whatever the span it replaced was counted in.
        case.due = clocks.moved(chosen, later, SpanKind.CALENDAR_DAYS, calendars.current(db))
    elif span.kind == SpanKind.HOURS:
        _set_hours(db, case, span.value, start)
    else:
        own = calendars.current(db)
        due = calendar.due_on(span, start, own) or NO_DATE
        case.due = clocks.moved(due, paused, span.kind, own)


def _set_hours(db: Work, case: Case, hours: int, start: date) -> None:
    """Hours count from the next quarter; they do not pause, so what began on another day is late."""
    quarter = timedelta(minutes=15)
    now = db.house.now()
    rounded = now - timedelta(minutes=now.minute % 15, seconds=now.second) + quarter
    if start < case.entered_on:
        case.due = start
        return
    case.due_at = rounded + timedelta(hours=hours)
    case.due = case.due_at.astimezone(db.house.terms.zone).date()


def entered_at(db: Work, case: Case) -> int:
    """The number of the step by which a case came to where it stands."""
    newest = select(func.max(CaseStep.n)).where(
        CaseStep.case_id == case.id, CaseStep.state == case.state
    )
    return db.exec(newest).one() or 0


_ENTERED = select(CaseStep).where(CaseStep.case_id == bindparam("case")).order_by(col(CaseStep.n))


def _steps(db: Work, case: Case) -> list[clocks.Step]:
    """Every state a case entered."""
    rows = db.exec(_ENTERED, params={"case": case.id})
    return [clocks.Step(row.state, row.entered_on) for row in rows]


def _clock(case: Case, steps: Sequence[clocks.Step]) -> tuple[date, list[clocks.Pause]]:
    """The day the state's clock began, and the pauses since: from its entry, or the authorisation."""
    reasons = catalogue.clocks().pauses
    due = workflow_of(case).states_by_code[case.state].due
    start = clocks.run_start(steps, reasons)
    if due is not None and due.since == "authorised":
        start = max((step.on for step in steps if step.state == AUTHORISED), default=start)
    return start, [one for one in clocks.pauses(steps, reasons) if one.since >= start]


def _chosen_on(steps: Sequence[clocks.Step]) -> date:
    """The day on which a day was last set by hand: at the last extension, or when the case was given out."""
    chosen = steps[-1].on
    for earlier, step in reversed(list(pairwise(steps))):
        if step.state != INVESTIGATED:
            continue
        chosen = step.on
        if earlier.state in (INVESTIGATED, AUTHORISED):
            break
    return chosen


def _conclude(db: Work, case: Case, step: Transition, given: Mapping[str, object]) -> None:
    """Set what closing sets: the day, the reason's token, and how long the case is kept."""
    today = db.house.today()
    case.closed_on = today
    reason = given.get("closure_reason")
    if isinstance(reason, str) and not step.keeps_closure_reason:
        fact = db.get_one(CaseFact, case.id)
        fact.closure_reason = facts.figure_token(
            db.house.keyring, case.id, "closure_reason", reason
        )
    keeping.set_days(db, case, given)


def let_units_in(db: Work, case: Case, keys: StaffKeys) -> None:
    """Seal the case's key to the units that the table of keys names for this state or priority."""
    unit = db.get_one(Unit, case.unit)
    beside = {
        UnitKind.REVIEW: unit.review_unit,
        UnitKind.PROTECTION: unit.protection_unit,
    }
    for rule in catalogue.keys().units:
        other = beside.get(UnitKind(rule.kind)) if rule.key == "int" else None
        if other is not None and not {case.state, case.priority}.isdisjoint(rule.at):
            give(db, case, hierarchy.unit_holder(db.get_one(Unit, other)), keys)


def give(db: Work, case: Case, to: hierarchy.Holder, keys: StaffKeys) -> bool:
    """Seal the case's key to a holder who has none yet.

    Returns:
        Whether a new wrap was made.
    """
    held = db.exec(
        select(CaseWrap).where(
            CaseWrap.case_id == case.id,
            CaseWrap.kind == KeyKind.INT,
            CaseWrap.epoch == case.epoch,
            CaseWrap.recipient == to.id,
        )
    ).first()
    if held is not None:
        return False
    keyring = db.house.keyring
    db.add(
        hierarchy.wrap(
            keyring,
            db.house.vault.key(KeyKind.INT, case.id),
            keys.case_key(case),
            kind=KeyKind.INT,
            epoch=case.epoch,
            case_id=case.id,
            report_id=None,
            to=to,
        )
    )
    return True


def tell(db: Work, case: Case, code: str | None, *, of: UUID | None = None) -> None:
    """Send a standard text to every reporter of a case; it is worded when it is read.

    Args:
        of: what was merged into the case, for those who reported it alone.
    """
    if code is None:
        return
    wanted = select(Report.id).where(Report.case_id == case.id, col(Report.delivered))
    if of not in (None, case.id):
        wanted = wanted.where(Report.origin_case_id == of)
    db.add_all(_text(db, case, report, code) for report in db.exec(wanted))


def tell_one(db: Work, case: Case, report: Report, code: str) -> None:
    """Send a standard text to one reporter alone."""
    db.add(_text(db, case, report.id, code))


def _text(db: Work, case: Case, report: UUID, code: str) -> ServiceMessage:
    return ServiceMessage(report_id=report, code=code, sent_on=db.house.today(), n=case.seq)
