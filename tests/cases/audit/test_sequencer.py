"""The sequencer: what waits becomes leaves, what others slipped in does not, and the tree is signed."""

from __future__ import annotations

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import Session, col, delete, func, select

from cases.actors import THE_SERVICE
from cases.audit import leaf, log, note, sequencer, signer, storage, tree
from cases.audit.events import Body
from cases.audit.sequencer import ALIKE, HEARTBEAT, Integrated
from cases.audit.signer import RolledBack
from cases.database import connect
from cases.models.trail import (
    AuditBody,
    AuditCheckpoint,
    AuditEvent,
    AuditHash,
    AuditLeaf,
    AuditPending,
    AuditPublication,
    Lane,
)
from tests.cases.audit import naive
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cases.audit.signer import Signer
    from tests.databases import Backend, Databases

ORIGIN = "integrity.example/audit/1"


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    """A house without an event that waits."""
    with closing(a_house(backend)) as house:
        take(house)
        yield house


@pytest.fixture
def elsewhere(databases: Databases) -> Iterator[SmallHouse]:
    """One on PostgreSQL, where two can be at work at the same moment."""
    backend = databases.fresh("postgres")
    with closing(a_house(backend)) as house:
        yield house
    databases.discard(backend)


@pytest.fixture
def own(tmp_path: Path) -> Signer:
    """The signer of a new log."""
    return signer.create(tmp_path / "log", ORIGIN)


def write(small: SmallHouse, count: int = 1, lane: Lane = Lane.AT_ONCE) -> list[UUID]:
    """Events that are committed together; their ids."""
    written = []
    with small.work() as db:
        for _ in range(count):
            log.emit(db, "config.changed", by=THE_SERVICE, lane=lane)
            written.append(db.info["event_id"])
    return written


# Any: as `integrate` takes them.
def take(small: SmallHouse, lane: Lane = Lane.AT_ONCE, **more: Any) -> Integrated:  # noqa: ANN401
    """One unit of work of the sequencer."""
    key = small.house.keyring.key("writer-mac")
    return sequencer.integrate(small.house.engine, key, lane, now=small.house.now(), **more)


def sign(small: SmallHouse, own: Signer) -> bool:
    return sequencer.sign(small.house.engine, own, now=small.house.now())


def in_the_tree(small: SmallHouse) -> list[UUID]:
    """The events that are leaves, by index; every index is there."""
    with small.look() as db:
        found = db.exec(select(AuditLeaf).order_by(col(AuditLeaf.leaf_index))).all()
    assert [one.leaf_index for one in found] == list(range(len(found)))
    return [one.event_id for one in found]


def waiting(small: SmallHouse) -> set[UUID]:
    with small.look() as db:
        return set(db.exec(select(AuditPending.event_id)))


def own_body(small: SmallHouse, event: UUID) -> Body:
    """What an event of the sequencer's own says, which anybody may read."""
    with small.look() as db:
        row, kept = db.get_one(AuditEvent, event), db.get_one(AuditBody, event)
    salt, raw = leaf.unpacked(kept.ct)
    assert leaf.written(event, salt, raw) == row.leaf
    return Body.model_validate_json(raw)


