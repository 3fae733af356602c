"""The roles that `compose.yaml` makes: one migrates, one cannot touch the trail, one keeps it alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool
from sqlmodel import select

from api import demo, settings, wiring
from api.sequencing import Sequencing
from cases import delivery, intake, migrations, verification
from cases.audit import erasure, storage
from cases.database import connect, trail_work
from cases.intake import Receipt, Submission
from cases.models.case import Case
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
    "DELETE FROM audit_erasure",
    "INSERT INTO audit_publication DEFAULT VALUES",
    "DELETE FROM audit_pending",
)
NOT_THE_SEQUENCERS = (
    "SELECT * FROM cases",
    "SELECT * FROM record",
    "SELECT * FROM audit_body",
    "SELECT digest FROM directory_head",
    "UPDATE audit_event SET lane = 1",
    "DELETE FROM audit_leaf",
    "SELECT tribune_erase(ARRAY[]::uuid[])",
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
    for role in ("owner", "app", "seq"):
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


@pytest.mark.parametrize("statement", NOT_THE_SEQUENCERS)
def test_the_sequencer_sees_no_case_and_changes_no_entry(cluster: URL, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        run_as(cluster, "tribune_seq", statement)


def test_with_these_rights_alone_events_become_leaves_are_signed_and_are_erased(
    cluster: URL, tmp_path: Path
) -> None:
    found = settings.for_directory(
        tmp_path,
        database_url=as_role(cluster, "tribune_owner", "tribune"),
        vault_url=as_role(cluster, "tribune_owner", "tribune_vault"),
    )
    demo.create_demo(tmp_path, found, one_password=True)
    own = wiring.open_log(found, connect(as_role(cluster, "tribune_seq", "tribune"), pool_size=1))
    now = datetime.now(UTC).replace(microsecond=0)
    beats = Sequencing(lambda: own, tick=timedelta(0), clock=lambda: now, steady=lambda: 0.0)
    beats.turn()
    as_app = found.model_copy(
        update={
            "database_url": SecretStr(as_role(cluster, "tribune_app", "tribune")),
            "vault_url": SecretStr(as_role(cluster, "tribune_app", "tribune_vault")),
        }
    )
    house = wiring.open_house(as_app, publish_receipt=lambda _: None)
    try:
        intake.submit(intake.prepare(house, Submission(body="x")), Receipt(bytes(32)))
        beats.turn()
        delivery.deliver(house)
        assert [one.code for one in verification.scrub(house) if one.is_fault] == []
        beats.turn()
        with house.unit_of_work() as db:
            case = db.exec(select(Case)).one()
            assert case.delivered
            assert erasure.erase_case(db, case) > 0
        beats.turn()
        with trail_work(own.engine, read_only=True) as db:
            assert storage.published_checkpoint(db) is not None
        assert {one.code for one in verification.verify(house)} == {"bodies_erased"}
    finally:
        house.close()
        own.engine.dispose()


def as_role(url: URL, role: str, database: str) -> str:
    """The address of a database as one of the roles."""
    return url.set(username=role, database=database).render_as_string(hide_password=False)
