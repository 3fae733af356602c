"""What keeps people apart from cases, beyond single cases: ties, statements, certificates, who heads what."""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Index, String, UniqueConstraint
from sqlmodel import Field

from cases.models.base import UNORDERED, Authority


class ToldApart(Authority, table=True):
    """That a member of staff is not the one of a like name in a case; the tag names neither."""

    __tablename__ = "told_apart"
    __table_args__ = UNORDERED

    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    tag: bytes = Field(primary_key=True)


class InterestKind(StrEnum):
    """What a member of staff states about themselves."""

    TIE = "tie"
    GIFT = "gift"
    OUTSIDE_WORK = "outside_work"
    ASSET_NOTE = "asset_note"


class Interest(Authority, table=True):
    """One line of the register of ties; whom or what it is about is sealed under the root secret."""

    __tablename__ = "interest"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    staff: UUID = Field(foreign_key="staff.id", index=True)
    kind: InterestKind = Field(sa_type=String)
    since: date
    until: date | None = None
    root_ver: int
    env: bytes = Field(repr=False)


class InterestStatement(Authority, table=True):
    """That a member of staff stated, on a day, that their lines in the register are complete."""

    __tablename__ = "interest_statement"
    __table_args__ = (Index("ix_interest_statement_staff", "staff", "stated_on"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    staff: UUID = Field(foreign_key="staff.id")
    stated_on: date


class Certificate(Authority, table=True):
    """That an investigator is competent for a group of categories, until a day."""

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("staff", "category_group"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    staff: UUID = Field(foreign_key="staff.id")
    category_group: str
    issued_on: date
    expires_on: date


class OfficeHead(Authority, table=True):
    """Who heads an office: the line manager of everybody posted there and below."""

    __tablename__ = "office_head"

    office: UUID = Field(primary_key=True, foreign_key="office.id")
    staff: UUID = Field(foreign_key="staff.id")
