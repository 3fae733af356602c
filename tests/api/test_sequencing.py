"""The sequencer's day: each second, each quarter of an hour, each tick, and what makes it halt."""

from __future__ import annotations

import json
import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, func, select

from api import sequencing
from api.sequencing import FAILED_PAUSE_SECONDS, HALTED, PAUSE_SECONDS, Sequencing
from cases.actors import THE_SERVICE
from cases.audit import log, memory, note, sequencer, signer, storage, tree
from cases.audit.memory import State
from cases.audit.sequencer import ALIKE, Log
from cases.audit.signer import Overtaken
from cases.audit.ticks import GRACE
from cases.audit.tree import Range
from cases.errors import KeysMissing
from cases.models.trail import (
    CLEAR,
    AuditBody,
    AuditCheckpoint,
    AuditEvent,
    AuditLeaf,
    AuditPending,
    AuditPublication,
    Lane,
)
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from tests.databases import Backend

ORIGIN = "integrity.example/audit/1"
NEXT = "integrity.example/audit/2"
HOUR = timedelta(hours=1)


@dataclass
class Office:
    """A house whose clock stands at half past nine, and its log."""

    small: SmallHouse
    folder: Path

    def sequencing(self, tick: timedelta = HOUR) -> Sequencing:
        """A sequencer that has not begun yet."""
        now = self.small.house.now
        return Sequencing(self.open, tick=tick, clock=now, steady=lambda: now().timestamp())

    def open(self) -> Log:
        """What it works with, keys as they are now."""
        house = self.small.house
        key = house.keyring.key("writer-mac")
        return Log(house.engine, key, signer.load(self.folder), self.folder)

    def at(self, hour: int, minute: int, second: int = 0) -> None:
        """Move the clock to a time of this day."""
        clock = self.small.clock
        clock.now = clock.now.replace(hour=hour, minute=minute, second=second)

    def write(self, count: int = 1, lane: Lane = Lane.AT_ONCE) -> None:
        """Events, committed together."""
        with self.small.work() as db:
            for _ in range(count):
                log.emit(db, "config.changed", by=THE_SERVICE, lane=lane)

    def size(self) -> int:
        """Leaves of the tree."""
        with self.small.look() as db:
            return storage.size(db)

    def waiting(self, lane: Lane = Lane.AT_ONCE) -> int:
        with self.small.look() as db:
            return db.exec(select(func.count()).where(AuditPending.lane == lane)).one()

    def signed(self) -> int:
        """Leaves of the newest checkpoint."""
        with self.small.look() as db:
            found = storage.newest_checkpoint(db)
        return found.size if found else 0

    def published(self) -> int:
        with self.small.look() as db:
            found = storage.published_checkpoint(db)
        return found.size if found else 0


