"""Looking at a month, freezing it, and publishing what was frozen.

A look answers the published snapshot, the same bytes for everybody; the head of a unit gets that unit's
exact figures instead, marked so. Before publication the head and the statistics officers alone may look,
at live counts. Who is walled from a case that was counted gets live counts without it, or the snapshot a
quarter late.

Publication takes two people. The first freezes every table of every place; the second publishes them:

    table  = canonical JSON of the hidden document, served as it is; ETag = SHA-256(table)
    counts = WE1(K_snapshot, ctx("snapshot", id), pad(salt[32] ‖ canonical JSON of the exact document))

The hash is over the hidden table: over the exact counts it would give away what is hidden.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, or_, select

from cases.audit import log
from cases.audit.events import Details, Object
from cases.errors import (
    AlreadyProposed,
    NotAllowed,
    NotFound,
    ProposalVoid,
    SamePerson,
    Unacceptable,
)
from cases.models.case import Case
from cases.models.facts import Snapshot
from cases.sealing import envelope, padding
from cases.staff import calendars
from cases.statistics import facts, months, places, posts, tables
from cases.statistics.indicators import DEFINITIONS
from cases.statistics.tables import Books, Heading

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date
    from uuid import UUID

    from cases.actors import StaffActor
    from cases.database import Work
    from cases.statistics.months import Month
    from cases.statistics.places import Map, Place
    from cases.statistics.tables import Cuts

SALT_BYTES = 32
UNPUBLISHED = 0
"""The revision of live counts."""
PROPOSAL_DAYS = 5
"""Working days in which the second person must come."""
ACT = "publish_figures"


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody gets to see of a month.

    Attributes:
        table: canonical JSON, as it goes out.
        sha256: of a published table; None of live and of exact figures, which nothing may fix.
    """

    heading: Heading
    exact: bool
    table: bytes
    sha256: bytes | None = None

    # Any: the document is JSON.
    def document(self) -> dict[str, Any]:
        """The table as values."""
        value: dict[str, Any] = json.loads(self.table)
        return value


@dataclass(frozen=True, slots=True)
class Frozen:
    """A month as it was frozen.

    Attributes:
        id: of the nation's uncut table, which stands for all of them.
        sha256: of the same table.
    """

    id: UUID
    month: Month
    revision: int
    as_of: date
    sha256: bytes


def look(
    db: Work,
    month: Month,
    *,
    by: StaffActor,
    cuts: Cuts = (),
    office: str | None = None,
    unit: str | None = None,
) -> Look:
    """A month's figures for somebody; `record_look` must be committed before they go out.

    Args:
        cuts: one of `tables.all_cuts`.
        office: code of an office; its figures are those of all that lies below it.
        unit: code of a unit; by default the caller's own place.

    Raises:
        NotFound: no such place, or the month is not (yet) for this person.
        Unacceptable: an office and a unit at once, or too many cuts for that place.
    """
    where = places.load(db)
    place = places.choose(where, by, office=office, unit=unit)
    exact = places.is_head_of(by, place)
    walled = db.house.walls.of(db, by.id)
    found = _published(db, where, month, place, cuts)
    if found is not None:
        here, row = found
        if not _too_early(db, where, month, here, walled):
            if not exact and row.definitions == DEFINITIONS:
                _demand_cuts(where, here, cuts)
            heading = Heading(month, here, cuts, row.revision, row.as_of)
            if exact:
                return Look(heading, exact, _exact_of(db, row))
            return Look(heading, exact, row.table, row.sha256)
    today = db.house.today()
    if not places.reaches(where, by, places.UNPUBLISHED, place) or month.first > today:
        raise NotFound
    as_of = min(today, months.settled_on(month, calendars.current(db)))
    books = _books(db, where, month, as_of=as_of, without=walled)
    here = next(one for one in where.standing_in(place) if one.id not in books.small)
    heading = Heading(month, here, cuts, UNPUBLISHED, as_of)
    if exact:
        return Look(heading, exact, books.exact(heading))
    _demand_cuts(where, here, cuts)
    return Look(heading, exact, books.hidden(heading))


