"""Adding, changing, taking away and reading the things of a case."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cases import assignments
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details, Object
from cases.database import Work
from cases.errors import NotFound, Unacceptable
from cases.models.case import Case, KeyKind, Record
from cases.objects import allegations, effects, marks, persons, references, rules
from cases.objects.held import Held, held, held_of_family, rows, rows_of_family
from cases.objects.shapes import Allegation, Shape, Task
from cases.sealing import records
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

PERMISSIONS = {
    "note": "notes",
    "person": "persons",
    "allegation": "allegations",
    "consignment": "consignments",
    "item": "items",
    "plan": "plan",
    "task": "tasks",
    "interview": "interviews",
    "investigation_report": "investigation_report",
    "review_checklist": "review_checklist",
    "bundle_clearance": "clear_bundle",
    "outcome": "outcomes",
    "recommendation": "recommendations",
    "referral": "referrals",
    "protection_plan": "protection_plan",
    "threat": "threats",
    "retaliation": "retaliation",
    "inspection_watch": "inspection_watch",
    "link": "links",
}
"""Kind -> the act of the permission table."""

EVENTS = {"allegation": "allegation.changed", "outcome": "outcome.changed"}
"""Kind -> the event a change of it leaves; the others leave `record.created`."""


__all__ = [
    "Held",
    "Made",
    "add",
    "change",
    "delete",
    "held",
    "held_of_family",
    "put",
    "rows",
    "rows_of_family",
    "seal",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A version of a thing that was written.

    Attributes:
        declare_again: it named somebody new, so every declaration of the case is void.
        warnings: codes of the list `warnings`: what was kept although it looks wrong.
    """

    id: UUID
    version: int
    declare_again: bool = False
    warnings: tuple[str, ...] = ()


def add(
    db: Work, case: Case, kind: str, thing: Shape, *, by: StaffActor, keys: "StaffKeys"
) -> Made:
    """Write a new thing into a case.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: it names something that is not there, or breaks a rule of its kind.
    """
    assignments.demand(db, by, PERMISSIONS[kind], case)
    _check(db, case, thing)
    turn = rules.Turn(db, case, kind, thing, by, keys)
    made = put(db, case, kind, rules.settled(turn), by=by, keys=keys)
    for code in rules.asks_for(turn):
        title = catalogue.label("work_items", code, "en")
        put(db, case, "task", Task(title=title, code=code), by=by, keys=keys)
    return replace(made, warnings=rules.warnings(turn))


def change(
    db: Work,
    case: Case,
    kind: str,
    identity: UUID,
    thing: Shape,
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> Made:
    """Write a thing anew; its earlier versions stay. What came with a merged case becomes the case's own.

    Raises:
        NotFound: the case has no such thing.
        NotAllowed: the allegation has its finding already.
        Unacceptable: as `add`.
    """
    assignments.demand(db, by, PERMISSIONS[kind], case)
    earlier = _newest(db, case, kind, identity)
    allegations.demand_undecided(db, case, kind, identity)
    _check(db, case, thing)
    turn = rules.Turn(db, case, kind, thing, by, keys, earlier)
    made = put(db, case, kind, rules.settled(turn), by=by, keys=keys, earlier=earlier)
    return replace(made, warnings=rules.warnings(turn))


def delete(
    db: Work, case: Case, kind: str, identity: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> Made:
    """Write that a thing was taken away; its earlier versions stay.

    Raises:
        NotFound: the case has no such thing.
        NotAllowed: the allegation has its finding already, or the referral was sent.
    """
    assignments.demand(db, by, PERMISSIONS[kind], case)
    earlier = _newest(db, case, kind, identity)
    allegations.demand_undecided(db, case, kind, identity)
    rules.demand_removable(rules.Turn(db, case, kind, Shape(), by, keys, earlier))
    row = _write(db, case, kind, {}, "deleted", by=by, keys=keys, earlier=earlier)
    allegations.forget(db, kind, identity)
    effects.keep(db, case, kind, identity, {})
    marks.keep(db, case, kind, identity, {}, by=by, keys=keys)
    return Made(id=row.id, version=row.version)


def put(
    db: Work,
    case: Case,
    kind: str,
    thing: Shape,
    *,
    by: StaffActor,
    keys: "StaffKeys",
    earlier: Record | None = None,
) -> Made:
    """Write a thing that was found right, with what follows from it."""
    value = thing.model_dump(mode="json")
    action = "changed" if earlier else "added"
    row = _write(db, case, kind, value, action, by=by, keys=keys, earlier=earlier)
    allegations.count(db, case, row.id, thing)
    effects.keep(db, case, kind, row.id, value)
    marks.keep(db, case, kind, row.id, value, by=by, keys=keys)
    if isinstance(thing, Allegation):  # it may be about an office where somebody who inquires works
        assignments.ask_again(db, case, (), by=by, keys=keys)
    news = persons.screen(db, case, thing, by=by, keys=keys)
    return Made(id=row.id, version=row.version, declare_again=news)


# Any: what JSON can hold.
def seal(
    db: Work,
    case: Case,
    kind: str,
    value: dict[str, Any],
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> Record:
    """Write a record that is no thing of its own: a decision, a title, an assessment."""
    return _write(db, case, kind, value, "added", by=by, keys=keys, earlier=None)


def _write(
    db: Work,
    case: Case,
    kind: str,
    value: dict[str, Any],
    action: str,
    *,
    by: StaffActor,
    keys: "StaffKeys",
    earlier: Record | None,
) -> Record:
    row = records.seal(
        db.house.keyring,
        keys.case_key(case),
        value,
        case_id=case.id,
        kind=KeyKind.INT,
        epoch=case.epoch,
        field=kind,
        on=db.house.today(),
        record_id=earlier.id if earlier else None,
        version=earlier.version + 1 if earlier else 1,
    )
    row.deleted = action == "deleted"
    log.emit(
        db,
        EVENTS.get(kind, "record.created"),
        by=by,
        case=case,
        obj=[Object(t=kind, id=row.id, ver=row.version, c=row.content.hex())],
        d=Details(field=kind, action=action),
    )
    row.n = case.seq
    db.add(row)
    return row


def _newest(db: Work, case: Case, kind: str, identity: UUID) -> Record:
    for row in rows_of_family(db, case, kind):
        if row.id == identity:
            return row
    raise NotFound


def _check(db: Work, case: Case, thing: Shape) -> None:
    """Refuse what names something that is not there.

    Raises:
        Unacceptable: with every fault.
    """
    if wrong := references.faults(db, case, thing):
        raise Unacceptable(wrong)
