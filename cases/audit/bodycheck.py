"""The scrubber's second half: do the bodies say what was committed to, and are their moments possible?

What they tell of cases is then held against the cases (`casecheck`).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from cases.audit import casecheck, leaf, log, storage
from cases.audit.epochs import ADOPTED
from cases.audit.events import Body, Object
from cases.audit.faults import Finding, found
from cases.audit.log import Told
from cases.audit.story import Story
from cases.audit.treecheck import MERGE_DELAY, Progress, no_progress
from cases.database import Work
from cases.errors import EnvelopeInvalid, KeysMissing
from cases.models.trail import AuditBody, AuditEvent, AuditLeaf, AuditPending

CHUNK = 256
PAUSE = timedelta(hours=1)
"""Heartbeats come each quarter of an hour; a gap of four is told."""
DAYS_APART = timedelta(days=2)
"""What a day of the administration's zone and one of UTC can be apart, and a tick besides."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def check_bodies(db: Work, progress: Progress = no_progress) -> list[Finding]:
    """Every body, in the order of the log and in the queue, and the cases against what they tell."""
    story, findings = Story(), list[Finding]()
    size = min(storage.size(db), storage.count(db))
    for start in range(0, size, CHUNK):
        stop = min(size, start + CHUNK)
        told = []
        for index, written, row in _bodies(db, start, stop):
            if row is None:
                story.gone.append(index)
                continue
            one = _opened(db, written, row)
            if one is None:
                findings.append(found("body_changed", index=index))
                continue
            if not _filed_rightly(db, row, one.body):
                findings.append(found("tag_changed", index=index))
            findings += _read(story, index, one.body)
            told.append((one, story.pulse))
        findings += casecheck.check_made(db, story, told)
        db.expunge_all()
        progress(stop, size)
    findings += _check_gone(story)
    findings += _check_queue(db, story)
    findings += casecheck.check_cases(db, story)
    return findings


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


def _filed_rightly(db: Work, row: AuditBody, body: Body) -> bool:
    """Whether an event is found under the case and the person that it names, and under no other."""
    keyring = db.house.keyring
    case_tag: object = row.case_tag
    if body.case is not None:
        about = log.TRAIL if body.kind == "audit.body_erased" else body.case
        case_tag = log.tag(keyring, "case", about, row.root_ver)
    actor_tag: object = row.actor_tag
    if body.actor.id is not None:
        actor_tag = log.tag(keyring, "actor", body.actor.id, row.root_ver)
    return (row.case_tag, row.actor_tag) == (case_tag, actor_tag)


def _remember(story: Story, body: Body) -> None:
    """What one event tells about others."""
    if body.case is not None and body.seq is not None:
        story.numbers[body.case].append(body.seq)
    if body.kind == "case.shredded" and body.case is not None:
        story.forgotten.add(body.case)
    if body.kind == "record.redacted":
        story.redacted.update(
            (one.id, one.ver) for one in body.obj if isinstance(one, Object) and one.ver is not None
        )
    if body.kind == "audit.body_erased":
        story.erased += [(first, last) for first, last in body.d.get("ranges", [])]
        if body.case is not None:
            story.thinned.add(body.case)
    if body.kind == "log.rejected":
        story.refused.update(one.id for one in body.obj if isinstance(one, Object))


def _read(story: Story, index: int, body: Body) -> Iterator[Finding]:
    """What one event tells, of others and of itself."""
    _remember(story, body)
    if body.kind == "log.epoch":
        yield found("epoch_begun", index=index, lost=body.d["n"] - body.d["at"])
    if body.kind == "config.changed" and body.d.get("action") == ADOPTED:
        yield found("memory_given_back", index=index, size=body.d["n"])
    if body.seen > index:
        yield found("seen_ahead", index=index, seen=body.seen)
    if body.kind == "config.changed" and body.d.get("field") == "clock":
        # From here on moments are those of another clock; the next heartbeat says which.
        story.pulse = story.latest = None
        yield found("clock_moved", index=index, seconds=body.d["n"])
    elif _MOMENT.fullmatch(body.at):
        yield from _check_moment(story, index, body)
    elif date.fromisoformat(body.at) < _oldest(story):
        yield found("backdated", index=index, at=body.at)


