"""Two people at the same moment: one of them wins, and nothing is half done."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from tests.world import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from tests.life import Life
    from tests.world import World

ROUNDS = range(3)


def at_once(*acts: Callable[[], Response]) -> list[Response]:
    """What acts that begin at the same moment are answered."""
    start = Barrier(len(acts))

    def go(act: Callable[[], Response]) -> Response:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(go, acts))


def statuses(answers: list[Response]) -> list[int]:
    """Sorted."""
    return sorted(answer.status_code for answer in answers)


def whole(life: Life) -> list[tuple[str, str]]:
    """The steps of a case as the trail has them, once its numbers have no gap."""
    entries = life.read("manager", "history")["history"]
    numbers = sorted(one["seq"] for one in entries if one["seq"] is not None)
    assert numbers == list(range(1, len(numbers) + 1))
    steps = [one for one in entries if one["kind"] == "case.status"]
    return [
        (one["details"].get("before", ""), one["details"]["action"])
        for one in sorted(steps, key=lambda one: one["seq"])
    ]


@pytest.mark.parametrize("attempt", ROUNDS)
def test_two_confirm_one_proposal(world: World, attempt: int) -> None:
    life = world.life(office="harbour").acknowledged().triaged()
    refusal = {"closure_reason": "out_of_mandate", "reasons": "Not ours.", "message": "Not ours."}
    proposal = life.propose("manager", "refuse", **refusal)
    life.declare("manager2")
    life.declare("head")
    answers = at_once(
        lambda: life.answer("manager2", proposal), lambda: life.answer("head", proposal)
    )
    assert statuses(answers) == [200, 409]
    assert life.head("head")["state"] == "not_admitted"
    assert whole(life).count(("assessed", "refuse")) == 1
    thread = life.read("manager", "threads")["threads"][0]["messages"]
    assert [one["body"] for one in thread].count("Not ours.") == 1


@pytest.mark.parametrize("attempt", ROUNDS)
def test_one_confirms_while_another_refuses(world: World, attempt: int) -> None:
    life = world.life(office="harbour").acknowledged().triaged()
    mandate = {"mandate": "Find out.", "legal_basis": "Article 12"}
    proposal = life.propose("head", "authorise", **mandate)
    for part in ("manager", "manager2"):
        life.declare(part)
    confirmed, refused = at_once(
        lambda: life.answer("manager", proposal),
        lambda: life.answer("manager2", proposal, "refusal"),
    )
    pair = (confirmed.status_code, refused.status_code)
    assert pair in {(200, 409), (409, 204)}
    expected = "investigation_authorised" if pair[0] == 200 else "assessed"
    assert life.head("head")["state"] == expected
    whole(life)


@pytest.mark.parametrize("attempt", ROUNDS)
def test_two_act_on_what_both_saw(world: World, attempt: int) -> None:
    life = world.life(office="airport").acknowledged().triaged()
    for part in ("manager", "manager2"):
        life.declare(part)
    etag = life.head("manager")["etag"]
    assert life.head("manager2")["etag"] == etag

    def act(part: str, **body: str) -> Response:
        match = {"If-Match": f'"{etag}"'}
        return life.who(part).post(life.path("actions"), body, headers=match)

    answers = at_once(
        lambda: act("manager", action="to_preliminary", scope="The slips.", questions="Whose?"),
        lambda: act("manager2", action="to_local", handler="Head of the post"),
    )
    assert statuses(answers) == [200, 412]
    [done] = [answer.json()["state"] for answer in answers if answer.status_code == 200]
    assert life.head("head")["state"] == done
    assert len(whole(life)) == 5


@pytest.mark.parametrize("attempt", ROUNDS)
def test_the_same_report_is_sent_twice_at_once(world: World, attempt: int) -> None:
    body = {"body": "The line broke, so I pressed again.", "office": "airport"}
    key = {"Idempotency-Key": secrets.token_urlsafe(24)}
    before = count(world)

    def send() -> Response:
        return world.anybody().post("/v1/reports", body, headers=key)

    answers = at_once(send, send)
    assert statuses(answers) == [200, 201]
    assert count(world) == before + 1
    by_status = {answer.status_code: answer.json() for answer in answers}
    assert by_status[200] == by_status[201] | {"receipt": None}
    other = world.anybody().post("/v1/reports", body | {"place": "Gate 4"}, headers=key)
    assert other.status_code == 422
    assert count(world) == before + 1
    assert len(world.pass_over()) == 1


def count(world: World) -> int:
    """How many cases internal affairs has."""
    counts = said(world.as_("head").get("/v1/cases/count"))["counts"]
    return int(sum(counts.values()))


@pytest.mark.parametrize("attempt", ROUNDS)
def test_an_own_receipt_is_sent_twice_at_once(world: World, attempt: int) -> None:
    own = a_receipt()
    body = {"body": "Written offline at the checkpoint.", "receipt": own}
    before = count(world)

    def send() -> Response:
        return world.anybody().post("/v1/reports", body)

    answers = at_once(send, send)
    assert statuses(answers) == [200, 201]
    assert {answer.json()["receipt"] for answer in answers} == {answers[0].json()["receipt"]}
    assert count(world) == before + 1
    opened = world.anybody().post("/v1/reporter/session", {"receipt": own})
    assert opened.status_code == 201
    assert len(world.pass_over()) == 1


def a_receipt() -> str:
    """19 random digits and the check digit that makes them a receipt (Damm)."""
    digits = f"{secrets.randbelow(10**19):019}"
    table = (
        "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
        "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
    )  # fmt: skip
    check = 0
    for digit in digits:
        check = int(table[check][int(digit)])
    return digits + str(check)


@pytest.mark.parametrize("attempt", ROUNDS)
def test_the_author_writes_while_staff_act(world: World, attempt: int) -> None:
    life = world.life(office="harbour").acknowledged().do("triage", "start_triage")
    life.do("triage", "ask_reporter", question="Which gate?")
    reporter = life.reporter.enter()
    written, noted = at_once(
        lambda: reporter.caller.post("/v1/reporter/messages", {"body": "The northern one."}),
        lambda: life.who("triage").post(life.path("notes"), {"text": "Waiting."}),
    )
    assert (written.status_code, noted.status_code) == (201, 201)
    life.came("reporter_answers", "triage")
    assert whole(life)[-1] == ("awaiting_reporter", "reporter_answers")
