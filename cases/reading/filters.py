"""What the queue is filtered by, and what that asks of the database."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, func, select

from cases.database import Work
from cases.models.case import Assignment, Case
from cases.models.facts import CaseFact
from cases.sealing import facts
from workflows import catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases are wanted; an empty field asks for nothing."""

    state: frozenset[str] = frozenset()
    phase: frozenset[str] = frozenset()
    priority: frozenset[str] = frozenset()
    assignee: UUID | Literal["none"] | None = None
    unit: UUID | None = None
    category: frozenset[str] = frozenset()
    office: frozenset[str] = frozenset()
    procedure: frozenset[str] = frozenset()
    channel: frozenset[str] = frozenset()
    received_from: date | None = None
    received_to: date | None = None
    due_before: date | None = None
    overdue: bool | None = None
    unread: bool | None = None

    def spelled(self) -> str:
        """The filters in one spelling, the same in every process, for binding a cursor to its list."""
        given = ((name, getattr(self, name)) for name in self.names())
        return "&".join(
            f"{name}={sorted(value) if isinstance(value, frozenset) else value}"
            for name, value in given
        )

    def names(self) -> list[str]:
        """Which filters are set; their values do not go into the trail."""
        return [name for name in self.__slots__ if getattr(self, name) not in (None, frozenset())]


def conditions(db: Work, filters: Filters) -> list[ColumnElement[bool]]:
    """What the filters ask of `Case` and `CaseFact`; walls and units are `access`'s business."""
    return [*_by_state(filters), *_by_fact(db, filters), *_by_day(filters), *_by_work(db, filters)]


def _by_state(filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.state:
        yield _stands_in(filters.state)
    if filters.phase:
        known = catalogue.workflow().states
        yield _stands_in([one.code for one in known if one.phase in filters.phase])
    if filters.priority:
        yield col(Case.priority).in_(filters.priority)
    if filters.unit:
        yield col(Case.unit) == filters.unit


def _stands_in(states: Collection[str]) -> ColumnElement[bool]:
    """Whether a case stands in one of these states.

    One state has indexes of its own, in every order. Several would be gathered from them and sorted as a
    whole, thousands for a page of fifty: the expression keeps to the order of all, which is cut.
    """
    if len(states) == 1:
        return col(Case.state) == next(iter(states))
    return func.coalesce(col(Case.state), "").in_(states)


def _by_fact(db: Work, filters: Filters) -> Iterable[ColumnElement[bool]]:
    for dimension in facts.FILTERS:
        codes = getattr(filters, dimension)
        if codes:
            tokens = [facts.filter_token(db.house.keyring, dimension, code) for code in codes]
            yield col(getattr(CaseFact, dimension)).in_(tokens)


def _by_day(filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.received_from:
        yield col(Case.received_on) >= filters.received_from
    if filters.received_to:
        yield col(Case.received_on) <= filters.received_to
    if filters.due_before:
        yield col(Case.due) < filters.due_before


def _by_work(db: Work, filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.assignee == "none":
        yield col(Case.assignee).is_(None)
    elif filters.assignee is not None:
        yield _assigned_to(filters.assignee)
    if filters.overdue is not None:
        late = _late(db)
        yield late if filters.overdue else ~late
    if filters.unread is not None:
        unread = col(Case.seq) > col(Case.seen_seq)
        yield unread if filters.unread else ~unread


def _late(db: Work) -> ColumnElement[bool]:
    by_day = and_(col(Case.due_at).is_(None), col(Case.due) < db.house.today())
    by_hour = and_(col(Case.due_at).is_not(None), col(Case.due_at) < db.house.now())
    return or_(by_day, by_hour)


def _assigned_to(staff: UUID) -> ColumnElement[bool]:
    # Asked of each case as the page comes to it: the list of all that a person ever had is long. A count,
    # because PostgreSQL makes that list after all for an EXISTS beside an OR.
    named = select(func.count()).where(
        Assignment.staff == staff, col(Assignment.active), Assignment.case_id == Case.id
    )
    return or_(col(Case.assignee) == staff, named.scalar_subquery() > 0)
