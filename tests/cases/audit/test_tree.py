"""The tree: what RFC 6962 says it is, whatever the batches, and proofs that show nothing else."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.audit import tree
from cases.audit.tree import OutOfRange, ProofInvalid, Range, RowsMissing
from tests.cases.audit import naive
from tests.cases.audit.naive import Table, table_of
from tests.cases.sealing.vectors import Vector, cases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MOST = 2_000
LEAVES = [naive.leaf(number) for number in range(MOST)]
SIZES = st.integers(0, MOST)
EDGES = (1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 131_072 + 300)
"""Sizes at which a row of an upper level has just been, or is about to be, completed."""


@cache
def whole() -> Table:
    """A table of `MOST` leaves; a tree of every smaller size can be read from it."""
    return table_of(LEAVES, tree.grown)


@cache
def tall() -> tuple[Table, tuple[bytes, ...]]:
    """A table of more than 2^17 leaves, and them: three levels."""
    leaves = tuple(naive.leaf(number) for number in range(EDGES[-1]))
    return table_of(leaves, tree.grown), leaves


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    """A leaf and a size of a tree that has it."""
    size = draw(st.integers(1, MOST))
    return draw(st.integers(0, size - 1)), size


@st.composite
def beginnings(draw: st.DrawFn) -> tuple[int, int]:
    """Two sizes, the first of a beginning of the second."""
    second = draw(st.integers(1, MOST))
    return draw(st.integers(1, second)), second


def flipped(data: bytes, bit: int) -> bytes:
    """The bytes with one bit turned over."""
    turned = bytearray(data)
    turned[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(turned)


def refused(check: Callable[..., None], *args: object) -> bool:
    """Whether a proof is refused."""
    try:
        check(*args)
    except ProofInvalid:
        return True
    return False


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert tree.root(Table(), 0) == tree.EMPTY_ROOT == naive.mth([]) == Range().root()
    assert tree.grown(Table(), 0, []) == []


@given(SIZES)
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert tree.root(whole(), size) == naive.mth(LEAVES[:size])


@given(places())
def test_an_inclusion_proof_is_that_of_the_definition(place: tuple[int, int]) -> None:
    index, size = place
    assert tree.inclusion(whole(), index, size) == naive.path(index, LEAVES[:size])


@given(beginnings())
def test_a_consistency_proof_is_that_of_the_definition(sizes: tuple[int, int]) -> None:
    first, second = sizes
    assert tree.consistency(whole(), first, second) == naive.subproof(first, LEAVES[:second])


@given(st.lists(st.integers(1, 700), max_size=6).filter(lambda batches: sum(batches) <= MOST))
def test_the_rows_are_the_same_however_the_leaves_are_batched(batches: list[int]) -> None:
    table, size = Table(), 0
    for batch in batches:
        table.insert(tree.grown(table, size, LEAVES[size : size + batch]))
        size += batch
    assert table.rows == table_of(LEAVES[:size], tree.grown).rows


@given(SIZES)
def test_every_row_is_the_hash_of_the_leaves_below_it_and_none_is_of_less(size: int) -> None:
    rows = table_of(LEAVES[:size], tree.grown).rows
    assert set(rows) == {
        (level, index) for level in range(3) for index in range(size // 256**level)
    }
    for (level, index), found in rows.items():
        if level:
            start = index * 256**level
            assert found == naive.mth(LEAVES[start : start + 256**level])


@pytest.mark.parametrize("size", EDGES)
def test_trees_of_three_levels_are_right_at_their_edges(size: int) -> None:
    table, leaves = tall()
    assert tree.root(table, size) == naive.mth(leaves[:size])
    for index in {0, size // 2, size - 1}:
        assert tree.inclusion(table, index, size) == naive.path(index, leaves[:size])
    for first in {1, size // 2 or 1, size - 1 or 1, size}:
        assert tree.consistency(table, first, size) == naive.subproof(first, leaves[:size])


@settings(max_examples=30)
@given(st.integers(1, EDGES[-1]), st.integers(1, 400))
def test_appending_to_a_tall_tree_completes_the_rows_that_a_new_one_would_have(
    size: int, batch: int
) -> None:
    table, leaves = tall()
    batch = min(batch, len(leaves) - size)
    added = tree.grown(table, size, leaves[size : size + batch])
    assert len({(level, index) for level, index, _ in added}) == len(added)
    assert all(table.rows[level, index] == one for level, index, one in added)
    wanted = sum((size + batch) // 256**level - size // 256**level for level in range(4))
    assert len(added) == wanted


@given(st.lists(st.integers(0, 500), max_size=5))
def test_a_range_grows_as_the_tree_does(batches: list[int]) -> None:
    kept, size = Range(), 0
    for batch in batches:
        kept = kept.append(LEAVES[size : size + batch])
        size = min(size + batch, MOST)
        assert kept == tree.compact(whole(), size)
    assert (kept.size, kept.root()) == (size, naive.mth(LEAVES[:size]))


@pytest.mark.parametrize(
    ("size", "hashes"), [(-1, ()), (0, (LEAVES[0],)), (3, (LEAVES[0],)), (1, (b"short",))]
)
def test_what_is_no_range_is_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(OutOfRange):
        Range(size, hashes)


def test_a_proof_reads_at_most_two_tiles_a_level_and_each_once() -> None:
    table, leaves = tall()
    size = len(leaves)
    for index in (0, 255, 256, 65_535, 65_536, 100_000, size - 1):
        table.asked.clear()
        tree.inclusion(table, index, size)
        assert_sparing(table)
        table.asked.clear()
        tree.consistency(table, index + 1, size)
        assert_sparing(table)


def assert_sparing(table: Table) -> None:
    """No tile twice, no more than two of a level, none wider than 256 rows."""
    tiles = [(level, start) for level, start, _ in table.asked]
    assert len(set(tiles)) == len(tiles)
    assert all(0 < stop - start <= 256 and start % 256 == 0 for _, start, stop in table.asked)
    for level in range(4):
        assert sum(one == level for one, _ in tiles) <= 2


def test_appending_reads_at_most_once_a_level_and_only_what_a_new_row_needs() -> None:
    table, leaves = tall()
    table.asked.clear()
    tree.grown(table, 130_000, leaves[130_000:130_010])
    assert table.asked == []
    tree.grown(table, 65_535, leaves[65_535:65_536])
    assert table.asked == [(0, 65_280, 65_535), (1, 0, 255)]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: tree.root(whole(), -1),
        lambda: tree.grown(whole(), -1, LEAVES[:1]),
        lambda: tree.inclusion(whole(), 5, 5),
        lambda: tree.inclusion(whole(), -1, 5),
        lambda: tree.inclusion(whole(), 0, 0),
        lambda: tree.consistency(whole(), 0, 5),
        lambda: tree.consistency(whole(), 6, 5),
        lambda: tree.consistency(whole(), -1, 5),
    ],
)
def test_places_and_sizes_the_tree_does_not_have_are_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(OutOfRange):
        ask()


@pytest.mark.parametrize("gone", [(0, 1_999), (0, 1_792), (1, 6)])
def test_a_row_that_was_taken_away_is_missed_by_what_needs_it(gone: tuple[int, int]) -> None:
    broken = Table()
    broken.rows = {place: one for place, one in whole().rows.items() if place != gone}
    with pytest.raises(RowsMissing) as missing:
        tree.root(broken, MOST)
    assert missing.value.level == gone[0]
    assert missing.value.start <= gone[1] < missing.value.stop


def test_no_row_is_made_of_rows_that_are_not_there() -> None:
    broken = Table()
    broken.rows = {place: one for place, one in whole().rows.items() if place != (0, 1_900)}
    with pytest.raises(RowsMissing, match="1792 up to 2000 of level 0"):
        tree.grown(broken, MOST, LEAVES[:100])
    assert tree.grown(broken, MOST, LEAVES[:10])


@given(places(), st.data())
def test_a_proof_is_accepted_and_with_anything_changed_refused(
    place: tuple[int, int], data: st.DataObject
) -> None:
    index, size = place
    leaf, root = LEAVES[index], tree.root(whole(), size)
    proof = tree.inclusion(whole(), index, size)
    tree.verify_inclusion(leaf, index, size, proof, root)
    bit = data.draw(st.integers(0, 255))
    assert refused(tree.verify_inclusion, flipped(leaf, bit), index, size, proof, root)
    assert refused(tree.verify_inclusion, leaf, index, size, proof, flipped(root, bit))
    for altered in alterations(proof, data):
        assert refused(tree.verify_inclusion, leaf, index, size, altered, root)
    other = data.draw(st.integers(-1, size + 1).filter(lambda one: one != index))
    assert refused(tree.verify_inclusion, leaf, other, size, proof, root)


@given(beginnings(), st.data())
def test_a_consistency_proof_is_accepted_and_with_anything_changed_refused(
    sizes: tuple[int, int], data: st.DataObject
) -> None:
    first, second = sizes
    old, new = tree.root(whole(), first), tree.root(whole(), second)
    proof = tree.consistency(whole(), first, second)
    tree.verify_consistency(first, second, proof, old, new)
    bit = data.draw(st.integers(0, 255))
    assert refused(tree.verify_consistency, first, second, proof, flipped(old, bit), new)
    assert refused(tree.verify_consistency, first, second, proof, old, flipped(new, bit))
    for altered in alterations(proof, data):
        assert refused(tree.verify_consistency, first, second, altered, old, new)
    assert refused(tree.verify_consistency, second + 1, second, proof, old, new)
    assert refused(tree.verify_consistency, 0, second, proof, tree.EMPTY_ROOT, new)
    if first < second:
        assert refused(tree.verify_consistency, first, first, proof, old, new)
        assert refused(tree.verify_consistency, second, second, proof, old, new)


def alterations(proof: Sequence[bytes], data: st.DataObject) -> list[list[bytes]]:
    """The proof with one bit turned, one hash less, one more, and one shorter than a hash."""
    added = data.draw(st.integers(0, len(proof)))
    altered = [[*proof[:added], LEAVES[0], *proof[added:]], [*proof, *[LEAVES[0]] * 64]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        altered += [
            [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]],
            [*proof[:at], *proof[at + 1 :]],
            [*proof[:at], proof[at][:-1], *proof[at + 1 :]],
            [*proof[:at], proof[at] + b"\x00", *proof[at + 1 :]],
        ]
    return altered


@given(st.integers(1, MOST), st.integers(1, MOST), st.integers(0, MOST - 1))
def test_what_was_proved_once_verifies_against_every_older_tree_that_had_it(
    one: int, other: int, leaf: int
) -> None:
    older, newer = sorted((one, other))
    index = leaf % older
    for size in (older, newer):
        proof = tree.inclusion(whole(), index, size)
        tree.verify_inclusion(LEAVES[index], index, size, proof, tree.root(whole(), size))
    proof = tree.consistency(whole(), older, newer)
    tree.verify_consistency(
        older, newer, proof, tree.root(whole(), older), tree.root(whole(), newer)
    )


@given(places(), st.integers(1, MOST))
def test_a_proof_for_one_size_says_nothing_of_a_tree_of_another(
    place: tuple[int, int], other: int
) -> None:
    index, size = place
    proof = tree.inclusion(whole(), index, size)
    if other != size:
        args = (LEAVES[index], index, size, proof, tree.root(whole(), other))
        assert refused(tree.verify_inclusion, *args)


def test_a_leaf_is_never_mistaken_for_a_node() -> None:
    left, right = LEAVES[:2]
    assert tree.leaf_hash(left + right) != tree.node_hash(left, right)


def test_trees_of_one_size_are_one_tree_or_two_stories() -> None:
    tree.verify_consistency(1, 1, [], b"whatever", b"whatever")
    assert refused(tree.verify_consistency, 1, 1, [], b"one story", b"another")
    assert refused(tree.verify_consistency, 1, 1, [LEAVES[0]], LEAVES[0], LEAVES[0])
    assert refused(tree.verify_consistency, 0, 0, [], tree.EMPTY_ROOT, tree.EMPTY_ROOT)


@cases("tree")
def test_the_tree_is_that_of_the_vectors(vector: Vector) -> None:
    size, index, first = vector["size"], vector["index"], vector["first"]
    leaves = [tree.leaf_hash(number.to_bytes(8, "big")) for number in range(size)]
    table = table_of(leaves, tree.grown)
    root, old = tree.root(table, size), tree.root(table, first)
    assert (root.hex(), old.hex()) == (vector["root"], vector["first_root"])
    path, growth = tree.inclusion(table, index, size), tree.consistency(table, first, size)
    assert [one.hex() for one in path] == vector["inclusion"]
    assert [one.hex() for one in growth] == vector["consistency"]
    tree.verify_inclusion(leaves[index], index, size, path, root)
    tree.verify_consistency(first, size, growth, old, root)


def vectors(shared: Path, folder: str) -> list[dict[str, Any]]:
    """The vectors of a folder; that there are any is part of the test."""
    found = [json.loads(file.read_bytes()) for file in (shared / "vectors" / folder).glob("*.json")]
    assert found
    return found


def unpacked(proof: list[str] | None) -> list[bytes]:
    """A proof of a vector; null stands for an empty one."""
    return [base64.b64decode(one) for one in proof or []]


def test_inclusion_is_judged_as_others_judge_it(shared: Path) -> None:
    for vector in vectors(shared, "merkle_inclusion"):
        leaf, root = (base64.b64decode(vector[name] or "") for name in ("leafHash", "root"))
        proof = unpacked(vector["proof"])
        args = (leaf, vector["leafIdx"], vector["treeSize"], proof, root)
        assert refused(tree.verify_inclusion, *args) is vector["wantErr"], vector["desc"]


def test_consistency_is_judged_as_others_judge_it(shared: Path) -> None:
    for vector in vectors(shared, "merkle_consistency"):
        old, new = (base64.b64decode(vector[name] or "") for name in ("root1", "root2"))
        args = (vector["size1"], vector["size2"], unpacked(vector["proof"]), old, new)
        assert refused(tree.verify_consistency, *args) is vector["wantErr"], vector["desc"]


def test_hashes_are_those_of_others(shared: Path) -> None:
    for vector in vectors(shared, "rfc6962_hash"):
        if vector["op"] == "node":
            parts = (bytes.fromhex(vector[name]) for name in ("left_hex", "right_hex"))
            assert tree.node_hash(*parts).hex() == vector["want"]
        elif vector["op"] == "leaf":
            assert tree.leaf_hash(bytes.fromhex(vector["data_hex"])).hex() == vector["want"]
        else:
            assert vector["want"] == tree.EMPTY_ROOT.hex()
