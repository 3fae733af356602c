"""The unit of finding: what figures count of an allegation, as tokens."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select

from cases.database import Work
from cases.errors import NotAllowed
from cases.models.case import Case, Report
from cases.models.facts import ANONYMOUS, AllegationFact, CaseFact, ReportFact
from cases.objects.shapes import Allegation, Shape
from cases.sealing import facts


def count(db: Work, case: Case, record: UUID, thing: Shape) -> None:
    """Keep the dimensions of an allegation: its own, and those of the report it came with."""
    if not isinstance(thing, Allegation):
        return
    keyring = db.house.keyring
    stated = db.get_one(CaseFact, case.id)
    row = db.get(AllegationFact, record) or AllegationFact(
        record_id=record,
        case_id=case.id,
        category=0,
        office=0,
        channel=stated.channel,
        anonymous=facts.figure_token(keyring, record, "anonymous", _anonymous(db, case)),
    )
    row.category = facts.filter_token(keyring, "category", thing.category or facts.NOT_STATED)
    # Without an office of its own it happened where the report says.
    row.office = (
        facts.filter_token(keyring, "office", thing.office) if thing.office else stated.office
    )
    db.add(row)


def _anonymous(db: Work, case: Case) -> str:
    """Whether nobody who reported the case gave a name."""
    return "no" if named(db, reports(db, case)) else "yes"


def named(db: Work, reports: Iterable[Report]) -> bool:
    """Whether somebody who sent one of these reports gave a name."""
    return any(stated(db, report, "anonymous", ANONYMOUS) == "no" for report in reports)


def reports(db: Work, case: Case) -> list[Report]:
    """The delivered reports of a case, oldest first."""
    statement = (
        select(Report)
        .where(Report.case_id == case.id, col(Report.delivered))
        .order_by(col(Report.received_on), col(Report.id))
    )
    return list(db.exec(statement))


def stated(db: Work, report: Report, dimension: str, codes: tuple[str, ...]) -> str | None:
    """What a reporter stated in a dimension of figures; empty when it was left open."""
    row = db.get_one(ReportFact, report.id)
    return facts.figure_code(db.house.keyring, report.id, dimension, getattr(row, dimension), codes)


def demand_undecided(db: Work, case: Case, kind: str, record: UUID) -> None:
    """Refuse to change an allegation after its finding.

    Raises:
        NotAllowed: as said.
    """
    row = db.get(AllegationFact, record) if kind == "allegation" else None
    if row is not None and row.finding is not None:
        raise NotAllowed(action="allegations", state=case.state)


def forget(db: Work, kind: str, record: UUID) -> None:
    """An allegation that was taken away is counted no more."""
    row = db.get(AllegationFact, record) if kind == "allegation" else None
    if row is not None:
        db.delete(row)