def record_look(db: Work, seen: Look, *, by: StaffActor) -> None:
    """Write that somebody looked at a month: every look, also at hidden figures."""
    heading = seen.heading
    place = heading.place
    log.emit(
        db,
        "figures.read",
        by=by,
        obj=[Object(t=place.kind, id=place.id)] if place.id else (),
        d=Details(
            month=str(heading.month),
            cuts=list(heading.cuts) or None,
            filters=[place.kind],
            status="exact" if seen.exact else "hidden",
            n=heading.revision,
        ),
    )


def propose(db: Work, month: Month, *, by: StaffActor) -> Frozen:
    """Freeze a month that is over: every table of every place, for a second person to publish.

    Raises:
        NotPermitted: the caller publishes no figures.
        NotAllowed: the days in which the month is still entered are not over.
        AlreadyProposed: the month is frozen and waits for its second person.
    """
    where = places.load(db)
    places.demand_publisher(where, by)
    today = db.house.today()
    as_of = months.settled_on(month, calendars.current(db))
    if today <= as_of:
        raise NotAllowed(action=ACT, state="month_open")
    waiting = _waiting(db, month)
    if waiting is not None and not _expired(db, waiting):
        raise AlreadyProposed
    _forget_waiting(db, month)
    newest = db.exec(select(func.max(Snapshot.revision)).where(Snapshot.month == str(month))).one()
    revision = (newest or 0) + 1
    books = _books(db, where, month, as_of=as_of)
    rows = [
        _freeze(db, heading, by, books)
        for place in where.places(books.small)
        for heading in (Heading(month, place, cuts, revision, as_of) for cuts in tables.all_cuts())
    ]
    db.add_all(rows)
    try:
        db.flush()  # now, so that two proposals at once are told apart by the unique key
    except IntegrityError as taken:
        raise AlreadyProposed from taken
    frozen = _frozen(rows[0], month)
    _record(db, "proposal.made", frozen, by)
    return frozen


def confirm(db: Work, month: Month, *, by: StaffActor) -> Frozen:
    """Publish what another person froze.

    Raises:
        NotPermitted: the caller publishes no figures.
        ProposalVoid: nothing waits, or it waited too long.
        SamePerson: the caller is the one who froze it.
    """
    waiting = _demand_waiting(db, month, by)
    if waiting.proposed_by == by.id:
        raise SamePerson
    db.execute(
        update(Snapshot)
        .where(col(Snapshot.month) == str(month), col(Snapshot.published_by).is_(None))
        .values(published_by=by.id, published_on=db.house.today())
    )
    frozen = _frozen(waiting, month)
    _record(db, "snapshot.published", frozen, by)
    return frozen


def refuse(db: Work, month: Month, *, by: StaffActor) -> None:
    """Take back what was frozen; its own proposer may do so too.

    Raises:
        NotPermitted: the caller publishes no figures.
        ProposalVoid: nothing waits.
    """
    frozen = _frozen(_demand_waiting(db, month, by), month)
    _forget_waiting(db, month)
    _record(db, "proposal.refused", frozen, by)


def _books(
    db: Work, where: Map, month: Month, *, as_of: date, without: Collection[UUID] = frozenset()
) -> Books:
    counted = facts.load(db, month, as_of=as_of, without=without)
    came = facts.cases_by_office(db, month, tuple(where.inside), without=without)
    return Books(where, counted, posts.too_small(where, came))


def _demand_cuts(where: Map, place: Place, cuts: Cuts) -> None:
    """Refuse a table that is too fine to be shown.

    Raises:
        Unacceptable: as said.
    """
    if tables.too_fine(where, place, cuts):
        raise Unacceptable([("/by", "too_many")])


