"""What staff set on a case besides its state."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cases import holds, pairs
from cases.audit import log
from cases.errors import (
    NotAllowed,
    NotPermitted,
    ProposalVoid,
    SamePerson,
    Unacceptable,
)
from cases.objects import things
from cases.sealing.hierarchy import StaffKeys
from tests.cases.builders import a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.databases import Backend

pytestmark = pytest.mark.one_database


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


def try_to_set(life: Life, who: str, priority: str) -> UUID | None:
    """As the door does it; the proposal, where a second person must agree."""
    by = life.cast[who]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        waits = pairs.set_priority(db, case, priority, "they were caught", by=by, keys=keys)
        return waits.id if waits else None


@pytest.mark.parametrize(("before", "after"), [("P0", "P1"), ("P0", "P3"), ("P1", "P2")])
def test_what_is_urgent_is_made_less_so_by_two(life: Life, before: str, after: str) -> None:
    life.triaged()
    assert try_to_set(life, "triage", before) is None
    proposal = try_to_set(life, "triage", after)
    assert proposal is not None
    assert life.case().priority == before
    with pytest.raises(SamePerson):
        life.confirm("triage", proposal)
    life.confirm("head", proposal)
    assert life.case().priority == after


@pytest.mark.parametrize(("before", "after"), [("P1", "P0"), ("P2", "P4"), ("P3", "P1")])
def test_any_other_priority_is_set_by_one(life: Life, before: str, after: str) -> None:
    life.triaged(priority=before, priority_reason="so it is")
    assert try_to_set(life, "triage", after) is None
    assert life.case().priority == after


def test_a_priority_that_was_changed_meanwhile_is_not_lowered(life: Life) -> None:
    life.triaged()
    try_to_set(life, "triage", "P1")
    proposal = try_to_set(life, "triage", "P3")
    assert proposal is not None
    try_to_set(life, "triage", "P0")
    with pytest.raises(ProposalVoid):
        life.confirm("head", proposal)
    assert life.case().priority == "P0"


def test_no_step_of_one_person_lowers_what_is_urgent(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    set_priority(life, "triage", "P1")
    with pytest.raises(Unacceptable) as refused:
        life.assess(priority="P3")
    assert refused.value.problems == (("/priority", "out_of_range"),)
    proposal = try_to_set(life, "triage", "P3")
    assert proposal is not None
    life.confirm("head", proposal)
    life.assess(priority="P3")
    assert life.case().state == "assessed"


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
