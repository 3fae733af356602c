"""What a reporter says when they come for the first time, and whether it can be taken as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.conflicts import Subject
from cases.errors import Unacceptable
from workflows import catalogue
from workflows.model import LOCALES

PUBLIC_CHANNELS = ("web", "onion", "mobile_offline")
"""Channels through which reporters send without help; the rest are typed in at a desk."""

NAME_CHARACTERS = 200
CONTACT_CHARACTERS = 500
"""With a name they fit into `records.IDENTITY_FLOOR` in any script: every identity is as long."""
PLACE_CHARACTERS = 500
NUMBER_CHARACTERS = 64
SUBJECTS = 20

LISTS = {
    "type": "report_types",
    "category": "categories",
    "procedure": "procedures",
    "relation": "reporter_relations",
    "gender": "genders",
    "channel": "channels",
}
"""The dimensions a reporter states as codes, and the list each comes from."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the reporter is, where they choose to say it."""

    name: str = ""
    contact: str = ""

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self.name.strip() or self.contact.strip())


@dataclass(frozen=True, slots=True)
class Desk:
    """What a desk adds to a report it writes down for somebody.

    Attributes:
        consent: the reporter agreed to the text as it was written down.
    """

    consent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One report as it was stated; nothing but the text is needed. Empty means not stated.

    Attributes:
        office: code of the office it is about.
        place: where, in words or as a code of `places`.
        language: of the reporter, one of the five.
        concerns: codes of whom the report must be kept from.
        danger: somebody is in danger; such a report does not wait for the tick.
        stated_on: the day on which the reporter told a desk, or wrote what was sent only later.
    """

    body: str
    type: str = ""
    category: str = ""
    office: str = ""
    procedure: str = ""
    place: str = ""
    occurred_from: date | None = None
    occurred_to: date | None = None
    language: str = ""
    relation: str = ""
    gender: str = ""
    channel: str = "web"
    concerns: frozenset[str] = frozenset()
    danger: bool = False
    identity: Identity = Identity()
    subjects: tuple[Subject, ...] = ()
    stated_on: date | None = None
    desk: Desk | None = None

    def dimensions(self) -> dict[str, str]:
        """The stated dimensions by name, in words of the code lists."""
        return {
            "category": self.category,
            "office": self.office,
            "procedure": self.procedure,
            "channel": self.channel,
            "type": self.type,
            "language": self.language,
            "relation": self.relation,
            "gender": self.gender,
            "anonymous": "no" if self.identity else "yes",
        }

    # Any: what JSON can hold.
    def statement(self) -> dict[str, Any]:
        """What is sealed into the thread: the text and what was stated with it."""
        stated: dict[str, Any] = {
            "body": self.body,
            "place": self.place,
            "occurred_from": _day(self.occurred_from),
            "occurred_to": _day(self.occurred_to),
            **self.dimensions(),
        }
        if self.stated_on:
            stated["stated_on"] = _day(self.stated_on)
        if self.desk:
            stated["consent"] = self.desk.consent
        return stated

    # Any: as above.
    def meta(self) -> dict[str, Any]:
        """What is sealed for staff alone: the dimensions in words, and what the case is called."""
        return {
            "title": None,
            "danger": self.danger,
            "concerns": sorted(self.concerns),
            **self.dimensions(),
        }


def check(submission: Submission, *, today: date, characters: int) -> None:
    """Refuse what cannot be taken as it is. The office is looked up later.

    Args:
        submission: as it was parsed.
        today: where the administration is.
        characters: the longest text.

    Raises:
        Unacceptable: with every fault there is.
    """
    if faults := list(_faults(submission, today, characters)):
        raise Unacceptable(faults)


def _faults(one: Submission, today: date, characters: int) -> Iterator[tuple[str, str]]:
    if not one.body.strip():
        yield "/body", "too_short"
    for pointer, text, most in (
        ("/body", one.body, characters),
        ("/place", one.place, PLACE_CHARACTERS),
        ("/identity/name", one.identity.name, NAME_CHARACTERS),
        ("/identity/contact", one.identity.contact, CONTACT_CHARACTERS),
    ):
        if len(text) > most:
            yield pointer, "too_long"
    yield from _faults_of_codes(one)
    yield from _faults_of_days(one, today)
    yield from _faults_of_subjects(one)


def _faults_of_codes(one: Submission) -> Iterator[tuple[str, str]]:
    for field, name in LISTS.items():
        code = getattr(one, field)
        known = not code or code in catalogue.code_list(name)
        if field == "channel":
            # A desk writes down what came in some other way than by the public form.
            known = known and bool(code) and (code in PUBLIC_CHANNELS) is not bool(one.desk)
        if not known:
            yield f"/{field}", "unknown_value"
    if one.language and one.language not in LOCALES:
        yield "/language", "unknown_value"
    if one.concerns - catalogue.code_list("concerns").by_code.keys():
        yield "/concerns", "unknown_value"


def _faults_of_days(one: Submission, today: date) -> Iterator[tuple[str, str]]:
    for field in ("occurred_from", "occurred_to", "stated_on"):
        day = getattr(one, field)
        if day and day > today:
            yield f"/{field}", "out_of_range"
    if one.occurred_from and one.occurred_to and one.occurred_to < one.occurred_from:
        yield "/occurred_to", "out_of_range"


def _faults_of_subjects(one: Submission) -> Iterator[tuple[str, str]]:
    if len(one.subjects) > SUBJECTS:
        yield "/subjects", "too_long"
        return
    roles = catalogue.code_list("person_roles")
    for n, subject in enumerate(one.subjects):
        if not ((subject.name or "").strip() or (subject.staff_number or "").strip()):
            yield f"/subjects/{n}", "missing"
        if len(subject.name or "") > NAME_CHARACTERS:
            yield f"/subjects/{n}/name", "too_long"
        if len(subject.staff_number or "") > NUMBER_CHARACTERS:
            yield f"/subjects/{n}/staff_number", "too_long"
        if subject.role not in roles:
            yield f"/subjects/{n}/role", "unknown_value"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
