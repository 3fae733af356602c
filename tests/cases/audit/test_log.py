"""The choke point of the trail: leaves, numbers, lanes, and what its tables refuse."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from cases.actors import THE_SERVICE
from cases.audit import events, log
from cases.audit.events import Details, Object
from cases.errors import EnvelopeInvalid
from cases.models.case import Case
from cases.models.people import Deployment
from cases.models.trail import AuditBody, AuditCheckpoint, AuditEvent, AuditPending, Lane
from cases.permits import ReadPermit
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life, deliver

if TYPE_CHECKING:
    from cases.actors import Actor
    from tests.databases import Backend


def rows_of_the_last(small: SmallHouse) -> tuple[AuditEvent, AuditBody, AuditPending]:
    """What one event leaves behind; every test that asks has written it itself."""
    with small.work() as db:
        log.emit(db, "config.changed", by=THE_SERVICE, d=Details(n=7))
        event_id = db.info["event_id"]
    with small.look() as db:
        return (
            db.get_one(AuditEvent, event_id),
            db.get_one(AuditBody, event_id),
            db.get_one(AuditPending, event_id),
        )


def test_a_leaf_commits_to_the_body_and_carries_the_writers_mac(small: SmallHouse) -> None:
    leaf, body, _ = rows_of_the_last(small)
    told = log.open_body(small.house.keyring, body, leaf.leaf)
    commitment = hashlib.sha256(b"tribune/v1/audit/body\0" + told.salt + told.raw).digest()
    assert leaf.leaf == b"\x01" + leaf.event_id.bytes + commitment
    assert len(leaf.leaf) == 49
    assert leaf.leaf_hash == hashlib.sha256(b"\x00" + leaf.leaf).digest()
    key = small.house.keyring.key("writer-mac")
    assert leaf.mac == hmac.digest(key, b"tribune/v1/audit/mac\0" + leaf.leaf, "sha256")
    assert events.canonical(told.body) == told.raw
    assert json.loads(told.raw)["d"] == {"n": 7}
    assert small.printed[-1] == json.dumps(
        {"audit_receipt": leaf.leaf_hash.hex()}, separators=(",", ":")
    )


def test_equal_events_never_share_a_leaf_and_their_bodies_look_alike(small: SmallHouse) -> None:
    (one, body, _), (two, other, _) = rows_of_the_last(small), rows_of_the_last(small)
    assert one.leaf[17:] != two.leaf[17:]
    assert len(body.ct) == len(other.ct)
    assert body.ct != other.ct


def test_a_body_moved_to_another_event_or_changed_does_not_open(small: SmallHouse) -> None:
    (leaf, body, _), (_, other, _) = rows_of_the_last(small), rows_of_the_last(small)
    keyring = small.house.keyring
    moved = AuditBody(**{**body.model_dump(), "ct": other.ct})
    flipped = AuditBody(**{**body.model_dump(), "ct": body.ct[:-1] + bytes([body.ct[-1] ^ 1])})
    for wrong in (moved, flipped):
        with pytest.raises(EnvelopeInvalid):
            log.open_body(keyring, wrong, leaf.leaf)


def test_tags_find_the_events_of_a_case_and_tell_nothing_where_there_is_none(
    small: SmallHouse,
) -> None:
    life = a_life(small)
    keyring, manager = small.house.keyring, small.person("case_manager")
    with small.work() as db:
        case = db.get_one(Case, life.case)
        log.emit(db, "case.read", by=manager, case=case)
    with small.look() as db:
        tag = log.tag(keyring, "actor", manager.id)
        found = db.exec(select(AuditBody).where(AuditBody.actor_tag == tag)).all()
        assert [row.case_tag for row in found] == [log.tag(keyring, "case", life.case)]
        kinds = [one.body.kind for one in log.told_of(db, life.case)]
        assert kinds == ["case.submitted", "case.status", "case.read"]
        every = db.exec(select(AuditBody)).all()
    assert {len(row.case_tag) for row in every} == {16}
    nameless = [row.actor_tag for row in every if row.actor_tag != tag]
    assert len(set(nameless)) == len(nameless)


def test_every_event_waits_with_its_moment_or_a_reporters_without(small: SmallHouse) -> None:
    *_, pending = rows_of_the_last(small)
    assert pending.lane == 0
    assert pending.enqueued_at == small.house.now()
    life = a_life(small)
    with small.work() as db:
        case = db.get_one(Case, life.case)
        log.emit(db, "message.sent", by=life.reporter, case=case, lane=log.LANE_REPORTER)
        event_id = db.info["event_id"]
        receipts = list(db.receipts)
    with small.look() as db:
        assert db.get_one(AuditPending, event_id).enqueued_at is None
        assert db.get_one(AuditEvent, event_id).lane == 1
    assert receipts == []


def test_what_a_reporter_does_is_dated_by_its_day_and_has_no_number(small: SmallHouse) -> None:
    life, desk = a_life(small), small.person("intake_officer")
    with small.work() as db:
        case = db.get_one(Case, life.case)
        before = case.seq
        acts: list[tuple[Actor, Lane]] = [
            (life.reporter, Lane.TICK),
            (life.reporter, Lane.AT_ONCE),
            (desk, Lane.TICK),
        ]
        for by, lane in acts:
            log.emit(db, "message.sent", by=by, case=case, lane=lane)
        assert case.seq == before
    with small.look() as db:
        told = [one.body for one in log.told_of(db, life.case) if one.body.kind == "message.sent"]
    assert {body.at for body in told} == {"2026-03-02"}
    assert {body.seq for body in told} == {None}
    assert {(body.actor.t, body.actor.id) for body in told} == {
        ("reporter", None),
        ("staff", desk.id),
    }


def test_an_undelivered_case_has_no_numbers(backend: Backend) -> None:
    small = a_house(backend, tick=timedelta(hours=1))
    life = a_life(small)
    with small.work() as db:
        case = db.get_one(Case, life.case)
        log.emit(db, "record.created", by=THE_SERVICE, case=case)
        assert (case.seq, case.delivered) == (0, False)
    deliver(small)
    with small.look() as db:
        assert db.get_one(Case, life.case).seq == 1
    small.close()


def test_staff_see_the_newest_checkpoint_and_reporters_that_of_the_day_before(
    small: SmallHouse,
) -> None:
    # The administration is where days begin at UTC midnight; the clock says 2 March, 9:30.
    with small.work() as db:
        for size, at in (
            (10, datetime(2026, 3, 1, 23, 59, tzinfo=UTC)),
            (20, datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
            (30, datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ):
            db.add(AuditCheckpoint(size=size, root=b"", note="", created_at=at))
    life = a_life(small)
    with small.work() as db:
        log.emit(db, "case.read", by=THE_SERVICE, case=db.get_one(Case, life.case))
    with small.look() as db:
        seen = {one.body.kind: one.body.seen for one in log.told_of(db, life.case)}
    assert seen == {"case.submitted": 10, "case.status": 30, "case.read": 30}


def test_two_hundred_cases_fit_into_one_list_event_and_more_into_two(small: SmallHouse) -> None:
    who = small.person("case_manager")
    ids = [uuid4() for _ in range(450)]
    with small.work() as db:
        permit = log.emit_list(
            db, ids, by=who, d=Details(filters=list(events.Details.model_fields), action="-due")
        )
        assert all(permit.covers(db.ticket, one) for one in ids)
    with small.look() as db:
        tag = log.tag(small.house.keyring, "actor", who.id)
        rows = db.exec(
            select(AuditBody, AuditEvent.leaf)
            .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
            .where(AuditBody.actor_tag == tag)
        ).all()
        told = [log.open_body(small.house.keyring, row, leaf) for row, leaf in rows]
    assert sorted(len(one.body.obj) for one in told) == [50, 200, 200]
    assert max(len(one.raw) for one in told) <= events.BODY_BYTES


def test_an_empty_page_is_a_look_as_well(small: SmallHouse) -> None:
    who = small.person("case_manager")
    with small.work() as db:
        log.emit_list(db, [], by=who, d=Details())
        assert len(db.receipts) == 1


def test_more_objects_than_a_body_holds_are_several_events_in_one_transaction(
    small: SmallHouse,
) -> None:
    life, held = a_life(small), uuid4()
    things = [Object(t="attachment", id=uuid4(), ver=2**52, c="f" * 64) for _ in range(130)]
    with small.work() as db:
        case = db.get_one(Case, life.case)
        log.emit(
            db,
            "record.created",
            by=THE_SERVICE,
            case=case,
            obj=things,
            d=Details(reason="a" * 64, staff=uuid4(), fields=["b" * 64] * 10),
            event_id=held,
        )
        assert case.seq == 1 + 4
    with small.look() as db:
        told = [one for one in log.told_of(db, life.case) if one.body.kind == "record.created"]
        waiting = db.exec(select(AuditPending).where(AuditPending.event_id == held)).all()
    named = [one.id for part in told for one in part.body.obj if isinstance(one, Object)]
    assert named == [one.id for one in things]
    assert [one.body.seq for one in told] == [2, 3, 4, 5]
    assert max(len(one.raw) for one in told) <= events.BODY_BYTES
    assert len(waiting) == 1


def test_a_body_that_is_too_long_undoes_the_whole_unit_of_work(small: SmallHouse) -> None:
    def change() -> None:
        with small.work() as db:
            db.exec(select(Deployment)).one().name = "Another"
            log.emit(db, "config.changed", by=THE_SERVICE, d=Details(fields=["a" * 64] * 200))

    with pytest.raises(ValueError, match="too long"):
        change()
    with small.look() as db:
        assert db.exec(select(Deployment)).one().name == "Customs of Testland"


def test_a_permit_names_what_was_asked_for_and_its_own_unit_of_work(small: SmallHouse) -> None:
    life, other = a_life(small), uuid4()
    with small.work() as db:
        permit = log.emit(
            db, "record.read", by=THE_SERVICE, case=db.get_one(Case, life.case), opens=[other]
        )
        assert permit.covers(db.ticket, life.case)
        assert permit.covers(db.ticket, other)
        assert not permit.covers(db.ticket, uuid4())
        assert not permit.covers(db.ticket + 1, life.case)
    with small.look() as db:
        own = log.reporter_permit(db, life.reporter, [life.case])
        assert own == ReadPermit(db.ticket, frozenset({life.case}))


def test_changes_of_a_case_are_numbered_without_gaps_by_writers_at_once(
    small: SmallHouse,
) -> None:
    life = a_life(small)
    start = threading.Barrier(4)

    def write(writer: int) -> None:
        start.wait(30)
        for n in range(6):
            with suppress(ZeroDivisionError), small.work() as db:
                # Nobody locked the row, and everybody has read it before.
                case = db.get_one(Case, life.case)
                log.emit(db, "record.created", by=THE_SERVICE, case=case)
                _ = 1 // abs(n % 3 - writer % 3)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with small.look() as db:
        told = [one.body.seq for one in log.told_of(db, life.case) if one.body.seq is not None]
        assert db.get_one(Case, life.case).seq == 1 + 4 * 4
    assert sorted(told) == list(range(1, 1 + 4 * 4 + 1))


def test_a_number_counted_twice_in_one_unit_of_work_is_counted_on(small: SmallHouse) -> None:
    life = a_life(small)
    small.clock.move(days=3)
    with small.work() as db:
        case = db.get_one(Case, life.case)
        for _ in range(3):
            log.emit(db, "record.created", by=THE_SERVICE, case=case)
        log.emit(db, "record.read", by=THE_SERVICE, case=case)
    with small.look() as db:
        case = db.get_one(Case, life.case)
        assert case.seq == 4
        assert case.updated_on == small.house.today()


def test_bodies_of_an_older_root_secret_still_open_and_are_found(small: SmallHouse) -> None:
    life = a_life(small)
    cast("dict[int, bytes]", small.house.keyring.roots)[2] = b"\x07" * 32
    with small.work() as db:
        log.emit(db, "case.read", by=THE_SERVICE, case=db.get_one(Case, life.case))
        kinds = [one.body.kind for one in log.told_of(db, life.case)]
    assert kinds == ["case.submitted", "case.status", "case.read"]


# What the tables refuse, whoever writes.

TRAIL = ("audit_event", "audit_body", "audit_leaf", "audit_hash", "audit_checkpoint")
ROWS = {
    "audit_leaf": "INSERT INTO audit_leaf SELECT 0, event_id FROM audit_event LIMIT 1",
    "audit_hash": "INSERT INTO audit_hash (level, idx, hash) VALUES (0, 0, '\\x00')",
    "audit_checkpoint": "INSERT INTO audit_checkpoint (size, root, note, created_at) "
    "VALUES (1, '\\x00', 'n', '2026-03-02 00:00:00')",
}
FIRST = {
    "audit_event": "leaf",
    "audit_body": "ct",
    "audit_leaf": "leaf_index",
    "audit_hash": "hash",
    "audit_checkpoint": "note",
    "record": "env",
}
KEYS = {
    "audit_event": "event_id",
    "audit_body": "event_id",
    "audit_leaf": "leaf_index",
    "audit_hash": "level, idx",
    "audit_checkpoint": "size",
    "record": "id, version",
}


def statements(table: str, kind: str) -> list[str]:
    """Every way to change a row of a table that only grows."""
    column = FIRST[table]
    upsert = f"ON CONFLICT ({KEYS[table]}) DO UPDATE SET {column} = excluded.{column}"
    found = [
        f"UPDATE {table} SET {column} = {column}",  # noqa: S608
        f"INSERT INTO {table} SELECT * FROM {table}",  # noqa: S608
    ]
    if table != "record":
        found.append(f"DELETE FROM {table}")  # noqa: S608
    if kind == "sqlite":
        return [
            *found,
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",  # noqa: S608
            f"UPDATE OR REPLACE {table} SET {column} = {column}",  # noqa: S608
            f"INSERT INTO {table} SELECT * FROM {table} WHERE true {upsert}",  # noqa: S608
        ]
    if table != "record":
        found.append(f"TRUNCATE {table} CASCADE")
    return [
        *found,
        f"INSERT INTO {table} SELECT * FROM {table} {upsert}",  # noqa: S608
    ]


def weakened(small: SmallHouse) -> list[str]:
    """What a hostile writer turns off first."""
    if small.house.engine.dialect.name == "sqlite":
        return ["PRAGMA recursive_triggers=OFF"]
    return ["SET session_replication_role = replica"]


@pytest.mark.parametrize("guards_off", [False, True], ids=["plain", "weakened"])
@pytest.mark.parametrize("table", [*TRAIL, "record"])
def test_rows_of_the_trail_are_neither_changed_nor_replaced_nor_taken_away(
    small: SmallHouse, table: str, *, guards_off: bool
) -> None:
    a_life(small)
    engine = small.house.engine
    with engine.begin() as connection:
        if table in ROWS:
            connection.exec_driver_sql(ROWS[table])
        before = connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    assert before
    for statement in statements(table, engine.dialect.name):
        with engine.connect() as connection:
            if guards_off:
                for off in weakened(small):
                    connection.exec_driver_sql(off)
            with pytest.raises(DBAPIError):
                connection.exec_driver_sql(statement)
            connection.rollback()
            connection.invalidate()  # what was turned off must not come back to the pool
    with engine.connect() as connection:
        after = connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    assert after == before


def test_a_record_may_be_marked_delivered_and_deleted_when_its_case_is_forgotten(
    small: SmallHouse,
) -> None:
    a_life(small)
    with small.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE record SET delivered = true, n = 9")
        connection.exec_driver_sql("DELETE FROM record")


@pytest.mark.parametrize("table", ["audit_event", "audit_body", "audit_pending"])
def test_when_the_trail_cannot_be_written_nothing_is(small: SmallHouse, table: str) -> None:
    life = a_life(small)
    small.printed.clear()
    with small.house.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO gone")

    def change() -> None:
        with small.work() as db:
            case = db.get_one(Case, life.case)
            case.priority = "P1"
            log.emit(db, "case.priority", by=THE_SERVICE, case=case)

    with pytest.raises(DBAPIError):
        change()
    with small.house.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE gone RENAME TO {table}")
    with small.look() as db:
        case = db.get_one(Case, life.case)
        assert (case.priority, case.seq) == ("unset", 1)
    assert small.printed == []


def test_an_event_about_the_house_is_found_by_its_word(small: SmallHouse) -> None:
    with small.work() as db:
        log.emit(db, "directory.changed", by=THE_SERVICE, about=log.DIRECTORY, d=Details(n=1))
    with small.look() as db:
        told = log.told_of(db, log.DIRECTORY)
        assert sorted(one.body.kind for one in told) == ["config.changed", "directory.changed"]
        assert log.told_of(db, UUID(int=0)) == []
