"""What the administration worded itself."""

from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from cases.models.base import Authority


class ReporterText(Authority, table=True):
    """One standard text to reporters, in one language, in the administration's own words.

    It stands instead of the one that ships with Tribune; without a row that one is shown. The MAC keeps
    other hands from putting words into the administration's mouth.
    """

    __tablename__ = "reporter_text"
    __table_args__ = (UniqueConstraint("code", "language"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    """Of the list `reporter_texts`."""
    language: str
    text: str
