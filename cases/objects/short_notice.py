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
from cases.objects.interviews import APPROVAL

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

ACT = "approve_short_notice"


def approve(db: Work, case: Case, interview: UUID, *, by: StaffActor, keys: "StaffKeys") -> Record:
    """Approve that somebody is heard on shorter notice, for the reason the interview gives.

    Raises:
        NotPermitted, DeclarationNeeded, NotAllowed: as `assignments.demand`.
        Unacceptable: the case has no such interview, or it gives no reason.
        SamePerson: they wrote any of it, or hear somebody in it.
        NotAllowed: it is approved already, as it stands.
    """
    assignments.demand(db, by, ACT, case)
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["interviews"], at=case.seq, action=ACT),
        opens=family.ids(db, case),
    )
    interviews, approvals = (
        held.held_of_family(db, case, kind, permit=permit, keys=keys)
        for kind in ("interview", APPROVAL)
    )
    told = next((one for one in interviews if one.id == interview), None)
    if told is None:
        raise Unacceptable([("/interview", "unknown_value")])
    if not told.value["waiver"]:
        raise Unacceptable([("/interview", "nothing_to_approve")])
    if str(by.id) in told.value["interviewers"] or _wrote(db, case, interview, by.id):
        raise SamePerson
    if (str(told.id), told.version) in {
        (one.value["interview"], one.value["version"]) for one in approvals
    }:
        raise NotAllowed(action=ACT, state=case.state)
    approval = NoticeApproval(
        interview=told.id, version=told.version, by=by.id, on=db.house.today()
    )
    return things.seal(db, case, APPROVAL, approval.model_dump(mode="json"), by=by, keys=keys)


def _wrote(db: Work, case: Case, interview: UUID, staff: UUID) -> bool:
    """Whether somebody wrote any version of an interview: who gave the reason may have been an earlier hand."""
    return any(
        isinstance(one, Object) and one.id == interview
        for body in log.changes_by(db, family.ids(db, case), staff)
        for one in body.obj
    )
