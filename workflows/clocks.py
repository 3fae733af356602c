"""Clocks: what is owed by which day, and how long a case has really been worked on.

A statutory clock is owed to a person and never pauses. A service clock is the administration's own: it
pauses while the case waits for its reporter, while the investigation is suspended and while a decision is
under review. A pause moves the day something is due, and never the ceiling.

Everything here is pure, in days: times come in, nothing is asked of a clock on the wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import Field as Described

from workflows.calendar import MONDAY_TO_FRIDAY, due_on
from workflows.model import Frozen, Name, Span, SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from workflows.calendar import WorkingCalendar


class ClockKind(StrEnum):
    """Whether a clock ever pauses."""

    STATUTORY = "statutory"
    SERVICE = "service"


class Clock(Frozen):
    """Something that is owed by a day.

    Attributes:
        since: what it counts from.
        ceiling: the longest it may become, for a reason that is on record.
        every: after how long it is owed again.
        steps: ids of the workflow's steps that start it; none where something else does.
    """

    code: Name
    kind: ClockKind
    since: Name
    span: Span
    ceiling: Span | None = None
    every: Span | None = None
    steps: tuple[str, ...] = ()

    def due(self, start: date, calendar: WorkingCalendar = MONDAY_TO_FRIDAY) -> date:
        """The last day for it."""
        return _end(self.span, start, calendar)

    def latest(self, start: date, calendar: WorkingCalendar = MONDAY_TO_FRIDAY) -> date:
        """The last day it may ever become: the ceiling's, or its own."""
        return _end(self.ceiling or self.span, start, calendar)

    def again(self, start: date, calendar: WorkingCalendar = MONDAY_TO_FRIDAY) -> Iterator[date]:
        """Every day on which it is owed, without end where it comes back, each counted from the last."""
        day = self.due(start, calendar)
        yield day
        while self.every is not None:
            day = _end(self.every, day, calendar)
            yield day


class Warnings(Frozen):
    """When somebody is told of a day.

    Attributes:
        near_days: calendar days before it, whoever handles the case.
        head_working_days: working days after it, the head.
        longest_days: calendar days since its authorisation, the seat of oversight.
    """

    near_days: int = Described(ge=1, le=30)
    head_working_days: int = Described(ge=1, le=60)
    longest_days: int = Described(ge=30, le=1000)


class Clocks(Frozen):
    """All of `codes/clocks.toml`.

    Attributes:
        pauses: state -> why a case's service clocks wait while it stands there.
    """

    pauses: Mapping[Name, Name]
    warnings: Warnings
    clocks: tuple[Clock, ...]

    def __getitem__(self, code: str) -> Clock:
        """A clock by its code.

        Raises:
            KeyError: there is none.
        """
        for clock in self.clocks:
            if clock.code == code:
                return clock
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Step:
    """That a case entered a state."""

    state: str
    on: date


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which service clocks stood still: from `since` to the day before `until`.

    Attributes:
        until: None while it lasts.
        reason: why, as in `Clocks.pauses`.
    """

    since: date
    until: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Elapsed:
    """How long something took, in calendar days: all of them, and without those of its pauses."""

    gross: int
    net: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A stay in a state; `until` is None while it lasts."""

    state: str
    since: date
    until: date | None
    time: Elapsed


def _end(span: Span, start: date, calendar: WorkingCalendar) -> date:
    return due_on(span, start, calendar) or start


def pauses(steps: Sequence[Step], reasons: Mapping[str, str]) -> tuple[Pause, ...]:
    """The pauses of a case, oldest first; stays in one state after another for one reason are one.

    Args:
        steps: every state the case entered, in order.
        reasons: state -> why service clocks wait there.
    """
    found: list[Pause] = []
    for step, after in _with_next(steps):
        reason = reasons.get(step.state)
        if reason is None:
            continue
        until = after.on if after else None
        if found and found[-1].until == step.on and found[-1].reason == reason:
            found[-1] = Pause(found[-1].since, until, reason)
        else:
            found.append(Pause(step.on, until, reason))
    return tuple(found)


def elapsed(since: date, until: date, paused: Sequence[Pause]) -> Elapsed:
    """How long a time was, gross and net; nothing where it ends before it begins."""
    gross = max((until - since).days, 0)
    waited = sum(
        max((min(one.until or until, until) - max(one.since, since)).days, 0) for one in paused
    )
    return Elapsed(gross, gross - waited)


def stages(steps: Sequence[Step], today: date, reasons: Mapping[str, str]) -> tuple[Stage, ...]:
    """Every stay of a case in a state, gross and net; a stay that was a pause has no net days."""
    found = []
    for step, after in _with_next(steps):
        gross = max(((after.on if after else today) - step.on).days, 0)
        net = 0 if step.state in reasons else gross
        found.append(Stage(step.state, step.on, after.on if after else None, Elapsed(gross, net)))
    return tuple(found)


def run_start(steps: Sequence[Step], reasons: Mapping[str, str]) -> date:
    """The day since which a case has stood where it stands, but for pauses: when its clock started.

    Args:
        steps: every state the case entered, in order; at least one.
    """
    here = steps[-1].state
    start = steps[-1].on
    if here in reasons:
        return start
    for step in reversed(steps):
        if step.state == here:
            start = step.on
        elif step.state not in reasons:
            break
    return start


def moved(due: date, paused: Sequence[Pause], kind: SpanKind, calendar: WorkingCalendar) -> date:
    """The day something is due after pauses: each leaves as many days as there were when it began.

    What was late when the pause began stays late. A pause that has not ended moves nothing yet.

    Args:
        due: as if there had been no pause.
        paused: since the clock started, oldest first.
        kind: how the clock counts its days.
    """
    for one in paused:
        if one.until is None or due < one.since:
            continue
        if kind is SpanKind.WORKING_DAYS:
            left = calendar.working_days_between(one.since, due)
            due = calendar.add_working_days(one.until, left)
        else:
            due += one.until - one.since
    return due


def _with_next(steps: Sequence[Step]) -> Iterator[tuple[Step, Step | None]]:
    yield from pairwise((*steps, None))
