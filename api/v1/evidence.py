"""Files of a case: in, out, and who had them in hand."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from api.deps import AtDoor, Door, StaffWith, in_thread
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1 import uploads
from api.v1.acts import on_case
from api.v1.case_shapes import Shape
from api.v1.reporter import BYTES, RAW
from api.v1.uploads import Uploaded
from cases import access, assignments, evidence
from cases.actors import StaffActor
from cases.database import Work
from cases.errors import NotPermitted, Unacceptable
from cases.evidence import Described, File, Place
from cases.models.case import Case
from cases.objects import handling
from cases.reading import bundle, casefile, extract, history
from cases.sealing.blobs import Sealed
from workflows import catalogue

router = APIRouter(route_class=GuardedRoute, tags=["evidence"])

Adding = Annotated[StaffActor, Depends(StaffWith("evidence_add"))]
Reading = Annotated[StaffActor, Depends(StaffWith("read_case"))]

REFUSALS = responses("not-signed-in", "not-permitted", "declaration-needed", "not-found")


class Handling(Shape):
    """One time that a file was added or looked at."""

    at: str = Field(description="A UTC second, or a day for what a reporter did.")
    kind: str
    actor: str
    who: str | None


class Grading(Shape):
    """Where a file comes from and how far it can be trusted."""

    report: UUID | None = Field(None, description="Into this report's thread: its author sees it.")
    source_type: str | None = Field(None, description="A code of the list `source_types`.")
    grade: str | None = Field(
        None,
        pattern=r"^[A-F][1-6]$",
        description="Reliability of the source A to F, credibility of the information 1 to 6.",
    )


@router.put(
    "/v1/cases/{reference}/attachments/{id}",
    operation_id="addEvidence",
    summary="Add a file to the case",
    status_code=201,
    response_model=Uploaded,
    responses={
        200: {"model": Uploaded, "description": "The same file was added before"},
        **REFUSALS,
        **responses(
            "not-allowed", "different-content", "too-large", "storage-full", "invalid-input"
        ),
    },
    openapi_extra=RAW,
)
async def put_file(
    at: AtDoor,
    by: Adding,
    request: Request,
    reference: str,
    *,
    id: UUID,  # noqa: A002  (the word of the interface)
    grading: Annotated[Grading, Query()],
) -> JSONResponse:
    """Stream a file in: raw bytes, its kind in `Content-Type`, its name in `Content-Disposition`."""
    if grading.source_type and grading.source_type not in catalogue.code_list("source_types"):
        raise Unacceptable([("/source_type", "unknown_value")])
    about = replace(
        uploads.described(request), source_type=grading.source_type, grade=grading.grade
    )
    place = await in_thread(_place, at, by, reference, id, grading.report)

    def keep(place: Place, sealed: Sealed, about: Described) -> File:
        with on_case(at, reference, by) as (db, case, keys):
            # The stream may have taken hours: what allowed it may be gone.
            assignments.demand(db, by, _act(grading.report), case)
            return evidence.keep_for_staff(db, case, place, sealed, about, by=by, keys=keys)

    return await uploads.take_in(request, at, place, about, keep)


def _place(at: Door, by: StaffActor, reference: str, client_id: UUID, report: UUID | None) -> Place:
    with on_case(at, reference, by) as (db, case, _):
        assignments.demand(db, by, _act(report), case)
        if report is None:
            return evidence.place_for_staff(db, case, client_id)
        chosen = next((one for one in casefile.reports_of(db, case) if one.id == report), None)
        if chosen is None:
            raise Unacceptable([("/report", "unknown_value")])
        return evidence.place_for_staff(db, case, client_id, report=chosen)


def _act(report: UUID | None) -> str:
    """The act of the permission table: a file in a thread is a word to its author."""
    return "write_to_reporter" if report else "evidence_add"


@router.get(
    "/v1/cases/{reference}/attachments/{id}",
    operation_id="readEvidence",
    summary="One file of the case",
    response_class=StreamingResponse,
    responses={**BYTES, **REFUSALS},
)
def get_file(
    at: AtDoor,
    by: Reading,
    reference: str,
    id: UUID,  # noqa: A002  (the word of the interface)
) -> StreamingResponse:
    """Stream a file out, to be saved; the look is committed before the first byte leaves."""
    with on_case(at, reference, by) as (db, case, keys):
        demand_evidence(db, by, case)
        handling.demand_file(db, case, id, by=by, keys=keys)
        contents = evidence.open_for_staff(db, by, case, id, keys=keys)
    return uploads.give_back(contents)


@router.get(
    "/v1/cases/{reference}/attachments/{id}/custody",
    operation_id="readCustody",
    summary="Who added and who looked at a file",
    responses=REFUSALS,
)
def custody(
    at: AtDoor,
    by: Annotated[StaffActor, Depends(StaffWith("case_history"))],
    reference: str,
    id: UUID,  # noqa: A002  (the word of the interface)
) -> Listed[Handling]:
    """The custody log, oldest first."""
    with on_case(at, reference, by) as (db, case, keys):
        demand_evidence(db, by, case)
        handling.demand_file(db, case, id, by=by, keys=keys)
        entries = history.of_file(db, case, id, by=by)
    items = [Handling(at=one.at, kind=one.kind, actor=one.actor, who=one.who) for one in entries]
    return Listed(items=items, next=None)


@router.get(
    "/v1/cases/{reference}/export",
    operation_id="readExport",
    summary="A full copy of the case's file",
    response_class=StreamingResponse,
    responses={**BYTES, **REFUSALS},
)
def export(
    at: AtDoor, by: Annotated[StaffActor, Depends(StaffWith("export_case"))], reference: str
) -> StreamingResponse:
    """A ZIP archive with `SHA256SUMS`, marked with whom it was made for; for a day after two people agreed.

    Proposed by the action `export`. The look is recorded, and so is every try without it.
    """
    with on_case(at, reference, by) as (db, case, keys):
        pieces = bundle.stream(db, case, by=by, keys=keys, language=at.language)
    return _archive(pieces, f"{reference.strip().upper()[:9]}.zip")


@router.get(
    "/v1/cases/{reference}/subject-extract",
    operation_id="readSubjectExtract",
    summary="What the case holds on one person, for that person",
    response_class=StreamingResponse,
    responses={**BYTES, **REFUSALS},
)
def subject_extract(
    at: AtDoor, by: Annotated[StaffActor, Depends(StaffWith("subject_extract"))], reference: str
) -> StreamingResponse:
    """A ZIP archive marked with whom it was made for; for a day after two people agreed.

    Proposed by the action `subject_extract`. The look is recorded, and so is every try without it.
    """
    with on_case(at, reference, by) as (db, case, keys):
        pieces = extract.stream(db, case, by=by, keys=keys, language=at.language)
    return _archive(pieces, "extract.zip")


def _archive(pieces: Iterable[bytes], name: str) -> StreamingResponse:
    return StreamingResponse(
        pieces,
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def demand_evidence(db: Work, by: StaffActor, case: Case) -> None:
    """Refuse who does not reach the case's files.

    Raises:
        NotPermitted, DeclarationNeeded: as their names say.
    """
    if "evidence" not in casefile.reach(db, by, case):
        raise NotPermitted
    access.demand_declaration(db, by, case)
