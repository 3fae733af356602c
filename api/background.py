"""What happens by itself in a process of its own or, on SQLite, in a thread of the server.

Every job is safe to run twice and safe to run beside another worker: it takes its own small units of
work, and what it finds done it leaves alone.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from cases import deadlines, delivery, retention
from cases.audit import ticks
from cases.database import House

LOG = logging.getLogger("tribune.background")

PAUSE_SECONDS = 60
"""How often the clock is looked at; jobs themselves go by the day or the tick."""
TICK_PAUSE_SECONDS = 2
"""How often it is looked whether the sequencer is done with the events of a tick."""


class Background:
    """Delivers what reporters sent, keeps deadlines and finishes what was ordered."""

    def __init__(self, house: House) -> None:
        self._house = house
        # Never at once after a start: the moment of a start would then date what was waiting.
        self._due = self._next()
        self._in_tick = False
        self._printed: set[bytes] = set()
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
        elif self._in_tick or self._house.now() >= self._due:
            attempt(self._house, "delivery", self._deliver)
        attempt(self._house, "deadlines", deadlines.run_due)
        attempt(self._house, "retention", retention.finish_orders)

    def _deliver(self, house: House) -> None:
        """The tick: top up, wait for the sequencer, hand over what is in the tree.

        What comes while the tick lasts goes with it, and has to be topped up as well. A receipt of what
        reporters did leaves the house now, shuffled among those of heartbeats: at the moment of the act it
        would date it.
        """
        with house.unit_of_work() as db:
            waiting = ticks.top_up(db, beginning=not self._in_tick)
            db.receipts += [one.hex() for one in waiting if one not in self._printed]
        self._printed.update(waiting)
        delivery.deliver(house)
        self._in_tick = bool(waiting)
        if not waiting:
            self._printed.clear()
            self._due = self._next()

    def _next(self) -> datetime | None:
        house = self._house
        return (
            ticks.next_tick(house.now(), house.terms.reporter_tick)
            if house.terms.reporter_tick
            else None
        )


def attempt(house: House, job: str, act: Callable[[House], object]) -> bool:
    """Run one job; a failure is logged by its kind alone and tried again at the next turn."""
    try:
        act(house)
    except Exception as error:  # noqa: BLE001  (whatever it is, the next job still has its turn)
        # Not the exception itself: its text and its frames may hold what must not be written down.
        LOG.error("job failed", extra={"job": job, "error": type(error).__name__})  # noqa: TRY400
        return False
    return True
