"""Of which days of a case somebody was told, so that nobody is told twice; and days beside the case's own."""

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


class EffectCheck(Table, table=True):
    """By when it is to be seen whether a recommendation that was carried out helped; gone once it was."""

    __tablename__ = "effect_check"
    __table_args__ = UNORDERED

    record_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    owner: UUID = Field(foreign_key="staff.id")
    done_on: date
    due: date = Field(index=True)
    told: DayLevel | None = Field(default=None, sa_type=String)
    """Of what of this day somebody was told last."""
