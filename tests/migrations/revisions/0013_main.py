"""What was agreed with other authorities has a table."""

from sqlalchemy import Connection, inspect


class UpgradeCase:
    """Nothing is known to be agreed yet."""

    def load(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("referral_body")

    def check(self, connection: Connection) -> None:
        columns = {one["name"] for one in inspect(connection).get_columns("referral_body")}
        assert columns >= {"mac", "body", "agreement", "public_key", "accepts_anonymous"}


class DowngradeCase:
    """No place for what was agreed."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("referral_body")
