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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the rooms, to be spoilt."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    return tmp_path


def test_the_contracts_hold() -> None:
    verdict = judge(ROOT)
    assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize("contract", BROKEN)
def test_a_broken_contract_is_caught(copy: Path, contract: str) -> None:
    path, line = BROKEN[contract]
    module = copy / path
    module.write_text(f"{module.read_text('utf-8')}\n{line}\n", "utf-8")
    verdict = judge(copy)
    assert verdict.returncode == 1
    assert any(
        contract in printed and "BROKEN" in printed for printed in verdict.stdout.splitlines()
    ), verdict.stdout


def test_a_room_without_a_place_is_caught(copy: Path) -> None:
    (copy / "cases" / "helpers.py").write_text("", "utf-8")
    verdict = judge(copy)
    assert verdict.returncode == 1
    assert "cases.helpers" in verdict.stdout
