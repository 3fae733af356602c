"""The tree as static files (c2sp.org/tlog-tiles): tiles of hashes, and bundles of leaves.

    tile/<L>/<N>[.p/<W>]         256 hashes of level L, or the first W of them: rows of the table
    tile/entries/<N>[.p/<W>]     the leaves themselves, each after its length as u16be

N is written in groups of three digits, all but the last after an x: tile 1234067 is x001/x234/067.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cases.audit.spelling import LARGEST
from cases.audit.tree import WIDTH, Rows, read
from cases.errors import TribuneError

if TYPE_CHECKING:
    from collections.abc import Iterable

Entries = Literal["entries"]
ENTRIES: Entries = "entries"

_LEVEL_BITS = 8
_GROUP = 1_000
_LENGTH_BYTES = 2
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?"
)


class TileInvalid(TribuneError, ValueError):
    """No tile has this path."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of the tree.

    Attributes:
        level: of the table, 0 for the leaves' hashes; or the word for bundles of leaves.
        index: counted from the left, 256 rows each.
        width: rows in it, 1 to 256; fewer than 256 make it partial.
    """

    level: int | Entries
    index: int
    width: int = WIDTH

    @property
    def first(self) -> int:
        """The row it begins with."""
        return self.index * WIDTH

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix."""
        rest, last = divmod(self.index, _GROUP)
        groups = [f"{last:03}"]
        while rest:
            rest, group = divmod(rest, _GROUP)
            groups.append(f"x{group:03}")
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{self.level}/{'/'.join(reversed(groups))}{partial}"


def parse(path: str) -> Tile:
    """The tile of a path, which is spelled in one way only.

    Raises:
        TileInvalid: there is no such tile in any tree.
    """
    parts = _PATH.fullmatch(path)
    if not parts:
        raise TileInvalid("not the path of a tile")
    level = ENTRIES if parts["level"] == ENTRIES else int(parts["level"])
    index = int(re.sub("[x/]", "", parts["index"]))
    found = Tile(level, index, int(parts["width"] or WIDTH))
    last = (found.first + found.width) << (_LEVEL_BITS * (0 if level == ENTRIES else level))
    # Written again it must be the same: no zeros in front, no width of 0, of 256 or more.
    if found.path != path or found.width == 0 or last > LARGEST:
        raise TileInvalid("not the path of a tile")
    return found


def implied(tile: Tile, size: int) -> bool:
    """Whether the tree of this size has every row of the tile; what it has not is not served.

    A mirror that asks for the partial tile of an older checkpoint gets it for as long as the log lives:
    its rows are among those of any later tree.
    """
    level = 0 if tile.level == ENTRIES else tile.level
    return tile.first + tile.width <= size >> (_LEVEL_BITS * level)


def hashes(rows: Rows, tile: Tile) -> bytes:
    """The bytes of a tile: 32 for each row. Those of a bundle of leaves are the hashes of the leaves.

    Raises:
        RowsMissing: the table does not hold them.
    """
    level = 0 if tile.level == ENTRIES else tile.level
    return b"".join(read(rows, level, tile.first, tile.first + tile.width))


def bundle(leaves: Iterable[bytes]) -> bytes:
    """The bytes of a bundle of leaves, none of them longer than 65,535 bytes."""
    return b"".join(len(leaf).to_bytes(_LENGTH_BYTES, "big") + leaf for leaf in leaves)
