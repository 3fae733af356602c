"""`python -m benchmarks [--quick] [--only part …]`: measure, print a table, write `build/bench.json`."""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import elsewhere, figures, pages, probes, starts, stretching, trail, uploads
from benchmarks.figures import Figure
from benchmarks.places import ROOT
from benchmarks.sizes import FULL, QUICK, Sizes

BUILD = ROOT / "build"
LOG_CHARACTERS = 1_000
PARTS = ("stretching", "probes", "uploads", "starts", "trail", "pages")


def run(
    sizes: Sizes, build: Path, only: Sequence[str] = PARTS, *, postgres: str | None = None
) -> list[Figure]:
    """Run the parts one after the other; what they make is removed, but for seeded installations.

    Args:
        build: takes what is made.
        postgres: a server to measure pages and the trail on as well.
    """
    work = build / "bench" / "work"
    if work.exists():
        shutil.rmtree(work)  # of a run that was killed
    work.mkdir(parents=True)
    parts: dict[str, Callable[[], list[Figure]]] = {
        "stretching": lambda: stretching.measure(sizes, work),
        "probes": lambda: probes.measure(sizes, work),
        "uploads": lambda: uploads.measure(sizes, work),
        "starts": lambda: starts.measure(sizes, work),
        "trail": lambda: trail.measure(sizes, work / "trail", postgres=postgres),
        "pages": lambda: pages.measure(
            sizes, work, build / "bench", plan_file=build / "plans.txt", postgres=postgres
        ),
    }
    found: list[Figure] = []
    try:
        for name in only:
            began = time.perf_counter()
            found += parts[name]()
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    except BaseException:
        for log in sorted(work.glob("*.log")):
            said = log.read_text("utf-8", errors="replace")[-LOG_CHARACTERS:]
            print(f"--- the end of {log.name}\n{said}", file=sys.stderr)
        raise
    finally:
        shutil.rmtree(work)
    return found


def main() -> None:
    """Read the command line, run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: two minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="part")
    parser.add_argument(
        "--no-postgres", action="store_true", help="pages and the trail on SQLite alone"
    )
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers end with this
    with ExitStack() as stack:
        wanted = {"pages", "trail"}.intersection(chosen.only) and not chosen.no_postgres
        postgres = stack.enter_context(elsewhere.a_server()) if wanted else None
        found = run(QUICK if chosen.quick else FULL, BUILD, chosen.only, postgres=postgres)
    print(figures.table(found))
    if set(chosen.only) == set(PARTS):
        figures.keep(found, BUILD / "bench.json")  # a part would pass for the whole


if __name__ == "__main__":
    main()
