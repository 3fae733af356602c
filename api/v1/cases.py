"""The queue, one case, and what may be done to it."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from api import headers
from api.deps import AtDoor, Door, StaffWith
from api.guard import GuardedRoute
from api.paging import Cursor, Listed, Page
from api.problems import responses
from api.v1.case_shapes import (
    Action,
    Actions,
    CaseFileShape,
    CaseHead,
    CaseItem,
    CountQuery,
    Counts,
    LookShape,
    QueueQuery,
)
from cases import access
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import (
    DeclarationNeeded,
    NotFound,
    PreconditionFailed,
    PreconditionMissing,
    TribuneError,
    Unacceptable,
)
from cases.models.case import Case
from cases.reading import casefile, heads, queue, views
from workflows import catalogue, schemas

router = APIRouter(route_class=GuardedRoute, tags=["cases"])

InQueue = Annotated[StaffActor, Depends(StaffWith("see_queue"))]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The `ETag` the change was made from.")
]


@contextmanager
def on_record(at: Door, by: StaffActor) -> Generator[Work]:
    """A unit of work of somebody who looks at cases: a refusal takes back what was done, not that they looked.

    What is not there for the caller, walled and unknown alike; the few words about a case that come before
    a declaration; and what was opened to find that a step is not ready: each is an answer, and on record.
    """
    begun: list[Work] = []
    try:
        with at.unit_of_work() as db:
            begun.append(db)
            yield db
    except TribuneError as refusal:
        seen = [one for db in begun for one in looks.of(db)]
        if seen or isinstance(refusal, NotFound | DeclarationNeeded):
            with at.unit_of_work() as db:
                looks.repeat(db, seen)
                _record_refusal(db, by, refusal)
        raise


def _record_refusal(db: Work, by: StaffActor, refusal: TribuneError) -> None:
    if isinstance(refusal, NotFound):
        log.emit(db, "access.refused", by=by)
    elif isinstance(refusal, DeclarationNeeded):
        case = access.find(db, refusal.head.reference, by)
        log.emit(
            db,
            "case.read",
            by=by,
            case=case,
            d=Details(status="declaration_needed", at=case.seq),
        )


def matched(db: Work, case: Case, by: StaffActor, if_match: str | None) -> None:
    """Compare what the caller saw with what there is now.

    Raises:
        PreconditionMissing: the caller did not say.
        PreconditionFailed: the case has changed since.
    """
    if if_match is None:
        raise PreconditionMissing
    if casefile.etag(db, by, case) not in headers.tags(if_match):
        raise PreconditionFailed


@router.get(
    "/v1/cases",
    operation_id="listCases",
    summary="The queue",
    responses=responses("not-signed-in", "not-permitted", "invalid-input"),
)
def list_cases(at: AtDoor, by: InQueue, query: Annotated[QueueQuery, Query()]) -> Listed[CaseItem]:
    """The cases the caller may know of; the look is recorded with the cases it showed."""
    filters = query.filters(by.id)
    scope = f"cases {by.id} {query.sort} {filters.spelled()}"
    cursor = Cursor(at.house.keyring.key("cursor"), scope, query)
    with at.unit_of_work() as db:
        page = queue.page(db, by, filters, sort=query.sort, after=cursor.pair, limit=query.limit)
    return cursor.listed(page.items, CaseItem.of, lambda item: item.sort_key, more=page.more)


@router.get(
    "/v1/cases/count",
    operation_id="countCases",
    summary="How many cases, by a dimension",
    responses=responses("not-signed-in", "not-permitted", "invalid-input"),
)
def count_cases(at: AtDoor, by: InQueue, query: Annotated[CountQuery, Query()]) -> Counts:
    """Counts of the cases the caller may know of."""
    if query.cursor is not None:
        raise Unacceptable([("/cursor", "unknown_field")])
    with at.unit_of_work() as db:
        return Counts(by=query.by, counts=queue.counts(db, by, query.filters(by.id), of=query.by))


@router.get(
    "/v1/cases/{reference}",
    operation_id="readCase",
    summary="The case file",
    responses=responses(
        "not-signed-in", "not-permitted", "declaration-needed", "not-found", "locked"
    ),
)
def read_case(
    at: AtDoor,
    by: InQueue,
    reference: str,
    response: Response,
    fields: Annotated[
        list[str] | None, Query(description="Parts wanted; all that the caller may read if absent.")
    ] = None,
) -> CaseFileShape:
    """Everything of the case that the caller's part in it reaches; needs a declaration first."""
    wanted = tuple(fields) if fields else casefile.PARTS
    if unknown := set(wanted) - set(casefile.PARTS):
        del unknown  # never repeated in an answer
        raise Unacceptable([("/fields", "unknown_value")])
    with on_record(at, by) as db:
        found = casefile.read(db, reference, by=by, language=at.language, wanted=wanted)
        head = CaseHead.of(heads.of(db, found.case, by=by))
    response.headers["ETag"] = f'"{found.etag}"'
    return CaseFileShape(head=head, parts=list(found.parts), **found.parts)


@router.get(
    "/v1/cases/{reference}/head",
    operation_id="readCaseHead",
    summary="The case without its content",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def read_head(at: AtDoor, by: InQueue, reference: str, response: Response) -> CaseHead:
    """Enough to recognise the case and to act on it; needs no declaration."""
    with on_record(at, by) as db:
        head = heads.look(db, reference, by=by)
    response.headers["ETag"] = f'"{head.etag}"'
    return CaseHead.of(head)


@router.get(
    "/v1/cases/{reference}/views",
    operation_id="listLooks",
    summary="Who has looked at the case",
    responses=responses("not-signed-in", "not-permitted", "declaration-needed", "not-found"),
)
def list_looks(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("case_history"))],
    reference: str,
    query: Annotated[Page, Query()],
) -> Listed[LookShape]:
    """Looks by person and day, the newest first, for those who answer for the case."""
    cursor = Cursor(at.house.keyring.key("cursor"), f"views {by.id} {reference}", query)
    with on_record(at, by) as db:
        found, more = views.page(db, reference, by=by, after=cursor.pair, limit=query.limit)
    return cursor.listed(
        found, lambda one: LookShape.of(one, at.language), lambda one: one.sort_key, more=more
    )


@router.get(
    "/v1/cases/{reference}/actions",
    operation_id="listActions",
    summary="What may be done now, and what each needs",
    responses=responses("not-signed-in", "not-permitted", "not-found"),
)
def list_actions(at: AtDoor, by: InQueue, reference: str, response: Response) -> Actions:
    """The steps the caller may take or propose, each with a JSON Schema of its fields."""
    with on_record(at, by) as db:
        head = heads.look(db, reference, by=by)
        steps = heads.steps(db, access.find(db, reference, by), by=by)
    response.headers["ETag"] = f'"{head.etag}"'
    lists = catalogue.code_lists()
    return Actions(
        etag=head.etag,
        actions=[
            Action(
                action=step.event,
                label=catalogue.label("events", step.event, at.language),
                leads_to=step.target,
                second=list(step.confirmed_by),
                needs=schemas.json_schema(step, at.language, lists),
            )
            for step in steps
        ],
    )
