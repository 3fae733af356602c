"""A client of an application in this process, that goes to its event loop and back once for each request.

Starlette's own client lets an application stream, and hands over between threads eight times for that; it
also starts an event loop for each request outside of `with`. Here all of an answer comes at once, and every
application of a process shares one loop: a request takes two thirds of the time less, and the whole suite
makes a hundred thousand of them.
"""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient

if TYPE_CHECKING:
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
        portal = self._client.portal or _everybodys()
        return portal.call(self._run, request)

    async def _run(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        # A stream that the caller, who does not wait for an event loop, can read.
        whole = httpx2.ByteStream(b"".join([piece async for piece in answer.aiter_raw()]))
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=whole)


@cache
def _everybodys() -> BlockingPortal:
    """The event loop of applications that were not started."""
    until_the_end = ExitStack()
    atexit.register(until_the_end.close)
    return until_the_end.enter_context(start_blocking_portal())
