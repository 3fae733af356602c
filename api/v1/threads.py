"""Writing to a reporter."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.problems import responses
from api.v1.acts import on_case
from api.v1.case_shapes import Shape
from cases import assignments, messages, naming
from cases.actors import StaffActor
from cases.errors import Unacceptable
from cases.reading import casefile

router = APIRouter(route_class=GuardedRoute, tags=["cases"])

LONGEST = 20_000
"""Characters of one message."""


class NewMessage(Shape):
    """A message to the author of a report; `report` is needed where a case has several."""

    body: str = Field(min_length=1, max_length=LONGEST)
    report: UUID | None = None


class Sent(Shape):
    """A message that was sent."""

    id: UUID
    sent_on: date


@router.post(
    "/v1/cases/{reference}/messages",
    operation_id="writeToReporter",
    summary="Write to the reporter",
    status_code=201,
    responses=responses(
        "not-signed-in",
        "not-permitted",
        "declaration-needed",
        "not-found",
        "not-allowed",
        "names-a-person",
    ),
)
def write(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("write_to_reporter"))],
    reference: str,
    body: NewMessage,
) -> Sent:
    """The reporter sees it as from the service, without a name."""
    with on_case(at, reference, by) as (db, case, keys):
        assignments.demand(db, by, "write_to_reporter", case)
        reports = {one.id: one for one in casefile.reports_of(db, case)}
        if body.report is None and len(reports) != 1:
            raise Unacceptable([("/report", "missing")])
        chosen = reports.get(body.report or next(iter(reports)))
        if chosen is None:
            raise Unacceptable([("/report", "unknown_value")])
        words = naming.cleared(db, case, {"/body": body.body}, by=by, keys=keys)
        posted = messages.post_as_staff(db, case, chosen, words["/body"], by=by, keys=keys)
        return Sent(id=posted.id, sent_on=posted.sent_on)
