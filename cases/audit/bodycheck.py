"""The scrubber's second half: do the bodies say what was committed to, and do the cases bear them out?"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from cases.audit import leaf, log, storage
from cases.audit.events import Body, Object
from cases.audit.faults import Finding, found
from cases.audit.log import Told
from cases.audit.treecheck import MERGE_DELAY, Progress, no_progress
from cases.database import Work
from cases.errors import EnvelopeInvalid, KeysMissing
from cases.models.case import Case, Record
from cases.models.trail import AuditBody, AuditEvent, AuditLeaf

CHUNK = 256
PAUSE = timedelta(hours=1)
"""Heartbeats come each quarter of an hour; a gap of four is told."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_PULSES = frozenset({"log.heartbeat", "log.scrub"})


@dataclass
class Story:
    """What the bodies read so far have told."""

    numbers: dict[UUID, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Case -> the numbers of its changes."""
    gone: list[int] = field(default_factory=list)
    """Leaves without a body."""
    erased: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of leaves whose bodies were erased by the book."""
    thinned: set[UUID] = field(default_factory=set)
    """Cases of which bodies were erased: their numbers have gaps."""
    forgotten: set[UUID] = field(default_factory=set)
    """Cases that were shredded."""
    refused: set[UUID] = field(default_factory=set)
    """Events that the service did not write."""
    vanished: list[tuple[UUID, Object]] = field(default_factory=list)
    """(case, record) that the trail names and no row holds."""
    pulse: datetime | None = None
    """The log's own clock at the last heartbeat."""
    latest: tuple[datetime, int] | None = None
    """The latest moment told since, and where."""


def check_bodies(db: Work, progress: Progress = no_progress) -> tuple[list[Finding], Story]:
    """Every body, in the order of the log, and the cases and records against what they tell."""
    story, findings = Story(), []
    size = storage.size(db)
    for start in range(0, size, CHUNK):
        stop = min(size, start + CHUNK)
        told = []
        for index, written, row in _bodies(db, start, stop):
            one = _opened(db, written, row) if row else None
            if row is None:
                story.gone.append(index)
            elif one is None:
                findings.append(found("body_changed", index=index))
            else:
                findings += _read(story, index, one.body)
                told.append(one)
        findings += _check_records(db, story, told)
        db.expunge_all()
        progress(stop, size)
    findings += _check_gone(story)
    findings += _check_numbers(db, story)
    findings += _check_vanished(db, story)
    if story.refused:
        findings.append(found("rows_refused", count=len(story.refused)))
    return findings, story


def _bodies(
    db: Work, start: int, stop: int
) -> Sequence[tuple[int, bytes | None, AuditBody | None]]:
    statement = (
        select(col(AuditLeaf.leaf_index), col(AuditEvent.leaf), AuditBody)
        .join(AuditEvent, col(AuditEvent.event_id) == col(AuditLeaf.event_id), isouter=True)
        .join(AuditBody, col(AuditBody.event_id) == col(AuditLeaf.event_id), isouter=True)
        .where(col(AuditLeaf.leaf_index) >= start, col(AuditLeaf.leaf_index) < stop)
        .order_by(col(AuditLeaf.leaf_index))
    )
    return db.execute(statement).all()


def _opened(db: Work, written: bytes | None, row: AuditBody) -> Told | None:
    """A body that opens and is the one its leaf commits to."""
    if written is None:
        return None
    try:
        one = log.open_body(db.house.keyring, row, written)
    except (EnvelopeInvalid, KeysMissing, ValueError):
        return None
    fits = leaf.written(row.event_id, one.salt, one.raw) == written and one.body.id == row.event_id
    return one if fits else None


def _read(story: Story, index: int, body: Body) -> Iterator[Finding]:
    """What one event tells about itself and about the others."""
    if body.case is not None and body.seq is not None:
        story.numbers[body.case].append(body.seq)
    if body.kind == "case.shredded" and body.case is not None:
        story.forgotten.add(body.case)
    if body.kind == "audit.body_erased":
        story.erased += [(first, last) for first, last in body.d.get("ranges", [])]
        if body.case is not None:
            story.thinned.add(body.case)
    if body.kind == "log.rejected":
        story.refused.update(one.id for one in body.obj if isinstance(one, Object))
    if body.kind == "log.epoch":
        yield found("epoch_begun", index=index)
    if body.seen > index:
        yield found("seen_ahead", index=index, seen=body.seen)
    if _MOMENT.fullmatch(body.at):
        yield from _check_moment(story, index, body)


def _check_moment(story: Story, index: int, body: Body) -> Iterator[Finding]:
    """Moments against the log's own clock: heartbeats are entered last, with the time of their entry."""
    at = datetime.fromisoformat(body.at)
    if story.pulse and at < story.pulse - MERGE_DELAY:
        yield found("backdated", index=index, at=body.at)
    if body.kind not in _PULSES or body.actor.t != "system":
        story.latest = max(story.latest or (at, index), (at, index))
        return
    if story.latest and story.latest[0] > at + MERGE_DELAY:
        moment, where = story.latest
        yield found("postdated", index=where, at=f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    if story.pulse and at - story.pulse > PAUSE:
        yield found("log_paused", start=f"{story.pulse:%Y-%m-%dT%H:%M:%SZ}", end=body.at)
    story.latest, story.pulse = None, max(story.pulse or at, at)


def _check_records(db: Work, story: Story, told: Sequence[Told]) -> Iterator[Finding]:
    """The records that these events made, against the rows."""
    made = [
        (one.body.case, thing)
        for one in told
        for thing in one.body.obj
        if one.body.case is not None
        and isinstance(thing, Object)
        and (thing.t, thing.c is None) == ("record", False)
    ]
    if not made:
        return
    statement = select(col(Record.id), col(Record.version), col(Record.content)).where(
        col(Record.id).in_({thing.id for _, thing in made})
    )
    kept = {(row.id, row.version): row.content for row in db.rows(statement)}
    for case, thing in made:
        content = kept.get((thing.id, thing.ver or 1))
        if content is None:
            story.vanished.append((case, thing))
        elif content.hex() != thing.c:
            yield found(
                "record_changed", case=str(case), record=str(thing.id), version=thing.ver or 1
            )


def _check_gone(story: Story) -> Iterator[Finding]:
    erased = 0
    for index in story.gone:
        if any(first <= index <= last for first, last in story.erased):
            erased += 1
        else:
            yield found("body_missing", index=index)
    if erased:
        yield found("bodies_erased", count=erased)


def _check_numbers(db: Work, story: Story) -> Iterator[Finding]:
    """Changes of a case are numbered without a gap, and the case stands at the last of them."""
    for told in _waiting(db):
        if told.body.case is not None and told.body.seq is not None:
            story.numbers[told.body.case].append(told.body.seq)
    for row in db.rows(select(col(Case.id), col(Case.seq))):
        if row.id not in story.thinned:
            yield from _check_case(str(row.id), row.seq, Counter(story.numbers[row.id]))


def _check_case(case: str, seq: int, numbers: Counter[int]) -> Iterator[Finding]:
    for number in range(1, seq + 1):
        if number not in numbers:
            yield found("number_missing", case=case, number=number)
    for number in sorted(numbers):
        if numbers[number] > 1:
            yield found("number_twice", case=case, number=number)
    newest = max(numbers, default=0)
    if newest > seq:
        yield found("case_rolled_back", case=case, held=seq, number=newest)


def _waiting(db: Work) -> Iterator[Told]:
    """Events that are not in the tree yet."""
    statement = (
        select(col(AuditEvent.leaf), AuditBody)
        .join(AuditBody, col(AuditBody.event_id) == col(AuditEvent.event_id))
        .join(AuditLeaf, col(AuditLeaf.event_id) == col(AuditEvent.event_id), isouter=True)
        .where(col(AuditLeaf.event_id).is_(None))
    )
    for written, row in db.execute(statement):
        one = _opened(db, written, row)
        if one is not None:
            yield one


def _check_vanished(db: Work, story: Story) -> Iterator[Finding]:
    """Records that are gone: rightly, where their case, or the one it was merged into, was forgotten."""
    merged = select(col(Case.id), col(Case.merged_into)).where(col(Case.merged_into).is_not(None))
    into = dict(db.execute(merged).all())
    # Of a case whose trail was erased, the event that says it was shredded is gone as well.
    gone = story.forgotten | story.thinned
    for case, thing in story.vanished:
        held: UUID | None = case
        while held is not None and held not in gone:
            held = into.get(held)
        if held is None:
            yield found(
                "record_missing", case=str(case), record=str(thing.id), version=thing.ver or 1
            )
