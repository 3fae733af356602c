"""A backlog enters the tree in batches, and whoever writes meanwhile gets their turn between two of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from api import sequencing
from api.sequencing import Sequencing
from cases.actors import THE_SERVICE
from cases.audit import log, sequencer, signer
from cases.audit.sequencer import Log
from cases.models.trail import Lane
from tests.cases.builders import a_house

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.databases import Databases

BATCH = 20
BUSY_POLL_SECONDS = 0.1
"""The longest SQLite waits before it looks again whether it may write."""


def test_between_two_batches_others_may_write_for_as_long_as_they_take_to_notice(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = databases.fresh("sqlite")
    folder = tmp_path / "log"
    signer.create(folder, "integrity.example/audit/1")
    with closing(a_house(backend)) as small:
        house = small.house
        own = Log(house.engine, house.keyring.key("writer-mac"), signer.load(folder), folder)
        work = Sequencing(lambda: own, tick=timedelta(0), clock=house.now)
        work.turn()
        with small.work() as db:
            for _ in range(3 * BATCH + 1):
                log.emit(db, "config.changed", by=THE_SERVICE, lane=Lane.TICK)
        pauses: list[float] = []

        def write_meanwhile(seconds: float) -> None:
            pauses.append(seconds)
            path = backend.main_url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")  # raises where somebody else holds the lock
                other.rollback()

        monkeypatch.setattr("api.sequencing.time.sleep", write_meanwhile)
        for module in (sequencing, sequencer):
            monkeypatch.setattr(module, "BATCH", BATCH)
        work.turn()

        assert len(pauses) == 3
        assert min(pauses) > BUSY_POLL_SECONDS
        assert not sequencer.waiting(house.engine, Lane.TICK)
    databases.discard(backend)
