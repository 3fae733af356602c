"""What ties cases together without saying so: blind tokens of a unit, and what is to be looked into."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from cases.models.base import UNORDERED, Authority, Table


class SubjectToken(Table, table=True):
    """That one case of a unit names something: a person, a declaration, a vehicle.

    Equal things have equal tokens within a unit and within it alone. Which case a row belongs to is in its
    entry, sealed; `owner` finds the rows of one case again for whoever knows the case and the root secret.
    """

    __tablename__ = "subject_index"
    __table_args__ = (Index("ix_subject_index_token", "unit", "token"), UNORDERED)

    id: UUID = Field(primary_key=True)
    unit: UUID = Field(foreign_key="unit.id")
    epoch: int
    """The epoch of the unit's seed that the key of the index comes from."""
    token: bytes = Field(repr=False)
    owner: bytes = Field(repr=False)
    entry: bytes = Field(repr=False)


class SubjectWaiting(Authority, table=True):
    """What somebody recorded who does not hold the unit's key: sealed to the unit until its circle comes.

    It carries a MAC, because anybody can seal to a public key.
    """

    __tablename__ = "subject_waiting"
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    unit: UUID = Field(foreign_key="unit.id", index=True)
    epoch: int
    owner: bytes = Field(repr=False)
    blob: bytes = Field(repr=False)


class FollowUp(Table, table=True):
    """That a reporter answered when the service asked whether all is well.

    Every answer makes such a row, whatever it was, and the row stays when it was followed up: what is to be
    done is a blind token, so that the table does not say to whom something has happened.
    """

    __tablename__ = "follow_up"
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    asked: int = Field(sa_type=BigInteger)
    """Token of what is to be done, other in every row."""
    due_on: date