def _published(
    db: Work, where: Map, month: Month, place: Place, cuts: Cuts
) -> tuple[Place, Snapshot] | None:
    """The newest published table of a place, or of the nearest that was shown for it."""
    is_out = (Snapshot.month == str(month), col(Snapshot.published_by).is_not(None))
    newest = db.exec(select(func.max(Snapshot.revision)).where(*is_out)).one()
    instead = {one.scope: one for one in where.standing_in(place)}
    statement = select(Snapshot).where(
        *is_out,
        Snapshot.revision == newest,
        Snapshot.cuts == ",".join(cuts),
        col(Snapshot.scope).in_(instead),
    )
    rows = {row.scope: row for row in db.exec(statement)}
    return next(((one, rows[scope]) for scope, one in instead.items() if scope in rows), None)


def _too_early(db: Work, where: Map, month: Month, place: Place, walled: Collection[UUID]) -> bool:
    """Whether a case that the person must not know of was counted, and the quarter is not over."""
    if not walled or db.house.today() > months.late_after(month):
        return False
    units, _ = where.counted(place)
    counted = select(Case.id).where(
        col(Case.id).in_(walled),
        col(Case.unit).in_(units),
        col(Case.delivered),
        col(Case.received_on) <= month.last,
        or_(col(Case.closed_on).is_(None), col(Case.closed_on) >= month.first),
    )
    return db.exec(counted.limit(1)).first() is not None


def _freeze(db: Work, heading: Heading, by: StaffActor, books: Books) -> Snapshot:
    keyring = db.house.keyring
    hidden, exact = books.hidden(heading), books.exact(heading)
    identity = uuid4()
    salted = padding.pad(secrets.token_bytes(SALT_BYTES) + exact, padding.TEXT_FLOOR)
    return Snapshot(
        id=identity,
        month=str(heading.month),
        scope=heading.place.scope,
        cuts=",".join(heading.cuts),
        revision=heading.revision,
        as_of=heading.as_of,
        definitions=DEFINITIONS,
        table=hidden,
        sha256=hashlib.sha256(hidden).digest(),
        counts=envelope.seal(keyring.key("snapshot"), keyring.ctx("snapshot", identity), salted),
        root_ver=keyring.root_version,
        proposed_by=by.id,
        proposed_on=db.house.today(),
    )


def _exact_of(db: Work, row: Snapshot) -> bytes:
    """The exact table of a snapshot.

    Raises:
        EnvelopeInvalid: it was changed.
    """
    keyring = db.house.keyring
    key = keyring.key("snapshot", row.root_ver)
    opened = envelope.open_(key, keyring.ctx("snapshot", row.id), row.counts)
    return padding.unpad(opened)[SALT_BYTES:]


def _waiting(db: Work, month: Month) -> Snapshot | None:
    """The nation's uncut table of a month that waits for its second person, locked."""
    statement = (
        select(Snapshot)
        .where(
            Snapshot.month == str(month),
            Snapshot.scope == places.NATIONAL.scope,
            Snapshot.cuts == "",
            col(Snapshot.published_by).is_(None),
        )
        .with_for_update()
    )
    return db.exec(statement).first()


def _demand_waiting(db: Work, month: Month, by: StaffActor) -> Snapshot:
    places.demand_publisher(places.load(db), by)
    waiting = _waiting(db, month)
    if waiting is None or _expired(db, waiting):
        raise ProposalVoid
    return waiting


def _expired(db: Work, waiting: Snapshot) -> bool:
    last = calendars.current(db).add_working_days(waiting.proposed_on, PROPOSAL_DAYS)
    return db.house.today() > last


def _forget_waiting(db: Work, month: Month) -> None:
    db.execute(
        delete(Snapshot).where(
            col(Snapshot.month) == str(month), col(Snapshot.published_by).is_(None)
        )
    )


def _frozen(row: Snapshot, month: Month) -> Frozen:
    return Frozen(row.id, month, row.revision, row.as_of, row.sha256)


def _record(db: Work, kind: str, frozen: Frozen, by: StaffActor) -> None:
    log.emit(
        db,
        kind,
        by=by,
        d=Details(
            action=ACT,
            month=str(frozen.month),
            n=frozen.revision,
            sha=frozen.sha256.hex(),
            proposal=frozen.id,
        ),
    )
