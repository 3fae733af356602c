"""Units of work: the only place where a transaction of the main database begins, commits or rolls back."""

import itertools
import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Insert,
    Row,
    Select,
    bindparam,
    create_engine,
    event,
    insert,
    inspect,
)
from sqlalchemy import select as columns
from sqlalchemy.engine import make_url
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    from cases.conflicts import WallMemory
    from cases.sealing.blobs import BlobStore
    from cases.sealing.directory import HeadMemory
    from cases.sealing.keyring import Keyring
    from cases.sealing.vault import Vault

T = TypeVar("T", bound=SQLModel)
READ_ONLY = {"tribune_read_only": True}

BUSY_SECONDS = 5
"""How long a writer waits for another one on SQLite before it gives up."""


class Untraced(RuntimeError):
    """Audited rows changed, but nothing was written to the audit trail."""


class OnlyLooking(RuntimeError):
    """Something was to be written in a unit of work that only looks."""


_tickets = itertools.count(1)


def ticket() -> int:
    """The next of this process's numbers: units of work and what they learn are ordered by them."""
    return next(_tickets)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an installation chose, as far as the rooms need it.

    Attributes:
        reporter_tick: how often what reporters send becomes visible to staff; zero means at once.
        zone: the administration's time zone, in which days begin and end.
        public_host: the name that goes into the trail's origin.
        unsigned_limit: how long staff may look at cases while the trail is not signed.
        mails: staff are told by e-mail what waits for them.
    """

    reporter_tick: timedelta
    zone: ZoneInfo
    public_host: str
    unsigned_limit: timedelta = timedelta(hours=24)
    mails: bool = False


def utc_now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """The parts one installation is made of; built once by `api.wiring`, handed to every unit of work."""

    engine: Engine = field(repr=False)
    vault: "Vault" = field(repr=False)
    blobs: "BlobStore" = field(repr=False)
    keyring: "Keyring" = field(repr=False)
    walls: "WallMemory" = field(repr=False)
    heads: "HeadMemory" = field(repr=False)
    terms: Terms
    clock: Callable[[], datetime] = utc_now
    publish_receipt: Callable[[str], None] = print
    """Takes one line of JSON per staff event after its commit."""

    @cached_property
    def looking(self) -> Engine:
        """The same database, for transactions that take no writer's lock."""
        return self.engine.execution_options(**READ_ONLY)

    def now(self) -> datetime:
        """The present moment by this house's clock, whole seconds, UTC."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    def today(self) -> date:
        """The present day where the administration is."""
        return self.clock().astimezone(self.terms.zone).date()

    def unit_of_work(self) -> AbstractContextManager["Work"]:
        """As the function of that name, for this house."""
        return unit_of_work(self)

    def glance(self) -> AbstractContextManager["Work"]:
        """As the function of that name, for this house."""
        return glance(self)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
        self.vault.close()


class Work(Session):
    """A unit of work: a session that knows its house and refuses to commit what nobody recorded."""

    def __init__(self, house: House, bind: Engine | Connection) -> None:
        super().__init__(bind, expire_on_commit=False, join_transaction_mode="create_savepoint")
        self.house = house
        self.ticket = ticket()
        """Names this unit of work for as long as the process lives; a later one has a greater number."""
        self.receipts: list[str] = []
        """Leaf hashes (hex) of the staff events written so far."""
        self.after: list[Callable[[], None]] = []
        """What is done once the commit succeeded, in order."""

    # Any: the types of rows are the statement's own, and so are those of what is put into it.
    def rows(self, statement: Executable, **given: Any) -> Sequence[Row[Any]]:  # noqa: ANN401
        """The rows of a statement that selects columns."""
        return OrmSession.execute(self, statement, given).all()

    # Any: keys are of any type, and how to look of many.
    def get(  # type: ignore[override]  # SQLModel knows no other entities than its own
        self,
        entity: type[T],
        ident: Any,  # noqa: ANN401
        **how: Any,  # noqa: ANN401
    ) -> T | None:
        """As the session's, whose own statement is put together anew each time and takes twice as long."""
        key = ident if isinstance(ident, tuple) else (ident,)
        mapper = inspect(entity)
        plain = not isinstance(ident, dict | list) and len(key) == len(mapper.primary_key)
        # `get_one` names every option, with the values that ask for nothing.
        if any(how.values()) or not plain:
            return super().get(entity, ident, **how)
        if mapper.identity_key_from_primary_key(key) in self.identity_map:
            return super().get(entity, ident)
        found: T | None = self.scalars(
            _by_key(entity), {f"key_{place}": value for place, value in enumerate(key)}
        ).one_or_none()
        return found

    # Any: each column has its own type.
    def put(self, table: type[SQLModel], **values: Any) -> None:  # noqa: ANN401
        """Write one row at once: six times as fast as `add`, for rows that nobody here reads again.

        Raises:
            OnlyLooking: this unit of work does not write.
            TypeError: the table's rows carry a MAC, which is made only for what is added.
        """
        self._put(table, [values])

    def put_rows(self, rows: Iterable[SQLModel]) -> None:
        """Write rows that were made elsewhere as `put` does; they stay strangers to this unit of work.

        Raises:
            OnlyLooking, TypeError: as `put`.
        """
        of_one_table: dict[type[SQLModel], list[dict[str, Any]]] = {}
        for row in rows:
            values = {name: getattr(row, name) for name in type(row).model_fields}
            of_one_table.setdefault(type(row), []).append(values)
        for table, found in of_one_table.items():
            self._put(table, found)

    def _put(self, table: type[SQLModel], values: list[dict[str, Any]]) -> None:
        if getattr(table, "__signed__", False):
            message = f"{table.__name__} carries a MAC and has to be added"
            raise TypeError(message)
        if self.info.get("only_looking"):
            raise OnlyLooking
        if _audited(table):
            self.info["changed"] = True
        self.connection().execute(_insert(table), values)

    def _past_the_trace(self, *_: object, **__: object) -> NoReturn:
        """The older bulk methods tell nobody what they change, so they are not to be had."""
        raise Untraced

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _past_the_trace


