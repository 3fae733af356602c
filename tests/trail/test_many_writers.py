"""Many write at once, some think better of it, several sequencers work: what was committed is the tree."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from cases.actors import THE_SERVICE
from cases.audit import leaf, log, note, sequencer, signer
from cases.database import connect
from cases.models.trail import (
    AuditCheckpoint,
    AuditEvent,
    AuditHash,
    AuditLeaf,
    AuditPending,
    Lane,
)
from tests.cases.audit import naive
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from cases.database import House
    from tests.databases import Backend

WRITERS = {"postgres": 20, "sqlite": 8}
SEQUENCERS = 3
UNITS_OF_WORK = 12
MOST_SECONDS = 0.004
"""The longest that a unit of work hesitates."""


class SecondThoughts(Exception):
    """Everything so far is to be forgotten."""


def write(house: House, number: int) -> tuple[set[UUID], set[UUID]]:
    """One writer's day: the events that were committed, and those that were taken back."""
    chance = random.Random(number)
    kept: set[UUID] = set()
    forgotten: set[UUID] = set()
    for _ in range(UNITS_OF_WORK):
        written: set[UUID] = set()
        try:
            _act(house, chance, written)
        except SecondThoughts:
            forgotten |= written
        else:
            kept |= written
        time.sleep(chance.random() * MOST_SECONDS)
    return kept, forgotten


def _act(house: House, chance: random.Random, written: set[UUID]) -> None:
    with house.unit_of_work() as db:
        for _ in range(chance.randint(1, 4)):
            lane = chance.choice((Lane.AT_ONCE, Lane.TICK))
            log.emit(db, "config.changed", by=THE_SERVICE, lane=lane)
            written.add(db.info["event_id"])
            db.flush()  # it is in the database, and not yet for others
            time.sleep(chance.random() * MOST_SECONDS)
        if chance.random() < 0.3:
            raise SecondThoughts


def sequence(small: SmallHouse, url: str, folder: Path, done: threading.Event) -> int:
    """One sequencer's day, with connections of its own; how many leaves it made."""
    engine, key = connect(url, pool_size=2), small.house.keyring.key("writer-mac")
    own, now, made = signer.load(folder), small.house.now(), 0
    try:
        while True:
            last = done.is_set()
            for lane in Lane:
                made += sequencer.integrate(engine, key, lane, now=now).leaves
            sequencer.sign(engine, own, now=now)
            sequencer.publish(engine, now=now)
            if last and not any(sequencer.waiting(engine, lane) for lane in Lane):
                return made
            time.sleep(MOST_SECONDS)
    finally:
        engine.dispose()


@pytest.mark.parametrize("lock", ["with the lock", "by the keys of the tables alone"])
def test_what_was_committed_is_the_tree_and_nothing_else(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    if lock != "with the lock":
        if backend.kind == "sqlite":
            pytest.skip("SQLite has one writer at a time, and no lock beside that")
        monkeypatch.setattr(sequencer, "_alone", lambda _: True)
    writers, folder, done = WRITERS[backend.kind], tmp_path / "log", threading.Event()
    verifier = signer.create(folder, "integrity.example/audit/1").verifier
    with closing(a_house(backend)) as small, ThreadPoolExecutor(writers + SEQUENCERS) as pool:
        with small.look() as db:
            before = set(db.exec(select(AuditEvent.event_id)))
        house = replace(small.house, engine=connect(backend.main_url, pool_size=writers))
        working = [
            pool.submit(sequence, small, backend.main_url, folder, done) for _ in range(SEQUENCERS)
        ]
        try:
            writing = [pool.submit(write, house, number) for number in range(writers)]
            written = [one.result() for one in writing]
        finally:
            done.set()
        made = sum(one.result() for one in working)
        house.engine.dispose()
        kept = set().union(*(one for one, _ in written))
        forgotten = set().union(*(one for _, one in written))
        assert kept
        assert forgotten
        with small.look() as db:
            leaves = db.exec(select(AuditLeaf).order_by(col(AuditLeaf.leaf_index))).all()
            events = {one.event_id: one for one in db.exec(select(AuditEvent))}
            rows = {(one.level, one.idx): one.hash for one in db.exec(select(AuditHash))}
            checkpoints = db.exec(select(AuditCheckpoint)).all()
            assert db.exec(select(AuditPending)).all() == []
    order = [one.event_id for one in leaves]
    assert [one.leaf_index for one in leaves] == list(range(len(leaves)))
    assert len(order) == len(set(order)) == made
    assert set(order) == kept | before == set(events)
    assert not forgotten & set(order)
    key = small.house.keyring.key("writer-mac")
    for event, row in events.items():
        assert leaf.genuine(key, event, row.leaf, row.leaf_hash, row.mac)
    hashes = [events[event].leaf_hash for event in order]
    expected = {(0, place): one for place, one in enumerate(hashes)} | {
        (1, place): naive.mth(hashes[place * 256 : (place + 1) * 256])
        for place in range(len(hashes) // 256)
    }
    assert rows == expected
    assert max(one.size for one in checkpoints) == len(leaves)
    for one in checkpoints:
        told = note.parse_checkpoint(note.open_note(one.note.encode(), [verifier]).text)
        assert (told.size, told.root) == (one.size, one.root)
        assert told.root == naive.mth(hashes[: one.size])
