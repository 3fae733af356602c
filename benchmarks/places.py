"""Installations that can be served."""

from dataclasses import dataclass
from pathlib import Path

from api import demo, settings
from api.demo import DemoCast

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Place:
    """An installation in a directory.

    Attributes:
        cases: how many were seeded.
    """

    directory: Path
    cast: DemoCast
    cases: int = 0


def empty(directory: Path) -> Place:
    """A demo without cases."""
    chosen = settings.for_directory(directory)
    return Place(directory, demo.create_demo(directory, chosen, one_password=True))
