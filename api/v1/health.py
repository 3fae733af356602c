"""Whether the service runs, and whether it is ready."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.deps import AtDoor
from api.guard import Everyone, GuardedRoute
from api.problems import responses
from cases.audit import health
from cases.notifications import rounds
from cases.sealing import directory
from cases.staff import changes

Watch = Literal["no-recovery", "log-late", "log-silent", "mail-late"]

PROBES = Depends(Everyone(why="probes carry no identity"))

router = APIRouter(route_class=GuardedRoute, tags=["service"], dependencies=[PROBES])


class Ready(BaseModel):
    """What a load balancer and an operator want to know."""

    status: Literal["ready"] = "ready"
    kind: Literal["DEMO", "real"]
    warnings: list[Watch] = Field(
        description="What an operator should look at. `no-recovery`: nobody can restore access when "
        "every member of a unit has lost theirs; `log-late`: something waits too long for its "
        "signature; `log-silent`: nothing was signed for so long that staff are refused; `mail-late`: "
        "staff are not told what waits for them. Reporters are served all the same."
    )


@router.get("/healthz", operation_id="health", summary="Whether the process answers")
async def alive() -> Literal["ok"]:
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
        mail_late = at.house.terms.mails and rounds.in_trouble(db)
        pulse = health.pulse(db, at.house.terms, now=at.house.now())
    at.house.vault.probe()
    warnings: list[Watch] = [] if recovery else ["no-recovery"]
    status = pulse.status(at.house.terms.unsigned_limit)
    if status != "living":
        warnings.append("log-late" if status == "late" else "log-silent")
    if mail_late:
        warnings.append("mail-late")
    return Ready(kind="DEMO" if request.app.state.demo else "real", warnings=warnings)
