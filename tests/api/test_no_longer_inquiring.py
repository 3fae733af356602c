"""Through the doors: who is moved or states a tie inquires no more; who moves people learns nothing."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

import pytest
from fastapi import FastAPI

from api import errors, middleware
from api.deps import Pools
from api.limits import Pool
from api.settings import for_directory
from api.v1 import administration, interests
from cases import assignments
from cases.models.people import Staff
from tests.api.small import TELEMETRY
from tests.cases.builders import a_house
from tests.cases.walks import Life, a_life
from tests.inprocess import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from httpx2 import Response

    from cases.database import Work
    from tests.databases import Backend

pytestmark = pytest.mark.one_database


class Doors:
    """The doors of the administration, around a case that is inquired into."""

    def __init__(self, backend: Backend, life: Life) -> None:
        self.life = life
        app = FastAPI(telemetry=TELEMETRY, openapi_url=None)
        for router in (administration.router, interests.router):
            app.include_router(router)
        errors.install(app)
        app.add_middleware(middleware.Headers)
        app.state.house, app.state.settings = life.small.house, for_directory(backend.directory)
        app.state.pools = Pools(reporters=Pool(), staff=Pool())
        self.app = app

    def as_(self, who: str) -> Client:
        """A client with a session of somebody of the cast."""
        token = self.life.small.token(self.life.cast[who])
        return Client(self.app, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def doors(backend: Backend) -> Iterator[Doors]:
    with closing(a_house(backend)) as house:
        life = a_life(house).investigated()
        life.cast["admin"] = house.person("system_admin")
        yield Doors(backend, life)


def receipts(answer: Response) -> int:
    assert answer.status_code == 200, answer.text
    return len(answer.headers.get_list("x-audit-receipt"))


def test_who_is_moved_inquires_no_more_and_whoever_moves_them_learns_of_no_case(
    doors: Doors,
) -> None:
    admin, life = doors.as_("admin"), doors.life
    post = {"office": str(life.small.offices["PORT"])}
    of_nobody = admin.patch(f"/v1/staff/{life.cast['manager2'].id}", json=post)
    of_the_lead = admin.patch(f"/v1/staff/{life.cast['lead'].id}", json=post)
    assert receipts(of_nobody) == receipts(of_the_lead) > 0
    assert not life.sees("lead")
    assert not life.opens("lead")
    assert life.opens("investigator")


def test_nobody_is_moved_whose_inquiries_cannot_be_ended(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = doors.life

    def dies(db: Work, staff: UUID) -> NoReturn:
        assert db.get_one(Staff, staff).office == life.small.offices["PORT"]
        raise RuntimeError

    monkeypatch.setattr(assignments, "moved", dies)
    staff = life.cast["lead"].id
    with life.small.look() as db:
        before = db.get_one(Staff, staff).office
    with pytest.raises(RuntimeError):
        doors.as_("admin").patch(
            f"/v1/staff/{staff}", json={"office": str(life.small.offices["PORT"])}
        )
    with life.small.look() as db:
        assert db.get_one(Staff, staff).office == before


def test_who_states_a_tie_with_somebody_named_inquires_no_more(doors: Doors) -> None:
    life = doors.life
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    line = {"kind": "tie", "name": "Moussa Diarra", "since": "2020-01-01"}
    answer = doors.as_("investigator").post("/v1/me/interests", json=line)
    assert answer.status_code == 201, answer.text
    assert not life.sees("investigator")
    assert life.opens("lead")
