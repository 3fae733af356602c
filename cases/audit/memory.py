r"""What the signer keeps on disk: its key, and what it has signed.

    key          the signing key (note.py), mode 0400; its name is the log's origin
    state.json   {"origin", "size", "root", "range": […], "directory"}, hashes in hex, mode 0600
    lock         held by whoever signs, so that two signers of one host come one after the other
    epochs/<n>/  key and state of the epochs before

A file is written beside its place, synced, renamed over the old one, and the folder is synced: after a
kill at any point the old file is there or the new one, whole. The folder is never part of a backup.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.audit import note
from cases.audit.note import NoteInvalid, SigningKey, Verifier
from cases.audit.tree import Range
from cases.errors import KeysMissing, TribuneError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "key"
STATE = "state.json"
LOCK = "lock"
EPOCHS = "epochs"

_KEY_MODE = 0o400
_STATE_MODE = 0o600


class StateMissing(TribuneError):
    """The signer has a key and no memory; `adopt` gives it back from a checkpoint somebody holds."""


class StateInvalid(TribuneError):
    """The signer's key or memory cannot be read, or they do not belong together; never guessed."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is signed, or is to be: a tree, and the number of the staff directory it goes with."""

    size: int
    root: bytes
    directory: int

    def __str__(self) -> str:
        return f"{self.size} leaves, root {self.root.hex()}, directory {self.directory}"


@dataclass(frozen=True, slots=True)
class State:
    """The signer's memory.

    Attributes:
        origin: of the log.
        edge: the compact range of what was signed.
        directory: the highest number of the staff directory that was signed with.
    """

    origin: str
    edge: Range
    directory: int

    @property
    def size(self) -> int:
        """Leaves that were signed."""
        return self.edge.size

    @property
    def head(self) -> Head:
        """What was signed last."""
        return Head(self.edge.size, self.edge.root(), self.directory)


def key_of(folder: Path) -> SigningKey:
    """The key in a folder.

    Raises:
        KeysMissing: there is none.
        StateInvalid: it cannot be read.
    """
    try:
        text = (folder / KEY).read_bytes().decode().removesuffix("\n")
        return note.parse_signer(text)
    except FileNotFoundError:
        raise KeysMissing("the log's key") from None
    except (NoteInvalid, UnicodeDecodeError) as error:
        raise StateInvalid("the log's key cannot be read") from error


def verifiers_of(folder: Path) -> list[Verifier]:
    """What checkpoints of this log are checked with, those of the epochs before included.

    Raises:
        KeysMissing: there is no key.
        StateInvalid: one cannot be read.
    """
    earlier = sorted((folder / EPOCHS).glob("*/"))
    return [key_of(one).verifier for one in (folder, *earlier)]


def keep_key(folder: Path, key: SigningKey) -> None:
    """Put a key in place of the one there was."""
    _write(folder / KEY, f"{note.skey(key)}\n".encode(), _KEY_MODE)


def recall(folder: Path) -> State | None:
    """The memory in a folder; None where there is no file.

    Raises:
        StateInvalid: it cannot be read.
    """
    try:
        raw = (folder / STATE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        fields = json.loads(raw)
        edge = Range(int(fields["size"]), tuple(map(bytes.fromhex, fields["range"])))
        state = State(str(fields["origin"]), edge, int(fields["directory"]))
    except (ValueError, TypeError, KeyError) as error:
        raise StateInvalid("the signer's memory cannot be read") from error
    if _spelled(state) != raw:
        raise StateInvalid("the signer's memory does not agree with itself")
    return state


def recall_of(folder: Path, key: SigningKey) -> State:
    """The memory of this key.

    Raises:
        StateMissing: there is none.
        StateInvalid: it cannot be read, or is another key's.
    """
    state = recall(folder)
    if state is None:
        raise StateMissing("the signer has no memory of what it signed")
    if state.origin != key.name:
        raise StateInvalid(
            "key and memory are of two epochs: load them again, or finish what was begun"
        )
    return state


def remember(folder: Path, state: State) -> None:
    """Put a memory in place of the one there was; it survives a power cut when this returns."""
    _write(folder / STATE, _spelled(state), _STATE_MODE)


def set_aside(folder: Path, epoch: int, *names: str) -> None:
    """Keep files of an epoch that ends in a folder of its own; repeating it does no harm."""
    kept = folder / EPOCHS / str(epoch)
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        _write(kept / name, (folder / name).read_bytes(), _KEY_MODE)
    _sync(kept.parent)
    _sync(folder)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Alone among the signers of this host; the kernel ends it when the process dies.

    Raises:
        KeysMissing: there is no such folder.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _STATE_MODE)
    except FileNotFoundError:
        raise KeysMissing("the folder of the log's key") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _spelled(state: State) -> bytes:
    """The state file, which has one spelling: one that was edited is found by writing it again."""
    fields = {
        "origin": state.origin,
        "size": state.size,
        "root": state.head.root.hex(),
        "range": [one.hex() for one in state.edge.hashes],
        "directory": state.directory,
    }
    return f"{json.dumps(fields, indent=1, ensure_ascii=False)}\n".encode()


def _write(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)  # what a kill left behind
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    new.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
