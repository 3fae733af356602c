"""The shapes of reports on their way in."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from api.v1.case_shapes import Shape
from cases.conflicts import Subject
from cases.intake import Desk, Identity, Outcome, Submission
from cases.intake.submission import (
    CONTACT_CHARACTERS,
    NAME_CHARACTERS,
    NUMBER_CHARACTERS,
    PLACE_CHARACTERS,
    SUBJECTS,
)
from cases.sealing import receipts

CODE_CHARACTERS = 64
RECEIPT_CHARACTERS = receipts.LONGEST_INPUT

Concern = Literal[
    "internal_affairs",
    "head_of_internal_affairs",
    "head_of_customs",
    "committee_member",
    "system_administrator",
]


def _storable(text: str) -> str:
    # JSON can spell half a surrogate pair and a zero byte; UTF-8 has no place for the one, PostgreSQL
    # none for the other, and no keyboard sends either.
    if "\x00" in text or (
        not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)
    ):
        raise PydanticCustomError("wrong_format", "signs that are none")
    return text


def _written(day: object) -> object:
    # A bare number would pass for seconds since 1970.
    if not isinstance(day, str):
        raise PydanticCustomError("wrong_type", "a day is written as text")
    return day


Day = Annotated[date, BeforeValidator(_written)]
Text = Annotated[str, AfterValidator(_storable)]
Code = Annotated[Text, StringConstraints(max_length=CODE_CHARACTERS)]


class IdentityShape(Shape):
    """Who the reporter is; sealed apart, for the custodians alone."""

    name: Annotated[Text, Field(max_length=NAME_CHARACTERS)] = ""
    contact: Annotated[Text, Field(max_length=CONTACT_CHARACTERS)] = Field(
        "", description="How to reach the reporter safely: a number, an address, a time."
    )

    def identity(self) -> Identity:
        """As the room takes it."""
        return Identity(self.name.strip(), self.contact.strip())


class SubjectShape(Shape):
    """A person named in the report. At least a name or a staff number."""

    name: Annotated[Text, Field(max_length=NAME_CHARACTERS)] | None = None
    role: Code = Field("subject", description="A code of the list of roles: subject, witness, …")
    staff_number: Annotated[Text, Field(max_length=NUMBER_CHARACTERS)] | None = None

    def subject(self) -> Subject:
        """As the room takes it."""
        return Subject(self.name, self.role, self.staff_number)


class Statement(Shape):
    """What a report can say; `body` alone is enough."""

    body: Text = Field(description="What happened, in the reporter's own words.")
    type: Code | None = Field(None, description="A code of the list of report types.")
    category: Code | None = Field(None, description="A code of the list of categories.")
    office: Code | None = Field(None, description="Code of the office it is about.")
    procedure: Code | None = Field(None, description="A code of the list of procedures.")
    place: Annotated[Text, Field(max_length=PLACE_CHARACTERS)] | None = Field(
        None, description="Where, in words or as a code of the list of places."
    )
    occurred_from: Day | None = None
    occurred_to: Day | None = None
    language: Code | None = Field(
        None, description="Of the reporter: en, fr, es, pt or ar; that of the request when absent."
    )
    relation: Code | None = Field(None, description="A code of the list of relations to customs.")
    gender: Code | None = Field(None, description="A code of the list of genders.")
    concerns: Annotated[list[Concern], Field(max_length=5)] = Field(
        default=[], description="Whom the report concerns: it is kept away from them."
    )
    danger: StrictBool = Field(
        default=False,
        description="Somebody is in danger. Such a report is seen at once, which lets us see the hour "
        "at which it was sent.",
    )
    identity: IdentityShape | None = None
    subjects: Annotated[list[SubjectShape], Field(max_length=SUBJECTS)] = Field(default=[])
    receipt: Annotated[str, Field(max_length=RECEIPT_CHARACTERS)] | None = Field(
        None,
        description="A receipt the client made itself: 19 digits from a cryptographic source and their "
        "Damm check digit. Only for clients that must work offline.",
    )

    # Any: arguments by name.
    def _stated(self, language: str) -> dict[str, Any]:
        codes = ("type", "category", "office", "procedure", "place", "relation", "gender")
        return {
            "body": self.body,
            "occurred_from": self.occurred_from,
            "occurred_to": self.occurred_to,
            "language": self.language or language,
            "concerns": frozenset(self.concerns),
            "danger": self.danger,
            "identity": self.identity.identity() if self.identity else Identity(),
            "subjects": tuple(one.subject() for one in self.subjects),
            **{name: (getattr(self, name) or "").strip() for name in codes},
        }


class ReportRequest(Statement):
    """A report, sent by its author."""

    channel: Code = Field("web", description="web, onion or mobile_offline.")
    stated_on: Day | None = Field(
        None, description="The day it was written, where it could be sent only later."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"body": "An officer at the northern gate asks for money before he stamps papers."},
                {
                    "body": "Un agent demande de l'argent avant de signer.",
                    "type": "wrongdoing",
                    "category": "COR-01",
                    "language": "fr",
                    "concerns": ["internal_affairs"],
                    "subjects": [{"name": "A. Exemple", "role": "subject"}],
                },
            ]
        }
    )

    def submission(self, language: str) -> Submission:
        """As the room takes it."""
        stated = self._stated(language)
        return Submission(channel=self.channel, stated_on=self.stated_on, **stated)


class DeskReportRequest(Statement):
    """A report that a desk writes down for somebody."""

    channel: Code = Field(description="How it was told: phone, listening_desk, letter_box, …")
    stated_on: Day = Field(description="The day on which the reporter told it.")
    consent: StrictBool = Field(
        description="The reporter agreed to the text as it was written down."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "body": "A trader says that an officer keeps her goods until she pays.",
                    "channel": "listening_desk",
                    "stated_on": "2026-03-02",
                    "consent": True,
                }
            ]
        }
    )

    def submission(self, language: str) -> Submission:
        """As the room takes it."""
        stated, desk = self._stated(language), Desk(self.consent)
        return Submission(channel=self.channel, stated_on=self.stated_on, desk=desk, **stated)


class Received(Shape):
    """That a report was received, and what is promised."""

    receipt: str | None = Field(
        description="The only way back; shown in this answer and never again. Null when the same request "
        "was carried out before.",
        examples=["1234 5678 9012 3456 7891"],
    )
    received_on: date
    acknowledge_by: date = Field(description="By when a person will have acknowledged it.")
    feedback_by: date = Field(description="By when the reporter hears what came of it.")
    status: str = Field(description="A code of the list of public statuses.")
    status_text: str = Field(description="The status in the language of the request.")

    @classmethod
    def of(cls, outcome: Outcome, receipt: str | None, status_text: str) -> "Received":
        """From what the room promises."""
        return cls(
            receipt=receipt,
            received_on=outcome.received_on,
            acknowledge_by=outcome.acknowledge_by,
            feedback_by=outcome.feedback_by,
            status=outcome.status,
            status_text=status_text,
        )


class Choice(Shape):
    """One entry of a list."""

    code: str
    label: str
    group: str | None = Field(None, description="The group a category belongs to.")


class OfficeChoice(Shape):
    """An office a report can be about."""

    code: str
    name: str
    kind: str
    parent: str | None = Field(description="Code of the office above it.")


class Limits(Shape):
    """How much is taken."""

    characters: int = Field(description="Of a report or a message.")
    files: int = Field(description="In one report.")
    bytes: int = Field(description="Of one file.")
    subjects: int


class ReceiptFormat(Shape):
    """What a receipt looks like, for clients that make their own."""

    digits: int = 20
    group_digits: int = receipts.GROUP_DIGITS
    check_digit: Literal["damm"] = "damm"


class Promises(Shape):
    """What is promised to every reporter."""

    acknowledge_days: int = Field(description="Calendar days after the day of receipt.")
    feedback_months: int = Field(description="After the acknowledgement.")
    session_minutes: int


class Offer(Shape):
    """What can be reported, in the language asked for."""

    language: str
    types: list[Choice]
    categories: list[Choice]
    procedures: list[Choice]
    places: list[Choice]
    relations: list[Choice]
    genders: list[Choice]
    roles: list[Choice] = Field(description="What a person named in a report can be.")
    concerns: list[Choice]
    channels: list[Choice] = Field(description="Open to the public.")
    offices: list[OfficeChoice]
    languages: list[str]
    limits: Limits
    receipt: ReceiptFormat
    deadlines: Promises
