from __future__ import annotations

import errno
import gc
import hashlib
import os
import secrets
import stat
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import BlobMissing, EnvelopeInvalid
from cases.sealing import conveyor
from cases.sealing.blobs import BlobSealer, BlobStore, BlobWriter, Sealed, open_blob
from cases.sealing.conveyor import BATCH_BYTES
from cases.sealing.envelope import open_, sealed_length
from cases.sealing.padding import BLOB_FLOOR, padded_length
from tests.cases.sealing.vectors import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = bytes(range(32))
CONTEXT = b"tribune/v1/blob\x00"
SIZES = (0, 1, BLOB_FLOOR - 1, BLOB_FLOOR, BLOB_FLOOR + 1, BATCH_BYTES, 3 * BATCH_BYTES + 77)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert helpers() == []


def helpers() -> list[threading.Thread]:
    """The helper threads that still run, once they have had a moment to end."""
    deadline = time.monotonic() + 5
    while found := [t for t in threading.enumerate() if t.name == "blob-sealer"]:
        if time.monotonic() > deadline:
            return found
        time.sleep(0.01)
    return []


def sealed(store: BlobStore, *pieces: bytes) -> Sealed:
    with BlobSealer(store, KEY, CONTEXT) as sealer:
        for piece in pieces:
            sealer.update(piece)
        return sealer.finish()


