"""Ties between two cases: sealed on both sides, and shown to who may know of both.

Each side is a record of its own, because no key opens the two: {pair, case, kind, follows, note}. `pair` is
equal on both sides. `follows` says that this case came of the other: its retaliation, its administrative part.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

from pydantic import AfterValidator
from sqlmodel import col, select

from cases import access, assignments, family
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, Unacceptable
from cases.models.case import Case, KeyKind, Record, Report
from cases.objects import things
from cases.objects.values import Shape, Short, coded
from cases.permits import ReadPermit
from cases.sealing import records
from cases.transitions import workflow_of

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

FIELD = "link"
ACT = "links"
"""The line of the permission table."""

RETALIATION = "retaliation_of"
ADMINISTRATIVE_PART = "administrative_part"
DIRECTED = frozenset({RETALIATION, ADMINISTRATIVE_PART})
"""Kinds in which one case came of the other; in the others both are alike."""

LinkKind = Annotated[str, AfterValidator(coded("link_kinds"))]


class Link(Shape):
    """One side of a tie."""

    pair: UUID
    case: UUID
    kind: LinkKind
    follows: bool = False
    note: Short | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A tie as one of its cases holds it.

    Attributes:
        record: of this side; None for what a reporter's own session tied.
        follows: this case came of the other.
    """

    pair: UUID
    case: UUID
    kind: str
    follows: bool
    note: str | None = field(repr=False)
    record: UUID | None


def link(
    db: Work,
    case: Case,
    reference: str,
    kind: str,
    note: str | None,
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> UUID:
    """Tie a case to another one that the person may work on as well.

    In the kinds that have a direction, this case is the one that came of the other.

    Returns:
        The pair, by which the tie is taken away again.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`, for either case.
        NotFound: there is no such other case for this person, or they hold no key of it.
        Unacceptable: it is the case itself, or tied to it in this way already.
    """
    assignments.demand(db, by, ACT, case, shut_too=True)
    other = access.find(db, reference, by, to_change=True)
    assignments.demand(db, by, ACT, other, shut_too=True)
    known = held(db, case, permit=_look(db, case, by), keys=keys)
    if other.id == case.id or any(one.case == other.id and one.kind == kind for one in known):
        raise Unacceptable([("/case", "unknown_value")])
    return tie(db, case, other, kind, note, by=by, keys=keys)


def tie(
    db: Work,
    case: Case,
    other: Case,
    kind: str,
    note: str | None,
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> UUID:
    """Write both sides of a tie that was found right."""
    pair = uuid4()
    for one, its in ((case, other), (other, case)):
        follows = kind in DIRECTED and one is case
        side = Link(pair=pair, case=its.id, kind=kind, follows=follows, note=note)
        things.put(db, one, FIELD, side, by=by, keys=keys)
    return pair


def unlink(db: Work, case: Case, pair: UUID, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Take both sides of a tie away; their earlier versions stay.

    Raises:
        NotFound: the case has no such tie, or the person may not know of the other case.
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`, for either case.
    """
    assignments.demand(db, by, ACT, case)
    ours = _one(held(db, case, permit=_look(db, case, by), keys=keys), pair)
    other = db.exec(access.visible_cases(db, by).where(Case.id == ours.case)).first()
    if other is None:
        raise NotFound
    assignments.demand(db, by, ACT, other)
    theirs = _one(held(db, other, permit=_look(db, other, by), keys=keys), pair)
    for one, side in ((case, ours), (other, theirs)):
        if side.record is not None:
            things.delete(db, one, FIELD, side.record, by=by, keys=keys)


def held(db: Work, case: Case, *, permit: ReadPermit, keys: "StaffKeys") -> list[Tie]:
    """Every tie of a case, and of what was merged into it, whoever may know of the other side.

    Args:
        permit: covers all of these cases.
    """
    sealed = [
        _tie(one.value, one.id)
        for one in things.held_of_family(db, case, FIELD, permit=permit, keys=keys)
    ]
    stated = db.rows(
        select(Record, Report)
        .join(Report, col(Report.id) == col(Record.report_id))
        .where(
            Report.case_id == case.id,
            Record.field == FIELD,
            Record.kind == KeyKind.CONV,
            col(Record.delivered),
        )
    )
    told = [
        _tie(
            records.open_(db, permit, keys.thread_key(one.Report, one.Record.epoch), one.Record),
            None,
        )
        for one in stated
    ]
    return [*sealed, *told]


# Any: what the case file shows.
def shown(
    db: Work, case: Case, *, by: StaffActor, permit: ReadPermit, keys: "StaffKeys"
) -> list[dict[str, Any]]:
    """The ties of a case whose other side this person may know of; none to what was merged into it."""
    ties = held(db, case, permit=permit, keys=keys)
    others = access.known(db, by, {one.case for one in ties}.difference(family.ids(db, case)))
    return [
        {
            "id": one.pair,
            "reference": others[one.case].reference,
            "state": others[one.case].state,
            "kind": one.kind,
            "follows": one.follows,
            "note": one.note,
        }
        for one in ties
        if one.case in others
    ]


def open_retaliation(db: Work, case: Case, *, permit: ReadPermit, keys: "StaffKeys") -> bool:
    """Whether a case of retaliation for this one is not concluded, whoever may know of it.

    What was merged into another case is concluded when that one is; what was merged into this very case is
    among what is alleged here.

    Args:
        permit: as for `held`.
    """
    return _open(db, case, RETALIATION, permit=permit, keys=keys)


def open_administrative_part(
    db: Work, case: Case, *, permit: ReadPermit, keys: "StaffKeys"
) -> bool:
    """Whether an administrative part of this matter goes on in a case of its own, whoever may know of it.

    Args:
        permit: as for `held`.
    """
    return _open(db, case, ADMINISTRATIVE_PART, permit=permit, keys=keys)


def _open(db: Work, case: Case, kind: str, *, permit: ReadPermit, keys: "StaffKeys") -> bool:
    """Whether a case that came of this one in a way is not concluded."""
    came_of_it = [
        one.case
        for one in held(db, case, permit=permit, keys=keys)
        if one.kind == kind and not one.follows
    ]
    others = db.exec(select(Case).where(col(Case.id).in_(came_of_it))).all()
    return any(
        not workflow_of(other).states_by_code[other.state].concluded
        for other in (family.target(db, one) for one in others)
        if other.id != case.id
    )


def _look(db: Work, case: Case, by: StaffActor) -> ReadPermit:
    return looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["links"], at=case.seq),
        opens=family.ids(db, case),
    )


def _one(ties: Iterable[Tie], pair: UUID) -> Tie:
    for one in ties:
        if one.pair == pair:
            return one
    raise NotFound


# Any: what JSON holds.
def _tie(value: dict[str, Any], record: UUID | None) -> Tie:
    return Tie(
        pair=UUID(value["pair"]),
        case=UUID(value["case"]),
        kind=value["kind"],
        follows=value["follows"],
        note=value.get("note"),
        record=record,
    )
