"""What is due is looked at again, and becomes at most one e-mail for each person.

    look up    the errands that are due, person by person
    decide     is the person still there, may they still know of the case, does it still wait?
    record     the errands are marked as in hand, and committed, before anything leaves the house
    send       outside any unit of work
    record     they go; or wait for the next try; or have failed

At most once: what was in hand when a worker was cut off, or when the server fell silent after it had taken
the text, may have arrived and is not sent again. What a server refused, or never got, is tried again for about
half a day, always under the same Message-ID.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlmodel import col, delete, func, or_, select

from cases import access
from cases.actors import StaffActor
from cases.database import House, Work
from cases.models.case import (
    Case,
    Declaration,
    Proposal,
    ProposalStatus,
)
from cases.models.mail import Outbox, OutboxStatus
from cases.models.people import Staff, StaffStatus
from cases.notifications import letters
from cases.notifications.errands import Errand, opened
from cases.notifications.kinds import PACES, Kind, Pace
from cases.notifications.letters import Letter
from cases.staff import accounts, mailboxes, pending, signin

LOG = logging.getLogger(__name__)

LETTERS_A_ROUND = 50
"""The rest goes a minute later: what else the worker does must not wait for a slow mail server."""

IN_HAND = timedelta(minutes=15)
"""A worker that has had an errand for so long was cut off."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
"""Between two tries; doubled each time."""
MOST_TRIES = 8
KEPT_AS_FAILED = timedelta(days=7)

LATE_TRIES = 3
"""Tries after which an operator is told that e-mail does not get through."""


class Fate(StrEnum):
    """What became of an e-mail that was handed to a server."""

    TAKEN = "taken"
    NOT_NOW = "not_now"
    """The server did not take it, and may later."""
    NO_SERVER = "no_server"
    """There is no server to talk to, so others need not be tried now."""
    NEVER = "never"
    """The server will not take it."""
    UNKNOWN = "unknown"
    """The line broke when the text had been sent: it may have arrived."""


Carrier = Callable[[Letter], Fate]
"""Hands an e-mail to a server."""

Waits = Callable[[Work, Case, Proposal], bool]
"""Whether an open proposal can still be answered."""


