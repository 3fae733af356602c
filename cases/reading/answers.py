"""What waits for a second person, and for whom."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from cases import access, acts, proposals
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import Case, Proposal, ProposalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A proposal that somebody has to answer.

    Attributes:
        mine: it is the caller's own and waits for somebody else.
    """

    case: UUID
    proposal: UUID
    action: str
    reference: str
    proposed_by: UUID
    expires_on: date
    mine: bool


def waiting(db: Work, by: StaffActor, *, mine: bool | None = None) -> list[Waiting]:
    """What waits for a second person in the cases this one may know of; the look is recorded with those cases.

    Args:
        mine: only their own, or only what they may answer; both when absent.
    """
    found = answerable(db, by, mine=mine)
    shown = list(dict.fromkeys(one.case for one in found))
    log.emit_list(db, shown, by=by, d=Details(filters=["proposals"]))
    return found


def answerable(db: Work, by: StaffActor, *, mine: bool | None = None) -> list[Waiting]:
    """As `waiting`, for who records the look together with others."""
    visible = access.visible_cases(db, by).subquery()
    statement = (
        select(Proposal, Case)
        .join(Case, col(Case.id) == col(Proposal.case_id))
        .where(
            Proposal.status == ProposalStatus.OPEN,
            col(Proposal.expires_on) >= db.house.today(),
            col(Case.id).in_(select(visible.c.id)),
        )
        .order_by(col(Proposal.expires_on), col(Proposal.id))
    )
    return [
        Waiting(
            case=case.id,
            proposal=proposal.id,
            action=proposal.action,
            reference=case.reference,
            proposed_by=proposal.proposed_by,
            expires_on=proposal.expires_on,
            mine=proposal.proposed_by == by.id,
        )
        for proposal, case in proposals.still_waiting(db, db.exec(statement))
        if mine in (None, proposal.proposed_by == by.id)
        and (proposal.proposed_by == by.id or acts.could_answer(db, case, proposal, by))
    ]
