"""The trail's events as auditors read them, and as the people of a case read those of their case.

Who holds the trail reads every event; a part of it that a role holds is a list of kinds; who holds it in
their own cases reads what is about those. No wall gives way: an event that names a case its reader must not
know of is not shown, and where it is asked for by itself there is no such event. Each answer is on record.

A body is opened to learn which case it is about, so whoever asks gets nothing of it before it was judged.
"""

import logging
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from cases import access
from cases.actors import StaffActor
from cases.audit import events, log
from cases.audit.events import Body, Details, Object
from cases.audit.log import Told
from cases.database import Work
from cases.errors import (
    EnvelopeInvalid,
    KeysMissing,
    LogInconsistent,
    NotFound,
    NotInLogYet,
    NotPermitted,
    UnsupportedEnvelope,
)
from cases.models.case import Case
from cases.models.trail import AuditBody, AuditEvent, AuditLeaf
from workflows import catalogue
from workflows.model import Grade

LOG = logging.getLogger("tribune.trail")

ACT = "audit_trail"
PART = "trail"
"""What a look at a case's events is called in the event of the look."""

PARTS = {
    "health": frozenset(kind for kind in events.KINDS if kind.startswith("log.")),
    "privacy": events.READS
    | {
        "attachment.exported", "audit.body_erased", "case.grant", "case.hold", "case.revoke",
        "case.shred_ordered", "case.shredded", "export.bundle",
        *(kind for kind in events.CHANGES if kind.startswith(("identity.", "break_glass."))),
    },
}  # fmt: skip
"""Part of the permission -> its kinds: how the log lives; who looked, what went out, what was erased."""

