"""The working calendar: one year of it to check, and the administration's own days, which two people set."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.problems import responses
from api.v1.act_shapes import Proposed
from api.v1.case_shapes import Shape
from api.v1.structure import proposed
from cases import twofold
from cases.actors import StaffActor
from cases.staff import calendars, roles

router = APIRouter(route_class=GuardedRoute, tags=["administration"])

DEADLINES = "manage_workflow"
FIRST_YEAR, LAST_YEAR = 2000, 2100

Keeper = Annotated[StaffActor, Depends(StaffWith(DEADLINES))]


class Holiday(Shape):
    """A public holiday of the country; a day that follows the moon is an estimate, and its name says so."""

    day: date
    name: str


class CalendarYear(Shape):
    """A year of the working calendar."""

    year: int
    country: str = Field(
        description="ISO 3166-1, or letters that the standard leaves to its users."
    )
    holidays: list[Holiday]
    closed: list[date] = Field(description="The administration's own days off.")
    opened: list[date] = Field(description="Days worked although the country does not.")
    working_days: int


class OwnDays(Shape):
    """The administration's own days, all of them, in place of those it had set."""

    closed: list[date] = Field(max_length=calendars.MOST_DAYS)
    opened: list[date] = Field(max_length=calendars.MOST_DAYS)


@router.get(
    "/v1/calendar",
    operation_id="readCalendar",
    summary="A year of the working calendar",
    dependencies=[Depends(StaffWith())],
    responses=responses("not-signed-in"),
)
def read_calendar(
    at: AtDoor, year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None
) -> CalendarYear:
    """Working days are counted by it. Without a year, the present one."""
    with at.glance() as db:
        chosen = year or db.house.today().year
        found = calendars.year(db, chosen, at.language)
    return CalendarYear(
        year=chosen,
        country=found.country,
        holidays=[Holiday(day=day, name=name) for day, name in found.holidays.items()],
        closed=list(found.closed),
        opened=list(found.opened),
        working_days=found.working_days,
    )


@router.put(
    "/v1/calendar",
    status_code=202,
    operation_id="changeCalendar",
    summary="Set the administration's own days",
    responses=responses("not-signed-in", "not-permitted", "already-proposed"),
)
def change_calendar(at: AtDoor, by: Keeper, body: OwnDays) -> Proposed:
    """They hold once a second person has agreed. What is due already stays due on its day."""
    roles.demand_alone(by, DEADLINES)
    with at.unit_of_work() as db:
        return proposed(twofold.change_calendar(db, by, closed=body.closed, opened=body.opened))
