"""Acts of two people that are no step of the workflow.

Lifting a legal hold, letting an overseer in, making an urgent case less urgent or a risk of harm lower, and
alleging that somebody abuses the right to report, making a confidential case less so, opening one to
somebody in an emergency, letting evidence go, and deleting personal data that is not relevant.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import col, select

from cases import (
    access,
    assignments,
    copies,
    emergencies,
    extracts,
    holds,
    levels,
    proposals,
    redaction,
    risk,
)
from cases.actors import StaffActor
from cases.database import Work
from cases.errors import NotAllowed, NotPermitted, ProposalVoid, Unacceptable
from cases.models.case import Case, Proposal
from cases.models.people import Membership, Staff, StaffStatus
from cases.notifications import occasions
from cases.objects import custody, things
from cases.objects.inquiry_shapes import Custody
from cases.objects.shapes import AbuseAllegation
from workflows import catalogue
from workflows import levels as rules

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

GRANT = "grant"
ABUSE = "allege_abuse"
ACTS = proposals.BESIDE
"""Action of the proposal -> the line of the permission table that both people hold."""


def lift_hold(db: Work, case: Case, reason: str, *, by: StaffActor, keys: "StaffKeys") -> Proposal:
    """Propose to take a legal hold away.

    Raises:
        NotAllowed: there is none.
        AlreadyProposed: it waits already.
    """
    assignments.demand(db, by, ACTS[holds.LIFT], case, shut_too=True)
    if not case.legal_hold:
        raise NotAllowed(action=holds.LIFT, state=case.state)
    return _propose(db, case, holds.LIFT, {"reason": reason}, by=by, keys=keys)


def set_priority(
    db: Work, case: Case, priority: str, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> Proposal | None:
    """Give a case another priority, with a reason; what is urgent is made less so by two people.

    Returns:
        The proposal, where a second person must agree; None when it is done.

    Raises:
        Unacceptable, NotAllowed: as `holds.demand_priority`.
        AlreadyProposed: it waits already.
    """
    holds.demand_priority(db, case, priority, by=by)
    if holds.lowers(case, priority):
        fields = {"before": case.priority, "priority": priority, "reason": reason}
        return _propose(db, case, holds.PRIORITY, fields, by=by, keys=keys)
    holds.set_priority(db, case, priority, reason, by=by, keys=keys)
    return None


# Any: the fields of the act, as JSON has them.
def rate_risk(
    db: Work, case: Case, fields: dict[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> Proposal | None:
    """Rate the risk of harm to the reporter or to a person of the case; to lower it takes two.

    Returns:
        The proposal, where a second person must agree; None when it is done.

    Raises:
        Unacceptable, NotPermitted, NotAllowed: as `risk.demand`.
        AlreadyProposed: it waits already.
    """
    before = risk.demand(db, case, fields, by=by, keys=keys)
    if before is not None:
        stamped = fields | {proposals.STAMP: before}
        return proposals.make(db, case, risk.RATE, stamped, by=by, keys=keys)
    risk.rate(db, case, fields, by=by, keys=keys)
    return None


def allege_abuse(
    db: Work, case: Case, fields: dict[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> Proposal:
    """Propose to allege that somebody abuses the right to report; one person alone never does.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: a procedure that is none.
        AlreadyProposed: it waits already.
    """
    assignments.demand(db, by, ACTS[ABUSE], case)
    try:
        _abuse(fields)
    except ValidationError as wrong:
        places = {str(one["loc"][0]) for one in wrong.errors(include_input=False)}
        raise Unacceptable([(f"/{name}", "unknown_value") for name in sorted(places)]) from None
    return proposals.make(db, case, ABUSE, fields, by=by, keys=keys)


# Any: as above.
def _abuse(fields: dict[str, Any]) -> AbuseAllegation:
    return AbuseAllegation.model_validate({**fields, "category": "RET-04"})


def set_level(
    db: Work, case: Case, level: str, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> Proposal | None:
    """Give a case another level of confidentiality, with a reason; to lower it takes two people.

    Returns:
        The proposal, where a second person must agree; None when it is done.

    Raises:
        Unacceptable, NotAllowed: as `levels.demand`.
        AlreadyProposed: it waits already.
    """
    levels.demand(db, case, level, by=by)
    if rules.lowers(case.level, level):
        fields = {"before": case.level, "level": level, "reason": reason}
        return proposals.make(db, case, levels.SET, fields, by=by, keys=keys)
    levels.change(db, case, level, reason, by=by, keys=keys)
    return None


def break_glass(
    db: Work, case: Case, staff: UUID, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> Proposal:
    """Propose to open a case to one more person of the unit for an hour.

    Raises:
        NotPermitted, Unacceptable: as `emergencies.demand`.
        AlreadyProposed: it waits already.
    """
    emergencies.demand(db, case, staff, by=by, keys=keys)
    fields = {"staff": str(staff), "reason": reason}
    return proposals.make(db, case, emergencies.BREAK, fields, by=by, keys=keys)


def export(db: Work, case: Case, reason: str, *, by: StaffActor, keys: "StaffKeys") -> Proposal:
    """Propose to take a full copy of a case's file.

    Raises:
        NotPermitted, DeclarationNeeded: as `copies.demand`.
        AlreadyProposed: it waits already.
    """
    copies.demand(db, case, by=by)
    return proposals.make(db, case, copies.EXPORT, {"reason": reason}, by=by, keys=keys)


# Any: the fields of the act, as JSON has them.
def subject_extract(
    db: Work, case: Case, fields: dict[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> Proposal:
    """Propose to give a person of the case what it holds on them; the second person reads it as it would be.

    Raises:
        NotPermitted, DeclarationNeeded, Unacceptable, NamesAPerson: as `extracts.propose`.
        AlreadyProposed: it waits already.
    """
    chosen = [UUID(one) for one in fields["things"]]
    made = extracts.propose(db, case, UUID(fields["person"]), chosen, by=by, keys=keys)
    return _propose(db, case, extracts.EXTRACT, {**fields, "extract": made}, by=by, keys=keys)


def redact(
    db: Work, case: Case, record: UUID, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> Proposal:
    """Propose to delete something that somebody wrote or sent, because it is plainly not relevant.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed, NotReady, Unacceptable: as `redaction.demand`.
        AlreadyProposed: another deletion waits already.
    """
    asked = redaction.demand(db, case, record, by=by, keys=keys)
    return _propose(db, case, redaction.REDACT, asked | {"reason": reason}, by=by, keys=keys)


def record_custody(
    db: Work, case: Case, entry: Custody, *, by: StaffActor, keys: "StaffKeys"
) -> Proposal | None:
    """Add an entry to the custody log of an item; what lets it out of hand is agreed on by two.

    Returns:
        The proposal, where a second person must agree; None when it is done.

    Raises:
        Unacceptable: as `custody.demand`.
        AlreadyProposed: another such entry waits already.
    """
    custody.demand(db, case, entry, by=by)
    if custody.needs_second(entry.event):
        fields = {"entry": entry.model_dump(mode="json"), **custody.signed(db, case, by)}
        return proposals.make(db, case, custody.ACT, fields, by=by, keys=keys)
    custody.enter(db, case, entry, by=by, keys=keys)
    return None


def grant(
    db: Work, case: Case, staff: UUID, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> Proposal | None:
    """Let one person into a case without a part in it.

    Overseers are let in by two people; roles that hold nothing, never.

    Returns:
        The proposal, where a second person must agree; None when it is done.

    Raises:
        Unacceptable: nobody who could be let in.
    """
    assignments.demand(db, by, GRANT, case)
    person = _who_may_be_let_in(db, case, staff)
    if person is None:
        raise Unacceptable([("/staff", "unknown_value")])
    fields = {"staff": str(staff), "reason": reason}
    table = catalogue.keys()
    if not _roles_in(db, case, staff) - {*table.nothing, *table.two_persons}:
        return _propose(db, case, GRANT, fields, by=by, keys=keys)
    holds.decide(db, case, GRANT, dict(fields), by=by, keys=keys)
    assignments.let_in(db, case, person, by=by, keys=keys)
    return None


# Any: as JSON has them.
def _propose(
    db: Work,
    case: Case,
    action: str,
    fields: dict[str, Any],
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> Proposal:
    """Keep the act until somebody else answers it, and tell those who may."""
    made = proposals.make(db, case, action, fields, by=by, keys=keys)
    occasions.proposed(db, case, occasions.roles_with(ACTS[action]), by=by)
    return made


def _who_may_be_let_in(db: Work, case: Case, staff: UUID) -> Staff | None:
    """The person, when nothing stands against letting them into this case.

    They have a key, a role here that may be let in, if only by two, and no wall before them.
    """
    person, table = db.get(Staff, staff), catalogue.keys()
    if person is None or person.status != StaffStatus.ACTIVE or person.pk is None:
        return None
    roles = _roles_in(db, case, staff)
    may = bool(roles - {*table.nothing}) or not roles.isdisjoint(table.two_persons)
    return person if may and not assignments.walled(db, case, staff) else None


def _roles_in(db: Work, case: Case, staff: UUID) -> frozenset[str]:
    """The roles somebody holds in the units of a case."""
    statement = select(Membership).where(
        Membership.staff == staff, col(Membership.unit).in_(assignments.units(db, case))
    )
    return frozenset(row.role for row in db.exec(statement))


def may_second(db: Work, case: Case, proposal: Proposal, *, by: StaffActor) -> bool:
    """Whether this person might be the second one."""
    grants = catalogue.permissions().grants(ACTS[proposal.action], access.case_roles(db, by, case))
    return proposal.proposed_by != by.id and any(one.agrees for one in grants)


def demand_second(db: Work, case: Case, proposal: Proposal, *, by: StaffActor) -> None:
    """Refuse who may not be the second person.

    Raises:
        NotPermitted: none of their roles agrees to this.
        DeclarationNeeded: they have not declared.
    """
    if not may_second(db, case, proposal, by=by):
        raise NotPermitted
    access.demand_declaration(db, by, case)


CONFIRMED = {
    levels.SET: levels.confirmed,
    custody.ACT: custody.confirmed,
    risk.RATE: risk.confirmed,
}
"""Action -> what does it, for those that live in a room of their own."""


# Any: the fields of the act, as JSON has them.
def perform(  # noqa: C901, PLR0911 -- one short branch for each act
    db: Work,
    case: Case,
    action: str,
    fields: dict[str, Any],
    *,
    first: UUID,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    """Do what two people agreed on, if it still can be done.

    Raises:
        NotAllowed: there is no hold any more.
        ProposalVoid: who was to be let in could not be any more, or what was to be changed was meanwhile.
    """
    if action in CONFIRMED:
        CONFIRMED[action](db, case, fields, by=by, keys=keys)
        return
    if action == copies.EXPORT:
        copies.open_(db, case, fields["reason"], first=first, by=by, keys=keys)
        return
    if action == extracts.EXTRACT:
        extracts.open_(db, case, fields, first=first, by=by, keys=keys)
        return
    if action == redaction.REDACT:
        redaction.confirmed(db, case, fields, first=first, by=by, keys=keys)
        return
    if action == emergencies.BREAK:
        staff, reason = UUID(fields["staff"]), fields["reason"]
        emergencies.open_(db, case, staff, reason, first=first, by=by, keys=keys)
        return
    if action == holds.PRIORITY:
        if case.priority != fields["before"]:
            raise ProposalVoid
        holds.set_priority(db, case, fields["priority"], fields["reason"], by=by, keys=keys)
        return
    if action == ABUSE:
        things.put(db, case, "allegation", _abuse(fields), by=by, keys=keys)
        return
    if action == holds.LIFT and not case.legal_hold:
        raise NotAllowed(action=action, state=case.state)
    if action == holds.LIFT:
        holds.decide(db, case, action, fields, by=by, keys=keys)
        holds.lift(db, case, by=by)
        return
    # A wall may have been built since it was proposed, an account closed, a role taken.
    person = _who_may_be_let_in(db, case, UUID(fields["staff"]))
    if person is None:
        raise ProposalVoid
    holds.decide(db, case, action, fields, by=by, keys=keys)
    assignments.let_in(db, case, person, by=by, keys=keys)
