"""What staff do to a case along its workflow: taking a step, proposing it, confirming it.

    look up    the step from where the case stands; who may; what it needs
    decide     fields are right, people and records exist, guards hold
    record     a proposal, when a second person must agree; else the decision, the step's own effects,
               the words to the reporters, and the new state

Whoever confirms does so in their own session, with their own keys; everything is judged again then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cases import (
    access,
    conflicts,
    deeds,
    investigation,
    mentions,
    messages,
    naming,
    pairs,
    proposals,
    protection,
    referrals,
    resolution,
    transitions,
    triage,
)
from cases.actors import StaffActor
from cases.audit import log
from cases.database import Work
from cases.deeds import Deed
from cases.errors import (
    ConflictOfInterest,
    NotAllowed,
    NotPermitted,
    NotReady,
    Unacceptable,
)
from cases.guards import failing
from cases.models.case import NO_DATE, Case, Proposal, ProposalStatus
from cases.notifications import occasions
from cases.objects import things
from cases.proposals import Opened
from workflows import catalogue, engine, fields
from workflows.model import FieldKind, Transition

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

Effect = Callable[[Deed], None]

INVESTIGATORS = ("lead_investigator", "investigator", "analyst")


@dataclass(frozen=True, slots=True)
class Taken:
    """The step was taken."""

    case: Case


@dataclass(frozen=True, slots=True)
class Proposed:
    """The step waits for a second person, until a day."""

    proposal: UUID
    expires_on: date


def order_shredding(deed: Deed) -> None:
    """Put on record that the content is to be destroyed, before anything is (T50)."""
    log.emit(deed.db, "case.shred_ordered", by=deed.staff, case=deed.case)


EFFECTS: Mapping[str, Effect] = {
    "T03": protection.emergency,
    "T04": triage.start,
    "T05": triage.ask,
    "T08": triage.assess,
    "T10": triage.merge,
    "T14": referrals.send,
    "T19": referrals.send,
    "T20": investigation.assign,
    "T24": referrals.send,
    "T28": investigation.name_reviewer,
    "T30": investigation.name_deciders,
    "T31": resolution.decide,
    "T32": resolution.implement,
    "T35": protection.monitor,
    "T42": triage.route_again,
    "T43": referrals.answered,
    "T44": referrals.ended,
    "T45": referrals.ended,
    "T50": order_shredding,
    "T51": referrals.send,
}
"""What a step does besides moving the case on."""

AT_PROPOSAL: Mapping[str, Effect] = {"T25": investigation.name_counsel}
"""What is done already when a step is proposed."""


def act(
    db: Work,
    case: Case,
    action: str,
    data: Mapping[str, Any],  # Any: parsed JSON
    *,
    by: StaffActor,
    keys: "StaffKeys",
) -> Taken | Proposed:
    """Take a step of the workflow, or propose it where four eyes are asked.

    Args:
        case: found for this person, its row locked.
        data: the fields of the step, as they came.

    Raises:
        NotAllowed: the case has no such step now, or not for this person's roles.
        DeclarationNeeded: the person has not declared.
        NotPermitted: what they give has to be sealed, and they hold no key of the case.
        Unacceptable: fields are wrong.
        NotReady: guards stand against it.
        AlreadyProposed: it waits for its second person already.
    """
    step = transitions.step_of(case, action)
    if not engine.may_propose(step, access.case_roles(db, by, case)):
        raise NotAllowed(action=action, state=case.state)
    _demand_declaration(db, case, step, by)
    deed = _deed(db, case, step, data, by=by, keys=keys, proposer=by.id)
    _judge(deed)
    if not step.four_eyes:
        _perform(deed)
        return Taken(case)
    if step.id in AT_PROPOSAL:
        AT_PROPOSAL[step.id](deed)
    proposal = proposals.make(db, case, action, dict(data), by=by, keys=deed.keys)
    occasions.proposed(db, case, step.confirmed_by, by=by)
    return Proposed(proposal.id, proposal.expires_on)


def confirm(db: Work, case: Case, identity: UUID, *, by: StaffActor, keys: "StaffKeys") -> Case:
    """Be the second person, and take the step.

    Raises:
        NotFound: the case has no such proposal, or the person cannot open the case.
        ProposalVoid: it was answered, has expired, or the case has moved on.
        SamePerson: they proposed it themselves.
        ConflictOfInterest: they investigated the case.
        NotPermitted: none of their roles confirms this.
        DeclarationNeeded, NotReady: as `act`.
    """
    proposal = proposals.pending(db, case, identity, by=by)
    if proposal.action in pairs.ACTS:
        pairs.demand_second(db, case, proposal, by=by)
        if conflicts.to_be_rerouted(db, case):
            raise NotReady(conflicts.FIRST)
        opened = proposals.read(db, case, proposal, by=by, keys=keys)
        proposals.close(db, case, proposal, ProposalStatus.CONFIRMED, by=by)
        pairs.perform(
            db,
            case,
            proposal.action,
            opened.fields,
            first=proposal.proposed_by,
            by=by,
            keys=keys,
        )
        return case
    step = transitions.step_of(case, proposal.action)
    _demand_second(db, case, step, proposal, by)
    opened = proposals.read(db, case, proposal, by=by, keys=keys)
    deed = _deed(
        db, case, step, opened.fields, by=by, keys=keys, proposer=proposal.proposed_by, second=by.id
    )
    _judge(deed)
    proposals.close(db, case, proposal, ProposalStatus.CONFIRMED, by=by)
    _perform(deed)
    return case


def refuse(
    db: Work, case: Case, identity: UUID, reason: str, *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Be the second person, and say no.

    Raises:
        As `confirm`, but guards are not asked.
    """
    proposal = proposals.pending(db, case, identity, by=by)
    if proposal.action in pairs.ACTS:
        pairs.demand_second(db, case, proposal, by=by)
    else:
        _demand_second(db, case, transitions.step_of(case, proposal.action), proposal, by)
    if keys.case_keys([case]):
        value = {"proposal": str(proposal.id), "reason": reason, "by": str(by.id)}
        things.seal(db, case, proposals.REFUSAL, value, by=by, keys=keys)
    proposals.close(db, case, proposal, ProposalStatus.REFUSED, by=by)


