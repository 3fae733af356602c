"""Where a report goes, and who stands beside the unit that takes it."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlmodel import func, select

from cases import conflicts
from cases.database import Work
from cases.errors import NotOpenYet, Unacceptable
from cases.intake.submission import Submission
from cases.models.people import Deployment, DirectoryHead, Office, Unit
from cases.staff import readiness


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes.

    Attributes:
        walled: staff who must not know of it.
        lines: offices where lines above those it is about begin.
        protection: the unit that protects reporters, where there is one.
        custody: the unit that keeps identities, where there is one.
        told: a unit that learns that such a case exists, not what it says.
    """

    unit: Unit
    walled: frozenset[UUID]
    lines: frozenset[UUID]
    protection: Unit | None
    custody: Unit | None
    told: UUID | None


def destination(db: Work, submission: Submission) -> Destination:
    """Where a report goes. For most of them that follows from the office and the directory alone.

    Raises:
        NotOpenYet: the unit it would go to has no key yet; or it might go outside, by what it concerns or
            whom it names, and nobody there could act.
        Unacceptable: no such office.
    """
    if submission.concerns or submission.subjects:
        return _routed(db, submission)
    heads, n = db.house.heads, db.exec(select(func.max(DirectoryHead.n))).one()
    known = heads.routes.get(submission.office)
    if known is not None and known[0] == n:
        return cast("Destination", known[1])
    found = _routed(db, submission)
    if n is not None:
        heads.routes[submission.office] = (n, found)
    return found


def open_to_names(db: Work) -> bool:
    """Whether reports about the administration's own line, and reports that name people, are taken.

    Either may have to go to the body outside. While nobody there could act on one, all of them are refused
    alike: if only those were refused that name somebody of the line, the refusal would tell who that is.
    """
    return not readiness.outside_roles_missing(db)


def _routed(db: Work, submission: Submission) -> Destination:
    may_go_outside = bool(conflicts.AROUND & submission.concerns or submission.subjects)
    if may_go_outside and not open_to_names(db):
        raise NotOpenYet
    office = _office(db, submission.office)
    route = conflicts.route(db, submission.concerns, office, submission.subjects)
    line = conflicts.above_subjects(db, submission.subjects)
    outside = db.exec(select(Deployment)).one().outside_unit
    return Destination(
        unit=route.unit,
        walled=route.walled | line.heads,
        lines=line.offices,
        protection=_unit(db, route.unit.protection_unit),
        custody=_unit(db, route.unit.custody_unit),
        told=outside if route.tell_outside and route.unit.id != outside else None,
    )


def _office(db: Work, code: str) -> Office | None:
    if not code:
        return None
    office = db.exec(select(Office).where(Office.code == code)).first()
    if office is None:
        raise Unacceptable([("/office", "unknown_value")])
    return office


def _unit(db: Work, unit_id: UUID | None) -> Unit | None:
    return db.get_one(Unit, unit_id) if unit_id else None
