"""What may be handed to another authority, and what has to stay unsaid about it."""

from collections.abc import Iterable, Sequence
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
from cases.objects import held
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

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
        d=Details(parts=["referral"], at=case.seq),
        opens=cases,
    )
    people, interviews, items = (
        held.held_of_family(db, case, kind, permit=permit, keys=keys)
        for kind in ("person", "interview", "item")
    )
    identities = select(Record.id).where(col(Record.case_id).in_(cases), Record.kind == KeyKind.ID)
    compelled = {one.id for one in interviews if one.value.get("compelled")}
    for one in items:
        if one.value.get("compelled"):
            compelled |= {one.id, *_made_of(one.value)}
    tell = {one.id for one in people if not AUTHORS.isdisjoint(_roles(one.value))}
    tell |= {one.id for one in interviews if one.value.get("capacity") in AUTHORS}
    tell |= set(db.exec(identities))
    return Kept(compelled=_with_items(compelled, items), telling=_with_items(tell, items))


def _with_items(found: set[UUID], items: Iterable[held.Held]) -> frozenset[UUID]:
    """These, and the items made of any of them."""
    return frozenset(found | {one.id for one in items if not found.isdisjoint(_made_of(one.value))})


# Any: things as JSON has them, here and below.
def _made_of(item: dict[str, Any]) -> Iterable[UUID]:
    return [UUID(one) for name in ("records", "attachments") for one in item.get(name, ())]


def _roles(person: dict[str, Any]) -> set[str]:
    return {person["role"], *person.get("further_roles", ())}
