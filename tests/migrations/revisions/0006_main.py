"""The days an administration sets itself have a table of their own."""

from sqlalchemy import Connection, column, func, inspect, select, table

DEPLOYMENT = table("deployment", column("days_off"))


class UpgradeCase:
    """The days off of the founding stay where they are; nothing is set beside them yet."""

    def load(self, connection: Connection) -> None:
        self.days = connection.scalars(select(DEPLOYMENT.c.days_off)).all()

    def check(self, connection: Connection) -> None:
        assert connection.scalars(select(DEPLOYMENT.c.days_off)).all() == self.days
        own = select(func.count()).select_from(table("own_days"))
        assert connection.execute(own).scalar_one() == 0


class DowngradeCase:
    """No place for days that were set."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("own_days")
