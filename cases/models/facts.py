"""What figures and filters run on: blind tokens, which only the holder of the root secret can name.

Filter tokens (category, office, procedure, channel) are equal across rows, so that SQL can filter by
them. Figure tokens differ in every row, so that frequencies say nothing; a snapshot maps its month's rows
back by trying the code list (`sealing.facts`).
"""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from cases.models.base import UNORDERED, Table

ANONYMOUS = ("yes", "no")
"""The codes of the dimension `anonymous`: whether a reporter gave no name."""


class ReportFact(Table, table=True):
    """The stated dimensions of one report."""

    __tablename__ = "report_fact"
    __table_args__ = UNORDERED

    report_id: UUID = Field(primary_key=True, foreign_key="report.id")
    category: int = Field(sa_type=BigInteger)
    office: int = Field(sa_type=BigInteger)
    procedure: int = Field(sa_type=BigInteger)
    channel: int = Field(sa_type=BigInteger)
    type: int = Field(sa_type=BigInteger)
    language: int = Field(sa_type=BigInteger)
    relation: int = Field(sa_type=BigInteger)
    gender: int = Field(sa_type=BigInteger)
    anonymous: int = Field(sa_type=BigInteger)


class CaseFact(Table, table=True):
    """The dimensions a case is filtered by: first as stated, then as assessed."""

    __tablename__ = "case_fact"
    __table_args__ = (
        Index("ix_case_fact_category", "category", "case_id"),
        Index("ix_case_fact_office", "office", "case_id"),
        Index("ix_case_fact_procedure", "procedure", "case_id"),
        Index("ix_case_fact_channel", "channel", "case_id"),
        UNORDERED,
    )

    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    category: int = Field(sa_type=BigInteger)
    office: int = Field(sa_type=BigInteger)
    procedure: int = Field(sa_type=BigInteger)
    channel: int = Field(sa_type=BigInteger)
    assessed_category: int | None = Field(default=None, sa_type=BigInteger)
    """Main category at assessment; empty until then."""
    closure_reason: int | None = Field(default=None, sa_type=BigInteger)
    """Figure token of the newest closure."""


class AllegationFact(Table, table=True):
    """The dimensions of one allegation and, once decided, its finding."""

    __tablename__ = "allegation_fact"
    __table_args__ = (Index("ix_allegation_fact_decided", "decided_on"), UNORDERED)

    record_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    category: int = Field(sa_type=BigInteger)
    office: int = Field(sa_type=BigInteger)
    channel: int = Field(sa_type=BigInteger)
    anonymous: int = Field(sa_type=BigInteger)
    finding: int | None = Field(default=None, sa_type=BigInteger)
    decided_on: date | None = None


class Snapshot(Table, table=True):
    """One table of a month's figures, frozen: hidden as served, and the exact counts under a key."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("month", "scope", "cuts", "revision"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    month: str
    scope: str
    """`national`, or the id of an office or a unit whose figures these are."""
    cuts: str
    """The dimensions it is cut by, such as `category,office`; empty for the uncut table."""
    revision: int = 1
    as_of: date
    definitions: str
    table: bytes = Field(sa_type=LargeBinary, repr=False)
    """The hidden table, canonical JSON, exactly as served."""
    sha256: bytes
    counts: bytes = Field(repr=False)
    """The exact counts with a 32-byte salt, sealed under the root secret."""
    root_ver: int
    proposed_by: UUID = Field(foreign_key="staff.id")
    proposed_on: date
    published_by: UUID | None = Field(default=None, foreign_key="staff.id")
    published_on: date | None = None
