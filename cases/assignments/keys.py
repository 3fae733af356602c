"""Letting people into a case and out of it.

Letting somebody in seals the case's key to them. Taking them out deletes their wrap and renews the keys:

    int_{e+1}   random; wrapped to those who stay; opens int_e       WE1(int_{e+1}, ctx("case/prev", …))
    conv_{e+1}  random, for each report; wrapped to its reporter, linked from int_{e+1}

so that what is written from then on is closed to them. What they could read before they may have copied.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, delete, select

from cases import conflicts, family, timed, transitions
from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import (
    Assignment,
    Case,
    CaseWrap,
    KeyKind,
    Recipient,
    Report,
    ReporterKey,
)
from cases.models.people import Staff, Unit, UnitKind
from cases.sealing import hierarchy
from cases.sealing.hierarchy import Holder
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys


def assignments(db: Work, case: Case) -> list[Assignment]:
    """Who is named to what in a case now."""
    statement = select(Assignment).where(Assignment.case_id == case.id, col(Assignment.active))
    return list(db.exec(statement))


def let_in(db: Work, case: Case, person: Staff, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Seal the case's key to a person."""
    if transitions.give(db, case, hierarchy.staff_holder(person), keys):
        log.emit(db, "case.grant", by=by, case=case, d=Details(staff=person.id))


def let_go(
    db: Work, case: Case, people: Collection[UUID], *, by: StaffActor, keys: "StaffKeys"
) -> bool:
    """End parts and emergencies of people in a case, delete their wraps, and renew the keys if they had one.

    What was merged into the case goes with it: parts and emergencies there opened the same matter.

    Returns:
        Whether there was anything to end.
    """
    matter = family.of(db, case).values()
    ended = [row for one in matter for row in assignments(db, one) if row.staff in people]
    for row in ended:
        row.active = False
    theirs = db.exec(
        select(CaseWrap.id).where(
            col(CaseWrap.case_id).in_(family.ids(db, case)),
            CaseWrap.kind == KeyKind.INT,
            CaseWrap.recipient_type == Recipient.STAFF,
            col(CaseWrap.recipient).in_(people),
        )
    ).all()  # before an emergency ends, and its wrap with it
    stopped = False
    for one in matter:
        if one.assignee in people:
            one.assignee = None
        stopped = timed.end_for(db, one, people, by=by) or stopped
    if theirs:
        renew(db, case, by=by, keys=keys, without=frozenset(people))
    return bool(ended or theirs or stopped)


def renew(
    db: Work,
    case: Case,
    *,
    by: StaffActor,
    keys: "StaffKeys",
    without: frozenset[UUID] = frozenset(),
    only: Iterable[Holder] | None = None,
) -> bytes:
    """Give a case, what was merged into it, and their threads new keys.

    Args:
        without: holders who get no wrap of the new key.
        only: the holders of the new key; those of the old one when absent.

    Returns:
        The new key of the case.
    """
    keyring, house = db.house.keyring, db.house
    old, shred = keys.case_key(case), house.vault.key(KeyKind.INT, case.id)
    wraps = db.exec(
        select(CaseWrap).where(CaseWrap.case_id == case.id, CaseWrap.kind == KeyKind.INT)
    ).all()
    if only is None:
        holders = [
            holder
            for row in wraps
            if row.epoch == case.epoch and row.recipient not in without
            if (holder := _holder(db, row)) is not None
        ]
    else:
        holders = list(only)
    for row in wraps:
        db.delete(row)
    new = hierarchy.new_key()
    case.epoch += 1
    case.commitment = hierarchy.case_commitment(keyring, new, case.id, case.epoch)
    db.add(hierarchy.link_previous(keyring, new, old, case_id=case.id, epoch=case.epoch))
    db.add_all(
        hierarchy.wrap(
            keyring,
            shred,
            new,
            kind=KeyKind.INT,
            epoch=case.epoch,
            case_id=case.id,
            report_id=None,
            to=holder,
        )
        for holder in holders
    )
    for report in db.exec(select(Report).where(Report.origin_case_id == case.id)):
        _renew_thread(db, case, report, new)
    for source in family.merged(db, case, to_change=True):
        theirs = renew(db, source, by=by, keys=keys, without=without, only=only)
        db.add(hierarchy.link_merged(keyring, new, theirs, target=case, source=source))
    log.emit(db, "case.rekey", by=by, case=case, d=Details(epoch=case.epoch))
    return new


