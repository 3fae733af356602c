"""Python programs that start at once: forked from a process that has imported the service already.

A start of `tribune serve` is a second and a half of imports, and a run of the tests starts it dozens of
times. The first who asks in a worker makes the process that is forked from: it has imported what the service
imports and done nothing else, so that no thread, key or connection of a test is in what it forks.
`tests/api/test_serving.py` starts the command itself.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

PRELOADED = ["api.cli", "api.main", "alembic.command", "uvicorn.protocols.http.auto"]


def context() -> ForkServerContext:
    """Makes processes that are forked from one that has imported the service."""
    found = get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    return found


class Program:
    """A module that runs as `python -m module …` would; may be asked what a `Popen` may."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        said: tuple[Path, Path],
    ) -> None:
        self._process = context().Process(
            target=_run, args=(module, list(arguments), cwd, dict(env), said), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, once it did.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout or 0)
        return self._process.exitcode


def _run(
    module: str, arguments: list[str], cwd: Path, env: dict[str, str], said: tuple[Path, Path]
) -> None:
    for number, path in enumerate(said, 1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.stdout, sys.stderr = (os.fdopen(n, "w", buffering=1, closefd=False) for n in (1, 2))
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # as it asks the environment anew
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
