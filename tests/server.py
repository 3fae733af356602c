"""A server as anybody would start it: `tribune serve --demo`, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

READY_SECONDS = 120
STOP_SECONDS = 60
COMMAND = "from api.cli import main; main()"


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
    command = [
        sys.executable,
        "-c",
        COMMAND,
        "serve",
        "--demo",
        "--data",
        str(directory),
        "--port",
        "0",
    ]
    own = {name: text for name, text in os.environ.items() if not name.startswith("TRIBUNE_")}
    own |= {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(command, cwd=beside, env=own, stdout=to_out, stderr=to_err)
        try:
            url = _ready(process, out, err)
            yield Server(url, process.pid, (out, err), temporary)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _ready(process: subprocess.Popen[bytes], out: Path, err: Path) -> str:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        told = re.search(r"Open (http://\S+)", out.read_text("utf-8"))
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
