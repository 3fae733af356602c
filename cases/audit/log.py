"""The one choke point of the trail: what is not written here did not happen, and is not shown.

    leaf, mac    as in `leaf`
    ct           WE1(K_auditbody, ctx("audit/body", event_id), pad(salt ‖ body))

The event is added to the caller's unit of work: both commit or neither does. Only `emit` makes a
`ReadPermit`, and `sealing` opens nothing without one. Where nothing has been signed for a day there is
no log that anybody could check, and no look: staff are refused until the sequencer works again.
"""

import base64
import hmac
import math
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, inspect
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, func, select

from cases.actors import Actor, ReporterActor, StaffActor
from cases.audit import events, leaf
from cases.audit.events import Body, Details, Object, Who
from cases.database import Work
from cases.errors import AuditUnavailable
from cases.models.case import Case
from cases.models.trail import (
    CLEAR,
    AuditBody,
    AuditCheckpoint,
    AuditEvent,
    AuditPending,
    Lane,
)
from cases.permits import ReadPermit
from cases.sealing import envelope
from cases.sealing.keyring import Keyring

TAG_BYTES = 16
LIST_BATCH = 200
"""Case ids in one `case.list` event; 200 of 22 characters stay well under the longest body."""
OBJECT_BATCH = 40
"""Objects in one event: each takes 143 bytes at most, the rest of a body 1,500."""

LANE_STAFF = Lane.AT_ONCE
LANE_REPORTER = Lane.TICK

DIRECTORY = "directory"
"""Stands for the case in events about the directory, so that those can be found by their tag."""
TRAIL = "trail"
"""The same for events about the trail itself."""

_SIGNED = (
    select(AuditCheckpoint.size, AuditCheckpoint.created_at)
    .order_by(col(AuditCheckpoint.size).desc())
    .limit(1)
)
"""Asked for each unit of work that leaves a trace, so put together once."""
_LOCKED = select(Case.seq).where(Case.id == bindparam("case")).with_for_update()


def tag(keyring: Keyring, kind: str, thing: UUID | str, version: int | None = None) -> bytes:
    """The blind tag under which a case's or an actor's events are found, 16 bytes."""
    context = keyring.ctx("audit/tag", kind, thing)
    return hmac.digest(keyring.key("audit-tag", version), context, "sha256")[:TAG_BYTES]


def emit(
    db: Work,
    kind: str,
    *,
    by: Actor,
    case: Case | None = None,
    unit: UUID | None = None,
    obj: Sequence[Object] = (),
    d: Details | None = None,
    lane: Lane = LANE_STAFF,
    event_id: UUID | None = None,
    about: str | None = None,
    opens: Iterable[UUID] = (),
) -> ReadPermit:
    """Write one event into this unit of work.

    A change of a delivered case takes the case's next number here, so that no number is ever without
    its event: the case's row is locked for it, and two that change one case come one after the other.
    More objects than one body holds are written as several events.

    Args:
        kind: one of `events.KINDS`.
        case: the case it is about.
        lane: 1 for what a reporter sends: dated by its day, without a number, delivered at the tick.
        event_id: made beforehand, by whoever waits for this event to be in the tree.
        about: instead of a case, the tag events about the house are found by (`DIRECTORY`).
        opens: further cases the permit covers, such as those merged into `case`.

    Returns:
        The permit to open what the event says is being read.

    Raises:
        AuditUnavailable: staff want to look, and the trail has not been signed for too long.
    """
    if kind in events.READS and isinstance(by, StaffActor):
        _demand_a_living_log(db)
    for start in range(0, max(len(obj), 1), OBJECT_BATCH):
        _emit(
            db,
            kind,
            by=by,
            case=case,
            unit=unit,
            obj=obj[start : start + OBJECT_BATCH],
            d=d,
            lane=lane,
            event_id=None if start else event_id,
            about=about,
        )
    return ReadPermit(db.ticket, frozenset({*opens, *({case.id} if case else ())}))


