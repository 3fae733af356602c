"""What the sequencer does about a fault that it finds in the tree."""

from __future__ import annotations

import json
import logging
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from api.sequencing import DAMAGED, HALTED
from cases.audit import signer, storage
from cases.audit.sequencer import RowsInTheWay
from cases.models.trail import AuditEvent, AuditHash, AuditLeaf
from tests.api.test_sequencing import ORIGIN, Office
from tests.cases.builders import a_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.databases import Backend


@pytest.fixture
def watched(backend: Backend, tmp_path: Path) -> Iterator[Office]:
    """A house and its log, whose tree is looked through each hour."""
    with closing(a_house(backend)) as small:
        signer.create(tmp_path / "log", ORIGIN)
        yield Office(small, tmp_path / "log")


def test_while_the_tree_has_a_fault_nothing_is_published_and_the_log_goes_on(
    watched: Office, caplog: pytest.LogCaptureFixture
) -> None:
    turning = watched.sequencing()
    turning.turn()
    watched.write(300)
    turning.turn()
    with watched.small.house.engine.begin() as connection:
        guards_off(connection)
        one = select(AuditLeaf.event_id).where(AuditLeaf.leaf_index == 7).scalar_subquery()
        at = col(AuditEvent.event_id) == one
        true = connection.execute(select(AuditEvent.mac).where(at)).scalar_one()
        connection.execute(update(AuditEvent).where(at).values(mac=bytes(32)))
    watched.at(10, 0)
    with caplog.at_level(logging.CRITICAL):
        turning.turn()
    assert [one.faults for one in caplog.records] == [["leaf_not_ours"]]  # type: ignore[attr-defined]
    assert (watched.folder / DAMAGED).exists()
    shown = published(watched)
    watched.write()
    watched.at(10, 16)
    turning.turn()
    assert published(watched) == shown
    with watched.small.house.engine.begin() as connection:
        guards_off(connection)
        connection.execute(update(AuditEvent).where(at).values(mac=true))
    watched.at(11, 0)
    turning.turn()
    assert not (watched.folder / DAMAGED).exists()
    watched.at(11, 16)
    turning.turn()
    assert published(watched) > shown


def published(watched: Office) -> int:
    """The size that others than staff see."""
    with watched.small.look() as db:
        newest = storage.published_checkpoint(db)
    return newest.size if newest else 0


def guards_off(connection: Connection, table: str = "audit_event", act: str = "update") -> None:
    """As an administrator of the database can; for this transaction, or for good on SQLite."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{act}")
    else:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")


@pytest.mark.parametrize("level", [0, 1])
def test_a_row_that_keeps_events_out_of_the_tree_halts_it_until_it_is_gone(
    watched: Office, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    turning = watched.sequencing()
    watched.write(240)
    turning.turn()
    size = watched.size()
    place = {"level": level, "idx": size // 256**level}
    with watched.small.house.engine.begin() as connection:
        connection.execute(insert(AuditHash).values(**place, hash=bytes(32)))
    watched.write(20)
    for _ in range(3):
        with caplog.at_level(logging.WARNING), pytest.raises(RowsInTheWay):
            turning.turn()
    said = [one.getMessage() for one in caplog.records if one.name == "tribune.sequencer"]
    assert said == ["the log is halted"]
    reason = json.loads((watched.folder / HALTED).read_text("utf-8"))["reason"]
    assert (reason, watched.size(), watched.waiting()) == ("RowsInTheWay", size, 20)
    with watched.small.house.engine.begin() as connection:
        guards_off(connection, "audit_hash", "delete")
        own = (col(AuditHash.level) == level) & (col(AuditHash.idx) == place["idx"])
        connection.execute(delete(AuditHash).where(own))
    turning.turn()
    assert not (watched.folder / HALTED).exists()
    assert (watched.waiting(), watched.signed()) == (0, watched.size())
