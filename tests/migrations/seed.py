"""Rows that are hard to carry, for whatever tables a database has.

The tables are read from the database itself, so this file knows no revision: it fills them as they
stand before and after each one. Two rows in each table: one with nothing in every column that may
be empty, one at the edges of what the columns hold.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    inspect,
    select,
)

from tests.schema import as_said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
    from sqlalchemy.types import TypeEngine

    from tests.schema import Said

Rows = dict[str, list[dict[str, Any]]]

ALEMBICS_OWN = "alembic_version"
HARD_TEXT = "تقرير \u202eمقلوب\u202c e\u0301a\u0323\u0308 'quoted' \"twice\" \\ % ; -- \U0001f6c3 "
"""Right to left, an override, combining marks, what SQL might trip over, beyond the basic plane."""
LONGEST = 4096
FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 -- UTC, as stored
PLAIN, EXTREME = 0, 1

EDGES: tuple[tuple[type[TypeEngine[Any]], Callable[[bytes], Any], Callable[[bytes], Any]], ...] = (
    (Boolean, lambda _: False, lambda _: True),
    (BigInteger, lambda _: 1, lambda _: 2**63 - 1),
    (Integer, lambda _: 1, lambda _: 2**31 - 1),
    (LargeBinary, lambda seed: seed[:16], lambda seed: seed * 64),
    (Uuid, lambda seed: UUID(bytes=seed[:16]), lambda seed: UUID(bytes=seed[:16])),
    (DateTime, lambda _: FIRST, lambda _: LAST),
    (Date, lambda _: FIRST.date(), lambda _: LAST.date()),
    (JSON, lambda _: {}, lambda _: {"": [None, 0.5, HARD_TEXT]}),
    (CHAR, lambda seed: seed.hex(), lambda seed: seed.hex()),  # a UUID, to SQLite
    (String, lambda seed: seed.hex()[:8], lambda seed: (seed.hex() + HARD_TEXT * 99)[:LONGEST]),
)
"""Type of a column, the first that fits -> its value in the plain row and in the extreme one.

Both are made from a seed of the column's own, so that what must be unique is, and a child finds
its parent's key without looking.
"""


def sow(connection: Connection) -> Rows:
    """Put two rows into every table, parents first, and tell what is there then."""
    tables = _tables(connection)
    for table in tables:
        for kind in (PLAIN, EXTREME):
            connection.execute(table.insert().values(_row(table, kind)))
    return _rows(connection, tables)


def reap(connection: Connection) -> Rows:
    """Every row of every table."""
    return _rows(connection, _tables(connection))


def _rows(connection: Connection, tables: Iterable[Table]) -> Rows:
    return {
        table.name: sorted(
            (dict(row) for row in connection.execute(select(table)).mappings()), key=repr
        )
        for table in tables
    }


def kept(before: Rows, after: Rows) -> list[str]:
    """What a migration lost or changed of the columns that are there before and after it.

    Returns:
        The tables in which a row is missing or differs; empty when everything is still there.
    """
    return [
        table
        for table, rows in before.items()
        if table in after
        for columns in [_shared_columns(rows, after[table])]
        if _only(columns, rows) != _only(columns, after[table])
    ]


def _shared_columns(these: list[dict[str, Any]], those: list[dict[str, Any]]) -> list[str]:
    return sorted(set().union(*these) & set().union(*those)) if those else sorted(these[0])


def _only(columns: Iterable[str], rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr([row[column] for column in columns]) for row in rows)


_KNOWN: dict[str, list[Table]] = {}
"""Tables by what was found: whatever is asked of them is compiled once, however many databases are alike."""
_SAID: dict[Said, list[Table]] = {}
"""The same by the statements that SQLite keeps, which need not be reflected again."""


def _tables(connection: Connection) -> list[Table]:
    """Tables with columns and foreign keys, parents first."""
    if connection.dialect.name != "sqlite":
        return _reflected(connection)
    said = as_said(connection)
    if said not in _SAID:
        _SAID[said] = _reflected(connection)
    return _SAID[said]


def _reflected(connection: Connection) -> list[Table]:
    """As read from the database: a whole reflection takes four times as long."""
    inspector = inspect(connection)
    columns, foreign = inspector.get_multi_columns(), inspector.get_multi_foreign_keys()
    found = repr((connection.dialect.name, columns, foreign))
    if found not in _KNOWN:
        metadata = MetaData()
        for key in columns:
            if key[1] != ALEMBICS_OWN:
                own = [
                    Column(one["name"], one["type"], nullable=one["nullable"])
                    for one in columns[key]
                ]
                Table(key[1], metadata, *own, *map(_reference, foreign.get(key, [])))
        _KNOWN[found] = metadata.sorted_tables
    return _KNOWN[found]


def _reference(key: ReflectedForeignKeyConstraint) -> ForeignKeyConstraint:
    there = [f"{key['referred_table']}.{column}" for column in key["referred_columns"]]
    return ForeignKeyConstraint(key["constrained_columns"], there)


def _row(table: Table, kind: int) -> dict[str, Any]:
    return {
        column.name: _value(table, column, kind)
        for column in table.columns
        if kind == EXTREME or not column.nullable
    }


def _value(table: Table, column: Column[Any], kind: int) -> object:
    for key in column.foreign_keys:  # the parent's row of the same kind, made by the same rule
        return _value(key.column.table, key.column, kind)
    seed = hashlib.sha256(f"{table.name}.{column.name}.{kind}".encode()).digest()
    for type_, plain, extreme in EDGES:
        if isinstance(column.type, type_):
            value = (plain, extreme)[kind](seed)
            length = getattr(column.type, "length", None)
            return value[:length] if isinstance(value, str) and length else value
    raise NotImplementedError(f"{table.name}.{column.name}: {column.type!r}")
