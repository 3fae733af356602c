"""What the investigator's own things hold: goods, items of information, plans, interviews, reports."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from cases.objects.values import (
    AllegationId,
    Bearing,
    ColleagueId,
    Credibility,
    CustodyEvent,
    FindingCode,
    Gender,
    Handling,
    ItemId,
    Language,
    Line,
    Long,
    Money,
    OfficeCode,
    PersonId,
    PersonRole,
    RecordId,
    Reliability,
    ReportId,
    ReviewAnswer,
    ReviewPoint,
    Right,
    Sha256,
    Shape,
    Short,
    SourceType,
    Standard,
    TimeOfDay,
    Title,
    refuse,
)

REFERENCES = (
    "declaration",
    "manifest",
    "transport_document",
    "container",
    "seal",
    "transit_reference",
    "aeo_number",
    "vehicle",
)
"""The fields by which a consignment can be found again; it has at least one."""

Reference = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Consignment(Shape):
    """Goods that an allegation is about, by the references that customs know them by."""

    declaration: Reference | None = None
    manifest: Reference | None = None
    transport_document: Reference | None = None
    container: Reference | None = None
    """Four letters, six digits and a check digit (ISO 6346); kept as given, told of when it fails."""
    seal: Reference | None = None
    transit_reference: Reference | None = None
    aeo_number: Reference | None = None
    vehicle: Reference | None = None
    broker: Line | None = None
    office: OfficeCode | None = None
    declared_value: Money | None = None
    revenue_at_risk: Money | None = None
    note: Short | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if not any(getattr(self, name) for name in REFERENCES):
            raise refuse("reference_missing")
        return self


class BearsOn(Shape):
    """What an item says about one allegation."""

    allegation: AllegationId
    bearing: Bearing
    note: Short | None = None


class Item(Shape):
    """An item of information: where it comes from, how far it can be trusted, what it bears on.

    F and 6 mean that source and content are not yet known, not that they are bad.
    """

    title: Title
    source_type: SourceType
    reliability: Reliability = "F"
    credibility: Credibility = "6"
    obtained_on: date | None = None
    happened_on: date | None = None
    """The day it tells of, where it has one."""
    provenance: Short | None = None
    handling: Handling = "team"
    attachments: Annotated[list[RecordId], Field(max_length=50)] = Field(default_factory=list)
    """Files of the case, by the ids that lists show."""
    records: Annotated[list[RecordId], Field(max_length=50)] = Field(default_factory=list)
    bears_on: Annotated[list[BearsOn], Field(max_length=50)] = Field(default_factory=list)
    copy_of: ItemId | None = None
    """The item of which this is a cleaned copy."""
    compelled: bool = False
    """A statement given under a duty to answer: it goes into no criminal referral."""
    note: Long | None = None


class Custody(Shape):
    """One entry of an item's custody log, as whoever has the item in hand writes it."""

    item: ItemId
    event: CustodyEvent
    at: AwareDatetime | None = None
    """When it happened; now, where nothing else is said."""
    place: Line | None = None
    reason: Title
    authority: Line | None = None
    hash_before: Sha256 | None = None
    hash_after: Sha256 | None = None


class Question(Shape):
    """One thing the inquiry has to find out."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,16}$")]
    text: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
    allegation: AllegationId | None = None
    answered_by: Annotated[list[ItemId], Field(max_length=50)] = Field(default_factory=list)


class Plan(Shape):
    """How the inquiry is to be led. Its steps are the tasks that name one of its questions."""

    objective: Long
    predicate: Short | None = None
    """What the inquiry rests on: why there is something to look into."""
    hypotheses: Annotated[list[Title], Field(max_length=20)] = Field(default_factory=list)
    questions: Annotated[list[Question], Field(max_length=100)] = Field(default_factory=list)
    approach: Long | None = None
    risks: Long | None = None
    due: date | None = None
    reviews: Annotated[list[date], Field(max_length=20)] = Field(default_factory=list)
    """Days on which whoever supervises looks at it."""

    @model_validator(mode="after")
    def _questions_differ(self) -> Self:
        codes = [one.code for one in self.questions]
        if len(set(codes)) < len(codes):
            raise refuse("duplicate")
        return self


class Interview(Shape):
    """A conversation on the record: notice, who was there, rights told, what was said, who signed."""

    person: PersonId | None = None
    """Who is heard; nobody named where it is the reporter."""
    capacity: PersonRole
    notice_on: date | None = None
    planned_on: date | None = None
    """The day for which it is announced: a shorter notice is approved for this day."""
    waiver: Short | None = None
    """Why the notice is shorter than it should be; somebody else approves it (`approve_short_notice`)."""
    held_on: date | None = None
    began: TimeOfDay | None = None
    ended: TimeOfDay | None = None
    place: Line | None = None
    interviewers: Annotated[list[ColleagueId], Field(max_length=10)] = Field(default_factory=list)
    present: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    """Others in the room, and in what capacity."""
    gender_wished: Gender | None = None
    wish_respected: bool | None = None
    language: Language | None = None
    interpreter: Line | None = None
    rights: Annotated[list[Right], Field(max_length=20)] = Field(default_factory=list)
    compelled: bool = False
    record: Annotated[str, StringConstraints(min_length=1, max_length=50_000)] | None = None
    """Questions and answers."""
    signed: Literal["agreed", "refused"] | None = None
    refusal_reason: Short | None = None


class Weighed(Shape):
    """What the report says of one allegation."""

    allegation: AllegationId
    evidence: Annotated[list[RecordId], Field(max_length=100)] = Field(default_factory=list)
    against: Long | None = None
    """What speaks for the allegation."""
    exculpatory: Long | None = None
    finding: FindingCode | None = None
    reasons: Long | None = None


class InvestigationReport(Shape):
    """The report of an investigation, in its required parts; a draft may lack some."""

    scope: Long | None = None
    method: Long | None = None
    facts: Annotated[str, StringConstraints(min_length=1, max_length=50_000)] | None = None
    allegations: Annotated[list[Weighed], Field(max_length=100)] = Field(default_factory=list)
    exculpatory: Long | None = None
    reply: Long | None = None
    """The reply of the person concerned, or why there is none."""
    standard_of_proof: Standard | None = None
    causes: Long | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        weighed = [one.allegation for one in self.allegations]
        if len(set(weighed)) < len(weighed):
            raise refuse("duplicate")
        return self


class Checked(Shape):
    """One point of the review, and what was found."""

    point: ReviewPoint
    answer: ReviewAnswer
    remark: Short | None = None


class ReviewChecklist(Shape):
    """The quality review of a report, point by point."""

    report: ReportId | None = None
    answers: Annotated[list[Checked], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        points = [one.point for one in self.answers]
        if len(set(points)) < len(points):
            raise refuse("duplicate")
        return self


class BundleClearance(Shape):
    """Counsel's word that something of the reporter's may be shown to the person concerned."""

    record: RecordId
    reason: Title


class PlanApproval(Shape):
    """That somebody else approved one version of a plan."""

    plan: UUID
    version: int
    by: UUID
    on: date


class NoticeApproval(Shape):
    """That somebody else approved the shorter notice of an interview, as one version of it gives the reason."""

    interview: UUID
    version: int
    concerned: bool
    """Whether something was alleged of who is heard, so that ten working days were due."""
    by: UUID
    on: date
