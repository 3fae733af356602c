"""Bodies can be erased where that is on record; the trail knows what was published."""

import pytest
from sqlalchemy import Connection, Executable, column, inspect, select, table
from sqlalchemy.exc import IntegrityError

BODIES = table("audit_body", column("event_id"), column("root_ver"))
ERASURES = table("audit_erasure", column("event_id"))


class UpgradeCase:
    """A body that was there already can go once that is on record, and not before."""

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        _refused(connection, BODIES.delete())
        _refused(connection, BODIES.update().values(root_ver=BODIES.c.root_ver))
        first, *others = connection.scalars(select(BODIES.c.event_id).order_by(BODIES.c.event_id))
        with connection.begin_nested() as tried:
            connection.execute(ERASURES.insert().values(event_id=first))
            _refused(connection, ERASURES.delete())
            _refused(connection, BODIES.delete().where(BODIES.c.event_id != first))
            connection.execute(BODIES.delete().where(BODIES.c.event_id == first))
            left = connection.scalars(select(BODIES.c.event_id).order_by(BODIES.c.event_id))
            assert left.all() == others
            tried.rollback()


class DowngradeCase:
    """No place for what was erased and published; bodies cannot be deleted any more."""

    loses_data = True

    def load(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        assert not inspect(connection).has_table("audit_erasure")
        assert not inspect(connection).has_table("audit_publication")


def _refused(connection: Connection, statement: Executable) -> None:
    with pytest.raises(IntegrityError, match="added, never changed"), connection.begin_nested():
        connection.execute(statement)
