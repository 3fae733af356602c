"""Houses as they stood after the same beginning: made once in a worker, and copied from then on.

Most tests of rules begin alike: with a house, a report, its triage. `again` takes such a step; one that was
taken before, from the same place and with the same things given, is not taken anew: its databases are copies
of the files that were kept then, and what tests hold in memory is what it was. Ids, keys and receipts are
those of the first time; the databases are the test's own.

Nothing is taken from here once anything else has happened to a house: a unit of work, a change of a file, a
clock that was moved. Nor on PostgreSQL, nor in a house that was asked for `anew`, as a test has to that
changes the code under its own beginning.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import uuid4

from sqlalchemy import make_url

from cases.database import ticket
from tests.databases import BRANCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.cases.builders import SmallHouse
    from tests.databases import Backend

Made = TypeVar("Made")

MOST = 40
"""Beginnings that are kept at once: of a megabyte or two each, and in memory."""


class Memory(Protocol):
    """What a test holds in memory beside a house, as plain values."""

    # Any: whatever it is made of; it is put away as bytes.
    def told(self) -> Any: ...  # noqa: ANN401
    def remember(self, told: Any) -> None: ...  # noqa: ANN401


class Beginning:
    """How a house came to be where it is, for as long as nothing else happens to it."""

    def __init__(self, backend: Backend) -> None:
        self.folder = backend.directory.parent / f"kept-{os.getpid()}"
        self.files = [Path(make_url(backend.url(one)).database or "") for one in BRANCHES]
        self.path = b"nothing"
        self._mark: object = None

    def untouched(self) -> bool:
        """Whether the house is where the last step left it."""
        return self._mark is None or self._mark == self._seen()

    def reached(self, path: bytes) -> None:
        """This is where it is now."""
        self.path = path
        self._mark = (0, None)
        number, files = self._seen()
        self._mark = (number + 1, files)

    def _seen(self) -> tuple[int, object]:
        return ticket(), [
            (one.stat().st_size, one.stat().st_mtime_ns) if one.exists() else None
            for file in self.files
            for one in (file, _log_of(file))
        ]


@dataclass(frozen=True)
class Kept:
    """One step: the files it led to, and what it gave and left in memory, as bytes."""

    files: list[Path]
    memory: bytes


_SEEN: set[bytes] = set()
_KEPT: OrderedDict[bytes, Kept] = OrderedDict()


def again(
    small: SmallHouse, what: object, take: Callable[[], Made], *memories: Memory, times: int = 2
) -> Made:
    """Take a step of a beginning, or be where it leads.

    Args:
        what: names the step, with what it is given: plain values.
        take: takes it; what it gives are plain values too.
        memories: what it reads and changes beside the house.
        times: it is kept when it is taken for this time, the first or the second.
    """
    begun = small.begun
    if begun is None or not begun.untouched():
        small.begun = None
        return take()
    everything: Sequence[Memory] = (small, *memories)
    before = pickle.dumps((begun.path, what, [one.told() for one in everything]))
    path = hashlib.sha256(before).digest()
    begun.reached(begun.path)
    if (kept := _KEPT.get(path)) and _at_rest(small, begun):
        _KEPT.move_to_end(path)
        for file, copy in zip(begun.files, kept.files, strict=True):
            shutil.copyfile(copy, file)
        made: Made = _remembered(kept.memory, everything)
    else:
        made = take()
        if (times == 1 or path in _SEEN) and _at_rest(small, begun):
            memory = pickle.dumps((made, [one.told() for one in everything]))
            _keep(begun, path, memory)
            made = _remembered(
                memory, everything
            )  # as everybody after it: what is the same is told alike
        _SEEN.add(path)
    if small.begun is not None:
        begun.reached(path)
    return made


# Any: whatever the step gave.
def _remembered(memory: bytes, everything: Sequence[Memory]) -> Any:  # noqa: ANN401
    made, told = pickle.loads(memory)  # noqa: S301 -- our own
    for one, was in zip(everything, told, strict=True):
        one.remember(was)
    return made


def _keep(begun: Beginning, path: bytes, memory: bytes) -> None:
    begun.folder.mkdir(exist_ok=True)
    copies = [begun.folder / uuid4().hex for _ in begun.files]
    for file, copy in zip(begun.files, copies, strict=True):
        shutil.copyfile(file, copy)
    _KEPT[path] = Kept(copies, memory)
    if len(_KEPT) > MOST:
        _, oldest = _KEPT.popitem(last=False)
        for copy in oldest.files:
            copy.unlink()


def _at_rest(small: SmallHouse, begun: Beginning) -> bool:
    """Close every connection; whether nobody else has one, and the databases are all there is."""
    small.house.close()
    return not any(_log_of(file).exists() for file in begun.files) and not small.files()


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")
