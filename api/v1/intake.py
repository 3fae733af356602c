"""Sending a report: what can be said, and taking it in."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from api.deps import AtDoor, Door, StaffWith, in_thread
from api.guard import Everyone, GuardedRoute
from api.locales import LANGUAGES
from api.problems import responses
from api.v1.intake_shapes import (
    Choice,
    DeskReportRequest,
    Limits,
    Offer,
    OfficeChoice,
    Promises,
    ReceiptFormat,
    Received,
    ReportRequest,
)
from cases import idempotency, intake
from cases.actors import StaffActor
from cases.conflicts import AROUND
from cases.intake.receipts import SESSION_SECONDS
from cases.intake.submission import SUBJECTS
from cases.sealing import receipts
from cases.staff import structure
from workflows import catalogue
from workflows.model import Locale

ANYBODY = Depends(Everyone(why="whoever reports need not say who they are"))

router = APIRouter(route_class=GuardedRoute, tags=["reporting"])
desk = APIRouter(route_class=GuardedRoute, tags=["reporting"])
"""For staff: a server that serves reporters alone does not hold it."""

OnceKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="22 to 64 visible characters, made at random: the same request sent again with it is "
        "carried out once.",
    ),
]
DeskOfficer = Annotated[StaffActor, Depends(StaffWith("assisted_intake"))]

ALL_REPORTERS = "reporters"
"""Reporters have no names to tell them apart by; their keys are random and long enough."""

REFUSALS = responses(
    "receipt-malformed",
    "idempotency-key-malformed",
    "idempotency-mismatch",
    "busy",
    "not-open-yet",
    "storage-full",
)
REPEATED: dict[int | str, dict[str, object]] = {
    200: {"model": Received, "description": "The same request was carried out before"}
}


@router.get(
    "/v1/intake",
    operation_id="describeIntake",
    summary="What can be reported, and how",
    dependencies=[ANYBODY],
)
def describe(at: AtDoor) -> Offer:
    """Lists, limits and promises, in the language of the request.

    While the body outside the line is not complete, no names are taken (`limits.subjects` is 0) and
    nothing that concerns the line itself is offered.
    """
    with at.glance() as db:
        offices = structure.offices(db)
        names = intake.open_to_names(db)
    codes = {one.id: one.code for one in offices}
    return Offer(
        language=at.language,
        types=choices("report_types", at.language),
        categories=choices("categories", at.language),
        procedures=choices("procedures", at.language),
        places=choices("places", at.language),
        relations=choices("reporter_relations", at.language),
        genders=choices("genders", at.language),
        roles=choices("person_roles", at.language),
        concerns=[
            one for one in choices("concerns", at.language) if names or one.code not in AROUND
        ],
        channels=choices("channels", at.language, only=intake.PUBLIC_CHANNELS),
        offices=[
            OfficeChoice(
                code=one.code,
                name=one.name,
                kind=one.kind,
                parent=codes.get(one.parent) if one.parent else None,
            )
            for one in offices
        ],
        languages=list(LANGUAGES),
        limits=Limits(
            characters=at.settings.report_characters,
            files=at.settings.files_per_report,
            bytes=int(at.settings.attachment_limit_bytes),
            subjects=SUBJECTS if names else 0,
        ),
        receipt=ReceiptFormat(),
        deadlines=Promises(
            acknowledge_days=intake.ACKNOWLEDGE_DAYS,
            feedback_months=intake.FEEDBACK_MONTHS,
            session_minutes=SESSION_SECONDS // 60,
        ),
    )


def choices(name: str, language: Locale, *, only: Iterable[str] = ()) -> list[Choice]:
    """A code list in one language."""
    wanted = frozenset(only)
    return [
        Choice(code=entry.code, label=entry.labels[language], group=entry.extra.get("group"))
        for entry in catalogue.code_list(name).entries
        if not wanted or entry.code in wanted
    ]


@router.post(
    "/v1/reports",
    operation_id="submitReport",
    summary="Send a report",
    status_code=201,
    responses={**REPEATED, **REFUSALS},
    dependencies=[ANYBODY],
)
async def submit(
    at: AtDoor, body: ReportRequest, answer: Response, once: OnceKey = None
) -> Received:
    """Take a report in and answer its receipt, once.

    No account, no address, no exact time is kept. With a receipt of the client's own, or with an
    `Idempotency-Key`, the same report can be sent again without becoming two.
    """
    received = await take_in(at, body, body.submission(at.language), once, by=None)
    return _answered(received, answer)


@desk.post(
    "/v1/cases",
    operation_id="submitAtDesk",
    summary="Write down a report for somebody",
    status_code=201,
    responses={**REPEATED, **REFUSALS, **responses("not-signed-in", "not-permitted")},
)
async def submit_at_desk(
    at: AtDoor, by: DeskOfficer, body: DeskReportRequest, answer: Response, once: OnceKey = None
) -> Received:
    """Take in what somebody told at a desk and answer the receipt to hand over to them.

    The receipt opens nothing until its owner has exchanged it (`POST /v1/reporter/receipt`); the desk
    cannot read again what it typed. Desks send an `Idempotency-Key` and their own `receipt`, so that a
    lost answer loses nothing.
    """
    received = await take_in(at, body, body.submission(at.language), once, by=by)
    return _answered(received, answer)


async def take_in(
    at: Door,
    body: ReportRequest | DeskReportRequest,
    submission: intake.Submission,
    once_key: str | None,
    *,
    by: StaffActor | None,
) -> tuple[Received, bool]:
    """What both doors do: check, stretch, keep. The flag says that nothing new was kept."""
    keyring = at.house.keyring
    intake.check(submission, today=at.house.today(), characters=at.settings.report_characters)
    own = receipts.normalise(body.receipt) if body.receipt is not None else None
    sent = body.model_dump(mode="json", exclude_unset=True)
    canonical = idempotency.canonical(sent if own is None else {**sent, "receipt": own})
    caller = f"desk {by.id}" if by else ALL_REPORTERS
    once = (
        None
        if once_key is None
        else idempotency.once(keyring, caller=caller, key=once_key, body=canonical)
    )
    digits = own or receipts.new()
    tag = idempotency.body_tag(keyring, canonical) if own else None
    stretched, arrival = await at.pools.reporters.run(_stretch_and_seal, at, digits, submission)
    outcome = await in_thread(_submit, arrival, intake.Receipt(stretched, tag), once, by)
    shown = None if outcome.repeated and own is None else receipts.grouped(digits)
    text = catalogue.label("public_statuses", outcome.status, at.language)
    return Received.of(outcome, shown, text), outcome.repeated


def _stretch_and_seal(
    at: Door, digits: str, submission: intake.Submission
) -> tuple[bytes, intake.Arrival]:
    """The receipt stretched and the report sealed: two slow things that need not wait for each other."""
    with ThreadPoolExecutor(1, "sealing") as beside:
        sealed = beside.submit(intake.prepare, at.house, submission)
        stretched = receipts.stretch(digits, at.house.keyring.salt)
        return stretched, sealed.result()


def _submit(
    arrival: intake.Arrival,
    receipt: intake.Receipt,
    once: idempotency.Once | None,
    by: StaffActor | None,
) -> intake.Outcome:
    return intake.submit(arrival, receipt, once=once, desk=by)


def _answered(taken: tuple[Received, bool], answer: Response) -> Received:
    received, repeated = taken
    if repeated:
        answer.status_code = 200
    return received
