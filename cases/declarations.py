"""Conflicts of interest, as people declare them before they see content.

What was merged into another case is declared for there: it is one matter, with one declaration of each person.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlmodel import col, select

from cases import access, assignments, conflicts, family
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts import Subject
from cases.database import Work
from cases.errors import NotFound, NotPermitted, SamePerson
from cases.models.case import Case, Declaration, DeclarationStatus, KeyKind, Record
from cases.models.people import Staff
from cases.notifications import occasions
from cases.permits import ReadPermit
from cases.sealing import records

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

Answer = Literal["none", "have", "unsure"]

FIELD = "declaration"


@dataclass(frozen=True, slots=True)
class Unsure:
    """A declaration that waits for a decision.

    Attributes:
        reason: what the person said, before a merge too; None where they said nothing, or could not seal it.
        alike: people named in the case whose names are like the person's own: is it one of them?
    """

    id: UUID
    staff: UUID
    declared_on: date
    reason: str | None = field(repr=False)
    alike: tuple[str, ...] = field(default=(), repr=False)


def declare(
    db: Work,
    case: Case,
    conflict: Answer,
    reason: str | None,
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> Answer:
    """Say whether one has a conflict of interest in a case.

    `none` opens the content, unless the person's name is like one in the case: that is compared here, in
    their session, before anything is shown, and waits like `unsure`. `unsure` waits for somebody else.
    `have` builds a wall like any other: from then on the case does not exist for the person, and no row
    says who declared it.

    Returns:
        How the declaration stands. `unsure` also for `none` while somebody else has to decide; why, is
        not said.

    Raises:
        NotPermitted: the person has no part in the case that asks for a declaration.
    """
    access.demand_in(db, by, "declare", case)
    case = family.target(db, case, to_change=True)
    row = _row(db, case, by.id)
    if row is not None and row.status in access.UNDECIDED and conflict != "have":
        return "unsure"
    if conflict == "none" and row is not None and row.status == DeclarationStatus.FREE:
        return conflict
    record = _seal(db, case, conflict, reason, keys)
    permit = log.emit(
        db,
        "case.declared",
        by=by,
        case=case,
        d=Details(status=conflict),
        opens=family.ids(db, case),
    )
    if conflict == "none" and _alike(db, case, by.id, permit, keys):
        conflict = "unsure"
        log.emit(db, "conflict.matched", by=by, case=case, d=Details(reason=conflicts.ALIKE))
    if record is not None:
        record.n = case.seq
        db.add(record)
    if conflict == "have":
        _withdraw(db, case, row, by.id, by=by, keys=keys)
        return conflict
    row = row or Declaration(
        case_id=case.id,
        staff=by.id,
        status=DeclarationStatus.VOID,
        declared_on=db.house.today(),
    )
    row.status = DeclarationStatus.FREE if conflict == "none" else DeclarationStatus.UNSURE
    row.declared_on = db.house.today()
    row.record_id = record.id if record else None
    db.add(row)
    if conflict == "unsure":
        occasions.unsure(db, case, by=by)
    return conflict


def undecided(db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys") -> list[Unsure]:
    """Who said they were unsure and waits, and why, for who may decide it; the look is recorded.

    Raises:
        NotPermitted: deciding is not theirs.
        DeclarationNeeded: they have not declared themselves.
    """
    assignments.demand(db, by, "decide_declaration", case, shut_too=True)
    case = family.target(db, case, to_change=True)
    cases = family.of(db, case)
    permit = log.emit(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=[FIELD], at=case.seq),
        opens=cases,
    )
    rows = sorted(_undecided(db, cases), key=lambda row: (row.declared_on, row.id.bytes))
    said = _reasons(db, cases, rows, permit, keys)
    return [
        Unsure(
            row.id,
            row.staff,
            row.declared_on,
            "\n\n".join(said[one.id] for one in rows if one.staff == row.staff and one.id in said)
            or None,
            tuple(one.name or "" for one in _alike(db, case, row.staff, permit, keys)),
        )
        for row in rows
        if row.case_id == case.id
    ]


def _undecided(
    db: Work, cases: Collection[UUID], staff: UUID | None = None
) -> Sequence[Declaration]:
    statement = select(Declaration).where(
        col(Declaration.case_id).in_(cases), col(Declaration.status).in_(access.UNDECIDED)
    )
    return db.exec(
        statement if staff is None else statement.where(Declaration.staff == staff)
    ).all()


def _reasons(
    db: Work,
    cases: Mapping[UUID, Case],
    rows: Sequence[Declaration],
    permit: ReadPermit,
    keys: "StaffKeys",
) -> dict[UUID, str]:
    """What people said when they were unsure, by declaration, as far as the keys reach."""
    reached = keys.case_keys(cases.values())
    ids = {row.record_id: row.id for row in rows if row.record_id and row.case_id in reached}
    return {
        ids[record.id]: records.open_(
            db, permit, keys.case_key(cases[record.case_id], record.epoch), record
        )["reason"]
        for record in db.exec(select(Record).where(col(Record.id).in_(ids)))
    }


def decide(
    db: Work,
    case: Case,
    identity: UUID,
    *,
    conflict: bool,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    """Decide for somebody who is unsure, or whose name is like one in the case.

    Where it is not the same person, they are told apart for good: the question is not asked again for
    these names. Who was overtaken by a new subject is free to declare, and not yet free.

    Raises:
        NotFound: nobody waits under this id.
        SamePerson: it is one's own.
        NotPermitted: it is about names, and the person who decides is of the other's line.
    """
    assignments.demand(db, by, "decide_declaration", case, shut_too=True)
    case = family.target(db, case, to_change=True)
    row = _waiting(db, case, identity)
    if row.staff == by.id:
        raise SamePerson
    status = "have" if conflict else "none"
    permit = log.emit(
        db,
        "case.declared",
        by=by,
        case=case,
        d=Details(status=status, staff=row.staff),
        opens=family.ids(db, case),
    )
    alike = _alike(db, case, row.staff, permit, keys)
    if alike and assignments.of_one_line(db, case, by.id, row.staff):
        raise NotPermitted
    if conflict:
        staff = row.staff
        _withdraw(db, case, row, staff, by=by, keys=keys)
        if any(one.role in conflicts.SUBJECTS for one in alike):
            heads = conflicts.follow(db, case, {staff})
            assignments.shut_out(db, case, heads, by=by, keys=keys)
        return
    conflicts.tell_apart(db, case, row.staff, alike)
    overtaken = row.status == DeclarationStatus.OVERTAKEN
    row.status = DeclarationStatus.VOID if overtaken else DeclarationStatus.FREE
    _forget_elsewhere(db, case, row.staff)


def follow(db: Work, source: Case, target: Case, *, by: StaffActor) -> None:
    """Let who is unsure about a case be unsure about the one it is merged into: the matter there is the same.

    Who declared nothing there that stands does so once it is decided. A wall has decided.
    """
    doubted = []
    for row in _undecided(db, [source.id]):
        if assignments.walled(db, target, row.staff):
            db.delete(row)
        else:
            doubted.append(row)
    for row in doubted:
        own = _row(db, target, row.staff)
        if own is None:
            own = Declaration(
                case_id=target.id,
                staff=row.staff,
                status=DeclarationStatus.VOID,
                declared_on=row.declared_on,
            )
        if own.status == DeclarationStatus.FREE:
            own.status, own.record_id = DeclarationStatus.UNSURE, None
        elif own.status == DeclarationStatus.VOID:
            own.status = DeclarationStatus.OVERTAKEN
        db.add(own)
    if doubted:
        occasions.unsure(db, target, by=by)


def _alike(
    db: Work, case: Case, staff: UUID, permit: ReadPermit, keys: "StaffKeys"
) -> list[Subject]:
    """Those named in what one can open of the case whom a person resembles."""
    cases = family.of(db, case)
    reached = {one: cases[one] for one in keys.case_keys(cases.values())}
    named = [one for one, _ in conflicts.named_in(db, reached, permit, keys)]
    return conflicts.resembled(db, cases.keys(), db.get_one(Staff, staff), named)


def _row(db: Work, case: Case, staff: UUID) -> Declaration | None:
    statement = select(Declaration).where(
        Declaration.case_id == case.id, Declaration.staff == staff
    )
    return db.exec(statement).first()


def _waiting(db: Work, case: Case, identity: UUID) -> Declaration:
    row = db.get(Declaration, identity)
    if row is None or row.case_id != case.id or row.status not in access.UNDECIDED:
        raise NotFound
    return row


def _seal(
    db: Work, case: Case, conflict: Answer, reason: str | None, keys: "StaffKeys"
) -> Record | None:
    """The reason as a record; who holds no key of the case leaves none."""
    if not reason or case.id not in keys.case_keys([case]):
        return None
    return records.seal(
        db.house.keyring,
        keys.case_key(case),
        {"conflict": conflict, "reason": reason},
        case_id=case.id,
        kind=KeyKind.INT,
        epoch=case.epoch,
        field=FIELD,
        on=db.house.today(),
    )


def _withdraw(
    db: Work,
    case: Case,
    row: Declaration | None,
    staff: UUID,
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    if row is not None:
        db.delete(row)
    _forget_elsewhere(db, case, staff)
    if case.id in keys.case_keys([case]):
        assignments.shut_out(db, case, {staff}, by=by, keys=keys)
    else:
        assignments.wall_only(db, case, staff, by=by)


def _forget_elsewhere(db: Work, case: Case, staff: UUID) -> None:
    """Take away the doubts about what was merged into a case: they were decided with it."""
    for row in _undecided(db, family.ids(db, case), staff):
        if row.case_id != case.id:
            db.delete(row)
