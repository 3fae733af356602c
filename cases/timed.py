"""What is open for a time: whether it still is, and its end.

The moment is looked at on every use, so that nothing depends on a job that runs late. The job ends what is
over: it deletes the wrap and writes that it did. Who copied a key or a text meanwhile has it; no end undoes
that, and none claims to.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import and_, col, delete, or_, select

from cases.actors import THE_SERVICE, Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import Assignment, Case, CaseWrap, KeyKind
from cases.models.timed import TimedAccess, TimedKind, TimedStatus

WAITING = (TimedStatus.ASKED, TimedStatus.HALF)
IDENTITIES = (TimedKind.IDENTITY, TimedKind.RELEASE)

ENDS = {
    TimedKind.IDENTITY: "identity",
    TimedKind.RELEASE: "identity",
    TimedKind.BREAK_GLASS: "break_glass",
}
"""Kinds whose end is an event of its own; the others end by their moment alone."""


def standing(
    db: Work, case: Case, staff: UUID, *kinds: TimedKind, report: UUID | None = None
) -> TimedAccess | None:
    """What is open to somebody in a case now."""
    statement = select(TimedAccess).where(
        TimedAccess.case_id == case.id,
        TimedAccess.staff == staff,
        col(TimedAccess.kind).in_(kinds),
        _open_now(db),
    )
    if report is not None:
        statement = statement.where(TimedAccess.report_id == report)
    return db.exec(statement.order_by(col(TimedAccess.until).desc())).first()


def opened(
    db: Work,
    case: Case,
    kind: TimedKind,
    staff: UUID,
    *,
    hours: int,
    agreed: tuple[UUID, UUID],
    identity: UUID | None = None,
) -> TimedAccess:
    """Open something to somebody at once, for so many hours.

    Args:
        agreed: the two people who opened it.
        identity: of a thing that was made for it.
    """
    row = TimedAccess(
        id=identity or uuid4(),
        kind=kind,
        case_id=case.id,
        staff=staff,
        status=TimedStatus.OPEN,
        asked_on=db.house.today(),
        answer_by=db.house.today(),
        hours=hours,
        first=agreed[0],
        second=agreed[1],
        until=db.house.now() + timedelta(hours=hours),
    )
    db.add(row)
    return row


# Asked at every look at cases, so put together once.
_EMERGENCY = select(TimedAccess).where(
    col(TimedAccess.staff) == bindparam("staff"),
    col(TimedAccess.kind) == TimedKind.BREAK_GLASS,
    col(TimedAccess.status) == TimedStatus.OPEN,
)
_OVER = _EMERGENCY.where(col(TimedAccess.until) <= bindparam("now"))
_STANDING = _EMERGENCY.where(
    col(TimedAccess.until) > bindparam("now"), col(TimedAccess.case_id) == bindparam("case")
)


def _open_now(db: Work) -> ColumnElement[bool]:
    return and_(
        col(TimedAccess.status) == TimedStatus.OPEN, col(TimedAccess.until) > db.house.now()
    )


def emergencies_over(db: Work, staff: UUID) -> frozenset[UUID]:
    """The cases that an emergency opened to somebody for a time which has passed, ended or not."""
    rows = db.exec(_OVER, params={"staff": staff, "now": db.house.now()})
    return frozenset(row.case_id for row in rows)


def emergency(db: Work, staff: UUID, case: Case) -> bool:
    """Whether an emergency opens a case to somebody now."""
    asked = {"staff": staff, "case": case.id, "now": db.house.now()}
    return db.exec(_STANDING, params=asked).first() is not None


def let_in(db: Work, cases: Collection[UUID]) -> frozenset[UUID]:
    """Whom an emergency lets into one of these cases now."""
    statement = select(TimedAccess.staff).where(
        col(TimedAccess.case_id).in_(cases),
        TimedAccess.kind == TimedKind.BREAK_GLASS,
        _open_now(db),
    )
    return frozenset(db.exec(statement))


def opened_to(db: Work, staff: UUID) -> frozenset[UUID]:
    """The cases that an emergency opens to somebody now."""
    statement = select(TimedAccess.case_id).where(
        TimedAccess.staff == staff, TimedAccess.kind == TimedKind.BREAK_GLASS, _open_now(db)
    )
    return frozenset(db.exec(statement))


def over(db: Work) -> ColumnElement[bool]:
    """What has to be ended: open too long, or waited too long for an answer."""
    return or_(
        and_(
            col(TimedAccess.status) == TimedStatus.OPEN,
            col(TimedAccess.until) <= db.house.now(),
            col(TimedAccess.kind).in_(ENDS),
        ),
        and_(
            col(TimedAccess.status).in_(WAITING),
            col(TimedAccess.answer_by) < db.house.today(),
        ),
    )


def end_over(db: Work, case: Case) -> bool:
    """End what is over in a case.

    Returns:
        Whether there was anything.
    """
    rows = db.exec(select(TimedAccess).where(TimedAccess.case_id == case.id, over(db))).all()
    for row in rows:
        end(db, case, row, TimedStatus.EXPIRED, by=THE_SERVICE)
    return bool(rows)


def end_for(db: Work, case: Case, people: Collection[UUID], *, by: Actor) -> bool:
    """End at once what is open to people, or was asked for by them, in a case.

    Returns:
        Whether there was anything.
    """
    rows = db.exec(
        select(TimedAccess).where(
            TimedAccess.case_id == case.id,
            col(TimedAccess.staff).in_(people),
            col(TimedAccess.status).in_((*WAITING, TimedStatus.OPEN)),
        )
    ).all()
    for row in rows:
        end(db, case, row, TimedStatus.REVOKED, by=by)
    return bool(rows)


def end_releases(db: Work, cases: Mapping[UUID, Case], *, by: Actor) -> None:
    """End every request to hand an identity on that waits in cases; who still wants it asks anew."""
    rows = db.exec(
        select(TimedAccess).where(
            col(TimedAccess.case_id).in_(cases),
            TimedAccess.kind == TimedKind.RELEASE,
            col(TimedAccess.status).in_(WAITING),
        )
    ).all()
    for row in rows:
        end(db, cases[row.case_id], row, TimedStatus.REVOKED, by=by)


def end_identities(db: Work, case: Case, *, by: Actor) -> None:
    """End every look at an identity of a case, open or asked for."""
    rows = db.exec(
        select(TimedAccess).where(
            TimedAccess.case_id == case.id,
            col(TimedAccess.kind).in_(IDENTITIES),
            col(TimedAccess.status).in_((*WAITING, TimedStatus.OPEN)),
        )
    ).all()
    for row in rows:
        end(db, case, row, TimedStatus.EXPIRED, by=by)


def end(db: Work, case: Case, row: TimedAccess, status: TimedStatus, *, by: Actor) -> None:
    """End one: its wrap goes, and the trail says so."""
    was_open = row.status == TimedStatus.OPEN
    row.status = status
    kind = TimedKind(row.kind)
    family = ENDS.get(kind)
    if family is None:
        db.add(row)
        log.emit(db, "proposal.refused", by=by, case=case, d=Details(action=kind, status=status))
        return
    if was_open:
        _unwrap(db, case, row)
    verb = "ended" if family == "break_glass" else status.value
    log.emit(
        db,
        f"{family}.{verb}",
        by=by,
        case=case,
        d=Details(action=kind, staff=row.staff, target=row.id, status=status),
    )


def _unwrap(db: Work, case: Case, row: TimedAccess) -> None:
    """Take the wrap away, unless the person has another right to it by now."""
    wraps = delete(CaseWrap).where(col(CaseWrap.recipient) == row.staff)
    if row.kind == TimedKind.BREAK_GLASS:
        named = select(Assignment.id).where(
            Assignment.case_id == case.id, Assignment.staff == row.staff, col(Assignment.active)
        )
        if db.exec(named).first() is None:
            db.exec(
                wraps.where(col(CaseWrap.case_id) == case.id, col(CaseWrap.kind) == KeyKind.INT)
            )
        return
    another = select(TimedAccess.id).where(
        TimedAccess.staff == row.staff,
        TimedAccess.report_id == row.report_id,
        col(TimedAccess.id) != row.id,
        col(TimedAccess.kind).in_(IDENTITIES),
        _open_now(db),
    )
    if db.exec(another).first() is None:
        db.exec(
            wraps.where(col(CaseWrap.report_id) == row.report_id, col(CaseWrap.kind) == KeyKind.ID)
        )
