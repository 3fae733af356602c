"""A full copy of a case's file: one person asks, another agrees, and the first may fetch it for a day."""

from typing import TYPE_CHECKING
from uuid import UUID

from cases import assignments, holds, timed
from cases.actors import StaffActor
from cases.database import Work
from cases.models.case import Case
from cases.models.timed import TimedAccess, TimedKind

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

EXPORT = "export"
"""The act; `export_case` is its line of the permission table."""
ACT = "export_case"

HOURS = 24
"""How long a copy can be fetched."""


def demand(db: Work, case: Case, *, by: StaffActor) -> None:
    """Refuse a copy to who may not take one.

    Raises:
        NotPermitted, DeclarationNeeded: as `assignments.demand`.
    """
    assignments.demand(db, by, ACT, case, shut_too=True)


def open_(
    db: Work, case: Case, reason: str, *, first: UUID, by: StaffActor, keys: "StaffKeys"
) -> TimedAccess:
    """Let who asked fetch the copy; two people agreed."""
    holds.decide(db, case, EXPORT, {"reason": reason}, by=by, keys=keys)
    return timed.opened(db, case, TimedKind.EXPORT, first, hours=HOURS, agreed=(first, by.id))
