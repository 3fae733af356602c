"""Read the vectors of tests/vectors as parametrised cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "vectors"

Vector = dict[str, Any]


def cases(folder: str) -> pytest.MarkDecorator:
    """One test for each file of a folder, under the file's name."""
    files = sorted((FOLDER / folder).glob("*.json"))
    return pytest.mark.parametrize(
        "vector", [pytest.param(json.loads(file.read_bytes()), id=file.stem) for file in files]
    )


def pattern(length: int) -> bytes:
    """The plaintext of a vector that states only a length."""
    return (bytes(range(251)) * (length // 251 + 1))[:length]
