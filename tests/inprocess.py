"""A client of an application in this process, that answers a request in the thread that makes it.

Starlette's own client lets an application stream, and hands over between threads eight times for that; it
also starts an event loop for each request outside of `with`. Here all of an answer comes at once, and what
the main thread asks is answered without another thread: on an event loop of its own, on which what an
application hands to a worker is done at once, nobody else waiting for the loop. A request takes a quarter of
the time, and the whole suite makes a hundred thousand of them.

What other threads ask goes to one loop that all share, and to its workers, as in service: who asks at the
same time is answered at the same time.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from contextlib import ExitStack, nullcontext
from contextvars import copy_context
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
from anyio import to_thread
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio import CapacityLimiter
    from anyio.from_thread import BlockingPortal
    from starlette.types import ASGIApp


class Client(TestClient):
    """As Starlette's client, for requests whose answer is wanted whole; with `with` the application starts."""

    # Any: as Starlette's client takes it.
    def __init__(self, app: ASGIApp, **more: Any) -> None:  # noqa: ANN401
        super().__init__(app, **more)
        self._transport = _Whole(self)


class _Whole(httpx2.BaseTransport):
    """Runs the application until its answer is there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inner = httpx2.ASGITransport(client.app)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request; what the application raises comes out here."""
        request.read()
        if threading.current_thread() is threading.main_thread() and not _own_loop().is_running():
            return _own_loop().run_until_complete(self._run(request))
        portal = self._client.portal or _everybodys()
        return portal.call(self._run, request)

    async def _run(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        # A stream that the caller, who does not wait for an event loop, can read.
        whole = httpx2.ByteStream(b"".join([piece async for piece in answer.aiter_raw()]))
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=whole)


@cache
def _own_loop() -> asyncio.AbstractEventLoop:
    """The event loop of the main thread."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


@cache
def _everybodys() -> BlockingPortal:
    """The event loop of applications that were not started."""
    until_the_end = ExitStack()
    atexit.register(until_the_end.close)
    return until_the_end.enter_context(start_blocking_portal())


_by_a_worker = to_thread.run_sync


# Any: whatever a function takes and gives.
async def _at_once(
    function: Callable[..., Any],
    *args: Any,  # noqa: ANN401
    limiter: CapacityLimiter | None = None,
    **more: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """As AnyIO's function of this place; on the main thread's loop the function is run here and now."""
    if asyncio.get_running_loop() is not _own_loop():
        return await _by_a_worker(function, *args, limiter=limiter, **more)
    async with limiter or nullcontext():
        return copy_context().run(function, *args)


setattr(to_thread, "run_sync", _at_once)  # noqa: B010  (mypy forbids assigning it)
