"""What custodians do: they see who asks, for what and why, and the reference of the case; never its content."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import timed, transitions
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, ProposalVoid, SamePerson, Unacceptable
from cases.identity import words
from cases.models.case import Case, KeyKind, Report
from cases.models.people import Staff, StaffStatus
from cases.models.timed import TimedAccess, TimedKind, TimedStatus
from cases.sealing import hierarchy

if TYPE_CHECKING:
    from sqlmodel.sql.expression import SelectOfScalar

    from cases.sealing.hierarchy import StaffKeys

ROLE = "identity_custodian"

HOURS = 4
MOST_HOURS = 72
"""How long an identity is open unless a custodian says otherwise, and at most."""

DECISION = "decision"

TOLD = "identity_handed_on"
"""What the reporter reads when their name was given to somebody outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as custodians see it.

    Attributes:
        reason: why it is asked; None where it cannot be opened any more.
        body: for a release, whom the identity is for.
        mine: the caller took the first step of two.
    """

    id: UUID
    kind: TimedKind
    reference: str
    report: UUID
    staff: UUID
    purpose: str
    status: TimedStatus
    asked_on: date
    answer_by: date
    hours: int
    until: datetime | None
    mine: bool
    reason: str | None = field(repr=False)
    body: str | None = None


def waiting(db: Work, *, by: StaffActor, keys: "StaffKeys") -> list[Asked]:
    """What waits for the custodians of one's unit, and what is open; the look is recorded."""
    statement = (
        _mine(db, by)
        .where(col(TimedAccess.status).in_((*timed.WAITING, TimedStatus.OPEN)))
        .order_by(col(TimedAccess.answer_by), col(TimedAccess.id))
    )
    rows = list(db.exec(statement))
    log.emit_list(db, list({row.case_id for row in rows}), by=by, d=Details(filters=["identity"]))
    return [_shown(db, row, by=by, keys=keys) for row in rows]


def _mine(db: Work, by: StaffActor) -> "SelectOfScalar[TimedAccess]":
    """The requests that a custodian may know of: those to their unit, walls apart."""
    statement = select(TimedAccess).where(
        col(TimedAccess.kind).in_(timed.IDENTITIES),
        col(TimedAccess.unit).in_(by.units(ROLE)),
    )
    if walled := db.house.walls.of(db, by.id):
        statement = statement.where(col(TimedAccess.case_id).not_in(walled))
    return statement


def _shown(db: Work, row: TimedAccess, *, by: StaffActor, keys: "StaffKeys") -> Asked:
    unit = row.unit if row.unit in by.key_units() else None
    said = (words.asked(db, row, keys.unit_seed(unit)) if unit else None) or {}
    if row.report_id is None or row.purpose is None:
        raise NotFound
    return Asked(
        id=row.id,
        kind=TimedKind(row.kind),
        reference=db.get_one(Case, row.case_id).reference,
        report=row.report_id,
        staff=row.staff,
        purpose=row.purpose,
        status=TimedStatus(row.status),
        asked_on=row.asked_on,
        answer_by=row.answer_by,
        hours=row.hours,
        until=row.until,
        mine=row.first == by.id,
        reason=said.get("reason"),
        body=said.get("body"),
    )


def _find(db: Work, identity: UUID, by: StaffActor) -> tuple[TimedAccess, Case]:
    """A request to the custodians of one's unit and its case, both locked.

    Raises:
        NotFound: there is none of this id, or not for this person.
    """
    row = db.exec(_mine(db, by).where(TimedAccess.id == identity)).first()
    if row is None:
        raise NotFound
    locked = select(Case).where(Case.id == row.case_id).with_for_update()
    case = db.exec(locked.execution_options(populate_existing=True)).one()
    db.refresh(row, with_for_update=True)
    return row, case


def _waiting(db: Work, identity: UUID, by: StaffActor) -> tuple[TimedAccess, Case]:
    """The same, when this person may answer it.

    Raises:
        NotFound: as for `_find`.
        ProposalVoid: it was answered, or nobody did in time.
        SamePerson: it is their own.
    """
    row, case = _find(db, identity, by)
    if row.status not in timed.WAITING or row.answer_by < db.house.today():
        raise ProposalVoid
    if by.id in (row.staff, row.first):
        raise SamePerson
    return row, case


