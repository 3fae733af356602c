"""When the signer's memory is lost, and when a backup was rightly restored."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING
from unittest import mock
from uuid import UUID

import pytest
from typer.testing import CliRunner

from api import settings, wiring
from api.cli import app
from api.sequencing import HALTED
from cases.audit import epochs, memory, note, sequencer, signer, storage
from cases.audit.note import Checkpoint, NoteInvalid
from cases.audit.signer import AlreadyThere, Forked
from cases.audit.tree import RowsMissing
from cases.errors import SamePerson, SignInFailed
from cases.models.trail import Lane
from tests.world import a_world, run_folder, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

    from tests.world import World


@pytest.fixture
def world(pytestconfig: pytest.Config) -> Iterator[World]:
    """An installation on SQLite with some events, signed twice."""
    with ExitStack() as undo:
        world = a_world(run_folder(pytestconfig), "sqlite", undo)
        said(world.as_("manager").get("/v1/cases"))
        world.clock.move(minutes=16)
        yield world


def folder(world: World) -> Path:
    return world.settings.log_keys


def checkpoints(world: World) -> list[bytes]:
    """Every signed note, oldest first."""
    with world.house.glance() as db:
        return [one.note.encode() for one in storage.checkpoints(db)]


def tribune(world: World, *words: str, typed: str = "") -> Result:
    at_that_hour = partial(wiring.open_house, clock=world.clock)
    with mock.patch("api.cli.trail.open_house", at_that_hour):
        return CliRunner().invoke(app, words, env=settings.environment(world.settings), input=typed)


def test_a_lost_memory_halts_the_log_and_the_newest_checkpoint_gives_it_back(
    world: World, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(checkpoints(world)[-1])
    before = memory.recall(folder(world))
    (folder(world) / memory.STATE).unlink()
    world.restart_sequencing()
    with pytest.raises(memory.StateMissing):
        world.sequencing.turn()
    status = tribune(world, "audit", "status")
    assert "memory cannot be read here (StateMissing)" in status.stdout
    done = tribune(world, "audit", "adopt", str(kept))
    assert done.exit_code == 0, done.output
    assert memory.recall(folder(world)) == before
    world.restart_sequencing()
    world.clock.move(minutes=16)
    assert not (folder(world) / HALTED).exists()
    size = note.parse_checkpoint(kept.read_text().partition("\n\n")[0] + "\n").size
    checked = tribune(world, "audit", "verify")
    assert checked.exit_code == 0, checked.output
    assert f"given it back from a signed statement about {size} entries" in checked.stdout


def test_an_older_checkpoint_is_adopted_only_as_far_as_it_goes(world: World) -> None:
    first, last = checkpoints(world)[0], checkpoints(world)[-1]
    assert first != last
    (folder(world) / memory.STATE).unlink()
    again = epochs.adopt(world.house, folder(world), first)
    assert (
        again.signed.size == note.parse_checkpoint(first.decode().partition("\n\n")[0] + "\n").size
    )
    with pytest.raises(AlreadyThere):
        epochs.adopt(world.house, folder(world), last)


def test_a_checkpoint_of_another_log_or_another_past_is_not_adopted(world: World) -> None:
    key = memory.key_of(folder(world))
    (folder(world) / memory.STATE).unlink()
    stranger = note.new_signer(key.name)
    with world.house.glance() as db:
        size = storage.size(db)
    other = Checkpoint(key.name, size, bytes(32)).text()
    with pytest.raises(NoteInvalid):
        epochs.adopt(world.house, folder(world), note.sign(other, stranger))
    with pytest.raises(Forked):
        epochs.adopt(world.house, folder(world), note.sign(other, key))
    assert (
        sequencer.waiting(world.house.engine, Lane.AT_ONCE) == 0
    )  # nothing is said of what was not done
    ahead = Checkpoint(key.name, size + 1_000, bytes(32)).text()
    with pytest.raises(RowsMissing):
        epochs.adopt(world.house, folder(world), note.sign(ahead, key))


def test_one_person_alone_begins_no_epoch(world: World) -> None:
    head = world.cast.person("head_ia")
    with pytest.raises(SamePerson):
        epochs.begin(world.house, folder(world), [UUID(world.members[head.username].id)] * 2)
    typed = f"{head.password}\n\n{head.password}\n\n"
    approved = ("--approved-by", head.username, "--approved-by", head.username)
    done = tribune(world, "audit", "new-epoch", *approved, typed=typed)
    assert isinstance(done.exception, SamePerson)
    done = tribune(world, "audit", "new-epoch", *approved, typed="a guess\n\n")
    assert isinstance(done.exception, SignInFailed)
    assert signer.load(folder(world)).origin.endswith("/audit/1")


def test_what_an_auditor_keeps_is_printed_and_so_is_their_checker(world: World) -> None:
    assert tribune(world, "audit", "checkpoint").stdout.encode() == checkpoints(world)[-1]
    printed = tribune(world, "audit", "checker").stdout
    compile(printed, "tribune_verify.py", "exec")
    assert "def check_inclusion" in printed


def test_who_looks_after_machines_approves_of_nothing(world: World) -> None:
    admin, head = world.cast.person("system_admin"), world.cast.person("head_ia")
    typed = f"{head.password}\n\n{admin.password}\n\n"
    approved = ("--approved-by", head.username, "--approved-by", admin.username)
    done = tribune(world, "audit", "new-epoch", *approved, typed=typed)
    assert done.exit_code == 2
    assert signer.load(folder(world)).origin.endswith("/audit/1")