def check_tree(small: SmallHouse) -> list[UUID]:
    """The table is what RFC 6962 makes of the leaves, and holds nothing else; the leaves, in order."""
    events = in_the_tree(small)
    with small.look() as db:
        rows = {(one.level, one.idx): one.hash for one in db.exec(select(AuditHash))}
        by_event = {one.event_id: one.leaf for one in db.exec(select(AuditEvent))}
        root = tree.root(storage.rows(db), len(events))
    hashes = [hashlib.sha256(b"\x00" + by_event[event]).digest() for event in events]
    expected = {(0, place): one for place, one in enumerate(hashes)}
    expected |= {
        (1, place): naive.mth(hashes[place * 256 : (place + 1) * 256])
        for place in range(len(hashes) // 256)
    }
    assert rows == expected
    assert root == naive.mth(hashes)
    return events


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@example(parts=[254, 1, 1, 1], batch=2_000)
@example(parts=[300], batch=64)
@given(
    parts=st.lists(st.integers(0, 90), min_size=1, max_size=4),
    batch=st.sampled_from([1, 7, 64, 2_000]),
)
def test_the_table_is_the_naive_tree_however_events_came_and_were_taken(
    databases: Databases, parts: list[int], batch: int
) -> None:
    backend = databases.fresh("sqlite")
    with closing(a_house(backend)) as small, pytest.MonkeyPatch.context() as patched:
        patched.setattr(sequencer, "BATCH", batch)
        while take(small).leaves:
            pass
        for count in parts:
            size, written = len(in_the_tree(small)), write(small, count)
            while (done := take(small)).leaves:
                assert done.leaves <= batch
                assert done == Integrated(done.leaves, 0, len(in_the_tree(small)))
            assert set(check_tree(small)[size:]) == set(written)
        assert not waiting(small)
    databases.discard(backend)


def test_within_a_batch_the_order_is_that_of_random_ids(small: SmallHouse) -> None:
    written = write(small, 20)
    take(small)
    assert in_the_tree(small)[-20:] == sorted(written, key=lambda one: one.bytes)


def test_each_lane_is_taken_by_itself(small: SmallHouse) -> None:
    now, later = write(small, 3), write(small, 5, Lane.TICK)
    engine = small.house.engine
    assert [sequencer.waiting(engine, lane) for lane in Lane] == [3, 5]
    assert take(small, Lane.AT_ONCE).leaves == 3
    assert set(in_the_tree(small)[-3:]) == set(now)
    assert waiting(small) == set(later)
    assert [sequencer.waiting(engine, lane) for lane in Lane] == [0, 5]
    assert take(small, Lane.TICK).leaves == 5
    assert set(in_the_tree(small)[-5:]) == set(later)


def test_alike_takes_multiples_of_eight_and_nothing_else(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(in_the_tree(small))
    for there in range(1, 2 * ALIKE + 1):
        write(small, lane=Lane.TICK)
        # Once they are so many they are taken, and counting begins again.
        expected = ALIKE if there % ALIKE == 0 else 0
        assert take(small, Lane.TICK, alike=True).leaves == expected
    assert len(in_the_tree(small)) == size + 2 * ALIKE
    # More than a batch: whole batches of eight, and the rest by the same rule.
    monkeypatch.setattr(sequencer, "BATCH", ALIKE)
    write(small, ALIKE + 3, Lane.TICK)
    assert [take(small, Lane.TICK, alike=True).leaves for _ in range(2)] == [ALIKE, 0]
    assert take(small, Lane.TICK).leaves == 3


def test_events_of_its_own_are_leaves_that_anybody_can_read(small: SmallHouse, own: Signer) -> None:
    sign(small, own)
    signed = len(in_the_tree(small))
    [staff] = write(small)
    assert take(small, own=(HEARTBEAT,)).leaves == 2
    before, last = check_tree(small)[-2:]
    assert before == staff  # what is the log's own comes last
    body = own_body(small, last)
    assert (body.kind, body.actor.t, body.seen) == ("log.heartbeat", "system", signed)
    assert body.at == small.house.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (body.actor.id, body.case, body.obj, body.d) == (None, None, [], {})
    with small.look() as db:
        row = db.get_one(AuditEvent, last)
    assert leaf.genuine(
        small.house.keyring.key("writer-mac"), last, row.leaf, row.leaf_hash, row.mac
    )


FORGERIES = (
    "no mac",
    "another key's mac",
    "mac of another leaf",
    "another hash",
    "another event's leaf",
    "another version",
    "a longer leaf",
    "no leaf",
)


def forged(small: SmallHouse, how: str) -> AuditEvent:
    """A row as somebody writes it who has the database and not the keys, or breaks a true one."""
    key, event = small.house.keyring.key("writer-mac"), uuid4()
    genuine = leaf.made(event, b"{}").leaf
    written = {
        "another event's leaf": leaf.made(uuid4(), b"{}").leaf,
        "another version": b"\x02" + genuine[1:],
        "a longer leaf": genuine + b"\x00",
        "no leaf": b"",
    }.get(how, genuine)
    mac = {
        "no mac": b"",
        "another key's mac": leaf.mac(bytes(32), genuine),
        "mac of another leaf": leaf.mac(key, leaf.made(event, b"{}").leaf),
    }.get(how, leaf.mac(key, written))
    hash_ = hashlib.sha256(b"\x00" + written).digest()
    if how == "another hash":
        hash_ = hmac.digest(b"", hash_, "sha256")
    return AuditEvent(
        event_id=event,
        leaf=written,
        leaf_hash=hash_,
        mac=mac,
        lane=Lane.AT_ONCE,
        day=small.house.today(),
    )


@pytest.mark.parametrize("how", FORGERIES)
def test_what_the_service_did_not_write_is_named_and_never_a_leaf(
    small: SmallHouse, how: str
) -> None:
    row = forged(small, how)
    with small.work() as db:
        db.add(row)
        db.flush()  # no relationship tells the order of the two
        db.add(AuditPending(event_id=row.event_id, lane=Lane.AT_ONCE))
    [genuine] = write(small)
    done = take(small)
    assert (done.leaves, done.rejected) == (2, 1)
    *_, before, last = check_tree(small)
    assert before == genuine
    body = own_body(small, last)
    assert (body.kind, body.d) == ("log.rejected", {"reason": "not_written_by_the_service"})
    [named] = body.obj
    assert not isinstance(named, str)
    assert (named.t, named.id) == ("event", row.event_id)
    assert row.event_id not in in_the_tree(small)
    assert not waiting(small)
    assert take(small) == Integrated(0, 0, done.size)


def test_a_forged_row_in_the_reporters_lane_does_not_show_in_the_trees_growth(
    small: SmallHouse,
) -> None:
    write(small, ALIKE - 1, Lane.TICK)
    row = forged(small, "no mac")
    with small.work() as db:
        db.add(row)
        db.flush()  # as above
        db.add(AuditPending(event_id=row.event_id, lane=Lane.TICK))
    done = take(small, Lane.TICK, alike=True)
    assert (done.leaves, done.rejected) == (ALIKE, 1)
    assert row.event_id not in check_tree(small)


def test_no_writer_waits_for_the_sequencer(elsewhere: SmallHouse) -> None:
    write(elsewhere)
    about_to_commit, go_on = Event(), Event()
    own = connect(elsewhere.house.engine.url.render_as_string(hide_password=False))

    @event.listens_for(own, "commit")
    def _pause(_: object) -> None:
        about_to_commit.set()
        go_on.wait(30)

    with ThreadPoolExecutor(1) as pool:
        writer = elsewhere.house.keyring.key("writer-mac")
        now = elsewhere.house.now()
        taking = pool.submit(sequencer.integrate, own, writer, Lane.AT_ONCE, now=now)
        assert about_to_commit.wait(30)
        write(elsewhere, 3)  # with every lock of the sequencer held
        assert not taking.done()
        go_on.set()
        assert taking.result().leaves > 0
    assert sequencer.waiting(elsewhere.house.engine, Lane.AT_ONCE) == 3
    own.dispose()


def test_a_leaf_that_is_put_in_the_queue_again_holds_nobody_up(small: SmallHouse) -> None:
    [old] = write(small)
    take(small)
    with small.work() as db:
        db.add(AuditPending(event_id=old, lane=Lane.AT_ONCE))
    [new] = write(small)
    done = take(small)
    assert (done.leaves, done.rejected) == (2, 1)
    *_, before, last = check_tree(small)
    assert before == new
    body = own_body(small, last)
    assert body.d == {"reason": "in_the_tree_already"}
    [named] = body.obj
    assert not isinstance(named, str)
    assert named.id == old
    assert in_the_tree(small).count(old) == 1
    assert not waiting(small)


def test_of_two_that_take_the_same_events_one_gets_them_and_the_other_nothing(
    elsewhere: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write(elsewhere, 5)
    append = sequencer._append
    inner: list[Integrated] = []

    def overtaken(*given: Any) -> None:  # noqa: ANN401 -- as it is called
        monkeypatch.setattr(sequencer, "_append", append)
        inner.append(take(elsewhere))
        append(*given)

    # Without the lock that spares them the work, the keys of the tables decide.
    monkeypatch.setattr(sequencer, "_alone", lambda _: True)
    monkeypatch.setattr(sequencer, "_append", overtaken)
    done = take(elsewhere)
    size = len(check_tree(elsewhere))
    assert inner == [Integrated(size, 0, size)]
    assert done == Integrated(0, 0, size)
    assert set(written) < set(in_the_tree(elsewhere))


def test_while_one_is_at_work_another_leaves_everything_to_it(elsewhere: SmallHouse) -> None:
    write(elsewhere, 5)
    with elsewhere.work() as db:
        assert sequencer._alone(db)
        assert take(elsewhere) == Integrated(0, 0, 0)
    assert take(elsewhere).leaves > 5


def test_what_has_grown_is_signed_once(small: SmallHouse, own: Signer) -> None:
    assert sign(small, own)
    assert not sign(small, own)
    write(small, 300)
    take(small)
    small.clock.move(minutes=1)
    assert sign(small, own)
    with small.look() as db:
        row = db.exec(select(AuditCheckpoint).order_by(col(AuditCheckpoint.size).desc())).first()
        assert row is not None
        told = note.parse_checkpoint(note.open_note(row.note.encode(), [own.verifier]).text)
        root = tree.root(storage.rows(db), row.size)
    assert (told.origin, told.size, told.root) == (ORIGIN, len(in_the_tree(small)), root)
    assert (row.root, row.created_at) == (root, small.house.now())
    assert own.signed.size == row.size


def test_a_signature_that_was_never_written_down_is_written_down_again(
    small: SmallHouse, own: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(Exception):
        pass

    def cut(**_: object) -> None:
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(sequencer, "AuditCheckpoint", cut)
        with pytest.raises(Cut):
            sign(small, own)
    assert own.signed.size == len(in_the_tree(small))
    assert sign(small, own)
    # Whoever comes too late with the same bytes says that nothing is new.
    with monkeypatch.context() as patched:
        patched.setattr(storage, "checkpoint_of", lambda *_: None)
        assert not sign(small, own)
    with small.look() as db:
        assert db.exec(select(func.count()).select_from(AuditCheckpoint)).one() == 1


def test_a_tree_that_lost_its_end_is_not_signed(elsewhere: SmallHouse, own: Signer) -> None:
    write(elsewhere, 3)
    take(elsewhere)
    sign(elsewhere, own)
    with elsewhere.work() as db:
        # As an owner of the tables can: past the triggers.
        db.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in ("audit_leaf", "audit_hash"):
            db.connection().exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        last = len(in_the_tree(elsewhere)) - 1
        db.exec(delete(AuditLeaf).where(col(AuditLeaf.leaf_index) == last))
        db.info["traced"] = True
    with pytest.raises(RolledBack):
        sign(elsewhere, own)


def test_the_newest_checkpoint_is_published_once(small: SmallHouse, own: Signer) -> None:
    def published() -> list[int]:
        with small.look() as db:
            return sorted(db.exec(select(AuditPublication.size)))

    engine = small.house.engine
    sequencer.publish(engine, now=small.house.now())
    assert published() == []
    sizes = []
    for _ in range(2):
        write(small)
        take(small)
        sign(small, own)
        sizes.append(len(in_the_tree(small)))
    for _ in range(2):
        sequencer.publish(engine, now=small.house.now())
    assert published() == sizes[-1:]
    with small.look() as db:
        newest = storage.published_checkpoint(db)
        assert newest is not None
        assert newest.size == sizes[-1]


def test_of_two_that_publish_at_once_neither_fails(
    elsewhere: SmallHouse, own: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(elsewhere)
    sign(elsewhere, own)
    engine, now = elsewhere.house.engine, elsewhere.house.now()

    def overtaken(**given: Any) -> AuditPublication:  # noqa: ANN401 -- as it is called
        monkeypatch.setattr(sequencer, "AuditPublication", AuditPublication)
        sequencer.publish(engine, now=now)
        return AuditPublication(**given)

    monkeypatch.setattr(sequencer, "AuditPublication", overtaken)
    # `db.get` wants the table itself: the newest is looked up by it before one is made.
    monkeypatch.setattr(Session, "get", lambda *_: None)
    sequencer.publish(engine, now=now)
    with elsewhere.look() as db:
        assert db.exec(select(func.count()).select_from(AuditPublication)).one() == 1


def test_no_secret_shows_in_what_is_printed_of_a_log(small: SmallHouse, own: Signer) -> None:
    key = small.house.keyring.key("writer-mac")
    shown = repr(sequencer.Log(small.house.engine, key, own, own._folder))
    assert key.hex() not in shown
    assert repr(key) not in shown
