"""The sealed bytes of a record can be emptied with their day, once, and changed in no other way."""

from datetime import date

import pytest
from sqlalchemy import Connection, Executable, column, func, inspect, select, table
from sqlalchemy.exc import IntegrityError

RECORDS = table(
    "record",
    column("id"),
    column("version"),
    column("env"),
    column("content"),
    column("redacted_on"),
)
DAY = date(2026, 3, 2)


class UpgradeCase:
    """A record that was there already can be emptied, and stays empty."""

    def load(self, connection: Connection) -> None:
        _refused(connection, RECORDS.update().values(env=b""))

    def check(self, connection: Connection) -> None:
        before = connection.execute(select(RECORDS.c.id, RECORDS.c.version)).all()
        _refused(connection, RECORDS.update().values(env=b"other"))
        _refused(connection, RECORDS.update().values(env=b""))
        _refused(connection, RECORDS.update().values(redacted_on=DAY))
        _refused(connection, RECORDS.update().values(content=b""))
        with connection.begin_nested() as tried:
            connection.execute(RECORDS.update().values(env=b"", redacted_on=DAY))
            full = select(func.count()).where(func.length(RECORDS.c.env) > 0)
            assert connection.scalar(full.select_from(RECORDS)) == 0
            _refused(connection, RECORDS.update().values(env=b"again", redacted_on=DAY))
            _refused(connection, RECORDS.update().values(redacted_on=None))
            tried.rollback()
        assert connection.execute(select(RECORDS.c.id, RECORDS.c.version)).all() == before


class DowngradeCase:
    """No place for the day: what was deleted would look like what was damaged."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        deleted = select(func.count()).where(RECORDS.c.redacted_on.is_not(None))
        assert connection.scalar(deleted.select_from(RECORDS))

    def check(self, connection: Connection) -> None:
        columns = {one["name"] for one in inspect(connection).get_columns("record")}
        assert "redacted_on" not in columns


def _refused(connection: Connection, statement: Executable) -> None:
    with pytest.raises(IntegrityError, match="added, never changed"), connection.begin_nested():
        connection.execute(statement)
