"""Units, which hold keys and handle cases, and offices, the tree that reports are about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, Unacceptable
from cases.models.people import Office, Unit, UnitKind
from cases.staff import heads
from cases.staff.changes import record_directory_change, the_deployment

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

OFFICE_KINDS = ("national", "region", "office", "post")
"""The levels of the tree, from the top."""

SERVING = {
    "review_unit": UnitKind.REVIEW,
    "protection_unit": UnitKind.PROTECTION,
    "custody_unit": UnitKind.CUSTODY,
}
"""The units that do something for a handling unit, and of which kind each has to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """A unit to be created."""

    code: str
    name: str
    kind: UnitKind
    inside: bool = True
    review_unit: UUID | None = None
    protection_unit: UUID | None = None
    custody_unit: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePlan:
    """An office to be created.

    Attributes:
        unit: the unit that handles its reports and those of the offices below it.
        staff_count: people who work there; figures per hundred need it.
    """

    code: str
    name: str
    kind: str
    parent: UUID | None = None
    unit: UUID | None = None
    staff_count: int = 0


def units(db: Work, *, after: str = "", limit: int | None = None) -> list[Unit]:
    """Units by code, from the one that follows `after`."""
    statement = select(Unit).where(col(Unit.code) > after).order_by(col(Unit.code))
    return list(db.exec(statement.limit(limit)))


def offices(db: Work, *, after: str = "", limit: int | None = None) -> list[Office]:
    """Offices by code, from the one that follows `after`."""
    statement = select(Office).where(col(Office.code) > after).order_by(col(Office.code))
    return list(db.exec(statement.limit(limit)))


def unit(db: Work, unit_id: UUID) -> Unit:
    """One unit.

    Raises:
        NotFound: there is none of that id.
    """
    found = db.get(Unit, unit_id)
    if found is None:
        raise NotFound
    return found


def office(db: Work, office_id: UUID) -> Office:
    """One office.

    Raises:
        NotFound: there is none of that id.
    """
    found = db.get(Office, office_id)
    if found is None:
        raise NotFound
    return found


def check_unit(db: Work, plan: UnitPlan) -> None:
    """Refuse a unit that cannot be.

    Raises:
        Unacceptable: a code that is taken or malformed, or units that cannot serve it.
    """
    _check_code(plan.code)
    if db.exec(select(Unit).where(Unit.code == plan.code)).first():
        raise Unacceptable([("/code", "taken")])
    _check_serving(db, plan.kind, {name: getattr(plan, name) for name in SERVING})


def create_unit(db: Work, plan: UnitPlan, by: Actor) -> Unit:
    """Create a unit; it has no key until the first of its circle signs in.

    Raises:
        Unacceptable: as `check_unit`.
    """
    check_unit(db, plan)
    serving = {name: getattr(plan, name) for name in SERVING}
    made = Unit(code=plan.code, name=plan.name, kind=plan.kind, inside=plan.inside, **serving)
    db.add(made)
    log.emit(db, "config.changed", by=by, unit=made.id, d=Details(action="unit.created"))
    record_directory_change(db, by)
    return made


# Any: the values are those of the columns of the same name.
def check_unit_change(db: Work, unit_id: UUID, changes: Mapping[str, Any]) -> Unit:
    """The unit, when it can be changed so.

    Raises:
        NotFound: there is no such unit.
        Unacceptable: units that cannot serve it.
    """
    found = unit(db, unit_id)
    _check_serving(db, found.kind, {name: changes.get(name) for name in SERVING})
    return found


# Any: as above.
def change_unit(db: Work, unit_id: UUID, by: Actor, changes: Mapping[str, Any]) -> Unit:
    """Change a unit's name or the units that serve it; its kind and code stay.

    Raises:
        NotFound, Unacceptable: as `check_unit_change`.
    """
    changed = check_unit_change(db, unit_id, changes)
    for name in changes.keys() & {"name", *SERVING}:
        setattr(changed, name, changes[name])
    fields = sorted(changes)
    log.emit(
        db, "config.changed", by=by, unit=unit_id, d=Details(action="unit.changed", fields=fields)
    )
    record_directory_change(db, by)
    return changed


