"""What the trail costs: an event, an entry of the tree, a proof; and how long an event waits to be signed."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self
from uuid import UUID

from sqlmodel import select

from api.sequencing import PAUSE_SECONDS, Sequencing
from benchmarks import trees
from benchmarks.figures import Figure, in_turns, milliseconds
from benchmarks.logs import Driver, Place, Rows, a_place, prepared, seconds
from benchmarks.sizes import Sizes
from cases.actors import THE_SERVICE
from cases.audit import log, signer
from cases.audit.sequencer import Log
from cases.database import connect, trail_work, utc_now
from cases.models.trail import AuditLeaf

WRITERS = 4
AIM_LAG = "< 60,000"
"""The longest that an event of staff may wait (MMD)."""


def measure(sizes: Sizes, folder: Path, *, postgres: str | None) -> list[Figure]:
    """On SQLite and, where there is one, on PostgreSQL; the tree's own on SQLite alone.

    Args:
        folder: takes databases and keys.
        postgres: the address of a server.
    """
    folder.mkdir()
    found: list[Figure] = []
    for kind in ("SQLite", "PostgreSQL") if postgres else ("SQLite",):
        with a_place(folder / kind, postgres if kind == "PostgreSQL" else None) as place:
            found += _events(sizes, kind, place)
            found += _lag(sizes, kind, place)
    return found + trees.measure(sizes, folder / "tree")


# An event against the same rows by the bare driver


def _events(sizes: Sizes, kind: str, place: Place) -> list[Figure]:
    count, house = sizes.trail_events, place.small.house
    ready = iter(prepared(place, count * (sizes.unmeasured + sizes.trail_rounds)))

    def emit() -> None:
        with house.unit_of_work() as db:
            log.emit(db, "config.changed", by=THE_SERVICE)

    with closing(Driver(place.url, table="bare_")) as bare:
        bare.create_bare()
        acts: dict[str, Callable[[], Sequence[float]]] = {
            "emit": lambda: [seconds(emit) for _ in range(count)],
            "bare": lambda: [seconds(lambda: bare.insert(next(ready))) for _ in range(count)],
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
    alone, _ = _offer(place, prepared(place, count), sizes.trail_rate)
    with Sequencer(place) as at_work:
        ready = prepared(place, count)
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
                taken.append(seconds(partial(driver.insert, rows)))
                committed[UUID(str(rows[0][0]))] = time.time()

    with ThreadPoolExecutor(WRITERS) as pool:
        for one in [pool.submit(write) for _ in range(WRITERS)]:
            one.result()
    return taken, committed


def _p95(samples: Sequence[float]) -> float:
    return sorted(samples)[int(len(samples) * 0.95)]
