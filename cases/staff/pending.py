"""What one person of the administration proposed and another has yet to agree to.

It takes two to give: a role, a way back into an account, a unit, what serves a unit, where an office's
reports go. Otherwise whoever manages accounts could found a unit of their own, put somebody made up into
it and have reports sent there. It takes one to take away, to rename and to invite.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import select

from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.errors import AlreadyProposed, NotFound, ProposalVoid, SamePerson
from cases.models.people import HouseProposal, Membership, Staff, StaffStatus
from workflows import catalogue
from workflows.model import Grade

PROPOSAL_DAYS = 7


class HouseAction(StrEnum):
    """What can wait for a second person."""

    GIVE_ROLE = "give_role"
    INVITE_AGAIN = "invite_again"
    OPEN_ACCOUNT = "open_account"
    CREATE_UNIT = "create_unit"
    CHANGE_UNIT = "change_unit"
    CREATE_OFFICE = "create_office"
    CHANGE_OFFICE = "change_office"
    CERTIFY = "certify"
    WORD_TEXT = "word_text"
    CHANGE_CALENDAR = "change_calendar"
    CHANGE_REFERRAL_BODY = "change_referral_body"


ACTS = {
    HouseAction.GIVE_ROLE: "manage_staff",
    HouseAction.INVITE_AGAIN: "manage_staff",
    HouseAction.OPEN_ACCOUNT: "manage_staff",
    HouseAction.CREATE_UNIT: "manage_units",
    HouseAction.CHANGE_UNIT: "manage_units",
    HouseAction.CREATE_OFFICE: "manage_offices",
    HouseAction.CHANGE_OFFICE: "manage_offices",
    HouseAction.CERTIFY: "certify",
    HouseAction.WORD_TEXT: "manage_units",
    HouseAction.CHANGE_CALENDAR: "manage_workflow",
    HouseAction.CHANGE_REFERRAL_BODY: "manage_workflow",
}
"""Act -> the line of the permission table that both people hold."""


# Any: the columns of what is to be made or changed.
def plain(values: object) -> dict[str, Any]:
    """A plan, or changes by name, as JSON can hold them: ids as text."""
    if is_dataclass(values) and not isinstance(values, type):
        values = {one.name: getattr(values, one.name) for one in fields(values)}
    if not isinstance(values, Mapping):
        raise TypeError("a plan, or changes by name")
    return {
        name: str(value) if isinstance(value, UUID | StrEnum) else value
        for name, value in values.items()
    }


def propose(
    db: Work,
    action: HouseAction,
    by: StaffActor,
    *,
    subject: UUID | None = None,
    values: object = (),
) -> HouseProposal:
    """Keep an act until somebody else answers it; the caller has found that it makes sense.

    Args:
        subject: the person, unit or office that is to change.
        values: a plan, or changes by name.

    Raises:
        AlreadyProposed: the very same waits already.
    """
    what = plain(values or {})
    for earlier in db.exec(select(HouseProposal)):
        if not _waits(db, earlier):
            db.delete(earlier)
        elif (earlier.action, earlier.subject, earlier.fields) == (action, subject, what):
            raise AlreadyProposed
    made = HouseProposal(
        action=action,
        subject=subject,
        fields=what,
        proposed_by=by.id,
        expires_on=db.house.today() + timedelta(days=PROPOSAL_DAYS),
    )
    db.add(made)
    log.emit(db, "proposal.made", by=by, d=_told(made))
    return made


def waiting(db: Work) -> list[HouseProposal]:
    """What waits for a second person."""
    found = [one for one in db.exec(select(HouseProposal)) if _waits(db, one)]
    return sorted(found, key=lambda one: (one.expires_on, one.id))


def answering(proposal: HouseProposal) -> frozenset[str]:
    """The roles that answer a proposal."""
    return frozenset(catalogue.permissions().acts[ACTS[HouseAction(proposal.action)]])


def may_answer(proposal: HouseProposal, by: StaffActor) -> bool:
    """Whether one of the person's roles answers a proposal."""
    return not answering(proposal).isdisjoint(by.roles)


def concerned(proposal: HouseProposal) -> frozenset[UUID]:
    """Who is not the second person, whatever their roles: who proposed it, and whom it is about."""
    head = proposal.fields.get("head")
    about = {proposal.proposed_by, proposal.subject, UUID(head) if head else None}
    return frozenset(one for one in about if one is not None)


def waiting_for(db: Work, by: StaffActor) -> list[HouseProposal]:
    """What waits for a second person who may be this one."""
    return [one for one in waiting(db) if may_answer(one, by) and by.id not in concerned(one)]


def agree(db: Work, proposal_id: UUID, by: StaffActor) -> HouseProposal:
    """Take a proposal that a second person agrees to; what it says is for the caller to do.

    Raises:
        NotFound: there is no such proposal.
        SamePerson: the one who agrees proposed it, or is the one it is about.
        ProposalVoid: it has expired, or who proposed it could not propose it any more.
    """
    proposal = db.get(HouseProposal, proposal_id)
    if proposal is None:
        raise NotFound
    if by.id in (proposal.proposed_by, proposal.subject):
        raise SamePerson
    if not _waits(db, proposal):
        raise ProposalVoid
    db.delete(proposal)
    log.emit(db, "proposal.confirmed", by=by, d=_told(proposal))
    return proposal


def _waits(db: Work, proposal: HouseProposal) -> bool:
    """Whether it can still be answered: in time, and who proposed it could propose it now."""
    if proposal.expires_on < db.house.today():
        return False
    proposer = db.get_one(Staff, proposal.proposed_by)
    held = db.exec(select(Membership.role).where(Membership.staff == proposer.id))
    grants = catalogue.permissions().grants(ACTS[HouseAction(proposal.action)], frozenset(held))
    return proposer.status == StaffStatus.ACTIVE and any(one.grade == Grade.YES for one in grants)


def refuse(db: Work, proposal_id: UUID, by: StaffActor) -> None:
    """Refuse what was proposed, or take one's own proposal back.

    Raises:
        NotFound: there is no such proposal.
    """
    proposal = db.get(HouseProposal, proposal_id)
    if proposal is None:
        raise NotFound
    db.delete(proposal)
    log.emit(db, "proposal.refused", by=by, d=_told(proposal))


def _told(proposal: HouseProposal) -> Details:
    """What the trail says of a proposal: the fields by name, and of a role which one and where."""
    unit = proposal.fields.get("unit")
    return Details(
        action=proposal.action,
        proposal=proposal.id,
        target=proposal.subject,
        role=proposal.fields.get("role"),
        unit=UUID(unit) if unit else None,
        fields=sorted(proposal.fields) or None,
    )
