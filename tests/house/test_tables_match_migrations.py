"""The tables in the code and the tables the migrations make are the same, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from cases.models import (  # noqa: F401 -- importing them declares the tables
    bodies,
    case,
    conflict,
    facts,
    links,
    mail,
    people,
    texts,
    timed,
    told,
    trail,
)
from cases.models.vault import vault_metadata
from tests.schema import shape_of

if TYPE_CHECKING:
    from tests.databases import Backend, Branch, Databases

TABLES: dict[Branch, MetaData] = {"main": SQLModel.metadata, "vault": vault_metadata}


@pytest.mark.parametrize("branch", ["main", "vault"])
def test_tables_match_migrations(backend: Backend, databases: Databases, branch: Branch) -> None:
    declared = databases.fresh(backend.kind, migrated=False)
    engine = create_engine(declared.url(branch), poolclass=NullPool)
    TABLES[branch].create_all(engine)
    assert shape_of(declared.url(branch)) == shape_of(backend.url(branch))
    assert shape_of(declared.url(branch))
    databases.discard(declared)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE office ADD COLUMN colour VARCHAR",
        "CREATE INDEX ix_office_colour ON office (id)",
        "CREATE TABLE stray (id INTEGER PRIMARY KEY)",
        "DROP TABLE idempotency",
    ],
)
def test_a_difference_is_caught(backend: Backend, change: str) -> None:
    before = shape_of(backend.main_url)
    engine = create_engine(backend.main_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(change))
    assert shape_of(backend.main_url) != before
