"""Guards about who: free to take part, and four different people for four offices."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select

from cases import assignments, family
from cases.audit import log
from cases.audit.events import Body
from cases.deeds import Deed
from cases.models.case import CaseStep

DECLARING = frozenset({"case.declared", "conflict.matched"})
"""Changes that whoever opens a case leaves behind, before they have done anything in it."""


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
    acting = [deed.proposer, *([deed.second] if deed.second else [])]
    people = [*named, *(acting if deciding else [])]
    return deed.proposer not in named and _without_another_office(
        deed, people, "decision_authority"
    )


def review_officer_took_no_part(deed: Deed) -> bool:
    """Who reviews was never named in the case, and changed nothing in it but in reviewing it."""
    named = [role for role in assignments.assignable() if role != "review_officer"]
    return (
        deed.proposer is not None
        and not _handled(deed, deed.proposer)
        and not deed.took_part(deed.proposer, *named)
        and _without_another_office(deed, [deed.proposer], "review_officer")
    )


def _handled(deed: Deed, staff: UUID) -> bool:
    """Whether somebody took, proposed or confirmed a step, or wrote something, before it was for review.

    Steps that one person takes leave no row that says who it was: the trail does.
    """
    cases = family.ids(deed.db, deed.case)
    rows = deed.db.exec(
        select(CaseStep).where(col(CaseStep.case_id).in_(cases)).order_by(col(CaseStep.n))
    ).all()
    return any(
        body.kind not in DECLARING and _where(body, rows) != deed.step.source
        for body in log.changes_by(deed.db, cases, staff)
    )


def _where(body: Body, steps: Iterable[CaseStep]) -> str | None:
    """The state in which a case stood when something in it was changed."""
    if body.kind == "case.status":
        return body.d.get("before")
    before = [one.state for one in steps if one.case_id == body.case and one.n < (body.seq or 0)]
    return before[-1] if before else None


def _without_another_office(deed: Deed, people: Iterable[UUID | None], role: str) -> bool:
    return all(
        one is not None and not assignments.holds_another_office(deed.db, deed.case, one, role)
        for one in people
    )
