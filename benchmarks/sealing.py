"""Seeded cases, sealed by the code that seals real ones; only Argon2id is left out.

`cases.intake` makes the keys, the wraps and the sealed records, `cases.audit` the events, `cases.sealing` the
rest. Where those would ask a database that is still empty, a stand-in answers; where they would write one
row at a time, a basket collects.
"""

import gc
import secrets
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Engine, Insert, Table, inspect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlmodel import SQLModel, col, select

from api import settings, wiring
from benchmarks.lives import Life, life
from cases.database import House, Work
from cases.intake.arrival import Arrival
from cases.intake.receipts import Receipt
from cases.intake.routing import Destination, destination
from cases.intake.submission import Submission
from cases.models.base import Authority
from cases.models.case import (
    Assignment,
    CaseStep,
    Declaration,
    DeclarationStatus,
    KeyKind,
)
from cases.models.people import Staff
from cases.sealing import directory, hierarchy, records
from cases.sealing.vault import Vault
from cases.staff import calendars
from workflows.calendar import WorkingCalendar

DIALECT = sqlite_dialect()
RETENTION = "K3"
KEPT_DAYS = 5 * 365

# Any: a row as the driver takes it.
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who the seed names, by username."""

    reader: str
    managers: tuple[str, ...]
    investigator: str


class Basket:
    """Stands for the vault's engine: keeps the rows instead of writing them."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    @contextmanager
    def begin(self) -> Generator["Basket"]:
        """As an engine's."""
        yield self

    def execute(self, _statement: Insert, rows: list[dict[str, Any]]) -> None:
        """As a connection's."""
        self.rows += rows


class Sheet(Work):
    """A unit of work that collects what is added to it and asks no database."""

    def __init__(self, house: House) -> None:
        super().__init__(house, house.engine)
        self.added: list[Any] = []

    def add(self, instance: object, _warn: bool = True) -> None:  # noqa: FBT001, FBT002
        """Collect."""
        self.added.append(instance)

    def put(self, table: type[SQLModel], **values: Any) -> None:  # noqa: ANN401 -- as a unit of work's
        """Collect."""
        self.added.append(table(**values))

    def put_rows(self, rows: Iterable[SQLModel]) -> None:
        """Collect."""
        self.added += rows

    def rows(self, *_: object, **__: object) -> tuple[()]:
        """Staff ask how far the tree was signed, and there is none yet."""
        return ()

    def exec(self, *_: object, **__: object) -> "Sheet":  # type: ignore[override]
        """So do reporters."""
        return self

    def one(self) -> int:
        """What reporters are answered."""
        return 0


