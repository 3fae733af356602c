"""A demo made once a run for each kind of database, everybody signed in, and copies of it for tests."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from filelock import FileLock

from api import demo, settings, wiring
from cases.sealing import passwords, sessions
from cases.staff import signin
from tests import postgres
from tests.cases.builders import Clock
from tests.databases import BRANCHES, Branch, Kind

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from cases.database import House

LONG_AGO = datetime(2026, 2, 2, 9, 30, tzinfo=UTC)
"""When the administration was founded: a Monday."""
FAR_OFF = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
"""When the sessions of the cast end: a clock that is moved by months signs nobody out."""
MEMBERS = "members.json"
"""User name -> id and token."""


def a_copy(run: Path, kind: Kind, undo: ExitStack) -> tuple[Path, dict[str, str]]:
    """A directory with a demo in it, and the addresses of its databases where they lie elsewhere.

    Args:
        run: the folder of the run.
        undo: takes the copy away again.
    """
    template = _template(run, kind)
    directory = run / f"world-{uuid4().hex[:12]}"
    shutil.copytree(template, directory)
    undo.callback(shutil.rmtree, directory)
    if kind == "sqlite":
        return directory, {}
    return directory, _copies(run, template, directory.name.replace("-", "_"), undo)


def cast_of(directory: Path) -> demo.DemoCast:
    """Who is in a demo."""
    told = json.loads((directory / demo.FILE).read_text("utf-8"))
    told["staff"] = tuple(demo.DemoPerson(**one) for one in told["staff"])
    return demo.DemoCast(**told)


def _template(run: Path, kind: Kind) -> Path:
    """A demo in which everybody is signed in; made by the first who asks."""
    made = run / f"world-{kind}"
    with FileLock(f"{made}.lock"):
        if not (made / MEMBERS).exists():
            made.mkdir()
            _make(run, kind, made)
    return made


def _make(run: Path, kind: Kind, directory: Path) -> None:
    urls = {} if kind == "sqlite" else _new_databases(run, directory)
    chosen = settings.for_directory(directory, reporter_tick_minutes=0, **urls)
    clock = Clock(LONG_AGO)
    house = wiring.new_house(chosen, time_zone=ZoneInfo("UTC"), publish_receipt=lambda _: None)
    house = replace(house, clock=clock)
    try:
        cast = demo.provision_demo(house, one_password=True)
        demo._write(directory / demo.FILE, cast)  # as `create_demo` does
        members = _sign_in(house, cast)
    finally:
        house.close()
    (directory / MEMBERS).write_text(json.dumps(members), "utf-8")


def _sign_in(house: House, cast: demo.DemoCast) -> dict[str, dict[str, str]]:
    """A session for everybody that outlasts any story."""
    with house.glance() as db:
        salted = {one.username: signin.find_stretching(db, one.username) for one in cast.staff}
    stretched = {
        (one.password, found.salt): found.parameters
        for one in cast.staff
        for found in (salted[one.username],)
    }
    known = {
        key: passwords.stretch(key[0], key[1], parameters) for key, parameters in stretched.items()
    }
    members = {}
    with house.unit_of_work() as db:
        for one in cast.staff:
            word = known[one.password, salted[one.username].salt]
            actor = signin.sign_in(db, one.username, stretched=word).actor
            lasting = sessions.of_staff(actor.id, actor.seed, ends=FAR_OFF, idle_ends=FAR_OFF)
            members[one.username] = {"id": str(actor.id), "token": sessions.begin(db, lasting)}
    return members


def _new_databases(run: Path, directory: Path) -> dict[str, str]:
    """Two empty databases, their names noted so that they are taken away with the run's others."""
    server, urls = postgres.server(run), {}
    for branch in BRANCHES:
        name = f"tribune_world_{uuid4().hex[:8]}_{branch}"
        urls[_setting(branch)] = postgres.create(server, name)
        (run / f"postgres-world-{branch}").write_text(name, "utf-8")
    return urls


def _copies(run: Path, template: Path, name: str, undo: ExitStack) -> dict[str, str]:
    """Copies of the template's databases."""
    server, urls = postgres.server(run), {}
    for branch in BRANCHES:
        original = (run / f"postgres-world-{branch}").read_text("utf-8")
        copy = f"{name}_{branch}"
        with FileLock(f"{template}.copying"):  # a database that is copied may have no guests
            urls[_setting(branch)] = postgres.create(server, copy, template=original)
        undo.callback(postgres.drop, server, copy)
    return urls


def _setting(branch: Branch) -> str:
    return "database_url" if branch == "main" else "vault_url"
