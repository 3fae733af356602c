"""Acts that wait for a second person.

A proposal says in clear which act, who proposed it, at which number and state of the case, and until when;
its fields are one record under the case's key. It is void as soon as the case stands elsewhere, and as
soon as who proposed it could not propose it any more: two people agree at the moment it is done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, func, select

from cases import access, transitions
from cases.actors import Actor, StaffActor
from cases.audit import log, looks
from cases.audit.events import Details, Object
from cases.database import Work
from cases.errors import AlreadyProposed, NotFound, ProposalVoid, SamePerson
from cases.models.case import Case, CaseStep, KeyKind, Proposal, ProposalStatus, Record
from cases.models.people import Staff, StaffStatus
from cases.objects import things
from cases.sealing import records
from cases.staff import calendars, signin
from workflows import engine

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

EXPIRY_DAYS = 5
"""Working days a proposal waits."""

FIELD = "proposal"
REFUSAL = "refusal"
"""The record of why a second person said no."""

STAMP = "stamp"
"""The field by which an act knows what it was proposed upon; nobody is shown it."""

BESIDE: Mapping[str, str] = {
    "lift_hold": "lift_legal_hold",
    "grant": "grant",
    "set_priority": "set_priority",
    "custody": "custody",
    "rate_risk": "rate_risk",
    "allege_abuse": "allege_abuse",
    "set_level": "set_level",
    "break_glass": "break_glass",
    "export": "export_case",
    "subject_extract": "subject_extract",
    "redact": "redact",
}
"""Acts of two people that are no step of the workflow -> the line of the permission table both hold."""

WITHOUT_CONTENT = frozenset({"acknowledge", "purge"})
"""Acts that show nobody what is in a case, so that no declaration comes before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A proposal as the second person is shown it (Any: every act has its own fields).

    Attributes:
        refusal: why the second person said no; None where nobody did, or without a key of the case.
    """

    id: UUID
    action: str
    fields: dict[str, Any] = field(repr=False)
    proposed_by: UUID
    expires_on: date
    status: ProposalStatus
    refusal: str | None = field(default=None, repr=False)


# Any: what JSON can hold.
def make(
    db: Work,
    case: Case,
    action: str,
    fields: dict[str, Any],
    *,
    by: StaffActor,
    keys: "StaffKeys | None",
) -> Proposal:
    """Keep an act until somebody else answers it.

    Args:
        fields: as they were given; without any there is no record, and no key is needed.
        keys: of the proposer; None for those who hold none.

    Raises:
        AlreadyProposed: the case has an open proposal for this act.
    """
    for waiting in open_proposals(db, case):
        if waiting.action == action:
            if waits(db, case, waiting):
                raise AlreadyProposed
            waiting.status = _stale_status(db, waiting)
            # The index knows one open row an act: the old one has to be gone before the new one comes.
            db.flush()
    record = None
    if fields and keys is not None:
        record = records.seal(
            db.house.keyring,
            keys.case_key(case),
            {"action": action, "fields": fields, "by": str(by.id)},
            case_id=case.id,
            kind=KeyKind.INT,
            epoch=case.epoch,
            field=FIELD,
            on=db.house.today(),
        )
    proposal = Proposal(
        case_id=case.id,
        action=action,
        proposed_by=by.id,
        seq=0,
        state=case.state,
        expires_on=calendars.current(db).add_working_days(db.house.today(), EXPIRY_DAYS),
        record_id=record.id if record else None,
    )
    log.emit(
        db,
        "proposal.made",
        by=by,
        case=case,
        obj=[Object(t=FIELD, id=record.id, ver=1, c=record.content.hex())] if record else (),
        d=Details(action=action, proposal=proposal.id),
    )
    proposal.seq = case.seq
    db.add(proposal)
    if record is not None:
        record.n = case.seq
        db.add(record)
    return proposal


_OPEN = select(Proposal).where(
    Proposal.case_id == bindparam("case"), Proposal.status == ProposalStatus.OPEN
)


def open_proposals(db: Work, case: Case) -> list[Proposal]:
    """The proposals of a case that wait for an answer, stale ones among them."""
    return list(db.exec(_OPEN, params={"case": case.id}))


def stale(db: Work, case: Case, proposal: Proposal) -> bool:
    """Whether a proposal has expired, or the case stood elsewhere since it was made."""
    if proposal.expires_on < db.house.today() or proposal.state != case.state:
        return True
    elsewhere = select(func.count(col(CaseStep.id))).where(
        CaseStep.case_id == case.id,
        CaseStep.n > proposal.seq,
        CaseStep.state != proposal.state,
    )
    return db.exec(elsewhere).one() > 0


def _stale_status(db: Work, proposal: Proposal) -> ProposalStatus:
    expired = proposal.expires_on < db.house.today()
    return ProposalStatus.EXPIRED if expired else ProposalStatus.VOID


def waits(db: Work, case: Case, proposal: Proposal) -> bool:
    """Whether an open proposal can still be answered: neither the case nor who proposed it stands elsewhere."""
    return bool(still_waiting(db, [(proposal, case)]))


def still_waiting(db: Work, found: Iterable[tuple[Proposal, Case]]) -> list[tuple[Proposal, Case]]:
    """Those of some open proposals that can still be answered; who proposed several is looked up once."""
    there = [(one, case) for one, case in found if not stale(db, case, one)]
    standing: set[UUID] = set()
    for staff in {one.proposed_by for one, _ in there}:
        theirs = [(one, case) for one, case in there if one.proposed_by == staff]
        standing |= {one.id for one, _ in _standing(db, staff, theirs)}
    return [(one, case) for one, case in there if one.id in standing]


def _standing(
    db: Work, staff: UUID, theirs: Sequence[tuple[Proposal, Case]]
) -> list[tuple[Proposal, Case]]:
    """What somebody proposed and could propose now: they see the case, have declared, and have the part.

    Nothing is written where they could not: that a proposal fell on the day a wall was built would say
    whom the wall is for.
    """
    person = db.get_one(Staff, staff)
    if person.status != StaffStatus.ACTIVE:
        return []
    by = signin.actor_of(db, person, b"", "")  # as they would act, without their keys
    cases = {case.id for _, case in theirs}
    in_sight = col(Case.id).in_(cases)
    seen = set(db.exec(select(Case.id).where(access.visible(db, by), in_sight)))
    declared = access.declared_for(db, by, seen)
    return [
        (one, case)
        for one, case in theirs
        if case.id in seen and _has_the_part(db, case, one, by, declared=case.id in declared)
    ]


def _has_the_part(
    db: Work, case: Case, proposal: Proposal, by: StaffActor, *, declared: bool
) -> bool:
    if proposal.action in BESIDE:
        return declared and access.may(db, by, BESIDE[proposal.action], case)
    step = transitions.workflow_of(case).steps.get((proposal.state, proposal.action))
    return (
        step is not None
        and (declared or step.act in WITHOUT_CONTENT)
        and engine.may_propose(step, access.case_roles(db, by, case))
    )


def void_all(db: Work, case: Case, *, by: Actor) -> None:
    """End what waits in a case, because it is another unit's from now on."""
    for waiting in open_proposals(db, case):
        close(db, case, waiting, ProposalStatus.VOID, by=by)


