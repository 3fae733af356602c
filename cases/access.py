"""Who may see and do what: the permission table, applied to a person and a case.

Three things decide together: the keys a person can reach (no wrap, no content), the roles they hold in
the units of the case, and the walls. Every read of cases starts from `visible_cases`, so that lists,
counts and figures obey the same rule.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from cases import family, timed
from cases.actors import Seats, StaffActor, key_units_of, units_of
from cases.database import Work
from cases.errors import DeclarationNeeded, Glimpse, NotFound, NotPermitted
from cases.models.case import (
    NO_DATE,
    NO_PRIORITY,
    Assignment,
    Case,
    CaseWrap,
    Declaration,
    DeclarationStatus,
    KeyKind,
)
from cases.models.facts import CaseFact
from cases.models.people import Membership, Office, Unit
from cases.models.timed import TimedAccess, TimedKind
from cases.sealing import facts
from workflows import catalogue
from workflows.model import Grade

if TYPE_CHECKING:
    from sqlmodel.sql.expression import SelectOfScalar

CIRCLE = frozenset({"triage_officer", "case_manager", "head_ia"})
"""Roles that see every case of their handling unit, walls apart."""

NAMED = frozenset(
    {
        "lead_investigator", "investigator", "analyst", "evidence_custodian", "legal_counsel",
        "quality_reviewer", "decision_authority",
    }
)  # fmt: skip
"""Roles that count in a case only for the person who was named in it."""

INTAKE_STATES = ("received",)
"""What an intake officer sees of: cases that wait for their acknowledgement, heads only."""

RESTRICTED = ("L3", "L4")
"""Levels at which a case is there for its head and for who was named in it, and for nobody else of its unit."""

EMERGENCY = frozenset({"lead_investigator", "investigator", "analyst", "evidence_custodian"})
"""Roles that count for who was let in by an emergency, though nobody named them; never those that decide."""

UNDECIDED = (DeclarationStatus.UNSURE, DeclarationStatus.OVERTAKEN)
"""How a declaration stands that waits for somebody to decide it."""

FORGETTING_STATES = ("archived",)
"""What a data protection officer sees of: cases that wait to be forgotten, heads only."""


_PARTS = select(Assignment).where(
    col(Assignment.case_id) == bindparam("case"),
    col(Assignment.staff) == bindparam("staff"),
    col(Assignment.active),
)

_FREE = select(Declaration).where(
    col(Declaration.staff) == bindparam("staff"),
    col(Declaration.status) == DeclarationStatus.FREE,
    col(Declaration.case_id).in_(bindparam("cases", expanding=True)),
)

OTHER = aliased(Case)
"""The same cases, where a condition on one asks about all."""


def visible_cases(db: Work, by: StaffActor) -> "SelectOfScalar[Case]":
    """The cases whose existence this person may know; every read of cases starts here."""
    return select(Case).where(visible(db, by))


def known(db: Work, by: StaffActor, ids: Collection[UUID]) -> dict[UUID, Case]:
    """Those of some cases that this person may know of, by id.

    Of none nothing is asked: to find none of them a database would look at every case there is.
    """
    if not ids:
        return {}
    found = db.exec(visible_cases(db, by).where(col(Case.id).in_(ids)))
    return {case.id: case for case in found}


def visible(db: Work, by: StaffActor) -> ColumnElement[bool]:
    """The condition on `Case` behind `visible_cases`, for statements that select columns."""
    return and_(_by_seats(by.id, by.seats), *_but(db, by))


def _but(db: Work, by: StaffActor) -> list[ColumnElement[bool]]:
    """What their seats do not say, and takes something away again; nothing for most people."""
    conditions: list[ColumnElement[bool]] = []
    if walled := db.house.walls.of(db, by.id):
        conditions.append(col(Case.id).not_in(walled))
    if over := timed.emergencies_over(db, by.id):
        # An emergency that is over opens nothing, whether or not the job that ends it has run.
        gone = col(Case.id).in_(over)
        conditions.append(or_(~gone, col(Case.id).in_(_named(by.id))))
    return conditions


@lru_cache(maxsize=1_024)
def _called(staff: UUID, seats: Seats, *, to_change: bool) -> "SelectOfScalar[Case]":
    """The case of a reference as far as somebody's seats go; put together once, as above."""
    called = col(Case.reference) == bindparam("reference")
    statement = select(Case).where(_by_seats(staff, seats), called)
    if not to_change:
        return statement
    # What was read before the lock was ours may be older than what the lock waited for.
    return statement.with_for_update().execution_options(populate_existing=True)


