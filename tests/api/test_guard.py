"""No route exists without a gate."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from api.guard import Door, Everyone, Gate, GuardedRoute, Unguarded, routes_with_gates
from tests.api.small import TELEMETRY, a_client


class Porter(Gate):
    """Lets nobody in, and says whom it would."""

    def __init__(self, who: str) -> None:
        self.who = who

    def __call__(self, request: Request) -> str:
        return request.url.path


def test_a_route_without_a_gate_stops_the_import_and_names_its_path() -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(Unguarded, match="/secret"):

        @router.get("/secret")
        def secret() -> None: ...


def test_a_gate_may_stand_in_the_signature_on_the_route_or_on_the_router() -> None:
    app = FastAPI(telemetry=TELEMETRY, openapi_url=None)
    signature = APIRouter(route_class=GuardedRoute)
    shared = APIRouter(route_class=GuardedRoute, dependencies=[Depends(Porter("router"))])
    guarded = Annotated[str, Depends(Porter("signature"))]

    @signature.get("/a")
    def a(path: guarded) -> str:
        return path

    @signature.post("/b", dependencies=[Depends(Everyone(why="a test"))])
    def b() -> None: ...

    @shared.get("/c")
    def c(path: guarded) -> None: ...

    app.include_router(signature)
    app.include_router(shared, prefix="/v1", dependencies=[Depends(Porter("include"))])
    assert routes_with_gates(app) == [
        Door("/a", "GET", ("signature",)),
        Door("/b", "POST", ("everyone",)),
        Door("/v1/c", "GET", ("include", "router", "signature")),
    ]
    assert a_client(app).get("/a").json() == "/a"


def test_a_gate_behind_a_dependency_counts() -> None:
    def who(path: Annotated[str, Depends(Porter("deep"))]) -> str:
        return path

    router = APIRouter(route_class=GuardedRoute)

    @router.get("/a")
    def a(path: Annotated[str, Depends(who)]) -> None: ...

    app = FastAPI(telemetry=TELEMETRY, openapi_url=None)
    app.include_router(router)
    assert routes_with_gates(app) == [Door("/a", "GET", ("deep",))]


def test_the_walk_shows_routes_that_went_round_the_guard() -> None:
    app = FastAPI(telemetry=TELEMETRY, openapi_url="/openapi.json", docs_url=None, redoc_url=None)

    @app.get("/plain")
    def plain() -> None: ...

    def star(request: Request) -> PlainTextResponse:
        return PlainTextResponse()

    app.add_route("/star", star)
    app.mount("/mount", FastAPI(telemetry=TELEMETRY))
    bare = {(door.path, door.method): door.gates for door in routes_with_gates(app)}
    assert bare[("/plain", "GET")] == ()
    assert bare[("/star", "GET")] == ()
    assert bare[("/openapi.json", "GET")] == ()
    assert bare[("/mount", "*")] == ()


def test_openness_says_why() -> None:
    gate = Everyone(why="probes carry no identity")
    assert (gate.who, gate.why) == ("everyone", "probes carry no identity")
    gate()
