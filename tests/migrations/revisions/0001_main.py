"""The first tables."""

from sqlalchemy import Connection, inspect


class UpgradeCase:
    """The tables are there, and empty."""

    def load(self, connection: Connection) -> None:
        assert inspect(connection).get_table_names() in ([], ["alembic_version"])

    def check(self, connection: Connection) -> None:
        there = set(inspect(connection).get_table_names())
        assert there >= {"cases", "report", "record", "staff", "unit", "audit_event"}


class DowngradeCase:
    """Before it there is no place for a single row."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert inspect(connection).get_table_names() in ([], ["alembic_version"])