@lru_cache(maxsize=1_024)
def _by_seats(staff: UUID, seats: Seats) -> ColumnElement[bool]:
    """What somebody's seats let them know of; put together once, which takes longer than to ask it.

    Of a person only what stands in the clear is kept with it: never the key they act with.
    """
    may_see: list[ColumnElement[bool]] = []
    if circle := units_of(seats, *CIRCLE):
        may_see.append(_in_units(circle))
    if intake := units_of(seats, "intake_officer") - circle:
        may_see.append(and_(_in_units(intake), col(Case.state).in_(INTAKE_STATES)))
    if forgetting := units_of(seats, "dpo") - circle:
        may_see.append(and_(_in_units(forgetting), col(Case.state).in_(FORGETTING_STATES)))
    # A wrap to oneself, or to a unit whose key one holds, is what being let into a case means.
    let_in = _wrapped_to((key_units_of(seats) - circle) | {staff})
    if _may_be_let_in(seats, circle):
        may_see.append(col(Case.id).in_(let_in))
    restricted = _restricted(staff, seats, let_in)
    return and_(col(Case.delivered), or_(false(), *may_see), col(Case.id).not_in(restricted))


def _restricted(
    staff: UUID, seats: Seats, let_in: "SelectOfScalar[UUID]"
) -> "SelectOfScalar[UUID]":
    """The restricted cases that are not for this person; there are few, and an index of them alone.

    The body outside the line counts as one seat: what is sealed there was sealed from everybody else. Units
    that the workflow let in keep what they have, or a level could block a review or leave somebody in danger.
    """
    own = units_of(seats, *CIRCLE, "intake_officer")
    outside = select(Unit.id).where(col(Unit.id).in_(own), col(Unit.inside).is_(False))
    forgetting = and_(
        col(OTHER.unit).in_(units_of(seats, "dpo")), col(OTHER.state).in_(FORGETTING_STATES)
    )
    # Written out, or no database would know that the index of restricted cases is all it needs.
    levels: BindParameter[str] = bindparam(
        "restricted", RESTRICTED, expanding=True, literal_execute=True
    )
    return select(OTHER.id).where(
        col(OTHER.level).in_(levels),
        ~or_(
            col(OTHER.unit).in_(units_of(seats, "head_ia")),
            col(OTHER.unit).in_(outside),
            col(OTHER.id).in_(_named(staff)),
            col(OTHER.id).in_(let_in),
            forgetting,
        ),
    )


def _named(staff: UUID) -> "SelectOfScalar[UUID]":
    return select(Assignment.case_id).where(Assignment.staff == staff, col(Assignment.active))


def _wrapped_to(recipients: frozenset[UUID]) -> "SelectOfScalar[UUID]":
    return select(CaseWrap.case_id).where(
        col(CaseWrap.recipient).in_(recipients), CaseWrap.kind == KeyKind.INT
    )


def _in_units(units: frozenset[UUID]) -> ColumnElement[bool]:
    # One unit is the common case, and equality is what the queue's indexes are made for.
    return col(Case.unit) == next(iter(units)) if len(units) == 1 else col(Case.unit).in_(units)


def _may_be_let_in(seats: Seats, circle: frozenset[UUID]) -> bool:
    """Whether somebody can hold keys of cases beyond those of their own circle."""
    is_named = any(seat.role in NAMED for seat in seats)
    return is_named or bool(key_units_of(seats) - circle) or not circle


def allowed(by: StaffActor, *acts: str) -> bool:
    """Whether the person's roles hold one of the acts anywhere; says nothing about any case."""
    table = catalogue.permissions()
    return any(table.allow(act, by.roles) for act in acts)


def demand(by: StaffActor, *acts: str) -> None:
    """Refuse who holds none of the acts anywhere.

    Raises:
        NotPermitted: as said.
    """
    if not allowed(by, *acts):
        raise NotPermitted


def case_roles(db: Work, by: StaffActor, case: Case) -> frozenset[str]:
    """The roles that count for this person in this case.

    Those held in the unit that handles it or in the units that review, protect or keep for it; roles for
    which a person is named count for the named one alone.
    """
    unit = db.get_one(Unit, case.unit)
    # Many ask for it in one unit of work, and SQLAlchemy forgets what nobody holds.
    db.info[unit.id] = unit
    units = {unit.id, unit.review_unit, unit.protection_unit, unit.custody_unit}
    held = {seat.role for seat in by.seats if seat.unit in units}
    if held & NAMED:
        held -= NAMED - named_roles(db, by.id, case)
    return frozenset(held)


def named_roles(db: Work, staff: UUID, case: Case) -> frozenset[str]:
    """The parts for which a person is named in a case now."""
    named = frozenset(row.role for row in db.exec(_PARTS, params={"case": case.id, "staff": staff}))
    return named | EMERGENCY if timed.emergency(db, staff, case) else named


_NAMED = select(Assignment).where(
    col(Assignment.case_id).in_(bindparam("cases", expanding=True)),
    col(Assignment.role).in_(bindparam("roles", expanding=True)),
)


