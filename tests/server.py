"""A server as anybody would start it: `tribune serve --demo`, in a process of its own (`tests/forks.py`)."""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from tests import forks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

READY_SECONDS = 120
STOP_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        url: where; on a port that was free.
        pid: of its one process.
        said: the files of what it printed and logged.
        temporary: its folder for temporary files.
    """

    url: str
    pid: int
    said: tuple[Path, Path]
    temporary: Path


@contextmanager
def serving(directory: Path, beside: Path) -> Iterator[Server]:
    """Serve the demo of a directory, until the block ends.

    Args:
        directory: of a demo on SQLite, such as a world's.
        beside: where the server's output and temporary files go.
    """
    temporary = beside / "temporary"
    temporary.mkdir(parents=True)
    out, err = beside / "out", beside / "err"
    arguments = ["serve", "--demo", "--data", str(directory), "--port", "0"]
    own = {name: text for name, text in os.environ.items() if not name.startswith("TRIBUNE_")}
    own |= {"TMPDIR": str(temporary)}
    process = forks.Program("api.cli", arguments, cwd=beside, env=own, said=(out, err))
    try:
        url = _ready(process, out, err)
        yield Server(url, process.pid, (out, err), temporary)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _ready(process: forks.Program, out: Path, err: Path) -> str:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        told = re.search(r"Open (http://\S+)", out.read_text("utf-8") if out.exists() else "")
        if told and _answers(told[1]):
            return told[1]
        time.sleep(0.05)
    raise AssertionError(f"the server did not start: {err.read_text('utf-8')}")


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 -- our own server
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False
