"""The client: one connection that stays open, no library between the socket and the clock."""

import http.client
import json
import time
from typing import Any, Self

TIMEOUT_SECONDS = 240
IDLE_SECONDS = 2
"""The server closes a connection that is idle for five."""


class Unexpected(Exception):
    """The server answered something else."""


class Client:
    """One keep-alive connection to a server on 127.0.0.1."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self.token = token
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._used = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _awake(self) -> None:
        """Connect, anew where the server may have closed a connection that lay idle."""
        now = time.monotonic()
        if self._connection.sock is None or now - self._used > IDLE_SECONDS:
            self._connection.close()
            self._connection.connect()
        self._used = now

    def send(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """Send a request and read its whole answer; an underscore in a header's name is a hyphen."""
        self._awake()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        self._connection.request(method, path, body, given)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    # Any: what JSON holds.
    def json(self, method: str, path: str, data: object = None, *, expect: int = 200) -> Any:  # noqa: ANN401
        """Send and receive JSON.

        Raises:
            Unexpected: the status is another one.
        """
        body = None if data is None else json.dumps(data).encode()
        extra = {} if body is None else {"Content_Type": "application/json"}
        status, text = self.send(method, path, body, **extra)
        if status != expect:
            raise Unexpected(f"{method} {path.partition('?')[0]}: {status}, not {expect}")
        return json.loads(text) if text else None

    def timed(self, method: str, path: str, data: object = None, *, expect: int = 200) -> float:
        """Seconds from the first byte of a request to the last of its answer."""
        self._awake()  # a connection stays open: making one is not part of a request
        began = time.perf_counter()
        self.json(method, path, data, expect=expect)
        return time.perf_counter() - began
