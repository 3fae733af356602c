"""Programs in Go, whose checksum database has its own implementation of notes and trees; Debian packages it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

GOPATH = Path("/usr/share/gocode")
"""Where Debian puts the sources of Go packages (golang-golang-x-mod-dev)."""


def built(program: str, folder: Path) -> Path:
    """The program, compiled from Debian's sources; the test is skipped where they are not."""
    if not shutil.which("go"):
        pytest.skip("Go is not installed (Debian: golang-go)")
    if not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("Go's x/mod is not installed (Debian: golang-golang-x-mod-dev)")
    (folder / "main.go").write_text(program, "utf-8")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GO111MODULE": "off",
        "CGO_ENABLED": "0",
    }
    done = subprocess.run(
        ["go", "build", "-o", "gopher", "main.go"],
        cwd=folder,
        env=env,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "gopher"


def answers(gopher: Path, questions: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """What a program that reads a list of questions as JSON says to each."""
    asked = subprocess.run(
        [gopher], input=json.dumps(questions).encode(), capture_output=True, check=True
    )
    said: list[dict[str, str]] = json.loads(asked.stdout)
    assert len(said) == len(questions) > 0
    return said
