"""Worlds for the doors (`tests/world.py`)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.world import World, a_world, run_folder, world

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["small_world", "world"]


@pytest.fixture(scope="module")
def small_world(pytestconfig: pytest.Config) -> Iterator[World]:
    """An administration of this module's own on SQLite alone, for what no database decides."""
    with ExitStack() as undo:
        yield a_world(run_folder(pytestconfig), "sqlite", undo)
