"""An auditor with a laptop: the log fetched from a running service, computed anew, and the one lie found."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cases.audit import tribune_verify
from tests.api.trailing import vkey
from tests.server import serving
from tests.trail.hands_on import in_hands
from tests.world import World, a_world, run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.server import Server


@pytest.fixture
def demo(pytestconfig: pytest.Config) -> Iterator[World]:
    """A demo to be served, with a case in it."""
    with ExitStack() as undo:
        world = a_world(run_folder(pytestconfig), "sqlite", undo)
        world.clock.now = datetime.now(UTC).replace(microsecond=0)
        world.sequencing.turn()
        world.life().acknowledged().do("triage", "start_triage")
        world.clock.move(minutes=0)
        yield world


def checker(*arguments: object, typed: str = "") -> subprocess.CompletedProcess[str]:
    """The one file, as an auditor starts it, with nothing else of ours in reach."""
    return subprocess.run(
        [sys.executable, "-I", tribune_verify.__file__, *map(str, arguments)],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # without a terminal the password is read from what is typed here
        timeout=120,
    )


def fetch(
    world: World, server: Server, folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """What the overseer can read, in a folder."""
    person = world.cast.person("oversight_body", "review", 0)
    user = ("--user", person.username, *more)
    return checker("fetch", server.url, folder, *user, typed=f"{person.password}\n")


def test_an_auditor_checks_the_whole_log_and_finds_what_was_changed(
    demo: World, tmp_path: Path
) -> None:
    with serving(demo.directory, tmp_path / "server") as server:
        first = fetch(demo, server, tmp_path / "log")
        assert first.returncode == 0, first.stdout + first.stderr
        whole = checker("log", tmp_path / "log", "--vkey", vkey(demo))
        assert whole.returncode == 0, whole.stdout + whole.stderr
        assert not (tmp_path / "log" / "events" / "PARTIAL").exists()
        [reference] = demo.known["main"]
        case = fetch(demo, server, tmp_path / "case", "--case", reference)
        assert case.returncode == 0, case.stdout + case.stderr
        bundle = checker("bundle", tmp_path / "case", "--vkey", vkey(demo))
        assert bundle.returncode == 0, bundle.stdout + bundle.stderr

        with in_hands(demo) as hands:
            bodies = hands.table("audit_body")
            events, leaves = hands.table("audit_event"), hands.table("audit_leaf")
            chosen = hands.do(leaves.select().where(leaves.c.leaf_index == 5)).mappings().one()
            hands.do(bodies.delete().where(bodies.c.event_id == chosen["event_id"]))
        second = fetch(demo, server, tmp_path / "again")
        assert second.returncode == 0, second.stdout + second.stderr
        taken = checker("log", tmp_path / "again", "--vkey", vkey(demo))
        assert taken.returncode == 40, taken.stdout + taken.stderr

        with in_hands(demo) as hands:
            events = hands.table("audit_event")
            its = events.c.event_id == chosen["event_id"]
            leaf = hands.do(events.select().where(its)).mappings().one()["leaf"]
            hands.do(events.update().where(its).values(leaf=leaf[:17] + bytes(32)))
        third = fetch(demo, server, tmp_path / "third")
        assert third.returncode == 0, third.stdout + third.stderr
        changed = checker("log", tmp_path / "third", "--vkey", vkey(demo))
        assert changed.returncode == 40, changed.stdout + changed.stderr
        # What was fetched before stays what it was.
        assert checker("log", tmp_path / "log", "--vkey", vkey(demo)).returncode == 0
