"""Proofs are verified before anybody gets them; what does not verify is an error, not a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from cases.actors import THE_SERVICE
from cases.audit import health, log, note, proof_file, proofs, sequencer, signer, storage, tree
from cases.audit.events import Details
from cases.errors import LogInconsistent, NoSuchCheckpoint, NotFound, NotInLogYet
from cases.models.trail import AuditBody, AuditCheckpoint, AuditEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cases.database import Work
    from tests.cases.builders import SmallHouse

ORIGIN = "integrity.example.gov/audit/1"


@pytest.fixture
def sign(small: SmallHouse, tmp_path: Path) -> Callable[[int], list[UUID]]:
    """Let so many events happen and sign the tree; the ids of everything in it, by place."""
    key = signer.create(tmp_path / "log", ORIGIN)

    def grown(by: int) -> list[UUID]:
        with small.work() as db:
            for _ in range(by):
                log.emit(db, "config.changed", by=THE_SERVICE, d=Details(n=by))
        small.integrate()
        sequencer.sign(small.house.engine, key, now=small.house.now())
        with small.look() as db:
            return [event for _, event, _ in storage.leaves(db, 0, storage.size(db))]

    return grown


def test_before_anything_is_signed_there_is_nothing_to_prove(small: SmallHouse) -> None:
    small.integrate()
    with small.look() as db:
        event = db.exec(select(AuditEvent.event_id)).first()
        assert event is not None
        with pytest.raises(NotInLogYet):
            proofs.inclusion(db, event)
        with pytest.raises(NoSuchCheckpoint):
            proofs.inclusion(db, event, 1)
        assert proofs.published(db) is None


def test_an_event_nobody_wrote_is_not_found_and_one_that_waits_waits(
    small: SmallHouse, sign: Callable[[int], list[UUID]]
) -> None:
    newest = len(sign(3))
    with small.work() as db:
        log.emit(db, "config.changed", by=THE_SERVICE)
        waiting = db.info["event_id"]
    with small.look() as db:
        for size in (None, newest):
            with pytest.raises(NotFound):
                proofs.inclusion(db, uuid4(), size)
            with pytest.raises(NotInLogYet):
                proofs.inclusion(db, waiting, size)
    small.integrate()
    with small.look() as db:
        with pytest.raises(NotInLogYet):
            proofs.inclusion(db, waiting)
        with pytest.raises(NoSuchCheckpoint) as refused:
            proofs.inclusion(db, waiting, newest)
        assert refused.value.pointer == "/tree_size"


def test_every_event_is_proved_under_every_checkpoint_that_covers_it(
    small: SmallHouse, sign: Callable[[int], list[UUID]]
) -> None:
    held = [len(ids := sign(by)) for by in (1, 2, 5, 1, 8, 13)]
    with small.look() as db:
        roots = {one.size: one.root for one in storage.checkpoints(db)}
        for size in held:
            for index, event in enumerate(ids[:size]):
                found = proofs.inclusion(db, event, size)
                assert (found.index, found.size) == (index, size)
                tree.verify_inclusion(found.leaf_hash, index, size, found.hashes, roots[size])
                kept = proof_file.parse(found.file)
                said = note.parse_checkpoint(kept.note.partition("\n\n")[0] + "\n")
                assert (kept.index, kept.hashes, said.root) == (index, found.hashes, roots[size])
            for first in (one for one in held if one <= size):
                grown = proofs.consistency(db, first, size)
                assert (grown.first, grown.second) == (first, size)
                tree.verify_consistency(first, size, grown.hashes, roots[first], roots[size])
        assert proofs.inclusion(db, ids[0]).size == held[-1]
        for first, second in ((0, held[0]), (held[1], held[0]), (held[0], held[-1] + 1)):
            with pytest.raises(NoSuchCheckpoint):
                proofs.consistency(db, first, second)


def leaf_of_another(db: Work) -> None:
    one, other = db.exec(select(AuditEvent)).all()[:2]
    one.leaf = other.leaf


def note_of_nobody(db: Work) -> None:
    for row in storage.checkpoints(db):
        row.note = "not a note"


def note_without_a_signature(db: Work) -> None:
    for row in storage.checkpoints(db):
        row.note = row.note.partition("\n\n")[0] + "\n"


def note_of_another_tree(db: Work) -> None:
    one, other = storage.checkpoints(db)
    one.note, other.note = other.note, one.note


def checkpoints_of_other_trees(db: Work) -> None:
    for row in storage.checkpoints(db):
        row.root = bytes(32)
        row.note = note.Checkpoint(ORIGIN, row.size, row.root).text() + "\n— somebody AAAA\n"


@pytest.mark.parametrize(
    "change",
    [
        leaf_of_another,
        note_of_nobody,
        note_without_a_signature,
        note_of_another_tree,
        checkpoints_of_other_trees,
    ],
)
def test_rows_that_do_not_agree_prove_nothing(
    small: SmallHouse, sign: Callable[[int], list[UUID]], change: Callable[[Work], None]
) -> None:
    first, ids = len(sign(3)), sign(4)
    with small.look() as db, db.no_autoflush:
        changed = db.exec(select(AuditEvent.event_id)).first()
        change(db)  # in memory alone: that is where proofs look first
        assert changed in ids
        with pytest.raises(LogInconsistent):
            proofs.inclusion(db, changed)
        if change is not leaf_of_another:
            with pytest.raises(LogInconsistent):
                proofs.consistency(db, first, len(ids))
        db.rollback()


def test_a_scrub_that_cannot_be_read_is_passed_over(
    small: SmallHouse, sign: Callable[[int], list[UUID]]
) -> None:
    with small.work() as db:
        log.emit(db, "log.scrub", by=THE_SERVICE, about=log.TRAIL, d=Details(count=1))
        event = db.info["event_id"]
    sign(1)
    with small.look() as db, db.no_autoflush:
        assert health.last_scrub(db) is not None
        db.get_one(AuditBody, event).ct = bytes(600)
        assert health.last_scrub(db) is None
        db.rollback()
    with small.look() as db:
        assert db.exec(select(AuditCheckpoint)).all()
