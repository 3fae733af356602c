"""By when effects are checked has a table."""

from sqlalchemy import Connection, inspect


class UpgradeCase:
    """Nothing waits to be checked yet."""

    def load(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("effect_check")

    def check(self, connection: Connection) -> None:
        columns = {one["name"] for one in inspect(connection).get_columns("effect_check")}
        assert columns == {"record_id", "case_id", "owner", "done_on", "due", "told"}


class DowngradeCase:
    """No place for these days."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("effect_check")
