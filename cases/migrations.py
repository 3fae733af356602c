"""Bring a database to the newest shape: Alembic, set up in code so that no file needs a path."""

from pathlib import Path

from alembic import command
from alembic.config import Config

SCRIPTS = Path(__file__).resolve().parents[1] / "alembic"

BRANCHES = ("main", "vault")
"""The main database and the vault are two databases with two histories."""


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
    command.upgrade(configuration(url, branch), revision)


def downgrade(url: str, branch: str, revision: str) -> None:
    """Take the database at `url` down to `revision` (`base` for nothing)."""
    command.downgrade(configuration(url, branch), revision)
