"""What every test may ask for: databases of both kinds, and the shared material.

One run has one folder, made by the process that steers the workers and swept by another one when
it ends. In it: the PostgreSQL server, started when the first test asks for it; the templates; and
the databases themselves (`tests/databases.py`).
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests import compiling, postgres
from tests.databases import KINDS, Backend, Databases

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

RUN = pytest.StashKey[Path]()
SWEEPER = pytest.StashKey[subprocess.Popen[bytes]]()

# Two busy cores make any deadline a lie. CI repeats itself; a desk looks further each time, and furthest
# with `--hypothesis-profile=further`.
settings.register_profile("further", deadline=None, max_examples=2_000)
settings.register_profile(
    "house",
    deadline=None,
    max_examples=20,
    derandomize="CI" in os.environ,
    database=None if "CI" in os.environ else DirectoryBasedExampleDatabase("build/hypothesis"),
)
settings.load_profile("house")

# Tests make much and keep little: collecting at the usual rate takes a tenth of the run.
gc.set_threshold(100_000, 50, 1_000)

compiling.share()


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the second database where a test says that none decides what it shows."""
    twins = {one for one in items if _on_postgres(one) and one.get_closest_marker("one_database")}
    if twins:
        config.hook.pytest_deselected(items=[one for one in items if one in twins])
        items[:] = [one for one in items if one not in twins]


def _on_postgres(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and "postgres" in callspec.params.values()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Session) -> None:
    """Tell a worker where the run's folder is."""
    node.workerinput["run"] = str(node.config.stash[RUN])  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the sweeper go to work, and wait until it is done."""
    if sweeper := config.stash.get(SWEEPER, None):
        Databases(config.stash[RUN]).discard_templates()
        sweeper.communicate()


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """Makes databases; for tests that need more than one pair."""
    made = Databases(pytestconfig.stash[RUN])
    yield made
    made.close()


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
