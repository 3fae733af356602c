"""Who has looked at a case, when, and at which parts of it: for those who answer for it.

A list in which a case stood among others is a look at the list: the trail keeps which cases it showed, and
no case keeps the lists it was in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from uuid import UUID

from cases import access, family
from cases.actors import StaffActor
from cases.audit import events, log
from cases.audit.events import Body, Details
from cases.database import Work
from cases.models.case import Case
from cases.reading import history, sentences
from cases.staff import accounts

PART = "views"
"""What this look is called in its own event."""

OPENED = frozenset({"record.read", "attachment.read", "identity.disclosed", "export.bundle"})
"""Looks at content; the others saw the head of the case."""
PART_OF = {"attachment.read": "evidence", "identity.disclosed": "identity"}
"""What was seen, where the kind of the event says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one person looked at on one day.

    Attributes:
        on: the day, in the administration's zone.
        first: the first look of the day, a UTC second as the trail writes it.
        last: the last one.
        times: how often.
        kind: of the look that went furthest.
        parts: of the case file, as the list `trail_parts` calls them.
    """

    staff: UUID
    who: str
    on: date
    first: str
    last: str
    times: int
    kind: str
    parts: tuple[str, ...]

    @property
    def sort_key(self) -> tuple[str, str]:
        """Its place among others: by the last look, then by the person."""
        return (self.last, self.staff.hex)


def page(
    db: Work,
    reference: str,
    *,
    by: StaffActor,
    after: tuple[str, str] | None = None,
    limit: int,
) -> tuple[list[View], bool]:
    """Looks by person and day, the newest first, and whether there are more; this look is recorded.

    Args:
        after: `sort_key` of the last one of the page before.

    Raises:
        NotFound: there is no such case for this person.
        NotPermitted: their part in it shows no names.
        DeclarationNeeded: they have not declared yet.
    """
    case = access.find(db, reference, by)
    history.demand_names(db, case, by=by)
    access.demand_declaration(db, by, case)
    log.emit(db, "case.read", by=by, case=case, d=Details(parts=[PART], at=case.seq))
    found = sorted(_grouped(db, case), key=lambda one: one.sort_key, reverse=True)
    rest = [one for one in found if after is None or one.sort_key < after]
    return rest[:limit], len(rest) > limit


def _grouped(db: Work, case: Case) -> Iterable[View]:
    told = chain.from_iterable(history.told(db, one) for one in (*family.merged(db, case), case))
    looks: dict[tuple[date, UUID], list[Body]] = {}
    for body in (one.body for one in told):
        if body.kind in events.READS and body.actor.id is not None:
            looks.setdefault((_day(db, body.at), body.actor.id), []).append(body)
    names = accounts.names(db, {staff for _, staff in looks})
    for (on, staff), bodies in looks.items():
        yield _view(on, staff, names.get(staff, ""), bodies)


def _view(on: date, staff: UUID, who: str, bodies: Sequence[Body]) -> View:
    moments = [body.at for body in bodies]
    kinds = {body.kind for body in bodies}
    return View(
        staff=staff,
        who=who,
        on=on,
        first=min(moments),
        last=max(moments),
        times=len(bodies),
        kind="record.read" if kinds & OPENED else "case.read",
        parts=tuple(sorted({part for body in bodies for part in _parts(body)})),
    )


def _parts(body: Body) -> Iterable[str]:
    if body.kind in PART_OF:
        return [PART_OF[body.kind]]
    return [sentences.part(str(one)) for one in body.d.get("parts") or ["head"]]


def _day(db: Work, at: str) -> date:
    """The day of a moment where the administration is."""
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return moment.astimezone(db.house.terms.zone).date()
