"""The trail only grows."""

import pytest
from sqlalchemy import Connection, Executable, column, table
from sqlalchemy.exc import IntegrityError

EVENTS = table("audit_event", column("lane"))
CHANGE = EVENTS.update().values(lane=EVENTS.c.lane)
GUARDED = {
    "audit_event": "lane",
    "audit_body": "root_ver",
    "audit_leaf": "leaf_index",
    "audit_hash": "idx",
    "audit_checkpoint": "size",
    "record": "version",
}
"""Guarded table -> a column of it."""


class UpgradeCase:
    """Rows that were there already are guarded like those that come."""

    def load(self, connection: Connection) -> None:
        connection.execute(CHANGE)  # nothing forbids it yet

    def check(self, connection: Connection) -> None:
        for name, some in GUARDED.items():
            guarded = table(name, column(some))
            _refused(connection, guarded.update().values({some: guarded.c[some]}))
            if name != "record":  # a record is deleted when its case is forgotten
                _refused(connection, guarded.delete())


class DowngradeCase:
    """The rows stay; the guards go."""

    loses_data = False

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        connection.execute(CHANGE)


def _refused(connection: Connection, statement: Executable) -> None:
    with pytest.raises(IntegrityError, match="added, never changed"), connection.begin_nested():
        connection.execute(statement)