MATCHED = "conflict.matched"
"""The kind of event that may say of somebody in how many cases they are named, and name no case."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event.

    Attributes:
        index: of its leaf.
        leaf: 49 bytes.
        body: the exact bytes committed to; None where they were erased or are not shown.
        salt: 32 bytes; None with the body.
    """

    index: int
    event: UUID
    leaf: bytes
    body: bytes | None
    salt: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the log.

    Attributes:
        more: there are events after these.
        partial: some of the bodies that are there were not shown.
    """

    lines: list[Line]
    more: bool
    partial: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """What somebody may read of the trail.

    Attributes:
        everything: but for the walls.
        kinds: shown of any case.
        units: of whose cases they read what is about those they may know of.
        walled: cases they must not know of.
    """

    me: UUID
    everything: bool
    kinds: frozenset[str]
    units: frozenset[UUID]
    walled: frozenset[UUID]

    def may_read(self, body: Body, own: frozenset[UUID]) -> bool:
        """Whether an event is shown.

        Args:
            own: cases whose events they read.
        """
        if self.walls_off(body):
            return False
        return self.everything or body.kind in self.kinds or body.case in own

    def walls_off(self, body: Body) -> bool:
        """Whether an event says what this person must not know, whatever their role."""
        of_me = body.kind == MATCHED and body.d.get("staff") == str(self.me)
        return of_me or not self.walled.isdisjoint(_cases_in(body))


def reader(db: Work, by: StaffActor) -> Reader:
    """What this person may read of the trail."""
    held = {
        role: grant for role, grant in catalogue.permissions().acts[ACT].items() if role in by.roles
    }
    whole = [grant.part for grant in held.values() if grant.grade is Grade.YES]
    of_cases = [role for role, grant in held.items() if grant.grade is Grade.ASSIGNED]
    return Reader(
        me=by.id,
        everything=None in whole,
        kinds=frozenset[str]().union(*(PARTS[part] for part in whole if part)),
        units=by.units(*of_cases) if of_cases else frozenset(),
        walled=db.house.walls.of(db, by.id),
    )


def page(
    db: Work, by: StaffActor, *, reference: str | None = None, after: int = -1, limit: int
) -> Page:
    """Events in the order of the log; the look is recorded.

    Args:
        reference: of a case, whose events alone are wanted.
        after: index of the leaf before the first one wanted.

    Raises:
        NotFound: no such case, or not for this person.
        NotPermitted: they know of the case, and do not read its trail.
        DeclarationNeeded: they have not declared for it yet.
    """
    judge = reader(db, by)
    case = None if reference is None else _case(db, by, judge, reference)
    statement = (
        select(AuditLeaf.leaf_index, AuditEvent.event_id, AuditEvent.leaf, AuditBody)
        .select_from(AuditLeaf)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditLeaf.event_id))
        .join(AuditBody, col(AuditBody.event_id) == col(AuditLeaf.event_id), isouter=True)
        .where(AuditLeaf.leaf_index > after)
        .order_by(col(AuditLeaf.leaf_index))
        .limit(limit + 1)
    )
    if case is not None:
        keyring = db.house.keyring
        tags = [log.tag(keyring, "case", case.id, version) for version in keyring.roots]
        statement = statement.where(col(AuditBody.case_tag).in_(tags))
    # Outer join: the body of an erased event is not there, whatever the type says.
    found: Sequence[tuple[int, UUID, bytes, AuditBody | None]] = db.exec(statement).all()
    rows = found[:limit]
    opened = [None if row is None else _opened(db, row, leaf) for *_, leaf, row in rows]
    own = _own(db, by, judge, (one.body.case for one in opened if one))
    shown = [one if one and judge.may_read(one.body, own) else None for one in opened]
    lines = [
        Line(index, event, leaf, one.raw if one else None, one.salt if one else None)
        for (index, event, leaf, _), one in zip(rows, shown, strict=True)
    ]
    if case is not None:
        log.emit(db, "case.read", by=by, case=case, d=Details(parts=[PART], at=case.seq))
    else:
        count = sum(one is not None for one in shown)
        log.emit(db, "log.verified", by=by, d=Details(at=after + 1, count=count))
    withheld = any(one and not its for one, its in zip(opened, shown, strict=True))
    return Page(lines, more=len(found) > limit, partial=withheld)


def one(db: Work, by: StaffActor, event: UUID) -> Line:
    """One event that is in the log; the look is recorded.

    Raises:
        NotFound: there is none for this person.
        NotInLogYet: it waits.
        LogInconsistent: its body was changed.
    """
    told = _readable(db, by, event)
    index = db.exec(select(AuditLeaf.leaf_index).where(AuditLeaf.event_id == event)).first()
    if index is None:
        raise NotInLogYet
    body = told.body if isinstance(told, Told) else None
    case = db.get(Case, body.case) if body and body.case else None
    if case is not None:
        log.emit(db, "case.read", by=by, case=case, d=Details(parts=[PART], at=case.seq))
    else:
        log.emit(db, "log.verified", by=by, d=Details(at=index, count=0 if body is None else 1))
    if isinstance(told, Told):
        return Line(index, event, told.leaf, told.raw, told.salt)
    return Line(index, event, told, None, None)


def demand(db: Work, by: StaffActor, event: UUID) -> None:
    """Refuse who may not know of an event; nothing of it is given out.

    Raises:
        NotFound: there is none for this person.
        LogInconsistent: its body was changed.
    """
    _readable(db, by, event)


def acknowledged(db: Work, by: StaffActor, leaf_hash: bytes) -> UUID:
    """The event that a receipt acknowledged: one that the person may read, or did themselves.

    Raises:
        NotFound: there is none for this person.
        LogInconsistent: its body was changed.
    """
    event = db.exec(select(AuditEvent.event_id).where(AuditEvent.leaf_hash == leaf_hash)).first()
    if event is None:
        raise NotFound
    _readable(db, by, event, or_did=True)
    return event


def _readable(db: Work, by: StaffActor, event: UUID, *, or_did: bool = False) -> Told | bytes:
    """An event that the person may read; of one whose body was erased, the leaf.

    Raises:
        NotFound: there is none for this person.
        LogInconsistent: its body was changed.
    """
    written = db.get(AuditEvent, event)
    if written is None:
        raise NotFound
    judge = reader(db, by)
    row = db.get(AuditBody, event)
    if row is None:
        if not judge.everything:  # nobody can tell any more what it was about
            raise NotFound
        return written.leaf
    told = _opened(db, row, written.leaf)
    if told is None:
        raise LogInconsistent
    own = _own(db, by, judge, [told.body.case])
    did = or_did and told.body.actor.id == by.id and not judge.walls_off(told.body)
    if not did and not judge.may_read(told.body, own):
        raise NotFound
    return told


def _case(db: Work, by: StaffActor, judge: Reader, reference: str) -> Case:
    """The case whose events are asked for.

    Raises:
        NotFound, NotPermitted, DeclarationNeeded: as `page` says.
    """
    if judge.everything or judge.kinds:
        case = db.exec(
            select(Case).where(Case.reference == reference.strip().upper(), col(Case.delivered))
        ).first()
        if case is None or case.id in judge.walled:
            raise NotFound
        return case
    case = access.find(db, reference, by)
    if case.unit not in judge.units:
        raise NotPermitted
    access.demand_declaration(db, by, case)
    return case


def _own(db: Work, by: StaffActor, judge: Reader, cases: Iterable[UUID | None]) -> frozenset[UUID]:
    """Which of these cases are of the person's unit, known to them and declared for."""
    asked = {case for case in cases if case is not None}
    if not judge.units or not asked:
        return frozenset()
    known = db.exec(
        select(Case.id).where(
            access.visible(db, by), col(Case.unit).in_(judge.units), col(Case.id).in_(asked)
        )
    ).all()
    return access.declared_for(db, by, known)


def _opened(db: Work, row: AuditBody, leaf: bytes) -> Told | None:
    """A body; None for one that was changed, which whoever checks the log finds missing."""
    try:
        return log.open_body(db.house.keyring, row, leaf)
    except (EnvelopeInvalid, UnsupportedEnvelope, KeysMissing, ValueError) as error:
        LOG.error("an event's body does not open", extra={"error": type(error).__name__})  # noqa: TRY400
        return None


def _cases_in(body: Body) -> set[UUID]:
    """Every id in an event that may be a case's: its own, those of a list, and those it points to."""
    found = {one.id if isinstance(one, Object) else _long(one) for one in body.obj}
    if body.case is not None:
        found.add(body.case)
    if isinstance(target := body.d.get("target"), str):
        found.add(UUID(target))
    return found


def _long(short: str) -> UUID:
    """An id from its 22 characters of base64url."""
    return UUID(bytes=urlsafe_b64decode(f"{short}=="))