def read_proposal(
    db: Work, case: Case, identity: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> Opened:
    """What a proposal would do, for its proposer and for those who may answer it; recorded.

    Raises:
        NotFound: the case has no such proposal.
        NotPermitted: the person is neither.
        DeclarationNeeded: they have not declared.
    """
    proposal = proposals.find(db, case, identity)
    if proposal.proposed_by != by.id and not could_answer(db, case, proposal, by):
        raise NotPermitted
    refused = proposal.status == ProposalStatus.REFUSED and keys.case_keys([case])
    if proposal.record_id is not None or refused:
        access.demand_declaration(db, by, case)
    opened = proposals.read(db, case, proposal, by=by, keys=keys)
    shown = {name: one for name, one in opened.fields.items() if name != proposals.STAMP}
    return replace(opened, fields=shown)


def could_answer(db: Work, case: Case, proposal: Proposal, by: StaffActor) -> bool:
    """Whether this person might be the second one for a proposal, wherever the case stands now."""
    if proposal.action in pairs.ACTS:
        return pairs.may_second(db, case, proposal, by=by)
    step = transitions.workflow_of(case).steps.get((proposal.state, proposal.action))
    return step is not None and _may_confirm(db, case, step, proposal, by)


def _may_confirm(
    db: Work, case: Case, step: Transition, proposal: Proposal, by: StaffActor
) -> bool:
    return engine.may_confirm(
        step,
        access.case_roles(db, by, case),
        proposer=proposal.proposed_by,
        confirmer=by.id,
        investigators=access.people(db, case, *INVESTIGATORS, ever=True),
    )


def _demand_second(
    db: Work, case: Case, step: Transition, proposal: Proposal, by: StaffActor
) -> None:
    if by.id in access.people(db, case, *INVESTIGATORS, ever=True):
        raise ConflictOfInterest
    if not _may_confirm(db, case, step, proposal, by):
        raise NotPermitted
    _demand_declaration(db, case, step, by)


def _demand_declaration(db: Work, case: Case, step: Transition, by: StaffActor) -> None:
    if step.act not in proposals.WITHOUT_CONTENT:
        access.demand_declaration(db, by, case)


def _deed(
    db: Work,
    case: Case,
    step: Transition,
    data: Mapping[str, Any],  # Any: parsed JSON
    *,
    by: StaffActor,
    keys: "StaffKeys",
    proposer: UUID,
    second: UUID | None = None,
) -> Deed:
    """The act with its fields read.

    Raises:
        Unacceptable: they are not what the step asks for.
    """
    given, wrong = fields.read(step, dict(data), catalogue.code_lists())
    if wrong:
        raise Unacceptable(wrong)
    held = keys if keys.case_keys([case]) else None
    return Deed(
        db=db,
        case=case,
        step=step,
        data=data,
        given=given,
        by=by,
        keys=held,
        proposer=proposer,
        second=second,
    )


def _judge(deed: Deed) -> None:
    """Refuse a step that is not ready to be taken.

    Raises:
        Unacceptable: it names people, records or days that cannot be.
        NotReady: guards stand against it, or the case has to be rerouted first.
        NotPermitted: it brings texts, and the person holds no key to seal them with.
        NamesAPerson: what it says to the reporters names somebody of the case.
    """
    if conflicts.to_be_rerouted(deed.db, deed.case):
        raise NotReady(conflicts.FIRST)
    if wrong := [*mentions.problems(deed), *referrals.problems(deed)]:
        raise Unacceptable(wrong)
    if against := failing(deed):
        raise NotReady(*against)
    texts = [one.name for one in deed.step.fields if one.kind in (FieldKind.TEXT, FieldKind.TEXTS)]
    if deed.keys is None and any(name in deed.given for name in texts):
        raise NotPermitted
    said = {
        f"/{one.name}": text
        for one in deed.step.fields
        if one.to_reporter and (text := deed.given.one(one.name, str)) is not None
    }
    if said:
        deed.words |= naming.cleared(deed.db, deed.case, said, by=deed.staff, keys=deed.hand)


def _perform(deed: Deed) -> None:
    """Do what the step does, in one unit of work."""
    db, case, step = deed.db, deed.case, deed.step
    clock = deeds.clock_fields(deed)
    if deed.keys is not None:
        deed.seal(
            "decision",
            {
                "action": step.event,
                "step": step.id,
                "fields": dict(deed.data),
                "by": str(deed.proposer),
                "second": str(deed.second) if deed.second else None,
                "on": deed.today.isoformat(),
                "was_due": None if case.due == NO_DATE else case.due.isoformat(),
                "commitments": mentions.commitments(deed),
            },
        )
    _write_to_reporters(deed)
    if step.id in EFFECTS:
        EFFECTS[step.id](deed)
    protection.ask_after(deed)
    transitions.take(db, case, step, by=deed.staff, given=clock, keys=deed.keys)
    proposals.drop_stale(db, case)


def _write_to_reporters(deed: Deed) -> None:
    """Put the step's words to the reporters into each of their threads."""
    for text in deed.words.values():
        for report in deed.reports:
            messages.post_as_staff(deed.db, deed.case, report, text, by=deed.staff, keys=deed.hand)
