"""What waits for the caller, and where they are told of it."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api.deps import AnyStaff, AtDoor
from api.guard import GuardedRoute
from api.paging import Listed
from api.problems import responses
from api.v1.case_shapes import Shape
from cases.errors import NotFound
from cases.reading import work
from cases.reading.work import WorkKind
from cases.staff import mailboxes
from cases.staff.mailboxes import LONGEST_ADDRESS
from workflows import catalogue
from workflows.model import Locale

router = APIRouter(route_class=GuardedRoute, tags=["session"])


class WorkItem(Shape):
    """One thing that waits for the caller."""

    kind: WorkKind = Field(description="A code of the list `work_kinds`.")
    text: str
    reference: str | None = Field(description="Of the case; none for the administration's own.")
    proposal: UUID | None = Field(description="What is to be confirmed or refused.")
    by: date | None = Field(description="The day by which it should be done.")


class Mailbox(Shape):
    """Where and how the caller is told that something waits for them."""

    address: str = Field(max_length=LONGEST_ADDRESS, examples=["awa.diarra@customs.example"])
    language: Locale
    hurried: bool = Field(
        default=True,
        description="What is urgent is told within minutes; otherwise with the one e-mail of the day. "
        "Emergencies always are.",
    )


class MailboxShown(Mailbox):
    """The same, and whether this installation sends e-mail at all."""

    sends: bool


@router.get(
    "/v1/me/work",
    operation_id="listWork",
    summary="What waits for the caller",
    responses=responses("not-signed-in"),
)
def list_work(at: AtDoor, by: AnyStaff) -> Listed[WorkItem]:
    """Proposals and declarations to answer, days that come near or have passed, cases with something new.

    The look is recorded.
    """
    with at.unit_of_work() as db:
        found = work.waiting_for(db, by)
    items = [
        WorkItem(
            kind=one.kind,
            text=catalogue.label("work_kinds", one.kind, at.language),
            reference=one.case[1] if one.case else None,
            proposal=one.proposal,
            by=one.by,
        )
        for one in found
    ]
    return Listed(items=items, next=None)


@router.get(
    "/v1/me/mailbox",
    operation_id="readMailbox",
    summary="Where the caller is told by e-mail",
    responses=responses("not-signed-in", "not-found"),
)
def read_mailbox(at: AtDoor, by: AnyStaff) -> MailboxShown:
    """Only the owner is shown the address; none is 404."""
    with at.glance() as db:
        box = mailboxes.own(db, by)
    if box is None:
        raise NotFound
    return MailboxShown(
        address=box.address,
        language=box.language,
        hurried=box.hurried,
        sends=at.house.terms.mails,
    )


@router.put(
    "/v1/me/mailbox",
    operation_id="keepMailbox",
    summary="Be told by e-mail",
    status_code=204,
    responses=responses("not-signed-in"),
)
def keep_mailbox(at: AtDoor, by: AnyStaff, body: Mailbox) -> None:
    """The address is sealed. What is sent there says that something waits, never what."""
    with at.unit_of_work() as db:
        box = mailboxes.Mailbox(address=body.address, language=body.language, hurried=body.hurried)
        mailboxes.keep(db, by.id, box, by)


@router.delete(
    "/v1/me/mailbox",
    operation_id="removeMailbox",
    summary="Not be told by e-mail any more",
    status_code=204,
    responses=responses("not-signed-in"),
)
def remove_mailbox(at: AtDoor, by: AnyStaff) -> None:
    """Nothing happens where there was no address."""
    with at.unit_of_work() as db:
        mailboxes.remove(db, by.id, by)
