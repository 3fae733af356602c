"""Every act of the administration that gives something can wait for a second person."""

from sqlalchemy import Connection, column, func, inspect, select, table

PROPOSALS = table("house_proposal", column("id"))


class UpgradeCase:
    """There is a place for proposals of every kind; those of roles are made again in it."""

    def load(self, connection: Connection) -> None:
        assert "role_proposal" in inspect(connection).get_table_names()

    def check(self, connection: Connection) -> None:
        assert "role_proposal" not in inspect(connection).get_table_names()
        assert connection.execute(select(func.count()).select_from(PROPOSALS)).scalar_one() == 0


class DowngradeCase:
    """Before it only roles could wait, so what waits now has no place there."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        assert connection.execute(select(func.count()).select_from(PROPOSALS)).scalar_one()

    def check(self, connection: Connection) -> None:
        assert "role_proposal" in inspect(connection).get_table_names()
