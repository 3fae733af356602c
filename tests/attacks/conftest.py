"""Worlds to be attacked (`tests/world.py`)."""

from tests.world import world

__all__ = ["world"]
