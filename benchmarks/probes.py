"""Whether the service still answers while somebody tries receipts: `/healthz` alone, then beside them."""

import asyncio
import json
import os
import statistics
import time
from collections import Counter
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from benchmarks import places, servers
from benchmarks.figures import Figure, Turns, milliseconds
from benchmarks.servers import Server
from benchmarks.sizes import Sizes
from cases.sealing import receipts

AIM = 3
PAUSE_SECONDS = 0.01
"""Between two looks at `/healthz`: a probe, not a load of its own."""
WARM_SECONDS = 0.5
END = b"\r\n\r\n"


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """The generator runs in a process of its own, on the same processors as the server."""
    place = places.fresh(folder, "probes")
    turns = Turns(("alone", "pressed", "alone p95", "pressed p95"))
    answers: Counter[int] = Counter()
    with servers.tribune(place, folder / "probes.log") as server:
        _looks(server, sizes.probe_seconds / 2)
        for _ in range(sizes.probe_rounds):
            _note(turns, "alone", _looks(server, sizes.probe_seconds))
            with Pressing(server.port, sizes.wrong_per_second) as pressing:
                time.sleep(WARM_SECONDS)
                _note(turns, "pressed", _looks(server, sizes.probe_seconds))
                answers += pressing.stop()
    said = ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))
    called = f"/healthz while {sizes.wrong_per_second} wrong receipts a second arrive"
    return [
        Figure(
            name=f"{called}, p50",
            value=turns.median("pressed") * 1_000,
            unit="ms",
            against=f"alone, {milliseconds(turns.median('alone'))} (answers: {said})",
            ratio=turns.ratio("pressed", "alone"),
            aim=f"< {AIM}",
        ),
        Figure(
            name=f"{called}, p95",
            value=turns.median("pressed p95") * 1_000,
            unit="ms",
            against=f"alone, {milliseconds(turns.median('alone p95'))}",
            ratio=turns.ratio("pressed p95", "alone p95"),
        ),
    ]


def _looks(server: Server, seconds: float) -> list[float]:
    taken = []
    ends = time.monotonic() + seconds
    with server.client() as client:
        while time.monotonic() < ends:
            taken.append(client.timed("GET", "/healthz"))
            time.sleep(PAUSE_SECONDS)
    return taken


def _note(turns: Turns, name: str, taken: list[float]) -> None:
    turns.add(name, taken)
    turns.add(f"{name} p95", [statistics.quantiles(taken, n=20)[-1] if taken[1:] else taken[0]])


class Pressing:
    """A process that sends well-formed receipts of nobody at a steady rate, answered or not."""

    def __init__(self, port: int, per_second: int) -> None:
        context = get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_press, args=(there, port, per_second), daemon=True)
        self._process.start()
        there.close()

    def __enter__(self) -> Self:
        self._here.recv()  # it has begun
        return self

    def __exit__(self, *_: object) -> None:
        self._here.close()
        self._process.join()

    def stop(self) -> Counter[int]:
        """End it; how often each status was answered, 0 for none."""
        self._here.send(None)
        answers: Counter[int] = self._here.recv()
        return answers


def _press(asked: Connection, port: int, per_second: int) -> None:
    os.sched_setaffinity(0, set(range(min(2, os.cpu_count() or 1))))
    asyncio.run(_pressing(asked, port, per_second))


async def _pressing(asked: Connection, port: int, per_second: int) -> None:
    answers: Counter[int] = Counter()
    running: set[asyncio.Task[None]] = set()
    asked.send(None)
    began = time.monotonic()
    sent = 0
    while not asked.poll():
        due = int((time.monotonic() - began) * per_second)
        for _ in range(due - sent):
            task = asyncio.create_task(_try(port, answers))
            running.add(task)
            task.add_done_callback(running.discard)
        sent = due
        await asyncio.sleep(0.005)
    await asyncio.gather(*running)
    with suppress(OSError):
        asked.send(answers)


async def _try(port: int, answers: Counter[int]) -> None:
    """One attempt, over a connection of its own, as attempts come from everywhere."""
    body = json.dumps({"receipt": receipts.new()}).encode()
    head = (
        "POST /v1/reporter/session HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    ).encode()
    try:
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        writing.write(head + END + body)
        answer = await reading.read()
        writing.close()
        with suppress(OSError):
            await writing.wait_closed()
        answers[int(answer.split(b" ", 2)[1])] += 1
    except (OSError, IndexError, ValueError):
        answers[0] += 1
