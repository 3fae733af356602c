"""One submission and one receipt login, each against the one Argon2id that neither can do without."""

import secrets
import threading
import time
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import places, servers
from benchmarks.figures import Figure, Turns, in_turns, milliseconds
from benchmarks.servers import Server
from benchmarks.sizes import Sizes
from benchmarks.wire import Client
from cases.sealing import receipts

BODY = (
    "At the vehicle post two officers let lorries through at night for a fee in cash, and write "
    "the declarations the next morning with half of the load. "
) * 6
REPORT = {"body": BODY, "category": "COR-01", "office": "harbour", "language": "en"}
CLIENTS = 12
"""More than the workers can stretch at once, fewer than a pool lets wait."""
AIM, AIM_OF_TWO = 1.5, 1.9
PEER_CPU = "270 CPU-ms"


class Argon2id:
    """One Argon2id with the parameters of receipts, timed in a process of its own."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._here, there = context.Pipe()
        self.used = self.done = 0.0
        """Processor seconds, and how many took them."""
        self._process = context.Process(target=_stretch, args=(there,), daemon=True)
        self._process.start()
        there.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        self._here.close()
        self._process.join()

    def samples(self, count: int) -> list[float]:
        """Seconds of each."""
        self._here.send(count)
        taken: list[float]
        taken, used = self._here.recv()
        self.used += used
        self.done += count
        return taken


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Submissions and receipt logins by one client, and how much two workers do more than one."""
    one = places.fresh(folder, "one-worker")
    with ExitStack() as stack:
        single = stack.enter_context(servers.tribune(one, folder / "one.log"))
        double = single
        if sizes.workers > 1:
            two = places.fresh(folder, "two-workers")
            double = stack.enter_context(
                servers.tribune(two, folder / "two.log", workers=sizes.workers)
            )
        argon2id = stack.enter_context(Argon2id())
        return [*_one_by_one(sizes, single, argon2id), *_two_workers(sizes, single, double)]


def _one_by_one(sizes: Sizes, server: Server, argon2id: Argon2id) -> list[Figure]:
    count = sizes.stretch_each
    used = {"submission": 0.0, "login": 0.0}
    done = dict.fromkeys(used, 0)
    with server.client() as client:
        receipt = client.json("POST", "/v1/reports", REPORT, expect=201)["receipt"]

        def submit() -> float:
            return client.timed("POST", "/v1/reports", REPORT, expect=201)

        def login() -> float:
            return client.timed("POST", "/v1/reporter/session", {"receipt": receipt}, expect=201)

        def samples(name: str) -> list[float]:
            before = server.cpu_seconds()
            taken = [{"submission": submit, "login": login}[name]() for _ in range(count)]
            used[name] += server.cpu_seconds() - before
            done[name] += count
            return taken

        turns = in_turns(
            {
                "submission": lambda: samples("submission"),
                "argon2id": lambda: argon2id.samples(count),
                "login": lambda: samples("login"),
            },
            sizes.stretch_rounds,
            unmeasured=sizes.unmeasured,
        )
    one_argon2id = argon2id.used / argon2id.done
    figures = []
    for name, called in (("submission", "one submission"), ("login", "one receipt login")):
        each = used[name] / done[name]
        figures += [
            _against_argon2id(turns, name, called),
            Figure(
                name=f"{called}, processor time of the server",
                value=each * 1_000,
                unit="CPU-ms",
                against=f"one Argon2id, {one_argon2id * 1_000:.3g} CPU-ms",
                ratio=each / one_argon2id,
                peer=PEER_CPU if name == "submission" else "",
            ),
        ]
    return figures


def _against_argon2id(turns: Turns, name: str, called: str) -> Figure:
    return Figure(
        name=called,
        value=turns.median(name) * 1_000,
        unit="ms",
        against=f"one Argon2id (19 MiB, t=2), {milliseconds(turns.median('argon2id'))}",
        ratio=turns.ratio(name, "argon2id"),
        aim=f"<= {AIM}",
    )


def _two_workers(sizes: Sizes, single: Server, double: Server) -> list[Figure]:
    turns = in_turns(
        {
            "one": lambda: [_rate(single, sizes.throughput_seconds)],
            "two": lambda: [_rate(double, sizes.throughput_seconds)],
        },
        sizes.throughput_rounds,
    )
    return [
        Figure(
            name=f"submissions of many clients, {sizes.workers} workers",
            value=turns.median("two"),
            unit="/s",
            against=f"one worker, {turns.median('one'):.1f} /s",
            ratio=turns.ratio("two", "one"),
            aim=f"near 2 (>= {AIM_OF_TWO})",
        )
    ]


def _rate(server: Server, seconds: float) -> float:
    """Submissions a second by `CLIENTS` at once."""
    began = time.monotonic()
    ends = began + seconds
    moments: list[float] = []

    def send() -> None:
        # A connection for each: which worker takes one is settled when it is made.
        while time.monotonic() < ends:
            with Client(server.port) as client:
                client.json("POST", "/v1/reports", REPORT, expect=201)
            moments.append(time.monotonic())

    threads = [threading.Thread(target=send) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(moments) / (max(moments) - began)


def _stretch(asked: Connection) -> None:
    salt = secrets.token_bytes(receipts.SALT_BYTES)
    while True:
        try:
            count: int = asked.recv()
        except EOFError:
            return
        taken = []
        used = time.process_time()
        for _ in range(count):
            digits = receipts.new()
            began = time.perf_counter()
            receipts.stretch(digits, salt)
            taken.append(time.perf_counter() - began)
        asked.send((taken, time.process_time() - used))
