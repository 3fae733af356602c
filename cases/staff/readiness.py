"""Whether enough people are there: steps nobody could take, roles the outside body lacks."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from cases.database import Work
from cases.models.people import Membership, Staff, StaffStatus, Unit, UnitKind
from cases.staff.changes import the_deployment
from cases.staff.circle import circle_roles
from cases.staff.structure import units
from workflows import catalogue, engine

OUTSIDE_ROLES = (
    "intake_officer",
    "triage_officer",
    "case_manager",
    "head_ia",
    "lead_investigator",
    "quality_reviewer",
    "decision_authority",
)
"""What the body outside the line needs of its own before it is sent a report."""


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A step that nobody could take in the cases of a unit.

    Attributes:
        unit: the unit's code.
        transition: its id in the workflow, such as `T25`.
        part: `proposer` or `confirmer`.
    """

    unit: str
    transition: str
    part: str


def outside_roles_missing(db: Work, *, invited: bool = False) -> tuple[str, ...]:
    """The roles that nobody holds yet in the body outside the line; reports to it wait for them.

    A person counts once enrolled and, where the role belongs to the key circle, given the seed.

    Args:
        db: the unit of work.
        invited: count people who have an account but are not enrolled yet.
    """
    deployment = the_deployment(db)
    if deployment.outside_unit is None:
        return OUTSIDE_ROLES
    outside = db.get_one(Unit, deployment.outside_unit)
    held = {role for mine in _people(db, {outside.id}, invited=invited).values() for role in mine}
    return tuple(role for role in OUTSIDE_ROLES if role not in held)


def unready_steps(db: Work, *, invited: bool = False) -> tuple[Gap, ...]:
    """The steps nobody could propose or confirm today, for each unit that handles cases.

    Args:
        db: the unit of work.
        invited: count people who have an account but are not enrolled yet.
    """
    workflow = catalogue.workflow()
    gaps = []
    for unit in units(db):
        if unit.kind != UnitKind.HANDLING:
            continue
        together = {unit.id, unit.review_unit, unit.protection_unit, unit.custody_unit} - {None}
        cast = _people(db, together, invited=invited)
        gaps += [Gap(unit.code, step, part) for step, part in engine.nobody_for(workflow, cast)]
    return tuple(gaps)


def _people(
    db: Work, of: Collection[UUID | None], *, invited: bool = False
) -> dict[Hashable, set[str]]:
    """Who could act in cases of these units, and as what."""
    held: dict[Hashable, set[str]] = {}
    statement = select(Membership).where(col(Membership.unit).in_(of))
    for seat in db.exec(statement):
        staff = db.get_one(Staff, seat.staff)
        enrolled = staff.status == StaffStatus.ACTIVE
        if not (enrolled or (invited and staff.status == StaffStatus.INVITED)):
            continue
        needs_key = seat.role in circle_roles(db.get_one(Unit, seat.unit).kind)
        if enrolled and needs_key and not seat.holds_key:
            continue
        held.setdefault(staff.id, set()).add(seat.role)
    return held
