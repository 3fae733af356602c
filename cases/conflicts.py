"""Who must not know: routing around the people a report is about, and walls inside the house.

A wall is a row `(case, HMAC(K_walls, ctx("wall", case, staff))[:16])`. The tag differs in every case, so
that whoever reads the database cannot learn one person's tag by sending a report about them, and it
says nothing about why the wall stands: subject, witness, manager and self-declared conflict look alike.
"""

import hmac
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from sqlmodel import col, select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotOpenYet
from cases.models.case import SubjectMatch, Wall, WallCount
from cases.models.people import Deployment, Membership, Office, Staff, Unit, UnitKind
from cases.sealing.keyring import Keyring

TAG_BYTES = 16

BUILDING = "walls_built"
"""Marks a unit of work that built walls."""

AROUND = frozenset({"internal_affairs", "head_of_internal_affairs", "head_of_customs"})
"""What a report may concern that sends it past the administration's own line."""

COMMITTEE, LOCAL_COMMITTEE = "committee_member", "local_committee"
"""What a report may concern, and the role of those it may be."""

APART = frozenset(
    {
        "system_admin", "local_committee", "national_committee", "statistics_officer",
        "internal_auditor", "dpo", "oversight_body",
    }
)  # fmt: skip
"""Roles that sit in a handling unit without handling: naming such a person does not move the report."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person named in a report or a case."""

    name: str | None = None
    role: str = "subject"
    staff_number: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Where a report goes, and who must not know of it."""

    unit: Unit
    walled: frozenset[UUID]
    tell_outside: bool


class WallMemory:
    """For each person, the cases they are walled from; computed again when a wall is built."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[int, frozenset[UUID]]] = {}
        self._lock = Lock()

    def of(self, db: Work, staff: UUID) -> frozenset[UUID]:
        """The cases this person must not know of."""
        count = wall_count(db)
        building = bool(db.info.get(BUILDING))
        known = self._known.get(staff)
        if known is not None and known[0] == count and not building:
            return known[1]
        keyring = db.house.keyring
        # Columns, not rows: a false row could only hide a case, and the tag itself is a MAC.
        walled = frozenset(
            case_id
            for case_id, tag in db.exec(select(Wall.case_id, Wall.tag))
            if hmac.compare_digest(tag, wall_tag(keyring, case_id, staff))
        )
        if not building:  # what this unit of work built may yet be taken back, its count with it
            with self._lock:
                self._known[staff] = (count, walled)
        return walled


def wall_count(db: Work) -> int:
    """How many walls were ever built."""
    return db.exec(select(WallCount.n)).first() or 0


def wall_tag(keyring: Keyring, case_id: UUID, staff: UUID) -> bytes:
    """The blind name of one person in one case, 16 bytes."""
    context = keyring.ctx("wall", case_id, staff)
    return hmac.digest(keyring.key("walls"), context, "sha256")[:TAG_BYTES]


def wall(db: Work, case_id: UUID, people: Iterable[UUID]) -> int:
    """Build walls between people and a case; one that stands stays.

    Returns:
        How many were new.
    """
    tags = {wall_tag(db.house.keyring, case_id, staff) for staff in people}
    standing = set(db.exec(select(Wall.tag).where(Wall.case_id == case_id)))
    new = tags - standing
    db.add_all(Wall(case_id=case_id, tag=tag) for tag in new)
    if new:
        db.info[BUILDING] = True
        count = db.get(WallCount, 1, with_for_update=True) or WallCount(id=1, n=0)
        count.n += len(new)
        db.add(count)
    return len(new)


