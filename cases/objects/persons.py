"""People named in a case: who must not know of it from then on."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import select

from cases import access, assignments, conflicts, family
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts import SUBJECTS, UNCONCERNED, Subject
from cases.database import Work
from cases.models.case import Case, Declaration, DeclarationStatus, SubjectMatch
from cases.models.people import Staff
from cases.notifications import occasions
from cases.objects.shapes import Person, Shape

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys


# Any: the value of a record, as JSON has it, here and below.
def is_subject(person: dict[str, Any]) -> bool:
    """Whether something is alleged of a person, whatever else they are in the case."""
    return "subject" in roles(person)


def roles(person: dict[str, Any]) -> frozenset[str]:
    """Everything that a person is in the case."""
    return frozenset({person["role"], *person.get("further_roles", ())})


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
    if not thing.roles.isdisjoint(SUBJECTS):
        matched |= _follow(db, case, matched)
    if assignments.shut_out(db, case, matched, by=by, keys=keys):
        log.emit(db, "conflict.matched", by=by, case=case, d=Details(count=len(matched)))
        occasions.conflict_found(db, case, by=by)
    assignments.ask_again(db, case, [subject], by=by, keys=keys)
    _ask_whether_the_same(db, case, subject, by=by, of=family.ids(db, case))
    return voided


def _follow(db: Work, case: Case, subjects: frozenset[UUID]) -> frozenset[UUID]:
    """Draw what follows where subjects are staff, in what was merged into the case too; who heads them."""
    for merged in family.merged(db, case, to_change=True):
        _follow(db, merged, subjects)
    return conflicts.follow(db, case, subjects)


def _ask_whether_the_same(
    db: Work, case: Case, subject: Subject, *, by: StaffActor, of: Collection[UUID]
) -> None:
    """Let those who declared, and have a name like this one, wait until somebody says who they are.

    Whoever has yet to declare, for the first time or anew, is compared when they do: nobody is found free
    who did not say so.

    Args:
        of: the cases in which people may have been told apart already.
    """
    free = select(Declaration).where(
        Declaration.case_id == case.id, Declaration.status == DeclarationStatus.FREE
    )
    for row in db.exec(free).all():
        person = db.get_one(Staff, row.staff)
        if assignments.walled(db, case, person.id) or not conflicts.resembled(
            db, of, person, [subject]
        ):
            continue
        row.status = DeclarationStatus.UNSURE
        # Not who: person and case in one event would be a wall without its veil.
        log.emit(db, "conflict.matched", by=by, case=case, d=Details(reason=conflicts.ALIKE))
        occasions.unsure(db, case, by=by)


def bring_together(
    db: Work, source: Case, target: Case, *, by: StaffActor, keys: "StaffKeys"
) -> frozenset[UUID]:
    """Let each of two cases that become one know whom the other names; both looks are recorded.

    A newcomer is compared with tokens, and tokens differ in every case: without those of the other, whoever
    is named in one would be kept from that one alone. Declarations of the target are void where it gets a
    subject it did not name.

    Returns:
        The staff whom either of the two names, and who heads its subjects.
    """
    theirs = _named(db, source, by=by, keys=keys)
    ours = _named(db, target, by=by, keys=keys)
    new = [(one, roles) for one, roles in theirs if _remember(db, target, one)]
    if any(not roles.isdisjoint(SUBJECTS) for _, roles in new):
        _void_declarations(db, target)
    both_families = [*family.ids(db, target), *family.ids(db, source)]
    for one, _ in new:
        _ask_whether_the_same(db, target, one, by=by, of=both_families)
    for one, _ in ours:
        _remember(db, source, one)
    both = (*theirs, *ours)
    about = [one for one, roles in both if not roles.isdisjoint(SUBJECTS)]
    subjects = conflicts.matching_staff(db, about)
    heads = conflicts.follow(db, source, subjects) | conflicts.follow(db, target, subjects)
    return conflicts.matching_staff(db, [one for one, _ in both]) | heads


def _named(
    db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys"
) -> list[tuple[Subject, frozenset[str]]]:
    """Everybody a case, and what was merged into it, ever named, with their roles."""
    cases = family.of(db, case)
    permit = log.emit(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["persons"], at=case.seq, action="merge"),
        opens=cases,
    )
    return list(conflicts.named_in(db, cases, permit, keys))


def _remember(db: Work, case: Case, subject: Subject) -> bool:
    """Keep the blind tokens of a person, in what was merged into the case too; whether one is new to it."""
    for merged in family.merged(db, case, to_change=True):
        _remember(db, merged, subject)
    rows = conflicts.match_rows(db.house.keyring, case.id, [subject])
    return conflicts.remember(db, case.id, rows)


def _void_declarations(db: Work, case: Case) -> None:
    """Ask everybody anew; who is unsure, once somebody has decided."""
    for row in db.exec(select(Declaration).where(Declaration.case_id == case.id)):
        waits = row.status in access.UNDECIDED
        row.status = DeclarationStatus.OVERTAKEN if waits else DeclarationStatus.VOID


def unscreened(db: Work, case: Case, people: list[Subject]) -> bool:
    """Whether somebody of these was not compared with the staff, or matched one who has no wall."""
    known = set(db.exec(select(SubjectMatch.token).where(SubjectMatch.case_id == case.id)))
    tokens = {row.token for row in conflicts.match_rows(db.house.keyring, case.id, people)}
    matched = conflicts.matching_staff(db, people)
    return not tokens <= known or any(not assignments.walled(db, case, one) for one in matched)
