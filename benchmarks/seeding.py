"""Installations with many cases, made once and kept in `build/bench/`.

Sealing runs in as many processes as there are processors, writing in one. A kept installation is made anew
when the tables, the sealing or the seed itself change, and after `KEPT_DAYS`: days go by.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path

from sqlmodel import SQLModel, func, select

from api import demo, settings, wiring
from api.demo import DemoCast
from api.sequencing import Sequencing
from benchmarks import sealing
from benchmarks.places import ROOT, Place, empty
from benchmarks.sealing import Cast, Rows
from cases.database import House
from cases.models.trail import AuditPending

BATCH = 250
KEPT_DAYS = 14
MARK = "seed.json"
SOURCES = (
    "alembic/versions/*/*.py",
    "api/demo.*",
    "benchmarks/lives.py",
    "benchmarks/sealing.py",
    "cases/audit/*.py",
    "cases/intake/*.py",
    "cases/models/*.py",
    "cases/sealing/*.py",
)
"""What a seed depends on."""

QUICKLY = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF")
"""For an installation that is thrown away when seeding stops half-way."""


def seeded(folder: Path, cases: int, *, processes: int | None = None) -> Place:
    """The demo with so many cases, as it is kept or made now."""
    directory = folder / f"seed-{cases}"
    chosen = settings.for_directory(directory)
    if _fresh(directory, cases):
        return Place(directory, demo.serve_from(chosen, url=demo.DEFAULT_URL), cases)
    if directory.exists():
        shutil.rmtree(directory)
    began = time.perf_counter()
    place = Place(directory, empty(directory).cast, cases)
    _fill(place, processes or os.cpu_count() or 1)
    _sign(place)
    os.sync()  # what is written back later would be measured as something else
    mark = {"sources": _sources(), "cases": cases, "on": datetime.now(UTC).date().isoformat()}
    (directory / MARK).write_text(json.dumps(mark), "utf-8")
    took = time.perf_counter() - began
    print(f"seeded {cases:,} cases in {took:.0f} s, kept in {directory}", file=sys.stderr)
    return place


def cast_of(people: DemoCast) -> Cast:
    """Who reads, manages and investigates in the main unit."""
    managers = people.people("case_manager")
    return Cast(
        reader=managers[0].username,
        managers=tuple(one.username for one in managers),
        investigator=people.person("lead_investigator").username,
    )


def _fresh(directory: Path, cases: int) -> bool:
    try:
        mark = json.loads((directory / MARK).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    age = datetime.now(UTC).date() - date.fromisoformat(mark["on"])
    return mark["sources"] == _sources() and mark["cases"] == cases and age.days <= KEPT_DAYS


def _sources() -> str:
    total = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def _fill(place: Place, processes: int) -> None:
    main = sqlite3.connect(place.directory / "tribune.db")
    vault = sqlite3.connect(place.directory / "vault.db")
    try:
        for database in (main, vault):
            for pragma in QUICKLY:
                database.execute(f"PRAGMA {pragma}")
        for rows, keys in _sealed(place, processes):
            _write(main, rows)
            _write(vault, keys)
        for database in (main, vault):
            database.execute("PRAGMA journal_mode=WAL")
    finally:
        main.close()
        vault.close()


def _sign(place: Place) -> None:
    """Bring every event into the tree, as it would be after years: a server would begin with it."""
    chosen = settings.for_directory(place.directory)
    house = wiring.open_house(chosen, publish_receipt=lambda _line: None)
    with closing(house):
        sequencing = Sequencing(
            partial(wiring.open_log, chosen, house.engine),
            tick=timedelta(0),  # reporters' events too
            clock=house.now,
        )
        while _waiting(house):
            sequencing.turn()
    with closing(sqlite3.connect(place.directory / "tribune.db")) as main:
        main.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or the first server would begin with it


def _waiting(house: House) -> bool:
    """Whether an event is not in the tree yet."""
    with house.glance() as db:
        return db.exec(select(func.min(AuditPending.enqueued_at))).one() is not None


def _sealed(place: Place, processes: int) -> Iterator[tuple[Rows, Rows]]:
    today = datetime.now(UTC).date()
    starts = range(0, place.cases, BATCH)
    batches = (range(start, min(start + BATCH, place.cases)) for start in starts)
    if processes == 1 or place.cases <= BATCH:
        one = sealing.sealer(place.directory, cast_of(place.cast))
        for numbers in batches:
            yield one.seal(numbers, today)
        return
    with ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(place.directory, cast_of(place.cast)),
    ) as pool:
        ahead: deque[Future[tuple[Rows, Rows]]] = deque()
        for numbers in batches:
            ahead.append(pool.submit(_seal, numbers, today))
            if len(ahead) > processes * 2:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


_SEALER: list[sealing.Sealer] = []
"""Of a sealing process: one."""


def _begin(directory: Path, cast: Cast) -> None:
    _SEALER.append(sealing.sealer(directory, cast))


def _seal(numbers: range, today: date) -> tuple[Rows, Rows]:
    return _SEALER[0].seal(numbers, today)


def _write(database: sqlite3.Connection, rows: Rows) -> None:
    with database:
        for table, values in rows.items():
            # By name: migrations append columns that the model has elsewhere.
            known = SQLModel.metadata.tables.get(table)
            names = f" ({', '.join(known.columns.keys())})" if known is not None else ""
            marks = ", ".join("?" * len(values[0]))
            values.sort(key=itemgetter(0))  # near each other in the tree: fewer pages change
            database.executemany(f"INSERT INTO {table}{names} VALUES ({marks})", values)  # noqa: S608
