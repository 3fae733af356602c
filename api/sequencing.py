"""The sequencer's day: what waits becomes leaves each second, reporters' events at their tick.

A process of its own on PostgreSQL, with a database role and keys of its own; on SQLite a thread of the
server. A quarter of an hour never passes without an event of its own (`log.heartbeat`), so that the log
grows and is signed though nothing happens: silence means that something is wrong.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from cases.audit import sequencer, storage, treecheck
from cases.audit.events import Details
from cases.audit.memory import StateInvalid, StateMissing, verifiers_of
from cases.audit.sequencer import ALIKE, BATCH, HEARTBEAT, Integrated, Log, Own, RowsInTheWay
from cases.audit.signer import Overtaken, SigningRefused
from cases.audit.ticks import GRACE, next_tick
from cases.audit.tree import WIDTH, RowsMissing
from cases.database import trail_work
from cases.errors import KeysMissing
from cases.models.trail import Lane

LOG = logging.getLogger("tribune.sequencer")

PAUSE_SECONDS = 1.0
FAILED_PAUSE_SECONDS = 15.0
OTHERS_SECONDS = 0.15
"""Left to other writers between two batches of a backlog."""
PUBLISH_EVERY = timedelta(minutes=15)
CLOCK_STEP = timedelta(seconds=5)
"""What the clock may be off from one turn to the next."""
SCRUB_EVERY = timedelta(hours=1)
SCRUBBED_TILES = 64
NIGHT = 0
"""The hour, UTC, in which all of the tree is looked at and not only a part of it."""
DAMAGED = "damaged"
"""In the same folder: the tree has faults, and nothing more is published."""
HALTED = "halted.json"
"""In the folder of the log's keys: why nothing is signed."""


