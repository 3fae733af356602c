"""The audit trail's tables. Rows are added, never changed: triggers see to it."""

from datetime import date, datetime
from enum import IntEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from cases.models.base import UNORDERED, Table
from cases.models.types import UTCDateTime

CLEAR = 0
"""Stands for the version of the root secret where a body is the sequencer's own, and not encrypted."""


class Lane(IntEnum):
    """When an event enters the tree."""

    AT_ONCE = 0
    """Within a second or so: what staff and the service do, and reports of danger."""
    TICK = 1
    """With the others of its tick: what reporters send."""


class Trail(Table):
    """The base of the trail's own tables: a trace needs no trace."""

    __audited__ = False


class AuditEvent(Trail, table=True):
    """One event's leaf: `0x01 ‖ event id ‖ commitment to its body`, and the writer's MAC over it."""

    __tablename__ = "audit_event"
    __table_args__ = UNORDERED

    event_id: UUID = Field(primary_key=True)
    leaf: bytes
    leaf_hash: bytes = Field(unique=True)
    mac: bytes
    lane: int
    day: date


class AuditBody(Trail, table=True):
    """What happened, encrypted: erasable without breaking the tree."""

    __tablename__ = "audit_body"
    __table_args__ = (
        Index("ix_audit_body_case_tag", "case_tag"),
        Index("ix_audit_body_actor_tag", "actor_tag"),
        UNORDERED,
    )

    event_id: UUID = Field(primary_key=True, foreign_key="audit_event.event_id")
    root_ver: int
    ct: bytes = Field(repr=False)
    case_tag: bytes
    actor_tag: bytes


class AuditPending(Trail, table=True):
    """An event that is not yet a leaf of the tree; commits with the event, so nothing is lost."""

    __tablename__ = "audit_pending"
    __table_args__ = UNORDERED

    event_id: UUID = Field(primary_key=True, foreign_key="audit_event.event_id")
    lane: int
    enqueued_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Empty in the reporters' lane."""


class AuditErasure(Trail, table=True):
    """An event whose body was erased, or is about to be: without this row it cannot be deleted."""

    __tablename__ = "audit_erasure"
    __table_args__ = UNORDERED

    event_id: UUID = Field(primary_key=True, foreign_key="audit_event.event_id")


class AuditLeaf(Trail, table=True):
    """The place of an event in the tree."""

    __tablename__ = "audit_leaf"

    leaf_index: int = Field(sa_type=BigInteger, primary_key=True)
    event_id: UUID = Field(unique=True, foreign_key="audit_event.event_id")


class AuditHash(Trail, table=True):
    """Row (L, i) is the Merkle tree hash of leaves i·256^L up to (i+1)·256^L."""

    __tablename__ = "audit_hash"

    level: int = Field(primary_key=True)
    idx: int = Field(sa_type=BigInteger, primary_key=True)
    hash: bytes


class AuditCheckpoint(Trail, table=True):
    """A signed statement of the tree's size and root."""

    __tablename__ = "audit_checkpoint"

    size: int = Field(sa_type=BigInteger, primary_key=True)
    root: bytes
    note: str
    created_at: datetime = Field(sa_type=UTCDateTime)


class AuditPublication(Trail, table=True):
    """A checkpoint that others than staff are shown: one each quarter of an hour, whatever happened."""

    __tablename__ = "audit_publication"

    size: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="audit_checkpoint.size")
    published_at: datetime = Field(sa_type=UTCDateTime)
