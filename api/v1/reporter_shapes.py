"""The shapes a reporter meets when they come back."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, RootModel, StrictBool

from api.v1.case_shapes import Shape
from api.v1.intake_shapes import RECEIPT_CHARACTERS, Text
from cases.evidence import File
from cases.intake.submission import CONTACT_CHARACTERS, NAME_CHARACTERS
from cases.messages import Said, Standing
from workflows import catalogue
from workflows.model import Locale

NOTE_CHARACTERS = 10_000
"""Of the words that go with an action; longer ones are messages."""

Note = Annotated[Text, Field(max_length=NOTE_CHARACTERS)]
CheckInAnswer = Literal["none", "some", "serious"]


class SignInRequest(Shape):
    """A receipt: digits of any script, spaces and dashes as you like."""

    receipt: Annotated[
        str, Field(max_length=RECEIPT_CHARACTERS, examples=["1234 5678 9012 3456 7891"])
    ]


class SessionOpened(Shape):
    """A session; its token goes into `Authorization: Bearer`."""

    token: str
    expires_in: int = Field(description="Seconds; can be extended up to eight hours.")
    must: list[Literal["renew_receipt"]] = Field(
        description="`renew_receipt`: a desk handed this receipt over; exchange it for one that only you "
        "have seen before anything else is shown."
    )


class SessionExtended(Shape):
    """How long the session still lasts."""

    expires_in: int = Field(description="Seconds.")


class RenewalRequest(Shape):
    """A new receipt; with one the client made itself, a lost answer loses nothing."""

    receipt: Annotated[str, Field(max_length=RECEIPT_CHARACTERS)] | None = None


class Renewed(Shape):
    """The new receipt, shown once, and a session opened with it."""

    receipt: str
    token: str
    expires_in: int


class MessageShape(Shape):
    """One contribution to the thread."""

    id: UUID
    author: Literal["you", "service"]
    sent_on: date
    body: str
    code: str | None = Field(None, description="Of a standard text; `body` is its wording.")
    act: str | None = Field(None, description="What you asked for with it, such as `withdraw`.")
    deleted_on: date | None = Field(
        None,
        description="The day it was deleted, because it held personal data that is not relevant.",
    )

    @classmethod
    def of(cls, said: Said, language: Locale) -> "MessageShape":
        """From the thread, worded for its reader; who of the staff wrote is left out."""
        return cls(
            id=said.id,
            author="you" if said.author == "reporter" else "service",
            sent_on=said.sent_on,
            body=said.worded(language),
            code=said.code,
            act=said.act,
            deleted_on=said.deleted_on,
        )


class AttachmentShape(Shape):
    """One file of the thread."""

    id: UUID
    author: Literal["you", "service"]
    name: str
    size: int
    media_type: str
    sha256: str
    sent_on: date

    @classmethod
    def of(cls, file: File) -> "AttachmentShape":
        """From the thread."""
        return cls(
            id=file.id,
            author="you" if file.author == "reporter" else "service",
            name=file.name,
            size=file.size,
            media_type=file.media_type,
            sha256=file.sha256,
            sent_on=file.sent_on,
        )


class OwnReport(Shape):
    """How a report stands, and its thread."""

    status: str
    status_text: str
    received_on: date
    acknowledged_on: date | None
    feedback_by: date
    messages: list[MessageShape]
    attachments: list[AttachmentShape]
    can: list[str] = Field(description="What can be done now.", examples=[["reply", "attach"]])
    matters: int = Field(
        default=0, description="How many matters came of it, each read with `?matter=`."
    )

    @classmethod
    def of(
        cls, stands: Standing, said: list[Said], files: list[File], language: Locale
    ) -> "OwnReport":
        """From what the rooms give."""
        return cls(
            status=stands.status,
            status_text=catalogue.label("public_statuses", stands.status, language),
            received_on=stands.received_on,
            acknowledged_on=stands.acknowledged_on,
            feedback_by=stands.feedback_by,
            messages=[MessageShape.of(one, language) for one in said],
            attachments=[AttachmentShape.of(one) for one in files],
            can=list(stands.can),
        )


class MessageRequest(Shape):
    """A message to the service."""

    body: Text = Field(examples=["The officer asked again today."])


class MessagePosted(Shape):
    """A message that was kept."""

    id: UUID
    sent_on: date


class ReviewRequest(Shape):
    """Ask that others look at how the case ended: within 30 days, or at any time with new facts."""

    action: Literal["request_review"]
    grounds: Annotated[Note, Field(min_length=1)]
    new_facts: StrictBool = False


class Withdrawal(Shape):
    """Say that the report is withdrawn."""

    action: Literal["withdraw"]
    reason: Note = ""


class NameGiven(Shape):
    """Say who one is, later; at least one of the two. Only the custodians of identities can open it."""

    action: Literal["give_name"]
    name: Annotated[Text, Field(max_length=NAME_CHARACTERS)] = ""
    contact: Annotated[Text, Field(max_length=CONTACT_CHARACTERS)] = ""


class CheckIn(Shape):
    """Say how things are, when the service asks from time to time."""

    action: Literal["answer_check_in"]
    change: CheckInAnswer = Field(description="Any change in your work or your clearances?")
    threat: CheckInAnswer = Field(description="Any contact or threat?")
    wants_to_talk: StrictBool = Field(default=False, description="To the protection officer.")
    body: Note = ""


class ReporterAction(RootModel[ReviewRequest | Withdrawal | NameGiven | CheckIn]):
    """One of the things a reporter can ask for."""

    root: Annotated[ReviewRequest | Withdrawal | NameGiven | CheckIn, Field(discriminator="action")]