class Sequencing:
    """Keeps the log going until it is asked to stop."""

    def __init__(
        self,
        open_log: Callable[[], Log],
        *,
        tick: timedelta,
        clock: Callable[[], datetime],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Not yet running.

        Args:
            open_log: opened again after each failure.
            tick: how often reporters' events enter the tree; zero means at once.
            clock: gives the present moment.
            steady: seconds that pass whatever is done to the clock.
        """
        self._open, self._tick, self._clock, self._steady = open_log, tick, clock, steady
        self._log: Log | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="tribune-sequencer", daemon=True)
        now = self._last = clock()
        self._last_steady = steady()
        # At once: what was committed when the last process died is signed before anything else.
        self._heartbeat_due = now
        self._scrub_due = next_tick(now, SCRUB_EVERY)
        self._tick_due = next_tick(now, tick) if tick else now

    def start(self) -> None:
        """Begin, in a thread of this process."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the turn at hand and end."""
        self.ask_to_stop()
        self._thread.join()

    def ask_to_stop(self) -> None:
        """End when the turn at hand is finished."""
        self._stopped.set()

    def run(self) -> None:
        """Work until asked to stop."""
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = PAUSE_SECONDS
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001  (whatever it is, the next turn is another)
                # Not the exception itself: its text may hold what must not be written down.
                LOG.error("the sequencer failed", extra={"error": type(error).__name__})  # noqa: TRY400
                self._log, pause = None, FAILED_PAUSE_SECONDS

    def turn(self) -> None:
        """What is due now. While the signer refuses, nothing enters the tree either.

        Raises:
            KeysMissing, StateMissing, StateInvalid: there is nothing to sign with.
            RowsMissing: the tree lacks rows that new ones would stand on; the log is halted.
            RowsInTheWay: the tree has rows where new ones belong; the log is halted.
        """
        log = self._log = self._log or self._open()
        now = self._clock()
        try:
            self._work(log, now)
        except (RowsMissing, RowsInTheWay) as error:
            _halt(log, error, now)
            raise

    def _work(self, log: Log, now: datetime) -> None:
        halted = (log.folder / HALTED).exists() or sequencer.is_cut_off(log)
        if halted and not _sign(log, now):
            return
        self._watch_the_clock(log, now)
        if now >= self._heartbeat_due:
            _take(log, Lane.AT_ONCE, now)
            # Last: what stands before a heartbeat was written before it, and whoever checks relies on that.
            if _integrate(log, Lane.AT_ONCE, now, own=(HEARTBEAT,)).leaves:
                self._heartbeat_due = now + PUBLISH_EVERY
            if _sign(log, now) and not (log.folder / DAMAGED).exists():
                sequencer.publish(log.engine, now=now)
        elif sequencer.waiting(log.engine, Lane.AT_ONCE):
            _take(log, Lane.AT_ONCE, now)
            _sign(log, now)
        if now >= self._tick_due:
            self._reporters(log, now)
        if now >= self._scrub_due:
            self._scrub_due = next_tick(now, SCRUB_EVERY)
            _scrub(log, now)

    def _watch_the_clock(self, log: Log, now: datetime) -> None:
        """Put on record that the clock was moved: what is dated from here on is dated by another one."""
        steady = self._steady()
        passed = timedelta(seconds=steady - self._last_steady)
        step = now - self._last - passed
        self._last, self._last_steady = now, steady
        if abs(step) <= CLOCK_STEP:
            return
        seconds = round(step.total_seconds())
        LOG.error("the clock was moved", extra={"seconds": seconds})
        moved = Own("config.changed", Details(field="clock", n=seconds))
        _take(log, Lane.AT_ONCE, now)  # what was dated by the old clock stands before it
        _integrate(log, Lane.AT_ONCE, now, own=(moved,))
        self._heartbeat_due = now  # whatever was due by the old clock
        self._scrub_due = next_tick(now, SCRUB_EVERY)
        self._tick_due = next_tick(now, self._tick) if self._tick else now

    def _reporters(self, log: Log, now: datetime) -> None:
        """The tick: what reporters sent enters the tree, topped up by whoever has the keys for it."""
        waiting = sequencer.waiting(log.engine, Lane.TICK)
        if self._tick:
            # Where whole ticks were missed, the newest is kept like any other, and topped up.
            self._tick_due = max(self._tick_due, next_tick(now, self._tick) - self._tick)
        late = not self._tick or now >= self._tick_due + GRACE
        if waiting and not _take(log, Lane.TICK, now, alike=not late):
            return  # one more came, and is to be topped up
        if not waiting and not late:
            return  # the worker has not topped up yet
        if waiting:
            _sign(log, now)
        if not self._tick:
            return
        if not late and sequencer.waiting(log.engine, Lane.TICK) >= ALIKE:
            return  # more than a batch, and one more came meanwhile: as above
        if late and (not waiting or waiting % ALIKE):
            LOG.warning("the worker did not top up reporters' events")
        self._tick_due = next_tick(now, self._tick)


def _take(log: Log, lane: Lane, now: datetime, *, alike: bool = False) -> int:
    """Everything that waits in a lane; how many leaves it gave."""
    total = 0
    while (done := _integrate(log, lane, now, alike=alike)).leaves >= BATCH:
        total += done.leaves
        if log.engine.dialect.name == "sqlite":
            # Whoever waits to write there looks ten times a second whether they may.
            time.sleep(OTHERS_SECONDS)
    return total + done.leaves


def _integrate(
    log: Log, lane: Lane, now: datetime, *, own: tuple[Own, ...] = (), alike: bool = False
) -> Integrated:
    done = sequencer.integrate(log.engine, log.writer_key, lane, now=now, own=own, alike=alike)
    if done.rejected:
        LOG.error("events refused: the service did not write them", extra={"n": done.rejected})
    return done


def _scrub(log: Log, now: datetime) -> None:
    """Look through the tree: a part of it at random each hour, all of it each night.

    While a fault is known, nothing more is published and the whole tree is looked at each hour.
    """
    damaged = log.folder / DAMAGED
    with trail_work(log.engine, read_only=True) as db:
        size = storage.size(db)
        if damaged.exists() or now.hour == NIGHT:
            found = list(treecheck.check_tree(db, log.writer_key, verifiers_of(log.folder)))
        else:
            tiles = -(-size // WIDTH)
            some = secrets.SystemRandom().sample(range(tiles), min(tiles, SCRUBBED_TILES))
            found = list(treecheck.check_tiles(db, log.writer_key, some))
    faults = sum(one.is_fault for one in found)
    _take(log, Lane.AT_ONCE, now)
    _integrate(log, Lane.AT_ONCE, now, own=(Own("log.scrub", Details(count=faults, n=size)),))
    _sign(log, now)
    if faults:
        damaged.touch()
        kinds = sorted({one.code for one in found})
        LOG.critical("the trail has faults: run `tribune audit verify`", extra={"faults": kinds})
    else:
        damaged.unlink(missing_ok=True)


def _sign(log: Log, now: datetime) -> bool:
    """Sign what there is. A refusal halts the log and says why, until it can be signed again and can grow."""
    halted = log.folder / HALTED
    try:
        sequencer.sign(log.engine, log.signer, now=now)
    except Overtaken:
        return True  # another signer of this folder was quicker
    except (SigningRefused, StateMissing, StateInvalid, KeysMissing, RowsMissing) as error:
        _halt(log, error, now)
        if isinstance(error, StateInvalid):
            raise  # a new epoch may have begun: its key is to be read
        return False
    if halted.exists():
        sequencer.demand_way(log.engine)  # else it would go on and halt by turns
        LOG.warning("the log goes on")
        halted.unlink(missing_ok=True)
    return True


def _halt(log: Log, error: Exception, now: datetime) -> None:
    """Say once, loudly, that nothing is signed any more, and keep why."""
    halted = log.folder / HALTED
    if not halted.exists():
        LOG.critical("the log is halted", extra={"error": type(error).__name__})
    halted.write_text(_reason(error, now), "utf-8")


def _reason(error: Exception, now: datetime) -> str:
    """Why, in a form that `tribune audit status` words: kinds and numbers, nothing of a case."""
    reason: dict[str, object] = {
        "reason": type(error).__name__,
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if isinstance(error, SigningRefused):
        reason["signed"], reason["offered"] = str(error.signed), str(error.offered)
    return json.dumps(reason, indent=1) + "\n"
