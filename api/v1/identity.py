"""Who a reporter is: asked for by those who work on a case, answered by custodians who do not."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.acts import on_case
from api.v1.case_shapes import Colleague
from api.v1.cases import on_record
from api.v1.identity_shapes import (
    IdentityAnswer,
    IdentityAsk,
    IdentityAsked,
    IdentityMine,
    IdentityRequest,
    OpenedIdentity,
    ReleaseAsk,
)
from cases import identity
from cases.actors import StaffActor
from cases.models.timed import TimedAccess
from cases.sealing.hierarchy import StaffKeys
from cases.staff import accounts

router = APIRouter(route_class=GuardedRoute, tags=["identity"])

Asking = Annotated[StaffActor, Depends(StaffWith("read_identity"))]
Releasing = Annotated[StaffActor, Depends(StaffWith("release_identity"))]
Reading = Annotated[StaffActor, Depends(StaffWith("read_identity", "release_identity"))]
Custodian = Annotated[StaffActor, Depends(StaffWith("grant_identity"))]

ASKED = (
    "not-signed-in",
    "not-permitted",
    "declaration-needed",
    "not-found",
    "not-allowed",
    "invalid-input",
)
ANSWERING = responses(
    "not-signed-in", "not-permitted", "same-person", "not-found", "proposal-void", "invalid-input"
)


def _asked(row: TimedAccess) -> IdentityAsked:
    return IdentityAsked(id=row.id, answer_by=row.answer_by)


@router.post(
    "/v1/cases/{reference}/identity-requests",
    operation_id="askIdentity",
    summary="Ask who sent a report",
    status_code=202,
    responses=responses(*ASKED),
)
def ask(at: AtDoor, by: Asking, reference: str, body: IdentityAsk) -> IdentityAsked:
    """Two custodians decide. Whether a name was given is not known before it is opened."""
    with on_case(at, reference, by) as (db, case, _):
        return _asked(identity.ask(db, case, body.report, body.purpose, body.reason, by=by))


@router.post(
    "/v1/cases/{reference}/identity-releases",
    operation_id="askIdentityRelease",
    summary="Ask to hand an identity to another body",
    status_code=202,
    responses=responses(*ASKED, "not-ready"),
)
def ask_release(at: AtDoor, by: Releasing, reference: str, body: ReleaseAsk) -> IdentityAsked:
    """The caller is the first person, a custodian the second. The reporter is told unless it would harm."""
    with on_case(at, reference, by) as (db, case, keys):
        row = identity.ask_release(
            db,
            case,
            body.report,
            basis=body.basis,
            body=body.body,
            reason=body.reason,
            tells=body.tell_reporter,
            by=by,
            keys=keys,
        )
        return _asked(row)


@router.get(
    "/v1/cases/{reference}/identity-requests",
    operation_id="listIdentityRequestsOfCase",
    summary="What the caller asked the custodians about a case",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def list_of_case(at: AtDoor, by: Reading, reference: str) -> Listed[IdentityMine]:
    """Newest first."""
    with on_case(at, reference, by) as (db, case, _):
        items = [
            IdentityMine.model_validate(
                {
                    "id": one.row.id,
                    "kind": one.row.kind,
                    "report": one.row.report_id,
                    "purpose": one.row.purpose,
                    "status": one.row.status,
                    "asked_on": one.row.asked_on,
                    "answer_by": one.row.answer_by,
                    "until": one.row.until,
                    "refusal": one.refusal,
                }
            )
            for one in identity.of_case(db, case, by=by)
        ]
    return Listed(items=items, next=None)


@router.get(
    "/v1/cases/{reference}/reports/{report}/identity",
    operation_id="readIdentity",
    summary="Who sent a report",
    responses=responses("not-signed-in", "not-permitted", "declaration-needed", "not-found"),
)
def read(at: AtDoor, by: Reading, reference: str, report: UUID) -> OpenedIdentity:
    """For whom it was opened to, as long as it is; every look and every try is recorded."""
    with on_case(at, reference, by) as (db, case, keys):
        seen = identity.read(db, case, report, by=by, keys=keys)
    return OpenedIdentity(
        given=seen.given, name=seen.name or None, contact=seen.contact or None, until=seen.until
    )


@router.get(
    "/v1/identity-requests",
    operation_id="listIdentityRequests",
    summary="What waits for the custodians, and what is open",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_requests(at: AtDoor, by: Custodian) -> Listed[IdentityRequest]:
    """Who asks, for what and why, and the reference of the case; nothing of what is in it."""
    with at.unit_of_work() as db:
        found = identity.waiting(db, by=by, keys=StaffKeys(db, by))
        names = accounts.names(db, {one.staff for one in found})
        items = [
            IdentityRequest.model_validate(
                {
                    "id": one.id,
                    "kind": one.kind,
                    "reference": one.reference,
                    "staff": Colleague(id=one.staff, name=names[one.staff]),
                    "purpose": one.purpose,
                    "status": one.status,
                    "asked_on": one.asked_on,
                    "answer_by": one.answer_by,
                    "hours": one.hours,
                    "until": one.until,
                    "mine": one.mine,
                    "reason": one.reason,
                    "body": one.body,
                }
            )
            for one in found
        ]
    return Listed(items=items, next=None)


@router.post(
    "/v1/identity-requests/{request}/decision",
    operation_id="answerIdentityRequest",
    summary="Grant or refuse an identity",
    status_code=204,
    responses=ANSWERING,
)
def decide(at: AtDoor, by: Custodian, request: UUID, body: IdentityAnswer) -> None:
    """A grant opens nothing yet: a second custodian confirms. For a release the caller is the second person."""
    with on_record(at, by) as db:
        identity.answer(
            db,
            request,
            grants=body.grant,
            hours=body.hours,
            reason=body.reason,
            by=by,
            keys=StaffKeys(db, by),
        )


@router.post(
    "/v1/identity-requests/{request}/confirmation",
    operation_id="confirmIdentityRequest",
    summary="Agree, as the second custodian",
    status_code=204,
    responses=ANSWERING,
)
def confirm(at: AtDoor, by: Custodian, request: UUID) -> None:
    """The identity opens to who asked, for the hours that were granted."""
    with on_record(at, by) as db:
        identity.confirm(db, request, by=by, keys=StaffKeys(db, by))


@router.post(
    "/v1/identity-requests/{request}/revocation",
    operation_id="revokeIdentity",
    summary="Close an identity at once",
    status_code=204,
    responses=responses("not-signed-in", "not-permitted", "not-found", "proposal-void"),
)
def revoke(at: AtDoor, by: Custodian, request: UUID) -> None:
    """One custodian is enough."""
    with on_record(at, by) as db:
        identity.revoke(db, request, by=by)
