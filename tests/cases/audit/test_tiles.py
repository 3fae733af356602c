"""Tiles: the rows of the tree under the paths that other software asks for."""

from __future__ import annotations

import hashlib
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.audit import tiles, tree
from cases.audit.tiles import ENTRIES, Entries, Tile, TileInvalid
from cases.audit.tree import RowsMissing
from tests.cases.audit import naive
from tests.cases.audit.naive import Table, table_of
from tests.cases.sealing.vectors import Vector, cases

MOST = 66_000
"""Leaves: two whole levels, and the beginning of a third."""

LEVELS: st.SearchStrategy[int | Entries] = st.integers(0, 5) | st.just(ENTRIES)
TILES = st.builds(Tile, LEVELS, st.integers(0, 32_000), st.integers(1, 256))
"""Every one of them in some tree of fewer than 2^63 leaves."""


@cache
def grown() -> tuple[Table, list[bytes]]:
    """A table and its leaves."""
    leaves = [naive.leaf(number) for number in range(MOST)]
    return table_of(leaves, tree.grown), leaves


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(1, 1_000), "tile/1/x001/000"),
        (Tile(3, 1_234_067), "tile/3/x001/x234/067"),
        (Tile(0, 1_000_000), "tile/0/x001/x000/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(ENTRIES, 1_234_067, 8), "tile/entries/x001/x234/067.p/8"),
        (Tile(ENTRIES, 5), "tile/entries/005"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse(path) == tile


@given(TILES)
def test_a_path_is_read_back(tile: Tile) -> None:
    assert tiles.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1000",
        "tile/00/000",
        "tile/-1/000",
        "tile/64/000",
        "tile/8/000",
        "tile/5/x032/768.p/1",
        "tile/data/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/x001/0000",
        "tile/0/X001/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/\u0661\u0661\u0661",
        "tile/0/../000",
        "tile/0/000.p/-1",
    ],
)
def test_what_is_no_path_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(TileInvalid):
        tiles.parse(path)


@given(st.text("0123456789x/.p", max_size=12))
def test_no_tile_has_two_paths(rest: str) -> None:
    path = f"tile/0/{rest}"
    try:
        assert tiles.parse(path).path == path
    except TileInvalid:
        assert not re.fullmatch(r"\d{3}(\.p/[1-9]\d?)?", rest)


@given(st.integers(0, MOST), TILES)
def test_a_tile_is_implied_when_the_tree_has_all_its_rows(size: int, tile: Tile) -> None:
    tile = Tile(tile.level, tile.index % 300, tile.width)
    level = 0 if tile.level == ENTRIES else tile.level
    leaves = (tile.index * 256 + tile.width) * 256**level
    assert tiles.implied(tile, size) is (leaves <= size)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_536, 65_537, MOST])
def test_the_tiles_of_a_tree_are_those_the_specification_counts(size: int) -> None:
    for level in range(4):
        full, width = divmod(size // 256**level, 256)
        assert full == 0 or tiles.implied(Tile(level, full - 1), size)
        assert not tiles.implied(Tile(level, full), size)
        assert width == 0 or tiles.implied(Tile(level, full, width), size)
        assert width == 255 or not tiles.implied(Tile(level, full, width + 1), size)


@given(st.sampled_from((0, 1, 2)), st.integers(0, MOST), st.integers(1, 256))
def test_a_tile_is_the_hashes_computed_from_the_leaves(level: int, index: int, width: int) -> None:
    table, leaves = grown()
    span = 256**level
    tile = Tile(level, index % (MOST // span // 256 + 1), width)
    if not tiles.implied(tile, MOST):
        with pytest.raises(RowsMissing):
            tiles.hashes(table, tile)
        return
    rows = tiles.hashes(table, tile)
    assert len(rows) == 32 * width
    for place in {0, width // 2, width - 1}:
        start = (tile.index * 256 + place) * span
        wanted = naive.mth(leaves[start : start + span])
        assert rows[32 * place : 32 * place + 32] == wanted


def test_a_bundle_of_leaves_hashes_to_the_tile_beside_it() -> None:
    leaves = [b"", b"a", b"\x01" * 49, bytes(65_535)]
    bundle = tiles.bundle(leaves)
    table = table_of([tree.leaf_hash(leaf) for leaf in leaves], tree.grown)
    found = []
    while bundle:
        end = 2 + int.from_bytes(bundle[:2], "big")
        found.append(bundle[2:end])
        bundle = bundle[end:]
    assert found == leaves
    hashed = b"".join(map(tree.leaf_hash, found))
    assert tiles.hashes(table, Tile(0, 0, 4)) == hashed
    assert tiles.hashes(table, Tile(ENTRIES, 0, 4)) == hashed


def test_a_leaf_too_long_for_its_length_is_refused() -> None:
    with pytest.raises(OverflowError):
        tiles.bundle([bytes(65_536)])


@cases("tiles")
def test_tiles_are_those_of_the_vectors(vector: Vector) -> None:
    tile = Tile(vector["level"], vector["index"], vector["width"])
    assert tiles.parse(vector["path"]) == tile
    assert tile.path == vector["path"]
    if "size" not in vector:
        return
    leaves = [number.to_bytes(8, "big") for number in range(vector["size"])]
    table = table_of([tree.leaf_hash(leaf) for leaf in leaves], tree.grown)
    assert tiles.implied(tile, len(leaves))
    if tile.level == ENTRIES:
        served = tiles.bundle(leaves[tile.first : tile.first + tile.width])
    else:
        served = tiles.hashes(table, tile)
    assert hashlib.sha256(served).hexdigest() == vector["sha256"]
