"""Who is told on which occasion. Nothing is looked up where this installation sends no e-mail."""

from collections.abc import Collection
from uuid import UUID

from cases import access
from cases.actors import Actor
from cases.database import Work
from cases.models.case import EMERGENCY, Case
from cases.models.people import HouseProposal, Unit
from cases.notifications.errands import holders, holders_anywhere, queue
from cases.notifications.kinds import Kind
from cases.staff import pending
from workflows import catalogue

RECEIVING = ("intake_officer", "triage_officer")
HANDLING = ("triage_officer", "case_manager", "lead_investigator", "review_officer")
"""Whose matter a reporter's words are, when they have a part in the case."""
HEAD = "head_ia"


def report_arrived(db: Work, case: Case) -> None:
    """A report was delivered: the desk and triage hear of it, in an emergency protection at once."""
    if not db.house.terms.mails:
        return
    if case.priority == EMERGENCY:
        emergency(db, case, by=None)
        return
    queue(db, Kind.NEW_REPORT, holders(db, [case.unit], *RECEIVING), case=case)


def emergency(db: Work, case: Case, *, by: Actor | None) -> None:
    """Somebody may be in danger: triage and protection are told within minutes."""
    if db.house.terms.mails:
        unit = db.get_one(Unit, case.unit)
        told = holders(db, [case.unit], "triage_officer", HEAD)
        told |= holders(db, [unit.protection_unit], "protection_officer")
        queue(db, Kind.EMERGENCY, told, case=case, by=by)


def reporter_wrote(db: Work, case: Case) -> None:
    """What a reporter added was delivered: who handles the case hears of it, or triage."""
    if db.house.terms.mails:
        handling = access.people(db, case, *HANDLING)
        if case.assignee is not None:
            handling |= {case.assignee}
        queue(db, Kind.REPLY, handling or holders(db, [case.unit], "triage_officer"), case=case)


def assigned(db: Work, case: Case, staff: UUID, *, by: Actor) -> None:
    """Somebody was given a part in a case."""
    queue(db, Kind.ASSIGNED, [staff], case=case, by=by)


def proposed(db: Work, case: Case, roles: Collection[str], *, by: Actor) -> None:
    """An act waits for its second person: whoever holds one of the roles that may be it."""
    if db.house.terms.mails:
        queue(db, Kind.PROPOSAL, of_case(db, case, roles), case=case, by=by)


def house_proposed(db: Work, proposal: HouseProposal, *, by: Actor) -> None:
    """An act of the administration waits for its second person: whoever may be it."""
    if db.house.terms.mails:
        people = holders_anywhere(db, pending.answering(proposal))
        queue(db, Kind.PROPOSAL, people - pending.concerned(proposal), by=by)


def unsure(db: Work, case: Case, *, by: Actor) -> None:
    """Somebody waits to hear whether they may work on a case."""
    if db.house.terms.mails:
        roles = roles_with("decide_declaration")
        queue(db, Kind.DECLARATION, of_case(db, case, roles), case=case, by=by)


def conflict_found(db: Work, case: Case, *, by: Actor) -> None:
    """Somebody of the staff turned out to be concerned by a case: who would reroute it hears of it."""
    if db.house.terms.mails:
        queue(db, Kind.CONFLICT, who_reroutes(db, case), case=case, by=by)


def who_reroutes(db: Work, case: Case) -> frozenset[UUID]:
    """Who sees to conflicts of interest in a case: the heads of its unit; its managers if all are walled."""
    for role in (HEAD, "case_manager"):
        free = {
            one
            for one in holders(db, [case.unit], role)
            if case.id not in db.house.walls.of(db, one)
        }
        if free:
            return frozenset(free)
    return frozenset()


def of_case(db: Work, case: Case, roles: Collection[str]) -> frozenset[UUID]:
    """Who holds one of these roles in a case.

    Those for which a person is named count for the named one alone, as in `access.case_roles`.
    """
    unit = db.get_one(Unit, case.unit)
    units = (unit.id, unit.review_unit, unit.protection_unit, unit.custody_unit)
    named = access.people(db, case, *(access.NAMED & set(roles)))
    return named | holders(db, units, *(set(roles) - access.NAMED))


def roles_with(act: str) -> frozenset[str]:
    """The roles that hold an act in cases in their own right, by the permission table."""
    grants = catalogue.permissions().acts[act]
    return frozenset(role for role, grant in grants.items() if grant.agrees)
