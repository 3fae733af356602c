"""Every look at a case and every change of it is on record, with who it was; of its author only the day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.world import code, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.life import Life
    from tests.world import World

pytestmark = pytest.mark.one_database

NAMES = {
    "desk": "Inès Ferreira",
    "triage": "Tomás Okoro",
    "manager": "Carla Mendes",
    "manager2": "Cheikh Diallo",
    "head": "Hana Kovač",
}
PHOTO = bytes(range(256)) * 700


def history(life: Life, part: str = "manager") -> list[dict[str, Any]]:
    """What is on record of a case, oldest first."""
    found: list[dict[str, Any]] = life.read(part, "history")["history"]
    return found


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """What happened, and who it was."""
    return [(one["kind"], one["who"]) for one in entries]


@pytest.fixture
def life(world: World) -> Life:
    return world.life(office="harbour", language="pt")


def test_each_look_leaves_one_line_with_a_name_and_a_second(world: World, life: Life) -> None:
    life.acknowledged().triaged()
    life.declare("manager")
    seen = len(history(life))
    began = world.clock.now
    looks: tuple[Callable[[], object], ...] = (
        lambda: life.head("head"),
        lambda: life.read("head", "reports", "threads"),
        lambda: said(world.as_("triage").get(life.path("actions"))),
        lambda: said(world.as_("triage").get(life.path("proposals"))),
    )
    for look in looks:
        world.clock.move(minutes=1)
        look()
    world.clock.move(minutes=1)

    # The history is a look as well, the last one it shows.
    new = history(life)[seen:]
    assert told(new) == [
        ("case.read", NAMES["head"]),
        ("case.declared", NAMES["head"]),
        ("record.read", NAMES["head"]),
        ("case.read", NAMES["triage"]),
        ("case.read", NAMES["triage"]),
        ("record.read", NAMES["manager"]),
    ]
    assert new[2]["at"] == f"{began + timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}"
    assert new[2]["details"] == {"parts": ["reports", "threads"], "at": new[1]["seq"]}


def test_each_change_leaves_the_next_number_and_none_is_missing(world: World, life: Life) -> None:
    life.acknowledged().triaged()
    life.add("manager", "notes", text="Ask the port for the weighing slips.")
    life.add("manager", "tasks", "slips", title="Weighing slips")
    life.change("manager", "tasks", "slips", title="Weighing slips", done=True)
    life.write("manager", "Thank you, we are looking into it.")
    life.do("head", "set_priority", priority="P2", reason="The perishable goods.")
    life.assign("manager", "protection_officer", "protector")
    proposal = life.propose("manager", "refuse", **a_refusal())
    assert life.answer("head", proposal, "refusal").status_code == 204
    life.reporter.enter().write("It happened again.")
    life.reporter.send_file(PHOTO)

    entries = history(life)
    numbers = sorted(one["seq"] for one in entries if one["seq"] is not None)
    assert numbers == list(range(1, len(numbers) + 1))
    kinds = told(entries)
    assert {
        ("case.status", NAMES["desk"]),
        ("allegation.changed", NAMES["triage"]),
        ("record.created", NAMES["manager"]),
        ("message.sent", NAMES["manager"]),
        ("case.priority", NAMES["head"]),
        ("case.assigned", NAMES["manager"]),
        ("proposal.made", NAMES["manager"]),
        ("proposal.refused", NAMES["head"]),
    } <= set(kinds)
    texts = ("weighing", "looking into", "perishable", "again")
    assert not any(text in str(entries).lower() for text in texts)


def a_refusal() -> dict[str, str]:
    """What a refusal asks for."""
    return {"closure_reason": "out_of_mandate", "reasons": "Not ours.", "message": "Not ours."}


def test_of_the_author_the_record_tells_the_day_and_nothing_more(world: World, life: Life) -> None:
    life.acknowledged()
    world.clock.move(hours=3)
    life.reporter.enter().write("One thing more.")
    entries = history(life)
    theirs = [one for one in entries if one["actor"] == "reporter"]
    assert theirs
    for one in theirs:
        assert one["at"] == f"{world.clock.now:%Y-%m-%d}"
        assert (one["who"], one["seq"]) == (None, None)


def test_who_reads_less_sees_steps_and_no_names(world: World, life: Life) -> None:
    life.acknowledged().triaged()
    entries = history(life, "triage")
    assert {one["kind"] for one in entries} == {"case.status"}
    assert {one["who"] for one in entries} == {None}


def test_the_custody_log_of_a_file_names_everybody_who_had_it(world: World, life: Life) -> None:
    life.acknowledged().do("triage", "start_triage")
    photo = life.reporter.enter().send_file(PHOTO, name="port%C3%A3o.jpg")
    path = life.path("attachments", photo)
    for part in ("triage", "manager", "triage"):
        life.declare(part)
        world.clock.move(minutes=5)
        answer = world.as_(part).get(path)
        assert answer.content == PHOTO
        assert "port%C3%A3o.jpg" in answer.headers["Content-Disposition"]
    assert code(world.as_("outside triage").get(path)) == (404, "not-found")

    world.clock.move(minutes=5)
    log = said(world.as_("manager").get(f"{path}/custody"))["items"]
    assert [(one["kind"], one["who"]) for one in log] == [
        ("attachment.created", None),
        ("attachment.read", NAMES["triage"]),
        ("attachment.read", NAMES["manager"]),
        ("attachment.read", NAMES["triage"]),
    ]
    assert log[0]["at"] == f"{world.clock.now:%Y-%m-%d}"
    times = [one["at"] for one in log[1:]]
    assert times == sorted(set(times))
    world.clock.move(minutes=5)
    # Looking at the log was a look as well.
    assert history(life)[-2]["details"]["parts"] == ["custody"]


def test_a_file_of_staff_has_its_custody_log_too(world: World, life: Life) -> None:
    life.acknowledged().do("triage", "start_triage")
    identity, slip = str(uuid4()), b"slip 1\n"
    path = life.path("attachments", identity)
    headers = {"Content-Disposition": 'attachment; filename="slip.txt"'}
    graded = f"{path}?source_type=interview&grade=B2"
    said(world.as_("triage").put(graded, slip, headers=headers), 201)
    world.clock.move(minutes=5)
    life.declare("manager")
    assert world.as_("manager").get(path).content == slip
    log = said(world.as_("manager").get(f"{path}/custody"))["items"]
    assert [(one["kind"], one["who"]) for one in log] == [
        ("attachment.created", NAMES["triage"]),
        ("attachment.read", NAMES["manager"]),
    ]
    [file] = life.read("manager", "evidence")["evidence"]
    assert (file["name"], file["grade"], file["source_type"]) == ("slip.txt", "B2", "interview")
    # For custodians alone from here on: not even who had it in hand is told to anybody else.
    few = {"source_type": "interview", "handling": "custodian", "attachments": [identity]}
    life.add("triage", "items", title="The slip", **few)
    for hidden in (path, f"{path}/custody"):
        assert code(world.as_("manager").get(hidden)) == (404, "not-found")
    assert life.read("manager", "evidence")["evidence"] == []


def test_every_line_of_staff_went_out_to_be_kept_elsewhere(world: World, life: Life) -> None:
    printed = len(world.printed)
    answer = world.as_("triage").get(life.path("head"))
    assert len(world.printed) == printed + 1
    assert answer.headers["X-Audit-Receipt"] in world.printed[-1]
    sent = world.anybody().post("/v1/reports", {"body": "Nobody dates this."})
    assert "X-Audit-Receipt" not in sent.headers
    world.pass_over()
