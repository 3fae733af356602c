"""There are places for addresses of staff, for what they are to be told, and for texts of one's own."""

from sqlalchemy import Connection, inspect

NEW = {"staff_mailbox", "outbox", "reporter_text"}


class UpgradeCase:
    """The tables are there; nobody is written to yet."""

    def load(self, connection: Connection) -> None:
        assert not NEW & set(inspect(connection).get_table_names())

    def check(self, connection: Connection) -> None:
        assert set(inspect(connection).get_table_names()) >= NEW


class DowngradeCase:
    """Addresses and texts have no place in the older shape."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert not NEW & set(inspect(connection).get_table_names())
