"""Small applications for the tests of the plumbing: the real layers around a few endpoints."""

import logging
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel, ConfigDict, Field

from api import errors, middleware
from api.guard import Everyone, GuardedRoute
from api.paging import Page
from tests.inprocess import Client

MARKER = "Zimbelstern47"
"""A word that no answer and no log line may ever hold."""

TELEMETRY = TelemetryConfig(tracing=False, logs=False, metrics=False, auto_configure=False)
OPEN = [Depends(Everyone(why="a test"))]


class Person(BaseModel):
    """Somebody named in a report."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=20)]
    born: int | None = Field(None, ge=1900)


class Submission(BaseModel):
    """A body with one field of each kind."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, Field(min_length=1, max_length=100)]
    language: Literal["en", "fr"] | None = None
    subjects: list[Person] = []
    free: dict[str, int] = {}


class Chosen(Page):
    """A list with one filter."""

    state: Literal["received", "closed"] | None = None


def an_app(
    *, raising: Exception | None = None, default: int = middleware.JSON_BYTES, demo: bool = False
) -> FastAPI:
    """An application with the layers of the real one, and `/raise` that raises what is given."""
    router = APIRouter(route_class=GuardedRoute, dependencies=OPEN)

    @router.post("/v1/reports")
    def submit(body: Submission) -> dict[str, str]:
        return {"kept": str(len(body.body))}

    @router.get("/v1/cases")
    def listed(page: Annotated[Chosen, Query()]) -> dict[str, int]:
        return {"limit": page.limit}

    @router.get("/v1/cases/{number}")
    def one(number: int) -> dict[str, int]:
        return {"number": number}

    @router.get("/raise")
    def fail() -> None:
        assert raising
        raise raising

    @router.put("/v1/reporter/attachments/{name}")
    async def upload(name: str, request: Request) -> dict[str, int]:
        return {"bytes": sum([len(piece) async for piece in request.stream()])}

    @router.post("/v1/session")
    def sign_in(body: dict[str, str]) -> dict[str, str]:
        return {}

    app = FastAPI(telemetry=TELEMETRY, openapi_url=None)
    app.include_router(router)
    errors.install(app)
    places = middleware.limits(report_characters=64_000, attachment_bytes=1_000_000)
    app.add_middleware(middleware.BodyLimit, places=places, default=default)
    app.add_middleware(middleware.SameOrigin)
    app.add_middleware(errors.Incidents)
    app.add_middleware(middleware.Headers, demo=demo)
    return app


def a_client(app: FastAPI | None = None, **headers: str) -> Client:
    """A client that would let an error through, if one came."""
    return Client(app or an_app(), headers=headers)


def everything_in(records: list[logging.LogRecord]) -> str:
    """All that log records hold, also what a formatter would not print, tracebacks included."""
    formatter = logging.Formatter()
    return "\n".join(f"{formatter.format(record)} {vars(record)}" for record in records)


# Any: a problem document is JSON.
def problem(response: Any) -> dict[str, Any]:  # noqa: ANN401
    """The problem document of an answer, after the checks that hold for all of them."""
    assert response.headers["content-type"] == "application/problem+json"
    assert MARKER not in response.text + str(response.headers)
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    assert found["type"] == f"/problems/{found['code']}"
    assert found["title"]
    assert found["detail"]
    return found
