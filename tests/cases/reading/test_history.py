"""What was done in a case, as far as a role may know, and never before it may be noticed."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from cases import evidence, intake, messages
from cases.errors import NotFound
from cases.models.case import Case
from cases.reading import history
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life, declare, deliver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.actors import StaffActor
    from tests.cases.lives import Life
    from tests.databases import Backend


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    house = a_house(backend, tick=timedelta(hours=1))
    yield house
    house.close()


def told(small: SmallHouse, life: Life, by: StaffActor) -> list[str]:
    with small.work() as db:
        return [one.kind for one in history.of_case(db, db.get_one(Case, life.case), by=by)]


def send_a_file(small: SmallHouse, life: Life) -> UUID:
    identity = uuid4()
    with small.look() as db:
        place = evidence.place_for_reporter(db, life.reporter, identity, most=5)
    with evidence.sealer(small.house, place) as sealer:
        sealer.update(b"content")
        sealed = sealer.finish()
    about = evidence.Described(name="a.txt", media_type="text/plain")
    with small.work() as db:
        evidence.keep_for_reporter(db, life.reporter, place, sealed, about)
    return identity


def test_what_a_reporter_does_is_told_to_staff_at_the_tick(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    deliver(small)
    before = told(small, life, manager)
    with small.work() as db:
        messages.post_as_reporter(db, life.reporter, "More of it")
        messages.give_name(db, life.reporter, "Ama", "")
    send_a_file(small, life)
    assert told(small, life, manager) == before
    deliver(small)
    after = told(small, life, manager)
    assert {"message.sent", "record.created", "attachment.created"} <= set(after)
    assert after.count("record.delivered") == 3


def test_the_custody_of_a_file_begins_for_staff_at_the_tick(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    deliver(small)
    declare(small, life, manager)
    identity = send_a_file(small, life)
    with pytest.raises(NotFound), small.work() as db:
        history.of_file(db, db.get_one(Case, life.case), identity, by=manager)
    deliver(small)
    with small.work() as db:
        found = history.of_file(db, db.get_one(Case, life.case), identity, by=manager)
    assert [one.kind for one in found] == ["attachment.created"]


def test_a_new_receipt_is_told_to_staff_when_its_day_is_over(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    deliver(small)
    with small.work() as db:
        intake.renew(db, life.reporter, intake.Receipt(secrets.token_bytes(32)))
    deliver(small)
    assert "receipt.renewed" not in told(small, life, manager)
    small.clock.move(days=1)
    assert "receipt.renewed" in told(small, life, manager)
