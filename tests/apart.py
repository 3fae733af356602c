"""Programs of others, each in an environment of its own: what it wants or its licence keeps it out of ours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent


def environment(lock: Path) -> Path:
    """The interpreter of an environment that holds what a lock lists, made once and kept in `build/`.

    Where it is not here yet and the package index cannot be reached, the test is skipped.
    """
    name = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / f"{lock.stem}-{name}-{sys.version_info.minor}"
    folder.parent.mkdir(exist_ok=True)
    python = folder / "bin" / "python"
    with FileLock(f"{folder}.lock"):
        if not (folder / "made").exists():
            venv.create(folder, clear=True)
            install: list[str | Path] = [
                sys.executable,
                "-m",
                "pip",
                "--python",
                python,
                "install",
                "--quiet",
                "--no-compile",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                lock,
            ]
            done = subprocess.run(install, capture_output=True, text=True, check=False)
            if done.returncode:
                assert unreachable(done.stderr), done.stderr
                pytest.skip(f"the package index cannot be reached, and {lock.stem} is not here yet")
            (folder / "made").touch()
    return python


def unreachable(said: str) -> bool:
    """Whether pip failed for want of a network, and for nothing else."""
    signs = ("NewConnectionError", "Name or service not known", "Temporary failure in name",
             "ConnectTimeoutError", "No matching distribution found", "ProxyError")  # fmt: skip
    return "do not match the hashes" not in said and any(sign in said for sign in signs)
