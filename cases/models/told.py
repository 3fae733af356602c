"""Of which days of a case somebody was told, so that nobody is told twice."""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import String, UniqueConstraint
from sqlmodel import Field

from cases.models.base import UNORDERED, Table


class DayLevel(StrEnum):
    """What was told of a day, and so to whom."""

    NEAR = "near"
    """It comes: to who handles the case."""
    MISSED = "missed"
    """It has passed: to the case managers of the unit."""
    ESCALATED = "escalated"
    """It passed long ago: to the head of the unit."""
    LONGEST = "longest"
    """The case has taken as long as it ever may: to the seat of oversight."""


class DayTold(Table, table=True):
    """That somebody was told of a day; a day that is moved is told of again."""

    __tablename__ = "day_told"
    __table_args__ = (UniqueConstraint("case_id", "level", "due"), UNORDERED)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    level: DayLevel = Field(sa_type=String)
    due: date
    told_on: date
