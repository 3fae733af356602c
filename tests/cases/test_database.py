"""Units of work: all or nothing, traced, and never a wedge."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import Connection, delete, event, inspect, update
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import load_only
from sqlmodel import col, func, select

from cases import database
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.database import OnlyLooking, Untraced, Work, connect, unit_of_work
from cases.models.case import CaseStep, SubjectMatch
from cases.models.people import Deployment, Office, SignIn
from cases.models.trail import AuditEvent
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from tests.databases import Backend


def events(small: SmallHouse) -> int:
    with small.look() as db:
        return db.exec(select(func.count()).select_from(AuditEvent)).one()


def an_office(code: str = "NEW") -> Office:
    return Office(code=code, name="New", kind="post")


def offices(small: SmallHouse) -> set[str]:
    with small.look() as db:
        return {office.code for office in db.exec(select(Office))}


def test_receipts_are_printed_after_the_commit_and_only_then(small: SmallHouse) -> None:
    small.printed.clear()
    with small.work() as db:
        log.emit(db, "config.changed", by=THE_SERVICE)
        assert small.printed == []
        receipts = list(db.receipts)
    assert small.printed == [f'{{"audit_receipt":"{one}"}}' for one in receipts]
    assert len(receipts) == 1


def test_what_is_rolled_back_leaves_neither_rows_nor_receipts(small: SmallHouse) -> None:
    small.printed.clear()
    before, done = events(small), []

    def fail() -> None:
        with small.work() as db:
            db.add(an_office())
            log.emit(db, "config.changed", by=THE_SERVICE)
            db.after.append(lambda: done.append("after"))
            db.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert events(small) == before
    assert offices(small) == {"HQ", "PORT"}
    assert small.printed == done == []


def test_what_comes_after_is_done_once_the_commit_stands(small: SmallHouse) -> None:
    seen = []
    with small.work() as db:
        log.emit(db, "config.changed", by=THE_SERVICE)
        db.after.append(lambda: seen.append(events(small)))
        before = db.exec(select(func.count()).select_from(AuditEvent)).one()
    assert seen == [before]


def test_a_receipt_that_cannot_be_printed_undoes_nothing(small: SmallHouse) -> None:
    def broken(_line: str) -> None:
        raise BrokenPipeError

    done: list[str] = []
    with unit_of_work(replace(small.house, publish_receipt=broken)) as db:
        db.add(an_office())
        log.emit(db, "config.changed", by=THE_SERVICE)
        db.after.append(lambda: done.append("after"))
    assert "NEW" in offices(small)
    assert done == ["after"]


@pytest.mark.parametrize(
    "method", ["bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"]
)
def test_the_older_bulk_methods_are_not_to_be_had(small: SmallHouse, method: str) -> None:
    with small.look() as db, pytest.raises(Untraced):
        getattr(db, method)(Office, [])


def test_a_change_hidden_behind_an_earlier_flush_is_still_seen(small: SmallHouse) -> None:
    def change() -> None:
        with small.work() as db:
            db.add(an_office())
            db.flush()
            db.expunge_all()

    with pytest.raises(Untraced):
        change()


def test_a_row_put_at_once_needs_its_trace_too(small: SmallHouse) -> None:
    def put() -> None:
        with small.work() as db:
            today = small.house.today()
            db.put(CaseStep, id=uuid4(), case_id=uuid4(), n=1, state="received", entered_on=today)

    with pytest.raises(Untraced):
        put()


def test_rows_made_elsewhere_are_put_as_they_are_and_need_their_trace_too(
    small: SmallHouse,
) -> None:
    made = [SubjectMatch(case_id=uuid4(), token=bytes([n]) * 16) for n in range(2)]
    with pytest.raises(Untraced), small.work() as db:
        db.put_rows(made)
    with small.look() as db, pytest.raises(OnlyLooking):
        db.put_rows(made)
    with small.work() as db:
        db.put_rows(made)
        found = db.exec(select(SubjectMatch).order_by(col(SubjectMatch.token))).all()
        assert [(one.case_id, one.token) for one in found] == [
            (one.case_id, one.token) for one in made
        ]
        assert not any(one in db for one in made)
        db.rollback()


def test_a_row_that_says_who_may_do_what_is_never_put_past_its_mac(small: SmallHouse) -> None:
    with small.work() as db, pytest.raises(TypeError):
        db.put(Office, code="NEW", name="New", kind="post")


def test_a_row_is_found_by_its_key_as_the_session_finds_it(small: SmallHouse) -> None:
    key = small.offices["PORT"]
    with small.look() as db:
        found = db.get_one(Office, key)
        assert db.get(Office, key) is found
        assert db.get(Office, (key,)) is found
        assert db.get(Office, key, populate_existing=True) is found
        assert db.get(Office, uuid4()) is None
        with pytest.raises(NoResultFound):
            db.get_one(Office, uuid4())


def test_who_asks_for_a_row_in_some_way_gets_it_in_that_way(small: SmallHouse) -> None:
    with small.look() as db:
        key = db.exec(select(AuditEvent.event_id)).first()
        part = load_only(cast("Any", AuditEvent.leaf))
        found = db.get_one(AuditEvent, key, options=[part])
        assert "mac" in inspect(found).unloaded


def test_what_was_added_and_not_yet_written_is_found_by_its_key(small: SmallHouse) -> None:
    with small.work() as db:
        made = an_office()
        db.add(made)
        assert db.get(Office, made.id) is made
        db.delete(made)
        db.flush()
        assert db.get(Office, made.id) is None
        log.emit(db, "config.changed", by=THE_SERVICE)


def test_rows_without_a_need_for_a_trace_may_change_alone(small: SmallHouse) -> None:
    with small.work() as db:
        db.add(SignIn(id=b"x" * 16, owner=b"o", root_ver=1, env=b"e", expires=3_600))
    with small.work() as db:
        db.exec(delete(SignIn).where(col(SignIn.id) == b"x" * 16))


def _add(db: Work) -> None:
    db.add(SignIn(id=b"x" * 16, owner=b"o", root_ver=1, env=b"e", expires=3_600))


def _put(db: Work) -> None:
    db.put(SignIn, id=b"x" * 16, owner=b"o", root_ver=1, env=b"e", expires=3_600)


def _change(db: Work) -> None:
    db.exec(select(Deployment)).one().name = "Another"


def _delete(db: Work) -> None:
    db.delete(db.exec(select(Office).where(Office.code == "PORT")).one())


def _many(db: Work) -> None:
    db.exec(update(SignIn).values(owner=b"z"))


@pytest.mark.parametrize("write", [_add, _put, _change, _delete, _many])
def test_who_only_looks_writes_nothing(small: SmallHouse, write: Callable[[Work], None]) -> None:
    with pytest.raises(OnlyLooking), small.look() as db:
        write(db)


def test_who_only_looks_may_assign_what_stands_already(small: SmallHouse) -> None:
    with small.look() as db:
        row = db.exec(select(Deployment)).one()
        row.name = str(row.name)


def test_every_unit_of_work_has_a_number_of_its_own(small: SmallHouse) -> None:
    numbers = []
    for _ in range(50):
        with small.look() as db:
            numbers.append(db.ticket)
    assert numbers == sorted(set(numbers))


def test_sqlite_takes_the_writers_lock_at_once_and_a_glance_takes_none(small: SmallHouse) -> None:
    if small.house.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no single writer's lock")
    said: list[str] = []

    def listen(_c: Connection, _k: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(small.house.engine, "before_cursor_execute", listen)
    for begun in (small.work(), small.look()):
        with begun as db:
            db.exec(select(Deployment)).one()
    assert [one for one in said if one.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_sqlite_connections_are_set_up_so_that_nothing_is_lost_or_left(small: SmallHouse) -> None:
    if small.house.engine.dialect.name != "sqlite":
        pytest.skip("these are SQLite's")
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "secure_delete": 1,
        "temp_store": 2,
        "trusted_schema": 0,
    }
    with small.house.engine.connect() as connection:
        raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        assert {name: raw.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted


def test_a_failing_statement_says_nothing_of_its_values(small: SmallHouse) -> None:
    def change() -> None:
        with small.work() as db:
            db.add(an_office("HQ"))
            log.emit(db, "config.changed", by=THE_SERVICE)

    with pytest.raises(IntegrityError) as failed:
        change()
    assert "New" not in str(failed.value)


def test_a_hundred_at_once_do_not_wedge_a_pool_of_two(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 60)  # other tests share the two cores
    small = a_house(backend)
    engine = connect(backend.main_url, pool_size=2)
    house = replace(small.house, engine=engine)
    before = events(small)
    together = threading.Barrier(20)

    def work(n: int) -> None:
        if n < 20:
            together.wait(10)
        with unit_of_work(house) as db:
            log.emit(db, "config.changed", by=THE_SERVICE)
            db.exec(select(Deployment)).one()

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(work, range(100)))
    assert events(small) == before + 100
    engine.dispose()
    small.close()


def test_the_houses_time_is_whole_seconds_and_its_day_is_where_it_is(small: SmallHouse) -> None:
    small.clock.now = small.clock.now.replace(microsecond=123_456)
    assert small.house.now().microsecond == 0
    with small.house.unit_of_work() as db, small.house.glance() as other:
        assert db.house is other.house is small.house
    assert small.house.today().isoformat() == "2026-03-02"
