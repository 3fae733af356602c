"""Who may see an item of information, where not everybody who reads the case may.

What was merged into a case is read with it, and who sees an item of it is decided by roles in the case that is
read.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from cases import access, family
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotFound
from cases.models.case import Case
from cases.objects import held
from cases.objects.held import Held
from cases.permits import ReadPermit

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

_CUSTODIAN = frozenset({"evidence_custodian", "lead_investigator"})
ROLES = {
    "investigators": _CUSTODIAN
    | {"investigator", "case_manager", "head_ia", "quality_reviewer", "legal_counsel"},
    "custodian": _CUSTODIAN,
}
"""Handling code -> the roles that see such an item; `team` is for everybody who reads the case."""


def may_see(handling: str, roles: Iterable[str]) -> bool:
    """Whether one of the roles sees an item that is handled so."""
    return handling not in ROLES or not ROLES[handling].isdisjoint(roles)


def hidden(
    db: Work, case: Case, *, by: StaffActor, permit: ReadPermit, keys: "StaffKeys"
) -> list[Held]:
    """The items of a case, and of what was merged into it, that this person does not see.

    Args:
        permit: covers all of these cases.
    """
    if not held.rows_of_family(db, case, "item"):
        return []
    roles = access.case_roles(db, by, case)
    return [
        one
        for one in held.held_of_family(db, case, "item", permit=permit, keys=keys)
        if not may_see(one.value["handling"], roles)
    ]


def files(items: Iterable[Held]) -> frozenset[UUID]:
    """The files of items, by the ids that lists show."""
    return frozenset(UUID(one) for item in items for one in item.value["attachments"])


def files_of_item(
    db: Work, case: Case, identity: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> list[UUID]:
    """The files of an item; the look is recorded.

    Raises:
        NotFound: the case has no such item that this person sees.
    """
    permit = _look(db, case, by)
    unseen = {one.id for one in hidden(db, case, by=by, permit=permit, keys=keys)}
    for one in held.held_of_family(db, case, "item", permit=permit, keys=keys):
        if one.id == identity and identity not in unseen:
            return [UUID(file) for file in one.value["attachments"]]
    raise NotFound


def _look(db: Work, case: Case, by: StaffActor) -> ReadPermit:
    d = Details(parts=["item"], at=case.seq, action="handling")
    opens = family.ids(db, case)
    return looks.record(db, "record.read", by=by, case=case, d=d, opens=opens)


def demand_file(db: Work, case: Case, file: UUID, *, by: StaffActor, keys: "StaffKeys") -> None:
    """Refuse a file of an item that this person does not see; it is not there for them.

    Raises:
        NotFound: as said.
    """
    if not held.rows_of_family(db, case, "item"):
        return
    if file in files(hidden(db, case, by=by, permit=_look(db, case, by), keys=keys)):
        raise NotFound