@dataclass(slots=True)
class Round:
    """What one round came to, in people."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    spared: int = 0
    """Nothing of what they were to be told was left."""


def run(house: House, carry: Carrier, waits: Waits) -> Round:
    """Tell everybody what is due; safe to run twice at once."""
    done = Round(failed=_tidy(house))
    for staff in _due(house):
        letter = _take_in_hand(house, staff, waits)
        if letter is None:
            done.spared += 1
            continue
        fate = carry(letter)
        _record(house, letter, fate, done)
        if fate is Fate.NO_SERVER:
            break
    if done.failed:
        LOG.error("e-mail was given up", extra={"count": done.failed})
    if done.later:
        LOG.warning("e-mail did not get through and waits", extra={"count": done.later})
    return done


def in_trouble(db: Work) -> bool:
    """Whether e-mail to staff fails, or has not got through for a while."""
    statement = select(func.count()).where(
        (col(Outbox.status) == OutboxStatus.FAILED) | (col(Outbox.tries) >= LATE_TRIES)
    )
    return db.exec(statement).one() > 0


def _due(house: House) -> list[UUID]:
    with house.glance() as db:
        statement = (
            select(Outbox.staff)
            .where(Outbox.status == OutboxStatus.WAITING, Outbox.after <= house.now())
            .group_by(col(Outbox.staff))
            .order_by(func.min(Outbox.tries), col(Outbox.staff))
            .limit(LETTERS_A_ROUND)
        )
        return list(db.exec(statement))


def _take_in_hand(house: House, staff: UUID, waits: Waits) -> Letter | None:
    """The e-mail to one person, its errands marked; None when nothing is left to tell them."""
    with house.unit_of_work() as db:
        rows = db.exec(
            select(Outbox)
            .where(
                Outbox.staff == staff,
                Outbox.status == OutboxStatus.WAITING,
                Outbox.after <= house.now(),
            )
            .order_by(col(Outbox.id))
            .with_for_update(skip_locked=True)
        ).all()
        box = mailboxes.of(db, [staff]).get(staff)
        errands = {row.id: opened(db, row) for row in rows}
        told = set(errands.values())
        wanted = _still_to_be_told(db, staff, told, waits) if box else frozenset()
        kept = [row for row in rows if errands[row.id] in wanted]
        for row in rows:
            if row not in kept:
                db.delete(row)
        if not kept or box is None:
            return None
        mail = next((row.mail for row in kept if row.mail), None) or uuid4()
        for row in kept:
            row.mail, row.status, row.tries = mail, OutboxStatus.SENDING, row.tries + 1
            row.after = house.now() + IN_HAND
        urgent = any(PACES[errands[row.id].kind] is not Pace.DAILY for row in kept)
    return letters.waiting(mail, box.address, box.language, urgent=urgent)


def _still_to_be_told(
    db: Work, staff: UUID, errands: Collection[Errand], waits: Waits
) -> frozenset[Errand]:
    """Which errands still make sense for somebody, as things stand now."""
    person = db.get(Staff, staff)
    if person is None or person.status != StaffStatus.ACTIVE:
        return frozenset()
    by = signin.actor_of(db, person, b"", accounts.NO_SESSION)
    if not by.seats:
        return frozenset()
    cases = {one.case for one in errands if one.case is not None}
    visible = set(
        db.exec(select(Case.id).where(access.visible(db, by), col(Case.id).in_(cases)))
        if cases
        else ()
    )
    return frozenset(
        one
        for one in errands
        if (
            _waits_in_the_house(db, one.kind, by)
            if one.case is None
            else one.case in visible and _still_waits(db, one.kind, one.case, waits)
        )
    )


def _waits_in_the_house(db: Work, kind: Kind, by: StaffActor) -> bool:
    """Whether what comes from no case still waits for this person."""
    return kind is not Kind.PROPOSAL or bool(pending.waiting_for(db, by))


def _still_waits(db: Work, kind: Kind, case: UUID, waits: Waits) -> bool:
    """Whether somebody else has not dealt with it meanwhile."""
    if kind is Kind.PROPOSAL:
        open_ = select(Proposal).where(
            Proposal.case_id == case, Proposal.status == ProposalStatus.OPEN
        )
        its = db.get_one(Case, case)
        return any(waits(db, its, one) for one in db.exec(open_).all())
    if kind is Kind.DECLARATION:
        unsure = select(Declaration).where(
            Declaration.case_id == case, col(Declaration.status).in_(access.UNDECIDED)
        )
        return db.exec(unsure).first() is not None
    return True


def _record(house: House, letter: Letter, fate: Fate, done: Round) -> None:
    with house.unit_of_work() as db:
        rows = db.exec(
            select(Outbox).where(Outbox.mail == letter.id, Outbox.status == OutboxStatus.SENDING)
        ).all()
        if fate is Fate.TAKEN:
            done.sent += 1
            for row in rows:
                db.delete(row)
        elif fate in (Fate.NOT_NOW, Fate.NO_SERVER) and _may_be_tried(rows):
            done.later += 1
            for row in rows:
                row.status, row.after = OutboxStatus.WAITING, house.now() + pause(row.tries)
        else:
            done.failed += 1
            for row in rows:
                row.status, row.after = OutboxStatus.FAILED, house.now()


def _may_be_tried(rows: Sequence[Outbox]) -> bool:
    return all(row.tries < MOST_TRIES for row in rows)


def pause(tries: int) -> timedelta:
    """How long after the n-th try, counted from 1, the next one comes at the earliest."""
    doubled: int = 2 ** (tries - 1)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def _tidy(house: House) -> int:
    """Give up what was cut off, and forget what failed long ago.

    Returns:
        How many people's errands were given up.
    """
    now = house.now()
    over = (
        (col(Outbox.status) == OutboxStatus.SENDING) & (col(Outbox.after) <= now),
        (col(Outbox.status) == OutboxStatus.FAILED) & (col(Outbox.after) <= now - KEPT_AS_FAILED),
    )
    with house.glance() as db:
        if db.exec(select(Outbox.id).where(or_(*over)).limit(1)).first() is None:
            return 0  # most of the time, and then no writer has to wait
    with house.unit_of_work() as db:
        cut_off, old = over
        lost = db.exec(select(Outbox).where(cut_off).with_for_update(skip_locked=True)).all()
        for row in lost:
            row.status, row.after = OutboxStatus.FAILED, now
        db.exec(delete(Outbox).where(old))
        return len({row.staff for row in lost})
