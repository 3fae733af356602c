"""The queue as it is looked at: what is asked for, by whom, and the SQL that answers it."""

import re
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import psycopg
from sqlalchemy import event, make_url

from api import settings, wiring
from api.v1.case_shapes import QueueQuery
from benchmarks.places import Place
from benchmarks.wire import Client
from cases.database import House
from cases.reading import queue
from cases.staff import signin

PAGE = 50
BIG = frozenset(
    {
        "cases",
        "case_fact",
        "case_wrap",
        "record",
        "declaration",
        "assignment",
        "report",
        "case_step",
    }
)
"""Tables that grow with the cases."""


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at the queue.

    Attributes:
        by: `reader` of the whole unit, or `investigator` of the cases they were named in.
        even: whether the page is full at both sizes, so that the two can be held to the aim.
    """

    name: str
    asked: Mapping[str, str] = field(default_factory=dict)
    by: str = "reader"
    even: bool = True

    def path(self, cursor: str | None = None) -> str:
        """The request's path."""
        asked = {**self.asked, "limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
        return f"/v1/cases?{urlencode(asked)}"


VIEWS = (
    View("by due day"),
    View("by day received, newest first", {"sort": "-received"}),
    View("by priority", {"sort": "priority"}),
    View("by last change, newest first", {"sort": "-updated"}),
    View("closed ones", {"state": "closed", "sort": "-received"}),
    View("one phase", {"phase": "address"}),
    View("one priority", {"priority": "P2"}),
    View("one office", {"office": "harbour"}),
    View("a common category", {"category": "COR-01", "sort": "-received"}),
    View("assigned to me", {"assignee": "me"}),
    View("unread", {"unread": "true", "sort": "-updated"}),
    View("overdue", {"overdue": "true"}),
    View("a rare category", {"category": "RET-01"}, even=False),
    View("one investigator's own", by="investigator", even=False),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement as the driver was given it."""

    sql: str
    values: Any  # Any: a tuple or a mapping, as the driver likes it

    def paged(self) -> bool:
        """Whether it is cut to a page, so that it should not have to sort first."""
        return "LIMIT" in self.sql

    def tables(self) -> set[str]:
        """The growing tables it names."""
        return {name for name in BIG if re.search(rf"\b{name}\b", self.sql)}


def sign_in(client: Client, place: Place, who: str) -> str:
    """Let a client in as the reader or the investigator; gives the token."""
    role = {"reader": "case_manager", "investigator": "lead_investigator"}[who]
    person = place.cast.person(role)
    said = {"username": person.username, "password": person.password}
    client.token = client.json("POST", "/v1/session", said, expect=201)["token"]
    return client.token or ""


@contextmanager
def house_of(place: Place, database_url: str | None = None) -> Generator[House]:
    """An installation opened in this process."""
    chosen = {} if database_url is None else {"database_url": database_url}
    house = wiring.open_house(
        settings.for_directory(place.directory, **chosen), publish_receipt=lambda _line: None
    )
    with closing(house):
        yield house


def statements(house: House, token: str, view: View) -> list[Asked]:
    """Every SELECT behind one page of a view, as the driver is given them."""
    asked: list[Asked] = []

    # Any: SQLAlchemy's event gives six arguments of its own kinds.
    def note(*given: Any) -> None:  # noqa: ANN401
        if given[2].startswith("SELECT"):
            asked.append(Asked(given[2], given[3]))

    query = QueueQuery.model_validate({**view.asked, "limit": PAGE} | _listed(view.asked))
    with house.glance() as db:
        actor = signin.visit(db, token).actor
    event.listen(house.engine, "before_cursor_execute", note)
    try:
        with house.unit_of_work() as db:
            queue.page(db, actor, query.filters(actor.id), sort=query.sort, limit=PAGE)
    finally:
        event.remove(house.engine, "before_cursor_execute", note)
    return asked


def _listed(asked: Mapping[str, str]) -> dict[str, list[str]]:
    """Filters that take several values, as the query string gives them."""
    many = ("state", "phase", "priority", "category", "office")
    return {name: [asked[name]] for name in many if name in asked}


@contextmanager
def bare_driver(url: str) -> Generator[Callable[[Sequence[Asked]], float]]:
    """A function that runs statements by the bare driver and gives the seconds they took."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(f"file:{address.database}?mode=ro", uri=True)) as connection:
            yield lambda asked: _timed(connection, asked)
        return
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as server:
        yield lambda asked: _timed(server, asked)


def _timed(connection: Any, asked: Sequence[Asked]) -> float:  # noqa: ANN401 (either driver's)
    began = time.perf_counter()
    for one in asked:
        connection.execute(one.sql, one.values).fetchall()
    connection.rollback()
    return time.perf_counter() - began
