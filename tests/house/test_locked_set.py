"""What is installed is what was locked: names, versions and hashes, and no word of where from."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise

import pytest

from tests.house.tree import ROOT

LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)(?:\[[\w,-]+\])?==(?P<version>[\w.+!]+)(?: ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def unlocked(text: str) -> list[str]:
    """Lines that are neither a pinned name, nor a hash, nor a comment on who asked for it.

    A pinned name that no hash follows counts too.
    """
    lines = text.splitlines()
    strange = [
        line
        for line in lines
        if not PINNED.match(line) and not HASH.match(line) and not re.match(r"^ +# ", line)
    ]
    bare = [one for one, two in pairwise([*lines, ""]) if PINNED.match(one) and not HASH.match(two)]
    return strange + bare


def locked(lock: str) -> dict[str, str]:
    """Name -> version."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    return {found["name"]: found["version"] for line in lines if (found := PINNED.match(line))}


def named(requirements: list[str]) -> set[str]:
    """The names a list of requirements asks for."""
    return {re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0] for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_pinned_and_hashed(lock: str) -> None:
    assert unlocked((ROOT / lock).read_text("utf-8")) == []
    assert locked(lock)


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    assert named(project["project"]["dependencies"]) <= locked("requirements.lock").keys()
    assert named(groups["build"]) <= locked("requirements-build.lock").keys()
    assert named(groups["dev"]) <= locked("requirements-dev.lock").keys()


def test_the_locks_agree_with_each_other() -> None:
    run, build, dev = (locked(lock) for lock in LOCKS)
    assert run.items() <= dev.items()
    assert {name: build[name] for name in build.keys() & run.keys()}.items() <= run.items()


def test_an_unlocked_line_is_caught() -> None:
    digest = f"    --hash=sha256:{'0' * 64}"
    assert unlocked(f"alembic==1.20.1 \\\n{digest}\n    # via tribune (pyproject.toml)") == []
    assert unlocked("alembic==1.20.1")
    assert unlocked("alembic==1.20.1 \\\nanyio==4.16.0 \\\n" + digest)
    assert unlocked(f"--index-url somewhere\nalembic==1.20.1 \\\n{digest}")
    assert unlocked("tribune @ file:///somewhere")
