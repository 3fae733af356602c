"""Gates: who may pass, written into the signature of every endpoint.

A route that names no gate does not exist: declaring it raises `Unguarded` while the module is
imported. Openness is a statement with a reason, `Everyone(why=…)`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount


class Gate:
    """A dependency that decides who may pass; its subclasses are called with what they ask for.

    Attributes:
        who: whom it lets through, as the table of routes names them.
    """

    who: str
    __call__: Callable[..., Any]  # Any: what a gate asks for and hands on is its own


class Everyone(Gate):
    """Open on purpose, for the reason given."""

    def __init__(self, why: str) -> None:
        self.who, self.why = "everyone", why

    def __call__(self) -> None:
        """Let everybody pass."""


class Unguarded(TypeError):
    """A route was declared without saying who may use it."""


def gates(dependant: Dependant) -> Iterator[Gate]:
    """Every gate on the way to an endpoint, outermost first."""
    if isinstance(dependant.call, Gate):
        yield dependant.call
    for child in dependant.dependencies:
        yield from gates(child)


class GuardedRoute(APIRoute):
    """A route that will not exist until it names a gate."""

    # Any: what FastAPI passes to a route is its own business and changes with its releases.
    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(path, endpoint, **kwargs)
        if not any(gates(self.dependant)):
            raise Unguarded(path)


@dataclass(frozen=True, slots=True, order=True)
class Door:
    """One method of one path, and the gates before it; none means that anything may come in."""

    path: str
    method: str
    gates: tuple[str, ...]


def routes_with_gates(app: FastAPI) -> list[Door]:
    """Every door of an application, in the order of paths, also those nobody guards.

    `app.routes` holds included routers, not their routes: filtering it for `APIRoute` finds
    nothing and passes. This walk sees through them. Mounts and plain Starlette routes appear
    without gates, so that a test can refuse them.
    """
    doors = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        named = tuple(gate.who for gate in gates(dependant)) if dependant else ()
        # As it is described: without saying how much of an address a parameter takes. A mount's
        # description ends in a parameter that nobody wrote.
        mounted = isinstance(route.original_route, Mount)
        path = (None if mounted else route.path_format) or route.path or ""
        doors += [Door(path, method, named) for method in route.methods or {"*"}]
    return sorted(doors)
