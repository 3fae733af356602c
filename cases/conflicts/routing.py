"""Routing around the people a report is about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from cases.conflicts.matching import Subject, matching_staff
from cases.database import Work
from cases.errors import NotOpenYet
from cases.models.people import Deployment, Membership, Office, Unit, UnitKind

AROUND = frozenset({"internal_affairs", "head_of_internal_affairs", "head_of_customs"})
"""What a report may concern that sends it past the administration's own line."""

COMMITTEE, LOCAL_COMMITTEE = "committee_member", "local_committee"
"""What a report may concern, and the role of those it may be."""

APART = frozenset(
    {
        "system_admin", "local_committee", "national_committee", "statistics_officer",
        "internal_auditor", "dpo", "oversight_body",
    }
)  # fmt: skip
"""Roles that sit in a handling unit without handling: naming such a person does not move the report."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a report goes, and who must not know of it."""

    unit: Unit
    walled: frozenset[UUID]
    tell_outside: bool


def route(
    db: Work, concerns: Collection[str], office: Office | None, subjects: Sequence[Subject]
) -> Route:
    """Where a report goes: the office's unit, or around the people it is about.

    Raises:
        NotOpenYet: there is no unit that could take it, or it has no key yet.
    """
    deployment = db.exec(select(Deployment)).one()
    matched = matching_staff(db, subjects)
    around = bool(AROUND.intersection(concerns)) or handle_inside(db, matched)
    chosen = deployment.outside_unit if around else _unit_of(db, office) or deployment.national_unit
    unit = db.get(Unit, chosen) if chosen else None
    if unit is None or unit.pk is None:
        raise NotOpenYet
    walled = matched | (_committees(db, office) if COMMITTEE in concerns else frozenset())
    return Route(unit, walled, tell_outside="system_administrator" in concerns)


def _committees(db: Work, office: Office | None) -> frozenset[UUID]:
    """Who sits on the local committees above an office; on all of them when none was named.

    Behind a wall they get the figures that count the case a quarter late, and nothing else changes for
    them: committees see no cases.
    """
    above: set[UUID | None] = set()
    while office is not None and office.id not in above:
        above.add(office.id)
        office = db.get(Office, office.parent) if office.parent else None
    seats = db.exec(select(Membership).where(Membership.role == LOCAL_COMMITTEE))
    return frozenset(seat.staff for seat in seats if not above or seat.office in above)


def handle_inside(db: Work, staff: frozenset[UUID]) -> bool:
    """Whether one of these people handles reports in a unit of the administration's own line."""
    # The same look-ups whether or not somebody matched, so that the time of the answer does not tell.
    seats = db.exec(select(Membership).where(col(Membership.staff).in_(staff)))
    units = {seat.unit for seat in seats if seat.role not in APART}
    return any(
        unit.inside and unit.kind == UnitKind.HANDLING
        for unit in db.exec(select(Unit).where(col(Unit.id).in_(units)))
    )


def _unit_of(db: Work, office: Office | None) -> UUID | None:
    """The unit of the nearest ancestor of an office that names one."""
    while office is not None and office.unit is None:
        office = db.get(Office, office.parent) if office.parent else None
    return office.unit if office else None
