"""What every test may ask for: databases of both kinds, and the shared material.

One run has one folder, made by the process that steers the workers and swept by another one when
it ends. In it: the PostgreSQL server, started when the first test asks for it; and the templates,
migrated once and copied for each test.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import pytest
from filelock import FileLock
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase
from sqlalchemy import make_url

from cases import migrations
from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

Kind = Literal["sqlite", "postgres"]
Branch = Literal["main", "vault"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
BRANCHES: tuple[Branch, ...] = ("main", "vault")

RUN = pytest.StashKey[Path]()
SWEEPER = pytest.StashKey[subprocess.Popen[bytes]]()

# Two busy cores make any deadline a lie. CI repeats itself; a desk looks further each time.
settings.register_profile(
    "house",
    deadline=None,
    derandomize="CI" in os.environ,
    database=None if "CI" in os.environ else DirectoryBasedExampleDatabase("build/hypothesis"),
)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder, or take over the one the steering process made."""
    if hasattr(config, "workerinput"):
        config.stash[RUN] = Path(config.workerinput["run"])
        return
    folder = config.stash[RUN] = postgres.run_dir()
    config.stash[SWEEPER] = subprocess.Popen(
        [sys.executable, "-I", "-S", str(ROOT / "tests" / "sweeper.py"), str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the tests; the sweeper has to outlive it
        cwd="/",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Session) -> None:
    """Tell a worker where the run's folder is."""
    node.workerinput["run"] = str(node.config.stash[RUN])  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the sweeper go to work, and wait until it is done."""
    if sweeper := config.stash.get(SWEEPER, None):
        Databases(config.stash[RUN]).discard_templates()
        sweeper.communicate()


@dataclass(frozen=True)
class Backend:
    """Two fresh databases of one kind."""

    kind: Kind
    main_url: str
    vault_url: str
    directory: Path
    """Empty but for the database files of SQLite; gone after the test."""

    def __repr__(self) -> str:
        return self.kind

    def url(self, branch: Branch) -> str:
        """The address of one of the two."""
        return self.main_url if branch == "main" else self.vault_url


@dataclass(frozen=True)
class Databases:
    """Makes databases for the tests of one run, and takes them away again."""

    run: Path

    def fresh(self, kind: Kind, *, migrated: bool = True) -> Backend:
        """Two new databases: at head, or empty."""
        name = f"tribune_{uuid4().hex[:12]}"
        directory = self.run / name
        directory.mkdir()
        if kind == "sqlite":
            main, vault = (self._new_sqlite(directory, b, migrated=migrated) for b in BRANCHES)
        else:
            main, vault = (self._new_postgres(name, b, migrated=migrated) for b in BRANCHES)
        return Backend(kind, main, vault, directory)

    def discard(self, backend: Backend) -> None:
        """Remove them, whoever still holds a connection."""
        if backend.kind == "postgres":
            names = [make_url(url).database or "" for url in (backend.main_url, backend.vault_url)]
            postgres.drop(postgres.server(self.run), *names)
        shutil.rmtree(backend.directory)

    def discard_templates(self) -> None:
        """Remove the templates from a server that outlives the run."""
        if "TEST_DATABASE_URL" in os.environ:
            notes = [self.run / f"postgres-{branch}" for branch in BRANCHES]
            names = [note.read_text("utf-8") for note in notes if note.exists()]
            postgres.drop(postgres.server(self.run), *names)

    def _new_sqlite(self, directory: Path, branch: Branch, *, migrated: bool) -> str:
        path = directory / f"{branch}.db"
        if migrated:
            shutil.copyfile(self._template("sqlite", branch), path)
        return f"sqlite:///{path}"

    def _new_postgres(self, name: str, branch: Branch, *, migrated: bool) -> str:
        template = self._template("postgres", branch) if migrated else None
        return postgres.create(postgres.server(self.run), f"{name}_{branch}", template=template)

    def _template(self, kind: Kind, branch: Branch) -> str:
        """A migrated database to copy: a file, or a name. Made by the first who asks."""
        made = self.run / f"{kind}-{branch}"
        with FileLock(f"{made}.lock"):
            if not made.exists():
                make = self._sqlite_template if kind == "sqlite" else self._postgres_template
                made.write_text(make(branch), "utf-8")
        return made.read_text("utf-8")

    def _sqlite_template(self, branch: Branch) -> str:
        path = self.run / f"template-{branch}.db"
        migrations.upgrade(f"sqlite:///{path}", branch)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # one file holds it all
        connection.close()
        return str(path)

    def _postgres_template(self, branch: Branch) -> str:
        name = f"tribune_template_{uuid4().hex[:8]}_{branch}"
        migrations.upgrade(postgres.create(postgres.server(self.run), name), branch)
        return name


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    """Makes databases; for tests that need more than one pair."""
    return Databases(pytestconfig.stash[RUN])


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Backend]:
    """Two databases at head, on SQLite and again on PostgreSQL."""
    made = databases.fresh(request.param)
    yield made
    databases.discard(made)


@pytest.fixture(params=KINDS)
def empty_backend(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Backend]:
    """Two databases without a table, on SQLite and again on PostgreSQL."""
    made = databases.fresh(request.param, migrated=False)
    yield made
    databases.discard(made)


@pytest.fixture(scope="module", params=KINDS)
def lasting_backend(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Backend]:
    """Two databases at head for a whole module, whose tests mind only their own rows."""
    made = databases.fresh(request.param)
    yield made
    databases.discard(made)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The material beside the project: texts, vectors. Never copied into it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared material is not beside this checkout (../shared)")
    return folder
