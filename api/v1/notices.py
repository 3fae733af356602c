"""What the body outside the line is told of reports that others handle."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.case_shapes import Shape
from cases import notices
from cases.actors import StaffActor
from workflows import catalogue

router = APIRouter(route_class=GuardedRoute, tags=["cases"])


class NoticeItem(Shape):
    """That a report came, or that two people opened a case in an emergency; no reference to either."""

    id: UUID
    concern: str = Field(description="A code of the list `notices`.")
    text: str
    unit: UUID = Field(description="The unit that handles it.")
    came_on: date
    read: bool = Field(description="The caller had seen this notice before.")


@router.get(
    "/v1/notices",
    operation_id="listNotices",
    summary="Reports that concern a system administrator, and emergencies",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_notices(
    at: AtDoor, by: Annotated[StaffActor, Depends(StaffWith("notices"))]
) -> Listed[NoticeItem]:
    """For heads and case managers of the body outside the line; a report is shown once the day is over.

    For everybody else the list is empty. The look is recorded.
    """
    with at.unit_of_work() as db:
        found = notices.read(db, by)
    return Listed(
        items=[
            NoticeItem(
                id=one.id,
                concern=one.concern,
                text=catalogue.label("notices", one.concern, at.language),
                unit=one.unit,
                came_on=one.came_on,
                read=one.read,
            )
            for one in found
        ],
        next=None,
    )