# Any: SQLModel types a select by what it selects.
@cache
def _by_key(table: type[SQLModel]) -> Select[Any]:
    keys = enumerate(inspect(table).primary_key)
    return columns(table).where(*(key == bindparam(f"key_{place}") for place, key in keys))


@cache
def _insert(table: type[SQLModel]) -> Insert:
    return insert(inspect(table).local_table)


@contextmanager
def unit_of_work(house: House, bind: Engine | Connection | None = None) -> Generator[Work]:
    """One unit of work: everything inside is kept and traced, or nothing is.

    Raises:
        Untraced: audited rows changed without an audit event.
    """
    with Work(house, bind or house.engine) as db, db.begin():
        yield db
    for line in db.receipts:
        # What is committed is done: a receipt that cannot be printed is lost, and nothing else is.
        with suppress(OSError):
            house.publish_receipt(f'{{"audit_receipt":"{line}"}}')
    for act in db.after:
        act()


@contextmanager
def glance(house: House) -> Generator[Work]:
    """A unit of work that only looks at what needs no trace: it takes no writer's lock."""
    with Work(house, house.looking) as db, db.begin():
        db.info["only_looking"] = True
        yield db


@contextmanager
def snapshot(house: House) -> Generator[Work]:
    """A glance in which nothing changes, however long it takes: every statement sees the same moment."""
    with Work(house, _steady(house.engine)) as db, db.begin():
        db.info["only_looking"] = True
        yield db


def _steady(engine: Engine) -> Engine:
    """The engine for reading one moment; on SQLite every transaction does."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**READ_ONLY)
    return engine.execution_options(isolation_level="REPEATABLE READ", **READ_ONLY)


@contextmanager
def trail_work(engine: Engine, *, read_only: bool = False) -> Generator[Session]:
    """A unit of work of those who keep or check the trail and have no house: no key of a case is at hand.

    It sees the trail's own tables, whose rows need no trace.
    """
    with (
        Session(_steady(engine) if read_only else engine, expire_on_commit=False) as db,
        db.begin(),
    ):
        yield db


def connect(url: str, *, pool_size: int = 8) -> Engine:
    """An engine for either database, set up so that nothing is lost, logged or left behind.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg://…`.
        pool_size: connections kept; threads plus background threads.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url, hide_parameters=True, pool_size=pool_size, connect_args={"timeout": BUSY_SECONDS}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, hide_parameters=True, pool_size=pool_size, pool_pre_ping=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the "begin" event below says BEGIN, not the driver
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a commit that was answered survives a power cut
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE deletes without the delete trigger
        "secure_delete=ON",
        "temp_store=MEMORY",  # nothing spills into a temporary file
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("tribune_read_only", False)
    # A writer takes its lock at once: upgrading a read lock later fails under another writer.
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _audited(thing: object) -> bool:
    return getattr(thing, "__audited__", False)


@event.listens_for(Work, "before_flush")
def _note_changes(db: OrmSession, *_: object) -> None:
    if db.info.get("only_looking") and (
        db.new or db.deleted or any(db.is_modified(row) for row in db.dirty)
    ):
        raise OnlyLooking
    if any(_audited(row) for row in (*db.new, *db.deleted)) or any(
        _audited(row) and db.is_modified(row) for row in db.dirty
    ):
        db.info["changed"] = True


@event.listens_for(Work, "do_orm_execute")
def _note_bulk_changes(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and state.session.info.get("only_looking"):
        raise OnlyLooking
    # A statement on a bare table names no class that could say it is not audited: it counts.
    if writes and (state.bind_mapper is None or _audited(state.bind_mapper.class_)):
        state.session.info["changed"] = True


@event.listens_for(Work, "before_commit")
def _demand_a_trace(db: OrmSession) -> None:
    db.flush()  # so that changes still pending are seen
    info: dict[str, Any] = db.info
    changed, traced = info.pop("changed", False), info.pop("traced", False)
    if changed and not traced:
        raise Untraced
