"""What a case is: its plain head, its reports, its keys and its sealed records."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Index, String, text
from sqlmodel import Field

from cases.models.base import UNORDERED, Authority, Table
from cases.models.types import RESTRICTED, UTCDateTime

NO_DATE = date(9999, 12, 31)
"""Stands for "no date" in a column that lists are sorted by: a key without nulls pages cleanly."""

EMERGENCY = "P0"
"""The priority of a report of immediate danger."""

NO_PRIORITY = "unset"
"""Stands for "no priority yet"; sorts after P0 to P4."""


class KeyKind(StrEnum):
    """What a key opens."""

    INT = "int"
    """Everything only staff may read of a case; opens the threads of its reports."""
    CONV = "conv"
    """One thread: a report, its messages and files, shared with its reporter."""
    ID = "id"
    """The identity of one reporter, custodians only."""


class Recipient(StrEnum):
    """To whom a key is wrapped."""

    UNIT = "unit"
    STAFF = "staff"
    REPORTER = "reporter"


class Case(Table, table=True):
    """One matter. Everything a thief may not read is in `Record`; here is only what lists sort by."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_queue_due", "unit", "due", "id"),
        Index("ix_cases_queue_received", "unit", "received_on", "id"),
        Index("ix_cases_queue_priority", "unit", "priority", "id"),
        Index("ix_cases_queue_updated", "unit", "updated_on", "id"),
        # With one state asked for, its cases may lie far into the order of all: closed ones come last.
        # The last column lets counts by state be answered from the index alone.
        Index("ix_cases_state_due", "unit", "state", "due", "id", "delivered"),
        Index("ix_cases_state_received", "unit", "state", "received_on", "id"),
        Index("ix_cases_state_priority", "unit", "state", "priority", "id"),
        Index("ix_cases_state_updated", "unit", "state", "updated_on", "id"),
        Index("ix_cases_due", "due", "id"),
        Index("ix_cases_state", "state", "unit"),
        Index("ix_cases_assignee", "assignee", "unit"),
        # Few are restricted, and every list asks for them: an index of those alone.
        Index("ix_cases_restricted", "id", sqlite_where=RESTRICTED, postgresql_where=RESTRICTED),
        UNORDERED,
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    reference: str = Field(unique=True)
    unit: UUID = Field(foreign_key="unit.id")
    workflow: str
    workflow_version: int
    state: str
    entered_on: date
    priority: str = NO_PRIORITY
    level: str = "L2"
    assignee: UUID | None = Field(default=None, foreign_key="staff.id")
    epoch: int = 1
    """Counts the renewals of the case's key."""
    seq: int = 0
    """Counts traced changes; every one writes its number into its audit event."""
    seen_seq: int = 0
    """`seq` when somebody assigned last read the case; below `seq` means unread."""
    delivered: bool = False
    commitment: bytes = Field(repr=False)
    """Of the key of the current epoch: two keys cannot pass for one."""
    received_on: date
    updated_on: date
    acknowledge_by: date
    feedback_by: date
    due: date = NO_DATE
    due_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """For the clocks that count hours (P0); from delivery, never from the reporter's own moment."""
    closed_on: date | None = None
    retention_class: str | None = None
    archive_on: date | None = None
    purge_on: date | None = None
    forget_identity_on: date | None = None
    """The day from which nobody needs to know who its reporters are; earlier than the rest."""
    legal_hold: bool = False
    quiet: bool = False
    """The notice of the last step was withheld: the reporter goes on seeing a status that tells nothing."""
    merged_into: UUID | None = Field(default=None, foreign_key="cases.id", index=True)


class CaseStep(Table, table=True):
    """The day a case entered a state; what figures of past months are counted from."""

    __tablename__ = "case_step"
    __table_args__ = (Index("ix_case_step_entered", "entered_on", "state"), UNORDERED)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    n: int
    """The case's `seq` when it entered, which orders the steps of one day."""
    state: str
    entered_on: date
    automatic: bool = False


class Report(Table, table=True):
    """What one person sent once. Its text, files and thread are records under its own key."""

    __tablename__ = "report"
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    origin_case_id: UUID = Field(foreign_key="cases.id")
    """The case it arrived with; contexts of sealed things name it for good."""
    received_on: date = Field(index=True)
    delivered: bool = False
    conv_epoch: int = 1
    conv_commitment: bytes = Field(repr=False)
    id_commitment: bytes = Field(repr=False)


class ReporterKey(Authority, table=True):
    """What a receipt leads to: the reporter's seed, sealed under a key stretched from the receipt."""

    __tablename__ = "reporter_key"
    __table_args__ = UNORDERED

    lookup: bytes = Field(primary_key=True, repr=False)
    root_ver: int
    report_id: UUID = Field(unique=True, foreign_key="report.id")
    pk: bytes = Field(repr=False)
    wrap: bytes = Field(repr=False)
    expires_month: date
    body_tag: bytes | None = Field(default=None, repr=False)
    """MAC of the submission, for a receipt the client made itself: the same report sent twice is one."""


class ReportReturn(Table, table=True):
    """A receipt was used at least once since; set at the tick, never dated."""

    __tablename__ = "report_return"
    __table_args__ = UNORDERED
    __audited__ = False

    report_id: UUID = Field(primary_key=True, foreign_key="report.id")


class CaseWrap(Table, table=True):
    """A key, sealed to one recipient inside an envelope under the vault's shred key."""

    __tablename__ = "case_wrap"
    __table_args__ = (Index("ix_case_wrap_recipient", "recipient", "kind", "case_id"), UNORDERED)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    report_id: UUID | None = Field(default=None, foreign_key="report.id", index=True)
    kind: KeyKind = Field(sa_type=String)
    epoch: int
    recipient_type: Recipient = Field(sa_type=String)
    recipient: UUID
    recipient_epoch: int
    blob: bytes = Field(repr=False)


