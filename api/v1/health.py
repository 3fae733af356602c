"""Whether the service runs, and whether it is ready."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from api.deps import AtDoor
from api.guard import Everyone, GuardedRoute
from api.problems import responses
from cases.sealing import directory
from cases.staff import changes

PROBES = Depends(Everyone(why="probes carry no identity"))

router = APIRouter(route_class=GuardedRoute, tags=["service"], dependencies=[PROBES])


class Ready(BaseModel):
    """What a load balancer and an operator want to know.

    Attributes:
        kind: `DEMO` or `real`.
        warnings: codes of what an operator should look at; `no-recovery`: nobody can restore access
            when every member of a unit has lost theirs.
    """

    status: Literal["ready"] = "ready"
    kind: Literal["DEMO", "real"]
    warnings: list[Literal["no-recovery"]]


@router.get("/healthz", operation_id="health", summary="Whether the process answers")
async def health() -> Literal["ok"]:
    """Answer at once, from the event loop, whatever else is going on."""
    return "ok"


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Whether databases, vault, keys and directory are in order",
    responses=responses("unavailable"),
)
def ready(at: AtDoor, request: Request) -> Ready:
    """Look at the databases and the directory; what is wrong is answered as a problem."""
    with at.glance() as db:
        directory.verify_head(db)
        recovery = changes.the_deployment(db).recovery_pk
    at.house.vault.probe()
    return Ready(
        kind="DEMO" if request.app.state.demo else "real",
        warnings=[] if recovery else ["no-recovery"],
    )
