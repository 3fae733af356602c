"""The benchmarks run: each at its smallest, against real servers, so that `make bench` does not rot.

What serves Tribune is forked here from a process that has imported it already (`tests/forks.py`); the bare
stacks that it is compared with are started as anywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from datetime import date
from typing import TYPE_CHECKING

import pytest

from api import demo, settings
from benchmarks import __main__ as bench
from benchmarks import (
    figures,
    lives,
    places,
    plans,
    probes,
    seeding,
    servers,
    stretching,
    trail,
    views,
)
from benchmarks.figures import Figure, Turns
from benchmarks.sizes import TINY
from benchmarks.views import Asked
from cases import deadlines
from tests import forks, postgres
from tests.house.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import Databases

DAY = date(2026, 11, 2)


@pytest.fixture(scope="module")
def lightly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Demos are copies of one, Tribune is forked, and nobody waits for the disk."""
    template = tmp_path_factory.mktemp("template")
    places.empty(template)

    def copied(directory: Path) -> places.Place:
        shutil.copytree(template, directory)
        chosen = settings.for_directory(directory)
        return places.Place(directory, demo.serve_from(chosen, url=demo.DEFAULT_URL))

    started = servers.python

    def forked(module: str, arguments: list[str], log: Path, env: dict[str, str]) -> object:
        if arguments[0].startswith("benchmarks."):
            return started(module, arguments, log, env)
        return forks.Program(module, arguments, cwd=ROOT, env=env, said=(log, log))

    with pytest.MonkeyPatch.context() as patch:
        for module in (places, seeding):
            patch.setattr(module, "empty", copied)
        for module in (probes, stretching, trail):
            patch.setattr(module, "get_context", lambda _: forks.context())
        patch.setattr(servers, "python", forked)
        patch.setattr(os, "sync", lambda: None)
        yield


@pytest.mark.usefixtures("lightly")
def test_each_part_runs_and_removes_what_it_made(tmp_path: Path) -> None:
    parts = [part for part in bench.PARTS if part != "pages"]

    found = bench.run(TINY, tmp_path, parts)

    assert {figure.unit for figure in found} == {"ms", "CPU-ms", "/s", "MB/s", "MiB", "s"}
    assert all(figure.ratio for figure in found if figure.against)
    assert not list((tmp_path / "bench").iterdir())


@pytest.mark.usefixtures("lightly")
def test_pages_are_measured_on_both_databases(tmp_path: Path, databases: Databases) -> None:
    found = bench.run(TINY, tmp_path, ["pages"], postgres=postgres.server(databases.run))

    names = {figure.name for figure in found}
    assert f"SQLite: a whole case file, {TINY.many} cases" in names
    plans_found = (tmp_path / "plans.txt").read_text("utf-8")
    for kind in ("SQLite", "PostgreSQL"):
        for view in views.VIEWS:
            assert f"{kind}: page of 50, {view.name}, {TINY.many} cases" in names
            assert f"== {kind}, {view.name}, {TINY.many} cases" in plans_found
    # How SQLite goes about it does not depend on how much there is, so a small seed tells: a page must
    # not read everything that its reader ever declared for, nor the whole of a table.
    by_sqlite, _, _ = plans_found.partition("== PostgreSQL")
    assert (
        "SEARCH declaration USING INDEX ix_declaration_staff (staff=? AND case_id=?)" in by_sqlite
    )
    assert "reads the whole of" not in by_sqlite


@pytest.mark.usefixtures("lightly")
def test_in_a_seeded_installation_nothing_is_due_and_a_second_run_takes_it_as_it_is(
    tmp_path: Path,
) -> None:
    made = seeding.seeded(tmp_path, 20, processes=1)
    with views.house_of(made) as house:
        assert deadlines.run_due(house) == 0
    written = (made.directory / "tribune.db").stat().st_ctime_ns

    again = seeding.seeded(tmp_path, 20)

    assert again.cast == made.cast
    assert (made.directory / "tribune.db").stat().st_ctime_ns == written


def test_the_same_number_is_the_same_life() -> None:
    assert lives.life(7, DAY) == lives.life(7, DAY)
    assert lives.life(7, DAY) != lives.life(8, DAY)


def test_a_ratio_is_the_median_of_the_ratios_within_rounds() -> None:
    turns = Turns(("one", "other"))
    for one, other in ((2.0, 1.0), (30.0, 10.0), (4.0, 1.0)):
        turns.add("one", [one, one, 99.0])
        turns.add("other", [other])

    assert turns.ratio("one", "other") == 3.0
    assert turns.median("one") == 4.0


def test_what_is_kept_is_a_list_of_five_members(tmp_path: Path) -> None:
    figures.keep(
        [Figure(name="n", value=1.23456789, unit="ms", against="a", ratio=None, aim="< 2")],
        tmp_path / "build" / "bench.json",
    )

    assert json.loads((tmp_path / "build" / "bench.json").read_text("utf-8")) == [
        {"name": "n", "value": 1.23457, "unit": "ms", "against": "a", "ratio": None}
    ]


def test_a_full_scan_and_a_whole_sort_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE cases (id INTEGER PRIMARY KEY, due TEXT, state TEXT)")
        database.execute("CREATE INDEX by_due ON cases (due, state)")
    database.close()
    asked = [
        Asked("SELECT id, state FROM cases ORDER BY due LIMIT ?", (5,)),
        Asked("SELECT id, due FROM cases ORDER BY state LIMIT ?", (5,)),
        Asked("SELECT id FROM cases WHERE state || '' = ?", ("closed",)),
        Asked("SELECT 1", ()),
    ]

    found = plans.explained(f"sqlite:///{path}", asked)

    assert [len(wrong) for _, _, wrong in found] == [0, 2, 1]
    assert plans.report({"a view": found})[1] == 3