def _emit(
    db: Work,
    kind: str,
    *,
    by: Actor,
    case: Case | None,
    unit: UUID | None,
    obj: Sequence[Object],
    d: Details | None,
    lane: Lane,
    event_id: UUID | None,
    about: str | None,
) -> None:
    # What a reporter sends through a desk is dated as coarsely as what they send themselves.
    by_reporter = isinstance(by, ReporterActor) or lane == LANE_REPORTER
    seq = None
    if case is not None and kind in events.CHANGES and case.delivered and not by_reporter:
        seq = _next_number(db, case)
    body = Body(
        id=event_id or uuid4(),
        kind=kind,
        at=events.moment(db.house.today() if by_reporter else db.house.now()),
        actor=_who(by),
        case=case.id if case else None,
        # Reporters get the text of their own event: where a report was routed could tell them who is
        # a member of which unit, so what they send does not say.
        unit=unit or (case.unit if case and not by_reporter else None),
        seq=seq,
        seen=_seen(db, by_reporter=by_reporter),
        obj=list(obj),
        d=d.model_dump(mode="json", exclude_none=True) if d else {},
    )
    _write(db, body, lane=lane, about=about or (case.id if case else None))


def _next_number(db: Work, case: Case) -> int:
    """The case's next number, counted up under the lock on its row."""
    locked: set[UUID] = db.info.setdefault("numbered", set())
    if case.id not in locked and inspect(case).persistent:
        set_committed_value(case, "seq", db.rows(_LOCKED, case=case.id)[0].seq)
        locked.add(case.id)
    case.seq += 1
    case.updated_on = db.house.today()
    return case.seq


def emit_list(db: Work, cases: Sequence[UUID], *, by: StaffActor, d: Details) -> ReadPermit:
    """Write that a page of cases was looked at: their ids, in as many events as it takes.

    Raises:
        AuditUnavailable: as for `emit`.
    """
    _demand_a_living_log(db)
    for start in range(0, max(len(cases), 1), LIST_BATCH):
        batch = cases[start : start + LIST_BATCH]
        body = Body(
            id=uuid4(),
            kind="case.list",
            at=events.moment(db.house.now()),
            actor=_who(by),
            seen=_seen(db, by_reporter=False),
            obj=[base64.urlsafe_b64encode(case.bytes).rstrip(b"=").decode() for case in batch],
            d=d.model_dump(mode="json", exclude_none=True),
        )
        _write(db, body, lane=LANE_STAFF, about=None)
    return ReadPermit(db.ticket, frozenset(cases))


def reporter_permit(db: Work, by: ReporterActor, cases: Iterable[UUID]) -> ReadPermit:
    """The permit of a reporter who reads what is their own, without an event.

    The trail watches staff: an event for each return of a reporter would keep, for ever, how
    often they came back and on which days. Their key opens nothing but their own thread and identity.
    """
    del by  # asked for so that nobody but a reporter gets one
    return ReadPermit(db.ticket, frozenset(cases))


def _who(by: Actor) -> Who:
    if isinstance(by, StaffActor):
        return Who(t="staff", id=by.id, s=by.session)
    return Who(t="reporter" if isinstance(by, ReporterActor) else "system")


