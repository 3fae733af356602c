"""The signer: holds the log's key, and remembers outside the database what it has signed.

Whoever puts back an older database, or makes another past for it, meets a memory that they did not put
back (`memory.py`): the signer refuses to sign fewer leaves than it has signed, leaves that do not grow
from those, or an older directory of staff. It therefore writes down what it is about to sign, and only
then signs. Killed in between, it has promised more than it said; signing the same again gives the same
bytes.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cases.audit import memory, note
from cases.audit.memory import KEY, STATE, Head, State
from cases.audit.note import Checkpoint, NoteInvalid, SigningKey, Verifier
from cases.audit.tree import Range
from cases.errors import TribuneError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ORIGIN = re.compile(r"[^\s+]+/(?P<epoch>[1-9][0-9]{0,8})")


class SigningRefused(TribuneError):
    """The database does not continue what was signed. Nothing is signed until people have looked.

    Args:
        signed: what was signed last.
        offered: what was to be signed instead.
    """

    def __init__(self, signed: Head, offered: Head) -> None:
        super().__init__(f"signed: {signed}; offered: {offered}")
        self.signed, self.offered = signed, offered


class RolledBack(SigningRefused):
    """The tree has fewer leaves than were signed: an older copy was put back, or the end cut off."""


class Forked(SigningRefused):
    """The tree does not grow from the one that was signed: the past was changed."""


class DirectoryRolledBack(SigningRefused):
    """The directory of staff is older than the one that was signed: somebody's removal was undone."""


class Overtaken(TribuneError):
    """The new leaves do not begin where the signed ones end; another signer was quicker: look again."""


class AlreadyThere(TribuneError):
    """The folder holds a key or a memory that must not be overwritten."""


class OriginInvalid(TribuneError, ValueError):
    """A log is named `<host>/audit/<epoch>`, and a new epoch has a higher number than the last."""


