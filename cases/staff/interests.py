"""The register of ties: what members of staff state about themselves, and renew every year.

A line is a family or business tie, a gift, work outside, or a note that something was shown about
assets. Whom it is about is sealed under the root secret:

    env = WE1(K_interests, ctx("interest", staff, line), {"name", "number", "company"})

The person keeps their own lines; the head of internal affairs reads them. Assigning an investigator
compares them with the people named in the case (`cases.assignments.ties`).
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, Unacceptable
from cases.models.conflict import Interest, InterestKind, InterestStatement
from cases.models.people import Staff
from cases.sealing import envelope, padding
from workflows import calendar

STATEMENT_MONTHS = 12
"""How long a statement counts; who has not renewed it is given no investigation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the register; whom it is about, in plain.

    Attributes:
        name: the person.
        number: their staff number or register number.
        company: the firm or broker.
    """

    kind: InterestKind
    since: date
    until: date | None = None
    name: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    company: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What somebody stated, and until when the statement counts; None when there never was one."""

    lines: tuple[tuple[UUID, Line], ...]
    stated_on: date | None
    good_until: date | None


def add(db: Work, line: Line, *, by: StaffActor) -> UUID:
    """Write a line of one's own.

    Raises:
        Unacceptable: it says about nobody and nothing, or ends before it begins.
    """
    if not (line.name.strip() or line.number.strip() or line.company.strip()):
        raise Unacceptable([("/name", "missing")])
    if line.until is not None and line.until < line.since:
        raise Unacceptable([("/until", "too_early")])
    row = Interest(
        staff=by.id, kind=line.kind, since=line.since, until=line.until, root_ver=0, env=b""
    )
    keyring = db.house.keyring
    said = {"name": line.name, "number": line.number, "company": line.company}
    plain = padding.pad(json.dumps(said, ensure_ascii=False).encode(), padding.TEXT_FLOOR)
    row.root_ver = keyring.root_version
    row.env = envelope.seal(keyring.key("interests"), keyring.ctx("interest", by.id, row.id), plain)
    db.add(row)
    log.emit(db, "config.changed", by=by, d=Details(action="interest.stated", target=row.id))
    return row.id


def end(db: Work, identity: UUID, until: date, *, by: StaffActor) -> None:
    """Say on which day a line of one's own ended; it stays in the register.

    Raises:
        NotFound: no such line of one's own.
        Unacceptable: the day lies before its beginning.
    """
    row = db.get(Interest, identity)
    if row is None or row.staff != by.id:
        raise NotFound
    if until < row.since:
        raise Unacceptable([("/until", "too_early")])
    row.until = until
    log.emit(db, "config.changed", by=by, d=Details(action="interest.ended", target=row.id))


def state(db: Work, staff: UUID, *, by: Actor) -> date:
    """State that a person's lines are complete, as of today; they do so themselves, or a demo for them.

    Returns:
        The last day on which the statement counts.
    """
    today = db.house.today()
    db.add(InterestStatement(staff=staff, stated_on=today))
    log.emit(db, "config.changed", by=by, d=Details(action="interests.complete"))
    return calendar.add_months(today, STATEMENT_MONTHS)


def register(db: Work, staff: UUID, *, by: StaffActor) -> Register:
    """The whole register of one person; the look is recorded.

    Raises:
        NotFound: there is no such person.
    """
    if db.get(Staff, staff) is None:
        raise NotFound
    log.emit(db, "record.read", by=by, d=Details(parts=["interests"], staff=staff))
    rows = db.exec(select(Interest).where(Interest.staff == staff))
    found = sorted(rows, key=lambda row: (row.since, row.id.bytes))
    stated = _stated(db, [staff]).get(staff)
    return Register(
        lines=tuple((row.id, _opened(db, row)) for row in found),
        stated_on=stated,
        good_until=calendar.add_months(stated, STATEMENT_MONTHS) if stated else None,
    )


def lines_of(db: Work, people: Collection[UUID]) -> list[Line]:
    """The lines of people that count today, for comparing them with who is named in a case."""
    today = db.house.today()
    rows = db.exec(select(Interest).where(col(Interest.staff).in_(people)))
    return [_opened(db, row) for row in rows if row.until is None or row.until >= today]


def all_stated(db: Work, people: Collection[UUID]) -> bool:
    """Whether each of them stated within the year that their lines are complete."""
    since = calendar.add_months(db.house.today(), -STATEMENT_MONTHS)
    stated = _stated(db, people)
    return all(one in stated and stated[one] >= since for one in people)


def _stated(db: Work, people: Collection[UUID]) -> dict[UUID, date]:
    """The last statement of each."""
    rows = db.exec(
        select(InterestStatement)
        .where(col(InterestStatement.staff).in_(people))
        .order_by(col(InterestStatement.stated_on))
    )
    return {row.staff: row.stated_on for row in rows}


def _opened(db: Work, row: Interest) -> Line:
    keyring = db.house.keyring
    context = keyring.ctx("interest", row.staff, row.id)
    plain = envelope.open_(keyring.key("interests", row.root_ver), context, row.env)
    said = json.loads(padding.unpad(plain))
    return Line(kind=InterestKind(row.kind), since=row.since, until=row.until, **said)
