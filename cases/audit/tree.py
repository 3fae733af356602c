"""The tree of the trail (RFC 6962, section 2.1), kept as a table of its complete parts in base 256.

    leaf hash  SHA-256(0x00 ‖ leaf)
    node hash  SHA-256(0x01 ‖ left ‖ right)
    row (L, i) MTH(leaves i·256^L up to (i+1)·256^L)               level 0: the hashes of the leaves

A row is written once, when the leaves below it are all there, and never changes. What lies between
two levels is folded from at most 256 rows when it is asked for, so a tree costs one row a leaf and
one more for every 256. Everything here is pure: rows are read through a function of the caller's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cases.errors import TribuneError

HASH_BYTES = 32
WIDTH = 256
"""Rows that make one row of the next level; also the width of a C2SP tile."""
PROOF_HASHES = 63
"""The longest proof: one hash for each level of the tallest tree, of 2^63 leaves."""

EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a tree without leaves."""

Rows = Callable[[int, int, int], Sequence[bytes]]
"""`rows(level, start, stop)`: the hashes of rows start up to stop of a level, exactly stop - start.

At most 256 are asked for at once, all of one tile; what comes back short is taken for damage.
"""

_HEIGHT = 8
"""Levels of the binary tree between two levels of the table: 2^8 = 256."""


class OutOfRange(TribuneError, ValueError):
    """A place or a size that the tree does not have."""


class RowsMissing(TribuneError):
    """The table lacks rows that a tree of this size must have.

    Args:
        level: the level of the table.
        start: the first row that was asked for.
        stop: the row after the last.
    """

    def __init__(self, level: int, start: int, stop: int) -> None:
        super().__init__(f"rows {start} up to {stop} of level {level} are not all there")
        self.level, self.start, self.stop = level, start, stop


class ProofInvalid(TribuneError, ValueError):
    """A proof does not show what it should; nothing may be concluded from it."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf, 32 bytes. The prefix keeps it from being mistaken for a node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what stands above two hashes, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Range:
    """The least that has to be remembered of a tree so that it can grow: a compact range.

    Attributes:
        size: leaves.
        hashes: of the complete subtrees it is made of, from left to right, the largest first: one for
            each bit that is set in `size`, so 63 at most.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise OutOfRange(f"{len(self.hashes)} hashes do not make a tree of {self.size} leaves")
        if any(len(one) != HASH_BYTES for one in self.hashes):
            raise OutOfRange("a hash of a tree has 32 bytes")

    def append(self, hashes: Iterable[bytes]) -> Range:
        """The tree after these leaf hashes were added to it."""
        kept, size = list(self.hashes), self.size
        for one in hashes:
            node, carry = one, size
            while carry & 1:  # as in adding one to a binary number: every full pair becomes a node
                node = node_hash(kept.pop(), node)
                carry >>= 1
            kept.append(node)
            size += 1
        return Range(size, tuple(kept))

    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        return _bagged(self.hashes) if self.hashes else EMPTY_ROOT


def compact(rows: Rows, size: int) -> Range:
    """The compact range of the first `size` leaves of the table.

    Raises:
        OutOfRange: the size is negative.
        RowsMissing: the table does not hold as many.
    """
    if size < 0:
        raise OutOfRange(f"no tree has {size} leaves")
    return Range(size, tuple(_Table(rows, size).peaks(0, size)))


def root(rows: Rows, size: int) -> bytes:
    """The root of the first `size` leaves of the table, 32 bytes.

    Raises:
        OutOfRange: the size is negative.
        RowsMissing: the table does not hold as many.
    """
    return compact(rows, size).root()


