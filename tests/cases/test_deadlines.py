"""What happens when a day has come, and that it happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import deadlines
from cases.models.case import CaseStep, Idempotency, PlannedText, ServiceMessage
from cases.models.people import SignIn
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


def texts(life: Life) -> list[str]:
    with life.small.look() as db:
        return [row.code for row in sorted(db.exec(select(ServiceMessage)), key=lambda r: r.n)]


def test_the_service_acknowledges_on_the_sixth_day_and_says_so(small: SmallHouse) -> None:
    life = a_life(small)
    small.clock.move(days=5)
    assert deadlines.run_due(small.house) == 0
    assert life.case().state == "received"
    small.clock.move(days=1)
    assert deadlines.run_due(small.house) == 1
    assert deadlines.run_due(small.house) == 0
    assert life.case().state == "acknowledged"
    with small.look() as db:
        steps = {one.state: one.automatic for one in db.exec(select(CaseStep))}
    assert steps == {"received": False, "acknowledged": True}
    assert texts(life) == ["received", "acknowledged"]


def test_a_person_acknowledges_before(small: SmallHouse) -> None:
    life = a_life(small)
    life.do("desk", "acknowledge")
    small.clock.move(days=6)
    assert deadlines.run_due(small.house) == 0


def test_a_reporter_is_reminded_twice_before_silence_is_recorded(small: SmallHouse) -> None:
    life = a_life(small)
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    day = small.house.today()
    life.do(
        "triage",
        "ask_reporter",
        question="When?",
        due_on=day + timedelta(days=20),
        remind_on=[day + timedelta(days=5)],
    )
    sent: list[int] = []
    for n in range(1, 23):
        small.clock.move(days=1)
        deadlines.run_due(small.house)
        sent += [n] * (texts(life).count("reminder") - len(sent))
        assert life.case().state == ("awaiting_reporter" if n <= 20 else "triage")
    assert sent == [5, 13]
    assert texts(life)[-1] == "silence"


def test_after_an_answer_nobody_is_reminded(small: SmallHouse) -> None:
    life = a_life(small)
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.do("triage", "ask_reporter", question="When?")
    life.answer()
    assert life.case().state == "triage"
    small.clock.move(days=31)
    deadlines.run_due(small.house)
    assert "reminder" not in texts(life)
    with small.look() as db:
        assert db.exec(select(PlannedText)).all() == []


def test_run_twice_at_once_each_thing_is_done_once(small: SmallHouse) -> None:
    lives = [a_life(small) for _ in range(3)]
    small.clock.move(days=7)
    with ThreadPoolExecutor(2) as pool:
        done = sum(pool.map(lambda _: deadlines.run_due(small.house), range(2)))
    assert done == len(lives)
    for life in lives:
        assert life.steps() == ["T01", "T02"]


def test_expired_requests_and_sessions_are_swept(small: SmallHouse) -> None:
    today = small.house.today()
    now = int(small.house.now().timestamp())
    with small.work() as db:
        db.add(Idempotency(key_tag=b"old", body_tag=b"", expires_on=today - timedelta(days=1)))
        db.add(Idempotency(key_tag=b"new", body_tag=b"", expires_on=today))
        db.add(SignIn(id=b"old", owner=b"", root_ver=1, env=b"", expires=now - 3_600))
        db.add(SignIn(id=b"new", owner=b"", root_ver=1, env=b"", expires=now + 3_600))
    assert deadlines.run_due(small.house) == 2
    with small.look() as db:
        assert db.exec(select(Idempotency.key_tag)).all() == [b"new"]
        assert db.exec(select(SignIn.id)).all() == [b"new"]
