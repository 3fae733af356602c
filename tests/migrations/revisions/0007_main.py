"""There is a place for what keeps people apart from cases."""

from sqlalchemy import Connection, inspect

TABLES = ("certificate", "interest", "interest_statement", "office_head", "told_apart")


class UpgradeCase:
    """The tables are there."""

    def load(self, connection: Connection) -> None:
        assert not _there(connection)

    def check(self, connection: Connection) -> None:
        assert _there(connection) == set(TABLES)


class DowngradeCase:
    """What they hold has no place before them."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        assert _there(connection) == set(TABLES)

    def check(self, connection: Connection) -> None:
        assert not _there(connection)


def _there(connection: Connection) -> set[str]:
    return set(TABLES) & set(inspect(connection).get_table_names())
