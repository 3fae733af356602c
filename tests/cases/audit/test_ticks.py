"""The tick: what reporters did goes into the tree with others, and looks like nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from cases.audit import log, ticks
from cases.audit.sequencer import ALIKE
from cases.models.trail import AuditBody, AuditEvent, AuditPending, Lane
from tests.cases.lives import a_life

if TYPE_CHECKING:
    from cases.actors import ReporterActor
    from tests.cases.builders import SmallHouse


@pytest.fixture
def reporter(small: SmallHouse) -> ReporterActor:
    """Somebody whose report was delivered; nothing of theirs waits."""
    life = a_life(small)
    small.integrate()
    return life.reporter


def act(small: SmallHouse, by: ReporterActor, count: int) -> None:
    """Things that a reporter does."""
    with small.work() as db:
        for _ in range(count):
            log.emit(db, "message.sent", by=by, lane=Lane.TICK)


def top_up(small: SmallHouse, *, beginning: bool, before: list[bytes] | None = None) -> list[bytes]:
    with small.work() as db:
        return ticks.top_up(db, beginning=beginning, before=before or [])


def rows(small: SmallHouse) -> list[tuple[AuditEvent, AuditBody, AuditPending]]:
    """What waits for the tick."""
    statement = (
        select(AuditEvent, AuditBody, AuditPending)
        .join(AuditBody, col(AuditBody.event_id) == col(AuditEvent.event_id))
        .join(AuditPending, col(AuditPending.event_id) == col(AuditEvent.event_id))
        .where(AuditPending.lane == Lane.TICK)
    )
    with small.look() as db:
        return list(db.exec(statement))


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.sampled_from([1, 5, 15, 30, 60, 120, 720, 1_440]),
)
def test_the_next_tick_is_the_first_whole_one_after_now(now: datetime, minutes: int) -> None:
    tick = timedelta(minutes=minutes)
    found = ticks.next_tick(now, tick)
    assert now < found <= now + tick
    assert (found - datetime(2026, 1, 1, tzinfo=UTC)) % tick == timedelta(0)
    assert ticks.next_tick(found, tick) == found + tick


@pytest.mark.parametrize(
    ("acts", "together"), [(0, 8), (1, 8), (7, 8), (8, 8), (9, 16), (16, 16), (17, 24)]
)
def test_up_to_eight_acts_are_eight_events_at_the_tick(
    small: SmallHouse, reporter: ReporterActor, acts: int, together: int
) -> None:
    act(small, reporter, acts)
    told = top_up(small, beginning=True)
    waiting = rows(small)
    assert len(waiting) == together
    assert sorted(told) == sorted(event.leaf_hash for event, *_ in waiting)
    assert top_up(small, beginning=False) != []
    assert len(rows(small)) == together


def test_while_a_tick_lasts_heartbeats_only_fill_up(
    small: SmallHouse, reporter: ReporterActor
) -> None:
    assert top_up(small, beginning=False) == []
    act(small, reporter, ALIKE + 1)
    assert len(top_up(small, beginning=False)) == 2 * ALIKE


@pytest.mark.parametrize(("acts", "more"), [(0, 8), (1, 8), (8, 8), (9, 16)])
def test_what_was_left_over_does_not_stand_for_those_of_this_tick(
    small: SmallHouse, reporter: ReporterActor, acts: int, more: int
) -> None:
    left = top_up(small, beginning=True)
    act(small, reporter, acts)
    assert len(top_up(small, beginning=True, before=left)) == len(left) + more


def test_a_heartbeat_is_stored_like_what_a_reporter_did(
    small: SmallHouse, reporter: ReporterActor
) -> None:
    act(small, reporter, 3)
    top_up(small, beginning=True)
    waiting = rows(small)
    keyring = small.house.keyring
    told = [log.open_body(keyring, body, event.leaf).body for event, body, _ in waiting]
    assert sorted(one.kind for one in told) == ["log.heartbeat"] * 5 + ["message.sent"] * 3
    assert {len(body.ct) for _, body, _ in waiting} == {len(waiting[0][1].ct)}
    assert {body.root_ver for _, body, _ in waiting} == {keyring.root_version}
    assert {pending.enqueued_at for *_, pending in waiting} == {None}
    assert {event.day for event, *_ in waiting} == {small.house.today()}
    assert {date.fromisoformat(one.at) for one in told} == {small.house.today()}
    assert {one.seq for one in told} == {None}
    assert len({one.seen for one in told}) == 1
    for tags in ({body.case_tag for _, body, _ in waiting}, {b.actor_tag for _, b, _ in waiting}):
        assert len(tags) == len(waiting)
    with small.work() as db:
        ticks.top_up(db, beginning=True, before=[event.leaf_hash for event, *_ in waiting])
        assert db.receipts == []  # they are printed by whoever minds the tick


def test_shuffling_keeps_everything_and_not_the_order() -> None:
    things = [bytes([n]) for n in range(ALIKE)]
    orders = [ticks.shuffled(things) for _ in range(50)]
    assert all(sorted(order) == things for order in orders)
    assert len({tuple(order) for order in orders}) > 40
    assert things == [bytes([n]) for n in range(ALIKE)]
