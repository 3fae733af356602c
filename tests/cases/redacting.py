"""Deleting what is not relevant, for tests of it: things of each kind, and how two people delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from cases import evidence, pairs
from cases.errors import (
    Unacceptable,
)
from cases.evidence import Described
from cases.models.case import (
    Record,
)
from cases.reading import casefile
from cases.sealing.hierarchy import StaffKeys
from tests.cases.writing import keep_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cases.walks import Life


HEALTH = "Vermilion diagnosis of a passer-by"
"""What nobody needs, and what stands nowhere else."""


def propose(life: Life, record: UUID, who: str = "manager") -> UUID:
    by = life.cast[who]
    with life.small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        life._declare(db, case, by, keys)
        return pairs.redact(db, case, record, "a stranger's health", by=by, keys=keys).id


def redact(life: Life, record: UUID, first: str = "manager", second: str = "head") -> None:
    life.confirm(second, propose(life, record, first))


def why_not(life: Life, record: UUID, who: str = "manager") -> str:
    """The code with which a deletion is refused."""
    with pytest.raises(Unacceptable) as refused:
        propose(life, record, who)
    [(pointer, code)] = refused.value.problems
    assert pointer == "/record"
    return code


def parts(life: Life, who: str = "manager", *wanted: str) -> dict[str, Any]:
    with life.small.work() as db:
        by = life.cast[who]
        found = casefile.read(
            db, life.reference, by=by, language="en", wanted=wanted or casefile.PARTS
        )
        return dict(found.parts)


def versions(life: Life, record: UUID) -> list[Record]:
    with life.small.look() as db:
        rows = db.exec(select(Record).where(Record.id == record).order_by(col(Record.version)))
        return list(rows)


def message_of(life: Life, text: str) -> UUID:
    """A message of the reporter, by its id."""
    life.answer(text)
    [thread] = parts(life, "manager", "threads")["threads"]
    return next(UUID(str(one["id"])) for one in thread["messages"] if one["body"] == text)


def file_of_reporter(life: Life, content: bytes, client: UUID | None = None) -> UUID:
    client = client or uuid4()
    with life.small.work() as db:
        by = life.reporter(db)
    with life.small.look() as db:
        place = evidence.place_for_reporter(db, by, client, most=10)
    with evidence.sealer(life.small.house, place) as into:
        into.update(content)
        sealed = into.finish()
    with life.small.work() as db:
        about = Described(name=f"{HEALTH}.jpg", media_type="image/jpeg")
        evidence.keep_for_reporter(db, by, place, sealed, about)
    return client


def a_thing(life: Life, kind: str) -> UUID:
    """Something of each kind that can be deleted, and that holds what nobody needs."""
    made: dict[str, Callable[[], UUID]] = {
        "note": lambda: life.write("manager", "note", text=HEALTH),
        "person": lambda: life.write("manager", "person", role="witness", name=HEALTH),
        "item": lambda: life.write("manager", "item", title=HEALTH, source_type="physical"),
        "interview": lambda: life.write("manager", "interview", capacity="witness", record=HEALTH),
        "message": lambda: message_of(life, HEALTH),
        "file of the reporter": lambda: file_of_reporter(life, HEALTH.encode()),
        "file": lambda: keep_file(life, content=HEALTH.encode()),
    }
    return made[kind]()


KINDS = ("note", "person", "item", "interview", "message", "file of the reporter", "file")
