"""Certificates: that an investigator is competent for a group of categories, until a day; given by two."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound, Unacceptable
from cases.models.conflict import Certificate
from cases.models.people import HouseProposal, Staff
from cases.staff import pending
from cases.staff.pending import HouseAction
from cases.staff.roles import demand_somebody_else
from workflows import calendar, catalogue

LONGEST_MONTHS = 36
"""How long a certificate lasts at most."""


def groups() -> tuple[str, ...]:
    """The groups of the categories."""
    listed = catalogue.code_list("categories").entries
    return tuple(dict.fromkeys(one.extra["group"] for one in listed))


def propose(db: Work, staff: UUID, group: str, expires_on: date, by: StaffActor) -> HouseProposal:
    """Propose to certify somebody.

    Raises:
        NotFound, SamePerson, Unacceptable: as `issue`.
        AlreadyProposed: it waits already.
    """
    _check(db, staff, group, expires_on, by)
    values = {"category_group": group, "expires_on": expires_on.isoformat()}
    return pending.propose(db, HouseAction.CERTIFY, by, subject=staff, values=values)


def issue(db: Work, staff: UUID, group: str, expires_on: date, by: Actor) -> None:
    """Certify somebody, or renew what they have.

    Raises:
        NotFound: there is no such person.
        SamePerson: it is the giver's own.
        Unacceptable: no such group, or a day that has passed or lies too far ahead.
    """
    _check(db, staff, group, expires_on, by)
    row = db.exec(
        select(Certificate).where(Certificate.staff == staff, Certificate.category_group == group)
    ).first() or Certificate(
        staff=staff, category_group=group, issued_on=db.house.today(), expires_on=expires_on
    )
    row.issued_on, row.expires_on = db.house.today(), expires_on
    db.add(row)
    log.emit(
        db,
        "config.changed",
        by=by,
        d=Details(action="certificate.issued", staff=staff, field=group),
    )


def of(db: Work, staff: UUID) -> list[Certificate]:
    """The certificates of one person, those that expired too.

    Raises:
        NotFound: there is no such person.
    """
    if db.get(Staff, staff) is None:
        raise NotFound
    statement = select(Certificate).where(Certificate.staff == staff)
    return sorted(db.exec(statement), key=lambda one: one.category_group)


def all_certified(db: Work, people: Collection[UUID], wanted: Collection[str]) -> bool:
    """Whether each of these people is certified today for each of these groups."""
    held = {
        (one.staff, one.category_group)
        for one in db.exec(select(Certificate).where(col(Certificate.staff).in_(people)))
        if one.expires_on >= db.house.today()
    }
    return all((one, group) in held for one in people for group in wanted)


def _check(db: Work, staff: UUID, group: str, expires_on: date, by: Actor) -> None:
    if db.get(Staff, staff) is None:
        raise NotFound
    demand_somebody_else(staff, by)
    today = db.house.today()
    faults = []
    if group not in groups():
        faults.append(("/category_group", "unknown_value"))
    if not today < expires_on <= calendar.add_months(today, LONGEST_MONTHS):
        faults.append(("/expires_on", "out_of_range"))
    if faults:
        raise Unacceptable(faults)
