"""Whether the log lives: what was written is signed within a minute, and a heartbeat comes in time.

    living   it does
    late     something waits for longer than it may
    silent   nothing was signed for so long that staff are refused (`log`): no log, no look

How many events of reporters wait for the tick is not told: it would tell when somebody reports. Told is how
many are still waiting that should have been in the log by now.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, func, select

from cases.audit import log, storage
from cases.audit.events import Body
from cases.database import Terms, Work
from cases.errors import EnvelopeInvalid, KeysMissing, UnsupportedEnvelope
from cases.models.trail import (
    AuditBody,
    AuditEvent,
    AuditLeaf,
    AuditPending,
    AuditPublication,
    Lane,
)

Status = Literal["living", "late", "silent"]

MERGE_DELAY = timedelta(seconds=60)
"""The longest that what staff do waits for its signature."""
HEARTBEAT = timedelta(minutes=15)
"""How often the log grows and is signed though nothing happens."""
TICK_GRACE = timedelta(minutes=30)
"""How long after its tick an event of a reporter may enter the log."""

SCRUB = "log.scrub"
_LOOKED_THROUGH = 100
"""Events about the trail that are opened to find the newest scrub among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What there is to judge by.

    Attributes:
        size: leaves of the tree.
        signed_size: leaves of the newest checkpoint.
        signed_at: when that was signed.
        published_at: when a checkpoint was last shown to others than staff.
        waiting_since: since when the oldest event of staff waits to enter the tree.
        at_once: how many of them wait.
        overdue: events of reporters whose tick is long past.
    """

    at: datetime
    size: int
    signed_size: int
    signed_at: datetime | None
    published_at: datetime | None
    waiting_since: datetime | None
    at_once: int
    overdue: int

    @property
    def unsigned_seconds(self) -> int:
        """Since when nothing was signed; before the first signature, for how long something waits."""
        return _seconds(self.at, self.signed_at or self.waiting_since) or 0

    @property
    def published_seconds(self) -> int | None:
        """Since when nothing was published; None before the first time."""
        return _seconds(self.at, self.published_at)

    def status(self, limit: timedelta) -> Status:
        """How the log is.

        Args:
            limit: how long staff may look at cases while nothing is signed.
        """
        unsigned = timedelta(seconds=self.unsigned_seconds)
        if unsigned > limit:
            return "silent"
        waits = self.waiting_since is not None and self.at - self.waiting_since > MERGE_DELAY
        if waits or self.overdue or unsigned > HEARTBEAT + MERGE_DELAY:
            return "late"
        return "living"


@dataclass(frozen=True, slots=True)
class Scrub:
    """When everything was last computed anew, as the trail writes moments, and the faults that were found."""

    at: str
    faults: int


def pulse(db: Session, terms: Terms, *, now: datetime) -> Pulse:
    """Feel the log's pulse; no key is needed."""
    signed = storage.newest_checkpoint(db)
    oldest, count = db.exec(
        select(func.min(AuditPending.enqueued_at), func.count()).where(
            AuditPending.lane == Lane.AT_ONCE
        )
    ).one()
    late = (
        select(func.count())
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditPending.event_id))
        .select_from(AuditPending)
        .where(AuditPending.lane == Lane.TICK, AuditEvent.day < _last_day(terms, now))
    )
    return Pulse(
        at=now,
        size=storage.size(db),
        signed_size=signed.size if signed else 0,
        signed_at=signed.created_at if signed else None,
        published_at=db.exec(select(func.max(AuditPublication.published_at))).one(),
        waiting_since=oldest,
        at_once=count,
        overdue=db.exec(late).one(),
    )


def last_scrub(db: Work) -> Scrub | None:
    """The newest scrub that is in the log; None before the first, or where it cannot be read."""
    keyring = db.house.keyring
    tags = [log.tag(keyring, "case", log.TRAIL, version) for version in keyring.roots]
    statement = (
        select(AuditBody, AuditEvent.leaf)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
        .join(AuditLeaf, col(AuditLeaf.event_id) == col(AuditBody.event_id))
        .where(col(AuditBody.case_tag).in_(tags))
        .order_by(col(AuditLeaf.leaf_index).desc())
        .limit(_LOOKED_THROUGH)
    )
    for row, written in db.exec(statement):
        body = _opened(db, row, written)
        if body is not None and body.kind == SCRUB:
            return Scrub(body.at, int(body.d.get("count", 0)))
    return None


def _opened(db: Work, row: AuditBody, written: bytes) -> Body | None:
    try:
        return log.open_body(db.house.keyring, row, written).body
    except (EnvelopeInvalid, UnsupportedEnvelope, KeysMissing, ValueError):
        return None  # whoever changed it is found by the next scrub; health has to answer


def _last_day(terms: Terms, now: datetime) -> date:
    """The first day whose reporters' events may still be waiting rightly."""
    return (now - terms.reporter_tick - TICK_GRACE).astimezone(terms.zone).date()


def _seconds(now: datetime, since: datetime | None) -> int | None:
    return None if since is None else max(0, int((now - since).total_seconds()))