def people(db: Work, case: Case, *roles: str, ever: bool = False) -> frozenset[UUID]:
    """Who is named in a case to one of the roles; with `ever`, also who was, in all of its family.

    Whoever was let in by an emergency to inquire has inquired, though nobody named them.
    """
    cases = family.ids(db, case) if ever else [case.id]
    rows = db.exec(_NAMED, params={"cases": cases, "roles": roles})
    found = frozenset(row.staff for row in rows if ever or row.active)
    let_in = ever and not EMERGENCY.isdisjoint(roles)
    return found | _let_in(db, cases) if let_in else found


def _let_in(db: Work, cases: Collection[UUID]) -> frozenset[UUID]:
    """Whom an emergency let into cases to inquire; not those of the circle, who were let in to handle."""
    once = select(TimedAccess.staff).where(
        col(TimedAccess.case_id).in_(cases), TimedAccess.kind == TimedKind.BREAK_GLASS
    )
    people = frozenset(db.exec(once))
    seats = db.exec(select(Membership).where(col(Membership.staff).in_(people))) if people else ()
    held: dict[UUID, set[str]] = {one: set() for one in people}
    for seat in seats:
        held[seat.staff].add(seat.role)
    return frozenset(
        one
        for one, roles in held.items()
        if not EMERGENCY.isdisjoint(roles) or CIRCLE.isdisjoint(roles)
    )


def may(db: Work, by: StaffActor, act: str, case: Case) -> bool:
    """Whether the person holds the act in this case, figures apart."""
    grants = catalogue.permissions().grants(act, case_roles(db, by, case))
    return any(grant.grade in (Grade.YES, Grade.ASSIGNED) for grant in grants)


def demand_in(db: Work, by: StaffActor, act: str, case: Case) -> None:
    """Refuse who does not hold the act in this case, which they may know of.

    Raises:
        NotPermitted: as said.
    """
    if not may(db, by, act, case):
        raise NotPermitted


def find(db: Work, reference: str, by: StaffActor, *, to_change: bool = False) -> Case:
    """The case of this reference, when the person may know that it exists.

    Args:
        to_change: lock its row, so that two acts on one case come one after the other.

    Raises:
        NotFound: there is none, or not for this person.
    """
    statement = _called(by.id, by.seats, to_change=to_change)
    if but := _but(db, by):
        statement = statement.where(*but)
    case = db.exec(statement, params={"reference": reference.strip().upper()}).first()
    if case is None:
        raise NotFound
    return case


def declared(db: Work, by: StaffActor, case: Case) -> bool:
    """Whether the person has a declaration of no conflict that still stands.

    What was merged is declared for where it goes on: it is one matter.
    """
    return bool(_free(db, by, [case.merged_into or case.id]))


def declared_for(db: Work, by: StaffActor, cases: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these cases the person has declared for, as `declared` says."""
    rows = db.exec(select(Case.id, Case.merged_into).where(col(Case.id).in_(cases))).all()
    free = _free(db, by, {into or one for one, into in rows})
    return frozenset(one for one, into in rows if (into or one) in free)


def _free(db: Work, by: StaffActor, cases: Collection[UUID]) -> frozenset[UUID]:
    # Whole rows, because only those prove that nobody slipped them in.
    found = db.exec(_FREE, params={"staff": by.id, "cases": list(cases)})
    return frozenset(row.case_id for row in found)


def demand_declaration(db: Work, by: StaffActor, case: Case) -> None:
    """Refuse content to who has not declared.

    Raises:
        DeclarationNeeded: with what may be shown before.
    """
    if not declared(db, by, case):
        raise DeclarationNeeded(glimpse(db, case))


def glimpse(db: Work, case: Case) -> Glimpse:
    """What a case shows before a declaration: enough to recognise a conflict, no name."""
    row = db.get_one(CaseFact, case.id)
    words = {
        dimension: facts.filter_codes(db.house.keyring, dimension, codes).get(
            getattr(row, dimension)
        )
        for dimension, codes in filter_lists(db).items()
        if dimension in ("category", "office")
    }
    return Glimpse(
        reference=case.reference,
        state=case.state,
        priority=None if case.priority == NO_PRIORITY else case.priority,
        category=words["category"] or None,
        office=words["office"] or None,
        received_on=case.received_on,
        due=None if case.due == NO_DATE else case.due,
    )


def filter_lists(db: Work) -> dict[str, tuple[str, ...]]:
    """The codes of each dimension that cases are filtered by."""
    from_list = {
        name: tuple(catalogue.code_list(file).by_code)
        for name, file in (
            ("category", "categories"),
            ("procedure", "procedures"),
            ("channel", "channels"),
        )
    }
    return from_list | {"office": office_codes(db)}


def office_codes(db: Work) -> tuple[str, ...]:
    """The codes of every office."""
    return tuple(db.exec(select(Office.code)).all())