def answer(
    db: Work,
    identity: UUID,
    *,
    grants: bool,
    hours: int = HOURS,
    reason: str,
    by: StaffActor,
    keys: "StaffKeys",
) -> TimedAccess:
    """Refuse a request, or grant it for hours; a second custodian has to agree before anything opens.

    A release has its first person in who asked for it, so a custodian's word is the second.

    Raises:
        NotFound, ProposalVoid, SamePerson: as `_waiting`.
        Unacceptable: not 1 to 72 hours.
    """
    row, case = _waiting(db, identity, by)
    if not grants:
        _refuse(db, row, case, reason, by=by)
        return row
    if not 1 <= hours <= MOST_HOURS:
        raise Unacceptable([("/hours", "out_of_range")])
    if row.status != TimedStatus.ASKED:
        raise ProposalVoid  # one custodian granted it: the other confirms
    row.hours = hours
    if row.kind == TimedKind.RELEASE:
        _open(db, row, case, by=by, keys=keys)
        return row
    row.first, row.status = by.id, TimedStatus.HALF
    log.emit(
        db,
        "identity.granted",
        by=by,
        case=case,
        d=Details(staff=row.staff, target=row.id, status=TimedStatus.HALF, n=hours),
    )
    return row


def _refuse(db: Work, row: TimedAccess, case: Case, reason: str, *, by: StaffActor) -> None:
    row.status, row.second = TimedStatus.REFUSED, by.id
    words.answer(db, row, db.get_one(Staff, row.staff), {"reason": reason})
    log.emit(
        db,
        "identity.refused",
        by=by,
        case=case,
        d=Details(action=row.kind, staff=row.staff, target=row.id),
    )


def confirm(db: Work, identity: UUID, *, by: StaffActor, keys: "StaffKeys") -> TimedAccess:
    """Agree, as the second custodian: the identity opens to who asked, for the hours that were granted.

    Raises:
        NotFound, ProposalVoid, SamePerson: as `_waiting`; also nobody has granted it yet.
    """
    row, case = _waiting(db, identity, by)
    if row.status != TimedStatus.HALF:
        raise ProposalVoid
    _open(db, row, case, by=by, keys=keys)
    return row


def _open(db: Work, row: TimedAccess, case: Case, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Seal the identity's key to the one person, for a time.

    Raises:
        ProposalVoid: it cannot be opened to them any more.
        SamePerson: a release, by whoever decided something in the case.
    """
    person = db.get_one(Staff, row.staff)
    fit = person.status == StaffStatus.ACTIVE and person.pk is not None
    report = db.get(Report, row.report_id)
    # Since it was asked a wall may have been built, an account closed, an identity forgotten.
    if not fit or report is None or case.id in db.house.walls.of(db, row.staff):
        raise ProposalVoid
    if not report.id_commitment:
        raise ProposalVoid
    if row.kind == TimedKind.RELEASE and _decided(db, case, by):
        raise SamePerson
    db.add(
        hierarchy.wrap(
            db.house.keyring,
            db.house.vault.key(KeyKind.ID, report.id),
            keys.identity_key(report),
            kind=KeyKind.ID,
            epoch=1,
            case_id=report.origin_case_id,
            report_id=report.id,
            to=hierarchy.staff_holder(person),
        )
    )
    row.second, row.status = by.id, TimedStatus.OPEN
    row.until = db.house.now() + timedelta(hours=row.hours)
    release = row.kind == TimedKind.RELEASE
    log.emit(
        db,
        "identity.released" if release else "identity.granted",
        by=by,
        case=case,
        d=Details(
            staff=row.staff,
            target=row.id,
            status=TimedStatus.OPEN,
            n=row.hours,
            purpose=row.purpose,
            approvers=[one for one in (row.first, row.second) if one],
        ),
    )
    if release and row.tells:
        transitions.tell_one(db, case, report, TOLD)


def _decided(db: Work, case: Case, by: StaffActor) -> bool:
    """Whether somebody took a decision in a case, as agreeing to a release is one.

    Custodians open no case: the trail says whose a decision was, and not which.
    """
    return any(body.d.get("field") == DECISION for body in log.changes_by(db, [case.id], by.id))


def revoke(db: Work, identity: UUID, *, by: StaffActor) -> None:
    """Take an open identity back at once, or end a request.

    Raises:
        NotFound: there is none of this id, or not for this person.
        ProposalVoid: it is over.
    """
    row, case = _find(db, identity, by)
    if row.status not in (*timed.WAITING, TimedStatus.OPEN):
        raise ProposalVoid
    timed.end(db, case, row, TimedStatus.REVOKED, by=by)