class Turn:
    """The time in which one signer, and no other of this host, may sign."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        self._folder, self._key = folder, key
        self.signed = memory.recall_of(folder, key)

    def sign(self, size: int, new_hashes: Sequence[bytes], root: bytes, directory: int) -> bytes:
        """As `Signer.sign`, within this turn."""
        signed, offered = self.signed, Head(size, root, directory)
        if size < signed.size:
            raise RolledBack(signed.head, offered)
        if directory < signed.directory:
            raise DirectoryRolledBack(signed.head, offered)
        if len(new_hashes) != size - signed.size:
            raise Overtaken(f"{len(new_hashes)} leaves do not lead from {signed.size} to {size}")
        edge = signed.edge.append(new_hashes)
        if edge.root() != root:
            raise Forked(signed.head, offered)
        state = State(signed.origin, edge, directory)
        if state != signed:
            memory.remember(self._folder, state)
            self.signed = state
        return note.sign(Checkpoint(state.origin, size, root).text(), self._key)


class Signer:
    """The log's key and the place of its memory. Several may be made of one folder."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        self._folder, self._key = folder, key

    @property
    def origin(self) -> str:
        """The name of the log, and of its key."""
        return self._key.name

    @property
    def verifier(self) -> Verifier:
        """What its checkpoints are checked with."""
        return self._key.verifier

    @property
    def signed(self) -> State:
        """What was signed last, by whichever signer of this folder.

        Raises:
            StateMissing, StateInvalid: the memory is gone, or cannot be read.
        """
        return memory.recall_of(self._folder, self._key)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait until no other signer of this host signs, and keep them waiting.

        The database is best read inside: a size that was read before may be overtaken meanwhile, and
        then looks as if it were rolled back.

        Raises:
            StateMissing, StateInvalid: the memory is gone, or cannot be read.
        """
        with memory.alone(self._folder):
            yield Turn(self._folder, self._key)

    def sign(self, size: int, new_hashes: Sequence[bytes], root: bytes, directory: int) -> bytes:
        """Sign a checkpoint of the tree, if it continues what was signed.

        Args:
            size: leaves of the tree.
            new_hashes: hashes of the leaves from the signed size (`signed.size`) up to this one.
            root: of the tree, as the database has it.
            directory: the number of the staff directory; never smaller than before.

        Returns:
            The signed note. For the same size the same bytes again.

        Raises:
            RolledBack, Forked, DirectoryRolledBack: it does not continue it; nothing was signed.
            Overtaken: the leaves begin elsewhere.
            StateMissing, StateInvalid: the memory is gone, or cannot be read.
        """
        with self.turn() as turn:
            return turn.sign(size, new_hashes, root, directory)


def load(folder: Path) -> Signer:
    """The signer of a folder that `create` has made.

    Raises:
        KeysMissing: there is no key.
        StateMissing: there is a key and no memory.
        StateInvalid: one of them cannot be read, or a new epoch was begun and not finished.
    """
    key = memory.key_of(folder)
    memory.recall_of(folder, key)
    return Signer(folder, key)


def create(folder: Path, origin: str) -> Signer:
    """Make the key of a new log, and the memory of having signed nothing.

    Args:
        folder: `keys/log`; made when it is not there.
        origin: the name of the log, such as "integrity.example.gov/audit/1".

    Raises:
        AlreadyThere: the folder has a key, or a memory of having signed.
        OriginInvalid: the name is none.
    """
    epoch_of(origin)
    key = note.new_signer(origin)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with memory.alone(folder):
        # Memory first: where there is a key there was a memory, and one without a key and without a
        # leaf is what a kill between the two leaves behind.
        earlier = memory.recall(folder)
        if (folder / KEY).exists() or (earlier and earlier.size):
            raise AlreadyThere("this folder belongs to a log")
        memory.remember(folder, State(origin, Range(), 0))
        memory.keep_key(folder, key)
    return Signer(folder, key)


def adopt(folder: Path, checkpoint: bytes, edge: Range, *, directory: int) -> Signer:
    """Give the key its lost memory back, from a checkpoint that somebody outside has kept.

    Args:
        folder: has the key and no state file.
        checkpoint: the newest signed note that anybody holds.
        edge: the compact range of the database's tree at that checkpoint's size.
        directory: the number of the staff directory.

    Raises:
        Forked: the database's tree is not the one of the checkpoint.
        NoteInvalid: the checkpoint is not one that this key has signed.
        AlreadyThere: the memory is not lost.
        KeysMissing: there is no key.
    """
    key = memory.key_of(folder)
    held = note.parse_checkpoint(note.open_note(checkpoint, [key.verifier]).text)
    if held.origin != key.name:
        raise NoteInvalid("the checkpoint is of another log")
    state = State(key.name, edge, directory)
    if (state.head.size, state.head.root) != (held.size, held.root):
        raise Forked(Head(held.size, held.root, directory), state.head)
    with memory.alone(folder):
        if (folder / STATE).exists():
            raise AlreadyThere("the signer remembers what it has signed")
        memory.remember(folder, state)
    return Signer(folder, key)


def begin_epoch(folder: Path, origin: str, edge: Range, *, directory: int) -> Signer:
    """Begin a new log with a new key, after a restore that people have approved.

    Key and memory of the epoch that ends are kept in `epochs/<its number>`. Broken off at any point, it
    is repeated with the same arguments.

    Args:
        origin: of the new log; its epoch has a higher number.
        edge: the compact range of the tree that the new log begins with.
        directory: the number of the staff directory as it was restored.

    Raises:
        OriginInvalid: the name is none, or not of a later epoch.
        KeysMissing: there is no key of an epoch before.
        StateInvalid: the memory cannot be read.
    """
    key = note.new_signer(origin)
    with memory.alone(folder):
        last = memory.key_of(folder)
        if last.name == origin:
            raise AlreadyThere("this epoch has begun")
        if epoch_of(origin) <= epoch_of(last.name):
            raise OriginInvalid("a new epoch has a higher number than the one before")
        state = memory.recall(folder)
        # A memory of another origin is the new one, of an attempt that was broken off.
        files = (KEY, STATE) if state and state.origin == last.name else (KEY,)
        memory.set_aside(folder, epoch_of(last.name), *files)
        # Memory first, as in `create`: a new key is never without one.
        memory.remember(folder, State(origin, edge, directory))
        memory.keep_key(folder, key)
    return Signer(folder, key)


def epoch_of(origin: str) -> int:
    """The number of the epoch that an origin ends with.

    Raises:
        OriginInvalid: it ends with none.
    """
    parts = _ORIGIN.fullmatch(origin)
    if not parts:
        raise OriginInvalid("a log is named <host>/audit/<epoch>")
    return int(parts["epoch"])
