"""What a server leaves beside its databases while it runs: nothing of what went through it."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx2
import pytest

from tests.api.inhabited import inhabit
from tests.attacks import haystack
from tests.attacks.haystack import Marks, forms
from tests.attacks.marking import ADDRESS, marking
from tests.server import serving
from tests.world import a_world, run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server import Server
    from tests.world import World

PIECES, PIECE_BYTES = 48, 65_536
"""Of a file that is sent slowly: 3 MiB, more than any buffer on its way."""
LOOK_SECONDS = 0.02


@pytest.fixture(scope="module")
def demo(pytestconfig: pytest.Config) -> Iterator[World]:
    """A demo to be served."""
    with ExitStack() as undo:
        yield a_world(run_folder(pytestconfig), "sqlite", undo)


def test_a_server_leaves_no_word_in_its_logs_its_temporary_files_or_its_open_ones(
    demo: World, tmp_path: Path
) -> None:
    demo.clock.now = datetime.now(UTC).replace(microsecond=0)
    marks = Marks()
    with ExitStack() as undo:
        server = undo.enter_context(serving(demo.directory, tmp_path / "server"))
        client = undo.enter_context(httpx2.Client(base_url=server.url, timeout=60))
        world, _ = marking(demo, marks, client=client)
        with watching(server.temporary) as appeared:
            plot = inhabit(world, body="It happened at night.", identity={"name": "R. Porter"})
            world.anybody().post("/v1/session", {"username": "x", "password": "What I typed"})
            world.anybody().get(f"/v1/{marks('path')}?q={marks('query')}")
            for caller, base in (
                (plot.reporter.caller, "/v1/reporter/attachments"),
                (world.as_("manager"), plot.life.path("attachments")),
            ):
                opened = slowly(server, client, f"{base}/{uuid4()}", caller.token or "", marks)
                assert opened, "nobody looked at the server's open files"
                nothing_in(marks, opened)
        secrets = {
            "a mark": forms(marks.stem),
            "a receipt": forms(plot.reporter.receipt),
            "its digits": forms(plot.reporter.receipt.replace(" ", "")),
            "a token": forms(plot.reporter.caller.token or ""),
            "a password": forms(demo.cast.staff[0].password),
            "an address": forms(ADDRESS),
        }
        for file in server.said:
            assert not haystack.found(secrets, file.read_bytes()), file.read_text("utf-8")
        assert "127.0.0.1:" not in server.said[1].read_text("utf-8")
        nothing_in(marks, appeared)
        assert not list(server.temporary.iterdir())
        for name, data in haystack.files(demo.directory, "demo.json", "members.json"):
            assert not haystack.found(secrets, data), name


def nothing_in(marks: Marks, found: dict[str, bytes]) -> None:
    """No word in any of these files."""
    for name, data in found.items():
        assert not haystack.found({"a mark": forms(marks.stem)}, data), name


def slowly(
    server: Server, client: httpx2.Client, path: str, token: str, marks: Marks
) -> dict[str, bytes]:
    """Send a file piece by piece, and look half-way at what the server has open."""
    opened: dict[str, bytes] = {}
    mark = marks("a large file").encode()

    def pieces() -> Iterator[bytes]:
        for n in range(PIECES):
            if n == PIECES // 2:
                opened.update(open_files(server.pid))
            yield mark + b" " * (PIECE_BYTES - len(mark))

    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Disposition": f"attachment; filename={marks('file name')}.bin",
        "User-Agent": marks("user agent"),
    }
    answer = client.put(path, content=pieces(), headers=headers)
    assert answer.status_code == 201, answer.text
    return opened


def open_files(pid: int) -> dict[str, bytes]:
    """What a process has open, by the names it has for it; deleted files too."""
    found = {"(looked)": b""}
    folder = Path(f"/proc/{pid}/fd")
    try:
        listed = list(folder.iterdir())
    except OSError:
        # The process forbids others to look at it; to root it cannot.
        return found
    for one in listed:
        try:
            name = str(one.readlink())
            if name.startswith("/") and not name.startswith(("/dev", "/proc")):
                found[name] = one.read_bytes()
        except OSError:
            continue
    return found


@contextmanager
def watching(*folders: Path) -> Iterator[dict[str, bytes]]:
    """Whatever appears in some folders for as long as the block runs, with all that it ever held."""
    seen: dict[str, bytes] = {}
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for folder in folders:
                for path in folder.rglob("*"):
                    try:
                        seen[str(path)] = seen.get(str(path), b"") + path.read_bytes()[:100_000]
                    except OSError:
                        continue
            time.sleep(LOOK_SECONDS)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def test_the_watch_sees_a_file_that_lives_for_a_moment(tmp_path: Path) -> None:
    with watching(tmp_path) as seen:
        (tmp_path / "short").write_bytes(b"here")
        time.sleep(LOOK_SECONDS * 15)
        (tmp_path / "short").unlink()
    assert seen[str(tmp_path / "short")].startswith(b"here")
