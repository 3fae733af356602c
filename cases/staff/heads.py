"""Who heads an office: two administrators say so, and nobody says it of themselves."""

from uuid import UUID

from sqlmodel import select

from cases.database import Work
from cases.errors import Unacceptable
from cases.models.conflict import OfficeHead
from cases.models.people import Staff, StaffStatus


def heads(db: Work) -> dict[UUID, UUID]:
    """Office -> who heads it; an office nobody heads is not in it."""
    return {row.office: row.staff for row in db.exec(select(OfficeHead))}


def check(db: Work, staff: UUID | None) -> None:
    """Refuse somebody who cannot head an office.

    Args:
        staff: None for nobody.

    Raises:
        Unacceptable: no such member of staff, or their account is closed.
    """
    person = db.get(Staff, staff) if staff else None
    if staff is not None and (person is None or person.status == StaffStatus.DISABLED):
        raise Unacceptable([("/head", "unknown")])


def appoint(db: Work, office: UUID, staff: UUID | None) -> None:
    """Put somebody, or nobody, at the head of an office; the caller numbers the change and records it."""
    row = db.get(OfficeHead, office)
    if staff is None:
        if row is not None:
            db.delete(row)
    elif row is None:
        db.add(OfficeHead(office=office, staff=staff))
    else:
        row.staff = staff