@dataclass
class Sealer:
    """Seals cases in one process."""

    house: House
    basket: Basket
    to: Destination
    staff: dict[str, Staff]
    cast: Cast
    calendar: WorkingCalendar
    houses: dict[date, House] = field(default_factory=dict)

    def seal(self, numbers: Iterable[int], today: date) -> tuple[Rows, Rows]:
        """Rows of the main database and of the vault, by table, as the SQLite driver takes them."""
        main: dict[type, list[Any]] = {}
        self.basket.rows.clear()
        gc.disable()  # thousands of rows live until the batch is done, and none is part of a cycle
        for n in numbers:
            for row in self._case(life(n, today), n):
                main.setdefault(type(row), []).append(row)
        rows: Rows = {}
        for kind, found in main.items():
            rows[inspect(kind).local_table.name] = as_tuples(inspect(kind).local_table, found)
        gc.enable()
        vault = [tuple(row.values()) for row in self.basket.rows]
        return rows, {"shred_key": vault}

    def _case(self, one: Life, n: int) -> list[Any]:
        house = self._on(one.received_on)
        said = Submission(
            body=f"Case {n}: goods were released before the declaration was paid for.",
            category=one.category,
            office=one.office,
            procedure=one.procedure,
            channel=one.channel,
            language=one.language,
        )
        arrival = Arrival(house, said, self.to)
        house.vault.keep(arrival.shreds)
        key = arrival.key(Receipt(secrets.token_bytes(32)), handover=False)
        sheet = Sheet(house)
        arrival.write(sheet, key)
        calendars.count_by(sheet, self.calendar)
        arrival.record(sheet, by=None)
        rows = [*sheet.added, *self._lived(arrival, one, n)]
        for row in rows:
            if isinstance(row, Authority):
                row.version = 1
                row.mac = directory.row_mac(house.keyring, row)
        return rows

    def _lived(self, arrival: Arrival, one: Life, n: int) -> list[Any]:
        """What staff did since, as far as lists and pages show it."""
        case, keyring = arrival.case, self.house.keyring
        case.state, case.entered_on, case.updated_on = one.state, one.entered_on, one.entered_on
        case.priority, case.due, case.closed_on = one.priority, one.due, one.closed_on
        case.seen_seq = case.seq - one.unread
        if one.closed_on:
            case.retention_class = RETENTION
            # Counted from the seed's day: none is due to be forgotten while it is in use.
            case.archive_on = case.purge_on = self.house.today() + timedelta(KEPT_DAYS)
        made: list[Any] = [
            CaseStep(case_id=case.id, n=case.seq, state=one.state, entered_on=one.entered_on),
            records.seal(
                keyring,
                arrival.keys[KeyKind.INT],
                {"title": title(n)},
                case_id=case.id,
                kind=KeyKind.INT,
                epoch=1,
                field="title",
                on=one.entered_on,
            ),
        ]
        if one.assigned is not None:
            manager = self.staff[self.cast.managers[one.assigned % len(self.cast.managers)]]
            case.assignee = manager.id
            made.append(Assignment(case_id=case.id, staff=manager.id, role="case_manager"))
        # For every case, so that among few and among many a page has as many titles to open.
        made.append(self._declaration(case.id, self.cast.reader, one))
        if one.investigated:
            made += self._investigator(arrival, one)
        return made

    def _investigator(self, arrival: Arrival, one: Life) -> list[Any]:
        who = self.staff[self.cast.investigator]
        thing = (KeyKind.INT, arrival.case_id)
        return [
            Assignment(case_id=arrival.case_id, staff=who.id, role="lead_investigator"),
            self._declaration(arrival.case_id, self.cast.investigator, one),
            hierarchy.wrap(
                self.house.keyring,
                arrival.shreds[thing],
                arrival.keys[KeyKind.INT],
                kind=KeyKind.INT,
                epoch=1,
                case_id=arrival.case_id,
                report_id=None,
                to=hierarchy.staff_holder(who),
            ),
        ]

    def _declaration(self, case: UUID, who: str, one: Life) -> Declaration:
        return Declaration(
            case_id=case,
            staff=self.staff[who].id,
            status=DeclarationStatus.FREE,
            declared_on=one.entered_on,
        )

    def _on(self, day: date) -> House:
        """The house as it was on a day."""
        if day not in self.houses:
            noon = datetime.combine(day, time(12), UTC)
            self.houses[day] = replace(self.house, clock=lambda: noon)
        return self.houses[day]


def title(n: int) -> str:
    """The title of the n-th case."""
    return f"Release before payment, no. {n}"


def sealer(directory: Path, cast_: Cast) -> Sealer:
    """A sealer for the installation in a directory; for a process that does nothing else."""
    # No tick: every report of the seed was delivered long ago.
    chosen = settings.for_directory(directory, reporter_tick_minutes=0)
    house = wiring.open_house(chosen)
    wanted = {cast_.reader, cast_.investigator, *cast_.managers}
    with house.glance() as db:
        found = db.exec(select(Staff).where(col(Staff.username).in_(wanted)))
        staff = {one.username: one for one in found}
        to = destination(db, Submission(body="-"))
        calendar = calendars.current(db)
    house.close()
    basket = Basket()
    vault = Vault(cast("Engine", basket), house.keyring)
    return Sealer(replace(house, vault=vault), basket, to, staff, cast_, calendar)


def as_tuples(table: Table, rows: Iterable[object]) -> list[tuple[Any, ...]]:
    """Rows as the SQLite driver takes them, columns in the table's order."""
    takers: list[tuple[str, Callable[[Any], Any] | None]] = [
        (column.name, column.type.dialect_impl(DIALECT).bind_processor(DIALECT))
        for column in table.columns
    ]
    return [
        tuple(
            taker(value) if taker else value
            for value, taker in ((getattr(row, name), taker) for name, taker in takers)
        )
        for row in rows
    ]