def _seen(db: Work, *, by_reporter: bool) -> int:
    """The size of the newest checkpoint; for reporters of the previous day's, which dates nothing."""
    if not by_reporter:
        return _newest(db)[0]
    midnight = (
        db.house.clock()
        .astimezone(db.house.terms.zone)
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    statement = select(func.max(AuditCheckpoint.size)).where(
        col(AuditCheckpoint.created_at) < midnight
    )
    return db.exec(statement).one() or 0


def _newest(db: Work) -> tuple[int, datetime | None]:
    """Size and moment of the newest checkpoint, looked up once in a unit of work."""
    known: tuple[int, datetime | None] | None = db.info.get("newest_checkpoint")
    if known is None:
        known = next(((row.size, row.created_at) for row in db.rows(_SIGNED)), (0, None))
        db.info["newest_checkpoint"] = known
    return known


def _demand_a_living_log(db: Work) -> None:
    """No log, no look: what is read now could be taken out of the trail before anybody signs it.

    Raises:
        AuditUnavailable: nothing has been signed for longer than the house allows.
    """
    since = _newest(db)[1]
    if since is None:
        # Nothing was ever signed: then the oldest event that waits tells for how long.
        since = db.exec(select(func.min(AuditPending.enqueued_at))).one()
    if since is not None and db.house.now() - since > db.house.terms.unsigned_limit:
        raise AuditUnavailable


def _write(db: Work, body: Body, *, lane: Lane, about: UUID | str | None) -> None:
    keyring = db.house.keyring
    raw = events.canonical(body)
    new = leaf.made(body.id, raw)
    # A random tag where there is no case or no person: presence says nothing.
    case_tag = tag(keyring, "case", about) if about else secrets.token_bytes(TAG_BYTES)
    actor_tag = (
        tag(keyring, "actor", body.actor.id) if body.actor.id else secrets.token_bytes(TAG_BYTES)
    )
    sealed = envelope.seal(
        keyring.key("audit-body"),
        keyring.ctx("audit/body", body.id),
        leaf.packed(new.salt, raw, lane),
    )
    db.put(
        AuditEvent,
        event_id=body.id,
        leaf=new.leaf,
        leaf_hash=new.hash,
        mac=leaf.mac(keyring.key("writer-mac"), new.leaf),
        lane=lane,
        day=db.house.today(),
    )
    db.put(
        AuditBody,
        event_id=body.id,
        root_ver=keyring.root_version,
        ct=sealed,
        case_tag=case_tag,
        actor_tag=actor_tag,
    )
    db.put(
        AuditPending,
        event_id=body.id,
        lane=lane,
        enqueued_at=db.house.now() if lane == LANE_STAFF else None,
    )
    db.info["traced"] = True
    db.info["event_id"] = body.id
    if lane == LANE_STAFF:
        db.receipts.append(new.hash.hex())


@dataclass(frozen=True, slots=True)
class Told:
    """One event, opened.

    Attributes:
        raw: the exact bytes that were committed to.
    """

    body: Body
    raw: bytes
    salt: bytes
    leaf: bytes


def open_body(keyring: Keyring, row: AuditBody, written: bytes) -> Told:
    """Open an event's body; the sequencer's own are in clear.

    Args:
        written: the event's leaf.

    Raises:
        EnvelopeInvalid: it was changed.
        ValueError: it was changed, and was in clear.
        KeysMissing: the root secret it was encrypted under is not on this machine.
    """
    packed = row.ct
    if row.root_ver != CLEAR:
        context = keyring.ctx("audit/body", row.event_id)
        packed = envelope.open_(keyring.key("audit-body", row.root_ver), context, row.ct)
    salt, raw = leaf.unpacked(packed)
    return Told(Body.model_validate_json(raw), raw, salt, written)


def told_of(db: Work, about: UUID | str) -> list[Told]:
    """Every event about a case (or about the house), oldest first as far as their moments tell."""
    keyring = db.house.keyring
    tags = [tag(keyring, "case", about, version) for version in keyring.roots]
    statement = (
        select(AuditBody, AuditEvent.leaf)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
        .where(col(AuditBody.case_tag).in_(tags))
    )
    told = [open_body(keyring, row, written) for row, written in db.exec(statement)]
    if isinstance(about, UUID):
        # A tag that somebody changed puts nothing into another case's history.
        told = [one for one in told if one.body.case == about]
    return sorted(told, key=_place)


def changes_by(db: Work, cases: Collection[UUID], staff: UUID) -> list[Body]:
    """What somebody changed in cases, as the trail tells; where they only looked is passed over."""
    keyring = db.house.keyring
    about = [tag(keyring, "case", one, version) for one in cases for version in keyring.roots]
    theirs = [tag(keyring, "actor", staff, version) for version in keyring.roots]
    statement = select(AuditBody).where(
        col(AuditBody.case_tag).in_(about), col(AuditBody.actor_tag).in_(theirs)
    )
    told = (open_body(keyring, row, b"").body for row in db.exec(statement))
    return [
        body
        for body in told
        if body.kind in events.CHANGES and body.actor.id == staff and body.case in cases
    ]


def count(db: Work, kind: str, *, by: StaffActor, since: datetime) -> int:
    """How often somebody has done something since a moment of yesterday or today, as the trail tells.

    The trail is the counter: nobody can take a number back without taking an event out of it.
    """
    keyring = db.house.keyring
    tags = [tag(keyring, "actor", by.id, version) for version in keyring.roots]
    statement = (
        select(AuditBody, AuditEvent.leaf)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
        .where(
            col(AuditBody.actor_tag).in_(tags),
            col(AuditEvent.day) >= since.astimezone(db.house.terms.zone).date(),
        )
    )
    told = (open_body(keyring, row, written).body for row, written in db.exec(statement))
    return sum(body.kind == kind and body.at >= events.moment(since) for body in told)


def _place(one: Told) -> tuple[str, float, bool]:
    """Where an event stands among others: looks come after the change they saw."""
    body = one.body
    number = body.d.get("at") if body.seq is None else body.seq
    return (body.at, math.inf if number is None else number, body.seq is None)