class ChainKind(StrEnum):
    """What a link of a case's key chain leads to."""

    PREVIOUS = "previous"
    MERGED = "merged"
    CONV = "conv"


class CaseChain(Table, table=True):
    """A key that the case's own key opens: an earlier epoch, a merged case's key, a report's thread."""

    __tablename__ = "case_chain"
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    kind: ChainKind = Field(sa_type=String)
    epoch: int
    """The epoch of the case key that opens this link."""
    subject: UUID
    """The report (conv), the merged case, or the case itself (previous)."""
    subject_epoch: int = 1
    """The epoch of the key this link leads to."""
    blob: bytes = Field(repr=False)


class Record(Table, table=True):
    """One sealed thing: a text, a message, a note, an allegation, a decision. Changes add a version."""

    __tablename__ = "record"
    __table_args__ = (
        Index("ix_record_case", "case_id", "field"),
        Index("ix_record_thread", "report_id", "field"),
        UNORDERED,
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    version: int = Field(default=1, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    report_id: UUID | None = Field(default=None, foreign_key="report.id")
    kind: KeyKind = Field(sa_type=String)
    epoch: int
    field: str
    created_on: date
    n: int = 0
    """The case's `seq` when it became visible to staff, which orders the records of one day."""
    delivered: bool = True
    deleted: bool = False  # a version that says the thing was taken away
    redacted_on: date | None = None  # the day its sealed bytes were destroyed; only `content` stays
    content: bytes = Field(repr=False)
    """Hiding commitment to salt and plaintext; `cases/sealing/records.py` has the format."""
    env: bytes = Field(repr=False)


class Attachment(Table, table=True):
    """A sealed file; its name, type and true size are in its metadata record."""

    __tablename__ = "attachment"
    __table_args__ = UNORDERED

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    report_id: UUID | None = Field(default=None, foreign_key="report.id", index=True)
    record_id: UUID
    blob: str = Field(repr=False)
    size_bucket: int
    created_on: date
    delivered: bool = True


class ServiceMessage(Table, table=True):
    """A standard text to a reporter, stored as its code and a day and worded when read."""

    __tablename__ = "service_message"
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    report_id: UUID = Field(foreign_key="report.id", index=True)
    code: str
    sent_on: date
    n: int
    """The case's `seq` at sending, which orders the texts of one day."""


class PlannedText(Table, table=True):
    """A standard text that waits for its day: a reminder, or a question whether all is well."""

    __tablename__ = "planned_text"
    __table_args__ = (Index("ix_planned_text_due", "due_on", "sent_on"), UNORDERED)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    code: str
    due_on: date
    sent_on: date | None = None


class Assignment(Authority, table=True):
    """Who was named to a part in one case."""

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_staff", "staff", "active", "case_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    staff: UUID = Field(foreign_key="staff.id")
    role: str
    active: bool = True


class DeclarationStatus(StrEnum):
    """How a declaration stands. One that names a conflict leaves a wall instead, which looks like any."""

    FREE = "free"
    UNSURE = "unsure"
    OVERTAKEN = "overtaken"  # unsure, and a subject came since: once decided, it is declared anew
    VOID = "void"


class Declaration(Authority, table=True):
    """That a person declared to have no conflict in a case, or to be unsure."""

    __tablename__ = "declaration"
    # With both columns a page asks for its own cases, and not for every one its reader ever declared for.
    __table_args__ = (Index("ix_declaration_staff", "staff", "case_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    staff: UUID = Field(foreign_key="staff.id")
    status: DeclarationStatus = Field(sa_type=String)
    declared_on: date
    record_id: UUID | None = None


class Wall(Authority, table=True):
    """That one person may not know of one case; the tag differs in every case and names nobody."""

    __tablename__ = "wall"
    __table_args__ = UNORDERED

    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    tag: bytes = Field(primary_key=True)


class WallCount(Table, table=True):
    """Counts the walls ever built, so that a process knows when to look again."""

    __tablename__ = "wall_count"
    __audited__ = False

    id: int = Field(primary_key=True)
    n: int


class SubjectMatch(Table, table=True):
    """A blind token of a person named in a case, against which newcomers are compared without a key."""

    __tablename__ = "subject_match"
    __table_args__ = UNORDERED

    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    token: bytes = Field(primary_key=True)


class ProposalStatus(StrEnum):
    """How a four-eyes proposal stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    VOID = "void"
    EXPIRED = "expired"


class Proposal(Authority, table=True):
    """An act that waits for a second person; its fields are a record under the case's key."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "uq_proposal_open",
            "case_id",
            "action",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    action: str
    proposed_by: UUID = Field(foreign_key="staff.id")
    answered_by: UUID | None = Field(default=None, foreign_key="staff.id")
    seq: int
    state: str
    status: ProposalStatus = Field(default=ProposalStatus.OPEN, sa_type=String)
    expires_on: date
    record_id: UUID | None = None


class Delivery(Table, table=True):
    """What becomes visible to staff when an event is due; sealed, so that nothing links the two."""

    __tablename__ = "delivery"
    __table_args__ = UNORDERED
    __audited__ = False

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    root_ver: int
    env: bytes = Field(repr=False)


class Idempotency(Table, table=True):
    """That a request was already carried out: two blind tags and the day they are forgotten."""

    __tablename__ = "idempotency"
    __table_args__ = UNORDERED
    __audited__ = False

    key_tag: bytes = Field(primary_key=True)
    body_tag: bytes
    expires_on: date = Field(index=True)
