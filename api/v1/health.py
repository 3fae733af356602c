"""Whether the service runs, and whether it is ready."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel

from api.deps import AtDoor
from api.guard import Everyone, GuardedRoute
from cases.sealing import directory

router = APIRouter(route_class=GuardedRoute, tags=["service"])


class Ready(BaseModel):
    """What a load balancer and an operator want to know."""

    status: Literal["ready"]
    demo: bool
    warnings: list[str]


@router.get(
    "/healthz",
    operation_id="health",
    summary="Whether the process answers",
    dependencies=[Depends(Everyone(why="probes carry no identity"))],
)
async def health() -> Literal["ok"]:
    """Answer at once, from the event loop, whatever else is going on."""
    return "ok"


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Whether databases, vault, keys and directory are in order",
    dependencies=[Depends(Everyone(why="probes carry no identity"))],
)
def ready(at: AtDoor, request: Request) -> Ready:
    """Look at the databases and the directory; what is wrong is answered as a problem."""
    with at.glance() as db:
        directory.verify_head(db)
        recovery = db.house.recovery_chosen(db)
    len(at.house.vault)
    warnings = [] if recovery else ["no-recovery"]
    return Ready(status="ready", demo=request.app.state.demo, warnings=warnings)


@router.get("/v1/openapi.json", include_in_schema=False,
    dependencies=[Depends(Everyone(why="the interface is public"))])
def schema(request: Request) -> JSONResponse:
    """The description of this interface."""
    return JSONResponse(request.app.openapi())
