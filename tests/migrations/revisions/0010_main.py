"""Of which days somebody was told has a table."""

from sqlalchemy import Connection, inspect


class UpgradeCase:
    """Nobody was told of anything yet."""

    def load(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("day_told")

    def check(self, connection: Connection) -> None:
        columns = {one["name"] for one in inspect(connection).get_columns("day_told")}
        assert columns == {"id", "case_id", "level", "due", "told_on"}


class DowngradeCase:
    """No place for what was told."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("day_told")
