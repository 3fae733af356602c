"""What is under version control names no machine and keeps no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import ROOT, tracked

if TYPE_CHECKING:
    from collections.abc import Iterator

FORBIDDEN = {
    "a registry's host": r"(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)\b",
    "a path of one machine": r"(?<![\w./~-])/(?:work|root|opt/pypi|opt/wheels|home/\w+|Users/\w+)/",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    "a token": r"\b(?:ghp|gho|glpat|xox[bp])[-_][A-Za-z0-9]{16,}|\bAKIA[0-9A-Z]{16}\b",
    "an address with a password": r"\b[a-z+]+://[^\s:/@\"'{}<>]+:[^\s@\"'{}<>$*…]+@(?!localhost|127\.)",
}
"""What it is -> how it looks. Its own patterns do not match themselves."""

NOT_TEXT = (".png", ".woff2", ".ico", ".zip", ".bin", ".gz")
NEVER_KEPT = re.compile(r"(?:^|/)(?:\.env|.*\.(?:key|pem|db|db-wal|db-shm|sqlite3?))$")


def tells_too_much(name: str, text: str) -> Iterator[str]:
    """What a file gives away, as `file:line: what`."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FORBIDDEN.items():
            if re.search(pattern, line):
                yield f"{name}:{number}: {what}"


def test_no_file_names_a_machine_or_keeps_a_secret() -> None:
    faults = [
        fault
        for path in tracked()
        if path.suffix not in NOT_TEXT
        for fault in tells_too_much(
            path.relative_to(ROOT).as_posix(), path.read_text("utf-8", errors="replace")
        )
    ]
    assert faults == []


def test_no_key_and_no_database_is_kept() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert [name for name in names if NEVER_KEPT.search(name)] == []


@pytest.mark.parametrize(
    "line",
    [
        "index-url = https://files.python" + "hosted.org/simple",
        "cd /wo" + "rk/main && make",
        "see /ho" + "me/someone/notes",
        "-----BEGIN PRIV" + "ATE KEY-----",
        "TOKEN=ghp_" + "a" * 36,
        "postgresql://tribune:hunter2" + "@db.example/tribune",
    ],
)
def test_what_tells_too_much_is_caught(line: str) -> None:
    assert list(tells_too_much("README.md", line))


def test_a_key_or_a_database_is_caught() -> None:
    for name in ("keys/root.key", ".env", "tribune.db", "build/vault.db-wal"):
        assert NEVER_KEPT.search(name)
    assert not NEVER_KEPT.search("cases/sealing/keyring.py")
