"""Cases, records and files held against what the trail tells of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from cases.audit.events import Object
from cases.audit.faults import Finding, found
from cases.audit.log import Told
from cases.audit.story import Made, Story
from cases.database import Work
from cases.models.case import Attachment, Case, Record

MOST = 20
"""Numbers that are named of one case: a case that was tampered with may lack any number of them."""
BATCH = 500
HANDED_OVER = timedelta(minutes=30)
"""How long after its tick something may still be on its way to staff."""


def check_made(
    db: Work, story: Story, told: Sequence[tuple[Told, datetime | None]]
) -> Iterator[Finding]:
    """The records and files that these events made, against the rows.

    Args:
        told: events, each with the log's own clock when it was entered.
    """
    made = [
        Made(one.body.case, thing, entered)
        for one, entered in told
        for thing in one.body.obj
        if one.body.case is not None and isinstance(thing, Object) and _is_made(one, thing)
    ]
    if not made:
        return
    records, files = _rows(db, made)
    for one in made:
        version = one.thing.ver or 1
        row = (
            files.get(one.thing.id)
            if one.thing.t == "attachment"
            else records.get((one.thing.id, version))
        )
        if row is None:
            story.vanished.append(one)
            continue
        delivered, content, empty = row
        if empty:
            story.emptied.add((one.thing.id, version))
        if content is not None and content.hex() != one.thing.c:
            yield found(
                "record_changed", case=str(one.case), record=str(one.thing.id), version=version
            )
        if not delivered:
            story.hidden.append(one)


def _is_made(told: Told, thing: Object) -> bool:
    """Whether an event made this thing, and did not only look at it."""
    return (thing.ver is not None and thing.c is not None) or (
        thing.t == "attachment" and told.body.kind == "attachment.created"
    )


def _rows(
    db: Work, made: Sequence[Made]
) -> tuple[
    dict[tuple[UUID, int], tuple[bool, bytes | None, bool]], dict[UUID, tuple[bool, None, bool]]
]:
    """What is kept of these things: whether staff see it; of records their commitment, and if nothing else."""
    named = {one.thing.id for one in made}
    records = select(
        col(Record.id),
        col(Record.version),
        col(Record.delivered),
        col(Record.content),
        (func.length(col(Record.env)) == 0).label("empty"),
    ).where(col(Record.id).in_(named))
    files = select(col(Attachment.id), col(Attachment.delivered)).where(
        col(Attachment.id).in_(named)
    )
    return (
        {
            (row.id, row.version): (row.delivered, row.content, bool(row.empty))
            for row in db.rows(records)
        },
        {row.id: (row.delivered, None, False) for row in db.rows(files)},
    )


def check_cases(db: Work, story: Story) -> Iterator[Finding]:
    """After all bodies were read: numbers without a gap, and nothing gone or held from staff."""
    cases = select(col(Case.id), col(Case.seq), col(Case.delivered), col(Case.merged_into))
    into: dict[UUID, UUID] = {}
    for row in db.rows(cases):
        if row.merged_into is not None:
            into[row.id] = row.merged_into
        if row.id in story.thinned:
            continue
        numbers = Counter(story.numbers.get(row.id, ()))
        if numbers and not row.delivered:
            yield found("case_withheld", case=str(row.id))
        yield from _check_case(str(row.id), row.seq, numbers)
    yield from _check_vanished(story, into)
    yield from _check_hidden(db, story)
    yield from _check_emptied(db, story)


def _check_case(case: str, seq: int, numbers: Counter[int]) -> Iterator[Finding]:
    """Changes of a case are numbered without a gap, and the case stands at the last of them."""
    missing = (number for number in range(1, seq + 1) if number not in numbers)
    for number in islice(missing, MOST):
        yield found("number_missing", case=case, number=number)
    for number in sorted(numbers):
        if numbers[number] > 1:
            yield found("number_twice", case=case, number=number)
    newest = max(numbers, default=0)
    if newest > seq:
        yield found("case_rolled_back", case=case, held=seq, number=newest)


def _check_vanished(story: Story, into: dict[UUID, UUID]) -> Iterator[Finding]:
    """Things that are gone: rightly, where their case, or the one it was merged into, was forgotten."""
    # Of a case whose trail was erased, the event that says it was shredded is gone as well.
    gone = story.forgotten | story.thinned
    for one in story.vanished:
        held: UUID | None = one.case
        while held is not None and held not in gone:
            held = into.get(held)
        if held is None:
            yield _named("record_missing", one)


def _check_hidden(db: Work, story: Story) -> Iterator[Finding]:
    """Things whose events are in the tree for long, and which staff still do not see."""
    until = db.house.terms.reporter_tick + HANDED_OVER
    for one in story.hidden:
        if one.entered and story.pulse and story.pulse - one.entered > until:
            yield _named("withheld", one)


def _check_emptied(db: Work, story: Story) -> Iterator[Finding]:
    """What was deleted as not relevant: all of it on record, and nothing of it put back."""
    for record, version in sorted(story.emptied - story.redacted):
        yield found("record_emptied", record=str(record), version=version)
    owed = sorted(story.redacted - story.emptied)
    for start in range(0, len(owed), BATCH):
        some = {record for record, _ in owed[start : start + BATCH]}
        full = select(col(Record.id), col(Record.version)).where(
            col(Record.id).in_(some), func.length(col(Record.env)) > 0
        )
        for row in db.rows(full):
            if (row.id, row.version) in story.redacted:
                yield found("record_put_back", record=str(row.id), version=row.version)


def _named(code: str, one: Made) -> Finding:
    return found(code, case=str(one.case), record=str(one.thing.id), version=one.thing.ver or 1)
