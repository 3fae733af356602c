"""Imports run one way, and the drawing of it in `pyproject.toml` cannot drift from the code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT

BROKEN = {
    "Doors open onto rooms": ("cases/errors.py", "import api.guard"),
    "Inside cases": ("cases/sealing/envelope.py", "import cases.audit"),
    "Rooms and rules know no web framework": ("cases/errors.py", "import fastapi"),
    "Rules touch no database": ("workflows/model.py", "import sqlmodel"),
    "Ciphers stay in the sealing room": ("cases/actors.py", "import cryptography.hazmat"),
    "Doors write no SQL": ("api/guard.py", "import sqlalchemy"),
    "Only these may hold a key": ("api/guard.py", "import cases.sealing.keyring"),
}
"""Contract -> a module, and an import in it that the contract forbids."""


def judge(folder: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the rooms in a folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy in which every contract is broken once, and a room has no place."""
    folder = tmp_path_factory.mktemp("spoilt")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    for path, line in BROKEN.values():
        with (folder / path).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    (folder / "cases" / "helpers.py").touch()
    verdict = judge(folder)
    assert verdict.returncode == 1
    return verdict.stdout


def test_the_contracts_hold() -> None:
    verdict = judge(ROOT)
    assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize("contract", BROKEN)
def test_a_broken_contract_is_caught(spoilt: str, contract: str) -> None:
    path, line = BROKEN[contract]
    importer, imported = path.removesuffix(".py").replace("/", "."), line.removeprefix("import ")
    verdicts, details = spoilt.split("Broken contracts")
    assert any(contract in said and "BROKEN" in said for said in verdicts.splitlines())
    assert importer in details.split(contract, 1)[1]
    assert imported.split(".")[0] in details.split(contract, 1)[1]


def test_a_room_without_a_place_is_caught(spoilt: str) -> None:
    assert "cases.helpers" in spoilt
