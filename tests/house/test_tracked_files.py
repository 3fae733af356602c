"""What is under version control names no machine, keeps no secret and points at nothing that is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import ROOT, tracked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FORBIDDEN = {
    "a registry's host": r"(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)\b",
    "a path of one machine": r"(?<![\w./~-])/(?:work|root|opt/pypi|opt/wheels|home/\w+|Users/\w+)/",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    "a token": r"\b(?:ghp|gho|glpat|xox[bp])[-_][A-Za-z0-9]{16,}|\bAKIA[0-9A-Z]{16}\b",
    "an address with a password": r"\b[a-z+]+://[^\s:/@\"'{}<>]+:[^\s@\"'{}<>$*…]+@(?!localhost|127\.)",
}
"""What it is -> how it looks. Its own patterns do not match themselves."""

ELSEWHERE = {
    "a ruling": r"\b[Rr]ulings? [A-Z][0-9]",
    "a page of somebody's notes": r"\bdomain [0-9]",
    "a rule's number": r"\b(?:COI-R|DC-|EUD-|SEC-)[0-9]",
    "a bare number in brackets": r"\([A-D][0-9]{1,2}(?:, [A-Z][0-9]{1,2})*\)",
}
"""Pointers to what a reader of this repository does not have; the reason itself belongs in their place."""

DOCUMENT = re.compile(r"[\w/.-]*\w\.md\b")
AS_RELEASED = frozenset({"workflows/definitions/complaint.v1.toml"})
"""Never changed again, so that their first line may name what nobody else has."""

NOT_TEXT = (".png", ".woff2", ".ico", ".zip", ".bin", ".gz")
NEVER_KEPT = re.compile(r"(?:^|/)(?:\.env|.*\.(?:key|pem|db|db-wal|db-shm|sqlite3?))$")


def tells_too_much(name: str, text: str) -> Iterator[str]:
    """What a file gives away, as `file:line: what`."""
    yield from lines_with(FORBIDDEN, name, text)


def lines_with(patterns: Mapping[str, str], name: str, text: str) -> Iterator[str]:
    """Where one of the patterns stands in a line, as `file:line: what`."""
    # A file in which nothing is found as a whole, which most are, need not be read line by line.
    for what, pattern in patterns.items():
        if re.search(pattern, text):
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(pattern, line):
                    yield f"{name}:{number}: {what}"


def points_nowhere(name: str, text: str, documents: Collection[str]) -> Iterator[str]:
    """Where a file points at a document that is none of these, as `file:line: what`."""
    yield from lines_with(ELSEWHERE, name, text)
    for number, line in enumerate(text.splitlines(), 1):
        for found in DOCUMENT.findall(line) if ".md" in line else ():
            if found.rpartition("/")[2] not in documents:
                yield f"{name}:{number}: {found}"


def texts() -> Iterator[tuple[str, str]]:
    """Every tracked file that is text, by its name."""
    for path in tracked():
        if path.suffix not in NOT_TEXT:
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8", errors="replace")


def test_no_file_names_a_machine_or_keeps_a_secret() -> None:
    assert [fault for name, text in texts() for fault in tells_too_much(name, text)] == []


def test_no_file_points_at_a_document_that_is_not_here() -> None:
    documents = {path.name for path in tracked() if path.suffix == ".md"}
    assert [
        fault
        for name, text in texts()
        if name not in AS_RELEASED
        for fault in points_nowhere(name, text, documents)
    ] == []


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


@pytest.mark.parametrize(
    "line",
    [
        "# as ruling" + " C4 has it",
        "the definitions of domain" + " 4.1",
        "four different people (COI-" + "R06).",
        "a quarter late, DC-" + "12",
        "nothing says merged (C" + "4).",
        "the category (B" + "1, T3)",
        "its format: `sealing" + ".md` 2.13",
        "see ../notes/trail" + ".md",
    ],
)
def test_a_pointer_to_nowhere_is_caught(line: str) -> None:
    assert list(points_nowhere("cases/triage.py", line, {"README.md"}))


@pytest.mark.parametrize(
    "line",
    [
        "`COI-01` is a category, T03 a step, K3 a class of retention, F-T2 a timing",
        'found(facts, "B3", ("at", "end"))',
        "README.md has the table",
        "RFC 6962, section 2.1 (RFC 8785)",
    ],
)
def test_codes_of_the_matter_are_no_pointers(line: str) -> None:
    assert not list(points_nowhere("cases/triage.py", line, {"README.md"}))


def test_a_key_or_a_database_is_caught() -> None:
    for name in ("keys/root.key", ".env", "tribune.db", "build/vault.db-wal"):
        assert NEVER_KEPT.search(name)
    assert not NEVER_KEPT.search("cases/sealing/keyring.py")
