"""Notices to the body outside the line: that something happened elsewhere, and no more.

A report came that concerns a system administrator, or two people opened a case in an emergency.

A notice is an event of the trail, found by the unit that is told. It says which unit took the report in and
on which day; it names neither case nor report, and nothing joins it to one. It is shown once that day is over
and the tick after it has passed, so that it dates nothing the case itself would not date. Who looked at which
notice is on record there too, and makes the difference between read and new.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from cases.actors import THE_SERVICE, StaffActor
from cases.audit import log
from cases.audit.events import Body, Details, Object
from cases.database import Work

READERS = ("head_ia", "case_manager")
"""Who is told, in the unit that is."""

CONCERN = "system_administrator"
EMERGENCY = "break_glass"
KINDS = {"conflict.matched": CONCERN, "break_glass.opened": EMERGENCY}
"""Kind of event -> what is told, a code of the list `notices`."""


@dataclass(frozen=True, slots=True)
class Notice:
    """That something happened.

    Attributes:
        concern: a code of the list `notices`.
        unit: where it is handled.
        read: the reader had seen this notice before.
    """

    id: UUID
    concern: str
    unit: UUID
    came_on: date
    read: bool


def tell(db: Work, unit: UUID, *, of: UUID) -> None:
    """Tell a unit that a report came to another one.

    Args:
        unit: who is told.
        of: the unit that takes the report in.
    """
    # In the reporters' lane even for a report of danger: a receipt printed at once would be counted.
    log.emit(
        db,
        "conflict.matched",
        by=THE_SERVICE,
        unit=of,
        d=Details(reason=CONCERN),
        lane=log.LANE_REPORTER,
        about=_shelf(unit),
    )


def read(db: Work, by: StaffActor) -> list[Notice]:
    """The notices to the units of a person who may read them, oldest first; the look is recorded."""
    found: list[Notice] = []
    recorded = False
    for unit in sorted(by.units(*READERS)):
        told = [one.body for one in log.told_of(db, _shelf(unit))]
        seen = {thing for body in told if body.actor.id == by.id for thing in _looked_at(body)}
        mine = [
            Notice(one.id, KINDS[one.kind], one.unit, _day(one), one.id in seen)
            for one in told
            if one.kind in KINDS and one.unit and _is_due(db, one)
        ]
        if any(not one.read for one in mine):
            _record(db, by, mine, about=_shelf(unit))
            recorded = True
        found += mine
    if not recorded:
        _record(db, by, found, about=None)
    return sorted(found, key=lambda one: (one.came_on, one.id))


def _record(db: Work, by: StaffActor, shown: list[Notice], *, about: str | None) -> None:
    """Write that notices were looked at; only a first look lies with the notices themselves."""
    log.emit(
        db,
        "record.read",
        by=by,
        obj=[Object(t="notice", id=one.id) for one in shown],
        d=Details(parts=["notices"]),
        about=about,
    )


def _shelf(unit: UUID) -> str:
    return f"notices {unit}"


def _looked_at(body: Body) -> set[UUID]:
    return {one.id for one in body.obj if isinstance(one, Object) and one.t == "notice"}


def tell_emergency(db: Work, unit: UUID, *, of: UUID) -> None:
    """Tell a unit that two people opened a case of another one in an emergency; at once, it is staff's act."""
    log.emit(
        db,
        "break_glass.opened",
        by=THE_SERVICE,
        unit=of,
        d=Details(reason=EMERGENCY),
        about=_shelf(unit),
    )


def _day(body: Body) -> date:
    return date.fromisoformat(body.at[:10])


def _is_due(db: Work, body: Body) -> bool:
    if KINDS[body.kind] == EMERGENCY:
        return True
    terms = db.house.terms
    over = datetime.combine(_day(body) + timedelta(days=1), time(), terms.zone)
    return db.house.now() >= over + terms.reporter_tick
