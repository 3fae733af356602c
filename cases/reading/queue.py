"""The queue: the cases a person may know of, filtered, sorted and paged by key."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, tuple_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import Mapped
from sqlmodel import col, func, select

from cases import access
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import (
    NO_DATE,
    NO_PRIORITY,
    Assignment,
    Case,
    Record,
)
from cases.models.facts import CaseFact
from cases.models.people import Unit
from cases.permits import ReadPermit
from cases.reading import clocks, sight
from cases.reading.clocks import Standing
from cases.reading.filters import Filters, conditions
from cases.sealing import facts, records
from cases.sealing.hierarchy import StaffKeys
from cases.staff import accounts
from workflows import catalogue, engine

Sort = Literal[
    "due", "-due", "received", "-received", "priority", "-priority", "updated", "-updated"
]
By = Literal["state", "phase", "priority", "unit", "assignee", "category", "office", "channel"]

SORT_COLUMNS = {
    "due": "due",
    "received": "received_on",
    "priority": "priority",
    "updated": "updated_on",
}


class Line(NamedTuple):
    """The plain columns behind one item, by the names they have in `Case` and `CaseFact`."""

    id: UUID
    reference: str
    unit: UUID
    workflow: str
    workflow_version: int
    state: str
    priority: str
    received_on: date
    updated_on: date
    entered_on: date
    acknowledge_by: date
    feedback_by: date
    closed_on: date | None
    due: date
    due_at: datetime | None
    assignee: UUID | None
    seq: int
    seen_seq: int
    category: int
    office: int
    channel: int


KEPT_BACK: dict[str, Any] = {
    "priority": NO_PRIORITY,
    "due": NO_DATE,
    "due_at": None,
    "assignee": None,
    "category": 0,
    "office": 0,
}
"""What stands in a line whose reader sees no more than that somebody knocked: nothing of what came of it.
The days by which something is due go with it: they follow from the priority. (Any: of each column.)"""
FACTS = ("category", "office", "channel")
COLUMNS = [col(getattr(CaseFact if name in FACTS else Case, name)) for name in Line._fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the queue."""

    id: UUID
    reference: str
    state: str
    priority: str | None
    title: str | None
    category: str | None
    office: str | None
    channel: str | None
    language: str | None
    received_on: date
    due: date | None
    due_at: datetime | None
    standing: Standing | None
    """How it stands in time; None for who sees no more than that it came."""
    assignee: tuple[UUID, str] | None
    unread: bool
    actions: tuple[str, ...]
    sort_key: tuple[str, str] = field(repr=False)
    """The values after which the next page begins."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the queue, and whether there is more after it."""

    items: list[Item]
    more: bool


