"""The custody log of an item: what was entered, and who looked, as the trail tells.

What people write and what the service measured are records of the case. That somebody read the items, or
downloaded a file of this one, stands in the trail already; it is told from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cases import access, evidence, family
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details, Object
from cases.audit.log import Told
from cases.database import Work
from cases.errors import NotFound
from cases.models.case import Case, Record
from cases.objects import custody, handling, held
from cases.reading import history
from cases.sealing.hierarchy import StaffKeys
from cases.staff import accounts

_LOOKS = frozenset({"items", "timeline", "bundle"})
"""Parts that show an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """One entry.

    Attributes:
        at: a UTC second.
        event: of the list `custody_events`.
        who: the name of the one who did it; None for the service and for reporters.
        second: the name of the one who agreed.
        told: it comes from the trail, and nobody wrote it.
    """

    at: str
    event: str
    who: str | None
    role: str | None = None
    second: str | None = None
    place: str | None = None
    reason: str | None = field(default=None, repr=False)
    authority: str | None = None
    hash_before: str | None = None
    hash_after: str | None = None
    told: bool = False


def of_item(
    db: Work, case: Case, identity: UUID, *, by: StaffActor, keys: StaffKeys
) -> list[Handled]:
    """Everything that happened to an item, oldest first; the look is recorded.

    Raises:
        NotPermitted, DeclarationNeeded: as `access.demand_in`.
        NotFound: the case has no such item that this person sees.
    """
    access.demand_in(db, by, custody.ACT, case)
    access.demand_declaration(db, by, case)
    d = Details(parts=["custody"], at=case.seq)
    cases = family.ids(db, case)
    permit = log.emit(db, "record.read", by=by, case=case, d=d, opens=cases)
    row = custody.item(db, case, identity)
    unseen = {one.id for one in handling.hidden(db, case, by=by, permit=permit, keys=keys)}
    if row is None or identity in unseen:
        raise NotFound
    items = held.held_of_family(db, case, "item", permit=permit, keys=keys)
    (it,) = [one for one in items if one.id == identity]
    written = [
        one.value
        for one in held.held_of_family(db, case, "custody", permit=permit, keys=keys)
        if one.value["item"] == str(identity)
    ]
    told = list(_told(db, case, row, [UUID(one) for one in it.value["attachments"]]))
    people = {UUID(one[name]) for one in written for name in ("by", "second") if one[name]}
    people |= {one.body.actor.id for _, one in told if one.body.actor.id}
    names = accounts.names(db, people)
    entries = [
        Handled(
            who=names.get(UUID(one["by"])),
            second=names.get(UUID(one["second"])) if one["second"] else None,
            **{name: one[name] for name in _SAME},
        )
        for one in written
    ]
    entries.extend(
        Handled(
            at=one.body.at,
            event=event,
            who=names.get(one.body.actor.id) if one.body.actor.id else None,
            told=True,
        )
        for event, one in told
    )
    return sorted(entries, key=lambda one: one.at)


_SAME = ("at", "event", "role", "place", "reason", "authority", "hash_before", "hash_after")


def _told(db: Work, case: Case, row: Record, files: list[UUID]) -> Iterator[tuple[str, Told]]:
    """What the trail tells of an item: (event of custody, event of the trail) each."""
    stored = {one for file in files for one in evidence.stored_ids(db, case, file)}
    known = False
    for one in (its for each in (*family.merged(db, case), case) for its in history.told(db, each)):
        named = {thing.id for thing in one.body.obj if isinstance(thing, Object)}
        known = known or row.id in named
        if one.body.kind == "attachment.created" and not named.isdisjoint(stored):
            yield "received", one
        elif one.body.kind == "attachment.read" and not named.isdisjoint(stored):
            yield "downloaded", one
        elif one.body.kind == "record.read" and known:
            parts = one.body.d.get("parts")
            if isinstance(parts, list) and not _LOOKS.isdisjoint(parts):
                yield "viewed", one
