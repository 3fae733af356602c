"""Shorter notice of an interview: who approved it."""

from typing import TYPE_CHECKING
from uuid import UUID

from cases import assignments, family
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details, Object
from cases.database import Work
from cases.errors import NotAllowed, SamePerson, Unacceptable
from cases.models.case import Case, Record
from cases.objects import held, things
from cases.objects.inquiry_shapes import NoticeApproval
from cases.objects.interviews import APPROVAL, concerned

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

ACT = "approve_short_notice"


def approve(db: Work, case: Case, interview: UUID, *, by: StaffActor, keys: "StaffKeys") -> Record:
    """Approve that somebody is heard on shorter notice, for the reason and on the day the interview gives.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: the case has no such interview, or it gives no reason or no day (`planned_on`).
        SamePerson: they wrote any of it, or hear somebody in it.
        NotAllowed: it is approved already, as it stands.
    """
    assignments.demand(db, by, ACT, case)
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["interviews", "persons"], at=case.seq, action=ACT),
        opens=family.ids(db, case),
    )
    interviews, approvals, people = (
        held.held_of_family(db, case, kind, permit=permit, keys=keys)
        for kind in ("interview", APPROVAL, "person")
    )
    told = next((one for one in interviews if one.id == interview), None)
    if told is None:
        raise Unacceptable([("/interview", "unknown_value")])
    if not told.value["waiver"] or told.value.get("planned_on") is None:
        raise Unacceptable([("/interview", "nothing_to_approve")])
    if str(by.id) in told.value["interviewers"] or _wrote(db, case, interview, by.id):
        raise SamePerson
    approval = NoticeApproval(
        interview=told.id,
        version=told.version,
        concerned=concerned(told.value["capacity"], told.value["person"], people),
        by=by.id,
        on=db.house.today(),
    ).model_dump(mode="json")
    what = ("interview", "version", "concerned")
    if any(all(one.value[name] == approval[name] for name in what) for one in approvals):
        raise NotAllowed(action=ACT, state=case.state)
    return things.seal(db, case, APPROVAL, approval, by=by, keys=keys)


def _wrote(db: Work, case: Case, interview: UUID, staff: UUID) -> bool:
    """Whether somebody wrote any version of an interview: who gave the reason may have been an earlier hand."""
    return any(
        isinstance(one, Object) and one.id == interview
        for body in log.changes_by(db, family.ids(db, case), staff)
        for one in body.obj
    )
