"""What happens by itself in a process of its own or, on SQLite, in a thread of the server.

Every job is safe to run twice and safe to run beside another worker: it takes its own small units of
work, and what it finds done it leaves alone.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from cases import deadlines, delivery, retention
from cases.database import House

LOG = logging.getLogger("tribune.background")

PAUSE_SECONDS = 60
"""How often the clock is looked at; jobs themselves go by the day or the tick."""


def next_tick(now: datetime, tick: timedelta) -> datetime:
    """The first moment after `now` that is a whole number of ticks after midnight UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + tick * ((now - midnight) // tick + 1)


class Background:
    """Delivers what reporters sent, keeps deadlines and finishes what was ordered."""

    def __init__(self, house: House) -> None:
        self._house = house
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
        # Never at once after a start: the moment of a start would then date what was waiting.
        tick = self._house.terms.reporter_tick
        due = self._next() if tick else None
        while not self._stopped.wait(PAUSE_SECONDS):
            # Without a tick nothing waits but what was sent while there was one.
            if due is None or self._house.now() >= due:
                attempt(self._house, "delivery", delivery.deliver)
                due = self._next() if tick else None
            attempt(self._house, "deadlines", deadlines.run_due)
            attempt(self._house, "retention", retention.finish_orders)

    def _next(self) -> datetime:
        return next_tick(self._house.now(), self._house.terms.reporter_tick)


def attempt(house: House, job: str, act: Callable[[House], object]) -> bool:
    """Run one job; a failure is logged by its kind alone and tried again at the next turn."""
    try:
        act(house)
    except Exception as error:  # noqa: BLE001  (whatever it is, the next job still has its turn)
        # Not the exception itself: its text and its frames may hold what must not be written down.
        LOG.error("job failed", extra={"job": job, "error": type(error).__name__})  # noqa: TRY400
        return False
    return True
