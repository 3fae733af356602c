"""There are places for what cases have in common and for what is to be looked into after a check-in."""

from sqlalchemy import Connection, inspect

NEW = {"subject_index", "subject_waiting", "follow_up"}


class UpgradeCase:
    """The tables are there."""

    def load(self, connection: Connection) -> None:
        assert not NEW & set(inspect(connection).get_table_names())

    def check(self, connection: Connection) -> None:
        assert set(inspect(connection).get_table_names()) >= NEW


class DowngradeCase:
    """What cases have in common has no place in the older shape."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert not NEW & set(inspect(connection).get_table_names())
