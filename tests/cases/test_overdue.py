"""Who is told of a day that comes or has passed, and that each is told once."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from cases import overdue
from cases.audit import log
from cases.models.mail import Outbox
from cases.models.told import DayTold
from cases.staff import mailboxes
from cases.staff.mailboxes import Mailbox
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from tests.databases import Backend

pytestmark = pytest.mark.one_database


def told(life: Life) -> list[tuple[str, date]]:
    """What was told, and of which day, in order."""
    with life.small.look() as db:
        rows = db.exec(
            select(DayTold)
            .where(DayTold.case_id == life.case_id)
            .order_by(col(DayTold.told_on), col(DayTold.due))
        )
        return [(row.level, row.due) for row in rows]


def kinds(life: Life) -> list[str]:
    """The events of the case that are about its days."""
    with life.small.look() as db:
        events = log.told_of(db, life.case_id)
        return [one.body.kind for one in events if one.body.kind.startswith("deadline.")]


def days(small: SmallHouse, count: int) -> int:
    """Let days pass, each looked at twice; how many things were told."""
    total = 0
    for _ in range(count):
        small.clock.move(days=1)
        total += overdue.tell_of_days(small.house)
        assert overdue.tell_of_days(small.house) == 0
    return total


def test_a_day_is_told_of_before_it_after_it_and_long_after_it_once_each(
    small: SmallHouse, life: Life
) -> None:
    due = life.case().due
    assert due == date(2026, 3, 4)  # two working days from Monday the 2nd
    assert overdue.tell_of_days(small.house) == 0  # it only just came
    assert days(small, 1) == 1
    assert told(life) == [("near", due)]
    assert days(small, 2) == 1
    assert told(life)[1:] == [("missed", due)]
    # Five working days after the 4th: 5, 6, 9, 10, 11 March.
    assert days(small, 5) == 0
    assert days(small, 1) == 1
    assert small.house.today() == date(2026, 3, 11)
    assert told(life)[2:] == [("escalated", due)]
    assert days(small, 30) == 0
    assert kinds(life) == ["deadline.near", "deadline.missed", "deadline.escalated"]


def test_a_day_that_was_moved_is_told_of_again(small: SmallHouse, life: Life) -> None:
    days(small, 3)
    first = life.case().due
    life.do("desk", "acknowledge")
    second = life.case().due
    days(small, 3)
    assert second > first
    assert {due for _, due in told(life)} == {first, second}


def test_what_was_done_in_time_is_told_to_nobody(small: SmallHouse, life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    assert days(small, 5) == 0
    assert kinds(life) == []


def test_hours_that_have_passed_are_missed_on_the_same_day(small: SmallHouse) -> None:
    life = a_life(small, danger=True)
    assert overdue.tell_of_days(small.house) == 0
    small.clock.move(hours=2)
    assert overdue.tell_of_days(small.house) == 1
    assert [level for level, _ in told(life)] == ["missed"]


def test_after_a_year_the_seat_of_oversight_is_told_whatever_was_paused(
    small: SmallHouse, life: Life
) -> None:
    life.investigated()
    since = small.house.today()
    review = since + timedelta(days=80)
    life.both("head", "manager", "suspend", suspension_reason="safety", review_on=review)
    small.clock.move(days=364)
    overdue.tell_of_days(small.house)
    assert "longest" not in [level for level, _ in told(life)]
    small.clock.move(days=1)
    assert overdue.tell_of_days(small.house) == 1
    assert ("longest", since + timedelta(days=365)) in told(life)
    assert days(small, 3) == 0


def test_every_case_is_told_of(small: SmallHouse) -> None:
    lives = [a_life(small) for _ in range(3)]
    assert days(small, 1) == len(lives)


def test_managers_the_head_and_oversight_are_written_to_unless_they_must_not_know(
    backend: Backend,
) -> None:
    with closing(a_house(backend, mails=True)) as small:
        life = a_life(small)
        cast = {name: life.cast[name] for name in ("manager", "manager2", "head", "overseer")}
        with small.work() as db:
            for who in cast.values():
                box = Mailbox(address="a@customs.example", language="fr", hurried=False)
                mailboxes.keep(db, who.id, box, who)
        life.declare("manager2", "have")

        def written() -> set[str]:
            with small.look() as db:
                found = set(db.exec(select(Outbox.staff)))
            return {name for name, who in cast.items() if who.id in found}

        days(small, 3)
        assert written() == {"manager"}
        days(small, 6)
        assert written() == {"manager", "head"}
        life.investigated()
        small.clock.move(days=365)
        overdue.tell_of_days(small.house)
        assert written() == {"manager", "head", "overseer"}
