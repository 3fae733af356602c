"""What cases have in common, and searching for who or what they name."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.acts import on_case
from api.v1.case_shapes import Shape
from api.v1.cases import on_record
from cases.actors import StaffActor
from cases.errors import Unacceptable
from cases.links import related
from cases.models.case import Case
from cases.sealing.hierarchy import StaffKeys
from workflows import catalogue

router = APIRouter(route_class=GuardedRoute, tags=["cases"])

Kind = Annotated[str, Field(description="A code of the list `subject_kinds`.", max_length=40)]


class Match(Shape):
    """What two cases have in common."""

    kind: Kind
    text: str
    count: int = Field(description="How many things of this kind both name.")


class RelatedItem(Shape):
    """A case that names somebody or something this one names too. Never what."""

    id: UUID
    reference: str
    state: str
    received_on: date
    matches: list[Match]


class RelatedCases(Shape):
    """The cases around one, as far as the caller may know them."""

    items: list[RelatedItem]
    pattern: bool = Field(
        description="Three or more cases within twelve months are about one person of this case."
    )
    recurrence: int = Field(
        description="Proposed for that dimension of the priority: 0, 2 or 4. A person confirms it."
    )


class CaseRef(Shape):
    """A case by its head."""

    id: UUID
    reference: str
    state: str
    received_on: date

    @classmethod
    def of(cls, case: Case) -> "CaseRef":
        """From the row."""
        return cls(
            id=case.id,
            reference=case.reference,
            state=case.state,
            received_on=case.received_on,
        )


class PatternItem(Shape):
    """Three or more cases within twelve months about one person."""

    kind: Kind
    text: str
    cases: list[CaseRef] = Field(description="The oldest first.")


class SubjectSearch(Shape):
    """Whom or what to look for."""

    kind: Kind
    value: Annotated[str, StringConstraints(min_length=2, max_length=200)] = Field(
        description="A whole name, in any order and with or without accents, or a whole number."
    )


@router.get(
    "/v1/cases/{reference}/related",
    operation_id="listRelatedCases",
    summary="Cases that name the same people or goods",
    responses=responses(
        "not-signed-in", "not-permitted", "declaration-needed", "not-found", "locked"
    ),
)
def list_related(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("related"))],
    reference: str,
) -> RelatedCases:
    """Cases of the same unit that the caller may see, with the kind of match and how many; no content."""
    with on_case(at, reference, by) as (db, case, keys):
        found = related.related(db, case, by=by, keys=keys)
        return RelatedCases(
            items=[
                RelatedItem(
                    id=one.id,
                    reference=one.reference,
                    state=one.state,
                    received_on=one.received_on,
                    matches=[
                        Match(
                            kind=kind,
                            text=catalogue.label("subject_kinds", kind, at.language),
                            count=count,
                        )
                        for kind, count in one.matches.items()
                    ],
                )
                for one in found.cases
            ],
            pattern=found.pattern,
            recurrence=found.recurrence,
        )


@router.get(
    "/v1/patterns",
    operation_id="listPatterns",
    summary="Persons whom several cases are about",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_patterns(
    at: AtDoor, by: Annotated[StaffActor, Depends(StaffWith("patterns"))]
) -> Listed[PatternItem]:
    """Each group of three or more cases within twelve months; who it is, their files say."""
    with on_record(at, by) as db:
        found = related.patterns(db, by=by, keys=StaffKeys(db, by))
        items = [
            PatternItem(
                kind=one.kind,
                text=catalogue.label("subject_kinds", one.kind, at.language),
                cases=[CaseRef.of(case) for case in one.cases],
            )
            for one in found
        ]
    return Listed(items=items, next=None)


@router.post(
    "/v1/search/subjects",
    operation_id="searchSubjects",
    summary="Cases that name a person, a declaration, a vehicle",
    responses=responses("not-signed-in", "not-permitted", "invalid-input", "too-often"),
)
def search_subjects(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("search_subjects"))],
    body: SubjectSearch,
) -> Listed[CaseRef]:
    """The caller's own cases that name it. The search is recorded; what was searched for is not."""
    if body.kind not in catalogue.code_list("subject_kinds"):
        raise Unacceptable([("/kind", "unknown_value")])
    with on_record(at, by) as db:
        keys = StaffKeys(db, by)
        items = [
            CaseRef.of(case) for case in related.search(db, body.kind, body.value, by=by, keys=keys)
        ]
    return Listed(items=items, next=None)
