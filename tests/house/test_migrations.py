"""Every migration goes up and down on both databases, and loses nothing on the way."""

from __future__ import annotations

import ast
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cases import migrations
from tests.databases import BRANCHES, KINDS
from tests.house.tree import ROOT, Module
from tests.migrations import harness, seed
from tests.schema import shape_of, triggers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.databases import Backend, Branch, Databases
    from tests.migrations.harness import Revision

    Standing = Callable[[Branch, str], str]

EVERY = harness.revisions()
MAY_IMPORT = {*sys.stdlib_module_names, "pytest", "sqlalchemy"}


@pytest.fixture(params=EVERY, ids=str)
def revision(request: pytest.FixtureRequest) -> Revision:
    """Each revision of both histories."""
    found: Revision = request.param
    return found


@pytest.fixture(params=KINDS)
def standing(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Standing]:
    """Makes a database as it stood at a revision, on SQLite and again on PostgreSQL."""
    with ExitStack() as stack:

        def at(branch: Branch, revision: str) -> str:
            return stack.enter_context(databases.standing(request.param, branch, revision))

        yield at


def test_going_up_keeps_every_row(revision: Revision, standing: Standing) -> None:
    url, case = standing(revision.branch, revision.parent), revision.up()
    with harness.open_(url) as connection:
        seed.sow(connection)
        case.load(connection)
        before = seed.reap(connection)
    migrations.upgrade(url, revision.branch, revision.name)
    with harness.open_(url) as connection:
        case.check(connection)
        assert seed.kept(before, seed.reap(connection)) == []


def test_going_down_keeps_every_row_or_refuses(revision: Revision, standing: Standing) -> None:
    url, case = standing(revision.branch, revision.name), revision.down()
    with harness.open_(url) as connection:
        seed.sow(connection)
        case.load(connection)
        before = seed.reap(connection)
    if case.loses_data:
        shape, triggers = shape_of(url), triggers_of(url)
        with pytest.raises(RuntimeError, match="holds rows"):
            migrations.downgrade(url, revision.branch, revision.parent)
        assert (shape_of(url), triggers_of(url)) == (shape, triggers)
    else:
        migrations.downgrade(url, revision.branch, revision.parent)
    with harness.open_(url) as connection:
        after = seed.reap(connection)
        assert seed.kept(before, after) == []
        if not case.loses_data:
            case.check(connection)


def test_going_down_undoes_going_up(revision: Revision, standing: Standing) -> None:
    url = standing(revision.branch, revision.parent)
    before = shape_of(url), triggers_of(url)
    migrations.upgrade(url, revision.branch, revision.name)
    assert (shape_of(url), triggers_of(url)) != before
    migrations.downgrade(url, revision.branch, revision.parent)
    assert (shape_of(url), triggers_of(url)) == before
    with harness.open_(url) as connection:
        if revision.down().loses_data:
            revision.down().check(connection)


@pytest.mark.parametrize("branch", BRANCHES)
def test_up_down_up_ends_where_up_ends(empty_backend: Backend, branch: Branch) -> None:
    url = empty_backend.url(branch)
    migrations.upgrade(url, branch)
    first = shape_of(url), triggers_of(url)
    migrations.downgrade(url, branch, "base")
    assert shape_of(url) == {}
    assert triggers_of(url) == set()
    migrations.upgrade(url, branch)
    assert (shape_of(url), triggers_of(url)) == first


@pytest.mark.parametrize("branch", BRANCHES)
def test_going_up_twice_changes_nothing(backend: Backend, branch: Branch) -> None:
    url = backend.url(branch)
    with harness.open_(url) as connection:
        sown = seed.sow(connection)
    before = shape_of(url), triggers_of(url)
    migrations.upgrade(url, branch)
    with harness.open_(url) as connection:
        assert seed.reap(connection) == sown
    assert (shape_of(url), triggers_of(url)) == before


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_history_has_one_beginning_and_one_end(branch: Branch) -> None:
    assert len(harness.scripts(branch).get_bases()) == 1
    assert len(harness.scripts(branch).get_heads()) == 1


def test_the_head_marker_names_the_newest_revisions() -> None:
    newest = [f"{branch} {harness.scripts(branch).get_current_head()}" for branch in BRANCHES]
    assert harness.HEAD_MARKER.read_text("utf-8").splitlines() == newest


def test_every_revision_brings_its_cases_and_no_case_is_left_over() -> None:
    assert {path.stem for path in harness.files()} == {revision.name for revision in EVERY}


def borrows_code_of_ours(module: Module) -> list[str]:
    """Imports that will have changed when the migration is run again in years."""
    return [
        f"{module.at(node)}: {name}"
        for node in module.walk()
        for name in _origins(node)
        if name.split(".")[0] not in MAY_IMPORT or name.startswith("sqlalchemy.orm")
    ]


def _origins(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=origin):
            return [origin or "."]
        case _:
            return []


def test_what_a_revision_brings_borrows_no_code_of_ours() -> None:
    brought = [Module(path.name, path.read_text("utf-8")) for path in harness.files()]
    assert brought
    assert [fault for module in brought for fault in borrows_code_of_ours(module)] == []


def test_borrowed_code_is_caught() -> None:
    for line in ("from cases.models import case", "import sqlalchemy.orm", "from . import seed"):
        assert borrows_code_of_ours(Module("0003_main.py", line))


def test_a_lost_or_changed_row_is_caught() -> None:
    before: seed.Rows = {"office": [{"id": 1, "name": None}, {"id": 2, "name": "é"}]}
    assert seed.kept(before, before) == []
    assert seed.kept(before, {"office": before["office"][:1]}) == ["office"]
    assert seed.kept(before, {"office": [{"id": 1, "name": ""}, before["office"][1]]}) == ["office"]


def packages_in(folder: Path) -> list[str]:
    """Files that would make the folder a package, and hide the library of its name."""
    return [path.name for path in folder.rglob("__init__.py")]


def test_the_folder_of_migrations_is_no_package() -> None:
    assert (ROOT / "alembic" / "env.py").exists()
    assert packages_in(ROOT / "alembic") == []


def test_a_package_there_is_caught(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "__init__.py").touch()
    assert packages_in(tmp_path) == ["__init__.py"]
