"""The tree as RFC 6962 defines it, by recursion over all leaves: slow, and plainly right.

It hashes for itself and knows nothing of rows, so that it shares no mistake with what it checks.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def leaf(number: int) -> bytes:
    """The hash of a leaf that says only which one it is."""
    return hashlib.sha256(b"\x00" + str(number).encode()).digest()


def mth(hashes: Sequence[bytes]) -> bytes:
    """MTH, section 2.1, of hashes of leaves."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return hashlib.sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def path(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH, section 2.1.1."""
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), mth(hashes[k:])]
    return [*path(m - k, hashes[k:]), mth(hashes[:k])]


def subproof(m: int, hashes: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF, section 2.1.2; with `whole` left as it is, PROOF."""
    if m == len(hashes):
        return [] if whole else [mth(hashes)]
    k = split(len(hashes))
    if m <= k:
        return [*subproof(m, hashes[:k], whole=whole), mth(hashes[k:])]
    return [*subproof(m - k, hashes[k:], whole=False), mth(hashes[:k])]


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


class Table:
    """Rows in memory, as the database keeps them; counts how often it was asked."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], bytes] = {}
        self.asked: list[tuple[int, int, int]] = []

    def __call__(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        self.asked.append((level, start, stop))
        found = (self.rows.get((level, place)) for place in range(start, stop))
        return [one for one in found if one is not None]

    def insert(self, rows: Sequence[tuple[int, int, bytes]]) -> None:
        """Add rows; one that is there already is a fault, as it is in the database."""
        for level, place, one in rows:
            assert (level, place) not in self.rows
            self.rows[level, place] = one


def table_of(hashes: Sequence[bytes], grow: Callable[..., list[tuple[int, int, bytes]]]) -> Table:
    """A table that these leaves were appended to at once."""
    table = Table()
    table.insert(grow(table, 0, hashes))
    return table
