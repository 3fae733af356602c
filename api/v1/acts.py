"""What staff do to a case: declare, act, name people, and add to the file."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ValidationError

from api.deps import AtDoor, Door, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.pointers import code
from api.problems import responses
from api.v1 import beside
from api.v1.act_shapes import (
    ActionRequest,
    Decision,
    Declared,
    Proposed,
    Undecided,
)
from api.v1.beside import Hand
from api.v1.case_shapes import CaseHead, Colleague, Declaration
from api.v1.cases import IfMatch, matched, on_record
from cases import access, acts, declarations
from cases.actors import StaffActor
from cases.database import Work
from cases.errors import Unacceptable
from cases.models.case import Case
from cases.reading import heads
from cases.sealing.hierarchy import StaffKeys
from cases.staff import accounts

router = APIRouter(route_class=GuardedRoute, tags=["cases"])

InQueue = Annotated[StaffActor, Depends(StaffWith("see_queue"))]


@contextmanager
def on_case(
    at: Door, reference: str, by: StaffActor, if_match: str | None = None, *, match: bool = False
) -> Generator[tuple[Work, Case, StaffKeys]]:
    """A unit of work on one case, its row locked.

    Args:
        match: the act changes what others may have open, so the caller must say what they saw.
    """
    with on_record(at, by) as db:
        case = access.find(db, reference, by, to_change=True)
        if match:
            matched(db, case, by, if_match)
        yield db, case, StaffKeys(db, by)


@router.post(
    "/v1/cases/{reference}/declaration",
    operation_id="declare",
    summary="Say whether there is a conflict of interest",
    status_code=201,
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def declare(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("declare"))],
    reference: str,
    body: Declaration,
) -> Declared:
    """Content is shown once the answer says `none`; after `have` the case is gone for the caller.

    `unsure` means that somebody else has to decide, whatever was said.
    """
    with on_case(at, reference, by) as (db, case, keys):
        said = declarations.declare(db, case, body.conflict, body.reason, by=by, keys=keys)
        return Declared(conflict=said)


@router.get(
    "/v1/cases/{reference}/declarations",
    operation_id="listUndecidedDeclarations",
    summary="Declarations that wait for a decision",
    responses=responses("not-signed-in", "not-permitted", "declaration-needed", "not-found"),
)
def list_declarations(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("decide_declaration"))],
    reference: str,
) -> Listed[Undecided]:
    """Who was unsure whether they have a conflict, and why."""
    with on_case(at, reference, by) as (db, case, keys):
        found = declarations.undecided(db, case, by=by, keys=keys)
        names = accounts.names(db, {one.staff for one in found})
        items = [
            Undecided(
                id=one.id,
                staff=Colleague(id=one.staff, name=names[one.staff]),
                declared_on=one.declared_on,
                reason=one.reason,
                alike=list(one.alike),
            )
            for one in found
        ]
    return Listed(items=items, next=None)


@router.post(
    "/v1/cases/{reference}/declarations/{declaration}/decision",
    operation_id="decideDeclaration",
    summary="Decide for somebody who was unsure",
    status_code=204,
    responses=responses("not-signed-in", "not-permitted", "declaration-needed", "not-found"),
)
def decide_declaration(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("decide_declaration"))],
    reference: str,
    declaration: UUID,
    body: Decision,
) -> None:
    """With a conflict, the case is gone for that person; without, they may read it."""
    with on_case(at, reference, by) as (db, case, keys):
        declarations.decide(db, case, declaration, conflict=body.conflict, by=by, keys=keys)


@router.post(
    "/v1/cases/{reference}/actions",
    operation_id="act",
    summary="Take a step, or propose it to a second person",
    responses={
        **responses(
            "not-signed-in",
            "not-permitted",
            "declaration-needed",
            "not-found",
            "not-allowed",
            "precondition-failed",
            "precondition-missing",
        ),
        202: {"model": Proposed, "description": "Another person must confirm."},
    },
)
def act(
    at: AtDoor,
    by: InQueue,
    reference: str,
    body: ActionRequest,
    response: Response,
    *,
    if_match: IfMatch = None,
) -> CaseHead | Proposed:
    """Take a step of the workflow, or one of the acts beside it.

    Those are: take, assign, unassign, reroute, set_priority, set_level, rate_risk, agree_exposure,
    allege_abuse, hold, lift_hold, grant, break_glass, revoke, link, unlink,
    follow_up, custody, approve_plan, approve_short_notice.
    """
    with on_case(at, reference, by, if_match, match=True) as (db, case, keys):
        waits = perform(Hand(db, case, by, keys), body)
        if waits is not None:
            response.status_code = 202
            return waits
        head = heads.of(db, case, by=by)
    response.headers["ETag"] = f'"{head.etag}"'
    return CaseHead.of(head)


def perform(on: Hand, body: ActionRequest) -> Proposed | None:
    """One act: a step of the workflow, or one of those beside it; the proposal when it waits."""
    fields = body.fields()
    # `assign` is also the step that begins an investigation; naming one person has a `role`.
    if body.action not in beside.ACTS or (body.action == "assign" and "role" not in fields):
        done = acts.act(on.db, on.case, body.action, fields, by=on.by, keys=on.keys)
        if isinstance(done, acts.Proposed):
            return Proposed(proposal=done.proposal, expires_on=done.expires_on)
        return None
    shape, doing = beside.ACTS[body.action]
    try:
        asked = shape.model_validate(fields)
    except ValidationError as wrong:
        raise Unacceptable(problems_of(wrong, shape)) from None
    waits = doing(on, asked)
    return Proposed(proposal=waits.id, expires_on=waits.expires_on) if waits else None


def problems_of(wrong: ValidationError, shape: type[BaseModel]) -> list[tuple[str, str]]:
    """What is wrong with a shape, without anything that was sent: not even an unknown field's name."""
    return [
        (
            f"/{error['loc'][0]}" if error["loc"][0] in shape.model_fields else "",
            code(error["type"]),
        )
        for error in wrong.errors(include_input=False, include_context=False, include_url=False)
    ]