@pytest.fixture
def office(backend: Backend, tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "log"
    signer.create(folder, ORIGIN)
    with closing(a_house(backend)) as house:
        yield Office(house, folder)


def test_what_was_committed_before_a_start_is_signed_and_published_at_once(office: Office) -> None:
    waiting = office.waiting()
    assert waiting
    office.sequencing().turn()
    assert office.waiting() == 0
    assert office.size() == office.signed() == office.published() == waiting + 1


def test_what_staff_do_is_signed_within_a_turn_and_published_with_the_next_heartbeat(
    office: Office,
) -> None:
    at_work = office.sequencing()
    at_work.turn()
    published = office.published()
    office.write(3)
    at_work.turn()
    assert office.size() == office.signed() == published + 3
    assert office.published() == published
    at_work.turn()
    assert office.size() == published + 3  # nothing happened: nothing grows
    office.small.clock.move(minutes=15)
    at_work.turn()
    assert office.size() == office.signed() == office.published() == published + 4


def test_a_heartbeat_comes_each_quarter_of_an_hour_though_nothing_happens(office: Office) -> None:
    at_work = office.sequencing(timedelta(0))
    began = office.small.house.now()
    for _ in range(61):
        at_work.turn()
        office.small.clock.move(minutes=1)
    with office.small.look() as db:
        rows = db.exec(
            select(AuditBody, AuditEvent.leaf)
            .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
            .join(AuditLeaf, col(AuditLeaf.event_id) == col(AuditBody.event_id))
            .order_by(col(AuditLeaf.leaf_index))
        )
        told = [log.open_body(db.house.keyring, row, written).body for row, written in rows]
        published = sorted(db.exec(select(AuditPublication.published_at)))
    expected = [began + timedelta(minutes=15) * n for n in range(5)]
    beats = [body.at for body in told if body.kind == "log.heartbeat"]
    assert beats == [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in expected]
    assert published == expected


def test_a_heartbeat_that_another_sequencer_kept_out_comes_in_the_next_turn(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = office.sequencing()
    at_work.turn()
    size = office.size()
    office.small.clock.move(minutes=15)
    with monkeypatch.context() as patched:
        patched.setattr(sequencer, "_alone", lambda _: False)
        at_work.turn()
        assert office.size() == office.published() == size
    at_work.turn()
    assert office.size() == office.published() == size + 1


def test_reporters_events_enter_the_tree_at_the_tick_and_not_before(office: Office) -> None:
    at_work = office.sequencing()
    at_work.turn()
    office.write(ALIKE, Lane.TICK)
    for minute, second in ((31, 0), (46, 0), (59, 59)):
        office.at(9, minute, second)
        at_work.turn()
        assert office.waiting(Lane.TICK) == ALIKE
    before = office.size()
    office.at(10, 0)
    at_work.turn()
    assert office.waiting(Lane.TICK) == 0
    grown = office.size() - before
    assert grown - ALIKE in {0, 1}  # and a heartbeat of the log's own
    assert office.signed() == office.size()
    office.write(ALIKE, Lane.TICK)
    office.at(10, 59, 59)
    at_work.turn()
    assert office.waiting(Lane.TICK) == ALIKE
    office.at(11, 0)
    at_work.turn()
    assert office.waiting(Lane.TICK) == 0


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]


@pytest.mark.parametrize("there", [1, 7, 9])
def test_until_it_is_topped_up_nothing_is_taken_and_after_a_while_it_goes_as_it_is(
    office: Office, caplog: pytest.LogCaptureFixture, there: int
) -> None:
    at_work = office.sequencing()
    office.write(there, Lane.TICK)
    for second in range(0, int(GRACE.total_seconds()), 20):
        office.at(10, second // 60, second % 60)
        at_work.turn()
    assert office.waiting(Lane.TICK) == there
    assert not warnings_in(caplog)
    size = office.size()
    office.at(10, 5)
    at_work.turn()
    assert office.waiting(Lane.TICK) == 0
    assert office.size() == office.signed() == size + there
    assert warnings_in(caplog) == ["the worker did not top up reporters' events"]
    office.write(ALIKE, Lane.TICK)
    office.at(10, 30)
    at_work.turn()
    assert office.waiting(Lane.TICK) == ALIKE  # the next tick is the next


def test_a_worker_that_does_not_even_send_heartbeats_is_missed(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    at_work = office.sequencing()
    office.at(10, 4, 59)
    at_work.turn()
    assert not warnings_in(caplog)
    for minute in (5, 6):
        office.at(10, minute)
        at_work.turn()
    assert warnings_in(caplog) == ["the worker did not top up reporters' events"]


def test_without_a_tick_reporters_events_are_taken_as_they_come(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    at_work = office.sequencing(timedelta(0))
    for _ in range(3):
        office.write(1, Lane.TICK)
        at_work.turn()
        assert office.waiting(Lane.TICK) == 0
        assert office.signed() == office.size()
        office.small.clock.move(hours=1)
    assert not warnings_in(caplog)


def test_one_that_comes_while_batches_are_taken_is_topped_up_and_goes_with_the_tick(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = office.sequencing()
    at_work.turn()
    for module in (sequencer, sequencing):
        monkeypatch.setattr(module, "BATCH", 2 * ALIKE)
    office.write(3 * ALIKE, Lane.TICK)
    office.at(10, 0)
    _one_more_after_the_first(office, monkeypatch)
    at_work.turn()
    assert office.waiting(Lane.TICK) == ALIKE + 1
    office.write(ALIKE - 1, Lane.TICK)  # as the worker does
    office.at(10, 0, 2)
    at_work.turn()
    assert office.waiting(Lane.TICK) == 0


def test_one_that_comes_when_the_tick_is_over_waits_for_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at_work = office.sequencing()
    at_work.turn()
    office.write(ALIKE, Lane.TICK)
    office.at(10, 0)
    _one_more_after_the_first(office, monkeypatch)
    for minute in (0, 5, 59):
        office.at(10, minute)
        at_work.turn()
        assert office.waiting(Lane.TICK) == 1
    assert not warnings_in(caplog)


def _one_more_after_the_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an event come as soon as the first of the reporters' were taken."""
    integrate = sequencer.integrate

    def and_then(*given: Any, **named: Any) -> sequencer.Integrated:  # noqa: ANN401
        done = integrate(*given, **named)
        if given[2] == Lane.TICK and done.leaves:
            monkeypatch.setattr(sequencer, "integrate", integrate)
            office.write(1, Lane.TICK)
        return done

    monkeypatch.setattr(sequencer, "integrate", and_then)


# What makes it halt


def _a_longer_memory(folder: Path, state: State) -> None:
    memory.remember(folder, State(state.origin, state.edge.append([bytes(32)] * 900), 0))


def _another_past(folder: Path, state: State) -> None:
    other = Range().append([bytes([n % 256]) * 32 for n in range(state.size)])
    memory.remember(folder, State(state.origin, other, state.directory))


def _a_later_directory(folder: Path, state: State) -> None:
    memory.remember(folder, State(state.origin, state.edge, state.directory + 1))


WRONG: dict[str, Callable[[Path, State], None]] = {
    "RolledBack": _a_longer_memory,
    "Forked": _another_past,
    "DirectoryRolledBack": _a_later_directory,
    "StateMissing": lambda folder, _: (folder / memory.STATE).unlink(),
}


@pytest.mark.parametrize("reason", WRONG)
def test_while_it_must_not_sign_nothing_enters_the_tree_and_then_all_of_it(
    office: Office, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    at_work = office.sequencing()
    at_work.turn()
    state = memory.recall(office.folder)
    assert state is not None
    WRONG[reason](office.folder, state)
    office.write(2)
    at_work.turn()
    told = json.loads((office.folder / HALTED).read_text("utf-8"))
    assert told.pop("at") == f"{office.small.house.now():%Y-%m-%dT%H:%M:%SZ}"
    assert told.pop("reason") == reason
    assert told.keys() == (set() if reason == "StateMissing" else {"signed", "offered"})
    size, signed = office.size(), office.signed()
    assert signed == state.size
    assert (size > signed) == (reason in {"Forked", "DirectoryRolledBack"})  # seen when it signs
    office.write(1)
    office.write(ALIKE, Lane.TICK)
    for hour, minute in ((9, 50), (10, 0), (10, 30), (11, 0)):  # heartbeats and ticks are due
        office.at(hour, minute)
        at_work.turn()
        assert (office.size(), office.signed(), office.published()) == (size, signed, signed)
    loud = [one for one in caplog.records if one.levelno > logging.WARNING]
    assert [(one.levelname, one.getMessage(), vars(one)["error"]) for one in loud] == [
        ("CRITICAL", "the log is halted", reason)
    ]
    assert not any(one.exc_info for one in caplog.records)
    memory.remember(office.folder, state)
    at_work.turn()
    at_work.turn()
    assert not (office.folder / HALTED).exists()
    assert "the log goes on" in warnings_in(caplog)
    assert office.waiting() == office.waiting(Lane.TICK) == 0
    assert office.signed() == office.size() > signed + 2 + 1 + ALIKE  # and its own
    assert office.published() > signed


def test_rows_that_are_gone_halt_it_as_well(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = office.sequencing()
    at_work.turn()
    office.write()
    with monkeypatch.context() as patched:
        patched.setattr(storage, "rows", lambda _: lambda *_: [])
        patched.setattr(tree, "grown", lambda *_: [(9, 9, bytes(32))])
        at_work.turn()
    assert json.loads((office.folder / HALTED).read_text("utf-8"))["reason"] == "RowsMissing"


def test_another_signer_that_was_quicker_is_no_reason_to_halt(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*_: object, **__: object) -> bool:
        raise Overtaken

    monkeypatch.setattr(sequencer, "sign", overtaken)
    office.sequencing().turn()
    assert not (office.folder / HALTED).exists()
    assert office.waiting() == 0


def test_rows_of_others_are_told_by_their_number(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    at_work = office.sequencing()
    at_work.turn()
    with office.small.work() as db:
        leaf = db.exec(select(AuditLeaf)).first()
        assert leaf is not None
        db.add(AuditPending(event_id=leaf.event_id, lane=Lane.AT_ONCE))
    at_work.turn()
    [told] = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert (told.levelno, vars(told)["n"]) == (logging.ERROR, 1)
    assert str(leaf.event_id) not in f"{vars(told)}"


# Turn after turn


def run(
    at_work: Sequencing, monkeypatch: pytest.MonkeyPatch, *between: Callable[[], object]
) -> list[float]:
    """Let it run, doing these things before each turn, and stop it; the pauses it made."""
    pauses: list[float] = []
    left = iter(between)

    def wait(pause: float) -> bool:
        pauses.append(pause)
        act = next(left, None)
        if act is None:
            return True
        act()
        return False

    monkeypatch.setattr(at_work._stopped, "wait", wait)
    at_work.run()
    return pauses


def test_after_a_new_epoch_has_begun_its_key_is_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin() -> None:
        state = memory.recall(office.folder)
        assert state is not None
        signer.begin_epoch(office.folder, NEXT, state.edge, directory=0)
        office.write()

    at_work = office.sequencing()
    pauses = run(at_work, monkeypatch, lambda: None, begin, lambda: None, office.write)
    assert pauses == [0.0, PAUSE_SECONDS, FAILED_PAUSE_SECONDS, PAUSE_SECONDS, PAUSE_SECONDS]
    assert not (office.folder / HALTED).exists()
    with office.small.look() as db:
        rows = db.exec(select(AuditCheckpoint).order_by(col(AuditCheckpoint.size))).all()
    keys = [signer.load(folder).verifier for folder in (office.folder / "epochs/1", office.folder)]
    told = [note.parse_checkpoint(note.open_note(row.note.encode(), keys).text) for row in rows]
    assert [one.origin for one in told] == [ORIGIN, NEXT, NEXT]
    assert told[-1].size == office.size()
    assert office.waiting() == 0


def test_a_failure_is_logged_by_its_kind_and_everything_is_opened_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[int] = []

    def open_log() -> Log:
        opened.append(1)
        if len(opened) == 1:
            raise KeysMissing("a name that is nobody's business")
        return office.open()

    at_work = Sequencing(open_log, tick=HOUR, clock=office.small.house.now)
    pauses = run(at_work, monkeypatch, *[lambda: None] * 3)
    assert pauses == [0.0, FAILED_PAUSE_SECONDS, PAUSE_SECONDS, PAUSE_SECONDS]
    assert len(opened) == 2
    [told] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert (told.getMessage(), vars(told)["error"]) == ("the sequencer failed", "KeysMissing")
    assert not told.exc_info
    assert office.signed() == office.size() > 0


def test_in_a_thread_it_ends_when_it_is_asked_to_with_the_turn_at_hand_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "PAUSE_SECONDS", 0.01)
    at_work = office.sequencing()
    at_work.start()
    while not office.published():
        office.small.clock.move(seconds=1)
    at_work.stop()
    assert not at_work._thread.is_alive()
    assert office.signed() == office.size()


@pytest.mark.parametrize("seconds", [-3_600, -6, 6, 86_400])
def test_a_clock_that_was_moved_is_on_record_and_nothing_waits_for_the_old_one(
    office: Office, seconds: int
) -> None:
    since = office.small.house.now().timestamp()
    turning = Sequencing(office.open, tick=HOUR, clock=office.small.house.now, steady=lambda: since)
    turning.turn()
    office.small.clock.move(seconds=seconds)
    turning.turn()
    with office.small.look() as db:
        told = [
            log.open_body(db.house.keyring, row, b"").body
            for row in db.exec(select(AuditBody).where(AuditBody.root_ver == CLEAR))
        ]
    moved = [one.d for one in told if one.kind == "config.changed"]
    assert moved == [{"field": "clock", "n": seconds}]
    assert sum(one.kind == "log.heartbeat" for one in told) == 2


def test_a_clock_that_goes_as_it_should_is_not_worth_a_word(office: Office) -> None:
    turning = office.sequencing()
    for _ in range(3):
        turning.turn()
        office.small.clock.move(seconds=4)
    with office.small.look() as db:
        assert len(db.exec(select(AuditBody).where(AuditBody.root_ver == CLEAR)).all()) == 1
