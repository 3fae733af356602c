"""The administration's working calendar: its country's, corrected by the days it set itself.

Its own days are one row, which two people change. Before the first change there is none: then the days off
that the installation was founded with hold.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import Unacceptable
from cases.models.people import OwnDays
from cases.staff.changes import record_directory_change, the_deployment
from workflows import countries
from workflows.calendar import WorkingCalendar
from workflows.model import Locale

MOST_DAYS = 2_000
"""Own days in all: more are a mistake in a list."""

_KEPT = "working_calendar"


def current(db: Work) -> WorkingCalendar:
    """The calendar by which this administration counts working days, read once per unit of work.

    A country that no calendar is known for, from before that was asked, counts as none.

    Raises:
        NotFounded: there is no installation.
    """
    kept: WorkingCalendar | None = db.info.get(_KEPT)
    if kept is None:
        deployment = the_deployment(db)
        closed, opened = own_days(db)
        country = deployment.country if countries.known(deployment.country) else countries.NOWHERE
        kept = WorkingCalendar(country=country, closed=closed, opened=opened)
        count_by(db, kept)
    return kept


def count_by(db: Work, calendar: WorkingCalendar) -> None:
    """Let a unit of work count by a calendar that was read already."""
    db.info[_KEPT] = calendar


def own_days(db: Work) -> tuple[frozenset[date], frozenset[date]]:
    """The administration's own days off, and the days on which it works although the country does not."""
    row = _row(db)
    if row is None:
        return _days(the_deployment(db).days_off), frozenset()
    return _days(row.closed), _days(row.opened)


def check_own_days(closed: Iterable[date], opened: Iterable[date]) -> None:
    """Refuse days that cannot be.

    Raises:
        Unacceptable: a day that is both, or too many of them.
    """
    off, on = frozenset(closed), frozenset(opened)
    if len(off) + len(on) > MOST_DAYS:
        raise Unacceptable([("/closed", "too_many")])
    if off & on:
        raise Unacceptable([("/opened", "duplicate")])


def set_own_days(db: Work, by: Actor, closed: Iterable[date], opened: Iterable[date]) -> None:
    """Replace the administration's own days; days by which something is due already stay as they are.

    The trail keeps the SHA-256 of both lists as JSON, `[["2026-12-24"], []]`.

    Raises:
        Unacceptable: as `check_own_days`.
    """
    off, on = sorted(set(closed)), sorted(set(opened))
    check_own_days(off, on)
    row = _row(db)
    if row is None:
        row = OwnDays(id=the_deployment(db).id)
        db.add(row)
    row.closed = [day.isoformat() for day in off]
    row.opened = [day.isoformat() for day in on]
    db.info.pop(_KEPT, None)
    told = json.dumps([row.closed, row.opened]).encode()
    log.emit(
        db,
        "config.changed",
        by=by,
        d=Details(action="calendar.changed", sha=hashlib.sha256(told).hexdigest()),
    )
    record_directory_change(db, by)


@dataclass(frozen=True, slots=True)
class Year:
    """A year of the calendar, to be checked by people.

    Attributes:
        holidays: of the country, by day; those that the administration works are in `opened` too.
        closed: the administration's own days off in that year.
        working_days: how many there are.
    """

    country: str
    holidays: Mapping[date, str]
    closed: tuple[date, ...]
    opened: tuple[date, ...]
    working_days: int


def year(db: Work, of: int, locale: Locale) -> Year:
    """One year of the administration's calendar, holidays named in a language where that is known."""
    calendar = current(db)
    return Year(
        country=country(db),
        holidays=countries.public_holidays(calendar.country, of, locale),
        closed=tuple(day for day in sorted(calendar.closed) if day.year == of),
        opened=tuple(day for day in sorted(calendar.opened) if day.year == of),
        working_days=calendar.working_days_between(date(of - 1, 12, 31), date(of, 12, 31)),
    )


def country(db: Work) -> str:
    """The administration's country, two letters."""
    return the_deployment(db).country


def _row(db: Work) -> OwnDays | None:
    return db.exec(select(OwnDays)).first()


def _days(texts: Iterable[str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in texts)
