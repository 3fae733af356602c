"""What leaves nothing behind in the service, and is found by what others have kept of it.

The service's own check is blind to each of these: whoever did them had all that it checks by. It is said here
that it finds nothing, so that nobody believes otherwise.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cases import verification
from cases.audit import memory
from tests.api.trailing import vkey
from tests.trail.at_the_door import fetch
from tests.trail.hands_on import in_hands, undone
from tests.trail.sample_log import found
from tests.world import a_world, lightly, run_folder, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.world import World

LOG = (
    *("audit_event", "audit_body", "audit_pending", "audit_leaf", "audit_hash"),
    *("audit_checkpoint", "audit_publication"),
)


@pytest.fixture
def world(pytestconfig: pytest.Config) -> Iterator[World]:
    """An installation in which a case was looked at, signed and published."""
    with ExitStack() as undo:
        undo.enter_context(lightly())
        world = a_world(run_folder(pytestconfig), "sqlite", undo)
        world.life(world.report(body="Containers leave without papers."))
        world.sequencing.turn()
        world.clock.move(minutes=16)
        yield world


def faults(world: World) -> set[str]:
    """What the service's own check finds, with everything at hand."""
    folder = world.settings.log_keys
    signed = memory.recall_of(folder, memory.key_of(folder))
    keys = memory.verifiers_of(folder)
    findings = verification.verify(world.house, signed=signed, verifiers=keys)
    return {one.code for one in findings if one.is_fault}


def judged(world: World, folder: Path, *more: object) -> tuple[int, dict[str, str]]:
    """What the auditors' program finds, with what others have kept."""
    return found("log", folder, "--vkey", vkey(world), *more)


def test_a_look_that_was_deleted_with_all_its_rows_is_found_by_its_receipt(
    world: World, tmp_path: Path
) -> None:
    said(world.as_("manager").get("/v1/cases"))
    with in_hands(world) as hands:
        [look] = [row.event_id for row in hands.do(hands.table("audit_pending").select())]
        for name in ("audit_pending", "audit_body", "audit_event"):
            rows = hands.table(name)
            assert hands.do(rows.delete().where(rows.c.event_id == look)).rowcount == 1
    world.clock.move(minutes=16)
    assert faults(world) == set()

    journal = tmp_path / "journal"  # on another host
    *others, of_the_look = world.printed
    assert fetch(world, tmp_path / "log") == (0, {"fetch.ok": "ok"})
    journal.write_text("\n".join(others))
    code, checks = judged(world, tmp_path / "log", "--receipts", journal)
    assert (code, checks["receipts.ok"]) == (0, "ok")
    journal.write_text("\n".join([*others, of_the_look]))
    code, checks = judged(world, tmp_path / "log", "--receipts", journal)
    assert (code, checks["receipts.removed"]) == (40, "invalid")


def test_another_past_signed_with_the_logs_own_key_is_found_by_a_checkpoint_that_was_kept(
    world: World, tmp_path: Path
) -> None:
    state, kept = world.settings.log_keys / memory.STATE, tmp_path / "kept"
    before, moment = state.read_bytes(), world.clock.now
    with undone(world, *LOG):  # afterwards everything is put back by who has the database …
        said(world.as_("manager").get("/v1/cases"))
        kept.write_bytes(published(world))
    state.write_bytes(before)  # … and by who has the signer's key and memory
    world.clock.now = moment
    world.restart_sequencing()

    said(world.as_("head").get("/v1/cases"))
    other = tmp_path / "other"
    other.write_bytes(published(world))
    code, checks = found("checkpoint", other, "--vkey", vkey(world), "--held", kept)
    assert (code, checks["held.two-stories"]) == (30, "inconsistent")

    said(world.as_("head").get("/v1/cases"))
    published(world)
    assert faults(world) == set()
    assert fetch(world, tmp_path / "log") == (0, {"fetch.ok": "ok"})
    assert judged(world, tmp_path / "log", "--held", other)[0] == 0
    code, checks = judged(world, tmp_path / "log", "--held", kept)
    assert (code, checks["held.rewritten"]) == (30, "inconsistent")


def published(world: World) -> bytes:
    """The checkpoint that an auditor gets a quarter of an hour later."""
    world.clock.move(minutes=16)
    return world.as_("overseer").get("/v1/audit/checkpoint").content
