"""Keeping people from harm: emergencies, and asking afterwards whether all is well."""

from datetime import date, timedelta
from uuid import UUID

from cases import access, assignments
from cases.deeds import Deed
from cases.models.case import PlannedText
from cases.models.people import Staff
from cases.notifications import occasions
from workflows import catalogue

CHECK_IN_DAYS = (30, 90, 180, 365)
"""Calendar days after the closing on which the service asks when nobody sets other days."""

EXPOSED = "check_in_exposure"
"""The clock of a step that could reveal who reported."""

ROLES = ("triage_officer", "protection_officer")


def emergency(deed: Deed) -> None:
    """Who acts has the case; the protection officers who are alerted are let in (T03)."""
    mine = access.case_roles(deed.db, deed.staff, deed.case)
    role = next(one for one in ROLES if one in mine)
    _name(deed, role, deed.staff.id)
    for one in deed.given.many("alerted", UUID):
        _name(deed, "protection_officer", one)
    occasions.emergency(deed.db, deed.case, by=deed.staff)


def monitor(deed: Deed) -> None:
    """Plan the questions to the reporters (T35). They go out whatever becomes of the case."""
    deed.db.add_all(
        PlannedText(case_id=deed.case.id, code="check_in", due_on=day)
        for day in deed.given.many("check_ins", date) or usual_days(deed)
    )


def ask_after(deed: Deed) -> None:
    """Plan the question whether all is well after a step that could reveal who reported, once for each."""
    clock = catalogue.clocks()[EXPOSED]
    # Where the right of reply is waived, nothing is shown to anybody.
    if deed.step.id not in clock.steps or "waiver" in deed.given:
        return
    deed.db.add(PlannedText(case_id=deed.case.id, code="how_are_you", due_on=clock.due(deed.today)))


def usual_days(deed: Deed) -> tuple[date, ...]:
    """The usual days of check-ins that are still to come."""
    closed = deed.case.closed_on or deed.today
    days = (closed + timedelta(days=n) for n in CHECK_IN_DAYS)
    return tuple(day for day in days if day > deed.today)


def _name(deed: Deed, role: str, staff: UUID) -> None:
    person = deed.db.get_one(Staff, staff)
    assignments.name(deed.db, deed.case, role, person, by=deed.staff, keys=deed.hand)
