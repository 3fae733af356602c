"""What cases have in common, and searching for who or what they name."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, Field, StringConstraints

from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.acts import on_case
from api.v1.case_shapes import Shape
from api.v1.cases import on_record
from cases import access
from cases.actors import StaffActor
from cases.database import Work
from cases.errors import Unacceptable
from cases.links import check_ins, opening, related
from cases.links.ties import LinkKind
from cases.models.case import Case
from cases.objects.values import Category, Long, OfficeCode, coded
from cases.sealing.hierarchy import StaffKeys
from workflows import catalogue

router = APIRouter(route_class=GuardedRoute, tags=["cases"])

ReportType = Annotated[str, AfterValidator(coded("report_types"))]
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


class Opened(Shape):
    """A case that was opened."""

    reference: str


class OwnCase(Shape):
    """What a case is opened with."""

    report_type: ReportType
    category: Category | None = None
    office: OfficeCode | None = None
    narrative: Long

    def opening(self) -> opening.Opening:
        """As the rooms take it."""
        return opening.Opening(
            report_type=self.report_type,
            category=self.category or "",
            office=self.office or "",
            narrative=self.narrative,
        )


class OwnInitiative(OwnCase):
    """What a case of one's own initiative is opened with."""

    unit: UUID


class LinkedCase(OwnCase):
    """What a case beside another one is opened with; one of retaliation is RET-01 whatever is said here."""

    kind: LinkKind = Field(description="How the new case came of this one.")
    note: str | None = Field(None, max_length=2_000)


@router.post(
    "/v1/cases/{reference}/linked-cases",
    operation_id="openLinkedCase",
    summary="Open a case beside this one",
    status_code=201,
    responses=responses(
        "not-signed-in", "not-permitted", "declaration-needed", "not-found", "not-open-yet"
    ),
)
def open_linked(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("open_linked"))],
    reference: str,
    body: LinkedCase,
) -> Opened:
    """Retaliation, the administrative part of what was referred, or another matter that came up."""
    with on_case(at, reference, by) as (db, case, keys):
        _check_office(db, body.office)
        made = opening.open_linked(db, case, body.opening(), body.kind, body.note, by=by, keys=keys)
        return Opened(reference=made.reference)


@router.post(
    "/v1/own-initiative",
    operation_id="openOwnCase",
    summary="Open a case of one's own initiative",
    status_code=201,
    responses=responses("not-signed-in", "not-permitted", "invalid-input", "not-open-yet"),
)
def open_own(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("own_initiative"))],
    body: OwnInitiative,
) -> Opened:
    """For what risk analysis, an audit or the press brought up; counted under its own channel."""
    with on_record(at, by) as db:
        _check_office(db, body.office)
        made = opening.open_own(db, body.unit, body.opening(), by=by)
        return Opened(reference=made.reference)


def _check_office(db: Work, office: str | None) -> None:
    if office is not None and office not in access.office_codes(db):
        raise Unacceptable([("/office", "unknown_value")])


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


class FollowUpItem(Shape):
    """An answer to a check-in that somebody is to look into; what it says is in the case's thread."""

    reference: str
    due_on: date


@router.get(
    "/v1/follow-ups",
    operation_id="listFollowUps",
    summary="Answers of reporters to look into",
    responses=responses("not-signed-in", "not-permitted"),
)
def list_follow_ups(
    at: AtDoor, by: Annotated[StaffActor, Depends(StaffWith("follow_up"))]
) -> Listed[FollowUpItem]:
    """Reporters who said that something has happened, or that they want to talk; due within two days."""
    with on_record(at, by) as db:
        items = [
            FollowUpItem(reference=one.case.reference, due_on=one.due_on)
            for one in check_ins.waiting(db, by)
        ]
    return Listed(items=items, next=None)


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
