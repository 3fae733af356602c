"""What somebody is let into for hours and not for good: an identity, a case in an emergency, a full copy."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Index, String
from sqlmodel import Field

from cases.models.base import Authority
from cases.models.types import UTCDateTime


class TimedKind(StrEnum):
    """What is opened for a time."""

    IDENTITY = "identity"
    """The identity of one reporter, for somebody who works on the case."""
    RELEASE = "release"
    """The same, to be handed to somebody outside."""
    BREAK_GLASS = "break_glass"
    """A case, for somebody who has no part in it."""
    EXPORT = "export"
    """A full copy of a case's file."""
    EXTRACT = "extract"
    """What a case holds on one person, for that person."""


class TimedStatus(StrEnum):
    """How far it came."""

    ASKED = "asked"
    HALF = "half"
    """One of the two who must agree did."""
    OPEN = "open"
    REFUSED = "refused"
    EXPIRED = "expired"
    REVOKED = "revoked"


class TimedAccess(Authority, table=True):
    """That one person may open one thing until a moment; what was asked and answered is sealed."""

    __tablename__ = "timed_access"
    __table_args__ = (
        Index("ix_timed_access_case", "case_id", "staff"),
        Index("ix_timed_access_staff", "staff", "kind", "status"),
        Index("ix_timed_access_status", "status", "until"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: TimedKind = Field(sa_type=String)
    case_id: UUID = Field(foreign_key="cases.id")
    report_id: UUID | None = Field(default=None, foreign_key="report.id")
    unit: UUID | None = Field(default=None, foreign_key="unit.id")
    """The custodians who answer."""
    staff: UUID = Field(foreign_key="staff.id")
    """Who is let in."""
    purpose: str | None = None
    status: TimedStatus = Field(default=TimedStatus.ASKED, sa_type=String)
    asked_on: date
    answer_by: date
    hours: int = 0
    first: UUID | None = Field(default=None, foreign_key="staff.id")
    second: UUID | None = Field(default=None, foreign_key="staff.id")
    until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    tells: bool = True
    """Whether the reporter is told that their identity was handed on."""
    asked: bytes | None = Field(default=None, repr=False)
    """Why, sealed to who answers; `cases/identity/words.py` has the format."""
    answered: bytes | None = Field(default=None, repr=False)
    """Why not, sealed to who asked."""
