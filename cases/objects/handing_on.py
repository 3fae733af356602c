"""What may be handed to another authority, and what has to stay unsaid about it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import col, select

from cases import family
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import Case, KeyKind, Record
from cases.objects import allegations, held
from cases.objects.persons import roles
from cases.staff import bodies
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

Reach = Callable[[dict[str, Any]], Iterable[UUID]]
"""What an item rests on, by its ids (Any: as JSON has it)."""

CRIMINAL = frozenset(
    {"prosecutor", "police", "anticorruption_agency", "fiu", "international_police"}
)
"""Authorities whose proceedings may end in a penalty: nobody's compelled words go there."""

AUTHORS = frozenset({"reporter", "facilitator", "representative", "relative"})
"""Roles of those from whom, or because of whom, a report came."""

CONSENT = "consent"
"""Of `identity_bases`: the reporter agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What of a case does not go out with the rest.

    Attributes:
        compelled: what holds words that somebody had to say.
        telling: what tells who reported: identities, the people a report came from, what they said when heard.
    """

    compelled: frozenset[UUID]
    telling: frozenset[UUID]


def silent_about(body: str) -> frozenset[str]:
    """The categories of which nobody may hear that this body looks into them; mostly none.

    Where there are any, nobody is told of a referral to this body.
    """
    listed = catalogue.code_list("referral_bodies").by_code[body].extra["silent_about"]
    return frozenset(listed.split())


def may_learn(body: str, basis: str | None) -> bool:
    """Whether a body may be told who reported on this basis: on the reporter's word any, else not everybody."""
    known = catalogue.code_list("referral_bodies").by_code[body].extra["may_learn_identity"]
    return basis in (None, CONSENT) or known == "yes"


def untold(body: str, *, withheld: bool) -> list[tuple[str, str]]:
    """What is wrong with telling the reporter of a referral: (pointer, code of `field_problems`)."""
    if silent_about(body) and not withheld:
        return [("/withhold_notice", "silence_demanded")]
    return []


# Any: as JSON has it.
def terms(db: Work, body: str) -> dict[str, Any] | None:
    """What the register has of a body today, for the record of what is sent to it."""
    found = bodies.of(db, body)
    return None if found is None else found.terms()


def unaccepted(db: Work, case: Case, body: str) -> list[tuple[str, str]]:
    """What is wrong with this body where nobody of the case who reported it gave a name."""
    if bodies.accepts_anonymous(db, body) or allegations.named(db, allegations.reports(db, case)):
        return []
    return [("/body", "anonymous_not_accepted")]


def compelled(body: str, items: Sequence[UUID], kept: Kept) -> list[tuple[str, str]]:
    """What of these may not go to this body, because somebody had to say it."""
    if body not in CRIMINAL:
        return []
    return [(f"/items/{n}", "compelled") for n, one in enumerate(items) if one in kept.compelled]


def telling(items: Sequence[UUID], kept: Kept) -> list[tuple[str, str]]:
    """What of these tells who reported."""
    return [
        (f"/items/{n}", "tells_who_reported") for n, one in enumerate(items) if one in kept.telling
    ]


def kept_back(db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys") -> Kept:
    """What of a case, and of what was merged into it, does not go out; the look is recorded."""
    cases = family.ids(db, case)
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["persons", "interviews", "items"], at=case.seq),
        opens=cases,
    )
    people, interviews, items = (
        held.held_of_family(db, case, kind, permit=permit, keys=keys)
        for kind in ("person", "interview", "item")
    )
    identities = select(Record.id).where(col(Record.case_id).in_(cases), Record.kind == KeyKind.ID)
    said = _grown({one.id for one in items if one.value.get("compelled")}, items, _original)
    compelled = {one.id for one in interviews if one.value.get("compelled")} | said
    for one in items:
        if one.id in said:
            compelled.update(_made_of(one.value))
    tell = {one.id for one in people if not AUTHORS.isdisjoint(roles(one.value))}
    tell |= {one.id for one in interviews if one.value.get("capacity") in AUTHORS}
    tell |= set(db.exec(identities))
    # A copy is cleaned so that it tells nobody's name and can go out in the place of its original. But
    # cleaning takes nobody's words away: a copy of what somebody had to say stays here with it.
    return Kept(
        compelled=_grown(compelled, items, _made_of, _original),
        telling=_grown(tell, items, _made_of),
    )


def _grown(
    found: Collection[UUID], items: Collection[held.Held], *reaches: Reach
) -> frozenset[UUID]:
    """These, and the items that reach any of them, by however many others between."""
    grown = set(found)
    while more := {
        one.id
        for one in items
        if one.id not in grown and any(not grown.isdisjoint(reach(one.value)) for reach in reaches)
    }:
        grown |= more
    return frozenset(grown)


# Any: things as JSON has them, here and below.
def _made_of(item: dict[str, Any]) -> Iterable[UUID]:
    return [UUID(one) for name in ("records", "attachments") for one in item.get(name, ())]


def _original(item: dict[str, Any]) -> Iterable[UUID]:
    return [UUID(item["copy_of"])] if item.get("copy_of") else []