def opened(store: BlobStore, blob: Sealed, **other: bytes | int) -> bytes:
    facts = {"key": KEY, "context": CONTEXT, "size": blob.size} | other
    return b"".join(open_blob(store, blob.name, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back_without_its_padding(store: BlobStore, size: int) -> None:
    content = pattern(size)
    blob = sealed(store, content)
    assert blob.size == size
    assert blob.sha256 == hashlib.sha256(content).digest()
    assert opened(store, blob) == content


@pytest.mark.parametrize("size", SIZES)
def test_the_disk_shows_only_a_size_class(store: BlobStore, size: int) -> None:
    blob = sealed(store, pattern(size))
    assert store.size(blob.name) == sealed_length(padded_length(size, BLOB_FLOOR))


def test_a_blob_is_one_envelope_around_content_and_zeros(store: BlobStore) -> None:
    blob = sealed(store, b"a photograph")
    whole = open_(KEY, CONTEXT, b"".join(store.read(blob.name)))
    assert whole == b"a photograph".ljust(BLOB_FLOOR, b"\x00")


@given(st.lists(st.integers(0, 3 * BATCH_BYTES), max_size=6), st.sampled_from([bytes, bytearray]))
def test_it_does_not_matter_how_the_content_arrives(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], kind: type[bytes | bytearray]
) -> None:
    store = BlobStore(tmp_path_factory.mktemp("blobs"))
    pieces = [kind(pattern(length)) for length in lengths]
    content = b"".join(pieces)
    blob = sealed(store, *(bytes(piece) for piece in pieces))
    assert blob.sha256 == hashlib.sha256(content).digest()
    assert opened(store, blob) == content


def test_a_buffer_may_be_used_again_at_once(store: BlobStore) -> None:
    buffer, content = bytearray(1_000), b""
    with BlobSealer(store, KEY, CONTEXT) as sealer:
        for value in range(200):
            buffer[:] = bytes((value,)) * len(buffer)
            content += buffer
            sealer.update(buffer)
        blob = sealer.finish()
    assert opened(store, blob) == content


def test_a_sender_that_drips_is_served(store: BlobStore) -> None:
    content = pattern(5_000)
    blob = sealed(store, *(content[i : i + 1] for i in range(len(content))))
    assert opened(store, blob) == content


def test_no_plaintext_reaches_the_disk(store: BlobStore, tmp_path: Path) -> None:
    marker = secrets.token_bytes(32)
    with BlobSealer(store, KEY, CONTEXT) as sealer:
        sealer.update(marker * 20_000)
        sealer.update(marker)
        deadline = time.monotonic() + 5
        while not any(f.stat().st_size > BATCH_BYTES for f in store.root.iterdir()):
            assert time.monotonic() < deadline
        found = [file for file in tmp_path.rglob("*") if file.is_file()]
        assert found
        assert not any(marker in file.read_bytes() for file in found)
        sealer.finish()
    assert not any(marker in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())


def test_a_large_upload_takes_little_memory(store: BlobStore) -> None:
    piece = bytes(64 * 1024)
    tracemalloc.start()
    try:
        with BlobSealer(store, KEY, CONTEXT) as sealer:
            for _ in range(512):
                sealer.update(bytearray(piece))  # a copy each, as from a socket
            sealer.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * 1024 * 1024


def test_a_slow_disk_slows_the_sender_down(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    write = BlobWriter.write

    def wait_then_write(writer: BlobWriter, data: bytes) -> None:
        gate.wait(10)
        write(writer, data)

    monkeypatch.setattr(BlobWriter, "write", wait_then_write)
    handed_over = []

    def send() -> None:
        with BlobSealer(store, KEY, CONTEXT) as sealer:
            for number in range(20):
                sealer.update(bytes(BATCH_BYTES))
                handed_over.append(number)
            sealer.finish()

    sender = threading.Thread(target=send)
    sender.start()
    deadline = time.monotonic() + 5
    while len(handed_over) < conveyor.QUEUE_BATCHES and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)  # long enough for a sender that is not held back to go on
    assert len(handed_over) == conveyor.QUEUE_BATCHES
    gate.set()
    sender.join(10)
    assert len(handed_over) == 20


@pytest.mark.parametrize("size", [0, 10, 5 * BATCH_BYTES])
def test_an_upload_given_up_leaves_nothing(store: BlobStore, size: int) -> None:
    sealer = BlobSealer(store, KEY, CONTEXT)
    sealer.update(bytes(size))
    sealer.abandon()
    sealer.abandon()
    assert list(store.root.iterdir()) == []
    with pytest.raises(ValueError, match="abandoned"):
        sealer.update(b"more")
    with pytest.raises(ValueError, match="abandoned"):
        sealer.finish()


def test_an_upload_that_breaks_leaves_nothing(store: BlobStore) -> None:
    def upload() -> None:
        with BlobSealer(store, KEY, CONTEXT) as sealer:
            sealer.update(bytes(3 * BATCH_BYTES))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        upload()
    assert list(store.root.iterdir()) == []


def test_an_upload_that_is_forgotten_leaves_nothing(store: BlobStore) -> None:
    sealer = BlobSealer(store, KEY, CONTEXT)
    sealer.update(bytes(3 * BATCH_BYTES))
    del sealer
    gc.collect()
    assert helpers() == []
    assert list(store.root.iterdir()) == []


def test_what_is_finished_stays(store: BlobStore) -> None:
    sealer = BlobSealer(store, KEY, CONTEXT)
    blob = sealer.finish()
    sealer.abandon()
    assert list(store.names()) == [blob.name]
    with pytest.raises(ValueError, match="finished"):
        sealer.finish()


@pytest.mark.parametrize("writes_before", [0, 1, 3])
def test_a_full_disk_is_told_and_leaves_nothing(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch, writes_before: int
) -> None:
    write, left = BlobWriter.write, [writes_before]

    def fill_up(writer: BlobWriter, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(writer, data)

    monkeypatch.setattr(BlobWriter, "write", fill_up)
    with pytest.raises(OSError, match="No space"):
        sealed(store, *[bytes(BATCH_BYTES)] * 30)
    assert list(store.root.iterdir()) == []


def test_a_disk_that_fails_at_the_very_end_is_told_and_leaves_nothing(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        sealed(store, b"a photograph")
    assert list(store.root.iterdir()) == []


def test_a_sender_hears_of_a_full_disk_before_the_end(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: BlobWriter, __: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(BlobWriter, "write", fail)
    sealer = BlobSealer(store, KEY, CONTEXT)
    deadline = time.monotonic() + 5

    def send_for_ever() -> None:
        while time.monotonic() < deadline:
            sealer.update(bytes(BATCH_BYTES))

    with pytest.raises(OSError, match="No space"):
        send_for_ever()


def test_a_blob_appears_only_when_it_is_whole(store: BlobStore) -> None:
    writer = store.writer()
    writer.write(b"half")
    assert list(store.names()) == []
    with pytest.raises(BlobMissing):
        store.size(writer.name)
    assert writer.commit() == writer.name
    assert list(store.names()) == [writer.name]
    writer.abandon()
    assert list(store.names()) == [writer.name]


def test_a_blob_bears_a_day_and_is_for_the_service_alone(store: BlobStore) -> None:
    blob = sealed(store, b"a photograph")
    facts = (store.root / blob.name).stat()
    assert facts.st_mtime % 86_400 == 0
    assert 0 <= time.time() - facts.st_mtime < 2 * 86_400
    assert stat.S_IMODE(facts.st_mode) == 0o600
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


def test_a_deleted_blob_is_gone_and_deleting_can_be_repeated(store: BlobStore) -> None:
    blob = sealed(store, b"a photograph")
    store.delete(blob.name)
    store.delete(blob.name)
    with pytest.raises(BlobMissing):
        opened(store, blob)
    with pytest.raises(BlobMissing):
        next(iter(store.read(blob.name)))


@pytest.mark.parametrize("name", ["", "..", "../keys/root.d/1.key", "A" * 32, "0" * 32 + "\n"])
def test_a_name_never_leads_out_of_the_store(store: BlobStore, name: str) -> None:
    for use in (store.size, store.delete, lambda name: next(iter(store.read(name)))):
        with pytest.raises(BlobMissing):
            use(name)


def test_another_key_context_or_size_is_refused_before_the_first_byte(store: BlobStore) -> None:
    blob = sealed(store, bytes(BATCH_BYTES))
    for other in ({"key": KEY[::-1]}, {"context": CONTEXT + b"?"}, {"size": 3 * BATCH_BYTES}):
        facts = {"key": KEY, "context": CONTEXT, "size": blob.size} | other
        with pytest.raises(EnvelopeInvalid):
            open_blob(store, blob.name, **facts)  # type: ignore[arg-type]


def test_a_truncated_blob_is_refused_before_the_first_byte(store: BlobStore) -> None:
    blob = sealed(store, bytes(BATCH_BYTES))
    path = store.root / blob.name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(EnvelopeInvalid):
        open_blob(store, blob.name, KEY, CONTEXT, blob.size)


@given(st.floats(0, 1, exclude_max=True))
def test_a_changed_byte_ends_the_reading_and_nothing_false_is_released(
    tmp_path_factory: pytest.TempPathFactory, place: float
) -> None:
    store = BlobStore(tmp_path_factory.mktemp("blobs"))
    content = pattern(3 * BLOB_FLOOR)
    blob = sealed(store, content)
    path = store.root / blob.name
    whole = bytearray(path.read_bytes())
    whole[1 + int(place * (len(whole) - 1))] ^= 0x10
    path.write_bytes(whole)
    released = b""

    def read() -> None:
        nonlocal released
        for piece in open_blob(store, blob.name, KEY, CONTEXT, blob.size):
            released += piece

    with pytest.raises(EnvelopeInvalid):
        read()
    assert content.startswith(released)


def test_a_record_that_states_less_than_there_is_is_refused(store: BlobStore) -> None:
    """The same size class, so only the padding tells: what follows the content must be zeros."""
    blob = sealed(store, b"a photograph")
    with pytest.raises(EnvelopeInvalid):
        opened(store, blob, size=5)
