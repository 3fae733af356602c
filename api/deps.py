"""What an endpoint may ask for: the door it stands at, and who came through it."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated, TypeVar, TypeVarTuple

from anyio import to_thread
from fastapi import Depends, Query, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from api.guard import Gate
from api.limits import Pool
from api.locales import language
from api.settings import Settings
from cases import access, intake
from cases.actors import ReporterActor, StaffActor
from cases.database import House, Work
from cases.errors import NotSignedIn
from cases.links import check_ins
from cases.staff import signin
from workflows.model import Locale

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

bearer = HTTPBearer(auto_error=False, description="The token a sign-in answered.")


@dataclass(frozen=True, slots=True)
class Pools:
    """The two Argon2 pools of a worker process."""

    reporters: Pool
    staff: Pool


@dataclass(frozen=True, slots=True)
class Door:
    """The door a request came through."""

    house: House
    settings: Settings
    pools: Pools
    language: Locale
    receipts: list[str]
    """Leaf hashes of the staff events this request committed; a header of the answer."""

    @contextmanager
    def unit_of_work(self) -> Generator[Work]:
        """A unit of work whose receipts go out with the answer."""
        with self.house.unit_of_work() as db:
            yield db
        self.receipts.extend(db.receipts)

    def glance(self) -> AbstractContextManager[Work]:
        """A unit of work that only looks at what needs no trace."""
        return self.house.glance()


async def door(request: Request) -> Door:
    """The door of this request; made on the event loop, because it waits for nothing."""
    state = request.app.state
    receipts: list[str] = []
    request.state.receipts = receipts
    return Door(state.house, state.settings, state.pools, language(request), receipts)


async def token(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> str:
    """The bearer token of this request.

    Raises:
        NotSignedIn: there is none.
    """
    if credentials is None:
        raise NotSignedIn
    return credentials.credentials


AtDoor = Annotated[Door, Depends(door)]
Token = Annotated[str, Depends(token)]


class StaffWith(Gate):
    """Lets in signed-in staff whose roles hold one of the acts somewhere; with none named, all staff."""

    def __init__(self, *acts: str) -> None:
        self.acts = acts
        self.who = f"staff: {', '.join(acts)}" if acts else "staff"

    def __call__(self, at: AtDoor, token: Token) -> StaffActor:
        """The person, or a refusal."""
        with at.glance() as db:
            visit = signin.visit(db, token)
        if visit.stale:
            with at.house.unit_of_work() as db:
                signin.keep_alive(db, token)
        if self.acts:
            access.demand(visit.actor, *self.acts)
        return visit.actor


Matter = Annotated[
    int,
    Query(
        ge=0,
        le=check_ins.MOST,
        description="0 for the report itself; 1 and on for what came of it, such as retaliation.",
    ),
]


class ReporterSession(Gate):
    """Lets in who showed a receipt.

    Args:
        renewed: refuse a receipt that a desk handed over and that its owner has not renewed yet.
    """

    def __init__(self, *, renewed: bool = True) -> None:
        self.renewed = renewed
        self.who = "reporter" if renewed else "reporter, also with a handed-over receipt"

    def __call__(self, at: AtDoor, token: Token, matter: Matter = 0) -> ReporterActor:
        """The reporter, or a refusal."""
        with at.glance() as db:
            reporter = intake.visit(db, token)
            if matter:
                reporter = check_ins.matter(db, reporter, matter)
        if self.renewed:
            intake.demand_renewed(reporter)
        return reporter


AnyStaff = Annotated[StaffActor, Depends(StaffWith())]
Reporter = Annotated[ReporterActor, Depends(ReporterSession())]


async def in_thread(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run what waits for a database in one of the worker's threads."""
    return await to_thread.run_sync(function, *args)
