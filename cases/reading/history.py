"""What was done in a case and who looked, as far as a role may know."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from cases import access, evidence, family
from cases.actors import StaffActor
from cases.audit import events, log
from cases.audit.events import Body, Details, Object
from cases.audit.log import Told
from cases.database import Work
from cases.errors import NotFound, NotPermitted
from cases.models.case import Case, Record
from cases.staff import accounts
from workflows import catalogue

STATES_ONLY = "states"
"""The part of the permission that shows changes of state, without names."""

TIES = "link"
"""What ties a case to another one is told by the case file, to who may know of both, and by nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened.

    Attributes:
        at: a UTC second, or a day for what a reporter did.
        who: the display name, for those who may know it; None otherwise and for reporters.
        actor: `staff`, `reporter` or `system`.
        details: codes and numbers, as the event's kind defines them.
        whom: the display name of who it was done to or for, likewise.
    """

    at: str
    kind: str
    seq: int | None
    actor: str
    who: str | None
    details: dict[str, object]
    whom: str | None = None


def of_case(db: Work, case: Case, *, by: StaffActor) -> list[Entry]:
    """The case's events, oldest first; only changes of state, and no names, where the role says so."""
    grants = catalogue.permissions().grants("case_history", access.case_roles(db, by, case))
    if not grants:
        return []
    everything = any(grant.part != STATES_ONLY for grant in grants)
    found = told(db, case)
    known = accounts.names(db, _people(found)) if everything else {}
    return [
        _entry(one, known)
        for one in found
        if (everything or one.body.kind == "case.status") and one.body.d.get("field") != TIES
    ]


def demand_names(db: Work, case: Case, *, by: StaffActor) -> None:
    """Refuse whose part in a case shows no names.

    Raises:
        NotPermitted: as said.
    """
    grants = catalogue.permissions().grants("case_history", access.case_roles(db, by, case))
    if all(grant.part == STATES_ONLY for grant in grants):
        raise NotPermitted


def of_file(db: Work, case: Case, client_id: UUID, *, by: StaffActor) -> list[Entry]:
    """The custody log of one file: when it was added and by whom it was looked at, oldest first.

    Raises:
        NotPermitted: the person's part in the case shows no names.
        NotFound: the case has no such file.
    """
    demand_names(db, case, by=by)
    log.emit(db, "case.read", by=by, case=case, d=Details(parts=["custody"], at=case.seq))
    stored = evidence.stored_ids(db, case, client_id)
    # A file that came with a merged case was added, and looked at, there.
    handled = [
        one
        for its in (*family.merged(db, case), case)
        for one in told(db, its)
        if any(isinstance(thing, Object) and thing.id in stored for thing in one.body.obj)
    ]
    if not handled:
        raise NotFound
    known = accounts.names(db, _people(handled))
    return [_entry(one, known) for one in handled]


def told(db: Work, case: Case) -> list[Told]:
    """What staff may be told of a case by now, oldest first.

    What reporters do is in the trail at once and shows at the tick: an event that names a record which is not
    delivered is left out. One that names nothing, such as a new receipt, brings nothing that would be
    delivered; it carries a day and is told when that day is over.
    """
    statement = select(Record.id, Record.version).where(
        col(Record.case_id).in_(family.ids(db, case)), col(Record.delivered).is_(False)
    )
    waiting = {tuple(row) for row in db.rows(statement)}
    today = events.moment(db.house.today())
    return [one for one in log.told_of(db, case.id) if not _too_early(one.body, waiting, today)]


def _too_early(body: Body, waiting: AbstractSet[tuple[object, ...]], today: str) -> bool:
    named = {(one.id, one.ver) for one in body.obj if isinstance(one, Object)}
    if not named:
        return body.actor.t == "reporter" and body.at >= today
    return not named.isdisjoint(waiting)


def _people(told: Sequence[Told]) -> set[UUID]:
    """Everybody whom events name: who acted, and whom it was about."""
    acted = {one.body.actor.id for one in told if one.body.actor.id}
    return acted | {UUID(str(one.body.d["staff"])) for one in told if "staff" in one.body.d}


def _entry(one: Told, known: dict[UUID, str]) -> Entry:
    whom = one.body.d.get("staff")
    return Entry(
        at=one.body.at,
        kind=one.body.kind,
        seq=one.body.seq,
        actor=one.body.actor.t,
        who=known.get(one.body.actor.id) if one.body.actor.id else None,
        details=one.body.d,
        whom=known.get(UUID(str(whom))) if whom else None,
    )
