"""The seeded queue on PostgreSQL: a throw-away server, and what the queue reads copied into it."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import create_engine, inspect, make_url, select
from sqlmodel import SQLModel

from benchmarks.places import ROOT, Place
from cases import migrations
from cases.models.case import CaseWrap, KeyKind, Record
from tests import postgres

LEFT_OUT = frozenset({"case_chain", "reporter_key", "service_message"})
"""What no page of the queue reads. Of wraps and records only the cases' keys and titles are copied."""
FETCH = 5_000


@contextmanager
def a_server() -> Generator[str | None]:
    """The address of a PostgreSQL for one run, or None where none can be started."""
    folder = postgres.run_dir()
    # It outlives this process if need be: whatever ends the run, the server is stopped.
    sweeper = subprocess.Popen(
        [sys.executable, "-I", "-S", str(ROOT / "tests" / "sweeper.py"), str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )
    try:
        yield _started(folder)
    finally:
        sweeper.communicate()


def _started(folder: Path) -> str | None:
    try:
        return postgres.server(folder)
    except (postgres.NoPostgres, subprocess.CalledProcessError, OSError):
        return None


def copied(place: Place, server_url: str) -> str:
    """Copy what the queue reads into a new database; gives its address."""
    url = postgres.create(server_url, f"bench_{uuid4().hex[:8]}")
    migrations.upgrade(url, "main")
    source = create_engine(f"sqlite:///{place.directory / 'tribune.db'}")
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with source.connect() as rows, psycopg.connect(plain) as target:
        target.execute("SET session_replication_role = replica")  # foreign keys of rows left out
        known = set(inspect(source).get_table_names())
        for table in SQLModel.metadata.sorted_tables:
            if table.name in LEFT_OUT or table.name not in known:
                continue
            statement = select(table)
            if table.name == CaseWrap.__tablename__:
                statement = statement.where(table.c.kind == KeyKind.INT)
            if table.name == Record.__tablename__:
                statement = statement.where(table.c.field == "title")
            found = rows.execution_options(yield_per=FETCH).execute(statement)
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            with target.cursor().copy(f'COPY "{table.name}" ({names}) FROM STDIN'.encode()) as copy:
                for row in found:
                    copy.write_row([_plain(value) for value in row])
        target.execute("SET session_replication_role = origin")
        target.commit()
        target.execute("ANALYZE")  # as its own daemon does in service; the tests' server has it off
        target.commit()
    source.dispose()
    return url


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value
