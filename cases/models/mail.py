"""Where staff are written to, and what they are to be told. There is no place here for a reporter."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import String
from sqlmodel import Field

from cases.models.base import UNORDERED, Table
from cases.models.types import UTCDateTime


class StaffMailbox(Table, table=True):
    """Where a member of staff is written to and how they want it, sealed under the root secret.

    env = WE1(K_mailbox, ctx("mailbox", staff), pad(JSON of address, language and pace))
    """

    __tablename__ = "staff_mailbox"

    staff: UUID = Field(primary_key=True, foreign_key="staff.id")
    root_ver: int
    env: bytes = Field(repr=False)


class OutboxStatus(StrEnum):
    """How far an errand has come; the row of one that is done goes."""

    WAITING = "waiting"
    SENDING = "sending"
    """A worker has it in hand; one that stays so was cut off, and is not sent again."""
    FAILED = "failed"
    """Given up; kept for a week so that an operator sees that there was one."""


class Outbox(Table, table=True):
    """That a member of staff is to be told something: when, and how often it was tried.

    What it is about is sealed: of which kind it is, and which case it comes from, so that who reads the
    database sees no more than that somebody has work.

    env = WE1(K_outbox, ctx("outbox", id), pad(JSON of kind and case))
    """

    __tablename__ = "outbox"
    __table_args__ = UNORDERED
    __audited__ = False

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    staff: UUID = Field(foreign_key="staff.id", index=True)
    mail: UUID | None = None
    """The e-mail it goes out with; several errands of one person share one. None until it is first tried."""
    status: OutboxStatus = Field(default=OutboxStatus.WAITING, sa_type=String)
    after: datetime = Field(sa_type=UTCDateTime, index=True)
    """Not before this moment."""
    tries: int = 0
    root_ver: int
    env: bytes = Field(repr=False)
