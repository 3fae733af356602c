"""Installations that can be served."""

import shutil
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


def fresh(folder: Path, name: str) -> Place:
    """A demo without cases in `folder/name`: a copy of one that is made once in each folder."""
    template = folder / "template"
    if not template.exists():
        empty(template)
    directory = folder / name
    shutil.copytree(template, directory)
    cast = demo.serve_from(settings.for_directory(directory), url=demo.DEFAULT_URL)
    return Place(directory, cast)


def empty(directory: Path) -> Place:
    """A demo without cases."""
    chosen = settings.for_directory(directory)
    return Place(directory, demo.create_demo(directory, chosen, one_password=True))
