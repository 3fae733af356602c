r"""A proof that can be kept in a file and checked without us: c2sp.org/tlog-proof@v1.

    c2sp.org/tlog-proof@v1
    extra <base64>                  only if there is something to add; nothing vouches for it
    index <number of the leaf>
    <base64 of a hash>              the inclusion proof, from the leaf's sibling upwards, one a line
                                    an empty line
    <signed note>                   the checkpoint it leads to, as it was signed

The leaf itself is not in it: whoever checks has it, or the event it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.audit.spelling import decimal, from_base64, to_base64
from cases.audit.tree import HASH_BYTES, PROOF_HASHES
from cases.errors import TribuneError

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = "c2sp.org/tlog-proof@v1"

_EXTRA = "extra "
_INDEX = "index "
_SPLIT = "\n\n"


class ProofFileInvalid(TribuneError, ValueError):
    """Not a proof file, or not one that is spelled as it must be."""


@dataclass(frozen=True, slots=True)
class ProofFile:
    """What stands in a proof file; reading it proves nothing yet.

    Attributes:
        index: of the leaf.
        hashes: the inclusion proof, 32 bytes each.
        note: the signed checkpoint.
        extra: what was added, which nobody signed; empty if nothing was.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes = b""


def written(index: int, hashes: Sequence[bytes], note: str, extra: bytes = b"") -> str:
    """The text of a proof file.

    Args:
        index: of the leaf.
        hashes: the inclusion proof.
        note: the signed checkpoint it leads to, as it was signed.
        extra: anything to go with it; its reader must not trust it.
    """
    lines = [HEADER]
    if extra:
        lines.append(_EXTRA + to_base64(extra))
    lines.append(f"{_INDEX}{index}")
    lines += map(to_base64, hashes)
    return "\n".join(lines) + _SPLIT + note


def parse(text: str) -> ProofFile:
    """Read a proof file.

    Raises:
        ProofFileInvalid: it is none.
    """
    head, split, note = text.partition(_SPLIT)
    header, *lines = head.split("\n")
    if header != HEADER or not split or not note:
        raise ProofFileInvalid("not a proof file of this version")
    extra, index = _taken(lines, _EXTRA), _taken(lines, _INDEX)
    if index is None or len(lines) > PROOF_HASHES:
        raise ProofFileInvalid("a proof has an index, and no more hashes than a tree is high")
    try:
        hashes = tuple(map(from_base64, lines))
        found = ProofFile(decimal(index), hashes, note, from_base64(extra or ""))
    except ValueError as error:
        raise ProofFileInvalid("a line that does not belong in a proof file") from error
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofFileInvalid("a hash has 32 bytes")
    return found


def _taken(lines: list[str], word: str) -> str | None:
    """What follows a word at the beginning of the next line, which is then done with."""
    return lines.pop(0).removeprefix(word) if lines and lines[0].startswith(word) else None
