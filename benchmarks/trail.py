"""What the trail costs: an event, an entry of the tree, a proof; and how long an event waits to be signed."""

import math
import os
import random
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import make_url
from sqlmodel import select

from api.sequencing import PAUSE_SECONDS, Sequencing
from benchmarks.figures import Figure, in_turns, milliseconds
from benchmarks.sizes import Sizes
from cases import migrations
from cases.actors import THE_SERVICE
from cases.audit import leaf, log, sequencer, signer, storage, tree
from cases.audit.sequencer import Log
from cases.database import connect, trail_work, utc_now
from cases.models.trail import AuditLeaf, Lane
from tests import postgres as servers
from tests.cases.builders import SmallHouse, a_house
from tests.databases import BRANCHES, Backend

ORIGIN = "bench.example/audit/1"
SEALED_BYTES = 595
"""Of a short event's body: padded to 512 and sealed."""
BATCH = 500
WRITERS = 4
AIM_OF_LOG = "<= {:.2f}"
AIM_LAG = "< 60,000"
"""The longest that an event of staff may wait (MMD)."""

# Any: a row as the driver takes it.
Row = tuple[Any, ...]
Rows = tuple[Row, Row, Row]
"""An event, its body, and that it waits."""
INSERTS = (
    "INSERT INTO {}event (event_id, leaf, leaf_hash, mac, lane, day) VALUES (?, ?, ?, ?, ?, ?)",
    "INSERT INTO {}body (event_id, root_ver, ct, case_tag, actor_tag) VALUES (?, ?, ?, ?, ?)",
    "INSERT INTO {}pending (event_id, lane, enqueued_at) VALUES (?, ?, ?)",
)
BARE = """
CREATE TABLE bare_event (event_id {id} PRIMARY KEY, leaf {raw}, leaf_hash {raw}, mac {raw},
  lane integer, day {day}) {end};
CREATE TABLE bare_body (event_id {id} PRIMARY KEY, root_ver integer, ct {raw}, case_tag {raw},
  actor_tag {raw}) {end};
CREATE TABLE bare_pending (event_id {id} PRIMARY KEY, lane integer, enqueued_at {at}) {end};
"""


def measure(sizes: Sizes, folder: Path, *, postgres: str | None) -> list[Figure]:
    """On SQLite and, where there is one, on PostgreSQL; the tree's own on SQLite alone.

    Args:
        folder: takes databases and keys.
        postgres: the address of a server.
    """
    folder.mkdir()
    found: list[Figure] = []
    for kind in ("SQLite", "PostgreSQL") if postgres else ("SQLite",):
        with _a_place(folder / kind, postgres if kind == "PostgreSQL" else None) as place:
            found += _events(sizes, kind, place)
            found += _lag(sizes, kind, place)
    return found + _tree(sizes, folder / "tree")


@dataclass(frozen=True, slots=True)
class Place:
    """A house of its own, and its log."""

    small: SmallHouse
    url: str
    folder: Path

    @property
    def key(self) -> bytes:
        """Of the MAC that every event bears."""
        return self.small.house.keyring.key("writer-mac")


@contextmanager
def _a_place(folder: Path, server: str | None) -> Iterator[Place]:
    folder.mkdir()
    urls = [f"sqlite:///{folder / branch}.db" for branch in BRANCHES]
    if server:
        urls = [servers.create(server, f"trail_{uuid4().hex[:8]}_{branch}") for branch in BRANCHES]
    for url, branch in zip(urls, BRANCHES, strict=True):
        migrations.upgrade(url, branch)
    backend = Backend("postgres" if server else "sqlite", urls[0], urls[1], folder)
    with closing(a_house(backend)) as small:
        small.house.engine.dispose()
        signer.create(folder / "log", ORIGIN)
        yield Place(small, urls[0], folder / "log")


class Driver:
    """A connection without anything around it, and the statements that write one event."""

    def __init__(self, url: str, *, table: str = "audit_") -> None:
        address = make_url(url)
        self._sqlite = address.get_backend_name() == "sqlite"
        self._inserts = [one.format(table) for one in INSERTS]
        self._at: Any  # a connection of either driver
        if self._sqlite:
            path = str(address.database)
            self._at = sqlite3.connect(path, check_same_thread=False, timeout=60)
            self._at.isolation_level = None
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                self._at.execute(f"PRAGMA {pragma}")
        else:
            plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
            self._at = psycopg.connect(plain, autocommit=True)
            self._inserts = [one.replace("?", "%s") for one in self._inserts]

    def create_bare(self) -> None:
        """Tables of the same columns, without triggers, references and further indexes."""
        types = {
            "id": "char(32)",
            "raw": "blob",
            "day": "date",
            "at": "datetime",
            "end": "WITHOUT ROWID",
        }
        if not self._sqlite:
            types = {"id": "uuid", "raw": "bytea", "day": "date", "at": "timestamp", "end": ""}
        for statement in BARE.format(**types).split(";")[:-1]:
            self._at.execute(statement)

    def insert(self, *events: Rows) -> None:
        """One transaction."""
        self._at.execute("BEGIN IMMEDIATE" if self._sqlite else "BEGIN")
        for rows in events:
            for statement, row in zip(self._inserts, rows, strict=True):
                self._at.execute(statement, row)
        self._at.execute("COMMIT")

    def close(self) -> None:
        """Give the connection back."""
        self._at.close()


