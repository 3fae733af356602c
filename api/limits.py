"""How much is done at once: the Argon2 pools, and the time a failed sign-in takes.

There is no state per address or person anywhere: guessing is hopeless by the size of the secrets,
so limits only keep the server alive for everybody else.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar, TypeVarTuple

import anyio
from anyio import CapacityLimiter, to_thread

from cases.errors import Busy, SignInFailed, WrongReceipt

PERMITS = 1
"""Stretchings at a time, per pool and worker: each takes 19 or 64 MiB and a whole core."""
WAITING = 16
"""Callers that may wait for a permit; a longer queue would only be a longer wait."""
RETRY_SECONDS = 5
FAILURE_SECONDS = 0.150
"""No failed sign-in is answered sooner, so that kinds of failure do not differ in time."""

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Pool:
    """Runs slow functions in threads of their own, a few at a time, in the order of arrival.

    It has its own limiter: whoever waits here holds none of the threads that serve everybody else
    (waiting in those took `/healthz` from 1 to 717 ms). One pool per worker process,
    used from its event loop only.
    """

    def __init__(self, permits: int = PERMITS, waiting: int = WAITING) -> None:
        self._most = permits + waiting
        self._present = 0
        self._limiter = CapacityLimiter(permits)

    async def run(self, function: Callable[[*Ts], T], *args: *Ts) -> T:
        """The function's result, once it had its turn.

        Raises:
            Busy: too many are waiting already; said at once.
        """
        if self._present >= self._most:
            raise Busy(RETRY_SECONDS)
        self._present += 1
        try:
            return await to_thread.run_sync(function, *args, limiter=self._limiter)
        finally:
            self._present -= 1


@asynccontextmanager
async def padded(seconds: float = FAILURE_SECONDS) -> AsyncGenerator[None]:
    """Hold a failed sign-in back until it has taken its time; success and `Busy` go at once.

    Wraps everything in which one kind of failure could be quicker than another, look-ups included.
    The waiting is done by the event loop and holds no thread.
    """
    began = time.perf_counter()
    try:
        yield
    except (WrongReceipt, SignInFailed):
        await anyio.sleep(max(0.0, seconds - (time.perf_counter() - began)))
        raise
