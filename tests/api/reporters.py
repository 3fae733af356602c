"""The doors that reporters use, around a small house, without a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import errors, middleware
from api.deps import Pools
from api.limits import Pool
from api.settings import for_directory
from api.v1 import intake, reporter
from tests.api.small import TELEMETRY
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.conftest import Backend


class Doors:
    """A small house with its reporters' doors open."""

    def __init__(
        self, backend: Backend, *, tick: timedelta | None = None, **chosen: object
    ) -> None:
        self.small: SmallHouse = a_house(backend, tick=tick) if tick else a_house(backend)
        settings = for_directory(backend.directory, **chosen)
        app = FastAPI(telemetry=TELEMETRY, openapi_url=None)
        for room in (intake, reporter):
            app.include_router(room.router)
        errors.install(app)
        places = middleware.limits(
            report_characters=settings.report_characters,
            attachment_bytes=settings.attachment_limit_bytes,
        )
        app.add_middleware(middleware.BodyLimit, places=places)
        app.add_middleware(errors.Incidents)
        app.add_middleware(middleware.Headers)
        app.state.house, app.state.settings = self.small.house, settings
        app.state.pools = Pools(Pool("reporters"), Pool("staff"))
        self.app = app
        self.client = TestClient(app)

    # Any: JSON in, an answer of the client's own kind out.
    def send(self, **body: Any) -> Any:  # noqa: ANN401
        """Send a report."""
        return self.client.post("/v1/reports", json={"body": "Something happened.", **body})

    def receipt(self, **body: Any) -> str:  # noqa: ANN401
        """Send a report and keep its receipt."""
        answer = self.send(**body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["receipt"])

    def enter(self, receipt: str) -> TestClient:
        """A client with a session."""
        answer = self.client.post("/v1/reporter/session", json={"receipt": receipt})
        assert answer.status_code == 201, answer.text
        return TestClient(self.app, headers={"Authorization": f"Bearer {answer.json()['token']}"})

    def close(self) -> None:
        """Give back every connection."""
        self.small.close()


def put(
    client: TestClient,
    content: bytes,
    *,
    at: object = None,
    name: str = "attachment; filename*=UTF-8''photo.jpg",
    kind: str = "image/jpeg",
) -> Any:  # noqa: ANN401
    """Send a file."""
    headers = {"Content-Disposition": name, "Content-Type": kind}
    return client.put(f"/v1/reporter/attachments/{at or uuid4()}", content=content, headers=headers)
