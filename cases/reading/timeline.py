"""One timeline of a case: what was found, said, done and decided, in the order of days.

Items of information stand on the day they tell of, else on the day they were obtained, each with its family
of sources and its grading, so that customs data, internal records, open sources and what the reporter said
can be laid beside each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cases import access, family
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotPermitted
from cases.models.case import Case
from cases.objects import handling, held
from cases.objects.held import Held
from cases.reading import casefile, redacted
from cases.sealing.hierarchy import StaffKeys
from workflows.sources import FAMILIES

if TYPE_CHECKING:
    from cases.permits import ReadPermit

PARTS = {
    "item": "items",
    "custody": "items",
    "interview": "interviews",
    "decision": "decisions",
}
"""Kind of entry -> the part of the case file that who reads it must reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing on the timeline.

    Attributes:
        id: of the record.
        what: a title, or the code of a step or of an event of custody; of what was deleted its field.
        family: of sources; None where it is no information.
        grade: reliability and credibility, such as `B2`.
        about: the item, of an entry of its custody.
    """

    on: date
    kind: str
    id: UUID
    what: str = field(repr=False)
    family: str | None = None
    grade: str | None = None
    bears_on: tuple[tuple[UUID, str], ...] = ()
    about: UUID | None = None

    @property
    def sort_key(self) -> tuple[str, str]:
        """What the timeline is sorted by."""
        return (self.on.isoformat(), str(self.id))


def page(
    db: Work,
    reference: str,
    *,
    by: StaffActor,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Entry]:
    """A part of the timeline of a case, and one entry more where it goes on; the look is recorded.

    Raises:
        NotFound: there is no such case for this person.
        NotPermitted: they reach none of its parts.
        DeclarationNeeded: they have not declared.
    """
    case = access.find(db, reference, by)
    reached = set(casefile.reach(db, by, case))
    kinds = [kind for kind, part in PARTS.items() if part in reached]
    if not kinds:
        raise NotPermitted
    access.demand_declaration(db, by, case)
    keys = StaffKeys(db, by)
    permit = log.emit(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["timeline"], at=case.seq),
        opens=family.ids(db, case),
    )
    unseen = {one.id for one in handling.hidden(db, case, by=by, permit=permit, keys=keys)}
    entries = [
        one
        for one in _entries(db, case, kinds, permit, keys)
        if one.id not in unseen and one.about not in unseen
    ]
    entries.sort(key=lambda one: one.sort_key)
    return [one for one in entries if after is None or one.sort_key > after][: limit + 1]


def _entries(
    db: Work, case: Case, kinds: list[str], permit: "ReadPermit", keys: StaffKeys
) -> Iterator[Entry]:
    for kind in kinds:
        for one in held.held_of_family(db, case, kind, permit=permit, keys=keys):
            yield _ENTRIES[kind](one)
    for row in redacted.rows(db, family.ids(db, case)):
        if row.field in kinds and row.redacted_on is not None:
            yield Entry(on=row.redacted_on, kind="redacted", id=row.id, what=row.field)


def _item(one: Held) -> Entry:
    value = one.value
    return Entry(
        on=_day(value["happened_on"] or value["obtained_on"], one),
        kind="item",
        id=one.id,
        what=value["title"],
        family=FAMILIES[value["source_type"]],
        grade=f"{value['reliability']}{value['credibility']}",
        bears_on=tuple((UUID(it["allegation"]), it["bearing"]) for it in value["bears_on"]),
    )


def _interview(one: Held) -> Entry:
    value = one.value
    capacity = value["capacity"]
    return Entry(
        on=_day(value["held_on"] or value["notice_on"], one),
        kind="interview",
        id=one.id,
        what=capacity,
        family="reporter" if capacity == "reporter" else "interviews",
    )


def _custody(one: Held) -> Entry:
    value = one.value
    return Entry(
        on=datetime.fromisoformat(value["at"]).date(),
        kind="custody",
        id=one.id,
        what=value["event"],
        about=UUID(value["item"]),
    )


def _decision(one: Held) -> Entry:
    return Entry(
        on=_day(one.value.get("on"), one), kind="decision", id=one.id, what=one.value["action"]
    )


_ENTRIES = {"item": _item, "interview": _interview, "custody": _custody, "decision": _decision}


def _day(given: Any, one: Held) -> date:  # noqa: ANN401 -- what JSON holds
    return date.fromisoformat(given) if given else one.row.created_on
