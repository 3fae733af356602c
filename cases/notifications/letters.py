"""What an e-mail to staff says: that something waits. Not what, not where, not from whom."""

from dataclasses import dataclass, field
from uuid import UUID

from workflows import catalogue
from workflows.model import Locale

TEXTS = "mail_texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An e-mail to one member of staff.

    Attributes:
        id: stays the same however often it is tried; its Message-ID is made of it.
    """

    id: UUID
    to: str = field(repr=False)
    language: Locale
    subject: str
    body: str


def waiting(identity: UUID, to: str, language: Locale, *, urgent: bool) -> Letter:
    """That something waits; `urgent` is all that tells one such e-mail from another."""
    return _letter(identity, to, language, "urgent" if urgent else "waiting")


def trial(identity: UUID, to: str, language: Locale) -> Letter:
    """That e-mail arrives there, for operators."""
    return _letter(identity, to, language, "test")


def _letter(identity: UUID, to: str, language: Locale, what: str) -> Letter:
    subject, body, footer = (
        catalogue.label(TEXTS, code, language)
        for code in (f"{what}_subject", f"{what}_body", "footer")
    )
    return Letter(
        id=identity, to=to, language=language, subject=subject, body=f"{body}\n\n{footer}\n"
    )
