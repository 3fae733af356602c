"""A reporter can prove on which day they reported, to anybody, without anything of ours."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlmodel import select

from cases import intake
from cases.audit import log
from cases.errors import EnvelopeInvalid, TribuneError
from cases.models.case import KeyKind, Record, Report
from cases.sealing import hierarchy, records
from tests.api.asking import problem
from tests.api.trailing import b64, told, vkey
from tests.trail.hands_on import in_hands
from tests.trail.sample_log import found
from tests.world import World, a_world, run_folder, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.world import Reporter

pytestmark = pytest.mark.one_database

PROOF = "/v1/reporter/proof"


@pytest.fixture
def ticking(pytestconfig: pytest.Config) -> Iterator[World]:
    """An administration whose staff see what reporters send at the hour."""
    with ExitStack() as undo:
        yield a_world(run_folder(pytestconfig), "sqlite", undo, reporter_tick_minutes=60)


def published(world: World) -> None:
    """Let the next checkpoint be published."""
    world.sequencing.turn()
    world.clock.move(minutes=16)


def test_the_proof_of_a_report_is_checked_without_us(world: World, tmp_path: Path) -> None:
    reporter = world.report(body="They asked for money at the gate.").enter()
    published(world)
    day = f"{world.clock.now:%Y-%m-%d}"
    before = len(told(world))
    answer = reporter.caller.get(PROOF)
    assert len(told(world)) == before
    assert "X-Audit-Receipt" not in answer.headers
    own = said(answer, 200)
    assert set(own) == {"proof", "body", "salt"}
    (tmp_path / "proof").write_text(own["proof"], "utf-8")
    (tmp_path / "body").write_bytes(b64(own["body"]))
    (tmp_path / "salt").write_bytes(b64(own["salt"]))
    asked = ("inclusion", tmp_path / "proof", "--vkey", vkey(world))
    code, outcomes = found(*asked, "--body", tmp_path / "body", "--salt", tmp_path / "salt")
    assert code == 0
    assert {outcomes["body.read"], outcomes["inclusion.ok"]} == {"ok"}
    event = json.loads(b64(own["body"]))
    assert (event["kind"], event["at"]) == ("case.submitted", day)
    (tmp_path / "body").write_bytes(b64(own["body"]).replace(day.encode(), b"2026-01-01"))
    assert found(*asked, "--body", tmp_path / "body", "--salt", tmp_path / "salt")[0] == 40


@pytest.mark.parametrize("concerns", [[], ["internal_affairs"]])
def test_the_proof_does_not_tell_where_the_report_went(world: World, concerns: list[str]) -> None:
    reporter = world.report(concerns=concerns).enter()
    published(world)
    own = said(reporter.caller.get(PROOF), 200)
    event = json.loads(b64(own["body"]))
    assert event["unit"] is None
    assert event["actor"] == {"id": None, "s": None, "t": "reporter"}
    assert (event["seq"], event["d"]) == (None, {})


def merged(world: World) -> tuple[Reporter, Reporter]:
    """Two people tell of the same, and the case of the first becomes part of the other's."""
    world.pass_over()
    lives = [world.life(body=body) for body in ("Me too.", "The first one.")]
    target, source = (life.acknowledged().triaged() for life in lives)
    for part in ("manager", "head"):
        target.declare(part)
    source.both("manager", "head", "merge", target_case=target.reference, basis="The same gate.")
    return source.reporter.enter(), target.reporter.enter()


def test_each_reporter_gets_their_own_proof_also_after_their_cases_were_merged(
    world: World,
) -> None:
    one, other = merged(world)
    published(world)
    proofs = [said(reporter.caller.get(PROOF), 200) for reporter in (one, other)]
    bodies = [json.loads(b64(own["body"])) for own in proofs]
    assert bodies[0]["case"] != bodies[1]["case"]
    assert bodies[0]["id"] != bodies[1]["id"]
    assert said(one.caller.get(PROOF), 200) == proofs[0]


def test_a_receipt_opens_nothing_of_another_report_of_the_same_case(world: World) -> None:
    one, other = merged(world)
    for reporter, text in ((one, "It was a Monday."), (other, "He wore a hat.")):
        reporter.write(text)
        reporter.send_file(text.encode(), name="said.txt", kind="text/plain")
    for reporter, theirs in ((one, "He wore a hat."), (other, "It was a Monday.")):
        told = reporter.caller.get("/v1/reporter/report").text
        assert theirs not in told
    [file] = other.report()["attachments"]
    answer = one.caller.get(f"/v1/reporter/attachments/{file['id']}")
    assert (answer.status_code, problem(answer)) == (404, "not-found")


def test_nor_with_the_rows_of_the_database_in_hand(world: World) -> None:
    one, other = merged(world)
    other.write("He wore a hat.")
    with world.house.unit_of_work() as db:
        mine, theirs = (
            intake.visit(db, one.caller.token or ""),
            intake.visit(db, other.caller.token or ""),
        )
        report = db.get_one(Report, theirs.report_id)
        with pytest.raises(TribuneError):
            hierarchy.reporter_key(db, mine, report, KeyKind.CONV, 1)
        key = hierarchy.reporter_key(db, mine, db.get_one(Report, mine.report_id), KeyKind.CONV, 1)
        permit = log.reporter_permit(db, mine, [report.origin_case_id])
        rows = db.exec(select(Record).where(Record.report_id == report.id)).all()
        assert rows
        for row in rows:
            with pytest.raises(EnvelopeInvalid):
                records.open_(db, permit, key, row)


def test_there_is_no_proof_before_the_tick_and_its_publication(ticking: World) -> None:
    world = ticking
    reporter = world.report().enter()

    def waits() -> bool:
        answer = reporter.caller.get(PROOF)
        return (answer.status_code, problem(answer)) == (409, "not-in-the-log-yet")

    assert waits()
    world.clock.move(minutes=20)  # signed and published meanwhile, and nothing of theirs in it
    assert waits()
    world.clock.move(minutes=16)  # past the hour, and past the time in which the worker tops up
    world.clock.move(minutes=16)
    said(reporter.enter().caller.get(PROOF), 200)


def test_a_receipt_that_a_desk_handed_over_proves_nothing_yet(world: World) -> None:
    reporter = world.report(desk=True)
    token = said(world.anybody().post("/v1/reporter/session", {"receipt": reporter.receipt}), 201)
    bearer = {"Authorization": f"Bearer {token['token']}"}
    answer = world.anybody().get(PROOF, headers=bearer)
    assert (answer.status_code, problem(answer)) == (403, "not-permitted")
    reporter.enter()
    published(world)
    own = said(reporter.caller.get(PROOF), 200)
    assert len(json.loads(b64(own["body"]))["at"]) == len("2026-02-16")


def test_of_an_event_whose_text_was_erased_there_is_no_proof(world: World) -> None:
    reporter = world.report().enter()
    published(world)
    event = UUID(json.loads(b64(said(reporter.caller.get(PROOF), 200)["body"]))["id"])
    with in_hands(world) as hands:
        bodies = hands.table("audit_body")
        value = event.hex if world.kind == "sqlite" else event
        assert hands.do(bodies.delete().where(bodies.c.event_id == value)).rowcount == 1
    answer = reporter.caller.get(PROOF)
    assert (answer.status_code, problem(answer)) == (404, "not-found")
