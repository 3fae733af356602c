"""The authorities to which cases are referred: what was agreed with each, which two people keep."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.act_shapes import Proposed
from api.v1.case_shapes import Shape
from api.v1.structure import proposed
from cases import twofold
from cases.actors import StaffActor
from cases.objects import handing_on
from cases.objects.values import LINE, LONG, SHORT
from cases.staff import bodies, roles
from cases.staff.bodies import Agreement
from workflows import catalogue
from workflows.model import Locale

router = APIRouter(route_class=GuardedRoute, tags=["administration"])

PROCESS = "manage_workflow"

Keeper = Annotated[StaffActor, Depends(StaffWith(PROCESS))]


class AgreedTerms(Shape):
    """What was agreed with an authority, all of it, in place of what was known."""

    agreement: str | None = Field(
        None, min_length=1, max_length=LINE, description="The reference of the agreement with it."
    )
    legal_basis: str | None = Field(None, min_length=1, max_length=SHORT)
    channel: str | None = Field(
        None, min_length=1, max_length=SHORT, description="The secure channel by which cases go."
    )
    public_key: str | None = Field(
        None, min_length=1, max_length=LONG, description="As the authority gave it, in text."
    )
    contact_role: str | None = Field(
        None, min_length=1, max_length=LINE, description="Who receives them: a role, no name."
    )
    accepts_anonymous: bool = Field(
        description="Whether it takes a matter of which nobody knows who reported it."
    )

    def of(self, body: str) -> Agreement:
        """The same about one authority, for the rooms."""
        return Agreement(body=body, **self.model_dump())


class ReferralBodyItem(Shape):
    """An authority to which cases are referred, and what was agreed with it."""

    code: str
    names: dict[Locale, str]
    may_learn_identity: bool = Field(
        description="Whether it may learn who reported without the reporter's word."
    )
    silent_about: list[str] = Field(
        description="Categories of which nobody may hear that it looks into them."
    )
    terms: AgreedTerms | None = Field(
        description="Null where the register has nothing: then it is taken to accept anonymous matters."
    )


@router.get(
    "/v1/referral-bodies",
    operation_id="listReferralBodies",
    summary="The authorities to which cases are referred",
    dependencies=[Depends(StaffWith())],
    responses=responses("not-signed-in"),
)
def list_bodies(at: AtDoor) -> Listed[ReferralBodyItem]:
    """Every one of the list, with what the register holds of it."""
    with at.glance() as db:
        register = bodies.every(db)
    return Listed(
        items=[
            ReferralBodyItem(
                code=one.code,
                names=dict(one.labels),
                may_learn_identity=one.extra["may_learn_identity"] == "yes",
                silent_about=sorted(handing_on.silent_about(one.code)),
                terms=_shown(register.get(one.code)),
            )
            for one in catalogue.code_list(bodies.LIST).entries
        ],
        next=None,
    )


def _shown(agreed: Agreement | None) -> AgreedTerms | None:
    return None if agreed is None else AgreedTerms(**agreed.terms())


@router.put(
    "/v1/referral-bodies/{code}",
    status_code=202,
    operation_id="changeReferralBody",
    summary="Say what was agreed with an authority",
    responses=responses("not-signed-in", "not-permitted", "not-found", "already-proposed"),
)
def change_body(at: AtDoor, by: Keeper, code: str, body: AgreedTerms) -> Proposed:
    """It holds once a second person has agreed. What was sent before keeps what held then."""
    roles.demand_alone(by, PROCESS)
    with at.unit_of_work() as db:
        return proposed(twofold.change_referral_body(db, body.of(code), by))