def _holder(db: Work, row: CaseWrap) -> Holder | None:
    """To whom a wrap was made; None when they have other keys by now and must be let in again."""
    if row.recipient_type == Recipient.UNIT:
        return hierarchy.unit_holder(db.get_one(Unit, row.recipient))
    person = db.get_one(Staff, row.recipient)
    same = person.pk is not None and person.epoch == row.recipient_epoch
    return hierarchy.staff_holder(person) if same else None


def _renew_thread(db: Work, case: Case, report: Report, int_key: bytes) -> None:
    """A new key for a report's thread, for its reporter and for the holders of the case's key."""
    keyring = db.house.keyring
    shred = db.house.vault.key(KeyKind.CONV, report.id)
    conv = hierarchy.new_key()
    report.conv_epoch += 1
    report.conv_commitment = hierarchy.report_commitment(
        keyring, conv, report.id, KeyKind.CONV, report.conv_epoch
    )
    reporter = db.exec(select(ReporterKey).where(ReporterKey.report_id == report.id)).one()
    db.add(hierarchy.link_thread(keyring, shred, int_key, conv, case=case, report=report))
    db.add(
        hierarchy.wrap(
            keyring,
            shred,
            conv,
            kind=KeyKind.CONV,
            epoch=report.conv_epoch,
            case_id=case.id,
            report_id=report.id,
            to=Holder(Recipient.REPORTER, report.id, 1, reporter.pk),
        )
    )


def recipients(db: Work, case: Case, unit: Unit) -> list[Holder]:
    """The units that hold the key of a case in its present state when this unit handles it."""
    beside = {UnitKind.REVIEW: unit.review_unit, UnitKind.PROTECTION: unit.protection_unit}
    holders = [hierarchy.unit_holder(unit)]
    for rule in catalogue.keys().units:
        other = beside.get(UnitKind(rule.kind)) if rule.key == "int" else None
        if other is not None and not {case.state, case.priority}.isdisjoint(rule.at):
            holders.append(hierarchy.unit_holder(db.get_one(Unit, other)))
    return holders


def shut_out(
    db: Work, case: Case, people: Collection[UUID], *, by: StaffActor, keys: "StaffKeys"
) -> int:
    """Build walls around people and end what they had in a case, at once.

    Returns:
        How many walls are new.
    """
    if not people:
        return 0
    keys.case_key(
        case
    )  # while the person who acts still holds a wrap, should it be theirs that goes
    built = conflicts.wall(db, case.id, people)
    let_go(db, case, people, by=by, keys=keys)
    for source in family.merged(db, case, to_change=True):
        conflicts.wall(db, source.id, people)
    return built


def wall_only(db: Work, case: Case, staff: UUID, *, by: Actor) -> None:
    """Build walls as `shut_out` does where whoever acts holds no key of the case, around one person."""
    for one in family.ids(db, case):
        conflicts.wall(db, one, {staff})
    end_without_key(db, case, staff, by=by)


def end_without_key(
    db: Work, case: Case, staff: UUID, *, by: Actor, roles: Collection[str] | None = None
) -> None:
    """End parts and emergencies of one person as `let_go` does where whoever acts holds no key of the case.

    With their last part the wrap goes; the keys are renewed when the next one is taken out.

    Args:
        roles: the parts that end; every one when absent.
    """
    matter = family.of(db, case)
    rows = [row for one in matter.values() for row in assignments(db, one) if row.staff == staff]
    for row in rows:
        row.active = roles is not None and row.role not in roles
    for one in matter.values():
        if one.assignee == staff:
            one.assignee = None
        timed.end_for(db, one, [staff], by=by)
    if not any(row.active for row in rows):
        db.exec(
            delete(CaseWrap).where(
                col(CaseWrap.case_id).in_(matter),
                col(CaseWrap.kind) == KeyKind.INT,
                col(CaseWrap.recipient_type) == Recipient.STAFF,
                col(CaseWrap.recipient) == staff,
            )
        )
