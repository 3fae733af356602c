"""The tree and its checkpoints as the database holds them; no key is needed to read here."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from cases.audit import tree
from cases.audit.tree import WIDTH
from cases.models.people import DirectoryHead
from cases.models.trail import (
    AuditCheckpoint,
    AuditEvent,
    AuditHash,
    AuditLeaf,
    AuditPublication,
)

LEVELS = 8
"""A table with more would stand for more leaves than there are numbers for."""


def rows(db: Session) -> tree.Rows:
    """The tree's table, read as `tree` asks for it: one statement a call."""

    def read(level: int, start: int, stop: int) -> Sequence[bytes]:
        statement = (
            select(AuditHash.hash)
            .where(AuditHash.level == level, AuditHash.idx >= start, AuditHash.idx < stop)
            .order_by(col(AuditHash.idx))
        )
        return db.exec(statement).all()

    return read


def size(db: Session) -> int:
    """How many leaves the tree has."""
    return db.exec(select(func.coalesce(func.max(AuditLeaf.leaf_index), -1))).one() + 1


def count(db: Session) -> int:
    """How many leaves there are, whatever their places; as many as `size` says, or something is amiss."""
    return db.exec(select(func.count()).select_from(AuditLeaf)).one()


def rows_beyond(db: Session, size_: int | None = None) -> int:
    """Rows that the leaves do not make: the sequencer would have to put its own in their place.

    Args:
        size_: of the tree; by default as it is, read in the same statement, so that no other sequencer
            comes between.
    """
    there = func.coalesce(func.max(AuditLeaf.leaf_index), -1) + 1
    leaves_: int | ColumnElement[int] = columns(there).scalar_subquery() if size_ is None else size_
    beyond = [
        and_(col(AuditHash.level) == level, col(AuditHash.idx) >= leaves_ // WIDTH**level)
        for level in range(LEVELS)
    ]
    return db.exec(select(func.count()).select_from(AuditHash).where(or_(*beyond))).one()


def newest_checkpoint(db: Session) -> AuditCheckpoint | None:
    """The checkpoint of most leaves."""
    statement = select(AuditCheckpoint).order_by(col(AuditCheckpoint.size).desc()).limit(1)
    return db.exec(statement).first()


def published_checkpoint(db: Session) -> AuditCheckpoint | None:
    """The newest checkpoint that others than staff may see."""
    statement = (
        select(AuditCheckpoint)
        .join(AuditPublication, col(AuditPublication.size) == col(AuditCheckpoint.size))
        .order_by(col(AuditCheckpoint.size).desc())
        .limit(1)
    )
    return db.exec(statement).first()


def checkpoint_of(db: Session, size_: int) -> AuditCheckpoint | None:
    """The checkpoint of a tree of so many leaves."""
    return db.get(AuditCheckpoint, size_)


def index_of(db: Session, event: UUID) -> int | None:
    """The place of an event in the tree; None while it waits."""
    return db.exec(select(AuditLeaf.leaf_index).where(AuditLeaf.event_id == event)).first()


def leaves(db: Session, start: int, stop: int) -> Sequence[tuple[int, UUID, bytes]]:
    """(index, event, leaf) of the leaves from `start` up to `stop`, in order."""
    statement = (
        select(AuditLeaf.leaf_index, AuditLeaf.event_id, AuditEvent.leaf)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditLeaf.event_id))
        .where(AuditLeaf.leaf_index >= start, AuditLeaf.leaf_index < stop)
        .order_by(col(AuditLeaf.leaf_index))
    )
    return db.exec(statement).all()


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf with the row it stands for, as far as that is there.

    Attributes:
        row: leaf, leaf hash and MAC; None where the event's row is gone.
    """

    index: int
    event: UUID
    row: tuple[bytes, bytes, bytes] | None


def entries(db: Session, start: int, stop: int) -> list[Entry]:
    """The leaves from `start` up to `stop`, in order, whether their events are there or not."""
    statement = (
        columns(
            col(AuditLeaf.leaf_index),
            col(AuditLeaf.event_id),
            col(AuditEvent.leaf),
            col(AuditEvent.leaf_hash),
            col(AuditEvent.mac),
        )
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditLeaf.event_id), isouter=True)
        .where(col(AuditLeaf.leaf_index) >= start, col(AuditLeaf.leaf_index) < stop)
        .order_by(col(AuditLeaf.leaf_index))
    )
    return [
        Entry(index, event, None if leaf is None else (leaf, hash_, mac))
        for index, event, leaf, hash_, mac in db.execute(statement)
    ]


def checkpoints(db: Session) -> Iterator[AuditCheckpoint]:
    """Every checkpoint, smallest first; a few in memory at a time."""
    statement = select(AuditCheckpoint).order_by(col(AuditCheckpoint.size))
    with closing(db.exec(statement.execution_options(yield_per=AT_ONCE))) as found:
        yield from found


AT_ONCE = 500


def directory_number(db: Session) -> int:
    """The number of the staff directory, 0 before its first change."""
    return db.exec(select(func.coalesce(func.max(DirectoryHead.n), 0))).one()