def _prepared(place: Place, count: int) -> list[Rows]:
    """Events as the choke point makes them, but for bodies that nobody opens."""
    sqlite = make_url(place.url).get_backend_name() == "sqlite"
    now, key = place.small.house.now(), place.key
    day = now.date().isoformat() if sqlite else now.date()
    at = f"{now:%Y-%m-%d %H:%M:%S.%f}" if sqlite else now.replace(tzinfo=None)
    found = []
    for _ in range(count):
        event = uuid4()
        made = leaf.made(event, b"{}")
        identity: object = event.hex if sqlite else event
        found.append(
            (
                (identity, made.leaf, made.hash, leaf.mac(key, made.leaf), Lane.AT_ONCE.value, day),
                (identity, 1, os.urandom(SEALED_BYTES), os.urandom(16), os.urandom(16)),
                (identity, Lane.AT_ONCE.value, at),
            )
        )
    return found


# An event against the same rows by the bare driver


def _events(sizes: Sizes, kind: str, place: Place) -> list[Figure]:
    count, house = sizes.trail_events, place.small.house
    ready = iter(_prepared(place, count * (sizes.unmeasured + sizes.trail_rounds)))

    def emit() -> None:
        with house.unit_of_work() as db:
            log.emit(db, "config.changed", by=THE_SERVICE)

    with closing(Driver(place.url, table="bare_")) as bare:
        bare.create_bare()
        acts: dict[str, Callable[[], Sequence[float]]] = {
            "emit": lambda: [_seconds(emit) for _ in range(count)],
            "bare": lambda: [_seconds(lambda: bare.insert(next(ready))) for _ in range(count)],
        }
        turns = in_turns(acts, sizes.trail_rounds, unmeasured=sizes.unmeasured)
    return [
        Figure(
            name=f"{kind}: events through the choke point, one writer",
            value=1 / turns.median("emit"),
            unit="/s",
            against=f"the same rows by the bare driver, {1 / turns.median('bare'):,.0f} /s",
            ratio=turns.ratio("bare", "emit"),
        ),
        Figure(
            name=f"{kind}: one event through the choke point",
            value=turns.median("emit") * 1_000,
            unit="ms",
            against=f"the same rows by the bare driver, {milliseconds(turns.median('bare'))}",
            ratio=turns.ratio("emit", "bare"),
        ),
    ]


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# How long an event waits to be signed


class Sequencer:
    """The sequencer as it runs in service, in a process of its own."""

    def __init__(self, place: Place) -> None:
        context = get_context("spawn")
        self._here, there = context.Pipe()
        given = (there, place.url, place.key, place.folder)
        self._process = context.Process(target=_sequence, args=given, daemon=True)
        self._process.start()
        there.close()
        self._here.recv()  # it has signed what there was

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._here.close()
        self._process.join()

    def stop(self) -> list[tuple[float, int]]:
        """When it had signed how much, after everything is signed."""
        self._here.send("stop")
        marks: list[tuple[float, int]] = self._here.recv()
        return marks


def _sequence(there: Connection, url: str, key: bytes, folder: Path) -> None:
    opened = Log(connect(url, pool_size=1), key, signer.load(folder), folder)
    at_work = Sequencing(lambda: opened, tick=timedelta(0), clock=utc_now)
    marks: list[tuple[float, int]] = []
    at_work.turn()
    there.send(None)
    try:
        while not there.poll(PAUSE_SECONDS):
            at_work.turn()
            marks.append((time.time(), opened.signer.signed.size))
        at_work.turn()
        marks.append((time.time(), opened.signer.signed.size))
        there.recv()
        there.send(marks)
    except EOFError:
        return


