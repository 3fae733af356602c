"""Deleting personal data that is plainly not relevant, though the case goes on: by two people, for good.

A passer-by's health, a child's photo sent by mistake. Of a thing that somebody wrote or sent the sealed bytes
of every version are destroyed, and of a file its blob too. The rows and their commitments stay, so that the
trail still proves what was there, and that two people deleted it.

What anything in the case rests on is not irrelevant and is never deleted: what a standing thing, a decision, an
agreed proposal, a report, a referral or the custody log names. Nor is anything deleted under a legal hold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlmodel import and_, col, delete, select

from cases import assignments, conflicts, evidence, family, holds, proposals, transitions
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details, Object
from cases.conflicts import Subject
from cases.database import Work
from cases.errors import NotAllowed, NotReady, ProposalVoid, Unacceptable
from cases.models.case import (
    Attachment,
    Case,
    KeyKind,
    Proposal,
    ProposalStatus,
    Record,
    Report,
    SubjectMatch,
)
from cases.objects import custody, handling, marks
from cases.objects.interviews import APPROVAL
from cases.objects.shapes import MODELS
from cases.sealing import records

if TYPE_CHECKING:
    from cases.permits import ReadPermit
    from cases.sealing.hierarchy import StaffKeys

REDACT = "redact"
"""The act, and its line of the permission table."""

MESSAGE, PERSON, ITEM, CUSTODY = "message", "person", "item", "custody"
WRITTEN = frozenset({"note", PERSON, ITEM, "interview"})
"""Things of a case that can be deleted; besides them messages and files."""

AS_IT_STANDS = frozenset(MODELS) - {"investigation_report", "referral", "review_checklist"}
"""Things of which only the newest version counts for what rests on what; of all else every version does."""

FILE_TEXT = "file_deleted"
"""What the reporter is told of a file; of a message it stands in its place."""

EVENT_OBJECTS = 50
"""Versions that one event names; more would make it too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be deleted.

    Attributes:
        kind: the field of its records.
        version: the newest of it.
        rows: every version of it, and what only repeats it.
        files: whose blobs go as well.
        named: whom its versions named, where it is a person.
    """

    kind: str
    version: int
    rows: Sequence[Record]
    files: Sequence[Attachment] = ()
    named: Sequence[Subject] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is looked through, and the permit and keys it is opened with.

    Attributes:
        family: a case and what was merged into it.
        reports: that staff see.
    """

    family: Mapping[UUID, Case]
    reports: Mapping[UUID, Report]
    permit: "ReadPermit"
    keys: "StaffKeys"