def check_office(db: Work, plan: OfficePlan) -> None:
    """Refuse an office that cannot be.

    Raises:
        Unacceptable: a code that is taken or malformed, an unknown kind, parent or unit.
    """
    _check_code(plan.code)
    if db.exec(select(Office).where(Office.code == plan.code)).first():
        raise Unacceptable([("/code", "taken")])
    if plan.kind not in OFFICE_KINDS:
        raise Unacceptable([("/kind", "unknown")])
    _check_place(db, plan.parent, plan.unit)


def create_office(db: Work, plan: OfficePlan, by: Actor) -> Office:
    """Create an office below another one, or the national one at the top.

    Raises:
        Unacceptable: as `check_office`.
    """
    check_office(db, plan)
    made = Office(
        code=plan.code,
        name=plan.name,
        kind=plan.kind,
        parent=plan.parent,
        unit=plan.unit,
        staff_count=plan.staff_count,
    )
    db.add(made)
    log.emit(db, "config.changed", by=by, d=Details(action="office.created", target=made.id))
    record_directory_change(db, by)
    return made


# Any: the values are those of the columns of the same name.
def check_office_change(db: Work, office_id: UUID, changes: Mapping[str, Any]) -> Office:
    """The office, when it can be changed so.

    Raises:
        NotFound: there is no such office.
        Unacceptable: an unknown parent, unit or head, or a parent that lies below it.
    """
    found = office(db, office_id)
    parent = changes.get("parent")
    _check_place(db, parent, changes.get("unit"))
    heads.check(db, changes.get("head"))
    while parent is not None:
        if parent == office_id:
            raise Unacceptable([("/parent", "circular")])
        parent = office(db, parent).parent
    return found


# Any: as above.
def change_office(db: Work, office_id: UUID, by: Actor, changes: Mapping[str, Any]) -> Office:
    """Change an office's name, parent, unit, head or number of staff; its code and kind stay.

    Raises:
        NotFound, Unacceptable: as `check_office_change`.
    """
    changed = check_office_change(db, office_id, changes)
    for name in changes.keys() & {"name", "parent", "unit", "staff_count"}:
        setattr(changed, name, changes[name])
    if "head" in changes:
        heads.appoint(db, office_id, changes["head"])
    details = Details(action="office.changed", target=office_id, fields=sorted(changes))
    log.emit(db, "config.changed", by=by, d=details)
    record_directory_change(db, by)
    return changed


def set_national(db: Work, by: Actor, *, national: UUID, outside: UUID | None) -> None:
    """Name the unit that gets reports without an office, and the body outside the line.

    Raises:
        NotFound: there is no such unit.
        Unacceptable: a unit that does not handle cases, or is on the wrong side.
    """
    deployment = the_deployment(db)
    chosen = unit(db, national)
    if chosen.kind != UnitKind.HANDLING or not chosen.inside:
        raise Unacceptable([("/national", "wrong_kind")])
    if outside is not None:
        body = unit(db, outside)
        if body.kind != UnitKind.HANDLING or body.inside:
            raise Unacceptable([("/outside", "wrong_kind")])
    deployment.national_unit, deployment.outside_unit = national, outside
    details = Details(action="national.set", unit=national, target=outside)
    log.emit(db, "config.changed", by=by, d=details)
    record_directory_change(db, by)


def _check_code(code: str) -> None:
    if not CODE.fullmatch(code):
        raise Unacceptable([("/code", "malformed")])


def _check_place(db: Work, parent: UUID | None, unit_id: UUID | None) -> None:
    if parent is not None and db.get(Office, parent) is None:
        raise Unacceptable([("/parent", "unknown")])
    if unit_id is not None:
        named = db.get(Unit, unit_id)
        if named is None or named.kind != UnitKind.HANDLING:
            raise Unacceptable([("/unit", "unknown")])


def _check_serving(db: Work, kind: UnitKind | str, serving: Mapping[str, UUID | None]) -> None:
    for name, unit_id in serving.items():
        if unit_id is None:
            continue
        other = db.get(Unit, unit_id)
        if kind != UnitKind.HANDLING or other is None or other.kind != SERVING[name]:
            raise Unacceptable([(f"/{name}", "wrong_kind")])
