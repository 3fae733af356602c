"""The bare HTTP stack: an ASGI application that keeps bytes as they come and does nothing else."""

import os
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

# Any: ASGI's own shapes.
Message = MutableMapping[str, Any]

FOLDER = "BENCH_FOLDER"
"""The variable of the environment that names where bytes are written."""


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer 200; write a body to the disk and fsync it first."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["method"] == "PUT":
        await _keep(receive)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def _keep(receive: Callable[[], Awaitable[Message]]) -> None:
    # Written where it is received: a thread would only help a disk that makes the writer wait.
    handle, name = tempfile.mkstemp(dir=os.environ[FOLDER])
    try:
        more = True
        while more:
            message = await receive()
            view = memoryview(message.get("body", b""))
            while view:
                view = view[os.write(handle, view) :]
            more = message.get("more_body", False)
        os.fsync(handle)
    finally:
        os.close(handle)
        os.unlink(name)  # noqa: PTH108  (a Path would only wrap it)
