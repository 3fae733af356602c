"""A module that outgrows its screenfuls becomes a folder of the same name."""

from __future__ import annotations

from tests.house.tree import ROOMS, Module, modules

LINES = 400
LINES_OF_A_TEST = 500
"""Tests are lists of sentences, read one at a time."""
LONGER = {
    "cases/audit/tribune_verify.py": 2200,  # one file that a person can carry and read
}
"""Modules that may not become folders, and how long they may be."""


def too_long(module: Module) -> list[str]:
    """The module, if it has more lines than a reader has patience."""
    lines = len(module.source.splitlines())
    usual = LINES_OF_A_TEST if module.path.startswith("tests/") else LINES
    limit = LONGER.get(module.path, usual)
    return [f"{module.path}: {lines} lines"] if lines > limit else []


def test_no_module_is_longer_than_400_lines() -> None:
    # Released migrations are records, written by a tool and never edited: they may be long.
    everywhere = modules(*ROOMS, "benchmarks", "tests")
    assert [fault for module in everywhere for fault in too_long(module)] == []


def test_a_longer_module_is_caught() -> None:
    assert too_long(Module("cases/everything.py", "x = 1\n" * (LINES + 1)))
    assert not too_long(Module("cases/enough.py", "x = 1\n" * LINES))
    for path, limit in LONGER.items():
        assert too_long(Module(path, "x = 1\n" * (limit + 1)))
