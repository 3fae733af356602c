"""The shapes of asking who a reporter is."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.v1.case_shapes import Colleague, Shape

Reason = Annotated[str, Field(min_length=1, max_length=2_000)]


class IdentityAsk(Shape):
    """To be told who sent a report, in order to work on the case."""

    report: UUID
    purpose: str = Field(max_length=40, description="A code of the list `identity_purposes`.")
    reason: Reason


class ReleaseAsk(Shape):
    """To hand the identity of a reporter to another body."""

    report: UUID
    basis: str = Field(max_length=40, description="A code of the list `identity_bases`.")
    body: str = Field(max_length=40, description="A code of the list `referral_bodies`.")
    reason: Reason
    tell_reporter: bool = Field(
        default=True, description="False only where it would do harm; the reason says why."
    )


class IdentityAsked(Shape):
    """A request that waits for custodians."""

    id: UUID
    answer_by: date


class IdentityMine(Shape):
    """What the caller asked, and how it stands."""

    id: UUID
    kind: Literal["identity", "release"]
    report: UUID
    purpose: str
    status: str = Field(description="`asked`, `half`, `open`, `refused`, `expired` or `revoked`.")
    asked_on: date
    answer_by: date
    until: datetime | None
    refusal: str | None = Field(description="Why a custodian said no.")


class IdentityRequest(Shape):
    """A request as custodians see it: who, what for, and which case by its reference alone."""

    id: UUID
    kind: Literal["identity", "release"]
    reference: str
    staff: Colleague
    purpose: str
    status: str
    asked_on: date
    answer_by: date
    hours: int = Field(description="What the first custodian granted; 0 before.")
    until: datetime | None
    mine: bool = Field(description="The caller granted it and waits for somebody else.")
    reason: str | None = Field(description="Null where it cannot be opened any more.")
    body: str | None = Field(description="For a release: whom the identity is for.")


class IdentityAnswer(Shape):
    """A custodian's word on a request."""

    grant: bool
    hours: int = Field(4, ge=1, le=72)
    reason: Reason


class OpenedIdentity(Shape):
    """Who sent a report."""

    given: bool = Field(description="False when neither a name nor a contact was given.")
    name: str | None
    contact: str | None
    until: datetime = Field(description="When it closes again.")
