"""Reports and the people around them, for tests that need a case with true keys."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from cases import delivery, intake, transitions
from cases.actors import THE_SERVICE, ReporterActor, StaffActor
from cases.audit import log
from cases.audit.events import Details, Object
from cases.models.case import (
    Assignment,
    Case,
    Declaration,
    DeclarationStatus,
    KeyKind,
    Record,
    Report,
)
from cases.models.people import Staff
from cases.sealing import hierarchy, records
from cases.sealing.hierarchy import StaffKeys
from tests.cases import kept

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


@dataclass(frozen=True)
class Life:
    """A case, its first report, and the one who sent it."""

    case: UUID
    report: UUID
    reference: str
    reporter: ReporterActor
    stretched: bytes


def a_life(small: SmallHouse, **stated: object) -> Life:
    """Send a report; with a tick of zero it is delivered."""
    values = {"body": "Something happened.", **stated}
    once = 2 if stated else 1
    return kept.again(small, ("sent", values), lambda: _sent(small, values), times=once)


def _sent(small: SmallHouse, values: dict[str, object]) -> Life:
    stretched = secrets.token_bytes(32)
    with small.look() as db:
        before = set(db.exec(select(Case.id)))
    submission = intake.Submission(**values)  # type: ignore[arg-type]
    intake.submit(intake.prepare(small.house, submission), intake.Receipt(stretched))
    with small.work() as db:
        case = db.exec(select(Case).where(col(Case.id).not_in(before))).one()
        report = db.exec(select(Report).where(Report.case_id == case.id)).one()
        reporter = intake.visit(db, intake.enter(db, stretched).token)
    return Life(case.id, report.id, case.reference, reporter, stretched)


def deliver(small: SmallHouse) -> None:
    """The tick."""
    small.integrate()
    delivery.deliver(small.house)


def declare(small: SmallHouse, life: Life, *people: StaffActor) -> None:
    """Each of these people has no conflict."""
    with small.work() as db:
        for who in people:
            db.add(
                Declaration(
                    case_id=life.case,
                    staff=who.id,
                    status=DeclarationStatus.FREE,
                    declared_on=small.house.today(),
                )
            )
        log.emit(db, "case.declared", by=THE_SERVICE)


def name(small: SmallHouse, life: Life, role: str, who: StaffActor, by: StaffActor) -> None:
    """Somebody of the circle names a person to a part and lets them in."""
    with small.work() as db:
        case = db.get_one(Case, life.case)
        keys = StaffKeys(db, by)
        holder = hierarchy.staff_holder(db.get_one(Staff, who.id))
        transitions.give(db, case, holder, keys)
        db.add(Assignment(case_id=case.id, staff=who.id, role=role))
        log.emit(db, "case.assigned", by=by, case=case, d=Details(role=role, staff=who.id))


def put(
    small: SmallHouse,
    life: Life,
    field: str,
    data: dict[str, object],
    by: StaffActor,
) -> Record:
    """A record under the case's key."""
    with small.work() as db:
        case = db.get_one(Case, life.case)
        row = records.seal(
            small.house.keyring,
            StaffKeys(db, by).case_key(case),
            data,
            case_id=case.id,
            kind=KeyKind.INT,
            epoch=case.epoch,
            field=field,
            on=small.house.today(),
        )
        thing = Object(t="record", id=row.id, ver=row.version, c=row.content.hex())
        log.emit(db, "record.created", by=by, case=case, obj=[thing])
        row.n = case.seq
        db.add(row)
        return row
