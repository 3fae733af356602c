"""The helper thread of an upload: hashes, seals and writes while the next bytes arrive."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

from cases.sealing.envelope import CHUNK_BYTES, SEALED_CHUNK_BYTES
from cases.sealing.padding import BLOB_FLOOR, padded_length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.sealing.blobs import BlobWriter
    from cases.sealing.envelope import Sealer

BATCH_BYTES = 8 * CHUNK_BYTES
"""Handed over, sealed and written at once: large enough that Python's share of the work is small,
small enough to stay in the processor's cache."""
BATCH_PIECES = 256
"""A batch is handed over early when a sender drips, so that small pieces cannot pile up."""
QUEUE_BATCHES = 8
"""Batches that may wait for the disk or be in work: at most 2 MiB of memory an upload."""

_ZEROS = memoryview(bytes(BATCH_BYTES))


class Conveyor:
    """What the helper thread does; holds no reference back to the sealer that feeds it."""

    def __init__(self, writer: BlobWriter, sealer: Sealer) -> None:
        self.writer = writer
        self.hash = hashlib.sha256()
        self.size = 0
        self.abandoned = False
        self.failure: Exception | None = None
        self._sealer = sealer
        # None ends the content. A SimpleQueue, and a count beside it rather than a bounded queue,
        # because a collected sealer says None from wherever the collector happens to run.
        self._queue: SimpleQueue[list[memoryview] | None] = SimpleQueue()
        self._room = threading.Semaphore(QUEUE_BATCHES)
        # Two buffers for the whole file: allocating them for each batch costs more than sealing.
        self._gathered = memoryview(bytearray(BATCH_BYTES))
        self._filled = 0
        self._sealed = memoryview(bytearray(BATCH_BYTES // CHUNK_BYTES * SEALED_CHUNK_BYTES))

    def put(self, batch: list[memoryview]) -> None:
        """Hand over a batch; waits while eight are ahead of it."""
        self._room.acquire()
        self._queue.put(batch)

    def end(self) -> None:
        """No more batches: pad, finish, commit."""
        self._queue.put(None)

    def abandon(self) -> None:
        """No more batches, and nothing shall remain of those that came."""
        self.abandoned = True
        self.end()

    def run(self) -> None:
        """The helper thread, until the content ends or is abandoned."""
        try:
            self._take_content()
            if self.abandoned:
                self.writer.abandon()
                return
            self._pad()
            rest = self._sealer.update(self._gathered[: self._filled])
            self.writer.write(rest + self._sealer.finish())
            self.writer.commit()
        except Exception as failure:  # noqa: BLE001 - handed to the thread that reads `failure`
            self.failure = failure
            with suppress(OSError):
                self.writer.abandon()

    def _take_content(self) -> None:
        batches = self._batches()
        try:
            self.writer.write(self._sealer.header)
            for batch in batches:
                if not self.abandoned:
                    for piece in batch:
                        self.hash.update(piece)
                        self.size += len(piece)
                        self._gather(piece)
        except Exception as failure:
            # Somebody may be waiting for room in the queue, and must get to see the failure.
            self.failure = failure
            for _ in batches:
                pass
            raise

    def _batches(self) -> Iterator[list[memoryview]]:
        while (batch := self._queue.get()) is not None:
            yield batch
            self._room.release()

    def _gather(self, piece: memoryview) -> None:
        while piece:
            end = min(self._filled + len(piece), BATCH_BYTES)
            taken = end - self._filled
            self._gathered[self._filled : end] = piece[:taken]
            self._filled, piece = end, piece[taken:]
            if end == BATCH_BYTES:
                filled = self._sealer.update_into(self._gathered, self._sealed)
                self.writer.write(self._sealed[:filled])
                self._filled = 0

    def _pad(self) -> None:
        zeros = padded_length(self.size, BLOB_FLOOR) - self.size
        while zeros > 0:
            piece = _ZEROS[:zeros]
            self._gather(piece)
            zeros -= len(piece)
