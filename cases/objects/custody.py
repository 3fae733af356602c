"""The custody log of an item: entries that are added and never changed.

    {item, event, at, place, reason, authority, hash_before, hash_after, by, role, second}

Who looked at an item or downloaded a file of it is told by the trail itself, and is not written twice.
"""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cases import access, assignments
from cases.actors import StaffActor
from cases.audit.events import moment
from cases.database import Work
from cases.errors import ProposalVoid, Unacceptable
from cases.models.case import Case, Record
from cases.objects import held, references, things
from cases.objects.inquiry_shapes import Custody
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

ACT = "custody"

BY_ITSELF = frozenset({"viewed", "downloaded", "integrity_checked", "integrity_failed"})
"""What the service writes or tells; nobody says it by hand."""

_SLACK = timedelta(minutes=5)
"""Clocks of people and of the service differ."""


def demand(db: Work, case: Case, entry: Custody, *, by: StaffActor) -> None:
    """Refuse an entry that cannot be.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: no such item; something that is not said by hand; a moment to come; an end of custody
            without the authority for it.
    """
    assignments.demand(db, by, ACT, case)
    faults = references.faults(db, case, entry)
    if entry.event in BY_ITSELF:
        faults.append(("/event", "unknown_value"))
    if entry.at is not None and entry.at > db.house.now() + _SLACK:
        faults.append(("/at", "out_of_range"))
    if needs_second(entry.event) and not entry.authority:
        faults.append(("/authority", "missing"))
    if faults:
        raise Unacceptable(faults)


def needs_second(event: str) -> bool:
    """Whether a second person must agree."""
    return catalogue.code_list("custody_events").by_code[event].extra["second_person"] == "yes"


def enter(
    db: Work,
    case: Case,
    entry: Custody,
    *,
    by: StaffActor,
    keys: "StaffKeys",
    proposed: Mapping[str, Any] | None = None,
) -> Record:
    """Add an entry.

    Args:
        by: who writes it: the one who did it, or the second person who agrees.
        proposed: `by` and `role` of the one who did it, where a second person agrees.
    """
    done = proposed or signed(db, case, by)
    value = entry.model_dump(mode="json") | {
        "at": moment((entry.at or db.house.now()).astimezone(UTC)),
        "by": done["by"],
        "role": done["role"],
        "second": str(by.id) if proposed else None,
    }
    return things.seal(db, case, "custody", value, by=by, keys=keys)


# Any: the fields of the proposal, as JSON has them.
def confirmed(
    db: Work, case: Case, fields: dict[str, Any], *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Add an entry that two people agreed on.

    Raises:
        ProposalVoid: the item was taken away since.
    """
    entry = Custody.model_validate(fields["entry"])
    if item(db, case, entry.item) is None:
        raise ProposalVoid
    enter(db, case, entry, by=by, keys=keys, proposed=fields)


def signed(db: Work, case: Case, by: StaffActor) -> dict[str, Any]:
    """Who acts, and in which role of those that may."""
    table = catalogue.permissions().acts[ACT]
    roles = sorted(access.case_roles(db, by, case) & table.keys())
    return {"by": str(by.id), "role": roles[0] if roles else None}


def measured(item: UUID, expected: str, found: str | None) -> Custody:
    """The entry that says whether a file still is what it was.

    Args:
        found: its SHA-256 now; None where it does not open any more.
    """
    return Custody(
        item=item,
        event="integrity_checked" if found == expected else "integrity_failed",
        reason="integrity",
        hash_before=expected,
        hash_after=found,
    )


def item(db: Work, case: Case, identity: UUID) -> Record | None:
    """An item of a case, or of what was merged into it, as it stands."""
    found = held.rows_of_family(db, case, "item")
    return next((row for row in found if row.id == identity), None)