def find(db: Work, case: Case, identity: UUID) -> Proposal:
    """A proposal of a case, its row locked.

    Raises:
        NotFound: the case has none of this id.
    """
    statement = (
        select(Proposal)
        .where(Proposal.id == identity, Proposal.case_id == case.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    proposal = db.exec(statement).first()
    if proposal is None:
        raise NotFound
    return proposal


def pending(db: Work, case: Case, identity: UUID, *, by: StaffActor) -> Proposal:
    """A proposal that this person might answer.

    Raises:
        NotFound: the case has none of this id.
        ProposalVoid: it was answered, has expired, the case has moved on, or who proposed it could not
            any more.
        SamePerson: it is their own.
    """
    proposal = find(db, case, identity)
    if proposal.status != ProposalStatus.OPEN or stale(db, case, proposal):
        raise ProposalVoid
    if proposal.proposed_by == by.id:
        raise SamePerson
    if not _standing(db, proposal.proposed_by, [(proposal, case)]):
        raise ProposalVoid
    return proposal


def read(db: Work, case: Case, proposal: Proposal, *, by: StaffActor, keys: "StaffKeys") -> Opened:
    """What a proposal would do and, once it was refused, why; the look is recorded.

    Raises:
        NotFound: it has fields, and this person does not hold the case's key.
    """
    refused = proposal.status == ProposalStatus.REFUSED and bool(keys.case_keys([case]))
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(
            parts=[FIELD, *([REFUSAL] if refused else [])], at=case.seq, proposal=proposal.id
        ),
    )
    fields: dict[str, Any] = {}
    if proposal.record_id is not None:
        row = db.exec(select(Record).where(Record.id == proposal.record_id)).one()
        if row.redacted_on is None:
            fields = records.open_(db, permit, keys.case_key(case, row.epoch), row)["fields"]
    refusals = things.held(db, case, REFUSAL, permit=permit, keys=keys) if refused else []
    return Opened(
        id=proposal.id,
        action=proposal.action,
        fields=fields,
        proposed_by=proposal.proposed_by,
        expires_on=proposal.expires_on,
        status=ProposalStatus(proposal.status),
        refusal=next(
            (one.value["reason"] for one in refusals if one.value["proposal"] == str(proposal.id)),
            None,
        ),
    )


def close(
    db: Work,
    case: Case,
    proposal: Proposal,
    status: ProposalStatus,
    *,
    by: Actor,
) -> None:
    """Write how a proposal was answered."""
    proposal.status = status
    if isinstance(by, StaffActor) and status != ProposalStatus.VOID:
        proposal.answered_by = by.id
    log.emit(
        db,
        "proposal.confirmed" if status == ProposalStatus.CONFIRMED else "proposal.refused",
        by=by,
        case=case,
        d=Details(
            action=proposal.action,
            proposal=proposal.id,
            staff=proposal.proposed_by,
            status=status,
        ),
    )


def drop_stale(db: Work, case: Case) -> None:
    """Mark the proposals that a step of the case has overtaken."""
    for waiting in open_proposals(db, case):
        if stale(db, case, waiting):
            waiting.status = _stale_status(db, waiting)
