"""What tests of the trail's doors ask again and again."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from sqlmodel import select

from cases.actors import THE_SERVICE
from cases.audit import log, memory, note, storage
from cases.models.case import Case
from cases.models.trail import AuditBody
from tests.world import said

if TYPE_CHECKING:
    from cases.audit.events import Body
    from tests.world import Caller, World

MOST = 200


def b64(text: str) -> bytes:
    """Bytes from base64."""
    return base64.b64decode(text, validate=True)


def grow(world: World, by: int) -> None:
    """Let so many events happen, and let the sequencer take its turn."""
    with world.house.unit_of_work() as db:
        for _ in range(by):
            log.emit(db, "config.changed", by=THE_SERVICE)
    world.sequencing.turn()


def whole_log(caller: Caller, query: str = "") -> tuple[list[dict[str, Any]], bool]:
    """Every event from the first to the last there was when it began, and whether some were withheld."""
    items: list[dict[str, Any]] = []
    after, partial = -1, False
    while True:
        page = said(caller.get(f"/v1/audit/events?limit={MOST}&after={after}{query}"), 200)
        items += page["items"]
        partial |= page["partial"]
        if page["next"] is None:
            return items, partial
        after = page["next"]


def shown(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bodies that are shown, as JSON."""
    return [json.loads(b64(item["body"])) for item in items if item["body"] is not None]


def told(world: World) -> list[Body]:
    """Every event there is, opened, in no order."""
    with world.house.glance() as db:
        rows = db.exec(select(AuditBody)).all()
        return [log.open_body(db.house.keyring, row, b"").body for row in rows]


def of_case(world: World, reference: str) -> tuple[str, list[str]]:
    """The id of a case, and those of its events that are in the log, in its order."""
    with world.house.glance() as db:
        case = db.exec(select(Case).where(Case.reference == reference)).one()
        ids = [one.body.id for one in log.told_of(db, case.id)]
        placed = [(storage.index_of(db, one), str(one)) for one in ids]
    return str(case.id), [one for index, one in sorted(placed, key=str) if index is not None]


def sizes(world: World) -> list[int]:
    """The sizes of all checkpoints, smallest first."""
    with world.house.glance() as db:
        return [one.size for one in storage.checkpoints(db) if one.size]


def vkey(world: World) -> str:
    """The key that checkpoints are verified with, as auditors are given it."""
    return note.vkey(memory.key_of(world.settings.log_keys).verifier)
