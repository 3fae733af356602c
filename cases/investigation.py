"""The administrative investigation: who is named, and let in, by which step."""

from collections.abc import Iterable
from uuid import UUID

from cases import assignments
from cases.deeds import Deed
from cases.models.people import Staff


def assign(deed: Deed) -> None:
    """Name the lead investigator and the team, and give them the key (T20)."""
    lead = deed.given.one("lead_investigator", UUID)
    team = [one for one in deed.given.many("team", UUID) if one != lead]
    _name(deed, "lead_investigator", [lead] if lead else [])
    _name(deed, "investigator", team)


def name_counsel(deed: Deed) -> None:
    """Let counsel in as soon as the reply is proposed: it is counsel who checks the bundle (T25)."""
    counsel = deed.given.one("counsel", UUID)
    _name(deed, "legal_counsel", [counsel] if counsel else [])


def name_reviewer(deed: Deed) -> None:
    """Let the quality reviewer in (T28)."""
    reviewer = deed.given.one("reviewer", UUID)
    _name(deed, "quality_reviewer", [reviewer] if reviewer else [])


def name_deciders(deed: Deed) -> None:
    """Let the two in who will decide, instead of those named before (T30, T43)."""
    deciders = deed.given.many("decision_authorities", UUID)
    former = [
        row.staff
        for row in assignments.assignments(deed.db, deed.case)
        if deciders and row.role == "decision_authority" and row.staff not in deciders
    ]
    assignments.leave(
        deed.db, deed.case, "decision_authority", former, by=deed.staff, keys=deed.hand
    )
    _name(deed, "decision_authority", deciders)


def _name(deed: Deed, role: str, people: Iterable[UUID]) -> None:
    for one in people:
        person = deed.db.get_one(Staff, one)
        assignments.name(deed.db, deed.case, role, person, by=deed.staff, keys=deed.hand)
