"""Events become leaves: what waits is put into the tree, and the tree is signed.

    integrate  pending events -> leaves and the rows they complete        one unit of work
    sign       rows since the last signature -> a signed checkpoint       another; repeating it does no harm
    publish    the newest checkpoint, for others than staff

It holds the log's key and the key of the writers' MAC, and no key of a case. Writers never wait for it:
they add rows with random keys. Several may run at once: the primary keys of the tree let one through, and
the other finds nothing left to do. Killed anywhere, the next one goes on from what was committed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select

from cases.audit import events, leaf, storage, tree
from cases.audit.events import Body, Details, Object, Who
from cases.audit.memory import StateMissing
from cases.audit.signer import Signer
from cases.database import trail_work
from cases.errors import TribuneError
from cases.models.trail import (
    CLEAR,
    AuditBody,
    AuditCheckpoint,
    AuditEvent,
    AuditHash,
    AuditLeaf,
    AuditPending,
    AuditPublication,
    Lane,
)


class RowsInTheWay(TribuneError):
    """Rows stand where the tree is to grow: somebody put them there, and keeps everything out of it."""


BATCH = 2_000
"""Events that become leaves in one unit of work."""

ALIKE = 8
"""Events of reporters enter the tree in multiples of this, so that its growth does not count them."""

_LOCK = 0x74726C67
"""Names the advisory lock by which sequencers on PostgreSQL spare each other work done twice."""

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Log:
    """What the sequencer holds: a database, and keys that open no case.

    Attributes:
        writer_key: of the MAC that every event bears, 32 bytes.
        folder: where the log's key and memory are.
    """

    engine: Engine
    writer_key: bytes = field(repr=False)
    signer: Signer
    folder: Path


@dataclass(frozen=True, slots=True)
class Own:
    """An event of the sequencer's own; its body is in clear, because it says nothing about anybody."""

    kind: str
    d: Details = field(default_factory=Details)
    obj: tuple[Object, ...] = ()


HEARTBEAT = Own("log.heartbeat")
"""Says only that the log lives."""


@dataclass(frozen=True, slots=True)
class Integrated:
    """What one unit of work of the sequencer did.

    Attributes:
        leaves: new leaves, the sequencer's own among them.
        rejected: waiting rows that the service did not put there; none of them becomes a leaf.
        size: leaves of the tree now.
    """

    leaves: int
    rejected: int
    size: int


def integrate(
    engine: Engine,
    writer_key: bytes,
    lane: Lane,
    *,
    now: datetime,
    own: Iterable[Own] = (),
    alike: bool = False,
) -> Integrated:
    """Turn what waits in a lane into leaves.

    Args:
        writer_key: of the MAC that every event bears.
        own: events of the sequencer's own to add, after those that waited.
        alike: take nothing unless what waits is a multiple of `ALIKE`: one more came, and somebody
            with the keys for it has to top up again.

    Returns:
        What was done; call again while `leaves` reaches `BATCH`.

    Raises:
        RowsInTheWay: nothing can enter.
    """
    try:
        with trail_work(engine) as db:
            return _integrate(db, writer_key, lane, now, own, alike=alike)
    except IntegrityError:
        demand_way(engine)
        # Another sequencer was quicker with the same events; whatever is left is there the next time.
        with trail_work(engine, read_only=True) as db:
            return Integrated(0, 0, storage.size(db))


def demand_way(engine: Engine) -> None:
    """Make sure that the tree can grow.

    Raises:
        RowsInTheWay: it cannot.
    """
    with trail_work(engine, read_only=True) as db:
        if storage.rows_beyond(db):
            raise RowsInTheWay


def waiting(engine: Engine, lane: Lane) -> int:
    """How many events of a lane are not in the tree yet."""
    with trail_work(engine, read_only=True) as db:
        return db.exec(select(func.count()).where(AuditPending.lane == lane)).one()


def _integrate(
    db: Session,
    writer_key: bytes,
    lane: Lane,
    now: datetime,
    own: Iterable[Own],
    *,
    alike: bool,
) -> Integrated:
    alone = _alone(db)
    size = storage.size(db)  # after the lock: what the one before did with it is counted
    if not alone:
        return Integrated(0, 0, size)
    statement = (
        select(AuditEvent, AuditLeaf.leaf_index)
        .join(AuditPending, col(AuditPending.event_id) == col(AuditEvent.event_id))
        .outerjoin(AuditLeaf, col(AuditLeaf.event_id) == col(AuditEvent.event_id))
        .where(AuditPending.lane == lane)
        .order_by(col(AuditPending.event_id))  # random: order within a batch says nothing
        .limit(BATCH)
    )
    # An outer join: the index is None, as it should be, for what is no leaf yet.
    found: Sequence[tuple[AuditEvent, int | None]] = db.exec(statement).all()
    if alike and len(found) % ALIKE:
        return Integrated(0, 0, size)
    good: list[tuple[UUID, bytes]] = []
    rejected: list[Own] = []
    for row, index in found:
        if index is not None:
            # Enqueued by other hands: left alone it would keep everybody's events out of the tree.
            rejected.append(_rejection(row.event_id, "in_the_tree_already"))
        elif leaf.genuine(writer_key, row.event_id, row.leaf, row.leaf_hash, row.mac):
            good.append((row.event_id, row.leaf_hash))
        else:
            rejected.append(_rejection(row.event_id, "not_written_by_the_service"))
    seen = _signed_size(db)
    bodies = [_body(one, now, seen) for one in (*rejected, *own)]
    new = good + [_write(db, writer_key, body) for body in bodies]
    _append(db, size, new)
    if found:
        taken = [row.event_id for row, _ in found]
        db.exec(delete(AuditPending).where(col(AuditPending.event_id).in_(taken)))
    return Integrated(len(new), len(rejected), size + len(new))


