"""Ending the inquiry of somebody against whom a rule stands that did not when they were named.

What may not be when an investigator is named may not come to be afterwards: a tie with somebody who is named
later or stated later, a post at the office the case is about, another office in what was merged into it. Their
parts and their key go at once, and who reroutes the case is told. It is no wall: who was moved is not concerned
by the case. Whom an emergency lets in is asked about like whoever is named.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, func, or_, select

from cases import family, timed
from cases.actors import THE_SERVICE, Actor, StaffActor
from cases.assignments.keys import end_without_key, let_go
from cases.assignments.ties import INQUIRY, has_tie, holds_another_office, named, posted_there
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts import Subject
from cases.database import Work
from cases.models.case import Assignment, Case
from cases.models.people import Staff
from cases.notifications import occasions
from cases.sealing import directory

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys


def ask_again(
    db: Work,
    case: Case,
    new: Iterable[Subject] | None = None,
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    """End the inquiry of whoever may not inquire into a case as it now is.

    Args:
        new: who was just named in it; absent at a merge: everybody who ever was, and then the look is recorded.
    """
    inquire = _inquiring(db, case)
    if not inquire:
        return
    people = list(new) if new is not None else _everybody(db, case, "merge", by=by, keys=keys)
    gone = {
        one
        for one in inquire
        if has_tie(db, [one], people)
        or posted_there(db, case, [one])
        or holds_another_office(db, case, one, "investigator")
    }
    _end(db, case, gone, by=by, keys=keys)


def tie_stated(db: Work, *, by: StaffActor, keys: "StaffKeys") -> None:
    """End a person's own inquiry into cases that name somebody they have stated a tie with.

    Asked is what they can open. Whom an emergency lets into what was merged into a case does not read the case
    itself: were it asked too, stating ties would tell them who is named there.
    """
    for case in inquired_by(db, by.id):
        matter = keys.case_keys(family.of(db, case).values())
        if case.id in matter:
            if tied_here(db, case, by.id, "state_tie", by=by, keys=keys):
                _end(db, case, {by.id}, by=by, keys=keys)
            continue
        part_of_it = [one for one in family.merged(db, case) if one.id in matter]
        if any(tied_here(db, one, by.id, "state_tie", by=by, keys=keys) for one in part_of_it):
            _end_without_key(db, case, by.id, by=by)


def tied_here(
    db: Work, case: Case, staff: UUID, act: str, *, by: StaffActor, keys: "StaffKeys"
) -> bool:
    """Whether somebody stated a tie with anybody named in a case; the look is recorded.

    Args:
        act: for which it is asked, as the trail says it.
    """
    return has_tie(db, [staff], _everybody(db, case, act, by=by, keys=keys))


def hold_for_move(db: Work, staff: UUID) -> None:
    """Lock, before somebody is moved, what `moved` will change, in the order of `directory.hold`."""
    directory.hold(db)
    hold_inquirer(db, staff)


def hold_inquirer(db: Work, staff: UUID) -> None:
    """Lock what somebody inquires into, and then the person: nobody names them until this is done."""
    inquired_by(db, staff)
    db.exec(select(Staff.id).where(Staff.id == staff).with_for_update()).all()


def moved(db: Work, staff: UUID) -> None:
    """End the inquiry of somebody who was moved into cases about the office where they now work.

    The service does it, without a key of the case. Whoever moves people learns of no case by it.
    """
    for case in inquired_by(db, staff):
        if posted_there(db, case, [staff]):
            _end_without_key(db, case, staff, by=THE_SERVICE)


def inquired_by(db: Work, staff: UUID) -> list[Case]:
    """The cases somebody inquires into now, by a part or an emergency, their rows locked.

    A case that was merged is asked about where the matter goes on.
    """
    theirs = select(Assignment.case_id).where(
        Assignment.staff == staff, col(Assignment.active), col(Assignment.role).in_(INQUIRY)
    )
    opened = timed.opened_to(db, staff)
    where = select(func.coalesce(Case.merged_into, Case.id)).where(
        or_(col(Case.id).in_(theirs), col(Case.id).in_(opened))
    )
    statement = select(Case).where(col(Case.id).in_(where)).order_by(col(Case.id))
    return list(db.exec(statement.with_for_update()))


def _inquiring(db: Work, case: Case) -> frozenset[UUID]:
    """Who inquires into a case now, or into what was merged into it, by a part or an emergency."""
    cases = family.ids(db, case)
    parts = select(Assignment.staff).where(
        col(Assignment.case_id).in_(cases),
        col(Assignment.active),
        col(Assignment.role).in_(INQUIRY),
    )
    return frozenset(db.exec(parts)) | timed.let_in(db, cases)


def _everybody(
    db: Work, case: Case, act: str, *, by: StaffActor, keys: "StaffKeys"
) -> list[Subject]:
    look = Details(parts=["persons"], at=case.seq, action=act)
    cases = family.ids(db, case)
    permit = log.emit(db, "record.read", by=by, case=case, d=look, opens=cases)
    return named(db, case, permit, keys)


def _end(
    db: Work, case: Case, people: Collection[UUID], *, by: StaffActor, keys: "StaffKeys"
) -> None:
    if not people:
        return
    keys.case_key(
        case
    )  # while the person who acts still holds a wrap, should it be theirs that goes
    let_go(db, case, people, by=by, keys=keys)
    _tell(db, case, people, by=by)


def _end_without_key(db: Work, case: Case, staff: UUID, *, by: Actor) -> None:
    end_without_key(db, case, staff, by=by, roles=INQUIRY)
    _tell(db, case, {staff}, by=by)


def _tell(db: Work, case: Case, people: Collection[UUID], *, by: Actor) -> None:
    for one in sorted(people):
        log.emit(db, "case.revoke", by=by, case=case, d=Details(staff=one))
    log.emit(db, "conflict.matched", by=by, case=case, d=Details(count=len(people)))
    occasions.conflict_found(db, case, by=by)
