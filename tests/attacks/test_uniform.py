"""Whoever guesses learns nothing from how the answer looks, nor from what was done for it."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from api import limits
from cases.models.case import KeyKind
from cases.sealing import passwords, receipts
from tests.world import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from tests.world import World


pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
"""No database decides any of this."""


@pytest.fixture(scope="module")
def wrong_receipts(world: World) -> dict[str, str]:
    """Receipts that open nothing, each for a reason of its own."""
    shredded = world.life()
    [report] = shredded.read("manager", "reports")["reports"]
    world.house.vault.forget([(KeyKind.CONV, UUID(report["id"]))])
    expired = world.life()
    world.clock.move(days=11 * 366)
    replaced = world.life(world.report(desk=True))
    old = replaced.reporter.receipt
    replaced.reporter.enter()
    return {
        "nobody's": receipts.new(),
        "expired": expired.reporter.receipt,
        "exchanged": old,
        "shredded": shredded.reporter.receipt,
    }


def seen(answer: Response) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Everything a caller sees of an answer but its time."""
    return answer.status_code, answer.content, sorted(answer.headers.raw)


def test_a_receipt_that_opens_nothing_does_not_say_why(
    world: World, wrong_receipts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stretched = counting(monkeypatch, receipts, "stretch")
    for language in ("en", "fr", "ar"):
        answers = {
            name: world.anybody(language).post("/v1/reporter/session", {"receipt": receipt})
            for name, receipt in wrong_receipts.items()
        }
        assert {name: one.status_code for name, one in answers.items()} == dict.fromkeys(
            answers, 401
        )
        assert len({repr(seen(one)) for one in answers.values()}) == 1, answers
    assert stretched == {"": 3 * len(wrong_receipts)}


def test_it_takes_its_time_whatever_the_reason(
    world: World, wrong_receipts: dict[str, str]
) -> None:
    medians = []
    for receipt in wrong_receipts.values():
        times = []
        for _ in range(3):
            began = time.perf_counter()
            world.anybody().post("/v1/reporter/session", {"receipt": receipt})
            times.append(time.perf_counter() - began)
        medians.append(statistics.median(times))
        assert min(times) >= limits.FAILURE_SECONDS
    # Generous: it is the padding that makes them alike, not the speed of a machine that tests share.
    assert max(medians) < min(medians) + 1


def test_a_sign_in_that_fails_does_not_say_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = world.as_("admin")
    newcomer = {"username": "nobody.yet", "display_name": "Nobody Yet"}
    said(admin.post("/v1/staff", newcomer), 201)
    left = world.as_("analyst")
    said(admin.patch(f"/v1/staff/{left.id}", {"status": "disabled"}), 200)
    password = world.cast.staff[0].password
    stretched = counting(monkeypatch, passwords, "stretch")
    tried = {
        "unknown": ("who.is.this", password),
        "wrong": (world.as_("manager").username, "five words that are wrong"),
        "disabled": (left.username, password),
        "not enrolled": ("nobody.yet", password),
        "a code nobody has": (world.as_("manager").username, "0000-0000-0000-0000"),
    }
    answers = {
        name: world.anybody().post("/v1/session", {"username": who, "password": word})
        for name, (who, word) in tried.items()
    }
    assert {one.status_code for one in answers.values()} == {401}
    assert len({repr(seen(one)) for one in answers.values()}) == 1, answers
    # As many stretchings, and as hard, whether or not there is such an account.
    assert stretched == {repr(passwords.ARGON2): len(tried)}
    codes = (("who.is.this", "0000"), ("nobody.yet", "0000"), (left.username, "0000"))
    enrolments = [
        world.anybody().post(
            "/v1/session/enrolment", {"username": who, "code": code, "password": password}
        )
        for who, code in codes
    ]
    assert len({repr(seen(one)) for one in enrolments}) == 1
    assert enrolments[0].status_code == 401


def counting(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> Counter[str]:
    """How often something slow is done, by the parameters that make it slow."""
    counted: Counter[str] = Counter()
    real: Callable[..., bytes] = getattr(module, name)

    def count(*given: object) -> bytes:
        counted[repr(given[2]) if len(given) > 2 else ""] += 1
        return real(*given)

    monkeypatch.setattr(module, name, count)
    return counted
