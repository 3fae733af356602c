"""A story: an administrator of databases does what they can, and an auditor asks the operator to check.

They edit an old event, delete one that waits, delete what an event said, swap a unit's key, and put
yesterday's copy back. Each time `tribune audit verify` says what was done, in words.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from typer.testing import CliRunner

from api import settings, wiring
from api.cli import app
from cases.audit import memory, storage
from tests.trail.hands_on import in_hands, undone
from tests.trail.test_what_is_found import (
    TABLES,
    delete_a_body,
    edit_an_event,
    swap_a_units_key,
)
from tests.world import a_world, code, run_folder, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.trail.hands_on import Hands
    from tests.world import World


@pytest.fixture(scope="module")
def world(pytestconfig: pytest.Config) -> Iterator[World]:
    """An installation on SQLite in which a report was sent, looked at, and all of it signed."""
    with ExitStack() as undo:
        yield a_lived_world(pytestconfig, undo)


@pytest.fixture
def another(pytestconfig: pytest.Config) -> Iterator[World]:
    """The same, for one test alone."""
    with ExitStack() as undo:
        yield a_lived_world(pytestconfig, undo)


def a_lived_world(config: pytest.Config, undo: ExitStack) -> World:
    world = a_world(run_folder(config), "sqlite", undo)
    world.life(world.report(body="Containers leave without papers.", office="harbour"))
    world.clock.move(minutes=16)
    return world


def tribune(world: World, *words: str, typed: str = "") -> tuple[int, str]:
    """A command as the operator gives it, at the hour of the story: exit code, and what it says."""
    at_that_hour = partial(wiring.open_house, clock=world.clock)
    with mock.patch("api.cli.trail.open_house", at_that_hour):
        environment = settings.environment(world.settings)
        done = CliRunner().invoke(app, words, env=environment, input=typed)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


def delete_what_waits(hands: Hands) -> None:
    hands.do(hands.table("audit_pending").delete())


ACTS: dict[Callable[[Hands], None], tuple[str, str]] = {
    edit_an_event: ("was changed after it was entered", "a été modifiée après son enregistrement"),
    delete_a_body: ("no erasure is on record", "sans qu'aucun effacement soit consigné"),
    delete_what_waits: ("deleted it from the queue", "supprimé de la file d'attente"),
    swap_a_units_key: ("changed by other hands", "modifié par d'autres mains"),
}


def test_an_honest_installation_is_said_to_be_whole(world: World) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "audit", "verify"],
        env=os.environ | settings.environment(world.settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "✓ The trail is whole.\n"), done.stderr
    status, words = tribune(world, "audit", "status")
    assert status == 0
    assert "Key to check it with: 127.0.0.1:8000/audit/1+" in words


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_was_done_is_said_in_words(world: World, act: Callable[[Hands], None]) -> None:
    english, french = ACTS[act]
    with undone(world, *TABLES):
        said(world.as_("manager").get("/v1/cases"))  # so that something waits
        with in_hands(world) as hands:
            act(hands)
        status, words = tribune(world, "audit", "verify")
        assert (status, english in words) == (40, True), words
        status, words = tribune(world, "audit", "verify", "--lang", "fr")
        assert (status, french in words) == (40, True), words


def test_a_copy_of_yesterday_is_refused_until_two_people_begin_a_new_epoch(
    another: World,
) -> None:
    world = another
    yesterday = world.directory / "yesterday.db"
    database = world.directory / "tribune.db"
    world.house.engine.dispose()
    shutil.copyfile(database, yesterday)
    with world.house.glance() as db:
        before = storage.size(db)
    manager = world.as_("manager")
    said(manager.get("/v1/cases"))
    world.clock.move(hours=1)  # … and it is signed

    world.house.engine.dispose()
    for left in database.parent.glob("tribune.db-*"):
        left.unlink()
    shutil.copyfile(yesterday, database)
    world.restart_sequencing()
    world.sequencing.turn()
    assert (world.settings.log_keys / "halted.json").exists()
    with world.house.glance() as db:
        assert storage.size(db) == before  # nothing was added to what was put back
    status, words = tribune(world, "audit", "verify")
    assert status == 40
    assert "An older copy of the database was put back" in words
    status, words = tribune(world, "audit", "status")
    assert status == 40
    assert "HALTED" in words

    said(manager.get("/v1/cases"))  # for a day people can still work …
    world.clock.move(hours=25)
    assert code(manager.get("/v1/cases")) == (503, "audit-unavailable")  # … then nobody looks
    world.report(body="The same again.", office="harbour")  # but reports are taken in

    auditor, head = world.cast.person("internal_auditor"), world.cast.person("head_ia")
    typed = f"{auditor.password}\n\n{head.password}\n\n"
    approved = ("--approved-by", auditor.username, "--approved-by", head.username)
    status, words = tribune(world, "audit", "new-epoch", *approved, typed=typed)
    assert status == 0
    assert "The log goes on as 127.0.0.1:8000/audit/2" in words
    world.restart_sequencing()
    world.sequencing.turn()
    assert not (world.settings.log_keys / "halted.json").exists()
    said(manager.get("/v1/cases"))
    signed = memory.recall_of(world.settings.log_keys, memory.key_of(world.settings.log_keys))
    assert signed.origin == "127.0.0.1:8000/audit/2"
    world.clock.move(minutes=16)
    status, words = tribune(world, "audit", "verify")
    assert "a new part of the log began" in words
    assert status == 0, words
