"""Asking custodians, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlmodel import select

from cases import identity
from cases.models.case import Report
from cases.models.timed import TimedAccess
from cases.sealing.hierarchy import StaffKeys

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.walks import Life

WHY = "to ask what only a witness can say"


def report_of(life: Life) -> UUID:
    """The first report of a case."""
    with life.small.look() as db:
        return db.exec(select(Report.id).where(Report.origin_case_id == life.case_id)).one()


def ask(life: Life, who: str = "lead", purpose: str = "interview") -> UUID:
    """Ask who sent the report."""
    by = life.cast[who]
    with life.small.work() as db:
        return identity.ask(db, life.find(db, by), report_of(life), purpose, WHY, by=by).id


def release(life: Life, who: str = "head", **values: Any) -> UUID:  # noqa: ANN401 -- of the act
    """Ask to hand it on."""
    by = life.cast[who]
    asked: dict[str, Any] = {
        "basis": "legal_duty",
        "body": "prosecutor",
        "reason": WHY,
        "tells": True,
    } | values
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        return identity.ask_release(db, case, report_of(life), by=by, keys=keys, **asked).id


def answer(life: Life, who: str, asked: UUID, *, grants: bool = True, hours: int = 4) -> None:
    """A custodian's word."""
    by = life.cast[who]
    with life.small.work() as db:
        keys = StaffKeys(db, by)
        identity.answer(db, asked, grants=grants, hours=hours, reason="so", by=by, keys=keys)


def confirm(life: Life, who: str, asked: UUID) -> None:
    """The other custodian's."""
    by = life.cast[who]
    with life.small.work() as db:
        identity.confirm(db, asked, by=by, keys=StaffKeys(db, by))


def opened(life: Life, who: str = "lead", hours: int = 4) -> UUID:
    """Asked, granted, confirmed."""
    asked = ask(life, who)
    answer(life, "custodian", asked, hours=hours)
    confirm(life, "custodian2", asked)
    return asked


def read(life: Life, who: str = "lead") -> identity.Identity:
    """Look."""
    by = life.cast[who]
    with life.small.work() as db:
        case = life.find(db, by)
        return identity.read(db, case, report_of(life), by=by, keys=StaffKeys(db, by))


def row(life: Life, asked: UUID) -> TimedAccess:
    """The request as it stands."""
    with life.small.look() as db:
        return db.get_one(TimedAccess, asked)
