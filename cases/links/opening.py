"""Cases that staff open themselves: of their own initiative, or because another case calls for one.

Such a case comes in by the same door as any: a report is sealed with keys of its own and gets a receipt, which
nobody ever sees. So its rows look like those of any report to who reads the database, and nothing that happens
to a case later needs to ask where it came from. Figures count it under the channel `own_initiative`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import select

from cases import assignments
from cases.actors import StaffActor
from cases.audit import log
from cases.database import Work
from cases.errors import NotPermitted, Unacceptable
from cases.intake import Receipt, Submission
from cases.intake.arrival import Arrival
from cases.intake.routing import Destination
from cases.links import ties
from cases.models.case import Case
from cases.models.people import Staff, Unit, UnitKind
from cases.sealing.receipts import STRETCHED_BYTES
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

OPEN_LINKED, OWN_INITIATIVE = "open_linked", "own_initiative"
"""Lines of the permission table; the second is also the channel."""

URGENT = "P1"
"""Priority of a claim of retaliation."""

RETALIATION_CATEGORY = "RET-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a case is opened with; empty means not stated."""

    report_type: str
    narrative: str = field(repr=False)
    category: str = ""
    office: str = ""


def open_linked(
    db: Work,
    origin: Case,
    opening: Opening,
    kind: str,
    note: str | None,
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> Case:
    """Open a case beside another one, in its unit, and tie the two.

    Whoever must not know of the one must not know of the other. Retaliation is RET-01 and urgent, and the
    protection unit can open it.

    Raises:
        NotPermitted, DeclarationNeeded: as `assignments.demand`; or the person could not open the new case.
    """
    assignments.demand(db, by, OPEN_LINKED, origin, shut_too=True)
    retaliation = kind == ties.RETALIATION
    if not retaliation and origin.unit not in by.key_units():
        raise NotPermitted  # only a claim of retaliation is for the protection unit to open
    made = _open(
        db,
        opening,
        db.get_one(Unit, origin.unit),
        by=by,
        walled=walled_from(db, origin),
        category=RETALIATION_CATEGORY if retaliation else opening.category,
        level=origin.level,
        retaliation=retaliation,
    )
    ties.tie(db, made, origin, kind, note, by=by, keys=keys)
    return made


def open_own(db: Work, unit: UUID, opening: Opening, *, by: StaffActor) -> Case:
    """Open a case of one's own initiative, such as one that risk analysis found.

    Raises:
        Unacceptable: the unit handles no cases, or the person does not hold the act there.
    """
    roles = {seat.role for seat in by.seats if seat.unit == unit and seat.holds_key}
    handling = db.get(Unit, unit)
    if (
        not catalogue.permissions().allow(OWN_INITIATIVE, roles)
        or handling is None
        or handling.kind != UnitKind.HANDLING
    ):
        raise Unacceptable([("/unit", "unknown_value")])
    return _open(db, opening, handling, by=by, category=opening.category)


def walled_from(db: Work, case: Case) -> frozenset[UUID]:
    """The staff who must not know of a case."""
    return frozenset(one for one in db.exec(select(Staff.id)) if assignments.walled(db, case, one))


def arrival(
    db: Work,
    submission: Submission,
    unit: Unit,
    *,
    walled: frozenset[UUID] = frozenset(),
    retaliation: bool = False,
    level: str | None = None,
    beside: Mapping[str, Mapping[str, Any]] | None = None,  # Any: JSON
) -> Arrival:
    """A report on its way into a unit that is known beforehand."""
    to = Destination(
        unit=unit,
        walled=walled,
        lines=frozenset(),
        protection=db.get(Unit, unit.protection_unit) if unit.protection_unit else None,
        custody=db.get(Unit, unit.custody_unit) if unit.custody_unit else None,
        told=None,
    )
    coming = Arrival(
        db.house, submission, to, priority=URGENT if retaliation else None, beside=beside
    )
    coming.case.level = level or coming.case.level
    return coming


def _open(
    db: Work,
    opening: Opening,
    unit: Unit,
    *,
    by: StaffActor,
    category: str,
    walled: frozenset[UUID] = frozenset(),
    level: str | None = None,
    retaliation: bool = False,
) -> Case:
    submission = Submission(
        body=opening.narrative,
        type=opening.report_type,
        category=category,
        office=opening.office,
        channel=OWN_INITIATIVE,
    )
    coming = arrival(db, submission, unit, walled=walled, retaliation=retaliation, level=level)
    coming.lane = log.LANE_STAFF
    db.house.vault.keep(coming.shreds)
    unseen = Receipt(secrets.token_bytes(STRETCHED_BYTES))
    coming.write(db, coming.key(unseen, handover=False))
    coming.record(db, by=by)
    db.flush()  # what is done to the case next looks it up
    return coming.case
