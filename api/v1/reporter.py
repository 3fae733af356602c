"""Coming back with a receipt: the thread, its files, and what can be asked for.

A reporter's answers carry days and no receipts of the trail: units of work are opened on the house
itself, not on the door, whose receipts become a header.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from api.deps import AtDoor, Door, Reporter, ReporterSession, Token, in_thread
from api.guard import Everyone, GuardedRoute
from api.limits import padded
from api.problems import responses
from api.v1 import uploads
from api.v1.audit_shapes import ReporterProof
from api.v1.reporter_shapes import (
    CheckIn,
    MessagePosted,
    MessageRequest,
    NameGiven,
    OwnReport,
    RenewalRequest,
    Renewed,
    ReporterAction,
    ReviewRequest,
    SessionExtended,
    SessionOpened,
    SignInRequest,
    Withdrawal,
)
from api.v1.uploads import Uploaded
from cases import evidence, idempotency, intake, messages
from cases.actors import ReporterActor
from cases.errors import Unacceptable
from cases.evidence import Described, File, Place
from cases.intake import proof
from cases.links import check_ins
from cases.sealing import receipts
from cases.sealing.blobs import Sealed

router = APIRouter(route_class=GuardedRoute, tags=["reporter"])

AnyReporter = Annotated[ReporterActor, Depends(ReporterSession(renewed=False))]

SIGNED_IN = responses("not-signed-in", "not-found")
RENEWED = {**SIGNED_IN, **responses("not-permitted")}
ACTING = {**RENEWED, **responses("not-allowed", "too-much-waiting", "storage-full")}
BYTES: dict[int | str, dict[str, object]] = {
    200: {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The content",
    }
}
RAW = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    "parameters": [
        {
            "name": "Content-Disposition",
            "in": "header",
            "required": True,
            "schema": {"type": "string"},
            "example": "attachment; filename*=UTF-8''re%C3%A7u.pdf",
        }
    ],
}


@router.post(
    "/v1/reporter/session",
    operation_id="openReporterSession",
    summary="Come back with a receipt",
    status_code=201,
    responses=responses("receipt-malformed", "wrong-receipt", "busy"),
    dependencies=[Depends(Everyone(why="the receipt is what opens it"))],
)
async def sign_in(at: AtDoor, body: SignInRequest) -> SessionOpened:
    """Open a session of 30 minutes. Unknown, expired and forgotten receipts get one and the same answer."""
    digits = receipts.normalise(body.receipt)
    async with padded():
        stretched = await at.pools.reporters.run(receipts.stretch, digits, at.house.keyring.salt)
        opened = await in_thread(_enter, at, stretched)
    return SessionOpened(
        token=opened.token,
        expires_in=opened.expires_in,
        must=["renew_receipt"] if opened.handover else [],
    )


def _enter(at: Door, stretched: bytes) -> intake.Opened:
    with at.house.unit_of_work() as db:
        return intake.enter(db, stretched)


@router.post(
    "/v1/reporter/session/extension",
    operation_id="extendReporterSession",
    summary="Stay signed in for another half hour",
    responses=SIGNED_IN,
)
def extend(at: AtDoor, _: AnyReporter, token: Token) -> SessionExtended:
    """Half an hour more, up to eight hours after signing in."""
    with at.house.unit_of_work() as db:
        return SessionExtended(expires_in=intake.extend(db, token))


@router.delete(
    "/v1/reporter/session",
    operation_id="closeReporterSession",
    summary="Sign out",
    status_code=204,
    responses=SIGNED_IN,
)
def sign_out(at: AtDoor, _: AnyReporter, token: Token) -> None:
    """End the session at once."""
    with at.house.unit_of_work() as db:
        intake.leave(db, token)


@router.post(
    "/v1/reporter/receipt",
    operation_id="renewReceipt",
    summary="Exchange the receipt for a new one",
    status_code=201,
    responses={**SIGNED_IN, **responses("receipt-malformed", "idempotency-mismatch", "busy")},
)
async def renew(at: AtDoor, by: AnyReporter, body: RenewalRequest | None = None) -> Renewed:
    """Give a new receipt; the old one, and every session opened with it, end here."""
    own = body.receipt if body else None
    digits = receipts.new() if own is None else receipts.normalise(own)
    stretched = await at.pools.reporters.run(receipts.stretch, digits, at.house.keyring.salt)
    tag = None if own is None else idempotency.body_tag(at.house.keyring, by.report_id.bytes)
    opened = await in_thread(_renew, at, by, intake.Receipt(stretched, tag))
    return Renewed(
        receipt=receipts.grouped(digits), token=opened.token, expires_in=opened.expires_in
    )


def _renew(at: Door, by: ReporterActor, receipt: intake.Receipt) -> intake.Opened:
    with at.house.unit_of_work() as db:
        return intake.renew(db, by, receipt)


@router.get(
    "/v1/reporter/report",
    operation_id="readOwnReport",
    summary="How the report stands, and the whole thread",
    responses=SIGNED_IN,
)
def read(at: AtDoor, by: AnyReporter) -> OwnReport:
    """Status, messages and files; with a receipt not yet exchanged only status and standard texts."""
    with at.glance() as db:
        stands = messages.standing(db, by)
        if by.handover:
            return OwnReport.of(stands, messages.standard_texts_for(db, by), [], at.language)
        own = OwnReport.of(
            stands, messages.read_own_thread(db, by), evidence.own_files(db, by), at.language
        )
        return own.model_copy(update={"matters": len(check_ins.matters(db, by))})


@router.get(
    "/v1/reporter/proof",
    operation_id="proveOwnReport",
    summary="Proof of the day of reporting",
    responses={**RENEWED, **responses("not-in-the-log-yet", "log-inconsistent")},
)
def prove(at: AtDoor, by: Reporter) -> ReporterProof:
    """That the report is in the signed log, for who may have to show it; not before the next tick.

    The file is evidence on the device it is kept on. Asking for it leaves no trace.
    """
    with at.glance() as db:
        return ReporterProof.of(proof.of_submission(db, by))


@router.post(
    "/v1/reporter/messages",
    operation_id="postMessage",
    summary="Write to the service",
    status_code=201,
    responses=ACTING,
)
def post(at: AtDoor, by: Reporter, body: MessageRequest) -> MessagePosted:
    """Keep a message; it is seen at the next tick and carries a day, no hour."""
    _check_text(at, body.body)
    with at.house.unit_of_work() as db:
        posted = messages.post_as_reporter(db, by, body.body)
    return MessagePosted(id=posted.id, sent_on=posted.sent_on)


def _check_text(at: Door, text: str) -> None:
    if not text.strip():
        raise Unacceptable([("/body", "too_short")])
    if len(text) > at.settings.report_characters:
        raise Unacceptable([("/body", "too_long")])


@router.post(
    "/v1/reporter/actions",
    operation_id="askAsReporter",
    summary="Ask for a review, withdraw, give one's name, answer a check-in",
    status_code=202,
    response_class=Response,
    responses=ACTING,
)
def act(at: AtDoor, by: Reporter, body: ReporterAction) -> Response:
    """Keep what is asked for; it takes effect at the next tick."""
    asked = body.root
    with at.house.unit_of_work() as db:
        match asked:
            case ReviewRequest():
                messages.request_review(db, by, asked.grounds, new_facts=asked.new_facts)
            case Withdrawal():
                messages.withdraw(db, by, asked.reason)
            case NameGiven():
                if not (asked.name.strip() or asked.contact.strip()):
                    raise Unacceptable([("/name", "missing")])
                messages.give_name(db, by, asked.name.strip(), asked.contact.strip())
            case CheckIn():
                check_ins.answer(
                    db,
                    by,
                    {"change": asked.change, "threat": asked.threat},
                    wants_to_talk=asked.wants_to_talk,
                    text=asked.body,
                )
    return Response(status_code=202)


@router.put(
    "/v1/reporter/attachments/{id}",
    operation_id="sendFile",
    summary="Add a file",
    status_code=201,
    response_model=Uploaded,
    responses={
        200: {"model": Uploaded, "description": "The same file was sent before"},
        **SIGNED_IN,
        **responses(
            "not-allowed",
            "different-content",
            "too-much-waiting",
            "too-large",
            "storage-full",
            "invalid-input",
        ),
    },
    openapi_extra=RAW,
)
async def put_file(at: AtDoor, by: AnyReporter, request: Request, id: UUID) -> JSONResponse:  # noqa: A002
    """Stream a file in: raw bytes, its kind in `Content-Type`, its name in `Content-Disposition`.

    `id` is a UUID that the client makes, so that an upload that broke off can simply be repeated.
    """
    about = uploads.described(request)
    place = await in_thread(_place, at, by, id)

    def keep(place: Place, sealed: Sealed, about: Described) -> File:
        with at.house.unit_of_work() as db:
            return evidence.keep_for_reporter(db, by, place, sealed, about)

    return await uploads.take_in(request, at, place, about, keep)


def _place(at: Door, by: ReporterActor, client_id: UUID) -> Place:
    with at.glance() as db:
        return evidence.place_for_reporter(db, by, client_id, most=at.settings.files_per_report)


@router.get(
    "/v1/reporter/attachments/{id}",
    operation_id="readFile",
    summary="One file, one's own or the service's",
    response_class=StreamingResponse,
    responses={**BYTES, **RENEWED},
)
def get_file(at: AtDoor, by: Reporter, id: UUID) -> StreamingResponse:  # noqa: A002
    """Stream a file out, to be saved."""
    with at.glance() as db:
        contents = evidence.open_own(db, by, id)
    return uploads.give_back(contents)
