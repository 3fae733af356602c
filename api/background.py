"""What happens by itself in a process of its own or, on SQLite, in a thread of the server.

Every job is safe to run twice and safe to run beside another worker: it takes its own small units of
work, and what it finds done it leaves alone.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from cases import deadlines, delivery, overdue, proposals, retention, verification
from cases.audit import storage, ticks
from cases.database import House
from cases.notifications import rounds
from cases.notifications.rounds import Carrier

LOG = logging.getLogger("tribune.background")

PAUSE_SECONDS = 60
"""How often the clock is looked at; jobs themselves go by the day or the tick."""
DAY = timedelta(days=1)
TICK_PAUSE_SECONDS = 2
"""How often it is looked whether the sequencer is done with the events of a tick."""


class Background:
    """Delivers what reporters sent, keeps deadlines, finishes what was ordered and tells staff of it.

    Args:
        carry: hands e-mail to a server; None where this installation sends none.
    """

    def __init__(self, house: House, carry: Carrier | None = None) -> None:
        self._house = house
        self._carry = carry
        # Never at once after a start: the moment of a start would then date what was waiting.
        self._due = self._next()
        self._again_until = house.now()
        self._night = ticks.next_tick(house.now(), DAY)
        self._in_tick = False
        self._told: frozenset[bytes] = frozenset()
        """What waited when the tick began: its receipts are printed."""
        self._late: frozenset[bytes] = frozenset()
        """What went with the tick and came after it began: receipts for the next one."""
        self._taken_from: int | None = None
        """The size of the tree when the last tick was over: what is later is of another one."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="tribune-background", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of this process."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the job at hand and end."""
        self.ask_to_stop()
        self._thread.join()

    def ask_to_stop(self) -> None:
        """End when the job at hand is finished."""
        self._stopped.set()

    def run(self) -> None:
        """Work until asked to stop."""
        while not self._stopped.wait(TICK_PAUSE_SECONDS if self._in_tick else PAUSE_SECONDS):
            self.turn()

    def turn(self) -> None:
        """What is due now."""
        if self._due is None:
            # Without a tick nothing waits but what was sent while there was one.
            attempt(self._house, "delivery", delivery.deliver)
        elif self._house.now() >= self._due:
            attempt(self._house, "delivery", self._begin)
        elif self._in_tick:
            attempt(self._house, "delivery", self._go_on)
        elif self._taken_from is None:
            attempt(self._house, "delivery", self._look)
        attempt(self._house, "deadlines", deadlines.run_due)
        attempt(self._house, "overdue", overdue.tell_of_days)
        attempt(self._house, "retention", retention.finish_orders)
        attempt(self._house, "retention", retention.forget_identities)
        if self._carry is not None:
            attempt(
                self._house, "mail", partial(rounds.run, carry=self._carry, waits=proposals.waits)
            )
        if self._house.now() >= self._night:
            self._night = ticks.next_tick(self._house.now(), DAY)
            attempt(self._house, "retention", retention.forget_trails)
            attempt(self._house, "scrub", _scrub)

    def _look(self, house: House) -> None:
        """After a start: what is in the tree by now is of an earlier tick."""
        with house.glance() as db:
            self._taken_from = storage.size(db)

    def _begin(self, house: House) -> None:
        """The tick: top up what waits for the sequencer, and print its receipts.

        A receipt of what reporters did leaves the house now, shuffled among those of heartbeats: at the
        moment of the act it would date it.
        """
        with house.unit_of_work() as db:
            size = storage.size(db)
            gone = set(ticks.entered(db, size if self._taken_from is None else self._taken_from))
            early = gone - self._told - self._late
            if early:
                # So many that nothing lacked, and the sequencer was quicker: that was this tick. Heartbeats
                # now would go with the next one, and make the growth of both tell how many there were.
                waiting, leave = [], {*early, *self._late}
            else:
                waiting = ticks.top_up(db, beginning=True, before=self._told)
                leave = {*waiting, *self._late} - self._told
            db.receipts += [one.hex() for one in ticks.shuffled(leave)]
        self._told, self._late, self._in_tick = frozenset(waiting), frozenset(), bool(waiting)
        self._again_until, self._due = house.now() + ticks.GRACE, self._next()
        self._taken_from = size
        delivery.deliver(house)

    def _go_on(self, house: House) -> None:
        """The tick lasts until the sequencer has taken what waited when it began.

        What came since goes with it, and has to be topped up as well; its receipts wait for the next tick,
        since those few lines would date it. Once the sequencer is through, what comes waits altogether.
        """
        with house.unit_of_work() as db:
            size = storage.size(db)
            waiting = ticks.waiting(db)
            lasts = not self._told.isdisjoint(waiting)
            if lasts and house.now() < self._again_until:
                waiting = ticks.top_up(db, beginning=False)
                self._late |= set(waiting) - self._told
        if not lasts:
            self._taken_from = size
        delivery.deliver(house)
        self._in_tick = lasts

    def _next(self) -> datetime | None:
        house = self._house
        return (
            ticks.next_tick(house.now(), house.terms.reporter_tick)
            if house.terms.reporter_tick
            else None
        )


def _scrub(house: House) -> None:
    """Check the whole trail; what is not as it should be is an alarm."""
    kinds = sorted({one.code for one in verification.scrub(house) if one.is_fault})
    if kinds:
        LOG.critical("the trail has faults: run `tribune audit verify`", extra={"faults": kinds})


def attempt(house: House, job: str, act: Callable[[House], object]) -> bool:
    """Run one job; a failure is logged by its kind alone and tried again at the next turn."""
    try:
        act(house)
    except Exception as error:  # noqa: BLE001  (whatever it is, the next job still has its turn)
        # Not the exception itself: its text and its frames may hold what must not be written down.
        LOG.error("job failed", extra={"job": job, "error": type(error).__name__})  # noqa: TRY400
        return False
    return True
