"""Adding, changing, taking away and reading the things of a case."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import col, select

from cases import assignments
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details, Object
from cases.database import Work
from cases.errors import NotFound, Unacceptable
from cases.models.case import Case, KeyKind, Record
from cases.objects import allegations, marks, persons, references
from cases.objects.shapes import Shape
from cases.permits import ReadPermit
from cases.sealing import records

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

PERMISSIONS = {
    "note": "notes",
    "person": "persons",
    "allegation": "allegations",
    "consignment": "consignments",
    "item": "items",
    "custody": "custody",
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
    "link": "links",
}
"""Kind -> the act of the permission table."""

EVENTS = {"allegation": "allegation.changed", "outcome": "outcome.changed"}
"""Kind -> the event a change of it leaves; the others leave `record.created`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A version of a thing that was written.

    Attributes:
        declare_again: it named somebody new, so every declaration of the case is void.
    """

    id: UUID
    version: int
    declare_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A thing as it stands (Any: every kind has its own shape)."""

    id: UUID
    version: int
    row: Record = field(repr=False)
    value: dict[str, Any] = field(repr=False)


def add(
    db: Work, case: Case, kind: str, thing: Shape, *, by: StaffActor, keys: "StaffKeys"
) -> Made:
    """Write a new thing into a case.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: it names an office, a person or a colleague who does not exist.
    """
    assignments.demand(db, by, PERMISSIONS[kind], case)
    _check(db, case, thing)
    return put(db, case, kind, thing, by=by, keys=keys)


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
    """Write a thing anew; its earlier versions stay.

    Raises:
        NotFound: the case has no such thing.
        NotAllowed: the allegation has its finding already.
    """
    assignments.demand(db, by, PERMISSIONS[kind], case)
    earlier = _newest(db, case, kind, identity)
    allegations.demand_undecided(db, case, kind, identity)
    _check(db, case, thing)
    return put(db, case, kind, thing, by=by, keys=keys, earlier=earlier)


def delete(
    db: Work, case: Case, kind: str, identity: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> Made:
    """Write that a thing was taken away; its earlier versions stay.

    Raises:
        NotFound: the case has no such thing.
        NotAllowed: the allegation has its finding already.
    """
    assignments.demand(db, by, PERMISSIONS[kind], case)
    earlier = _newest(db, case, kind, identity)
    allegations.demand_undecided(db, case, kind, identity)
    row = _write(db, case, kind, {}, "deleted", by=by, keys=keys, earlier=earlier)
    allegations.forget(db, kind, identity)
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
    marks.keep(db, case, kind, row.id, value, by=by, keys=keys)
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
    for row in rows(db, case, kind):
        if row.id == identity:
            return row
    raise NotFound


def rows(db: Work, case: Case, *kinds: str) -> list[Record]:
    """The newest version of each thing of these kinds that was not taken away, oldest first."""
    statement = (
        select(Record)
        .where(
            Record.case_id == case.id,
            Record.kind == KeyKind.INT,
            col(Record.field).in_(kinds),
            col(Record.delivered),
        )
        .order_by(col(Record.n), col(Record.id), col(Record.version))
    )
    # A later version takes the place of the first.
    newest: dict[UUID, Record] = {row.id: row for row in db.exec(statement)}
    return [row for row in newest.values() if not row.deleted]


def held(db: Work, case: Case, kind: str, *, permit: ReadPermit, keys: "StaffKeys") -> list[Held]:
    """The things of a kind as they stand, opened."""
    return [
        Held(
            id=row.id,
            version=row.version,
            row=row,
            value=records.open_(db, permit, keys.case_key(case, row.epoch), row),
        )
        for row in rows(db, case, kind)
    ]


def _check(db: Work, case: Case, thing: Shape) -> None:
    """Refuse what names something that is not there.

    Raises:
        Unacceptable: with every fault.
    """
    if wrong := references.faults(db, case, thing):
        raise Unacceptable(wrong)
