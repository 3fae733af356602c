"""A large file: sealed and kept by Tribune, only kept by the bare stack, only sealed in memory."""

import hashlib
import http.client
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from benchmarks import places, servers
from benchmarks.figures import Figure, in_turns
from benchmarks.servers import Server
from benchmarks.sizes import MIB, Sizes
from benchmarks.stretching import REPORT
from cases.sealing.envelope import CHUNK_BYTES, SEALED_CHUNK_BYTES, Sealer

AIM, AIM_MIB = 0.5, 32
PIECE = secrets.token_bytes(MIB)
BATCH = 8 * CHUNK_BYTES
TIMEOUT_SECONDS = 300
WARMING = 4 * MIB
PEER_RATE, PEER_MEMORY = "34 MB/s", "182 MB"


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Rates, and how much memory the server took beyond what it had."""
    place = places.fresh(folder, "uploads")
    kept = place.directory / "bare"
    kept.mkdir()
    with ExitStack() as stack:
        ours = stack.enter_context(servers.tribune(place, folder / "uploads.log"))
        bare = stack.enter_context(
            servers.bare(folder / "bare.log", "benchmarks.bare:app", folder=kept)
        )
        token = _reporter(ours)
        # What a first file costs once (imports, threads, buffers of the allocator) is no growth.
        _sent(ours.port, WARMING, token)
        growths: list[int] = []

        def sealed() -> list[float]:
            before = ours.now_bytes()
            ours.forget_peak()
            seconds = _sent(ours.port, sizes.upload_bytes, token)
            growths.append(ours.peak_bytes() - before)
            for blob in (place.directory / "blobs").iterdir():
                blob.unlink()  # nothing reads them again, and the disk is not the machine's to fill
            return [sizes.upload_bytes / seconds]

        turns = in_turns(
            {
                "sealed": sealed,
                "bare": lambda: [sizes.upload_bytes / _sent(bare.port, sizes.upload_bytes)],
                "memory": lambda: [_in_memory(sizes.upload_bytes, hashed=False)],
                "hashed": lambda: [_in_memory(sizes.upload_bytes, hashed=True)],
            },
            sizes.upload_rounds,
        )
    called = f"upload of {sizes.upload_bytes // MIB:,} MiB"
    rate = turns.median("sealed") / 1e6
    compared = (
        ("the bare stack writing the same bytes to the same disk", "bare", f">= {AIM}", PEER_RATE),
        ("sealing them in memory", "memory", "", ""),
        ("sealing and hashing them in memory, one after the other", "hashed", "", ""),
    )
    return [
        *(
            Figure(
                name=called,
                value=rate,
                unit="MB/s",
                against=f"{what}, {turns.median(other) / 1e6:,.0f} MB/s",
                ratio=turns.ratio("sealed", other),
                aim=aim,
                peer=peer,
            )
            for what, other, aim, peer in compared
        ),
        Figure(
            name=f"{called}, memory growth of the server",
            value=max(growths) / MIB,
            unit="MiB",
            aim=f"< {AIM_MIB}",
            peer=PEER_MEMORY,
        ),
    ]


def _reporter(server: Server) -> str:
    """A report, and the token its author uploads with."""
    with server.client() as client:
        receipt = client.json("POST", "/v1/reports", REPORT, expect=201)["receipt"]
        opened = client.json("POST", "/v1/reporter/session", {"receipt": receipt}, expect=201)
    token: str = opened["token"]
    return token


def _sent(port: int, size: int, token: str = "") -> float:
    """Seconds from the first byte of a file to the answer that it is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment; filename*=UTF-8''recording.bin",
        "Content-Length": str(size),
        "Authorization": f"Bearer {token}",
    }
    path = f"/v1/reporter/attachments/{uuid4()}"
    began = time.perf_counter()
    connection.request("PUT", path, _pieces(size), headers)
    answer = connection.getresponse()
    answer.read()
    taken = time.perf_counter() - began
    connection.close()
    assert answer.status in (200, 201), answer.status
    return taken


def _pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // MIB):
        yield PIECE
    if size % MIB:
        yield PIECE[: size % MIB]


def _in_memory(size: int, *, hashed: bool) -> float:
    """Bytes a second of the same cipher, into one buffer."""
    sealer = Sealer(secrets.token_bytes(32), b"benchmark")
    digest = hashlib.sha256()
    batch = memoryview(PIECE)[:BATCH]
    room = memoryview(bytearray(BATCH // CHUNK_BYTES * SEALED_CHUNK_BYTES))
    began = time.perf_counter()
    for _ in range(size // BATCH):
        if hashed:
            digest.update(batch)
        sealer.update_into(batch, room)
    sealer.finish()
    return size / (time.perf_counter() - began)
