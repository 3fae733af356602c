"""The tick: reporters' events enter the tree together, and nobody can count them by its growth.

Up to eight of them in an hour look like none: heartbeats fill up to the next multiple of eight, with bodies
that are encrypted and as long as those of reporters' events, under tags that are as random.
"""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlmodel import col, select

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.sequencer import ALIKE
from cases.database import Work
from cases.models.trail import AuditEvent, AuditLeaf, AuditPending, Lane

GRACE = timedelta(minutes=5)
"""How long after a tick its events are topped up again when one more came; then they go as they are."""


def next_tick(now: datetime, tick: timedelta) -> datetime:
    """The first moment after `now` that is a whole number of ticks after midnight UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + tick * ((now - midnight) // tick + 1)


def waiting(db: Work) -> list[bytes]:
    """The leaf hashes of everything that waits for a tick, in random order."""
    statement = (
        select(AuditEvent.leaf_hash)
        .join(AuditPending, col(AuditPending.event_id) == col(AuditEvent.event_id))
        .where(AuditPending.lane == Lane.TICK)
    )
    return shuffled(db.exec(statement).all())


def entered(db: Work, since: int) -> list[bytes]:
    """The leaf hashes of what went into the tree at ticks, from a size of the tree on."""
    statement = (
        select(AuditEvent.leaf_hash)
        .join(AuditLeaf, col(AuditLeaf.event_id) == col(AuditEvent.event_id))
        .where(AuditEvent.lane == Lane.TICK, AuditLeaf.leaf_index >= since)
    )
    return list(db.exec(statement))


def top_up(db: Work, *, beginning: bool, before: Collection[bytes] = ()) -> list[bytes]:
    """Add as many heartbeats as reporters' events lack to a multiple of `ALIKE`.

    Args:
        beginning: of a tick: then at least `ALIKE` go with it, though nobody sent anything.
        before: leaf hashes that waited at the tick before already, and do not count for this one.

    Returns:
        The leaf hashes of everything that waits now, in random order.
    """
    there = waiting(db)
    wanted = -len(there) % ALIKE
    if beginning and not wanted and set(there) <= set(before):
        wanted = ALIKE
    for _ in range(wanted):
        log.emit(db, "log.heartbeat", by=THE_SERVICE, lane=Lane.TICK)
    db.flush()  # so that those are found as well
    return waiting(db) if wanted else there


def shuffled(things: Iterable[bytes]) -> list[bytes]:
    """The same in random order."""
    mixed = list(things)
    secrets.SystemRandom().shuffle(mixed)
    return mixed