def inclusion(rows: Rows, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves: RFC 6962, section 2.1.1.

    Returns:
        The siblings on the way from the leaf up to the root.

    Raises:
        OutOfRange: the tree has no such leaf.
        RowsMissing: the table does not hold as many.
    """
    if not 0 <= index < size:
        raise OutOfRange(f"a tree of {size} leaves has no leaf {index}")
    table, start, stop = _Table(rows, size), 0, size
    proof = []
    while stop - start > 1:
        middle = _middle(start, stop)
        if index < middle:
            proof.append(table.span(middle, stop))
            stop = middle
        else:
            proof.append(table.span(start, middle))
            start = middle
    return proof[::-1]


def consistency(rows: Rows, first: int, second: int) -> list[bytes]:
    """The proof that the tree of `first` leaves is the beginning of that of `second`: section 2.1.2.

    Raises:
        OutOfRange: the first is empty, of which nothing can be shown, or larger than the second.
        RowsMissing: the table does not hold as many.
    """
    if not 1 <= first <= second:
        raise OutOfRange(f"a tree of {second} leaves has no beginning of {first}")
    table, start, stop = _Table(rows, second), 0, second
    proof = []
    while stop != first:
        middle = _middle(start, stop)
        if first <= middle:
            proof.append(table.span(middle, stop))
            stop = middle
        else:
            proof.append(table.span(start, middle))
            start = middle
    if start:  # otherwise what is left is the first tree itself, whose root the reader holds
        proof.append(table.span(start, stop))
    return proof[::-1]


def grown(rows: Rows, size: int, new: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    """The rows to insert when leaves are appended: theirs, and every upper row they complete.

    Args:
        rows: the table as it is, with `size` leaves.
        size: leaves there are.
        new: hashes of the leaves that come, any number of them.

    Returns:
        (level, index, hash) each, lower levels first.

    Raises:
        OutOfRange: the size is negative.
        RowsMissing: the table does not hold as many.
    """
    if size < 0:
        raise OutOfRange(f"no tree has {size} leaves")
    added: list[tuple[int, int, bytes]] = []
    level, start, fresh = 0, size, list(new)
    while fresh:
        added += [(level, start + place, one) for place, one in enumerate(fresh)]
        stop, above = start + len(fresh), start // WIDTH
        if stop // WIDTH == above:
            break
        begun = read(rows, level, above * WIDTH, start) if start % WIDTH else []
        whole = [*begun, *fresh][: (stop // WIDTH - above) * WIDTH]
        fresh = [_folded(whole[at : at + WIDTH]) for at in range(0, len(whole), WIDTH)]
        level, start = level + 1, above
    return added


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands at `index` in the tree of this size and root: RFC 9162, 2.1.3.2.

    Raises:
        ProofInvalid: it is not shown.
    """
    _check_hashes(leaf_hash, root, proof)
    if not 0 <= index < size:
        raise ProofInvalid("the tree has no such leaf")
    place, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if not last:
            raise ProofInvalid("the proof is longer than the tree is high")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            place, last = _up_to_a_right_child(place, last)
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise ProofInvalid("the proof does not lead to this root")


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Check that the tree of `first` leaves is the beginning of that of `second`: RFC 9162, 2.1.4.2.

    Two trees of one size are the same tree: then the proof is empty and the roots are equal.

    Raises:
        ProofInvalid: it is not shown, or the first tree is empty, of which nothing can be shown.
    """
    if not 1 <= first <= second:
        raise ProofInvalid("neither tree can be the beginning of the other")
    if first == second:
        if proof or root1 != root2:
            raise ProofInvalid("two trees of one size are not one tree")
        return
    _check_hashes(root1, root2, proof)
    if not proof:
        raise ProofInvalid("the proof is empty")
    # A first tree that is one complete subtree is the proof's beginning, and its reader has it.
    begun, *rest = [root1, *proof] if first.bit_count() == 1 else proof
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = begun
    for sibling in rest:
        if not last:
            raise ProofInvalid("the proof is longer than the tree is high")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            place, last = _up_to_a_right_child(place, last)
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last or old != root1 or new != root2:
        raise ProofInvalid("the proof does not lead to these roots")


def read(rows: Rows, level: int, start: int, stop: int) -> Sequence[bytes]:
    """Rows of a level, every one of them.

    Raises:
        RowsMissing: some are not there.
    """
    found = rows(level, start, stop)
    if len(found) != stop - start:
        raise RowsMissing(level, start, stop)
    return found


class _Table:
    """The table as a tree of one size sees it; each tile of 256 rows is read once and whole."""

    def __init__(self, rows: Rows, size: int) -> None:
        self._rows, self._size = rows, size
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def span(self, start: int, stop: int) -> bytes:
        """MTH of leaves start up to stop, where start is where a subtree of that height begins."""
        return _bagged(self.peaks(start, stop))

    def peaks(self, start: int, stop: int) -> list[bytes]:
        """The complete subtrees that leaves start up to stop are made of, the largest first."""
        found = []
        while start < stop:
            height = (stop - start).bit_length() - 1
            found.append(self._node(height, start >> height))
            start += 1 << height
        return found

    def _node(self, height: int, index: int) -> bytes:
        """The hash of the complete subtree of 2^height leaves whose first is leaf index·2^height."""
        level, inner = divmod(height, _HEIGHT)
        tile, place = divmod(index << inner, WIDTH)
        return _folded(self._tile(level, tile)[place : place + (1 << inner)])

    def _tile(self, level: int, tile: int) -> Sequence[bytes]:
        if (level, tile) not in self._tiles:
            start = tile * WIDTH
            stop = min(start + WIDTH, self._size >> (_HEIGHT * level))
            self._tiles[level, tile] = read(self._rows, level, start, stop)
        return self._tiles[level, tile]


def _middle(start: int, stop: int) -> int:
    """Where RFC 6962 splits leaves start up to stop: after the largest power of two less than all."""
    return start + (1 << ((stop - start - 1).bit_length() - 1))


def _folded(hashes: Sequence[bytes]) -> bytes:
    """The hash above a power of two of hashes."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [node_hash(left, right) for left, right in pairs]
    return hashes[0]


def _bagged(peaks: Sequence[bytes]) -> bytes:
    """The hash above complete subtrees that shrink from left to right."""
    *others, found = peaks
    for peak in reversed(others):
        found = node_hash(peak, found)
    return found


def _up_to_a_right_child(place: int, last: int) -> tuple[int, int]:
    """Past the levels at which the last node has no sibling and moves up as it is."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _check_hashes(one: bytes, other: bytes, proof: Sequence[bytes]) -> None:
    if len(proof) > PROOF_HASHES:
        raise ProofInvalid("the proof is longer than any tree is high")
    if any(len(part) != HASH_BYTES for part in (one, other, *proof)):
        raise ProofInvalid("a hash has 32 bytes")
