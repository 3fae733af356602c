"""Units and their key circles, and the tree of offices."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.deps import AnyStaff, AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Cursor, Listed, Page
from api.problems import responses
from api.v1.act_shapes import Proposed
from api.v1.administration_shapes import (
    Joined,
    MemberItem,
    NewOffice,
    NewUnit,
    OfficeChange,
    OfficeItem,
    UnitChange,
    UnitItem,
)
from cases import twofold
from cases.actors import StaffActor
from cases.models.people import HouseProposal
from cases.staff import circle, heads, roles, structure
from cases.staff.structure import OfficePlan, UnitPlan

router = APIRouter(route_class=GuardedRoute, tags=["administration"])

UNITS = "manage_units"
OFFICES = "manage_offices"

UnitManager = Annotated[StaffActor, Depends(StaffWith(UNITS))]
OfficeManager = Annotated[StaffActor, Depends(StaffWith(OFFICES))]
WAITS: dict[int | str, dict[str, object]] = {
    202: {"model": Proposed, "description": "A second person has to agree."}
}
InACircle = Annotated[StaffActor, Depends(StaffWith("add_to_circle"))]


def proposed(waiting: HouseProposal) -> Proposed:
    """What the caller is told of an act that waits."""
    return Proposed(proposal=waiting.id, expires_on=waiting.expires_on)


@router.get(
    "/v1/units",
    operation_id="listUnits",
    summary="Units",
    responses=responses("not-signed-in"),
)
def list_units(at: AtDoor, by: AnyStaff, page: Annotated[Page, Query()]) -> Listed[UnitItem]:
    """Units by code."""
    cursor = Cursor(at.house.keyring.key("cursor"), f"units {by.id}", page)
    with at.glance() as db:
        found = structure.units(db, after=cursor.word, limit=page.limit + 1)
        return cursor.listed(found, UnitItem.of, lambda unit: (unit.code,))


@router.post(
    "/v1/units",
    status_code=202,
    operation_id="createUnit",
    summary="Create a unit",
    responses=responses("not-signed-in", "not-permitted", "already-proposed"),
)
def create_unit(at: AtDoor, by: UnitManager, body: NewUnit) -> Proposed:
    """The unit is there once a second person has agreed.

    It takes no report before somebody of its circle has signed in.
    """
    roles.demand_alone(by, UNITS)
    with at.unit_of_work() as db:
        return proposed(twofold.create_unit(db, UnitPlan(**body.model_dump()), by))


@router.patch(
    "/v1/units/{unit}",
    operation_id="changeUnit",
    summary="Change a unit",
    responses=WAITS | responses("not-signed-in", "not-permitted", "not-found", "already-proposed"),
)
def change_unit(
    at: AtDoor, by: UnitManager, unit: UUID, body: UnitChange, response: Response
) -> UnitItem | Proposed:
    """What is named changes; code, kind and side stay.

    Which units serve it is for two people to say: such a change waits as a whole (202).
    """
    roles.demand_alone(by, UNITS)
    with at.unit_of_work() as db:
        done = twofold.change_unit(db, unit, by, body.given())
        if isinstance(done, HouseProposal):
            response.status_code = 202
            return proposed(done)
        return UnitItem.of(done)


@router.get(
    "/v1/units/{unit}/members",
    operation_id="listMembers",
    summary="Who holds which role in a unit",
    dependencies=[Depends(StaffWith("manage_staff", UNITS, "add_to_circle"))],
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def list_members(at: AtDoor, unit: UUID) -> Listed[MemberItem]:
    """Every role held in the unit, and who has its key."""
    with at.glance() as db:
        structure.unit(db, unit)
        found = circle.members(db, unit)
    return Listed(items=[MemberItem.of(seat) for seat in found], next=None)


@router.post(
    "/v1/units/{unit}/members/{staff}",
    status_code=201,
    operation_id="addToCircle",
    summary="Give a colleague the unit's key",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def add_to_circle(at: AtDoor, by: InACircle, unit: UUID, staff: UUID) -> Joined:
    """By somebody who holds it; compare the fingerprint with what the colleague reads out."""
    with at.unit_of_work() as db:
        return Joined(fingerprint=circle.add_to_circle(db, unit, staff, by))


@router.delete(
    "/v1/units/{unit}/members/{staff}",
    status_code=204,
    operation_id="leaveCircle",
    summary="Take the unit's key from somebody",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def leave_circle(at: AtDoor, by: InACircle, unit: UUID, staff: UUID) -> None:
    """By somebody who holds it; roles stay as they are."""
    with at.unit_of_work() as db:
        circle.leave_circle(db, unit, staff, by)


@router.get(
    "/v1/offices",
    operation_id="listOffices",
    summary="Offices",
    responses=responses("not-signed-in"),
)
def list_offices(at: AtDoor, by: AnyStaff, page: Annotated[Page, Query()]) -> Listed[OfficeItem]:
    """Offices by code."""
    cursor = Cursor(at.house.keyring.key("cursor"), f"offices {by.id}", page)
    with at.glance() as db:
        found = structure.offices(db, after=cursor.word, limit=page.limit + 1)
        led = heads.heads(db)
        return cursor.listed(
            found, lambda one: OfficeItem.of(one, led.get(one.id)), lambda office: (office.code,)
        )


@router.post(
    "/v1/offices",
    status_code=201,
    operation_id="createOffice",
    summary="Create an office",
    responses=WAITS | responses("not-signed-in", "not-permitted", "already-proposed"),
)
def create_office(
    at: AtDoor, by: OfficeManager, body: NewOffice, response: Response
) -> OfficeItem | Proposed:
    """Create an office below another one; one that names its unit waits for a second person (202)."""
    roles.demand_alone(by, OFFICES)
    with at.unit_of_work() as db:
        done = twofold.create_office(db, OfficePlan(**body.model_dump()), by)
        if isinstance(done, HouseProposal):
            response.status_code = 202
            return proposed(done)
        return OfficeItem.of(done, heads.heads(db).get(done.id))


@router.patch(
    "/v1/offices/{office}",
    operation_id="changeOffice",
    summary="Change an office",
    responses=WAITS | responses("not-signed-in", "not-permitted", "not-found", "already-proposed"),
)
def change_office(
    at: AtDoor, by: OfficeManager, office: UUID, body: OfficeChange, response: Response
) -> OfficeItem | Proposed:
    """What is named changes; code and kind stay.

    Where reports go follows from unit and parent, and who is kept apart from cases from the head: a
    change of these waits as a whole (202).
    """
    roles.demand_alone(by, OFFICES)
    with at.unit_of_work() as db:
        done = twofold.change_office(db, office, by, body.given())
        if isinstance(done, HouseProposal):
            response.status_code = 202
            return proposed(done)
        return OfficeItem.of(done, heads.heads(db).get(done.id))
