"""Nothing is written into a case that is only kept, nor by somebody who may no longer write into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlmodel import select

from api.v1 import uploads
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.models.case import Attachment, Case, Declaration, DeclarationStatus
from tests.api.asking import FILE, problem

if TYPE_CHECKING:
    from tests.life import Life
    from tests.world import World

pytestmark = pytest.mark.one_database


@pytest.fixture
def life(world: World) -> Life:
    world.pass_over()
    life: Life = world.life().acknowledged().triaged()
    return life


def sent_anything(life: Life) -> list[str]:
    """What becomes of a message and of files to a case and to its author."""
    caller = life.who("manager")
    report = {"report": life.things["report"]}
    file = life.path("attachments", str(uuid4()))
    return [
        problem(caller.post(life.path("messages"), {"body": "One more question."} | report)),
        problem(caller.put(file, b"x", headers=FILE)),
        problem(caller.put(file, b"x", headers=FILE, params=report)),
    ]


@pytest.mark.parametrize("state", ["merged", "archived", "purged"])
def test_a_case_that_is_only_kept_takes_no_message_and_no_file(
    world: World, life: Life, state: str
) -> None:
    life.things["report"] = life.read("manager", "reports")["reports"][0]["id"]
    assert sent_anything(life) == ["", "", ""]
    with world.house.unit_of_work() as db:
        case = db.exec(select(Case).where(Case.reference == life.reference)).one()
        case.state = state
        log.emit(db, "case.status", by=THE_SERVICE, case=case)
    assert sent_anything(life) == ["not-allowed"] * 3


def test_what_was_allowed_when_a_file_began_is_asked_again_when_it_has_come(
    world: World, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.declare("manager")
    stream, blobs = uploads._stream, set(world.house.blobs.names())

    async def slowly(*given: Any) -> Any:  # noqa: ANN401 -- as the function it stands for
        sealed = await stream(*given)
        with world.house.unit_of_work() as db:
            for row in db.exec(
                select(Declaration).join(Case).where(Case.reference == life.reference)
            ):
                row.status = DeclarationStatus.VOID
            log.emit(db, "case.declared", by=THE_SERVICE)
        return sealed

    monkeypatch.setattr(uploads, "_stream", slowly)
    path = life.path("attachments", str(uuid4()))
    answer = life.who("manager").put(path, b"x", headers=FILE)
    assert problem(answer) == "declaration-needed"
    with world.house.glance() as db:
        kept = db.exec(select(Attachment).join(Case).where(Case.reference == life.reference)).all()
    assert kept == []
    assert set(world.house.blobs.names()) == blobs
