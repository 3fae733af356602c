"""What stands between the wire and the doors: headers, same-origin check, body limits.

Pure ASGI, and none of it reads a body: what reads a body whole breaks streaming. In order, from
outside: `Headers`, `errors.Incidents`, `PlainAddress`, `SameOrigin`, `BodyLimit`, then the application.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from starlette.datastructures import Headers as Received
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.locales import language

KIB = 1024

LOGIN_BYTES = 4 * KIB
"""A sign-in is a name and a secret."""
JSON_BYTES = 256 * KIB
BYTES_PER_CHARACTER = 12
"""The most a character takes in JSON: two escaped surrogates, as for emoji."""

LENGTH_DIGITS = 18
"""A Content-Length with more digits is cut: still larger than anything that is taken."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "browsing-topics=()",
}
CSP = "default-src 'none'; frame-ancestors 'none'"
PAGE_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""A page loads what this server serves, and nothing that stands inside the page runs."""
HSTS = "max-age=31536000"


class Headers:
    """ASGI: the headers every answer carries, and none that says what the server is made of."""

    def __init__(self, app: ASGIApp, *, demo: bool = False) -> None:
        self.app, self.demo = app, demo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = scope["scheme"] == "https"

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._dress(headers, secure=secure)
                for leaf in scope.get("state", {}).get("receipts", ()):
                    headers.append("X-Audit-Receipt", leaf)
            await send(message)

        await self.app(scope, receive, dress)

    def _dress(self, headers: MutableHeaders, *, secure: bool) -> None:
        del headers["Server"]
        for name, text in ALWAYS.items():
            headers[name] = text
        page = headers.get("Content-Type", "").startswith("text/html")
        headers["Content-Security-Policy"] = PAGE_CSP if page else CSP
        headers.setdefault("Cache-Control", "no-store")
        if secure:  # over plain HTTP the header means nothing, and a laptop's demo has no TLS
            headers["Strict-Transport-Security"] = HSTS
        if self.demo:
            headers["X-Tribune-Demo"] = "DEMO"


class PlainAddress:
    """ASGI: refuses an address with a zero byte: nothing has one in its name, and PostgreSQL trips over it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http" or not self._has_zero(scope):
            await self.app(scope, receive, send)
            return
        refusal = problems.response("malformed-request", language(Request(scope)))
        await refusal(scope, receive, send)

    def _has_zero(self, scope: Scope) -> bool:
        query: bytes = scope["query_string"]
        return "\0" in scope["path"] or b"\0" in query or b"%00" in query


class SameOrigin:
    """ASGI: refuses what another website makes a browser send with our cookies.

    Asked only of requests that carry cookies and change something: a `Bearer` token is never sent
    by a browser on its own. Browsers say where a request comes from (`Sec-Fetch-Site`, which no
    script can set); older ones send `Origin`. One that says neither is refused.
    """

    def __init__(self, app: ASGIApp, *, public_host: str | None = None) -> None:
        self.app, self.public_host = app, public_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http" or self._ours(scope):
            await self.app(scope, receive, send)
            return
        refusal = problems.response("cross-origin", language(Request(scope)))
        await refusal(scope, receive, send)

    def _ours(self, scope: Scope) -> bool:
        headers = Received(scope=scope)
        if scope["method"] in SAFE_METHODS or "cookie" not in headers:
            return True
        site = headers.getlist("sec-fetch-site")
        if site:
            return site == ["same-origin"]
        ours = {f"{scope['scheme']}://{headers.get('host', '')}"}
        if self.public_host:  # behind a proxy, scheme and host may be the inner ones
            ours = {f"https://{self.public_host.lower()}"}
        origins = headers.getlist("origin")
        return len(origins) == 1 and origins[0].lower() in ours


class Limit(NamedTuple):
    """How large a body may be at some places.

    Attributes:
        method: the method it holds for; None for all.
        path: a regular expression for the whole path.
        bytes: the most that is taken.
    """

    method: str | None
    path: re.Pattern[str]
    bytes: int


def limits(*, report_characters: int, attachment_bytes: int) -> tuple[Limit, ...]:
    """The places with a limit of their own; everywhere else `JSON_BYTES` holds.

    Args:
        report_characters: the longest text; a JSON body with it may take twelve bytes for each.
        attachment_bytes: the largest file.
    """
    prose = JSON_BYTES + BYTES_PER_CHARACTER * report_characters
    return (
        Limit("POST", re.compile(r"/v1/(reporter/)?session(/.*)?"), LOGIN_BYTES),
        Limit("POST", re.compile(r"/v1/reporter/receipt"), LOGIN_BYTES),
        Limit("POST", re.compile(r"/v1/reports|/v1/cases"), prose),
        Limit("POST", re.compile(r"/v1/(reporter|cases/[^/]+)/(messages|notes|actions)"), prose),
        Limit("PUT", re.compile(r"/v1/(reporter|cases/[^/]+)/attachments/[^/]+"), attachment_bytes),
    )


class BodyLimit:
    """ASGI: stops a body at its limit, by its announced length or by counting what arrives.

    The rest of a body that is refused is read and dropped by the server, so that the caller gets
    to read why.
    """

    def __init__(
        self, app: ASGIApp, *, places: Iterable[Limit] = (), default: int = JSON_BYTES
    ) -> None:
        self.app, self.places, self.default = app, tuple(places), default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._limit(scope)
        announced = Received(scope=scope).get("content-length", "")
        # What is not a number has been refused by the server; what it let through is counted.
        if _number(announced) > most:
            refusal = problems.response(
                "too-large", language(Request(scope)), members={"limit_bytes": most}
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, _counted(receive, most), send)

    def _limit(self, scope: Scope) -> int:
        for place in self.places:
            if place.method in {None, scope["method"]} and place.path.fullmatch(scope["path"]):
                return place.bytes
        return self.default


def _number(announced: str) -> int:
    """A Content-Length; 0 when it is none. Python refuses to read thousands of digits."""
    digits = announced[:LENGTH_DIGITS]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _counted(receive: Receive, most: int) -> Receive:
    taken = 0

    async def count() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > most:
                raise problems.OverLimit(most)
        return message

    return count
