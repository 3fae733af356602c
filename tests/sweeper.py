"""Clears up after a run of the tests, however it ends.

Started beside a run with the run's folder as its argument. It waits until its standard input
closes, which happens when the process that steers the tests ends, is interrupted or is killed;
then it stops the PostgreSQL in that folder, if there is one, and removes the folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE_SECONDS = 5
STEP_SECONDS = 0.05


def sweep(folder: Path) -> None:
    """Stop the server of a run and remove the run's folder; nothing in it is worth keeping."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        postmaster = int((folder / "pg" / "data" / "postmaster.pid").read_text("utf-8").split()[0])
        os.kill(postmaster, signal.SIGQUIT)  # PostgreSQL's word for "at once"
        for _ in range(int(PATIENCE_SECONDS / STEP_SECONDS)):
            os.kill(postmaster, 0)  # raises once it is gone
            time.sleep(STEP_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    sweep(Path(sys.argv[1]))
