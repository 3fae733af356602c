"""What leaves a case, listed so that whoever receives it can tell that nothing was changed.

A record is named by the hiding commitment to its content, a file also by the SHA-256 of its bytes.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import col, select

from cases import evidence, family
from cases.database import Work
from cases.models.case import Case, KeyKind, Record
from cases.objects.following_shapes import SentItem
from cases.permits import ReadPermit

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys


def of(
    db: Work, case: Case, wanted: Iterable[UUID], *, permit: ReadPermit, keys: "StaffKeys"
) -> list[SentItem]:
    """The records and files of a case under these ids, in this order; what is not there is left out.

    Args:
        permit: covers the case and, for files of threads, the original cases of its reports.
    """
    rows = newest(db, case, wanted)
    found = []
    for one in wanted:
        if one in rows:
            row = rows[one]
            found.append(
                SentItem(id=one, kind=row.field, version=row.version, commitment=row.content.hex())
            )
        elif (file := evidence.described(db, permit, case, one, keys)) is not None:
            about, record = file
            found.append(
                SentItem(
                    id=one,
                    kind="attachment",
                    commitment=record.content.hex(),
                    sha256=about.sha256,
                )
            )
    return found


def newest(db: Work, case: Case, wanted: Iterable[UUID]) -> dict[UUID, Record]:
    """The newest version of each record of a case, or of what was merged into it; never an identity."""
    statement = (
        select(Record)
        .where(
            col(Record.id).in_(list(wanted)),
            col(Record.case_id).in_(family.ids(db, case)),
            col(Record.delivered),
            Record.kind != KeyKind.ID,
        )
        .order_by(col(Record.version))
    )
    found = {row.id: row for row in db.exec(statement)}
    return {
        identity: row
        for identity, row in found.items()
        if not row.deleted and row.redacted_on is None
    }
