"""Databases for the tests of one run: migrated once, then copied or emptied for each test."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import make_url

from cases import migrations
from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Kind = Literal["sqlite", "postgres"]
Branch = Literal["main", "vault"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
BRANCHES: tuple[Branch, ...] = ("main", "vault")
BASE, HEAD = "base", "head"


@dataclass(frozen=True)
class Backend:
    """Two databases of one kind."""

    kind: Kind
    main_url: str
    vault_url: str
    directory: Path
    """Empty but for the database files of SQLite; gone after the test."""
    migrated: bool = True
    of_a_run: bool = False
    """Made for the tests of a run, in the run's folder."""

    def __repr__(self) -> str:
        return self.kind

    def url(self, branch: Branch) -> str:
        """The address of one of the two."""
        return self.main_url if branch == "main" else self.vault_url


@dataclass(frozen=True)
class Databases:
    """Makes databases for the tests of one run, and takes them away again.

    A copy of a template costs PostgreSQL 0.2 s, emptying what a test left behind a tenth of it; so a
    worker keeps what comes back, if a test has not changed its shape.
    """

    run: Path
    spare: list[tuple[str, str]] = field(default_factory=list)
    """Addresses of emptied pairs at head, of this worker alone."""

    def fresh(self, kind: Kind, *, migrated: bool = True) -> Backend:
        """Two databases without a row: at head, or without a table as well."""
        name = f"tribune_{uuid4().hex[:12]}"
        directory = self.run / name
        directory.mkdir()
        if kind == "postgres" and migrated and self.spare:
            main, vault = self.spare.pop()
        else:
            main, vault = (
                self._new_sqlite(directory, branch, template)
                if kind == "sqlite"
                else self._new_postgres(name, branch, template)
                for branch in BRANCHES
                for template in [self._template(kind, branch) if migrated else None]
            )
        return Backend(kind, main, vault, directory, migrated, of_a_run=True)

    @contextmanager
    def standing(self, kind: Kind, branch: Branch, revision: str) -> Iterator[str]:
        """The address of one database as it stood at a revision (`base`: without a table)."""
        name = f"tribune_{uuid4().hex[:12]}"
        template = None if revision == BASE else self._template(kind, branch, revision)
        if kind == "sqlite":
            directory = self.run / name
            directory.mkdir()
            yield self._new_sqlite(directory, branch, template)
            shutil.rmtree(directory)
        else:
            url = self._new_postgres(name, branch, template)
            yield url
            self._drop(url)

    def discard(self, backend: Backend) -> None:
        """Take them back, whoever still holds a connection."""
        if backend.kind == "postgres":
            self._keep_or_drop(backend)
        shutil.rmtree(backend.directory)

    def close(self) -> None:
        """Drop what was kept; at the end of a worker's work."""
        while self.spare:
            self._drop(*self.spare.pop())

    def discard_templates(self) -> None:
        """Remove the templates from a server that outlives the run."""
        if "TEST_DATABASE_URL" in os.environ:
            notes = [note for note in self.run.glob("postgres-*") if note.suffix != ".lock"]
            names = [note.read_text("utf-8") for note in notes]
            postgres.drop(postgres.server(self.run), *names)

    def _keep_or_drop(self, backend: Backend) -> None:
        urls = backend.main_url, backend.vault_url
        if backend.migrated and all(
            postgres.emptied(backend.url(branch), (self.run / f"shape-{branch}").read_text("utf-8"))
            for branch in BRANCHES
        ):
            self.spare.append(urls)
        else:
            self._drop(*urls)

    def _drop(self, *urls: str) -> None:
        names = [make_url(url).database or "" for url in urls]
        postgres.drop(postgres.server(self.run), *names)

    def _new_sqlite(self, directory: Path, branch: Branch, template: str | None) -> str:
        path = directory / f"{branch}.db"
        if template:
            shutil.copyfile(template, path)
        return f"sqlite:///{path}"

    def _new_postgres(self, name: str, branch: Branch, template: str | None) -> str:
        return postgres.create(postgres.server(self.run), f"{name}_{branch}", template=template)

    def _template(self, kind: Kind, branch: Branch, revision: str = HEAD) -> str:
        """A migrated database to copy: a file, or a name. Made by the first who asks."""
        made = self.run / f"{kind}-{branch}-{revision}"
        with FileLock(f"{made}.lock"):
            if not made.exists():
                make = self._sqlite_template if kind == "sqlite" else self._postgres_template
                made.write_text(make(branch, revision), "utf-8")
        return made.read_text("utf-8")

    def _before(self, kind: Kind, branch: Branch, revision: str) -> str | None:
        """The template one step before a revision: one step is all that is left then."""
        if revision == HEAD:
            return None  # most runs need no other
        scripts = ScriptDirectory.from_config(migrations.configuration("sqlite://", branch))
        before = scripts.get_revision(revision).down_revision
        return self._template(kind, branch, str(before)) if before else None

    def _sqlite_template(self, branch: Branch, revision: str) -> str:
        path = self.run / f"template-{branch}-{revision}.db"
        if before := self._before("sqlite", branch, revision):
            shutil.copyfile(before, path)
        migrations.upgrade(f"sqlite:///{path}", branch, revision)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # one file holds it all
        connection.close()
        return str(path)

    def _postgres_template(self, branch: Branch, revision: str) -> str:
        name = f"tribune_template_{uuid4().hex[:8]}_{branch}"
        before = self._before("postgres", branch, revision)
        url = postgres.create(postgres.server(self.run), name, template=before)
        migrations.upgrade(url, branch, revision)
        if revision == HEAD:
            (self.run / f"shape-{branch}").write_text(postgres.shape(url), "utf-8")
        return name
