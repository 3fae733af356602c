r"""The one choke point of the trail: what is not written here did not happen, and is not shown.

    salt = 32 random bytes
    C    = SHA-256("tribune/v1/audit/body\0" ‖ salt ‖ body)
    leaf = 0x01 ‖ event_id[16] ‖ C[32]
    lh   = SHA-256(0x00 ‖ leaf)                                          RFC 6962, section 2.1
    mac  = HMAC-SHA-256(K_writer, "tribune/v1/audit/mac\0" ‖ leaf)
    ct   = WE1(K_auditbody, ctx("audit/body", event_id), pad512(salt ‖ body))

The event is added to the caller's unit of work: both commit or neither does. Only `emit` makes a
`ReadPermit`, and `sealing` opens nothing without one.
"""

import base64
import hashlib
import hmac
import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import inspect
from sqlmodel import col, func, select

from cases.actors import Actor, ReporterActor, StaffActor
from cases.audit import events, tree
from cases.audit.events import Body, Details, Object, Who
from cases.database import Work
from cases.models.case import Case
from cases.models.trail import AuditBody, AuditCheckpoint, AuditEvent, AuditPending
from cases.permits import ReadPermit
from cases.sealing import envelope, padding
from cases.sealing.keyring import Keyring

BODY_LABEL = b"tribune/v1/audit/body\0"
MAC_LABEL = b"tribune/v1/audit/mac\0"
SALT_BYTES = 32
TAG_BYTES = 16
BODY_FLOOR = 512
LIST_BATCH = 200
"""Case ids in one `case.list` event; 200 of 22 characters stay well under the longest body."""
OBJECT_BATCH = 40
"""Objects in one event: each takes 143 bytes at most, the rest of a body 1,500."""

LANE_STAFF = 0
LANE_REPORTER = 1

DIRECTORY = "directory"
"""Stands for the case in events about the directory, so that those can be found by their tag."""


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
    lane: int = LANE_STAFF,
    delivery: UUID | None = None,
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
        delivery: the delivery that waits for this event.
        about: instead of a case, the tag events about the house are found by (`DIRECTORY`).
        opens: further cases the permit covers, such as those merged into `case`.

    Returns:
        The permit to open what the event says is being read.
    """
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
            delivery=None if start else delivery,
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
    lane: int,
    delivery: UUID | None,
    about: str | None,
) -> None:
    # What a reporter sends through a desk is dated as coarsely as what they send themselves.
    by_reporter = isinstance(by, ReporterActor) or lane == LANE_REPORTER
    seq = None
    if case is not None and kind in events.CHANGES and case.delivered and not by_reporter:
        seq = _next_number(db, case)
    body = Body(
        id=uuid4(),
        kind=kind,
        at=events.moment(db.house.today() if by_reporter else db.house.now()),
        actor=_who(by),
        case=case.id if case else None,
        unit=unit or (case.unit if case else None),
        seq=seq,
        seen=_seen(db, by_reporter=by_reporter),
        obj=list(obj),
        d=d.model_dump(mode="json", exclude_none=True) if d else {},
    )
    _write(db, body, lane=lane, delivery=delivery, about=about or (case.id if case else None))


def _next_number(db: Work, case: Case) -> int:
    """The case's next number, counted up under the lock on its row."""
    locked: set[UUID] = db.info.setdefault("numbered", set())
    if case.id not in locked and inspect(case).persistent:
        db.refresh(case, ["seq"], with_for_update=True)
        locked.add(case.id)
    case.seq += 1
    case.updated_on = db.house.today()
    return case.seq


def emit_list(db: Work, cases: Sequence[UUID], *, by: StaffActor, d: Details) -> ReadPermit:
    """Write that a page of cases was looked at: their ids, in as many events as it takes."""
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
        _write(db, body, lane=LANE_STAFF, delivery=None, about=None)
    return ReadPermit(db.ticket, frozenset(cases))


def reporter_permit(db: Work, by: ReporterActor, cases: Iterable[UUID]) -> ReadPermit:
    """The permit of a reporter who reads what is their own, without an event.

    The trail watches staff (ruling C5): an event for each return of a reporter would keep, for ever, how
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
    statement = select(func.max(AuditCheckpoint.size))
    if by_reporter:
        midnight = (
            db.house.clock()
            .astimezone(db.house.terms.zone)
            .replace(hour=0, minute=0, second=0, microsecond=0)
        )
        statement = statement.where(col(AuditCheckpoint.created_at) < midnight)
    return db.exec(statement).one() or 0


def _write(
    db: Work, body: Body, *, lane: int, delivery: UUID | None, about: UUID | str | None
) -> None:
    keyring = db.house.keyring
    raw = events.canonical(body)
    salt = secrets.token_bytes(SALT_BYTES)
    commitment = hashlib.sha256(BODY_LABEL + salt + raw).digest()
    leaf = b"\x01" + body.id.bytes + commitment
    digest = tree.leaf_hash(leaf)
    mac = hmac.digest(keyring.key("writer-mac"), MAC_LABEL + leaf, "sha256")
    # A random tag where there is no case or no person: presence says nothing.
    case_tag = tag(keyring, "case", about) if about else secrets.token_bytes(TAG_BYTES)
    actor_tag = (
        tag(keyring, "actor", body.actor.id) if body.actor.id else secrets.token_bytes(TAG_BYTES)
    )
    sealed = envelope.seal(
        keyring.key("audit-body"),
        keyring.ctx("audit/body", body.id),
        padding.pad(salt + raw, BODY_FLOOR),
    )
    db.add(
        AuditEvent(
            event_id=body.id, leaf=leaf, leaf_hash=digest, mac=mac, lane=lane, day=db.house.today()
        )
    )
    db.add(
        AuditBody(
            event_id=body.id,
            root_ver=keyring.root_version,
            ct=sealed,
            case_tag=case_tag,
            actor_tag=actor_tag,
        )
    )
    db.add(
        AuditPending(
            event_id=body.id,
            lane=lane,
            enqueued_at=db.house.now() if lane == LANE_STAFF else None,
            delivery_id=delivery,
        )
    )
    db.info["traced"] = True
    db.info["event_id"] = body.id
    if lane == LANE_STAFF:
        db.receipts.append(digest.hex())


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


def open_body(keyring: Keyring, row: AuditBody, leaf: bytes) -> Told:
    """Open an event's body.

    Raises:
        EnvelopeInvalid: it was changed.
    """
    context = keyring.ctx("audit/body", row.event_id)
    opened = padding.unpad(envelope.open_(keyring.key("audit-body", row.root_ver), context, row.ct))
    salt, raw = opened[:SALT_BYTES], opened[SALT_BYTES:]
    return Told(Body.model_validate_json(raw), raw, salt, leaf)


def told_of(db: Work, about: UUID | str) -> list[Told]:
    """Every event about a case (or about the house), oldest first as far as their moments tell."""
    keyring = db.house.keyring
    tags = [tag(keyring, "case", about, version) for version in keyring.roots]
    statement = (
        select(AuditBody, AuditEvent.leaf)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
        .where(col(AuditBody.case_tag).in_(tags))
    )
    told = [open_body(keyring, row, leaf) for row, leaf in db.exec(statement)]
    return sorted(told, key=_place)


def _place(one: Told) -> tuple[str, float, bool]:
    """Where an event stands among others: looks come after the change they saw."""
    body = one.body
    number = body.d.get("at") if body.seq is None else body.seq
    return (body.at, math.inf if number is None else number, body.seq is None)
