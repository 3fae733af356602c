"""Plans of an investigation: who approved which version of them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cases import assignments
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details, Object
from cases.database import Work
from cases.errors import NotAllowed, SamePerson, Unacceptable
from cases.models.case import Case, Record
from cases.objects import held, things
from cases.objects.held import Held
from cases.objects.inquiry_shapes import PlanApproval

if TYPE_CHECKING:
    from uuid import UUID

    from cases.permits import ReadPermit
    from cases.sealing.hierarchy import StaffKeys

APPROVAL = "plan_approval"


def is_approved(plans: Iterable[Held], approvals: Iterable[Held]) -> bool:
    """Whether there is a plan, and each was approved as it now stands."""
    good = {(one.value["plan"], one.value["version"]) for one in approvals}
    standing = {(str(one.id), one.version) for one in plans}
    return bool(standing) and standing <= good


def approve(db: Work, case: Case, plan: "UUID", *, by: StaffActor, keys: "StaffKeys") -> Record:
    """Approve a plan as it stands, which somebody else wrote; a change of it needs a new approval.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: the case has no such plan.
        SamePerson: they wrote it as it stands.
        NotAllowed: it is approved already.
    """
    assignments.demand(db, by, "approve_plan", case)
    row = next((one for one in held.rows(db, case, "plan") if one.id == plan), None)
    if row is None:
        raise Unacceptable([("/plan", "unknown_value")])
    if by.id == _author(db, case, row):
        raise SamePerson
    approvals = held.held(db, case, APPROVAL, permit=_look(db, case, by), keys=keys)
    if (str(row.id), row.version) in {
        (one.value["plan"], one.value["version"]) for one in approvals
    }:
        raise NotAllowed(action="approve_plan", state=case.state)
    approval = PlanApproval(plan=row.id, version=row.version, by=by.id, on=db.house.today())
    return things.seal(db, case, APPROVAL, approval.model_dump(mode="json"), by=by, keys=keys)


def _look(db: Work, case: Case, by: StaffActor) -> "ReadPermit":
    d = Details(parts=[APPROVAL], at=case.seq, action="approve_plan")
    return looks.record(db, "record.read", by=by, case=case, d=d)


def _author(db: Work, case: Case, row: Record) -> "UUID | None":
    """Who wrote a version, as the trail tells."""
    for told in log.told_of(db, case.id):
        written = any(
            isinstance(one, Object) and (one.id, one.ver) == (row.id, row.version) and one.c
            for one in told.body.obj
        )
        if written:
            return told.body.actor.id
    raise NotAllowed(action="approve_plan", state=case.state)
