"""Bring a database to the newest shape: Alembic, set up in code so that no file needs a path."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, select

from cases.database import READ_ONLY, connect
from cases.errors import OutOfDate

HERE = Path(__file__).resolve()
IN_THE_TREE, IN_THE_WHEEL = HERE.parents[1] / "alembic", HERE.parent / "_alembic"
SCRIPTS = IN_THE_WHEEL if IN_THE_WHEEL.is_dir() else IN_THE_TREE


class WouldLoseRows(RuntimeError):
    """A downgrade would drop a table that holds rows."""

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} holds rows; take them elsewhere, or delete the database")
        self.table = table


def configuration(url: str, branch: str) -> Config:
    """Alembic's settings for one of the two databases.

    Args:
        url: where the database is.
        branch: `main` or `vault`.
    """
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("version_locations", str(SCRIPTS / "versions" / branch))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    config.attributes["branch"] = branch
    return config


def upgrade(url: str, branch: str, revision: str = "head") -> None:
    """Take the database at `url` up to `revision`."""
    # A start of a service that is up to date need not read every file of the history.
    if revision == "head" and _stands_at(url) == newest(branch):
        return
    command.upgrade(configuration(url, branch), revision)


def check(engine: Engine, branch: str) -> None:
    """Make sure that a database has the shape this version works with.

    Raises:
        OutOfDate: it is older, or newer.
    """
    with engine.execution_options(**READ_ONLY).connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() != newest(branch):
            raise OutOfDate(branch)


def _stands_at(url: str) -> str | None:
    engine = connect(url)
    try:
        with engine.execution_options(**READ_ONLY).connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


@cache
def newest(branch: str) -> str | None:
    """The revision this version works with; every file of the history is read for it."""
    return ScriptDirectory.from_config(configuration("", branch)).get_current_head()


def downgrade(url: str, branch: str, revision: str) -> None:
    """Take the database at `url` down to `revision` (`base` for nothing).

    Raises:
        WouldLoseRows: before the first revision there is no place for what a table holds.
    """
    if revision == "base":
        _refuse_to_lose_rows(url)
    command.downgrade(configuration(url, branch), revision)


def _refuse_to_lose_rows(url: str) -> None:
    engine = connect(url)
    try:
        with engine.connect() as connection:
            found = MetaData()
            found.reflect(connection)
            for table in found.sorted_tables:
                rows = connection.execute(select(table).limit(1)).first()
                if rows is not None and table.name != "alembic_version":
                    raise WouldLoseRows(table.name)
    finally:
        engine.dispose()


def write(url: str, branch: str, message: str) -> None:
    """Write a revision that takes the database at `url`, which is at head, to today's tables."""
    command.revision(configuration(url, branch), message=message, autogenerate=True)
