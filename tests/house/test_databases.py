"""The tests' own databases come back as if nobody had used them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.databases import Databases
from tests.migrations import harness, seed
from tests.schema import shape_of, triggers_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def own(databases: Databases) -> Iterator[Databases]:
    """Databases with nothing to spare."""
    made = Databases(databases.run)
    yield made
    made.close()


def test_what_comes_back_is_empty_and_still_guarded(own: Databases) -> None:
    first = own.fresh("postgres")
    before = shape_of(first.main_url), triggers_of(first.main_url)
    with harness.open_(first.main_url) as connection:
        seed.sow(connection)
    own.discard(first)
    second = own.fresh("postgres")
    assert second.main_url == first.main_url
    assert (shape_of(second.main_url), triggers_of(second.main_url)) == before
    with harness.open_(second.main_url) as connection:
        assert not any(seed.reap(connection).values())
        seed.sow(connection)
    for act in ("UPDATE audit_event SET lane = 1", "DELETE FROM audit_event"):
        with pytest.raises(IntegrityError), harness.open_(second.main_url) as connection:
            connection.execute(text(act))
    own.discard(second)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE office ADD COLUMN colour varchar",
        "DROP TABLE idempotency",
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_grows_only",
    ],
)
def test_what_has_changed_its_shape_is_not_kept(own: Databases, change: str) -> None:
    first = own.fresh("postgres")
    with harness.open_(first.main_url) as connection:
        connection.execute(text(change))
    own.discard(first)
    assert own.spare == []
