"""What each kind of thing in a case holds. These are also what comes in at the doors."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from cases.objects.following_shapes import (
    InspectionWatch,
    Outcome,
    OutcomeStatus,
    ProtectionPlan,
    ProtectionStatus,
    Recommendation,
    RecommendationStatus,
    Referral,
    ReferralStatus,
    Retaliation,
    Threat,
)
from cases.objects.inquiry_shapes import (
    BundleClearance,
    Consignment,
    Custody,
    Interview,
    InvestigationReport,
    Item,
    Plan,
    ReviewChecklist,
)
from cases.objects.values import (
    Category,
    ColleagueId,
    ConsignmentId,
    Line,
    Long,
    Money,
    OfficeCode,
    PersonId,
    PersonRole,
    Procedure,
    Shape,
    Short,
    Side,
    Title,
    WorkItem,
    refuse,
)

__all__ = [
    "MODELS",
    "AbuseAllegation",
    "Allegation",
    "BundleClearance",
    "Consignment",
    "Custody",
    "InspectionWatch",
    "Interview",
    "InvestigationReport",
    "Item",
    "Note",
    "Outcome",
    "OutcomeStatus",
    "Person",
    "Plan",
    "ProtectionPlan",
    "ProtectionStatus",
    "Recommendation",
    "RecommendationStatus",
    "Referral",
    "ReferralStatus",
    "Retaliation",
    "ReviewChecklist",
    "Shape",
    "Task",
    "TaskStatus",
    "Threat",
]


class Note(Shape):
    """Something to remember about the case."""

    text: Long


class Person(Shape):
    """Somebody named in a case. One person may be subject and victim at once."""

    role: PersonRole
    further_roles: Annotated[list[PersonRole], Field(max_length=6)] = Field(default_factory=list)
    name: Line | None = None
    staff_number: Annotated[str, StringConstraints(max_length=64)] | None = None
    office: OfficeCode | None = None
    description: Short | None = None
    coerced: bool = False
    """Acted under threat: a victim, whatever else they did."""

    @property
    def roles(self) -> frozenset[str]:
        """Every role of the person in the case."""
        return frozenset({self.role, *self.further_roles})


class Allegation(Shape):
    """One alleged act; complete with a category, a procedure and an office or a place."""

    category: Category | None = None
    further_categories: Annotated[list[Category], Field(max_length=2)] = Field(default_factory=list)
    office: OfficeCode | None = None
    procedure: Procedure | None = None
    place: Annotated[str, StringConstraints(max_length=500)] | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    subjects: Annotated[list[PersonId], Field(max_length=50)] = Field(default_factory=list)
    victims: Annotated[list[PersonId], Field(max_length=50)] = Field(default_factory=list)
    side: Side | None = None
    """Who gave the first push where money or favours moved."""
    rule_breached: Annotated[str, StringConstraints(max_length=500)] | None = None
    consignments: Annotated[list[ConsignmentId], Field(max_length=100)] = Field(
        default_factory=list
    )
    revenue_at_risk: Money | None = None
    summary: Long | None = None


class AbuseAllegation(Allegation):
    """An allegation that somebody abuses the right to report: of two people, never of one."""

    category: Literal["RET-04"]


class TaskStatus(StrEnum):
    """How a task stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DROPPED = "dropped"


class Task(Shape):
    """Something to be done by somebody; with a question, a step of the plan."""

    title: Title
    code: WorkItem | None = None
    """What the service asks for by itself; worded in the reader's language."""
    note: Short | None = None
    owner: ColleagueId | None = None
    due: date | None = None
    question: Annotated[str, StringConstraints(max_length=16)] | None = None
    """The code of a question of the plan."""
    status: TaskStatus = TaskStatus.OPEN
    done: bool = False

    @model_validator(mode="before")
    @classmethod
    def _done_is_a_status(cls, given: Any) -> Any:  # noqa: ANN401 -- whatever was sent
        if isinstance(given, dict) and given.get("done") is True and "status" not in given:
            return given | {"status": TaskStatus.DONE}
        if isinstance(given, dict) and given.get("status") == TaskStatus.DONE:
            return {"done": True} | given
        return given

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.done != (self.status is TaskStatus.DONE):
            raise refuse("contradiction")
        return self


MODELS: dict[str, type[Shape]] = {
    "note": Note,
    "person": Person,
    "allegation": Allegation,
    "consignment": Consignment,
    "item": Item,
    "plan": Plan,
    "task": Task,
    "interview": Interview,
    "investigation_report": InvestigationReport,
    "review_checklist": ReviewChecklist,
    "bundle_clearance": BundleClearance,
    "outcome": Outcome,
    "recommendation": Recommendation,
    "referral": Referral,
    "protection_plan": ProtectionPlan,
    "threat": Threat,
    "retaliation": Retaliation,
    "inspection_watch": InspectionWatch,
}
"""Kind of thing, which is also the field of its records, and its shape."""