def page(
    db: Work,
    by: StaffActor,
    filters: Filters,
    *,
    sort: Sort = "due",
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> Page:
    """One page of the queue; the look is recorded with exactly the cases it shows.

    Args:
        after: `sort_key` of the last item of the page before.
        limit: items at most.
    """
    # One beyond the page says whether there is another; nobody is shown it, so nothing of it is opened.
    found = db.rows(_statement(db, by, filters, sort=sort, after=after, limit=limit + 1))
    lines = [Line._make(row) for row in found[:limit]]
    ids = [line.id for line in lines]
    permit = log.emit_list(db, ids, by=by, d=Details(filters=filters.names() or None, action=sort))
    roles = _roles(db, by, lines)
    whole = {line.id: line for line in lines if sight.whole(roles[line.id])}
    rows = [whole.get(line.id) or line._replace(**KEPT_BACK) for line in lines]
    titles = _titles(db, by, ids, permit)
    words = _words(db, FACTS)
    people = accounts.names(db, {row.assignee for row in rows if row.assignee})
    languages = sight.languages(db, ids)
    standings = clocks.of_page(db, whole)
    column = sort.removeprefix("-")
    items = [
        Item(
            id=row.id,
            reference=row.reference,
            state=row.state,
            priority=None if row.priority == NO_PRIORITY else row.priority,
            title=titles.get(row.id),
            category=words["category"].get(row.category) or None,
            office=words["office"].get(row.office) or None,
            channel=words["channel"].get(row.channel) or None,
            language=languages.get(row.id),
            received_on=row.received_on,
            due=None if row.due == NO_DATE else row.due,
            due_at=row.due_at,
            standing=standings.get(row.id),
            assignee=(row.assignee, people[row.assignee]) if row.assignee else None,
            unread=row.seq > row.seen_seq,
            actions=_actions(row, roles[row.id]),
            sort_key=(str(getattr(row, SORT_COLUMNS[column])), row.id.hex),
        )
        for row in rows
    ]
    return Page(items, more=len(found) > limit)


def counts(db: Work, by: StaffActor, filters: Filters, *, of: By) -> dict[str, int]:
    """How many cases the person may know of, by a dimension; the look is recorded."""
    log.emit_list(db, [], by=by, d=Details(filters=filters.names() or None, cuts=[of]))
    word = _wording(db, of)
    seen = sight.condition(db, by)
    column = col(getattr(CaseFact if of in facts.FILTERS else Case, COUNTED.get(of, of)))
    grouped = _as_seen(of, column, seen, None).label("counted")
    statement: Select[Any] = (
        select_columns(grouped, func.count())
        .select_from(Case)
        .where(access.visible(db, by), *_wanted(db, filters, seen))
        .group_by("counted")
    )
    if of in facts.FILTERS or any(getattr(filters, one) for one in facts.FILTERS):
        # Left out where nobody asks: it would be looked up once for every case there is.
        statement = statement.join(CaseFact, col(CaseFact.case_id) == col(Case.id))
    total: dict[str, int] = {}
    for value, count in map(tuple, db.rows(statement)):
        name = word(value)
        total[name] = total.get(name, 0) + count
    return dict(sorted(total.items()))


COUNTED = {"phase": "state"}
"""What is grouped by something else than its own column."""


def _wording(db: Work, of: By) -> Callable[[Any], str]:
    """How a grouped value is called (Any: each dimension's column has its own type)."""
    if of in facts.FILTERS:
        known = _words(db, (of,))[of]
        return lambda token: known.get(token) or "none"
    if of == "phase":
        states = catalogue.workflow().states_by_code
        return lambda state: states[state].phase
    return lambda value: "none" if value in (None, NO_PRIORITY) else str(value)


def _wanted(
    db: Work, filters: Filters, seen: ColumnElement[bool] | None
) -> list[ColumnElement[bool]]:
    """What the filters ask; none of them finds a case by what its reader is not shown of it."""
    asked = conditions(db, filters)
    if seen is not None and sight.FILTERS.intersection(filters.names()):
        asked.append(seen)
    return asked


def _as_seen(
    name: str, column: Mapped[Any], seen: ColumnElement[bool] | None, otherwise: object
) -> Mapped[Any] | ColumnElement[Any]:
    """A column as it stands where its reader is shown it, and otherwise as if it were empty."""
    if seen is None or name not in KEPT_BACK:
        return column
    return case((seen, column), else_=otherwise)


def _statement(
    db: Work,
    by: StaffActor,
    filters: Filters,
    *,
    sort: Sort,
    after: tuple[str, str] | None,
    limit: int,
) -> Select[Any]:
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    seen, column = sight.condition(db, by), SORT_COLUMNS[name]
    key = _as_seen(column, col(getattr(Case, column)), seen, KEPT_BACK.get(column))
    identity = col(Case.id)
    order = (key.desc(), identity.desc()) if descending else (key.asc(), identity.asc())
    statement = (
        select_columns(*COLUMNS)
        .join(CaseFact, col(CaseFact.case_id) == identity)
        .where(access.visible(db, by), *_wanted(db, filters, seen))
        .order_by(*order)
        .limit(limit)
    )
    if after is None:
        return statement
    here, place = tuple_(key, identity), tuple_(_value(name, after[0]), UUID(after[1]))
    return statement.where(here < place if descending else here > place)


def _value(name: str, text: str) -> object:
    return text if name == "priority" else date.fromisoformat(text)


def _titles(db: Work, by: StaffActor, ids: Sequence[UUID], permit: ReadPermit) -> dict[UUID, str]:
    """The titles of those cases the person has declared for; nothing else is opened."""
    rows = db.exec(
        select(Record)
        .where(col(Record.case_id).in_(access.declared_for(db, by, ids)), Record.field == "title")
        .order_by(col(Record.version))
    ).all()
    newest = {row.case_id: row for row in rows}
    if not newest:
        return {}
    keys = StaffKeys(db, by)
    found = db.exec(select(Case).where(col(Case.id).in_(newest))).all()
    reachable = keys.case_keys(found)
    return {
        case.id: str(
            records.open_(db, permit, keys.case_key(case, newest[case.id].epoch), newest[case.id])[
                "title"
            ]
        )
        for case in found
        if case.id in reachable
    }


def _words(db: Work, dimensions: Iterable[str]) -> dict[str, dict[int, str]]:
    lists = access.filter_lists(db)
    return {
        dimension: facts.filter_codes(db.house.keyring, dimension, lists[dimension])
        for dimension in dimensions
    }


def _roles(db: Work, by: StaffActor, rows: Sequence[Line]) -> dict[UUID, frozenset[str]]:
    """As `access.case_roles`, for a whole page at once."""
    named: dict[UUID, set[str]] = {}
    if by.roles & access.NAMED:
        assigned = db.exec(
            select(Assignment).where(
                Assignment.staff == by.id,
                col(Assignment.active),
                col(Assignment.case_id).in_([row.id for row in rows]),
            )
        )
        for one in assigned:
            named.setdefault(one.case_id, set()).add(one.role)
    units = {
        unit.id: {unit.id, unit.review_unit, unit.protection_unit, unit.custody_unit}
        for unit in db.exec(select(Unit).where(col(Unit.id).in_({row.unit for row in rows})))
    }
    held = {
        unit: {seat.role for seat in by.seats if seat.unit in kin} for unit, kin in units.items()
    }
    return {
        row.id: frozenset(
            (held[row.unit] - access.NAMED) | (held[row.unit] & named.get(row.id, set()))
        )
        for row in rows
    }


def _actions(row: Line, roles: frozenset[str]) -> tuple[str, ...]:
    workflow = catalogue.workflow(row.workflow, row.workflow_version)
    return tuple(step.event for step in engine.available(workflow, row.state, roles))
