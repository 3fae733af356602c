"""The roles that `compose.yaml` makes: one migrates, the other cannot touch the trail."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from cases import migrations
from tests import postgres, sweeper
from tests.house.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

FORBIDDEN = (
    "UPDATE audit_event SET lane = 1",
    "DELETE FROM audit_event",
    "DELETE FROM audit_body",
    "TRUNCATE audit_event CASCADE",
    "INSERT INTO audit_leaf DEFAULT VALUES",
    "INSERT INTO audit_checkpoint DEFAULT VALUES",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "DROP TABLE audit_event",
    "SET session_replication_role = replica",
    "CREATE TABLE stray (id integer)",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A server of its own, on which compose's script has run: roles belong to a whole server."""
    if "TEST_DATABASE_URL" in os.environ:
        pytest.skip("a given server's roles are not for a test to make")
    folder = postgres.run_dir()
    try:
        url = make_url(postgres.server(folder))
        _run_the_script(url, tmp_path_factory.mktemp("secrets"))
        for branch, name in (("main", "tribune"), ("vault", "tribune_vault")):
            owner = url.set(username="tribune_owner", database=name)
            migrations.upgrade(owner.render_as_string(hide_password=False), branch)
        yield url
    finally:
        sweeper.sweep(folder)


def _run_the_script(url: URL, secrets: Path) -> None:
    for role in ("owner", "app"):
        (secrets / role).write_text("a-password", "utf-8")
    config = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["configs"]["roles"]
    script = config["content"].replace("$$", "$").replace("/run/secrets", str(secrets))
    psql = postgres.binaries() / "psql"
    program = str(psql) if psql.exists() else shutil.which("psql")
    assert program, "no psql beside the server"
    subprocess.run(
        ["/bin/sh", "-c", script],
        env={
            "PATH": f"{os.path.dirname(program)}:/usr/bin:/bin",  # noqa: PTH120 -- a search path
            "PGHOST": str(url.query["host"]),
        },
        check=True,
        capture_output=True,
    )


def run_as(url: URL, role: str, statement: str, database: str = "tribune") -> None:
    """Run one statement as one of the roles."""
    engine = create_engine(url.set(username=role, database=database), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_cannot_touch_the_trail(cluster: URL, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        run_as(cluster, "tribune_app", statement)


@pytest.mark.parametrize(
    ("database", "statement"),
    [
        ("tribune", "SELECT * FROM audit_event"),
        ("tribune", "UPDATE cases SET state = state"),
        ("tribune", "DELETE FROM record"),
        ("tribune_vault", "DELETE FROM shred_key"),
        ("tribune_vault", "INSERT INTO shred_key VALUES ('\\x00', 1, '\\x00')"),
    ],
)
def test_the_application_can_do_its_work(cluster: URL, database: str, statement: str) -> None:
    run_as(cluster, "tribune_app", statement, database)
