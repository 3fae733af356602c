"""What the fields of things are made of: texts, codes, days, money, and ids of other things."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from workflows import catalogue, fields

LONG, SHORT, LINE = 10_000, 2_000, 200
"""Longest texts, in characters."""


class Shape(BaseModel):
    """What a record holds; nothing unknown, and no input in a message."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Of:
    """Marks an id: of which kind the thing is that it names. Without a kind, any record or file of the case."""

    kind: str | None = None


COLLEAGUE = Of("colleague")
OFFICE = Of("office")
REPORTER = Of("reporter")
"""A reporter, by the report they sent: threads and identities are found by it too."""


def coded(name: str, *barred: str) -> Callable[[str], str]:
    """A check that a code is on a list; the code itself is never said back."""

    def check(code: str) -> str:
        if code in barred or code not in catalogue.code_list(name):
            raise PydanticCustomError("unknown_value", "not on the list")
        return code

    return check


def refuse(code: str) -> PydanticCustomError:
    """A refusal of a whole thing, in a word of ours."""
    return PydanticCustomError(code, "refused")


Long = Annotated[str, StringConstraints(min_length=1, max_length=LONG)]
Short = Annotated[str, StringConstraints(max_length=SHORT)]
Line = Annotated[str, StringConstraints(max_length=LINE)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=LINE)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
]
"""A tag of a language, as BCP 47 has it."""
CaseReference = Annotated[
    str, StringConstraints(pattern=fields.CASE_PATTERN, max_length=fields.ID_LENGTH)
]

OfficeCode = Annotated[str, StringConstraints(max_length=40), OFFICE]
ColleagueId = Annotated[UUID, COLLEAGUE]
ReporterId = Annotated[UUID, REPORTER]
PersonId = Annotated[UUID, Of("person")]
AllegationId = Annotated[UUID, Of("allegation")]
ConsignmentId = Annotated[UUID, Of("consignment")]
ItemId = Annotated[UUID, Of("item")]
ReportId = Annotated[UUID, Of("investigation_report")]
RecordId = Annotated[UUID, Of()]

PersonRole = Annotated[str, AfterValidator(coded("person_roles"))]
# Abuse of the reporting system (RET-04) is alleged by two people only, so not here.
Category = Annotated[str, AfterValidator(coded("categories", "RET-04"))]
Procedure = Annotated[str, AfterValidator(coded("procedures"))]
Side = Annotated[str, AfterValidator(coded("sides"))]
OutcomeCode = Annotated[str, AfterValidator(coded("outcomes"))]
RootCause = Annotated[str, AfterValidator(coded("root_causes"))]
Factor = Annotated[str, AfterValidator(coded("rad_factors"))]
Measure = Annotated[str, AfterValidator(coded("protective_measures"))]
Risk = Annotated[str, AfterValidator(coded("risk_levels"))]
SourceType = Annotated[str, AfterValidator(coded("source_types"))]
Reliability = Annotated[str, AfterValidator(coded("source_reliability"))]
Credibility = Annotated[str, AfterValidator(coded("source_credibility"))]
Handling = Annotated[str, AfterValidator(coded("handling_codes"))]
Bearing = Annotated[str, AfterValidator(coded("bearings"))]
CustodyEvent = Annotated[str, AfterValidator(coded("custody_events"))]
Right = Annotated[str, AfterValidator(coded("interview_rights"))]
Gender = Annotated[str, AfterValidator(coded("genders"))]
FindingCode = Annotated[str, AfterValidator(coded("findings"))]
Standard = Annotated[str, AfterValidator(coded("standards_of_proof"))]
ReviewPoint = Annotated[str, AfterValidator(coded("review_checklist"))]
ReviewAnswer = Annotated[str, AfterValidator(coded("review_answers"))]
Body = Annotated[str, AfterValidator(coded("referral_bodies"))]
IdentityBasis = Annotated[str, AfterValidator(coded("identity_bases"))]
Form = Annotated[str, AfterValidator(coded("retaliation_types"))]
Seriousness = Annotated[str, AfterValidator(coded("detriment_seriousness"))]
Effect = Annotated[str, AfterValidator(coded("effect_results"))]
WorkItem = Annotated[str, AfterValidator(coded("work_items"))]


class Money(Shape):
    """An amount and the three letters of its currency (ISO 4217)."""

    amount: Annotated[str, StringConstraints(pattern=fields.AMOUNT_PATTERN)]
    currency: Annotated[str, StringConstraints(pattern=fields.CURRENCY_PATTERN)]
