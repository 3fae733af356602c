"""Guards about who: free to take part, and four different people for four offices."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select

from cases import assignments, family
from cases.deeds import Deed
from cases.models.case import Proposal, ProposalStatus

REVIEWING = ("uphold", "reopen")


def _team(deed: Deed) -> frozenset[UUID]:
    lead = deed.given.one("lead_investigator", UUID)
    return frozenset({*deed.given.many("team", UUID), *((lead,) if lead else ())})


def investigators_free(deed: Deed) -> bool:
    """Nobody of the team has a wall, waits for a decision on a conflict, or has another office here.

    Each has stated within the year which ties they have, and none with somebody named in the case.
    """
    team = _team(deed)
    if not assignments.free_to_inquire(deed.db, deed.case, team):
        return False
    named = assignments.named(deed.db, deed.case, deed.look("persons"), deed.hand)
    return not assignments.tied(deed.db, team, named)


def investigators_certified(deed: Deed) -> bool:
    """Each holds the investigator's role in this case's unit, and a certificate for what is alleged."""
    lead = deed.given.one("lead_investigator", UUID)
    return (
        lead is not None
        and assignments.fit(deed.db, deed.case, lead, "lead_investigator") is not None
        and all(
            assignments.fit(deed.db, deed.case, one, "investigator") is not None
            for one in deed.given.many("team", UUID)
        )
        and assignments.certified(deed.db, deed.case, _team(deed))
    )


def investigators_not_posted_there(deed: Deed) -> bool:
    """Nobody of the team is, or was within 24 months, posted at an office the case is about."""
    return not assignments.posted_there(deed.db, deed.case, _team(deed))


def reviewer_took_no_part(deed: Deed) -> bool:
    """The reviewer, named or acting, has none of the other three offices in this case."""
    named = deed.given.one("reviewer", UUID)
    return _without_another_office(deed, [named or deed.proposer], "quality_reviewer")


def deciders_took_no_part(deed: Deed) -> bool:
    """Those who decide, named or acting, have none of the other three offices, and are not the reviewer."""
    named = deed.given.many("decision_authorities", UUID)
    deciding = deed.step.event == "decide"
    people = [*named, *([deed.proposer] if deciding else [])]
    return deed.proposer not in named and _without_another_office(
        deed, people, "decision_authority"
    )


def review_officer_took_no_part(deed: Deed) -> bool:
    """Who reviews was never named in the case, and neither proposed nor confirmed a step of it."""
    steps = select(Proposal).where(
        col(Proposal.case_id).in_(family.ids(deed.db, deed.case)),
        Proposal.status == ProposalStatus.CONFIRMED,
        col(Proposal.action).not_in(REVIEWING),
    )
    took_steps = any(
        deed.proposer in (one.proposed_by, one.answered_by) for one in deed.db.exec(steps)
    )
    named = [role for role in assignments.assignable() if role != "review_officer"]
    return (
        not took_steps
        and deed.proposer is not None
        and not deed.took_part(deed.proposer, *named)
        and _without_another_office(deed, [deed.proposer], "review_officer")
    )


def _without_another_office(deed: Deed, people: Iterable[UUID | None], role: str) -> bool:
    return all(
        one is not None and not assignments.holds_another_office(deed.db, deed.case, one, role)
        for one in people
    )
