"""What is installed from the wheel is whole: the rooms, their data and the migrations."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import ROOMS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

NOT_SHIPPED = ("__pycache__", ".DS_Store")
UPGRADES = """
import sys
from cases import migrations
assert migrations.__file__.startswith(sys.argv[1]), migrations.__file__
for branch in ("main", "vault"):
    migrations.upgrade(f"sqlite:///{sys.argv[1]}/{branch}.db", branch)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def missing(names: set[str]) -> list[str]:
    """Files of the tree that a wheel with these names would not install."""
    needed = {
        path.relative_to(ROOT).as_posix()
        for room in (*ROOMS, "alembic")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and not any(part in NOT_SHIPPED for part in path.parts)
    }
    assert needed
    return sorted(
        name for name in needed if name.replace("alembic/", "cases/_alembic/", 1) not in names
    )


def test_the_wheel_holds_every_file_of_the_rooms(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        assert missing(set(opened.namelist())) == []


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        top = {name.split("/")[0] for name in opened.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == set(ROOMS)


def test_a_missing_file_is_caught(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    assert missing(names - {"cases/_alembic/env.py"}) == ["alembic/env.py"]


def test_what_the_wheel_installs_can_migrate(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path)
    subprocess.run(
        [sys.executable, "-c", UPGRADES, str(tmp_path)],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        check=True,
    )
