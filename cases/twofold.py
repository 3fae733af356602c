"""Acts of the administration as staff ask for them: done at once, or proposed to a second person.

What staff ask for goes through here, and so does the second person's answer; whoever may be that person is
told by e-mail that something waits. The service itself (`tribune init`, the operator's commands) calls what is
underneath: at the beginning there is nobody to ask.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from cases.actors import StaffActor
from cases.database import Work
from cases.errors import NotPermitted, SamePerson
from cases.models.people import HouseProposal, Office, Unit, UnitKind
from cases.notifications import occasions
from cases.staff import (
    accounts,
    bodies,
    calendars,
    certificates,
    heads,
    pending,
    roles,
    structure,
    wording,
)
from cases.staff.accounts import Invitation, Invited
from cases.staff.bodies import Agreement
from cases.staff.pending import HouseAction
from cases.staff.roles import SeatWish
from cases.staff.structure import SERVING, OfficePlan, UnitPlan
from cases.staff.wording import Wording

ROUTING = frozenset({"parent", "unit"})
"""What of an office decides who gets the reports about it."""

LINE = frozenset({"parent", "head"})
"""What of an office decides who heads the people at or below it."""

IDS = ROUTING | SERVING.keys() | {"office", "head"}
"""The fields of proposals that hold ids."""


def invite(db: Work, invitation: Invitation, by: StaffActor) -> Invited:
    """Make an account, and propose the roles it is to have.

    Raises:
        Unacceptable: as `accounts.invite`.
    """
    invited = accounts.invite(db, invitation, by)
    for one in invited.proposals:
        occasions.house_proposed(db, db.get_one(HouseProposal, one), by=by)
    return invited


def give_role(db: Work, staff: UUID, wish: SeatWish, by: StaffActor) -> HouseProposal:
    """Propose that a person is given a role in a unit.

    Raises:
        NotFound, SamePerson, Unacceptable, AlreadyProposed: as `roles.propose_role`.
    """
    return _told(db, roles.propose_role(db, staff, wish, by), by)


def certify(db: Work, staff: UUID, group: str, expires_on: date, by: StaffActor) -> HouseProposal:
    """Propose to certify somebody for a group of categories.

    Raises:
        NotFound, SamePerson, Unacceptable, AlreadyProposed: as `certificates.propose`.
    """
    return _told(db, certificates.propose(db, staff, group, expires_on, by), by)


def invite_again(db: Work, staff: UUID, by: StaffActor) -> HouseProposal:
    """Propose a new enrolment code for somebody; who agrees is shown it.

    Raises:
        NotFound, SamePerson, Unacceptable: as `accounts.check_invite_again`.
        AlreadyProposed: it waits already.
    """
    accounts.check_invite_again(db, staff, by)
    return _propose(db, HouseAction.INVITE_AGAIN, by, subject=staff)


def enable(db: Work, staff: UUID, by: StaffActor) -> HouseProposal:
    """Propose that a closed account is opened again, with the roles it has.

    Raises:
        NotFound, SamePerson, Unacceptable: as `accounts.check_enable`.
        AlreadyProposed: it waits already.
    """
    accounts.check_enable(db, staff, by)
    return _propose(db, HouseAction.OPEN_ACCOUNT, by, subject=staff)


def create_unit(db: Work, plan: UnitPlan, by: StaffActor) -> HouseProposal:
    """Propose a unit: the first of its circle will make its key.

    Raises:
        Unacceptable: as `structure.check_unit`.
        AlreadyProposed: it waits already.
    """
    structure.check_unit(db, plan)
    return _propose(db, HouseAction.CREATE_UNIT, by, values=plan)


# Any: the values are those of the columns of the same name.
def change_unit(
    db: Work, unit: UUID, by: StaffActor, changes: Mapping[str, Any]
) -> Unit | HouseProposal:
    """Rename a unit, or propose which units serve it: those get keys of its cases.

    Raises:
        NotFound, Unacceptable: as `structure.check_unit_change`.
        AlreadyProposed: it waits already.
    """
    if _differ(structure.check_unit_change(db, unit, changes), changes, SERVING.keys()):
        return _propose(db, HouseAction.CHANGE_UNIT, by, subject=unit, values=changes)
    return structure.change_unit(db, unit, by, changes)


def create_office(db: Work, plan: OfficePlan, by: StaffActor) -> Office | HouseProposal:
    """Create an office, or propose it where it names the unit that gets its reports.

    Raises:
        Unacceptable: as `structure.check_office`.
        AlreadyProposed: it waits already.
    """
    if plan.unit is None:
        return structure.create_office(db, plan, by)
    structure.check_office(db, plan)
    return _propose(db, HouseAction.CREATE_OFFICE, by, values=plan)


# Any: as above.
def change_office(
    db: Work, office: UUID, by: StaffActor, changes: Mapping[str, Any]
) -> Office | HouseProposal:
    """Change what an office is called and how large it is, or propose who heads it and gets its reports.

    Raises:
        NotFound, Unacceptable: as `structure.check_office_change`.
        AlreadyProposed: it waits already.
    """
    row = structure.check_office_change(db, office, changes)
    headed = "head" in changes and changes["head"] != heads.heads(db).get(office)
    if headed or _differ(row, changes, ROUTING):
        return _propose(db, HouseAction.CHANGE_OFFICE, by, subject=office, values=changes)
    return structure.change_office(db, office, by, changes)


def word_text(db: Work, said: Wording, by: StaffActor) -> HouseProposal:
    """Propose a standard text to reporters in the administration's own words.

    Raises:
        Unacceptable: as `wording.check`.
        AlreadyProposed: it waits already.
    """
    wording.check(said)
    return _propose(db, HouseAction.WORD_TEXT, by, values=said)


def change_calendar(
    db: Work, by: StaffActor, *, closed: Collection[date], opened: Collection[date]
) -> HouseProposal:
    """Propose the administration's own days off and days worked, in place of all it had set.

    Raises:
        Unacceptable: as `calendars.check_own_days`.
        AlreadyProposed: it waits already.
    """
    calendars.check_own_days(closed, opened)
    days = {"closed": closed, "opened": opened}
    values = {name: [day.isoformat() for day in sorted(set(of))] for name, of in days.items()}
    return _propose(db, HouseAction.CHANGE_CALENDAR, by, values=values)


def change_referral_body(db: Work, agreed: Agreement, by: StaffActor) -> HouseProposal:
    """Propose what was agreed with an authority, in place of what the register has of it.

    Raises:
        NotFound: as `bodies.check`.
        AlreadyProposed: it waits already.
    """
    bodies.check(agreed)
    return _propose(db, HouseAction.CHANGE_REFERRAL_BODY, by, values=agreed)


def confirm(db: Work, proposal_id: UUID, by: StaffActor) -> str | None:
    """Be the second person, and do what was proposed; everything is judged again.

    Returns:
        The enrolment code, shown once, where one was asked for.

    Raises:
        NotFound, SamePerson, ProposalVoid: as `pending.agree`; nobody makes themselves head of an office.
        NotPermitted: none of the person's roles agrees to this.
        Unacceptable: it makes no sense any more.
    """
    proposal = pending.agree(db, proposal_id, by)
    action = HouseAction(proposal.action)
    if not pending.may_answer(proposal, by):
        raise NotPermitted
    values = {
        name: UUID(value) if name in IDS and value is not None else value
        for name, value in proposal.fields.items()
    }
    if proposal.subject is None:
        _make(db, action, values, by)
        return None
    return _change(db, action, proposal.subject, values, by)


def line_of(db: Work, proposal_id: UUID) -> UUID | None:
    """The office at or below which a proposal would change who heads people; None where it would not."""
    proposal = db.get(HouseProposal, proposal_id)
    changes = proposal is not None and proposal.action == HouseAction.CHANGE_OFFICE
    if proposal is None or not changes or LINE.isdisjoint(proposal.fields):
        return None
    return proposal.subject


def waiting(db: Work, by: StaffActor) -> list[HouseProposal]:
    """What waits for a second person, as far as this one may be it or proposed it."""
    return [one for one in pending.waiting(db) if pending.may_answer(one, by)]


def refuse(db: Work, proposal_id: UUID, by: StaffActor) -> None:
    """Refuse what was proposed, or take one's own proposal back.

    Raises:
        NotFound: there is no such proposal.
        NotPermitted: none of the person's roles answers this.
    """
    proposal = db.get(HouseProposal, proposal_id)
    if proposal is not None and not pending.may_answer(proposal, by):
        raise NotPermitted
    pending.refuse(db, proposal_id, by)


# Any: as `pending.propose`.
def _propose(
    db: Work,
    action: HouseAction,
    by: StaffActor,
    *,
    subject: UUID | None = None,
    values: Any = (),  # noqa: ANN401
) -> HouseProposal:
    return _told(db, pending.propose(db, action, by, subject=subject, values=values), by)


def _told(db: Work, proposal: HouseProposal, by: StaffActor) -> HouseProposal:
    """A proposal, once those who may agree to it are told that something waits."""
    occasions.house_proposed(db, proposal, by=by)
    return proposal


# Any: the fields of a proposal, its ids read.
def _make(db: Work, action: HouseAction, values: dict[str, Any], by: StaffActor) -> None:
    if action is HouseAction.CREATE_UNIT:
        kind = UnitKind(values["kind"])
        structure.create_unit(db, UnitPlan(**{**values, "kind": kind}), by)
    elif action is HouseAction.WORD_TEXT:
        wording.keep(db, Wording(**values), by)
    elif action is HouseAction.CHANGE_CALENDAR:
        days = {name: [date.fromisoformat(day) for day in of] for name, of in values.items()}
        calendars.set_own_days(db, by, **days)
    elif action is HouseAction.CHANGE_REFERRAL_BODY:
        bodies.keep(db, Agreement(**values), by)
    else:
        structure.create_office(db, OfficePlan(**values), by)


# Any: as above.
def _change(
    db: Work, action: HouseAction, subject: UUID, values: dict[str, Any], by: StaffActor
) -> str | None:
    if action is HouseAction.INVITE_AGAIN:
        return accounts.invite_again(db, subject, by)
    if action is HouseAction.OPEN_ACCOUNT:
        accounts.enable(db, subject, by)
    elif action is HouseAction.CHANGE_UNIT:
        structure.change_unit(db, subject, by, values)
    elif action is HouseAction.CHANGE_OFFICE:
        if values.get("head") == by.id:
            raise SamePerson
        structure.change_office(db, subject, by, values)
    elif action is HouseAction.CERTIFY:
        until = date.fromisoformat(values["expires_on"])
        certificates.issue(db, subject, values["category_group"], until, by)
    else:
        roles.give_role(db, subject, SeatWish(**values), by)
    return None


# Any: as above.
def _differ(row: Unit | Office, changes: Mapping[str, Any], names: Collection[str]) -> bool:
    """Whether one of these columns would change."""
    return any(changes[name] != getattr(row, name) for name in changes if name in names)