def normalise_name(name: str) -> str:
    """Normaliser 1: compatibility form, case folded, no accents, words in order of the alphabet."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return " ".join(sorted(plain.split()))


def normalise_number(number: str) -> str:
    """Identifiers: upper-case letters and digits only."""
    kept = unicodedata.normalize("NFKC", number).upper()
    return "".join(sign for sign in kept if sign.isalnum())


def matching_staff(db: Work, subjects: Sequence[Subject]) -> frozenset[UUID]:
    """The staff whom a subject names: by staff number exactly, or by normalised name."""
    numbers = {normalise_number(one.staff_number) for one in subjects if one.staff_number}
    names = {normalise_name(one.name) for one in subjects if one.name}
    numbers.discard("")
    names.discard("")
    if not (numbers or names):
        return frozenset()
    return frozenset(
        one.id
        for one in db.exec(select(Staff))
        if (one.staff_number and normalise_number(one.staff_number) in numbers)
        or normalise_name(one.display_name) in names
    )


def match_rows(keyring: Keyring, case_id: UUID, subjects: Sequence[Subject]) -> list[SubjectMatch]:
    """Blind tokens of the people named in a case, for comparing newcomers without a key."""
    tokens = {
        match_token(keyring, case_id, kind, plain)
        for one in subjects
        for kind, plain in (
            ("number", normalise_number(one.staff_number or "")),
            ("name", normalise_name(one.name or "")),
        )
        if plain
    }
    return [SubjectMatch(case_id=case_id, token=token) for token in tokens]


def match_token(keyring: Keyring, case_id: UUID, kind: str, normalised: str) -> bytes:
    """The token of one identifier in one case, 16 bytes."""
    context = keyring.ctx("match", case_id, kind, normalised)
    return hmac.digest(keyring.key("walls"), context, "sha256")[:TAG_BYTES]


def cases_naming(db: Work, staff: Staff) -> frozenset[UUID]:
    """The cases whose tokens name this person; for one who is new or was renamed."""
    keyring = db.house.keyring
    plain = [("name", normalise_name(staff.display_name))]
    if staff.staff_number:
        plain.append(("number", normalise_number(staff.staff_number)))
    return frozenset(
        row.case_id
        for row in db.exec(select(SubjectMatch))
        if any(match_token(keyring, row.case_id, *one) == row.token for one in plain)
    )


def screen(db: Work, staff: Staff, by: Actor) -> None:
    """Wall a person who is new, or newly named, off from the cases that name them.

    One event, whatever was found: who invites or renames people learns from neither the answer nor the
    number of its receipts whether a name is in a report. How many cases name them is in the sealed body
    alone, and which ones nowhere: person and case in one event would be the wall without its veil.
    """
    named = cases_naming(db, staff)
    for case_id in named:
        wall(db, case_id, [staff.id])
    log.emit(db, "conflict.matched", by=by, d=Details(staff=staff.id, count=len(named)))


def route(
    db: Work, concerns: Collection[str], office: Office | None, subjects: Sequence[Subject]
) -> Route:
    """Where a report goes: the office's unit, or around the people it is about.

    Raises:
        NotOpenYet: there is no unit that could take it, or it has no key yet.
    """
    deployment = db.exec(select(Deployment)).one()
    matched = matching_staff(db, subjects)
    around = bool(AROUND.intersection(concerns)) or _handle_inside(db, matched)
    chosen = deployment.outside_unit if around else _unit_of(db, office) or deployment.national_unit
    unit = db.get(Unit, chosen) if chosen else None
    if unit is None or unit.pk is None:
        raise NotOpenYet
    walled = matched | (_committees(db, office) if COMMITTEE in concerns else frozenset())
    return Route(unit, walled, tell_outside="system_administrator" in concerns)


def _committees(db: Work, office: Office | None) -> frozenset[UUID]:
    """Who sits on the local committees above an office; on all of them when none was named.

    Behind a wall they get the figures that count the case a quarter late, and nothing else changes for
    them: committees see no cases.
    """
    above: set[UUID | None] = set()
    while office is not None and office.id not in above:
        above.add(office.id)
        office = db.get(Office, office.parent) if office.parent else None
    seats = db.exec(select(Membership).where(Membership.role == LOCAL_COMMITTEE))
    return frozenset(seat.staff for seat in seats if not above or seat.office in above)


def _handle_inside(db: Work, staff: frozenset[UUID]) -> bool:
    """Whether one of these people handles reports in a unit of the administration's own line."""
    # The same look-ups whether or not somebody matched, so that the time of the answer does not tell.
    seats = db.exec(select(Membership).where(col(Membership.staff).in_(staff)))
    units = {seat.unit for seat in seats if seat.role not in APART}
    return any(
        unit.inside and unit.kind == UnitKind.HANDLING
        for unit in db.exec(select(Unit).where(col(Unit.id).in_(units)))
    )


def _unit_of(db: Work, office: Office | None) -> UUID | None:
    """The unit of the nearest ancestor of an office that names one."""
    while office is not None and office.unit is None:
        office = db.get(Office, office.parent) if office.parent else None
    return office.unit if office else None
