"""What every migration has to show, on both databases.

A revision brings a file `tests/migrations/revisions/<revision>.py` with two classes:

    class UpgradeCase:
        \"\"\"What must be true after going up to this revision from the one before.\"\"\"
        def load(self, connection): ...    # rows at the revision before; `seed.sow` has run already
        def check(self, connection): ...   # at this revision

    class DowngradeCase:
        loses_data = False                 # True: with rows in it, it must refuse to go down
        def load(self, connection): ...    # rows at this revision; `seed.sow` has run already
        def check(self, connection): ...   # at the revision before

They speak the standard library, pytest and SQLAlchemy's Core, and no code of ours: it will change,
and what a released migration does must not. Which revision precedes which is Alembic's to say.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cases import migrations
from tests.databases import BRANCHES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from types import ModuleType

    from alembic.script import Script
    from sqlalchemy import Connection

    from tests.databases import Branch

FOLDER = Path(__file__).parent
REVISIONS = FOLDER / "revisions"
HEAD_MARKER = FOLDER / "HEAD_MARKER"
"""Names the newest revisions, so that two branches with a migration each conflict in git."""


class UpgradeCase(Protocol):
    """What must be true after going up."""

    def load(self, connection: Connection) -> None: ...
    def check(self, connection: Connection) -> None: ...


class DowngradeCase(UpgradeCase, Protocol):
    """What must be true after going down."""

    loses_data: bool


@dataclass(frozen=True)
class Revision:
    """One step of a history."""

    branch: Branch
    name: str
    parent: str
    """The revision before it, or `base`."""

    def __str__(self) -> str:
        return self.name

    def up(self) -> UpgradeCase:
        """Its own demands on going up."""
        case: UpgradeCase = _brought_by(self).UpgradeCase()
        return case

    def down(self) -> DowngradeCase:
        """Its own demands on going down."""
        case: DowngradeCase = _brought_by(self).DowngradeCase()
        return case


def scripts(branch: Branch) -> ScriptDirectory:
    """Alembic's view of one history."""
    return ScriptDirectory.from_config(migrations.configuration("sqlite://", branch))


def revisions() -> list[Revision]:
    """Every revision of both histories, oldest first."""
    return [
        Revision(branch, script.revision, _only_parent(script))
        for branch in BRANCHES
        for script in reversed(list(scripts(branch).walk_revisions()))
    ]


def open_(url: str) -> AbstractContextManager[Connection]:
    """A connection in a transaction of its own."""
    return create_engine(url, poolclass=NullPool).begin()


def files() -> Iterator[Path]:
    """What the revisions brought."""
    yield from sorted(REVISIONS.glob("*.py"))


def _only_parent(script: Script) -> str:
    assert script.down_revision is None or isinstance(script.down_revision, str), script.revision
    return script.down_revision or "base"


def _brought_by(revision: Revision) -> ModuleType:
    path = REVISIONS / f"{revision.name}.py"
    assert path.exists(), f"revision {revision.name} brings no {path.relative_to(FOLDER.parent)}"
    spec = importlib.util.spec_from_file_location(f"revision_{revision.name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
