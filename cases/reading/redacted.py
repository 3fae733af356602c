"""What two people deleted as not relevant: that it was there, and the day, is all that is shown of it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from cases.database import Work
from cases.models.case import Record, Report

PART_OF = {
    "message": "threads",
    "attachment": "evidence",
    "note": "notes",
    "person": "persons",
    "item": "items",
    "interview": "interviews",
}
"""Field of a record -> the part of the case file that who is told of its end must reach."""


# Any: as the case file goes out.
def of_case(
    db: Work, cases: Iterable[UUID], reports: Iterable[Report], reached: Collection[str]
) -> list[dict[str, Any]]:
    """The things that were deleted, oldest first: id, field, report and the two days of each.

    Args:
        cases: the case, and those its reports came with.
        reached: parts of the case file that the reader reaches.
    """
    threads = {None, *(report.id for report in reports)}
    return [
        {
            "id": row.id,
            "field": row.field,
            "report": row.report_id,
            "created_on": row.created_on,
            "redacted_on": row.redacted_on,
        }
        for row in rows(db, cases)
        if PART_OF.get(row.field) in reached and row.report_id in threads
    ]


def rows(db: Work, cases: Iterable[UUID]) -> Sequence[Record]:
    """The newest version of each thing that was deleted in these cases, oldest first."""
    statement = (
        select(Record)
        .where(
            col(Record.case_id).in_(cases),
            col(Record.field).in_(PART_OF),
            col(Record.redacted_on).is_not(None),
            col(Record.delivered),
        )
        .order_by(col(Record.n), col(Record.id), col(Record.version))
    )
    return list({row.id: row for row in db.exec(statement)}.values())
