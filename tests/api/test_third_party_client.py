"""A client that a generator makes from the committed description does what reporters and staff do."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests import apart
from tests.server import ROOT, serving
from tests.world import a_world, run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

LOCK = ROOT / "tools" / "openapi-client.lock"
DESCRIPTION = ROOT / "openapi" / "openapi.json"
SCRIPT = Path(__file__).with_name("thirdparty.py")


@pytest.fixture(scope="module")
def generator() -> Path:
    """The interpreter of an environment that holds the generator: it wants another Typer than we do."""
    return apart.environment(LOCK)


@pytest.fixture(scope="module")
def client(generator: Path) -> Path:
    """The folder in which the client's package lies: made once for each description and generator."""
    made_from = hashlib.sha256(LOCK.read_bytes() + DESCRIPTION.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / "openapi-client" / made_from
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "made").exists():
            for older in folder.parent.iterdir():
                if older.is_dir():
                    shutil.rmtree(older)
            folder.mkdir()
            make(generator, folder)
            (folder / "made").touch()
    return folder


def make(generator: Path, folder: Path) -> None:
    """Let the generator make a client of the committed description."""
    config = folder / "config.json"
    config.write_text(json.dumps({"package_name_override": "tribune_client", "post_hooks": []}))
    command: list[str | Path] = [
        generator,
        "-m",
        "openapi_python_client",
        "generate",
        "--path",
        DESCRIPTION,
        "--meta",
        "none",
        "--config",
        config,
        "--output-path",
        folder / "tribune_client",
        "--fail-on-warning",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def demo(pytestconfig: pytest.Config) -> Iterator[World]:
    """A demo to be served."""
    with ExitStack() as undo:
        yield a_world(run_folder(pytestconfig), "sqlite", undo)


def test_it_submits_follows_up_and_triages(
    generator: Path, client: Path, demo: World, tmp_path: Path
) -> None:
    password = demo.cast.staff[0].password
    who = {part: [demo.as_(part).username, password] for part in ("desk", "triage")}
    with serving(demo.directory, tmp_path / "server") as server:
        done = subprocess.run(
            [generator, SCRIPT, server.url],
            input=json.dumps(who),
            env={"PYTHONPATH": str(client)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "triage"
