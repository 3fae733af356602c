"""Identities, emergencies and copies are open for a time."""

from sqlalchemy import Connection, column, func, inspect, select, table

TIMED = table("timed_access", column("id"))


class UpgradeCase:
    """There is a place for what is open for a time, and a day for forgetting an identity."""

    def load(self, connection: Connection) -> None:
        assert "timed_access" not in inspect(connection).get_table_names()

    def check(self, connection: Connection) -> None:
        assert connection.execute(select(func.count()).select_from(TIMED)).scalar_one() == 0
        columns = {one["name"] for one in inspect(connection).get_columns("cases")}
        assert "forget_identity_on" in columns


class DowngradeCase:
    """Before, nothing was open for a time: what is has no place there."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        assert connection.execute(select(func.count()).select_from(TIMED)).scalar_one()

    def check(self, connection: Connection) -> None:
        assert "timed_access" not in inspect(connection).get_table_names()
