"""No change without a trace: what nobody recorded is not committed."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, update
from sqlmodel import SQLModel, select

from cases.database import House, Untraced, Work, connect, unit_of_work
from cases.models.case import Report, ServiceMessage
from tests.migrations import seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases import Backend

TABLE = SQLModel.metadata.tables["service_message"]
DAY = date(2026, 11, 2)


@pytest.fixture
def house(backend: Backend) -> Iterator[House]:
    """As much of a house as a unit of work needs, with two rows in every table."""
    engine = connect(backend.main_url)
    with engine.begin() as connection:
        seed.sow(connection)
    yield cast("House", SimpleNamespace(engine=engine, publish_receipt=print))
    engine.dispose()


def _text(db: Work) -> ServiceMessage:
    return db.exec(select(ServiceMessage)).first() or pytest.fail("no row to change")


def _insert(db: Work) -> None:
    report = db.exec(select(Report.id)).first()
    assert report
    db.add(ServiceMessage(report_id=report, code="acknowledged", sent_on=DAY, n=1))


def _change(db: Work) -> None:
    _text(db).code = "closed"


def _delete(db: Work) -> None:
    db.delete(_text(db))


def _update_many(db: Work) -> None:
    db.execute(update(ServiceMessage).values(code="closed"))


def _delete_many(db: Work) -> None:
    db.execute(delete(ServiceMessage))


def _update_by_table(db: Work) -> None:
    db.execute(update(TABLE).values(code="closed"))


def _insert_by_table(db: Work) -> None:
    report = db.exec(select(Report.id)).first()
    row = {"id": uuid4(), "report_id": report, "code": "closed", "sent_on": DAY, "n": 1}
    db.execute(insert(TABLE).values(**row))


CHANGES = [
    _insert,
    _change,
    _delete,
    _update_many,
    _delete_many,
    _update_by_table,
    _insert_by_table,
]


def _look(db: Work) -> None:
    _text(db)


def _assign_the_same(db: Work) -> None:
    text = _text(db)
    text.code = str(text.code)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_without_a_trace_is_refused(house: House, change: Callable[[Work], None]) -> None:
    with unit_of_work(house) as db:
        before = [row.model_dump() for row in db.exec(select(ServiceMessage))]
    with pytest.raises(Untraced), unit_of_work(house) as db:
        change(db)
    with unit_of_work(house) as db:
        assert [row.model_dump() for row in db.exec(select(ServiceMessage))] == before


@pytest.mark.parametrize("change", [_insert, _change, _update_many, _update_by_table])
def test_a_change_with_a_trace_is_kept(house: House, change: Callable[[Work], None]) -> None:
    with unit_of_work(house) as db:
        before = [row.model_dump() for row in db.exec(select(ServiceMessage))]
    with unit_of_work(house) as db:
        change(db)
        db.info["traced"] = True  # what `audit.log.emit` leaves behind
    with unit_of_work(house) as db:
        assert [row.model_dump() for row in db.exec(select(ServiceMessage))] != before


@pytest.mark.parametrize("look", [_look, _assign_the_same])
def test_what_changes_nothing_needs_no_trace(house: House, look: Callable[[Work], None]) -> None:
    with unit_of_work(house) as db:
        look(db)


def test_one_trace_does_not_cover_the_next_unit_of_work(house: House) -> None:
    with unit_of_work(house) as db:
        db.info["traced"] = True
    with pytest.raises(Untraced), unit_of_work(house) as db:
        _change(db)
