"""The register of ties, which everybody keeps for themselves, and the certificates of investigators."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.deps import AnyStaff, AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.act_shapes import Proposed
from api.v1.case_shapes import Shape
from api.v1.structure import proposed
from cases import assignments, twofold
from cases.actors import StaffActor
from cases.models.conflict import InterestKind
from cases.sealing.hierarchy import StaffKeys
from cases.staff import certificates, interests
from cases.staff.interests import Line

router = APIRouter(route_class=GuardedRoute, tags=["administration"])

LINE = 200

Certifier = Annotated[StaffActor, Depends(StaffWith("certify"))]


class NewInterest(Shape):
    """A tie, a gift, work outside, or a note on assets; with whom, by name, number or company."""

    kind: InterestKind
    name: str = Field("", max_length=LINE, repr=False)
    number: str = Field("", max_length=64, repr=False)
    company: str = Field("", max_length=LINE, repr=False)
    since: date
    until: date | None = None


class InterestLine(NewInterest):
    """A line of the register."""

    id: UUID


class InterestRegister(Shape):
    """What somebody stated, and how long their statement counts."""

    items: list[InterestLine]
    stated_on: date | None = Field(description="The last statement that the lines are complete.")
    good_until: date | None = Field(description="Investigations are given until this day.")


class Kept(Shape):
    """The line that was written."""

    id: UUID


class Ended(Shape):
    """When it ended."""

    until: date


class Stated(Shape):
    """How long the statement counts."""

    good_until: date


class NewCertificate(Shape):
    """Competence for a group of the list `categories`, until a day within three years."""

    category_group: str = Field(max_length=64)
    expires_on: date


class CertificateItem(Shape):
    """A certificate."""

    category_group: str
    issued_on: date
    expires_on: date


@router.get(
    "/v1/me/interests",
    operation_id="listMyInterests",
    summary="One's own lines in the register of ties",
    responses=responses("not-signed-in"),
)
def list_mine(at: AtDoor, by: AnyStaff) -> InterestRegister:
    """Every line, those that ended too, and until when the last statement counts."""
    return _register(at, by, by.id)


@router.post(
    "/v1/me/interests",
    status_code=201,
    operation_id="addInterest",
    summary="Write a line into the register of ties",
    responses=responses("not-signed-in"),
)
def add(at: AtDoor, by: AnyStaff, body: NewInterest) -> Kept:
    """A family or business tie, a gift, work outside, a note on assets. Lines are ended, not deleted.

    Whoever inquires into a case that names them has no part in it from then on.
    """
    with at.unit_of_work() as db:
        assignments.hold_inquirer(db, by.id)
        made = interests.add(db, Line(**body.model_dump()), by=by)
        assignments.tie_stated(db, by=by, keys=StaffKeys(db, by))
    return Kept(id=made)


@router.post(
    "/v1/me/interests/statement",
    status_code=201,
    operation_id="stateInterests",
    summary="State that one's lines are complete",
    responses=responses("not-signed-in"),
)
def state(at: AtDoor, by: AnyStaff) -> Stated:
    """Counts for a year; without one, nobody is given an investigation."""
    with at.unit_of_work() as db:
        return Stated(good_until=interests.state(db, by.id, by=by))


@router.post(
    "/v1/me/interests/{interest}/end",
    status_code=204,
    operation_id="endInterest",
    summary="Say when a tie ended",
    responses=responses("not-signed-in", "not-found"),
)
def end(at: AtDoor, by: AnyStaff, interest: UUID, body: Ended) -> None:
    """The line stays, with its last day."""
    with at.unit_of_work() as db:
        interests.end(db, interest, body.until, by=by)


@router.get(
    "/v1/staff/{staff}/interests",
    operation_id="listInterests",
    summary="What somebody stated in the register of ties",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def list_theirs(
    at: AtDoor, by: Annotated[StaffActor, Depends(StaffWith("read_interests"))], staff: UUID
) -> InterestRegister:
    """For the head of internal affairs; the look is recorded."""
    return _register(at, by, staff)


@router.get(
    "/v1/staff/{staff}/certificates",
    operation_id="listCertificates",
    summary="The certificates of an investigator",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def list_certificates(at: AtDoor, by: Certifier, staff: UUID) -> Listed[CertificateItem]:
    """By group of categories, those that expired too."""
    del by  # the gate
    with at.glance() as db:
        found = certificates.of(db, staff)
        items = [
            CertificateItem(
                category_group=one.category_group,
                issued_on=one.issued_on,
                expires_on=one.expires_on,
            )
            for one in found
        ]
    return Listed(items=items, next=None)


@router.post(
    "/v1/staff/{staff}/certificates",
    status_code=202,
    operation_id="certify",
    summary="Propose to certify an investigator",
    responses=responses(
        "not-signed-in", "not-permitted", "same-person", "not-found", "already-proposed"
    ),
)
def certify(at: AtDoor, by: Certifier, staff: UUID, body: NewCertificate) -> Proposed:
    """It counts once a second person has agreed; a later one renews it."""
    with at.unit_of_work() as db:
        return proposed(twofold.certify(db, staff, body.category_group, body.expires_on, by))


def _register(at: AtDoor, by: StaffActor, staff: UUID) -> InterestRegister:
    with at.unit_of_work() as db:
        found = interests.register(db, staff, by=by)
        return InterestRegister(
            items=[
                InterestLine(
                    id=identity,
                    kind=line.kind,
                    name=line.name,
                    number=line.number,
                    company=line.company,
                    since=line.since,
                    until=line.until,
                )
                for identity, line in found.lines
            ],
            stated_on=found.stated_on,
            good_until=found.good_until,
        )
