"""People named in a case: who must not know of it from then on (COI-R02, R13, R14)."""

from typing import TYPE_CHECKING

from sqlmodel import select

from cases import assignments, conflicts
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts import Subject
from cases.database import Work
from cases.models.case import Case, Declaration, DeclarationStatus, SubjectMatch
from cases.objects.shapes import Person, Shape

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

UNCONCERNED = frozenset({"expert"})
"""Roles in which a person is named without being concerned by the case."""

SUBJECTS = frozenset({"subject", "subject_unknown", "subject_entity"})
"""Roles of those whom the allegations are about."""


def screen(db: Work, case: Case, thing: Shape, *, by: StaffActor, keys: "StaffKeys") -> bool:
    """Compare a person with the staff, build walls where they match, and void what was declared before.

    Returns:
        Whether the declarations of the case are void because of a subject who was not known before.
    """
    if not isinstance(thing, Person) or thing.roles <= UNCONCERNED:
        return False
    subject = Subject(thing.name, thing.role, thing.staff_number)
    new_names = _remember(db, case, subject)
    voided = new_names and not thing.roles.isdisjoint(SUBJECTS)
    if voided:
        _void_declarations(db, case)
    matched = conflicts.matching_staff(db, [subject])
    if assignments.shut_out(db, case, matched, by=by, keys=keys):
        log.emit(db, "conflict.matched", by=by, case=case, d=Details(count=len(matched)))
    return voided


def _remember(db: Work, case: Case, subject: Subject) -> bool:
    """Keep the blind tokens of a person; whether one of them is new to the case."""
    known = set(db.exec(select(SubjectMatch.token).where(SubjectMatch.case_id == case.id)))
    new = [
        row
        for row in conflicts.match_rows(db.house.keyring, case.id, [subject])
        if row.token not in known
    ]
    db.add_all(new)
    return bool(new)


def _void_declarations(db: Work, case: Case) -> None:
    statement = select(Declaration).where(
        Declaration.case_id == case.id, Declaration.status == DeclarationStatus.FREE
    )
    for row in db.exec(statement):
        row.status = DeclarationStatus.VOID


def unscreened(db: Work, case: Case, people: list[Subject]) -> bool:
    """Whether somebody of these was not compared with the staff, or matched one who has no wall."""
    known = set(db.exec(select(SubjectMatch.token).where(SubjectMatch.case_id == case.id)))
    tokens = {row.token for row in conflicts.match_rows(db.house.keyring, case.id, people)}
    matched = conflicts.matching_staff(db, people)
    return not tokens <= known or any(not assignments.walled(db, case, one) for one in matched)
