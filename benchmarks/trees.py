"""The tree of the trail at two sizes: an entry, a proof."""

import math
import os
import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import make_url

from benchmarks.figures import Figure, in_turns, milliseconds
from benchmarks.logs import Driver, Place, a_place, prepared, seconds
from benchmarks.sizes import Sizes
from cases.audit import sequencer, storage, tree
from cases.database import trail_work
from cases.models.trail import Lane

BATCH = 500
AIM_OF_LOG = "<= {:.2f}"


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Entries and proofs among few leaves and among many, on SQLite.

    Args:
        folder: takes databases and keys.
    """
    folder.mkdir()
    with a_place(folder / "few", None) as few, a_place(folder / "many", None) as many:
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
        driver.insert(*prepared(place, count))
    enter = partial(sequencer.integrate, house.engine, place.key, Lane.AT_ONCE, now=house.now())
    return seconds(enter)


def _proved(
    place: Place, chance: random.Random, prove: Callable[..., Sequence[bytes]], *, least: int
) -> float:
    """Seconds to make a proof at a place that nobody chose."""
    with trail_work(place.small.house.engine, read_only=True) as db:
        size = storage.size(db)
        return seconds(partial(prove, storage.rows(db), chance.randrange(least, size), size))
