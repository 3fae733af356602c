"""What is to be told to whom: a row for each person, in the unit of work of the act it is about.

Only who has given an address, and only where this installation sends e-mail at all. Whoever must not know
of a case gets no row, and the rows are judged once more when they are sent: a wall may have been built
meanwhile.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from cases.actors import Actor, StaffActor
from cases.database import Work
from cases.models.case import Case
from cases.models.mail import Outbox
from cases.models.people import Membership
from cases.notifications.kinds import PACES, Kind, Pace
from cases.sealing import envelope, padding
from cases.staff import mailboxes

DIGEST_HOUR = time(7)
"""When the e-mail of the day is sent, where the administration is. At a fixed hour it says nothing of when
the things it stands for happened."""

SHORTEST_DELAY = timedelta(minutes=2)
LONGEST_DELAY = timedelta(minutes=10)
"""What cannot wait for the day's e-mail is put off by a random time between these: at a small post the moment
of an e-mail would otherwise tell who has just left the room."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody is told of, and the case it comes from, if any."""

    kind: Kind
    case: UUID | None


def queue(
    db: Work,
    kind: Kind,
    to: Iterable[UUID],
    *,
    case: Case | UUID | None = None,
    by: Actor | None = None,
) -> int:
    """Have people told that something waits for them, if they want to be and may know.

    What a reporter does queues nothing before it is delivered: the caller sees to that.

    Args:
        to: ids of staff; somebody named twice is told once.
        case: what it comes from. Whoever is walled from it is not told.
        by: who acts; nobody is told of what they did themselves.

    Returns:
        How many will be told.
    """
    if not db.house.terms.mails:
        return 0
    identity = case.id if isinstance(case, Case) else case
    people = set(to) - ({by.id} if isinstance(by, StaffActor) else set())
    boxes = mailboxes.of(db, people)
    told = [one for one in boxes if identity is None or identity not in db.house.walls.of(db, one)]
    for one in told:
        moment = not_before(
            PACES[kind], hurried=boxes[one].hurried, now=db.house.now(), zone=db.house.terms.zone
        )
        db.add(_row(db, one, Errand(kind, identity), moment))
    return len(told)


def holders(db: Work, units: Iterable[UUID | None], *roles: str) -> frozenset[UUID]:
    """Who holds one of the roles in one of the units."""
    statement = select(Membership).where(
        col(Membership.unit).in_([one for one in units if one is not None]),
        col(Membership.role).in_(roles),
    )
    return frozenset(seat.staff for seat in db.exec(statement))


def holders_anywhere(db: Work, roles: Iterable[str]) -> frozenset[UUID]:
    """Who holds one of the roles in any unit."""
    return frozenset(db.exec(select(Membership.staff).where(col(Membership.role).in_(roles))))


def not_before(pace: Pace, *, hurried: bool, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment before which something of this pace is not sent.

    Args:
        hurried: the person wants what is urgent soon.
        now: aware.
        zone: the administration's.
    """
    if pace is Pace.AT_ONCE or (pace is Pace.SOON and hurried):
        spread = int((LONGEST_DELAY - SHORTEST_DELAY).total_seconds())
        return now + SHORTEST_DELAY + timedelta(seconds=secrets.randbelow(spread + 1))
    return next_digest(now, zone)


def next_digest(now: datetime, zone: ZoneInfo) -> datetime:
    """When the next e-mail of the day is sent, UTC; later than `now`."""
    today = now.astimezone(zone).date()
    soonest = datetime.combine(today, DIGEST_HOUR, zone)
    if soonest <= now:
        soonest = datetime.combine(today + timedelta(days=1), DIGEST_HOUR, zone)
    return soonest.astimezone(UTC)


def opened(db: Work, row: Outbox) -> Errand:
    """What a row is about."""
    keyring = db.house.keyring
    plain = envelope.open_(
        keyring.key("outbox", row.root_ver), keyring.ctx("outbox", row.id), row.env
    )
    value = json.loads(padding.unpad(plain))
    return Errand(Kind(value["kind"]), UUID(value["case"]) if value["case"] else None)


def _row(db: Work, staff: UUID, errand: Errand, moment: datetime) -> Outbox:
    keyring, identity = db.house.keyring, uuid4()
    value = {"kind": errand.kind, "case": errand.case.hex if errand.case else None}
    plain = padding.pad(json.dumps(value).encode(), padding.TEXT_FLOOR)
    return Outbox(
        id=identity,
        staff=staff,
        after=moment,
        root_ver=keyring.root_version,
        env=envelope.seal(keyring.key("outbox"), keyring.ctx("outbox", identity), plain),
    )
