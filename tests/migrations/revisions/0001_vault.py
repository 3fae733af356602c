"""The shred keys."""

from sqlalchemy import Connection, inspect


class UpgradeCase:
    """The one table is there."""

    def load(self, connection: Connection) -> None:
        assert inspect(connection).get_table_names() in ([], ["alembic_version"])

    def check(self, connection: Connection) -> None:
        assert "shred_key" in inspect(connection).get_table_names()


class DowngradeCase:
    """A lost shred key is a case nobody can ever open."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert inspect(connection).get_table_names() in ([], ["alembic_version"])
