"""Who is meant: people named in a case, compared with the staff by number and by name."""

import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts.walls import TAG_BYTES, wall
from cases.database import Work
from cases.models.case import Case, SubjectMatch
from cases.models.people import Staff
from cases.notifications import occasions
from cases.sealing.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Subject:
    """A person named in a report or a case."""

    name: str | None = None
    role: str = "subject"
    staff_number: str | None = None


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
        case = db.get(Case, case_id)
        if case is not None and case.delivered:
            occasions.conflict_found(db, case, by=by)
    log.emit(db, "conflict.matched", by=by, d=Details(staff=staff.id, count=len(named)))
