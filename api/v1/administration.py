"""Staff: who there is, who is invited, and which roles they hold."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Cursor, Listed, Page
from api.problems import responses
from api.v1 import calendar, interests, notices, referral_bodies, structure
from api.v1.act_shapes import Proposed
from api.v1.administration_shapes import (
    Agreed,
    HouseProposalItem,
    Invited,
    NewStaff,
    Seat,
    StaffChange,
    StaffItem,
)
from api.v1.structure import WAITS, proposed
from cases import access, assignments, conflicts, twofold
from cases.actors import StaffActor
from cases.database import Work
from cases.staff import accounts, roles
from cases.staff.accounts import Invitation
from cases.staff.roles import SeatWish

router = APIRouter(route_class=GuardedRoute, tags=["administration"])

MANAGE = "manage_staff"

# Whoever names, lets in or gives keys to colleagues has to find them.
Colleague = Annotated[
    StaffActor, Depends(StaffWith(MANAGE, "assign", "grant", "add_to_circle", "authorise"))
]
# Certificates are given by those who assign, who manage no accounts: each answers what they may propose.
Answering = Annotated[StaffActor, Depends(StaffWith(MANAGE, "certify"))]
Manager = Annotated[StaffActor, Depends(StaffWith(MANAGE))]


@router.get(
    "/v1/staff",
    operation_id="listStaff",
    summary="Accounts",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_staff(at: AtDoor, by: Colleague, page: Annotated[Page, Query()]) -> Listed[StaffItem]:
    """Accounts by username."""
    cursor = Cursor(at.house.keyring.key("cursor"), f"staff {by.id}", page)
    show = partial(StaffItem.of, whole=access.allowed(by, MANAGE))
    with at.glance() as db:
        found = accounts.people(db, after=cursor.word, limit=page.limit + 1)
    return cursor.listed(found, show, lambda one: (one.staff.username,))


@router.post(
    "/v1/staff",
    status_code=201,
    operation_id="inviteStaff",
    summary="Invite somebody",
    responses=responses("not-signed-in", "not-permitted"),
)
def invite(at: AtDoor, by: Manager, body: NewStaff) -> Invited:
    """Make an account. Its owner makes its keys with the code, which is shown here only.

    Each role waits for a second person.
    """
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
        invited = twofold.invite(db, invitation, by)
        conflicts.screen(db, invited.staff, by)
        return Invited(
            id=invited.staff.id, enrolment_code=invited.code, proposals=list(invited.proposals)
        )


@router.get(
    "/v1/staff/proposals",
    operation_id="listHouseProposals",
    summary="What waits for a second person in the administration",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_proposals(at: AtDoor, by: Answering) -> Listed[HouseProposalItem]:
    """Roles, accounts, units, offices, certificates: what the caller may answer or proposed."""
    with at.glance() as db:
        found = twofold.waiting(db, by)
    return Listed(items=[HouseProposalItem.of(one, by.id) for one in found], next=None)


@router.post(
    "/v1/staff/proposals/{proposal}/confirmation",
    operation_id="confirmHouseProposal",
    summary="Agree as the second person",
    responses=responses(
        "not-signed-in", "not-permitted", "same-person", "not-found", "proposal-void"
    ),
)
def confirm(at: AtDoor, by: Answering, proposal: UUID) -> Agreed:
    """It is done now. Never by who proposed it, nor by the person it is about."""
    with at.unit_of_work() as db:
        office = twofold.line_of(db, proposal)
        code = twofold.confirm(db, proposal, by)
        if office is not None:
            conflicts.screen_heads(db, office, by)
        return Agreed(enrolment_code=code)


@router.post(
    "/v1/staff/proposals/{proposal}/refusal",
    status_code=204,
    operation_id="refuseHouseProposal",
    summary="Refuse what was proposed, or take one's own proposal back",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def refuse(at: AtDoor, by: Answering, proposal: UUID) -> None:
    """The proposal is gone; everything stays as it is."""
    with at.unit_of_work() as db:
        twofold.refuse(db, proposal, by)


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
    responses=WAITS
    | responses("not-signed-in", "not-permitted", "same-person", "not-found", "already-proposed"),
)
def change_staff(
    at: AtDoor, by: Manager, staff: UUID, body: StaffChange, response: Response
) -> StaffItem | Proposed:
    """What is named changes; a closed account's sessions end at once.

    Who is moved to another office no longer inquires into what happened there.

    Opening a closed account gives its roles back and waits for a second person (202).
    """
    roles.demand_alone(by, MANAGE)
    changes = body.given()
    moves = "office" in changes
    with at.house.unit_of_work() as db:
        if moves:
            assignments.hold_for_move(db, staff)
        answer = _changed(db, by, staff, changes, response)
        receipts = list(db.receipts)  # those of what follows would tell of cases
        if moves:
            assignments.moved(db, staff)
    at.receipts.extend(receipts)
    return answer


# Any: the values are those of the columns of the same name.
def _changed(
    db: Work, by: StaffActor, staff: UUID, changes: dict[str, Any], response: Response
) -> StaffItem | Proposed:
    status = changes.pop("status", None)
    if status == "disabled":
        accounts.disable(db, staff, by)  # first: it locks cases, which come before people
    if changes:
        conflicts.screen(db, accounts.change(db, staff, by, changes), by)
    if status == "active":
        response.status_code = 202
        return proposed(twofold.enable(db, staff, by))
    return StaffItem.of(accounts.person(db, staff), whole=True)


@router.post(
    "/v1/staff/{staff}/enrolment",
    status_code=202,
    operation_id="inviteAgain",
    summary="A new enrolment code",
    responses=responses(
        "not-signed-in", "not-permitted", "same-person", "not-found", "already-proposed"
    ),
)
def invite_again(at: AtDoor, by: Manager, staff: UUID) -> Proposed:
    """For who lost the code, or password and recovery code alike. Keys have to be given anew.

    The second person is shown the code.
    """
    roles.demand_alone(by, MANAGE)
    with at.unit_of_work() as db:
        return proposed(twofold.invite_again(db, staff, by))


@router.post(
    "/v1/staff/{staff}/memberships",
    status_code=202,
    operation_id="giveRole",
    summary="Give a role in a unit",
    responses=responses(
        "not-signed-in", "not-permitted", "same-person", "not-found", "already-proposed"
    ),
)
def give_role(at: AtDoor, by: Manager, staff: UUID, body: Seat) -> Proposed:
    """The person holds the role once a second person has agreed."""
    roles.demand_alone(by, MANAGE)
    with at.unit_of_work() as db:
        wish = SeatWish(body.unit, body.role, body.office)
        return proposed(twofold.give_role(db, staff, wish, by))


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


router.include_router(structure.router)
router.include_router(calendar.router)
router.include_router(referral_bodies.router)
router.include_router(notices.router)
router.include_router(interests.router)
