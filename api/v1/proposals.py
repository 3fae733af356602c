"""Acts that wait for a second person, and the second person's answer."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.act_shapes import LevelProposed, ProposalItem, ProposalShape, Reason
from api.v1.acts import on_case
from api.v1.case_shapes import CaseHead, Colleague
from cases import acts, levels, proposals
from cases.actors import StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.reading import answers, heads
from cases.staff import accounts

router = APIRouter(route_class=GuardedRoute, tags=["proposals"])

Second = Annotated[StaffActor, Depends(StaffWith("confirm", "see_queue"))]


@router.get(
    "/v1/proposals",
    operation_id="listProposals",
    summary="What waits for whom",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_proposals(
    at: AtDoor,
    by: Second,
    waiting_for: Annotated[
        Literal["me", "others"] | None,
        Query(
            description="`me`: what the caller may answer; `others`: the caller's own proposals."
        ),
    ] = None,
) -> Listed[ProposalItem]:
    """Open proposals of cases the caller may know of."""
    with at.unit_of_work() as db:
        mine = None if waiting_for is None else waiting_for == "others"
        found = answers.waiting(db, by, mine=mine)
        names = accounts.names(db, {one.proposed_by for one in found})
        items = [
            ProposalItem(
                proposal=one.proposal,
                action=one.action,
                reference=one.reference,
                proposed_by=Colleague(id=one.proposed_by, name=names[one.proposed_by]),
                expires_on=one.expires_on,
                mine=one.mine,
            )
            for one in found
        ]
    return Listed(items=items, next=None)


@router.get(
    "/v1/cases/{reference}/proposals",
    operation_id="listProposalsOfCase",
    summary="The open proposals of one case",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def list_of_case(at: AtDoor, by: Second, reference: str) -> Listed[ProposalItem]:
    """What waits in this case, without the fields."""
    with on_case(at, reference, by) as (db, case, _):
        log.emit(db, "case.read", by=by, case=case, d=Details(parts=["proposals"], at=case.seq))
        found = [
            one for one in proposals.open_proposals(db, case) if proposals.waits(db, case, one)
        ]
        names = accounts.names(db, {one.proposed_by for one in found})
        items = [
            ProposalItem(
                proposal=one.id,
                action=one.action,
                reference=case.reference,
                proposed_by=Colleague(id=one.proposed_by, name=names[one.proposed_by]),
                expires_on=one.expires_on,
                mine=one.proposed_by == by.id,
            )
            for one in found
        ]
    return Listed(items=items, next=None)


@router.get(
    "/v1/cases/{reference}/proposals/{proposal}",
    operation_id="readProposal",
    summary="A proposal with its fields",
    responses=responses("not-signed-in", "not-permitted", "declaration-needed", "not-found"),
)
def read_proposal(at: AtDoor, by: Second, reference: str, proposal: UUID) -> ProposalShape:
    """What exactly would be confirmed, or why it was refused; the look is recorded."""
    with on_case(at, reference, by) as (db, case, keys):
        one = acts.read_proposal(db, case, proposal, by=by, keys=keys)
        names = accounts.names(db, {one.proposed_by})
        return ProposalShape(
            proposal=one.id,
            action=one.action,
            fields=one.fields,
            proposed_by=Colleague(id=one.proposed_by, name=names[one.proposed_by]),
            expires_on=one.expires_on,
            status=one.status,
            refusal=one.refusal,
        )


@router.post(
    "/v1/cases/{reference}/proposals/{proposal}/confirmation",
    operation_id="confirmProposal",
    summary="Confirm what another person proposed",
    responses=responses(
        "not-signed-in", "not-permitted", "same-person", "not-found", "proposal-void", "not-ready"
    ),
)
def confirm(at: AtDoor, by: Second, reference: str, proposal: UUID, response: Response) -> CaseHead:
    """The act is done now, if everything it rests on still stands."""
    with on_case(at, reference, by) as (db, case, keys):
        acts.confirm(db, case, proposal, by=by, keys=keys)
        head = heads.of(db, case, by=by)
    response.headers["ETag"] = f'"{head.etag}"'
    return CaseHead.of(head)


@router.post(
    "/v1/cases/{reference}/proposals/{proposal}/refusal",
    operation_id="refuseProposal",
    summary="Refuse what another person proposed",
    status_code=204,
    responses=responses(
        "not-signed-in", "not-permitted", "same-person", "not-found", "proposal-void"
    ),
)
def refuse(at: AtDoor, by: Second, reference: str, proposal: UUID, body: Reason) -> None:
    """The proposal ends; the case stays where it is."""
    with on_case(at, reference, by) as (db, case, keys):
        acts.refuse(db, case, proposal, body.reason, by=by, keys=keys)


@router.get(
    "/v1/cases/{reference}/level-proposal",
    operation_id="proposeLevel",
    summary="The level of confidentiality a case asks for",
    responses=responses("not-signed-in", "not-permitted", "declaration-needed", "not-found"),
)
def propose_level(
    at: AtDoor, by: Annotated[StaffActor, Depends(StaffWith("set_level"))], reference: str
) -> LevelProposed:
    """What speaks for another level; a person sets it with the action `set_level`. The look is recorded."""
    with on_case(at, reference, by) as (db, case, keys):
        found = levels.propose(db, case, by=by, keys=keys)
    return LevelProposed(level=found.level, present=found.present, because=list(found.because))
