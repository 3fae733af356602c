"""Attachments: sealed while they arrive, never in clear on any disk.

The store is one directory of files with random names, each a WE1 envelope around the content and
zeros up to Padmé(max(length, 65,536)). The length is known only at the end of a stream, so it
stands in the attachment's sealed record, with the name and the SHA-256 of the content. What the
directory shows is a size class and a day; the change time of the file system it cannot hide.

Order of writing: blob, fsync, row. A crash leaves a blob without a row, or a `.part` file, never
a row without its blob.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
import weakref
from typing import TYPE_CHECKING, NamedTuple

from cases.errors import BlobMissing, EnvelopeInvalid
from cases.sealing.conveyor import BATCH_BYTES, BATCH_PIECES, Conveyor
from cases.sealing.envelope import HEADER_BYTES, Opener, Sealer, sealed_length
from cases.sealing.padding import BLOB_FLOOR, padded_length

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

PIECE_BYTES = 64 * 1024
"""Read from the store at once."""
WRITE_BACK_BYTES = 8 * 1024 * 1024
"""The kernel is asked to start writing so often, or it would do nothing until the final fsync."""

_NAME = re.compile(r"[0-9a-f]{32}")
_PART = ".part"
_DAY_SECONDS = 86_400


class Sealed(NamedTuple):
    """What `BlobSealer.finish` tells.

    Attributes:
        name: of the blob in the store.
        size: bytes of the content, without padding.
        sha256: of the content, 32 bytes.
    """

    name: str
    size: int
    sha256: bytes


class BlobStore:
    """A directory of sealed files, readable by the service alone."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root

    def writer(self) -> BlobWriter:
        """A new blob under a random name, invisible until it is committed."""
        return BlobWriter(self.root)

    def read(self, name: str) -> Iterator[bytes]:
        """The sealed bytes of a blob in pieces of 64 KiB.

        Raises:
            BlobMissing: there is no such blob; raised at the first piece.
        """
        path = self._path(name)
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError:
            raise BlobMissing from None
        with file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    def size(self, name: str) -> int:
        """Bytes on disk.

        Raises:
            BlobMissing: there is no such blob.
        """
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            raise BlobMissing from None

    def delete(self, name: str) -> None:
        """Remove a blob; repeatable, so that an interrupted purge can be run again."""
        self._path(name).unlink(missing_ok=True)
        _sync_directory(self.root)

    def names(self) -> Iterator[str]:
        """Every committed blob, in no order."""
        with os.scandir(self.root) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    yield entry.name

    def _path(self, name: str) -> Path:
        # Names come back from a database; one that is not ours must not lead out of the store.
        if not _NAME.fullmatch(name):
            raise BlobMissing
        return self.root / name


class BlobWriter:
    """One blob being written; `commit` makes it appear whole, `abandon` leaves nothing."""

    def __init__(self, root: Path) -> None:
        self.name = secrets.token_hex(16)
        self._root = root
        self._part = root / (self.name + _PART)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._fd = os.open(self._part, flags, 0o600)
        self._written = self._hinted = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append sealed bytes."""
        view = memoryview(data)
        while view:
            taken = os.write(self._fd, view)
            view = view[taken:]
            self._written += taken
        fresh = self._written - self._hinted
        if fresh >= WRITE_BACK_BYTES:
            os.posix_fadvise(self._fd, self._hinted, fresh, os.POSIX_FADV_DONTNEED)
            self._hinted = self._written

    def commit(self) -> str:
        """Make the blob durable and visible; gives its name.

        The file's times are set to midnight UTC, for an arrival time identifies people.
        """
        midnight = int(time.time()) // _DAY_SECONDS * _DAY_SECONDS
        os.utime(self._fd, (midnight, midnight))
        os.fsync(self._fd)
        self._close()
        self._part.rename(self._root / self.name)
        _sync_directory(self._root)
        return self.name

    def abandon(self) -> None:
        """Remove what was written so far; does nothing after `commit`."""
        self._close()
        self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class BlobSealer:
    """Seals a stream of unknown length into the store.

    Hashing, sealing and writing happen in one helper thread while the next bytes arrive. `update`
    waits when the disk is more than eight batches behind, so a slow disk slows the sender down
    rather than filling the memory: it is to be called where waiting is allowed. Use it in a `with`
    block, or call `abandon`; one that is only dropped cleans up too.
    """

    def __init__(self, store: BlobStore, key: bytes, context: bytes) -> None:
        sealer = Sealer(key, context)
        self._work = Conveyor(store.writer(), sealer)
        self._batch: list[memoryview] = []
        self._held = 0
        self._thread = threading.Thread(target=self._work.run, name="blob-sealer", daemon=True)
        self._thread.start()
        self._stop = weakref.finalize(self, self._work.abandon)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abandon()

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take in content.

        Raises:
            OSError: the disk refused an earlier batch.
            ValueError: the sealer is finished or abandoned.
        """
        self._check()
        # Bytes cannot change under the helper's hands and need no copy; anything else might.
        whole = memoryview(data if isinstance(data, bytes) else bytes(data))
        for start in range(0, len(whole), BATCH_BYTES):
            piece = whole[start : start + BATCH_BYTES]
            self._batch.append(piece)
            self._held += len(piece)
            if self._held >= BATCH_BYTES or len(self._batch) >= BATCH_PIECES:
                self._hand_over()

    def finish(self) -> Sealed:
        """Pad, make durable, and tell what was sealed.

        Raises:
            OSError: the disk refused; nothing is left behind.
            ValueError: the sealer is finished or abandoned.
        """
        self._check()
        work = self._work
        self._hand_over()
        work.end()
        self._stop.detach()
        self._thread.join()
        self._check_failure()
        return Sealed(work.writer.name, work.size, work.hash.digest())

    def abandon(self) -> None:
        """Give up: end the thread and remove the file. Does nothing after `finish`."""
        self._stop()
        self._thread.join()

    def _hand_over(self) -> None:
        self._work.put(self._batch)
        self._batch, self._held = [], 0

    def _check(self) -> None:
        if not self._stop.alive:
            raise ValueError("this blob is finished or abandoned")
        self._check_failure()

    def _check_failure(self) -> None:
        if self._work.failure is not None:
            self.abandon()
            raise self._work.failure


def open_blob(
    store: BlobStore, name: str, key: bytes, context: bytes, size: int
) -> Iterator[bytes]:
    """The content of a blob, each piece released only after its tags were checked.

    Presence, size on disk, key and context are checked before this returns, so that a door can
    still answer with an error; a fault further in ends the iteration with one.

    Args:
        store: where the blob lies.
        name: of the blob.
        key: the file key, 32 bytes.
        context: as given to the sealer.
        size: bytes of the content, from its sealed record.

    Raises:
        BlobMissing: there is no such blob.
        EnvelopeInvalid: it does not open, or is not as long as its record says.
        UnsupportedEnvelope: its version byte is not ours.
    """
    if store.size(name) != sealed_length(padded_length(size, BLOB_FLOOR)):
        raise EnvelopeInvalid
    pieces = store.read(name)
    first = next(pieces)
    opener = Opener(key, context, first[:HEADER_BYTES])
    return _opened(opener, first[HEADER_BYTES:], pieces, size)


def _opened(opener: Opener, first: bytes, pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    missing = size
    sealed: bytes | None = first
    while sealed is not None:
        data = opener.update(sealed)
        sealed = next(pieces, None)
        if sealed is None:
            data += opener.finish()
        content, padding = data[:missing], data[missing:]
        if padding.count(0) != len(padding):
            raise EnvelopeInvalid
        missing -= len(content)
        if content:
            yield content


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