def mentioned(value: object) -> Iterator[str]:
    """Every text inside a value that might be the id of something."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from mentioned(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from mentioned(one)


# Any: the fields of the act, as JSON has them; below what records hold.
def demand(
    db: Work, case: Case, record: UUID, *, by: StaffActor, keys: "StaffKeys"
) -> dict[str, Any]:
    """What a proposal to delete something says of it; the looks are recorded.

    Args:
        record: of a thing or a message, or the id under which a file is listed.

    Raises:
        NotPermitted, DeclarationNeeded: as `assignments.demand`.
        NotAllowed: the content of the case is gone, or it became part of another, which decides.
        NotReady: a legal hold is on the case.
        Unacceptable: nothing of this id is there for this person, it is of a kind that is never deleted,
            or something rests on it.
    """
    assignments.demand(db, by, REDACT, case, shut_too=True)
    if case.state == "purged" or case.merged_into is not None:
        raise NotAllowed(action=REDACT, state=case.state)
    found = _chosen(db, case, record, by=by, keys=keys)
    files = [str(one.id) for one in found.files]
    return {"record": str(record), "kind": found.kind, "version": found.version, "files": files}


def confirmed(
    db: Work,
    case: Case,
    fields: dict[str, Any],
    *,
    first: UUID,
    by: StaffActor,
    keys: "StaffKeys",
) -> None:
    """Delete what two people agreed on; its blob goes once that is committed.

    Raises:
        ProposalVoid: it is gone already or was written anew, something rests on it now, or a legal hold came.
    """
    record = UUID(fields["record"])
    try:
        found = _chosen(db, case, record, by=by, keys=keys)
    except (Unacceptable, NotReady):
        raise ProposalVoid from None
    agreed = fields["version"], fields["files"]
    if agreed != (found.version, [str(one.id) for one in found.files]):
        raise ProposalVoid
    holds.decide(db, case, REDACT, dict(fields), by=by, keys=keys)
    for row in found.rows:
        row.env, row.redacted_on = b"", db.house.today()
    things = [Object(t="record", id=row.id, ver=row.version) for row in found.rows]
    for file in found.files:
        things.append(Object(t="attachment", id=file.id))
        db.after.append(partial(db.house.blobs.delete, file.blob))
        file.blob = evidence.DELETED
    d = Details(field=found.kind, approvers=[first, by.id])
    for start in range(0, len(things), EVENT_OBJECTS):
        some = things[start : start + EVENT_OBJECTS]
        log.emit(db, "record.redacted", by=by, case=case, obj=some, d=d)
    if found.kind == PERSON:
        marks.keep(db, case, PERSON, record, {}, by=by, keys=keys)
        _forget_names(db, case, found.named, by=by, keys=keys)
    for report in {file.report_id for file in found.files if file.report_id is not None}:
        transitions.tell_one(db, case, db.get_one(Report, report), FILE_TEXT)


def _chosen(db: Work, case: Case, record: UUID, *, by: StaffActor, keys: "StaffKeys") -> Chosen:
    """What is meant by an id, when it can be deleted.

    Raises:
        NotReady, Unacceptable: as `demand`.
    """
    ground = _ground(db, case, by=by, keys=keys)
    if any(one.legal_hold for one in ground.family.values()):
        raise NotReady("no_legal_hold")
    hidden = handling.hidden(db, case, by=by, permit=ground.permit, keys=keys)
    file = None if record in handling.files(hidden) else evidence.find(db, case, record)
    rows = _versions(db, record if file is None else file.record_id, ground)
    if not rows or any(one.id == record for one in hidden):
        raise _refused("unknown_value")
    kind = rows[-1].field
    if kind == evidence.FIELD and file is None:
        raise _refused("unknown_value")  # a file goes by the id that lists show, and with its blob
    if kind not in {*WRITTEN, MESSAGE, evidence.FIELD}:
        raise _refused("never_deleted")
    own = [_opened(db, row, ground) for row in rows]
    if kind == MESSAGE and own[0].get("act"):
        raise _refused("relied_on")  # it asked for something, and something was done about it
    files = [file] if file is not None else _kept_close(db, case, kind, own[-1])
    theirs = [
        row for one in files if one is not file for row in _versions(db, one.record_id, ground)
    ]
    shown = own[-1]["attachments"] if theirs else []
    every = [*rows, *theirs]
    around = _around(db, {record, *(row.id for row in every), *map(UUID, shown)}, ground)
    named = [_subject(one) for one in own if one] if kind == PERSON else []
    return Chosen(
        kind=kind,
        version=rows[-1].version,
        rows=[*every, *around],
        files=files,
        named=named,
    )


def _kept_close(db: Work, case: Case, kind: str, value: Mapping[str, Any]) -> list[Attachment]:
    """The files of an item that not everybody sees: without it, they would be shown to all."""
    if kind != ITEM or value["handling"] not in handling.ROLES:
        return []
    found = (evidence.find(db, case, UUID(one)) for one in value["attachments"])
    return [one for one in found if one is not None]


def _ground(db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys") -> Ground:
    cases = family.of(db, case)
    delivered = (Report.case_id == case.id, col(Report.delivered))
    reports = {one.id: one for one in db.exec(select(Report).where(*delivered))}
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["all"], at=case.seq, action=REDACT),
        opens=cases.keys() | {one.origin_case_id for one in reports.values()},
    )
    return Ground(cases, reports, permit, keys)


def _refused(code: str) -> Unacceptable:
    return Unacceptable([("/record", code)])


def _versions(db: Work, identity: UUID, ground: Ground) -> list[Record]:
    """Every version of a thing of the case, or of one of its threads, that staff see; oldest first."""
    statement = (
        select(Record)
        .where(
            Record.id == identity,
            col(Record.delivered),
            col(Record.redacted_on).is_(None),
        )
        .order_by(col(Record.version))
    )
    return [
        row
        for row in db.exec(statement)
        if (row.kind == KeyKind.INT and row.case_id in ground.family)
        or (row.kind == KeyKind.CONV and row.report_id in ground.reports)
    ]


def _opened(db: Work, row: Record, ground: Ground) -> dict[str, Any]:
    if row.report_id is not None:
        key = ground.keys.thread_key(ground.reports[row.report_id], row.epoch)
    else:
        key = ground.keys.case_key(ground.family[row.case_id], row.epoch)
    return records.open_(db, ground.permit, key, row)


def _around(db: Work, its: set[UUID], ground: Ground) -> list[Record]:
    """What only repeats a thing, and goes with it.

    That is what the service itself wrote into the custody log of an item, and proposals that came to nothing.

    Args:
        its: ids of the thing: of its own records, and the one that lists show.

    Raises:
        Unacceptable: something rests on the thing.
    """
    statement = (
        select(Record)
        .where(
            col(Record.case_id).in_(ground.family),
            Record.kind == KeyKind.INT,
            col(Record.delivered),
            col(Record.redacted_on).is_(None),
            col(Record.id).not_in(its),
        )
        .order_by(col(Record.version))
    )
    rows = list(db.exec(statement))
    names = {form for one in its for form in (str(one), one.hex)}
    newest = {row.id: row.version for row in rows}
    standing, ours = _proposed(db, ground.family)
    found = []
    for row in rows:
        overtaken = row.version < newest[row.id] or row.deleted
        if row.field == APPROVAL:
            continue  # ids and a day: nothing of the interview is in it, and nothing rests on it
        if row.id in ours or (overtaken and row.field in AS_IT_STANDS):
            continue
        value = _opened(db, row, ground)
        if names.isdisjoint(mentioned(value)):
            continue
        by_itself = row.field == CUSTODY and value["event"] in custody.BY_ITSELF
        if not by_itself and (row.field != proposals.FIELD or row.id in standing):
            raise _refused("relied_on")
        found.append(row)
    return found


def _proposed(db: Work, cases: Mapping[UUID, Case]) -> tuple[set[UUID], set[UUID]]:
    """The records of proposals that wait or were agreed on, and those of proposals to delete something."""
    standing, ours = set(), set()
    for one in db.exec(select(Proposal).where(col(Proposal.case_id).in_(cases))):
        if one.record_id is None:
            continue
        if one.action == REDACT:
            ours.add(one.record_id)
        elif one.status == ProposalStatus.CONFIRMED or (
            one.status == ProposalStatus.OPEN and not proposals.stale(db, cases[one.case_id], one)
        ):
            standing.add(one.record_id)
    return standing, ours


def _subject(person: Mapping[str, Any]) -> Subject:
    return Subject(name=person.get("name"), staff_number=person.get("staff_number"))


def _forget_names(
    db: Work, case: Case, named: Iterable[Subject], *, by: StaffActor, keys: "StaffKeys"
) -> None:
    """Take away the blind tokens of a person, but of names that others of the case have too; walls stay."""
    cases = family.of(db, case)
    permit = log.emit(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["persons"], at=case.seq, action=REDACT),
        opens=cases,
    )
    others = [one for one, _ in conflicts.named_in(db, cases, permit, keys)]
    gone = list(named)
    for one in cases:
        kept = {row.token for row in conflicts.match_rows(db.house.keyring, one, others)}
        tokens = {row.token for row in conflicts.match_rows(db.house.keyring, one, gone)} - kept
        theirs = and_(SubjectMatch.case_id == one, col(SubjectMatch.token).in_(tokens))
        db.exec(delete(SubjectMatch).where(theirs))
