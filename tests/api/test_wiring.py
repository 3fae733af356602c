"""An installation is opened as it is, or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from api import settings, wiring
from api.demo import serve_from
from api.sequencing import Sequencing
from cases import migrations
from cases.audit import memory
from cases.database import connect
from cases.errors import KeysMissing, OutOfDate
from cases.staff import founding
from tests import demos
from tests.world import run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.settings import Settings


@pytest.fixture
def chosen(pytestconfig: pytest.Config) -> Iterator[Settings]:
    """A demo of this test's own, on SQLite."""
    with ExitStack() as undo:
        directory, _ = demos.a_copy(run_folder(pytestconfig), "sqlite", undo)
        yield settings.for_directory(directory, reporter_tick_minutes=0)


def marked_as(path: Path, revision: str) -> None:
    """Let a database say that it has another shape."""
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
    connection.close()


@pytest.mark.parametrize(
    ("file", "branch"), [("tribune.db", "main"), ("vault.db", "vault")], ids=["main", "vault"]
)
def test_a_database_of_another_version_is_not_opened(
    chosen: Settings, file: str, branch: str
) -> None:
    marked_as(chosen.data / file, "0000_another")
    with pytest.raises(OutOfDate, match=branch):
        wiring.open_house(chosen)


def test_a_demo_of_an_older_version_is_brought_up_to_this_one(chosen: Settings) -> None:
    before = "0008_main"
    wiring.open_house(chosen).close()
    migrations.downgrade(chosen.database_url.get_secret_value(), "main", before)
    with pytest.raises(OutOfDate):
        wiring.open_house(chosen)
    serve_from(chosen, url="http://127.0.0.1:8000")
    wiring.open_house(chosen).close()


def test_an_installation_is_opened_while_somebody_writes(chosen: Settings) -> None:
    writers = [sqlite3.connect(chosen.data / file) for file in ("tribune.db", "vault.db")]
    for writer in writers:
        writer.execute("BEGIN IMMEDIATE")
    wiring.open_house(chosen).close()
    engine = connect(chosen.database_url.get_secret_value())
    assert founding.without_months(engine) == []
    engine.dispose()
    for writer in writers:
        writer.close()


def test_a_log_that_nobody_has_signed_gets_its_key_and_no_other_does(chosen: Settings) -> None:
    key = chosen.log_keys / memory.KEY
    key.unlink()
    (chosen.log_keys / memory.STATE).unlink()
    house = wiring.open_house(chosen, publish_receipt=lambda _: None)
    try:
        first = wiring.open_log(chosen, house.engine)
        assert first.signer.origin == "127.0.0.1:8000/audit/1"
        Sequencing(lambda: first, tick=house.terms.reporter_tick, clock=house.now).turn()
        key.unlink()
        with pytest.raises(KeysMissing):
            wiring.open_log(chosen, house.engine)
    finally:
        house.close()
