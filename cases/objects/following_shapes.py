"""What follows from a case and outlives it: outcomes, recommendations, referrals, protection."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from cases.objects.values import (
    Body,
    CaseReference,
    ColleagueId,
    Effect,
    Factor,
    Form,
    IdentityBasis,
    Line,
    Long,
    Measure,
    Money,
    OutcomeCode,
    PersonId,
    RecordId,
    ReporterId,
    Risk,
    RootCause,
    Seriousness,
    Shape,
    Short,
    refuse,
)
from workflows import inspections

Count = Annotated[int, Field(ge=0, le=inspections.MOST, strict=True)]


class OutcomeStatus(StrEnum):
    """The life of an outcome."""

    PROPOSED = "proposed"
    DECIDED = "decided"
    NOTIFIED = "notified"
    APPEALED = "appealed"
    CARRIED_OUT = "carried_out"
    CANCELLED = "cancelled"


class Outcome(Shape):
    """What follows, for a person of the case or for the house as a whole."""

    outcome: OutcomeCode
    person: PersonId | None = None
    owner: ColleagueId | None = None
    due: date | None = None
    status: OutcomeStatus = OutcomeStatus.PROPOSED
    status_on: date | None = None
    """The day of the newest turn of its life; the service sets it."""
    reason: Short | None = None
    """Why it was cancelled, or what an appeal rests on."""
    recovered: Money | None = None
    tracked: bool = False
    """Followed outside this case until it is carried out."""
    note: Short | None = None


class RecommendationStatus(StrEnum):
    """The life of a recommendation."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused_with_reason"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    EFFECT_CHECKED = "effect_checked"
    RECURRED = "recurred"


class Recommendation(Shape):
    """What should change so that it does not happen again."""

    text: Long
    root_cause: RootCause | None = None
    factor: Factor | None = None
    owner: ColleagueId | None = None
    due: date | None = None
    status: RecommendationStatus = RecommendationStatus.PROPOSED
    reason: Short | None = None
    """Why it was refused."""
    suggestion: RecordId | None = None
    """The suggestion it comes from."""
    done_on: date | None = None
    effect_check_on: date | None = None
    """When it is to be seen whether it helped; the service sets both."""
    effect: Effect | None = None
    effect_note: Short | None = None


class ReferralStatus(StrEnum):
    """The life of a referral."""

    PREPARED = "prepared"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    CHASED = "chased"
    RESULT_RECEIVED = "result_received"
    ENDED = "ended"


class SentItem(Shape):
    """One record or file as it went out: the commitment names its content, the hash its bytes."""

    id: RecordId
    kind: Line
    version: int | None = None
    commitment: Line
    sha256: Line | None = None


class ReferralTerms(Shape):
    """What was agreed with an authority, as the register had it on the day something was sent."""

    agreement: Line | None = None
    legal_basis: Short | None = None
    channel: Short | None = None
    public_key: Long | None = None
    contact_role: Line | None = None
    accepts_anonymous: bool


class Referral(Shape):
    """What was handed to another authority, and what became of it."""

    body: Body
    basis: Short
    reprisal_risk: Risk
    items: Annotated[list[RecordId], Field(max_length=200)] = Field(default_factory=list)
    manifest: Annotated[list[SentItem], Field(max_length=200)] = Field(default_factory=list)
    """What went out, with its hashes; the service writes it when it is sent."""
    terms: ReferralTerms | None = None
    """By which agreement and channel it went; the service writes it when it is sent."""
    withheld: Long | None = None
    identity_basis: IdentityBasis | None = None
    may_learn_identity: bool = False
    withhold_notice: bool = False
    status: ReferralStatus = ReferralStatus.PREPARED
    sent_on: date | None = None
    reference: Line | None = None
    """The authority's own."""
    chase_on: Annotated[list[date], Field(max_length=20)] = Field(default_factory=list)
    result: Long | None = None
    result_on: date | None = None

    @model_validator(mode="after")
    def _identity_has_a_basis(self) -> Self:
        if self.may_learn_identity and self.identity_basis is None:
            raise refuse("identity_basis_missing")
        return self


class OfSomebody(Shape):
    """What is about one person: of the case, or who reported it."""

    person: PersonId | None = None
    """A person of the case; a reporter where nobody is named."""
    report: ReporterId | None = None
    """Which reporter, by their report: another one than the case's own came with what was merged into it."""

    @model_validator(mode="after")
    def _about_one(self) -> Self:
        if self.person is not None and self.report is not None:
            raise refuse("contradiction")
        return self


class ProtectionStatus(StrEnum):
    """The life of a protection plan."""

    ASSESSED = "assessed"
    ACTIVE = "active"
    UNDER_REVIEW = "under_review"
    ENDED = "ended"


class Consent(Shape):
    """That whom a measure is for agreed to it."""

    measure: Measure
    on: date
    how: Line


class PlanReview(Shape):
    """One look at whether the plan still fits."""

    on: date
    risk: Risk
    note: Short | None = None


class ProtectionPlan(OfSomebody):
    """How somebody is kept from harm: a reporter, or a person of the case."""

    risk: Risk
    measures: Annotated[list[Measure], Field(max_length=20)] = Field(default_factory=list)
    consents: Annotated[list[Consent], Field(max_length=20)] = Field(default_factory=list)
    review_on: date | None = None
    reviews: Annotated[list[PlanReview], Field(max_length=100)] = Field(default_factory=list)
    note: Long | None = None
    status: ProtectionStatus = ProtectionStatus.ASSESSED
    ended: bool = False


class Threat(OfSomebody):
    """One incident against somebody who is protected; together they are the threat log."""

    on: date
    form: Form
    severity: Seriousness
    description: Long
    done: Long | None = None
    """What was done about it."""
    told: Annotated[list[ColleagueId], Field(max_length=20)] = Field(default_factory=list)


class InspectionWatch(Shape):
    """How often somebody's goods were inspected before and after: counts of two periods and nothing else."""

    declarations_before: Count
    inspected_before: Count
    from_before: date
    to_before: date
    declarations_after: Count
    inspected_after: Count
    from_after: date
    to_after: date
    note: Short | None = None

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        in_order = self.from_before <= self.to_before < self.from_after <= self.to_after
        counted = (
            self.inspected_before <= self.declarations_before
            and self.inspected_after <= self.declarations_after
        )
        if not (in_order and counted):
            raise refuse("contradiction")
        return self

    def compared(self) -> inspections.Comparison:
        """Both rates, and how easily chance alone would make them differ so."""
        return inspections.compare(
            inspections.Period(self.declarations_before, self.inspected_before),
            inspections.Period(self.declarations_after, self.inspected_after),
        )


class Retaliation(OfSomebody):
    """A claim that somebody suffers for a report."""

    form: Form
    on: date
    description: Long
    by_persons: Annotated[list[PersonId], Field(max_length=20)] = Field(default_factory=list)
    linked_case: CaseReference | None = None
    """The case of the report it is for, where that is another one."""
