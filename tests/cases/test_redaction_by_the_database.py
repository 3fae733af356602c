"""Emptying a record is the one change its database lets pass, on either kind of database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, update

from cases import evidence
from cases.models.case import Record
from tests.cases.redacting import HEALTH, redact, versions
from tests.cases.walks import Life, a_life
from tests.cases.writing import keep_file

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from tests.cases.builders import SmallHouse


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small).after(in_triage)


def in_triage(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")


def overwrite(life: Life, record: UUID, **values: Any) -> None:  # noqa: ANN401 -- of columns
    """What somebody who holds the database would write."""
    with life.small.house.engine.begin() as connection:
        connection.execute(update(Record).where(col(Record.id) == record).values(**values))


def state(life: Life, record: UUID) -> list[tuple[bytes, bytes, date | None]]:
    return [(row.env, row.content, row.redacted_on) for row in versions(life, record)]


def test_two_people_empty_every_version_and_the_file_and_keep_the_commitments(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    life.change("manager", "note", note, text=f"{HEALTH}, again")
    other = life.write("manager", "note", text="what is relevant")
    file = keep_file(life, content=HEALTH.encode())
    with life.small.look() as db:
        kept = evidence.find(db, life.case(), file)
    assert kept is not None
    before, apart = state(life, note), state(life, other)
    redact(life, note)
    redact(life, file)
    today = life.small.house.today()
    assert state(life, note) == [(b"", content, today) for _, content, _ in before]
    assert [(env, day) for env, _, day in state(life, kept.record_id)] == [(b"", today)]
    assert state(life, other) == apart
    with life.small.look() as db:
        assert evidence.find(db, life.case(), file) is None


@pytest.mark.parametrize("already", [False, True])
def test_nothing_else_is_written_over_a_record(life: Life, *, already: bool) -> None:
    note = life.write("manager", "note", text=HEALTH)
    today = life.small.house.today()
    if already:
        redact(life, note)
    before = state(life, note)
    changes: list[dict[str, Any]] = [
        {"env": b"something else"},
        {"env": b"something else", "redacted_on": today},
        {"env": b""},
        {"redacted_on": None, "env": b"what it was"},
        {"env": b"", "redacted_on": today, "content": b"another commitment"},
        {"deleted": True},
    ]
    if already:
        changes.append({"redacted_on": today, "env": b""})
    for values in changes:
        with pytest.raises(IntegrityError):
            overwrite(life, note, **values)
    assert state(life, note) == before
