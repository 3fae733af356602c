"""Conflicts of interest, as people declare them before they see content."""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlmodel import col, select

from cases import access, assignments, conflicts
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
        reason: what the person said; None where they said nothing, or could not seal it.
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
    row = _row(db, case, by.id)
    if row is not None and row.status == DeclarationStatus.UNSURE and conflict != "have":
        return "unsure"
    if conflict == "none" and row is not None and row.status == DeclarationStatus.FREE:
        return conflict
    record = _seal(db, case, conflict, reason, keys)
    permit = log.emit(
        db, "case.declared", by=by, case=case, d=Details(status=conflict), opens=_family(db, case)
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
    permit = log.emit(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=[FIELD], at=case.seq),
        opens=_family(db, case),
    )
    statement = select(Declaration).where(
        Declaration.case_id == case.id, Declaration.status == DeclarationStatus.UNSURE
    )
    rows = sorted(db.exec(statement), key=lambda row: (row.declared_on, row.id.bytes))
    sealed = {
        record.id: record
        for record in db.exec(
            select(Record).where(col(Record.id).in_([row.record_id for row in rows]))
        )
    }
    reachable = bool(keys.case_keys([case]))
    found = []
    for row in rows:
        record = sealed.get(row.record_id) if row.record_id and reachable else None
        reason = (
            records.open_(db, permit, keys.case_key(case, record.epoch), record)["reason"]
            if record
            else None
        )
        names = tuple(one.name or "" for one in _alike(db, case, row.staff, permit, keys))
        found.append(Unsure(row.id, row.staff, row.declared_on, reason, names))
    return found


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
    these names.

    Raises:
        NotFound: nobody waits under this id.
        SamePerson: it is one's own.
        NotPermitted: it is about names, and the person who decides is of the other's line.
    """
    assignments.demand(db, by, "decide_declaration", case, shut_too=True)
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
        opens=_family(db, case),
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
    row.status = DeclarationStatus.FREE


def _alike(
    db: Work, case: Case, staff: UUID, permit: ReadPermit, keys: "StaffKeys"
) -> list[Subject]:
    """Those named in the case whom a person resembles; nobody for who cannot open it."""
    if case.id not in keys.case_keys([case]):
        return []
    named = [one for one, _ in conflicts.named_in(db, _family(db, case), permit, keys)]
    return conflicts.resembled(db, case, db.get_one(Staff, staff), named)


def _family(db: Work, case: Case) -> dict[UUID, Case]:
    """A case and what was merged into it."""
    return {one.id: one for one in (case, *assignments.merged_into(db, case))}


def _row(db: Work, case: Case, staff: UUID) -> Declaration | None:
    statement = select(Declaration).where(
        Declaration.case_id == case.id, Declaration.staff == staff
    )
    return db.exec(statement).first()


def _waiting(db: Work, case: Case, identity: UUID) -> Declaration:
    row = db.get(Declaration, identity)
    if row is None or row.case_id != case.id or row.status != DeclarationStatus.UNSURE:
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
    if case.id in keys.case_keys([case]):
        assignments.shut_out(db, case, {staff}, by=by, keys=keys)
    else:
        assignments.wall_only(db, case, staff)
