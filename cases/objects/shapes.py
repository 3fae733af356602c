"""What each kind of thing in a case holds. These are also what comes in at the doors."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from workflows import catalogue

LONG, SHORT, LINE = 10_000, 2_000, 200
"""Longest texts, in characters."""


def _listed(name: str, *barred: str) -> Callable[[str], str]:
    """A check that a code is on a list; the code itself is never said back."""

    def check(code: str) -> str:
        if code in barred or code not in catalogue.code_list(name):
            raise PydanticCustomError("unknown_value", "not on the list")
        return code

    return check


Long = Annotated[str, StringConstraints(min_length=1, max_length=LONG)]
Short = Annotated[str, StringConstraints(max_length=SHORT)]
Line = Annotated[str, StringConstraints(max_length=LINE)]
OfficeCode = Annotated[str, StringConstraints(max_length=40)]
PersonRole = Annotated[str, AfterValidator(_listed("person_roles"))]
# Abuse of the reporting system (RET-04) is alleged by two people only, so not here.
Category = Annotated[str, AfterValidator(_listed("categories", "RET-04"))]
Procedure = Annotated[str, AfterValidator(_listed("procedures"))]
OutcomeCode = Annotated[str, AfterValidator(_listed("outcomes"))]
RootCause = Annotated[str, AfterValidator(_listed("root_causes"))]
Factor = Annotated[str, AfterValidator(_listed("rad_factors"))]
Measure = Annotated[str, AfterValidator(_listed("protective_measures"))]
Risk = Annotated[str, AfterValidator(_listed("risk_levels"))]


class Shape(BaseModel):
    """What a record holds; nothing unknown, and no input in a message."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Note(Shape):
    """Something to remember about the case."""

    text: Long


class Person(Shape):
    """Somebody named in a case. One person may be subject and victim at once."""

    role: PersonRole
    further_roles: Annotated[list[PersonRole], Field(max_length=6)] = []
    name: Line | None = None
    staff_number: Annotated[str, StringConstraints(max_length=64)] | None = None
    office: OfficeCode | None = None
    description: Short | None = None

    @property
    def roles(self) -> frozenset[str]:
        """Every role of the person in the case."""
        return frozenset({self.role, *self.further_roles})


class Allegation(Shape):
    """One alleged act; complete with a category, a procedure and an office or a place."""

    category: Category | None = None
    office: OfficeCode | None = None
    procedure: Procedure | None = None
    place: Annotated[str, StringConstraints(max_length=500)] | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    subjects: Annotated[list[UUID], Field(max_length=50)] = []
    """Ids of persons of the case."""
    summary: Long | None = None


class Task(Shape):
    """Something to be done by somebody."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=LINE)]
    note: Short | None = None
    owner: UUID | None = None
    due: date | None = None
    done: bool = False


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
    person: UUID | None = None
    owner: UUID | None = None
    due: date | None = None
    status: OutcomeStatus = OutcomeStatus.PROPOSED
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
    owner: UUID | None = None
    due: date | None = None
    status: RecommendationStatus = RecommendationStatus.PROPOSED


class ProtectionPlan(Shape):
    """How somebody is kept from harm."""

    risk: Risk
    measures: Annotated[list[Measure], Field(max_length=20)] = []
    review_on: date | None = None
    note: Long | None = None
    ended: bool = False


MODELS: dict[str, type[Shape]] = {
    "note": Note,
    "person": Person,
    "allegation": Allegation,
    "task": Task,
    "outcome": Outcome,
    "recommendation": Recommendation,
    "protection_plan": ProtectionPlan,
}
"""Kind of thing, which is also the field of its records, and its shape."""