def _oldest(story: Story) -> date:
    """The earliest day that what a reporter did may bear by now: older, where it waited through a pause."""
    if story.pulse is None:
        return date.min
    since = story.pulse
    if story.pause is not None and since - story.pause[1] <= DAYS_APART:
        since = story.pause[0]
    return (since - DAYS_APART).date()


def _check_moment(story: Story, index: int, body: Body) -> Iterator[Finding]:
    """Moments against the log's own clock: heartbeats are entered last, with the time of their entry."""
    at = datetime.fromisoformat(body.at)
    if story.pulse and at < story.pulse - MERGE_DELAY:
        yield found("backdated", index=index, at=body.at)
    if (body.kind, body.actor.t) != ("log.heartbeat", "system"):
        story.latest = max(story.latest or (at, index), (at, index))
        return
    if story.latest and story.latest[0] > at + MERGE_DELAY:
        moment, where = story.latest
        yield found("postdated", index=where, at=f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    if story.pulse and at - story.pulse > PAUSE:
        yield found("log_paused", start=f"{story.pulse:%Y-%m-%dT%H:%M:%SZ}", end=body.at)
        story.pause = (story.pulse, at)
    story.latest, story.pulse = None, max(story.pulse or at, at)


def _check_gone(story: Story) -> Iterator[Finding]:
    """Bodies that are not there: erased by the book, or taken."""
    ranges = sorted(story.erased)
    starts = [first for first, _ in ranges]
    erased = 0
    for index in story.gone:
        place = bisect_right(starts, index) - 1
        if place >= 0 and index <= ranges[place][1]:
            erased += 1
        else:
            yield found("body_missing", index=index)
    if erased:
        yield found("bodies_erased", count=erased)


def _check_queue(db: Work, story: Story) -> Iterator[Finding]:
    """Events that are not in the tree: what they say themselves is believed, not the columns beside it."""
    statement = (
        select(AuditEvent, AuditBody, col(AuditPending.event_id))
        .join(AuditLeaf, col(AuditLeaf.event_id) == col(AuditEvent.event_id), isouter=True)
        .join(AuditBody, col(AuditBody.event_id) == col(AuditEvent.event_id), isouter=True)
        .join(AuditPending, col(AuditPending.event_id) == col(AuditEvent.event_id), isouter=True)
        .where(col(AuditLeaf.event_id).is_(None))
    )
    false = 0
    for event, row, waits in db.execute(statement):
        name, day = str(event.event_id), event.day.isoformat()
        one = _opened(db, event.leaf, row) if row else None
        if event.event_id in story.refused:
            if one is None:
                false += 1
            else:  # the service's own after all: somebody made it look false
                yield found("kept_out", event=name, at=one.body.at)
        elif waits is None:
            yield found("taken_from_the_queue", event=name, day=day)
        else:
            if one is not None and one.body.case is not None and one.body.seq is not None:
                story.numbers[one.body.case].append(one.body.seq)
            if one is None or _waits_too_long(db, one.body.at):
                yield found("held_back", event=name, day=day)
    if false:
        yield found("rows_refused", count=false)


def _waits_too_long(db: Work, at: str) -> bool:
    now = db.house.now()
    if _MOMENT.fullmatch(at):
        return now - datetime.fromisoformat(at) > MERGE_DELAY
    # What reporters do says only its day, and goes with the first tick after it.
    latest = now - db.house.terms.reporter_tick - timedelta(hours=1)
    return date.fromisoformat(at) < latest.astimezone(db.house.terms.zone).date()
