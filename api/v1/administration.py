"""Staff: who there is, who is invited, and which roles they hold."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api import paging
from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed, Page
from api.problems import responses
from api.v1 import structure
from api.v1.administration_shapes import (
    EnrolmentCode,
    Given,
    Invited,
    NewStaff,
    RoleProposalItem,
    Seat,
    StaffChange,
    StaffItem,
)
from cases import access, conflicts
from cases.actors import Actor, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.database import Work
from cases.models.people import Staff
from cases.staff import accounts, roles
from cases.staff.accounts import Invitation
from cases.staff.roles import SeatWish

router = APIRouter(route_class=GuardedRoute, tags=["administration"])

MANAGE = "manage_staff"

# Whoever names, lets in or gives keys to colleagues has to find them.
Colleague = Annotated[
    StaffActor, Depends(StaffWith(MANAGE, "assign", "grant", "add_to_circle", "authorise"))
]
Manager = Annotated[StaffActor, Depends(StaffWith(MANAGE))]


@router.get(
    "/v1/staff",
    operation_id="listStaff",
    summary="Accounts",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_staff(at: AtDoor, by: Colleague, page: Annotated[Page, Query()]) -> Listed[StaffItem]:
    """Accounts by username."""
    key, scope = at.house.keyring.key("cursor"), f"staff {by.id}"
    after = str(paging.decode(key, page.cursor, scope)[0]) if page.cursor else ""
    with at.glance() as db:
        found = accounts.people(db, after=after, limit=page.limit + 1)
    items = [StaffItem.of(one, whole=access.allowed(by, MANAGE)) for one in found[: page.limit]]
    more = len(found) > page.limit
    following = paging.encode(key, (items[-1].username,), scope) if more else None
    return Listed(items=items, next=following)


@router.post(
    "/v1/staff",
    status_code=201,
    operation_id="inviteStaff",
    summary="Invite somebody",
    responses=responses("not-signed-in", "not-permitted"),
)
def invite(at: AtDoor, by: Manager, body: NewStaff) -> Invited:
    """Make an account. Its owner makes its keys with the code, which is shown here only."""
    roles.demand_alone(by, MANAGE)
    invitation = Invitation(
        username=body.username,
        display_name=body.display_name,
        staff_number=body.staff_number,
        office=body.office,
        since=body.since,
        seats=[SeatWish(seat.unit, seat.role, seat.office) for seat in body.memberships],
    )
    with at.unit_of_work() as db:
        invited = accounts.invite(db, invitation, by)
        keep_apart(db, invited.staff, by)
        return Invited(
            id=invited.staff.id, enrolment_code=invited.code, proposals=list(invited.proposals)
        )


@router.get(
    "/v1/staff/proposals",
    operation_id="listRoleProposals",
    summary="Roles that wait for a second person",
    dependencies=[Depends(StaffWith(MANAGE))],
    responses=responses("not-signed-in", "not-permitted"),
)
def list_role_proposals(at: AtDoor) -> Listed[RoleProposalItem]:
    """Every open proposal of a role."""
    with at.glance() as db:
        found = roles.role_proposals(db)
    return Listed(items=[RoleProposalItem.of(one) for one in found], next=None)


@router.post(
    "/v1/staff/proposals/{proposal}/confirmation",
    status_code=204,
    operation_id="confirmRole",
    summary="Agree to a role as the second person",
    responses=responses(
        "not-signed-in", "not-permitted", "same-person", "not-found", "proposal-void"
    ),
)
def confirm_role(at: AtDoor, by: Manager, proposal: UUID) -> None:
    """The person holds the role from now on."""
    with at.unit_of_work() as db:
        roles.confirm_role(db, proposal, by)


@router.post(
    "/v1/staff/proposals/{proposal}/refusal",
    status_code=204,
    operation_id="refuseRole",
    summary="Refuse a proposed role",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def refuse_role(at: AtDoor, by: Manager, proposal: UUID) -> None:
    """The proposal is gone."""
    with at.unit_of_work() as db:
        roles.refuse_role(db, proposal, by)


@router.get(
    "/v1/staff/{staff}",
    operation_id="readStaff",
    summary="One account",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def read_staff(at: AtDoor, by: Colleague, staff: UUID) -> StaffItem:
    """The account and its roles."""
    with at.glance() as db:
        return StaffItem.of(accounts.person(db, staff), whole=access.allowed(by, MANAGE))


@router.patch(
    "/v1/staff/{staff}",
    operation_id="changeStaff",
    summary="Change, close or open an account",
    responses=responses("not-signed-in", "not-permitted", "same-person", "not-found"),
)
def change_staff(at: AtDoor, by: Manager, staff: UUID, body: StaffChange) -> StaffItem:
    """What is named changes. A closed account's sessions end at once."""
    roles.demand_alone(by, MANAGE)
    changes = body.given()
    status = changes.pop("status", None)
    with at.unit_of_work() as db:
        if changes:
            keep_apart(db, accounts.change(db, staff, by, changes), by)
        if status == "disabled":
            accounts.disable(db, staff, by)
        elif status == "active":
            accounts.enable(db, staff, by)
        return StaffItem.of(accounts.person(db, staff), whole=True)


@router.post(
    "/v1/staff/{staff}/enrolment",
    status_code=201,
    operation_id="inviteAgain",
    summary="A new enrolment code",
    responses=responses("not-signed-in", "not-permitted", "same-person", "not-found"),
)
def invite_again(at: AtDoor, by: Manager, staff: UUID) -> EnrolmentCode:
    """For who lost the code, or password and recovery code alike. Keys have to be given anew."""
    roles.demand_alone(by, MANAGE)
    with at.unit_of_work() as db:
        return EnrolmentCode(enrolment_code=accounts.invite_again(db, staff, by))


@router.post(
    "/v1/staff/{staff}/memberships",
    status_code=201,
    operation_id="giveRole",
    summary="Give a role in a unit",
    responses={
        202: {"model": Given, "description": "A second person has to agree."},
        **responses("not-signed-in", "not-permitted", "same-person", "not-found"),
    },
)
def give_role(at: AtDoor, by: Manager, staff: UUID, body: Seat, response: Response) -> Given:
    """Give a role; a system administrator's waits for a second person (202)."""
    roles.demand_alone(by, MANAGE)
    with at.unit_of_work() as db:
        proposal = roles.give_role(db, staff, SeatWish(body.unit, body.role, body.office), by)
    if proposal is not None:
        response.status_code = 202
    return Given(proposal=proposal)


@router.delete(
    "/v1/staff/{staff}/memberships/{unit}/{role}",
    status_code=204,
    operation_id="takeRole",
    summary="Take a role",
    responses=responses("not-signed-in", "not-permitted", "same-person", "not-found"),
)
def take_role(  # the path names all of it
    at: AtDoor, by: Manager, staff: UUID, unit: UUID, role: str
) -> None:
    """Take a role, and the unit's key with the last role that had brought it."""
    roles.demand_alone(by, MANAGE)
    with at.unit_of_work() as db:
        roles.take_role(db, staff, unit, role, by)


def keep_apart(db: Work, staff: Staff, by: Actor) -> None:
    """Wall a person who is new, or newly named, off from the cases that name them."""
    named = conflicts.cases_naming(db, staff)
    built = sum(conflicts.wall(db, case_id, [staff.id]) for case_id in named)
    if built:
        # No case is named: an event that joins person and case would be the wall without its veil.
        log.emit(db, "conflict.matched", by=by, d=Details(staff=staff.id))


router.include_router(structure.router)
