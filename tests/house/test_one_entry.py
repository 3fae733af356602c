"""What README and CI tell people to run is there, and is the same thing."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.house.tree import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, flags=re.MULTILINE))
PROMISED = {"install", "serve", "test", "check", "bench", "migration", "openapi"}


def unknown_targets(text: str) -> list[str]:
    """`make something` in a text, where the Makefile has no such target."""
    named = re.findall(r"(?:^|`|\$ |    )make ([a-z][a-z-]*)", text, flags=re.MULTILINE)
    return [name for name in named if name not in TARGETS]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_commands_people_are_told_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "make test" in text
    assert unknown_targets(text) == []


def test_a_command_that_does_not_exist_is_caught() -> None:
    assert unknown_targets("Then run `make coffee`.") == ["coffee"]
    assert unknown_targets("    make tea\n") == ["tea"]
    assert unknown_targets("It cannot make sense.") == []


def test_the_promised_targets_are_there_and_explained() -> None:
    # Inside `make test` a second make would say which directory it enters.
    ask = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True)
    explained = {line.split()[0] for line in shown.stdout.splitlines()}
    assert explained >= PROMISED
    assert explained == TARGETS


def test_ci_runs_the_tests_and_the_checks_and_stops_at_the_first_fault() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "set -euo pipefail" in CI
    assert {"make check", "make test"} <= set(CI.splitlines())
