"""Real server processes on free ports of 127.0.0.1, and what the kernel says about them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from api import settings
from benchmarks.bare import FOLDER
from benchmarks.places import ROOT, Place
from benchmarks.wire import Client

START_SECONDS = 240
STOP_SECONDS = 30
PAUSE_SECONDS = 0.005
TICKS = os.sysconf("SC_CLK_TCK")


class DidNotStart(Exception):
    """A server ended, or did not answer in time; the text is the end of what it said."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def python(
    module: str, arguments: Sequence[str], log: Path, variables: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Begin `python -m module …` with nothing but these variables; what it says goes to a file."""
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=variables,
        )


class Server:
    """A process that answers HTTP, with its children; ended with the block."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        port: int,
        log: Path,
        *,
        ready: str = "/readyz",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self._ready = ready
        self._log = log
        began = time.perf_counter()
        self._process = python(module, arguments, log, _environment() | dict(variables or {}))
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self, token: str | None = None) -> Client:
        """A connection to it."""
        return Client(self.port, token)

    def stop(self) -> None:
        """End it as an operator would; by force if it does not listen."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                os.kill(pid, 9)
            self._process.wait()

    def pids(self) -> list[int]:
        """The process and everything it started."""
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
            except OSError:
                continue
            waiting += map(int, children.split())
        return found

    def cpu_seconds(self) -> float:
        """Processor time used so far, by all of its processes."""
        total = 0
        for pid in self.pids():
            # The name, in brackets, may hold spaces; fields 14 and 15 are user and system ticks.
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def resident_bytes(self) -> int:
        """Memory in use now; what processes share is counted once (PSS)."""
        return sum(_kib(pid, "smaps_rollup", "Pss") for pid in self.pids()) * 1024

    def forget_peak(self) -> None:
        """Let the kernel count the peak of resident memory from here on."""
        for pid in self.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")

    def peak_bytes(self) -> int:
        """The highest resident memory of its processes since `forget_peak`, added up."""
        return sum(_kib(pid, "status", "VmHWM") for pid in self.pids()) * 1024

    def now_bytes(self) -> int:
        """Resident memory of its processes, added up, as `peak_bytes` counts it."""
        return sum(_kib(pid, "status", "VmRSS") for pid in self.pids()) * 1024

    def _wait(self) -> None:
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            if self._process.poll() is not None:
                break
            try:
                with Client(self.port) as client:
                    if client.send("GET", self._ready)[0] == 200:
                        return
            except OSError:
                pass
            time.sleep(PAUSE_SECONDS)
        said = self._log.read_text("utf-8", errors="replace")[-2_000:]
        raise DidNotStart(f"no answer on {self._ready}\n{said}")


def tribune(place: Place, log: Path, *, workers: int = 1) -> Server:
    """`tribune serve`, as anybody runs it."""
    port = free_port()
    arguments = ["serve", "--demo", "--data", str(place.directory), "--host", "127.0.0.1"]
    arguments += ["--port", str(port), "--workers", str(workers)]
    return Server("api.cli", arguments, port, log)


def tribune_on(place: Place, database_url: str, log: Path) -> Server:
    """What a worker of `tribune serve` serves, with its main database elsewhere."""
    port = free_port()
    chosen = settings.for_directory(
        place.directory, database_url=database_url, reporter_tick_minutes=0
    )
    arguments = _uvicorn("api.cli.serving:application", port, "--factory")
    return Server("uvicorn", arguments, port, log, variables=settings.environment(chosen))


def bare(log: Path, app: str, *, folder: Path) -> Server:
    """The bare stack: the same server program with the same options, and next to nothing behind it."""
    port = free_port()
    variables = {FOLDER: str(folder)}
    return Server("uvicorn", _uvicorn(app, port), port, log, ready="/", variables=variables)


def _uvicorn(app: str, port: int, *options: str) -> list[str]:
    arguments = [app, "--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
    arguments += ["--no-server-header", "--no-proxy-headers"]
    return [*arguments, "--log-level", "warning", *options]


def _environment() -> dict[str, str]:
    """This one without the settings of another installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIBUNE_")}


def _kib(pid: int, file: str, field: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text("ascii").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0])
    raise KeyError(field)
