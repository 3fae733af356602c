"""What is owed in a case by which day, and how long it has taken: for its file and for a page of the queue.

Everything follows from plain columns and from the days on which states were entered. A page computes it for
the cases it shows, from one more query.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from cases.database import Work
from cases.models.case import NO_DATE, Case, CaseStep
from cases.models.people import Unit
from cases.models.told import DayTold, EffectCheck
from cases.staff import calendars
from cases.transitions import AUTHORISED, workflow_of
from workflows import catalogue, clocks
from workflows.calendar import WorkingCalendar, due_on
from workflows.clocks import ClockKind, Elapsed, Pause, Stage, Step
from workflows.model import Locale

ACKNOWLEDGED = frozenset({"acknowledged", "triage"})
"""States in which a report has been answered: acknowledged, or at once with advice in an emergency."""

ANSWERED = frozenset({"decided", "closed", "not_admitted", "merged", "referred_out"})
"""States whose entering tells the reporter what came of the report."""

REVIEWABLE = frozenset({"closed", "not_admitted", "monitoring"})


class Plain(Protocol):
    """The columns of a case that clocks are read from."""

    @property
    def state(self) -> str: ...  # noqa: D102 -- as in `Case`
    @property
    def received_on(self) -> date: ...  # noqa: D102 -- as in `Case`
    @property
    def entered_on(self) -> date: ...  # noqa: D102 -- as in `Case`
    @property
    def acknowledge_by(self) -> date: ...  # noqa: D102 -- as in `Case`
    @property
    def feedback_by(self) -> date: ...  # noqa: D102 -- as in `Case`
    @property
    def due(self) -> date: ...  # noqa: D102 -- as in `Case`
    @property
    def due_at(self) -> datetime | None: ...  # noqa: D102 -- as in `Case`
    @property
    def closed_on(self) -> date | None: ...  # noqa: D102 -- as in `Case`


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Something owed by a day and not done yet.

    Attributes:
        code: of the list `clocks`.
        kind: whether the clock ever pauses.
        latest: the ceiling; None where there is none, and on a page of the queue.
    """

    code: str
    kind: ClockKind
    started_on: date
    due: date
    due_at: datetime | None = None
    latest: date | None = None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a case stands in time.

    Attributes:
        time: from its receipt until it was closed, or until today.
        pause: the one that lasts.
    """

    owed: tuple[Owed, ...]
    time: Elapsed
    pause: Pause | None


def of_page(db: Work, rows: Mapping[UUID, Plain]) -> dict[UUID, Standing]:
    """How the cases of a page stand, by id."""
    steps = _steps(db, rows)
    return {
        one: _standing(row, steps.get(one, []), today=db.house.today(), now=db.house.now())
        for one, row in rows.items()
    }


# Any: the part of a case file, as it goes out.
def of_file(db: Work, case: Case, language: Locale, *, recommended: bool) -> dict[str, Any]:
    """The part `deadlines` of a case file: days, clocks, pauses and stages, gross and net.

    Args:
        recommended: also of what was recommended; not for who does not reach that part.
    """
    calendar, today = calendars.current(db), db.house.today()
    steps = _steps(db, [case.id]).get(case.id, [])
    reasons = catalogue.clocks().pauses
    paused = clocks.pauses(steps, reasons)
    standing = _standing(case, steps, today=today, now=db.house.now())
    beside = list(_beside(case, steps, calendar, today))
    if recommended:
        beside.extend(_effects(db, case, today))
    latest = _latest(db, case, steps, calendar)
    end = case.closed_on or today
    told = db.exec(select(DayTold).where(DayTold.case_id == case.id)).all()
    return {
        **deadlines(case),
        "clocks": [
            asdict(one)
            | {"text": catalogue.label("clocks", one.code, language)}
            | {"latest": latest.get(one.code)}
            for one in (*standing.owed, *beside)
        ],
        **_time(case.received_on, end, standing.time, paused, calendar),
        "pauses": [
            asdict(one) | {"text": catalogue.label("pause_reasons", one.reason, language)}
            for one in paused
        ],
        "stages": [
            {
                "state": one.state,
                "since": one.since,
                "until": one.until,
                **_time(one.since, one.until or today, one.time, _own(one, reasons), calendar),
            }
            for one in clocks.stages(steps, end, reasons)
        ],
        "told": [
            {"level": one.level, "due": one.due, "told_on": one.told_on}
            for one in sorted(told, key=lambda one: (one.told_on, one.due, one.level))
        ],
    }


# Any: as above.
def deadlines(case: Case) -> dict[str, Any]:
    """The days by which something is owed in a case, as they stand in its row."""
    return {
        "acknowledge_by": case.acknowledge_by,
        "feedback_by": case.feedback_by,
        "due": case.due,
        "due_at": case.due_at,
        "archive_on": case.archive_on,
    }


def _steps(db: Work, cases: Collection[UUID]) -> dict[UUID, list[Step]]:
    rows = db.rows(
        select_columns(col(CaseStep.case_id), col(CaseStep.state), col(CaseStep.entered_on))
        .where(col(CaseStep.case_id).in_(cases))
        .order_by(col(CaseStep.case_id), col(CaseStep.n))
    )
    return {
        case: [Step(one.state, one.entered_on) for one in found]
        for case, found in groupby(rows, key=lambda row: row.case_id)
    }


def _effects(db: Work, case: Case, today: date) -> Iterator[Owed]:
    """What was recommended and done, and whose effect nobody has looked at yet."""
    clock = catalogue.clocks()["effect_check"]
    waiting = select(EffectCheck).where(EffectCheck.case_id == case.id)
    for one in db.exec(waiting.order_by(col(EffectCheck.due), col(EffectCheck.record_id))):
        late = one.due < today
        yield Owed(
            code=clock.code, kind=clock.kind, started_on=one.done_on, due=one.due, overdue=late
        )


def _standing(row: Plain, steps: Sequence[Step], *, today: date, now: datetime) -> Standing:
    paused = clocks.pauses(steps, catalogue.clocks().pauses)
    return Standing(
        owed=tuple(_owed(row, {step.state for step in steps}, today, now)),
        time=clocks.elapsed(row.received_on, row.closed_on or today, paused),
        pause=paused[-1] if paused and paused[-1].until is None else None,
    )


def _owed(row: Plain, entered: Collection[str], today: date, now: datetime) -> Iterator[Owed]:
    if ACKNOWLEDGED.isdisjoint(entered):
        yield Owed(
            code="acknowledgement",
            kind=ClockKind.STATUTORY,
            started_on=row.received_on,
            due=row.acknowledge_by,
            overdue=row.acknowledge_by < today,
        )
    if ANSWERED.isdisjoint(entered):
        yield Owed(
            code="feedback",
            kind=ClockKind.STATUTORY,
            started_on=row.received_on,
            due=row.feedback_by,
            overdue=row.feedback_by < today,
        )
    if row.due != NO_DATE:
        yield Owed(
            code="stage",
            kind=ClockKind.SERVICE,
            started_on=row.entered_on,
            due=row.due,
            due_at=row.due_at,
            overdue=row.due < today if row.due_at is None else row.due_at < now,
        )


def _beside(
    case: Case, steps: Sequence[Step], calendar: WorkingCalendar, today: date
) -> Iterator[Owed]:
    """What is owed beside the stage itself."""
    known = catalogue.clocks()
    if case.state in REVIEWABLE and case.closed_on is not None:
        yield _by(known["review_request"], case.closed_on, calendar, today)
    if case.state == "referred_out":
        clock = known["referral"]
        due = next(day for day in clock.again(case.entered_on, calendar) if day >= today)
        yield Owed(
            code=clock.code, kind=clock.kind, started_on=case.entered_on, due=due, overdue=False
        )
    since = max((step.on for step in steps if step.state == AUTHORISED), default=None)
    if since is not None and workflow_of(case).states_by_code[case.state].phase == "address":
        due = since + timedelta(days=known.warnings.longest_days)
        yield Owed(
            code="longest",
            kind=ClockKind.STATUTORY,
            started_on=since,
            due=due,
            overdue=due < today,
        )


def _by(clock: clocks.Clock, start: date, calendar: WorkingCalendar, today: date) -> Owed:
    due = clock.due(start, calendar)
    return Owed(code=clock.code, kind=clock.kind, started_on=start, due=due, overdue=due < today)


def _latest(
    db: Work, case: Case, steps: Sequence[Step], calendar: WorkingCalendar
) -> dict[str, date | None]:
    """The ceilings: of the stage, and of the answer to the reporter where the unit is an outside one."""
    found: dict[str, date | None] = {}
    due = workflow_of(case).states_by_code[case.state].due
    if due is not None and due.ceiling is not None:
        start = case.entered_on
        if due.since == "authorised":
            start = max((step.on for step in steps if step.state == AUTHORISED), default=start)
        found["stage"] = due_on(due.ceiling, start, calendar)
    if not db.get_one(Unit, case.unit).inside:
        acknowledged = (step.on for step in steps if step.state in ACKNOWLEDGED)
        start = min(next(acknowledged, case.acknowledge_by), case.acknowledge_by)
        feedback = catalogue.clocks()["feedback"]
        found["feedback"] = feedback.latest(start, calendar)
    return found


def _own(stage: Stage, reasons: Mapping[str, str]) -> Sequence[Pause]:
    reason = reasons.get(stage.state)
    return [] if reason is None else [Pause(stage.since, stage.until, reason)]


def _time(
    since: date,
    until: date,
    time: Elapsed,
    paused: Sequence[Pause],
    calendar: WorkingCalendar,
) -> dict[str, int]:
    gross = calendar.working_days_between(since, until)
    waited = sum(
        calendar.working_days_between(max(one.since, since), min(one.until or until, until))
        for one in paused
    )
    return {
        "gross_days": time.gross,
        "net_days": time.net,
        "gross_working_days": gross,
        "net_working_days": gross - waited,
    }
