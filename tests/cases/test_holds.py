"""What staff set on a case besides its state."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cases import holds
from cases.audit import log
from cases.errors import NotAllowed, NotPermitted, Unacceptable
from cases.objects import things
from cases.sealing.hierarchy import StaffKeys
from tests.cases.builders import a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend


@pytest.fixture
def life(backend: Backend) -> Iterator[Life]:
    with closing(a_house(backend)) as house:
        yield a_life(house)


def set_priority(life: Life, who: str, priority: str) -> None:
    by = life.cast[who]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        holds.set_priority(db, case, priority, "they carry weapons", by=by, keys=keys)


def test_an_emergency_lets_protection_in_and_counts_in_hours(life: Life) -> None:
    protector = life.cast["protector"]
    life.declare("triage")
    assert not life.sees("protector")
    set_priority(life, "triage", "P0")
    assert life.sees("protector")
    assert life.opens("protector")
    case = life.case()
    assert case.priority == "P0"
    assert case.due_at is not None
    assert 0 < (case.due_at - life.small.house.now()).total_seconds() <= 75 * 60
    with life.small.work() as db:
        found = life.find(db, protector)
        permit = log.emit(db, "record.read", by=protector, case=found)
        keys = StaffKeys(db, protector)
        (decision,) = things.held(db, found, "decision", permit=permit, keys=keys)
    assert decision.value["fields"] == {"priority": "P0", "reason": "they carry weapons"}


def test_a_day_that_was_chosen_outlives_another_priority(life: Life) -> None:
    life.investigated()
    life.both("head", "manager", "extend", extension_reason="complexity", due_on="2026-07-01")
    due = life.case().due
    set_priority(life, "head", "P1")
    assert life.case().due == due


def test_a_priority_is_another_one_of_the_list(life: Life) -> None:
    life.triaged()
    with pytest.raises(Unacceptable):
        set_priority(life, "triage", "P9")
    with pytest.raises(NotAllowed):
        set_priority(life, "triage", "P3")


def test_a_hold_is_set_once_by_who_may(life: Life) -> None:
    by, other = life.cast["head"], life.cast["triage"]
    for who in ("head", "triage"):
        life.declare(who)
    with life.small.work() as db:
        case, keys = life.find(db, other), StaffKeys(db, other)
        with pytest.raises(NotPermitted):
            holds.hold(db, case, "a trial", by=other, keys=keys)
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        holds.hold(db, case, "a trial", by=by, keys=keys)
        with pytest.raises(NotAllowed):
            holds.hold(db, case, "a trial", by=by, keys=keys)
    assert life.case().legal_hold
