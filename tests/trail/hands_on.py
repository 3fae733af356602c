"""The database in the hands of somebody who can do anything with it, guards and all."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, MetaData, Table, create_engine, text
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World


KNOWN: dict[str, MetaData] = defaultdict(MetaData)


class Hands:
    """What an administrator of databases has: every table, no key.

    Attributes:
        connection: in a transaction; guards are off.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def table(self, name: str) -> Table:
        """A table as the database has it; read once for each kind of database."""
        known = KNOWN[self.connection.dialect.name]
        return Table(name, known, autoload_with=self.connection)

    # Any: rows of any table, and statements on them.
    def do(self, statement: Any) -> Any:  # noqa: ANN401
        """Run a statement."""
        return self.connection.execute(statement)


@contextmanager
def in_hands(world: World) -> Iterator[Hands]:
    """Change the database behind the service's back, for good."""
    url = world.settings.database_url.get_secret_value()
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        guards = _without_guards(connection)
        yield Hands(connection)
        for statement in guards:
            connection.execute(text(statement))
    engine.dispose()


@contextmanager
def undone(world: World, *names: str, keep_new: bool = False) -> Iterator[None]:
    """Whatever happens to these tables inside, afterwards they are as they were.

    Args:
        keep_new: rows that were added inside stay, where life went on meanwhile.
    """
    with in_hands(world) as hands:
        kept = {
            name: [dict(row) for row in hands.do(hands.table(name).select()).mappings()]
            for name in names
        }
    yield
    with in_hands(world) as hands:
        for name in names:
            table = hands.table(name)
            key = [column.name for column in table.primary_key]
            before = {tuple(row[part] for part in key) for row in kept[name]}
            new = [
                dict(row)
                for row in hands.do(table.select()).mappings()
                if keep_new and tuple(row[part] for part in key) not in before
            ]
            hands.do(table.delete())
            if rows := kept[name] + new:
                hands.connection.execute(table.insert(), rows)


def _without_guards(connection: Connection) -> list[str]:
    """Put triggers and foreign keys out of force; what brings the triggers back."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        guarded = connection.execute(
            text(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
                "WHERE NOT tgisinternal AND tgenabled = 'A'"
            )
        ).all()
        for table, name in guarded:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {name}"))
        return [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in guarded]
    triggers = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    ).all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    return [sql for _, sql in triggers]