def _alone(db: Session) -> bool:
    """Whether no other sequencer is at work; on SQLite there is one writer at a time anyway."""
    if db.get_bind().dialect.name == "sqlite":
        return True
    return bool(db.exec(select(func.pg_try_advisory_xact_lock(_LOCK))).one())


def _append(db: Session, size: int, new: Sequence[tuple[UUID, bytes]]) -> None:
    if not new:
        return
    leaves = [
        {"leaf_index": size + place, "event_id": event} for place, (event, _) in enumerate(new)
    ]
    grown = tree.grown(storage.rows(db), size, [hash_ for _, hash_ in new])
    db.execute(insert(AuditLeaf), leaves)
    db.execute(
        insert(AuditHash),
        [{"level": level, "idx": index, "hash": hash_} for level, index, hash_ in grown],
    )


def _signed_size(db: Session) -> int:
    newest = storage.newest_checkpoint(db)
    return newest.size if newest else 0


def _body(own: Own, now: datetime, seen: int) -> Body:
    return Body(
        id=uuid4(),
        kind=own.kind,
        at=events.moment(now),
        actor=Who(t="system"),
        seen=seen,
        obj=list(own.obj),
        d=own.d.model_dump(mode="json", exclude_none=True),
    )


def _rejection(event: UUID, reason: str) -> Own:
    """What is written about a row that the service did not put there."""
    return Own("log.rejected", Details(reason=reason), (Object(t="event", id=event),))


def _write(db: Session, writer_key: bytes, body: Body) -> tuple[UUID, bytes]:
    """Write an event of the sequencer's own."""
    raw = events.canonical(body)
    own = leaf.made(body.id, raw)
    db.execute(
        insert(AuditEvent),
        {
            "event_id": body.id,
            "leaf": own.leaf,
            "leaf_hash": own.hash,
            "mac": leaf.mac(writer_key, own.leaf),
            "lane": Lane.AT_ONCE,
            "day": datetime.fromisoformat(body.at).date(),
        },
    )
    db.execute(
        insert(AuditBody),
        {
            "event_id": body.id,
            "root_ver": CLEAR,
            "ct": leaf.packed(own.salt, raw, Lane.AT_ONCE),
            # Random, as where there is no case and no person.
            "case_tag": uuid4().bytes,
            "actor_tag": uuid4().bytes,
        },
    )
    return body.id, own.hash


def is_cut_off(log: Log) -> bool:
    """Whether the tree has fewer leaves than were signed, or nobody knows how many: nothing may be added then.

    Raises:
        StateInvalid: the signer's memory cannot be read.
    """
    try:
        signed = log.signer.signed.size
    except StateMissing:
        return True
    with trail_work(log.engine, read_only=True) as db:
        return storage.size(db) < signed


def sign(engine: Engine, signer: Signer, *, now: datetime) -> bool:
    """Sign the tree as it is, if it has grown or its checkpoint was never written down.

    Returns:
        Whether there is a new checkpoint.

    Raises:
        SigningRefused: the database does not continue what was signed; nothing was signed.
        StateMissing, StateInvalid: the signer's memory is gone, or cannot be read.
        RowsMissing: the tree lacks rows.
    """
    with signer.turn() as turn:
        # Read inside the turn: what another signer of this folder has just signed is seen.
        with trail_work(engine, read_only=True) as db:
            size, rows = storage.size(db), storage.rows(db)
            if size == turn.signed.size and storage.checkpoint_of(db, size):
                return False
            new = [
                one
                for start in range(turn.signed.size, size, _CHUNK)
                for one in tree.read(rows, 0, start, min(start + _CHUNK, size))
            ]
            root, directory = tree.root(rows, size), storage.directory_number(db)
        note = turn.sign(size, new, root, directory)
    try:
        with trail_work(engine) as db:
            db.add(AuditCheckpoint(size=size, root=root, note=note.decode(), created_at=now))
    except IntegrityError:
        return False  # another one has written the same bytes down
    return True


def publish(engine: Engine, *, now: datetime) -> None:
    """Let others than staff see the newest checkpoint."""
    try:
        with trail_work(engine) as db:
            newest = storage.newest_checkpoint(db)
            if newest and db.get(AuditPublication, newest.size) is None:
                db.add(AuditPublication(size=newest.size, published_at=now))
    except IntegrityError:
        return  # another sequencer has
