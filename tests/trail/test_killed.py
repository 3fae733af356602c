"""The sequencer is killed before any of its statements, commits and writes: restarted, it goes on."""

from __future__ import annotations

import os
import time
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlmodel import col, select

from cases.actors import THE_SERVICE
from cases.audit import log, memory, note, sequencer, signer, storage
from cases.audit.sequencer import HEARTBEAT
from cases.database import connect
from cases.models.trail import (
    AuditCheckpoint,
    AuditEvent,
    AuditHash,
    AuditLeaf,
    AuditPublication,
    Lane,
)
from tests.cases.audit import naive
from tests.cases.audit.dying import before_each_call
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.databases import Backend

BEFORE = 190
"""Events before the first kill: with three each time, a row of the next level is completed on the way."""
LIVED, DIED, FAILED = 0, 1, 2


def work(small: SmallHouse, engine: Engine, folder: Path) -> None:
    """What the sequencer does in a turn in which everything is due."""
    key, own, now = small.house.keyring.key("writer-mac"), signer.load(folder), small.house.now()
    sequencer.integrate(engine, key, Lane.AT_ONCE, now=now, own=(HEARTBEAT,))
    sequencer.integrate(engine, key, Lane.TICK, now=now)
    sequencer.sign(engine, own, now=now)
    sequencer.publish(engine, now=now)


def killed_before(step: int, url: str, act: Callable[[Engine], None]) -> bool:
    """Act in a process that dies before its n-th statement, commit or write; whether it did die."""
    child = os.fork()
    if not child:
        left = iter(range(step))

        def die_in_time(*_: object) -> None:
            if next(left, None) is None:
                os._exit(DIED)

        ended = FAILED
        try:
            engine = connect(url, pool_size=1)
            with engine.connect():  # what opening it asks is nobody's business
                pass
            event.listen(engine, "before_cursor_execute", die_in_time)
            event.listen(engine, "commit", die_in_time)
            with before_each_call(die_in_time):
                act(engine)
            ended = LIVED
        finally:
            os._exit(ended)  # the tests go on in the parent alone
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended != FAILED
    return ended == DIED


def write(small: SmallHouse, count: int) -> None:
    with small.work() as db:
        for number in range(count):
            log.emit(db, "config.changed", by=THE_SERVICE, lane=Lane(number % 2))


def restart(small: SmallHouse, folder: Path) -> None:
    """Work until nothing is left to do, as the next process does."""
    engine = small.house.engine
    deadline = time.monotonic() + 20
    work(small, engine, folder)
    # PostgreSQL may need a moment to see that the one before is dead, and has its lock no more.
    while any(sequencer.waiting(engine, lane) for lane in Lane):
        assert time.monotonic() < deadline
        work(small, engine, folder)


def check(small: SmallHouse, folder: Path) -> None:
    """Every event is one leaf, all checkpoints tell one story, and the signer remembers its end."""
    own = signer.load(folder)
    with small.look() as db:
        leaves = db.exec(select(AuditLeaf).order_by(col(AuditLeaf.leaf_index))).all()
        hashes = {one.event_id: one.leaf_hash for one in db.exec(select(AuditEvent))}
        rows = {(one.level, one.idx): one.hash for one in db.exec(select(AuditHash))}
        checkpoints = db.exec(select(AuditCheckpoint).order_by(col(AuditCheckpoint.size))).all()
        published = storage.published_checkpoint(db)
        shown = set(db.exec(select(AuditPublication.size)))
    assert [one.leaf_index for one in leaves] == list(range(len(leaves)))
    assert sorted(one.event_id for one in leaves) == sorted(hashes)
    ordered = [hashes[one.event_id] for one in leaves]
    expected = {(0, place): one for place, one in enumerate(ordered)} | {
        (1, place): naive.mth(ordered[place * 256 : (place + 1) * 256])
        for place in range(len(ordered) // 256)
    }
    assert rows == expected
    for one in checkpoints[-3:]:
        told = note.parse_checkpoint(note.open_note(one.note.encode(), [own.verifier]).text)
        assert (told.size, told.root) == (one.size, one.root)
        assert told.root == naive.mth(ordered[: one.size])
    newest = checkpoints[-1]
    assert newest.size == len(leaves)
    state = memory.recall(folder)
    assert state is not None
    assert (state.size, state.head.root) == (newest.size, newest.root)
    assert published is not None
    assert published.size == newest.size
    assert shown <= {one.size for one in checkpoints}


def test_killed_anywhere_it_converges_on_one_story_when_it_is_started_again(
    backend: Backend, tmp_path: Path
) -> None:
    folder, step = tmp_path / "log", 0
    signer.create(folder, "integrity.example/audit/1")
    with closing(a_house(backend)) as small:
        write(small, BEFORE)
        restart(small, folder)
        check(small, folder)
        while True:
            write(small, 3)
            died = killed_before(step, backend.main_url, lambda engine: work(small, engine, folder))
            if not died:
                check(small, folder)
                break
            restart(small, folder)
            check(small, folder)
            step += 1
    # Three units of work that write, the looks between them, and the signer's file.
    assert step > 35
