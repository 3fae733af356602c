"""What the sequencer does about a fault that it finds in the tree."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from api.sequencing import DAMAGED
from cases.audit import signer, storage
from cases.models.trail import AuditEvent, AuditLeaf
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


def guards_off(connection: Connection) -> None:
    """As an administrator of the database can; for this transaction, or for good on SQLite."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_event_no_update")
    else:
        connection.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER ALL")
