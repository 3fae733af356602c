"""Stories are told in a world of their own (`tests/world.py`)."""

from tests.world import world

__all__ = ["world"]
