"""The tick: reporters' events enter the tree together, and nobody can count them by its growth.

Up to eight of them in an hour look like none: heartbeats fill up to the next multiple of eight, with bodies
that are encrypted and as long as those of reporters' events, under tags that are as random.
"""

import secrets
from datetime import datetime, timedelta

from sqlmodel import col, select

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.sequencer import ALIKE
from cases.database import Work
from cases.models.trail import AuditEvent, AuditPending, Lane


def next_tick(now: datetime, tick: timedelta) -> datetime:
    """The first moment after `now` that is a whole number of ticks after midnight UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + tick * ((now - midnight) // tick + 1)


def top_up(db: Work, *, beginning: bool) -> list[bytes]:
    """Add as many heartbeats as reporters' events lack to a multiple of `ALIKE`.

    Args:
        beginning: of the tick: then there are `ALIKE` at least, though nobody sent anything.

    Returns:
        The leaf hashes of everything that waits for this tick, in random order.
    """
    waiting = select(AuditPending.event_id).where(AuditPending.lane == Lane.TICK)
    count = len(db.exec(waiting).all())
    wanted = -count % ALIKE or (ALIKE if beginning and not count else 0)
    for _ in range(wanted):
        log.emit(db, "log.heartbeat", by=THE_SERVICE, lane=Lane.TICK)
    db.flush()
    hashes = select(AuditEvent.leaf_hash).where(col(AuditEvent.event_id).in_(waiting))
    return shuffled(list(db.exec(hashes)))


def shuffled(things: list[bytes]) -> list[bytes]:
    """The same in random order."""
    secrets.SystemRandom().shuffle(things)
    return things