def _lag(sizes: Sizes, kind: str, place: Place) -> list[Figure]:
    count = int(sizes.trail_rate * sizes.trail_seconds)
    alone, _ = _offer(place, _prepared(place, count), sizes.trail_rate)
    with Sequencer(place) as at_work:
        ready = _prepared(place, count)
        taken, committed = _offer(place, ready, sizes.trail_rate)
        marks = at_work.stop()
    with trail_work(place.small.house.engine, read_only=True) as db:
        found = db.exec(select(AuditLeaf.event_id, AuditLeaf.leaf_index)).all()
    index = dict(found)
    lags = [
        next(at for at, size in marks if size > index[event]) - moment
        for event, moment in committed.items()
    ]
    spent = max(committed.values()) - min(committed.values())
    rate = len(committed) / spent if spent else 0.0
    offered = f"{sizes.trail_rate} events a second offered, {rate:,.0f} taken"
    return [
        Figure(
            name=f"{kind}: from commit to signed, {name}, {offered}",
            value=value * 1_000,
            unit="ms",
            aim=AIM_LAG,
        )
        for name, value in (("p50", statistics.median(lags)), ("p95", _p95(lags)))
    ] + [
        Figure(
            name=f"{kind}: a bare insert while the sequencer works, {name}",
            value=of(taken) * 1_000,
            unit="ms",
            against=f"without one, {milliseconds(of(alone))}",
            ratio=of(taken) / of(alone),
        )
        for name, of in (("p50", statistics.median), ("p95", _p95))
    ]


def _offer(place: Place, ready: list[Rows], rate: int) -> tuple[list[float], dict[UUID, float]]:
    """Insert at a pace, by several writers; seconds each took, and when each event was committed."""
    taken: list[float] = []
    committed: dict[UUID, float] = {}
    lock, began = threading.Lock(), time.perf_counter()
    numbered = iter(enumerate(ready))

    def write() -> None:
        with closing(Driver(place.url)) as driver:
            while True:
                with lock:
                    number, rows = next(numbered, (0, None))
                if rows is None:
                    return
                time.sleep(max(0.0, began + number / rate - time.perf_counter()))
                seconds = _seconds(partial(driver.insert, rows))
                taken.append(seconds)
                committed[UUID(str(rows[0][0]))] = time.time()

    with ThreadPoolExecutor(WRITERS) as pool:
        for one in [pool.submit(write) for _ in range(WRITERS)]:
            one.result()
    return taken, committed


def _p95(samples: Sequence[float]) -> float:
    return sorted(samples)[int(len(samples) * 0.95)]


# The tree at two sizes


def _tree(sizes: Sizes, folder: Path) -> list[Figure]:
    folder.mkdir()
    with _a_place(folder / "few", None) as few, _a_place(folder / "many", None) as many:
        for place, size in ((few, sizes.trail_few), (many, sizes.trail_many)):
            _plant(place, size)
        named = {"few": few, "many": many}
        chance = random.Random(1)
        works: dict[str, Callable[[Place], float]] = {
            "one event entered": lambda place: _entered(place, 1),
            f"{BATCH} events entered": lambda place: _entered(place, BATCH),
            "inclusion proof": lambda place: _proved(place, chance, tree.inclusion, least=0),
            "consistency proof": lambda place: _proved(place, chance, tree.consistency, least=1),
        }
        found = []
        # As the logarithm grows.
        aim = math.log(sizes.trail_many) / math.log(sizes.trail_few)
        for name, work in works.items():
            acts: dict[str, Callable[[], Sequence[float]]] = {
                which: partial(_repeated, work, place, sizes.trail_each)
                for which, place in named.items()
            }
            turns = in_turns(acts, sizes.trail_rounds, unmeasured=sizes.unmeasured)
            found.append(
                Figure(
                    name=f"tree: {name}, {sizes.trail_many:,} leaves",
                    value=turns.median("many") * 1_000,
                    unit="ms",
                    against=f"{sizes.trail_few:,} leaves, {milliseconds(turns.median('few'))}",
                    ratio=turns.ratio("many", "few"),
                    aim=AIM_OF_LOG.format(aim),
                )
            )
    return found


def _repeated(work: Callable[[Place], float], place: Place, times: int) -> list[float]:
    return [work(place) for _ in range(times)]


def _plant(place: Place, size: int) -> None:
    """A tree of so many leaves, of events that are not there."""
    rows = tree.grown(lambda *_: [], 0, [os.urandom(tree.HASH_BYTES) for _ in range(size)])
    path = str(make_url(place.url).database)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA foreign_keys=OFF")
        database.executemany("INSERT INTO audit_hash (level, idx, hash) VALUES (?, ?, ?)", rows)
        events = ((index, uuid4().hex) for index in range(size))
        database.executemany("INSERT INTO audit_leaf (leaf_index, event_id) VALUES (?, ?)", events)


def _entered(place: Place, count: int) -> float:
    """Seconds to turn events that wait into leaves: one unit of work, on the disk when it is done."""
    house = place.small.house
    with closing(Driver(place.url)) as driver:
        driver.insert(*_prepared(place, count))
    enter = partial(sequencer.integrate, house.engine, place.key, Lane.AT_ONCE, now=house.now())
    return _seconds(enter)


def _proved(
    place: Place, chance: random.Random, prove: Callable[..., Sequence[bytes]], *, least: int
) -> float:
    """Seconds to make a proof at a place that nobody chose."""
    with trail_work(place.small.house.engine, read_only=True) as db:
        size = storage.size(db)
        return _seconds(partial(prove, storage.rows(db), chance.randrange(least, size), size))
