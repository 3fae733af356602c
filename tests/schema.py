"""The shape of a database as reflection sees it, in plain values that can be compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Inspector, create_engine, inspect, text
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Iterable

ALEMBICS_OWN = "alembic_version"
Said = tuple[tuple[str, str], ...]


def shape_of(url: str) -> dict[str, Any]:
    """Tables with their columns, keys, checks and indexes, by name.

    Args:
        url: An SQLAlchemy URL.

    Returns:
        Table -> its shape. What has an order of its own in no database (constraints, indexes) is
        sorted; columns are compared by name, since a later migration adds them at the end.
    """
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            return _shapes(inspect(connection))
        said = as_said(connection)
        if said not in _KNOWN:
            _KNOWN[said] = _shapes(inspect(connection))
            for name, sql in said:  # what reflection does not tell
                if name in _KNOWN[said]:
                    _KNOWN[said][name]["rowid"] = "WITHOUT ROWID" not in sql.upper()
        return deepcopy(_KNOWN[said])


def as_said(connection: Connection) -> Said:
    """The statements that SQLite keeps, which are all that it knows of a database's shape."""
    kept = connection.execute(text("SELECT name, sql FROM sqlite_master ORDER BY type, name"))
    return tuple((name, sql or "") for name, sql in kept)


_KNOWN: dict[Said, dict[str, Any]] = {}
"""Shapes by what was said: reflection takes long, and most databases of a test are alike."""


def triggers_of(url: str) -> set[str]:
    """The names of a database's triggers, which reflection does not see."""
    engine = create_engine(url, poolclass=NullPool)
    asked = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        return {name for (name,) in connection.execute(text(asked))}


def _shapes(inspector: Inspector) -> dict[str, Any]:
    """Every table at once: asking for each costs a question for each of its parts."""
    keys, uniques = inspector.get_multi_pk_constraint(), inspector.get_multi_unique_constraints()
    foreign, checks = inspector.get_multi_foreign_keys(), inspector.get_multi_check_constraints()
    indexes = inspector.get_multi_indexes()
    return {
        table[1]: {
            "columns": {
                column["name"]: (
                    str(column["type"].compile(inspector.dialect)),
                    column["nullable"],
                    column.get("default"),
                )
                for column in columns
            },
            "primary key": keys[table]["constrained_columns"] if table in keys else [],
            "foreign keys": _sorted(foreign.get(table, [])),
            "unique": _sorted(uniques.get(table, [])),
            "checks": _sorted(checks.get(table, [])),
            "indexes": _sorted(indexes.get(table, [])),
        }
        for table, columns in inspector.get_multi_columns().items()
        if table[1] != ALEMBICS_OWN
    }


def _sorted(things: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(repr(_plain(thing)) for thing in things)


def _plain(thing: object) -> object:
    match thing:
        case Mapping():
            return sorted((key, _plain(value)) for key, value in thing.items())
        case list() | tuple():
            return [_plain(part) for part in thing]
        case _:
            return re.sub(r"\s+", " ", str(thing))
