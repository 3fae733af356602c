"""Houses with a log of their own, and the statements that write an event, by the bare driver."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from cases import migrations
from cases.audit import leaf, signer
from cases.models.trail import Lane
from tests import postgres as servers
from tests.cases.builders import SmallHouse, a_house
from tests.databases import BRANCHES, Backend

ORIGIN = "bench.example/audit/1"
SEALED_BYTES = 595
"""Of a short event's body: padded to 512 and sealed."""

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
def a_place(folder: Path, server: str | None) -> Iterator[Place]:
    """A house in a folder that is not there yet, on SQLite or on a server."""
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


def prepared(place: Place, count: int) -> list[Rows]:
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


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
