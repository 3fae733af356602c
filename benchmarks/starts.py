"""How long a start takes, and how much memory a server holds that has nothing to do."""

import time
from pathlib import Path

from benchmarks import places, servers
from benchmarks.figures import Figure, in_turns
from benchmarks.sizes import MIB, Sizes

PEER_START, PEER_REST = "2 s", "107 MB"


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """From the command to the first `/readyz` that answers 200, on an installation that exists."""
    place = places.fresh(folder, "starts")
    rest: dict[str, list[int]] = {"ours": [], "bare": []}

    def ours() -> list[float]:
        with servers.tribune(place, folder / "starts.log") as server:
            time.sleep(sizes.settle_seconds)
            rest["ours"].append(server.now_bytes())
            return [server.start_seconds]

    def bare() -> list[float]:
        app = "benchmarks.bare_framework:app"
        with servers.bare(folder / "framework.log", app, folder=folder) as server:
            time.sleep(sizes.settle_seconds)
            rest["bare"].append(server.now_bytes())
            return [server.start_seconds]

    # The unmeasured round fills the file cache: "cold" is the process, not the disk.
    turns = in_turns({"ours": ours, "bare": bare}, sizes.starts, unmeasured=sizes.unmeasured)
    held, held_bare = (sorted(rest[name])[len(rest[name]) // 2] / MIB for name in ("ours", "bare"))
    compared = "the same libraries with one empty route"
    return [
        Figure(
            name="start, to the first /readyz",
            value=turns.median("ours"),
            unit="s",
            against=f"{compared}, {turns.median('bare'):.2f} s",
            ratio=turns.ratio("ours", "bare"),
            peer=PEER_START,
        ),
        Figure(
            name="memory at rest",
            value=held,
            unit="MiB",
            against=f"{compared}, {held_bare:.0f} MiB",
            ratio=held / held_bare,
            peer=PEER_REST,
        ),
    ]
