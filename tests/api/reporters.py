"""The doors that reporters use, around a small house, without a running server."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio
from fastapi import FastAPI

from api import errors, middleware
from api.deps import Pools
from api.limits import Pool
from api.settings import for_directory
from api.v1 import intake, reporter
from cases.intake import Receipt, Submission, enter, prepare, submit
from tests.api.small import TELEMETRY
from tests.cases.builders import SmallHouse, a_house
from tests.inprocess import Client

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.databases import Backend


class Doors:
    """A small house with its reporters' doors open."""

    def __init__(
        self, backend: Backend, *, tick: timedelta | None = None, **chosen: object
    ) -> None:
        self.small: SmallHouse = a_house(backend, tick=tick) if tick else a_house(backend)
        settings = for_directory(backend.directory, **chosen)
        self.settings = settings
        self.app = self._an_app()
        self.client = Client(self.app)

    def _an_app(self) -> FastAPI:
        app = FastAPI(telemetry=TELEMETRY, openapi_url=None)
        for router in (intake.router, intake.desk, reporter.router):
            app.include_router(router)
        errors.install(app)
        places = middleware.limits(
            report_characters=self.settings.report_characters,
            attachment_bytes=self.settings.attachment_limit_bytes,
        )
        app.add_middleware(middleware.BodyLimit, places=places)
        app.add_middleware(errors.Incidents)
        app.add_middleware(middleware.Headers)
        app.state.house, app.state.settings = self.small.house, self.settings
        app.state.pools = Pools(reporters=Pool(), staff=Pool())
        return app

    def another_worker(self) -> Client:
        """A client of another worker on the same databases: pools belong to one event loop."""
        return Client(self._an_app())

    # Any: JSON in, an answer of the client's own kind out.
    def send(self, **body: Any) -> Any:  # noqa: ANN401
        """Send a report."""
        return self.client.post("/v1/reports", json={"body": "Something happened.", **body})

    def receipt(self, **body: Any) -> str:  # noqa: ANN401
        """Send a report and keep its receipt."""
        answer = self.send(**body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["receipt"])

    def enter(self, receipt: str) -> Client:
        """A client with a session."""
        answer = self.client.post("/v1/reporter/session", json={"receipt": receipt})
        assert answer.status_code == 201, answer.text
        return Client(self.app, headers={"Authorization": f"Bearer {answer.json()['token']}"})

    def reporter(self) -> Client:
        """A client with a session of somebody who sent a report; without stretching anything."""
        stretched = secrets.token_bytes(32)
        house = self.small.house
        submit(prepare(house, Submission(body="Something happened.")), Receipt(stretched))
        with house.unit_of_work() as db:
            token = enter(db, stretched).token
        return Client(self.app, headers={"Authorization": f"Bearer {token}"})

    def close(self) -> None:
        """Give back every connection."""
        self.small.close()


def put(
    client: Client,
    content: bytes,
    *,
    at: object = None,
    name: str = "attachment; filename*=UTF-8''photo.jpg",
    kind: str = "image/jpeg",
) -> Any:  # noqa: ANN401
    """Send a file."""
    headers = {"Content-Disposition": name, "Content-Type": kind}
    return client.put(f"/v1/reporter/attachments/{at or uuid4()}", content=content, headers=headers)


def break_off(doors: Doors, client: Client, sent: bytes) -> list[Any]:
    """Begin to send a file, then hang up; gives what the server still said."""
    said: list[Any] = []
    messages = [
        {"type": "http.request", "body": sent, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:  # noqa: ANN401
        return messages.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401
        said.append(message)

    path = f"/v1/reporter/attachments/{uuid4()}"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PUT",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"authorization", client.headers["Authorization"].encode()),
            (b"content-disposition", b"attachment; filename=x"),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    anyio.run(doors.app, scope, receive, send)
    return said
