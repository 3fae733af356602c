r"""Check the audit trail of a Tribune service on your own computer, without trusting the service.

One file, Python 3.9 or newer, nothing to install. `python tribune_verify.py --help` lists the
commands; `docs/auditors.md` (`docs/auditeurs.fr.md`) explains them to people who do not program.

Exit codes: 0 all is well; 1 bad input, nothing was decided; 30 inconsistent with a checkpoint you
hold, the service told two stories; 40 invalid, something was changed.

    leaf        0x01 ‖ event id[16] ‖ C[32]           C = SHA-256("tribune/v1/audit/body\0" ‖ salt ‖ body)
    tree        SHA-256(0x00 ‖ leaf), SHA-256(0x01 ‖ left ‖ right)     RFC 6962, section 2.1
    checkpoint  origin, size, base64 root; a signed note               c2sp.org/tlog-checkpoint
    signature   Ed25519, RFC 8032; key line `name+hash+key`            c2sp.org/signed-note
    proof file  `c2sp.org/tlog-proof@v1`                               c2sp.org/tlog-proof

A folder with the whole log, as `fetch` makes it and `log` reads it:

    checkpoint                    the newest signed note
    checkpoints/<size>            older ones (optional)
    tile/<L>/<N…>[.p/<W>]         256 hashes of level L each, W in the last          c2sp.org/tlog-tiles
    tile/entries/<N…>[.p/<W>]     256 leaves each, every one behind its length in two bytes
    events/<N…>.jsonl             of these 256 leaves, the events whose text can be read:
                                  {"leaf_index":n,"event_id":"uuid","body":"base64","salt":"base64"}
    events/PARTIAL                there if the account that fetched may not see every case

A folder with events that are handed over by themselves, as `fetch --case` makes it and `bundle` reads it:

    checkpoint                    the signed note that all the proofs lead to
    events/<index>.json           the text of the event that is this leaf, byte for byte
    events/<index>.salt           its salt, 32 bytes
    proofs/<index>.tlog-proof     the way from this leaf to the checkpoint
"""

from __future__ import annotations

import argparse
import base64
import getpass
import hashlib
import http.client
import io
import ipaddress
import json
import os
import re
import shutil
import sys
import textwrap
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

OK, NOTE, BAD_INPUT, INVALID, INCONSISTENT = "ok", "note", "bad-input", "invalid", "inconsistent"
GRAVITY = (OK, NOTE, BAD_INPUT, INVALID, INCONSISTENT)
"""From nothing to the gravest. Two signed stories come last: nobody can explain them away."""
EXIT = {OK: 0, NOTE: 0, BAD_INPUT: 1, INCONSISTENT: 30, INVALID: 40}

HASH_BYTES = 32
LEAF_BYTES = 49
WIDTH = 256
"""Hashes, or leaves, in a full tile."""
NOTE_BYTES = 1_000_000
SIGNATURES = 100
PROOF_HASHES = 63
LARGEST = 2**63
MERGE_SECONDS = 60
"""How late an event may enter the log; also how far apart two honest clocks may be."""
SILENCE_SECONDS = 3600
"""Heartbeats come every quarter of an hour. A longer pause than this is worth a question."""
BODY_LABEL = b"tribune/v1/audit/body\0"
EMPTY_ROOT = hashlib.sha256(b"").digest()
HEARTBEATS = ("log.heartbeat",)
PROOF_FILE = "text/vnd.c2sp.tlog-proof"
FIRST_EPOCH = "/audit/1"
"""How the name of a log ends that was never begun anew."""
ERASED = "audit.body_erased"
NEW_EPOCH = "log.epoch"
CLOCK_MOVED = "config.changed"


class Refused(Exception):
    """Something does not hold. Its key names the sentence that says what, in `TEXTS`."""

    def __init__(self, outcome: str, key: str, /, **facts: object) -> None:
        super().__init__(key, facts)
        self.outcome, self.key, self.facts = outcome, key, facts


# --- Ed25519, verification only (RFC 8032, section 5.1) -------------------------------------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_ZERO = (0, 1, 1, 0)
"""The neutral point. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""


def _plus(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    low, high = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    cross, twice = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = high - low, twice - cross, twice + cross, high + low
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _sum(a: int, p: tuple[int, ...], b: int, q: tuple[int, ...]) -> tuple[int, ...]:
    """The point a·p + b·q, in one walk over the bits of both numbers."""
    either = (None, p, q, _plus(p, q))
    total: tuple[int, ...] = _ZERO
    for at in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        total = _plus(total, total)
        point = either[(a >> at & 1) + 2 * (b >> at & 1)]
        if point is not None:
            total = _plus(total, point)
    return total


def _point(encoded: bytes) -> tuple[int, ...] | None:
    """The point 32 bytes stand for: y, and in the top bit whether x is odd. None if there is none."""
    number = int.from_bytes(encoded, "little")
    odd, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * v**3 * pow(u * v**7, (_P - 5) // 8, _P) % _P
    if v * x * x % _P != u:
        x = x * _ROOT_OF_MINUS_1 % _P
    if v * x * x % _P != u or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _encoded(point: tuple[int, ...]) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little")


_BASE = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _ZERO


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64-byte signature over the message is by the 32-byte public key."""
    key = _point(public)
    if key is None or len(signature) != 64:  # noqa: PLR2004
        return False
    nonce, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= _ORDER:  # else a second signature could be made from the first
        return False
    k = int.from_bytes(hashlib.sha512(nonce + public + message).digest(), "little") % _ORDER
    x, y, z, t = key
    return _encoded(_sum(s, _BASE, k, (-x, y, z, -t))) == nonce


# --- Signed notes and checkpoints ------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    r"""A verifier key.

    Attributes:
        key_id: the first 4 bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public).
        public: the Ed25519 key, 32 bytes.
    """

    name: str
    key_id: bytes
    public: bytes

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}"


@dataclass(frozen=True)
class Checkpoint:
    """What a log's key signs: whose log, how many events, and the root of the tree over all of them."""

    origin: str
    size: int
    root: bytes


def unbase64(text: object) -> bytes:
    """The bytes behind base64, of which only the one canonical form is taken.

    Raises:
        ValueError: anything else.
    """
    if not isinstance(text, str):
        raise ValueError("base64 is text")  # noqa: TRY004
    raw = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not canonical base64")
    return raw


def _is_name(text: str) -> bool:
    return bool(text) and not re.search(r"[\s+]", text)


def parse_vkey(text: str) -> Key:
    """A key from its line, `<name>+<8 hex digits>+<base64(0x01 ‖ public)>`.

    Raises:
        Refused: bad input; one wrong character is enough.
    """
    name, _, rest = text.partition("+")
    stated, _, encoded = rest.partition("+")
    try:
        key = unbase64(encoded)
    except ValueError:
        key = b""
    key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if not _is_name(name) or len(key) != 1 + HASH_BYTES or key[0] != 1 or key_id.hex() != stated:
        raise Refused(BAD_INPUT, "key.malformed", line=text[:120])
    return Key(name, key_id, key[1:])


def open_note(note: bytes, keys: Iterable[Key]) -> tuple[str, list[Key]]:
    """The text of a signed note, and which of the keys signed it.

    Signatures by other keys are passed over; one by a known key that does not fit is fatal; of two by
    one key the first counts.

    Raises:
        Refused: bad input if this is no note; invalid if a signature is wrong or none is by these keys.
    """
    head, blank, tail = note.rpartition(b"\n\n")
    # Nothing but text and line ends, so that what is shown is what was signed.
    strange = any(byte < 0x20 and byte != 0x0A for byte in note)  # noqa: PLR2004
    if not blank or not tail.endswith(b"\n") or len(note) > NOTE_BYTES or strange:
        raise Refused(BAD_INPUT, "signature.malformed")
    try:
        text, lines = (head + b"\n").decode(), tail.decode()[:-1].split("\n")
        signatures = [_signature(line) for line in lines]
    except ValueError:
        raise Refused(BAD_INPUT, "signature.malformed") from None
    if len(signatures) > SIGNATURES:
        raise Refused(BAD_INPUT, "signature.malformed")
    known = {(key.name, key.key_id): key for key in keys}
    verified: list[Key] = []
    for name, signature in signatures:
        key = known.get((name, signature[:4]))
        if key is None or key in verified:
            continue
        if not signed_by(key.public, text.encode(), signature[4:]):
            raise Refused(INVALID, "signature.wrong", key=str(key))
        verified.append(key)
    if not verified:
        signers = some([f"{name}+{signature[:4].hex()}" for name, signature in signatures])
        raise Refused(INVALID, "signature.other-key", signers=signers)
    return text, verified


def _signature(line: str) -> tuple[str, bytes]:
    """Who signed, and the first 4 bytes of the key's hash with the signature behind them."""
    dash, name, encoded = line.split(" ")
    signature = unbase64(encoded)
    if dash != "—" or not _is_name(name) or len(signature) < 5:  # noqa: PLR2004
        raise ValueError("no signature line")
    return name, signature


def parse_checkpoint(text: str) -> Checkpoint:
    """A checkpoint from the text of its note; extension lines are passed over.

    Raises:
        Refused: bad input.
    """
    lines = text.split("\n")
    malformed = Refused(BAD_INPUT, "signature.malformed")
    if len(lines) < 4 or lines.pop() or not all(lines):  # noqa: PLR2004
        raise malformed
    origin, size, root = lines[:3]
    try:
        hashed = unbase64(root)
    except ValueError:
        raise malformed from None
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size) or int(size) >= LARGEST:
        raise malformed
    if len(hashed) != HASH_BYTES:
        raise malformed
    return Checkpoint(origin, int(size), hashed)


def checkpoint_of(note: bytes, keys: Iterable[Key]) -> tuple[Checkpoint, Key]:
    """The checkpoint in a note, signed by a key that bears the name of the log.

    Raises:
        Refused: see `open_note`; invalid if only keys of other names signed it.
    """
    text, verified = open_note(note, keys)
    checkpoint = parse_checkpoint(text)
    for key in verified:
        if key.name == checkpoint.origin:
            return checkpoint, key
    raise Refused(INVALID, "signature.origin", origin=checkpoint.origin, key=str(verified[0]))


# --- The tree (RFC 6962 section 2.1; RFC 9162 sections 2.1.3.2 and 2.1.4.2) -------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf, 32 bytes; also what a receipt is."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two hashes, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def heights(hashes: bytes) -> list[bytes]:
    """Every complete subtree over these leaf hashes; entry h has those of 2^h leaves, end to end."""
    rows = [hashes]
    while len(rows[-1]) >= 2 * HASH_BYTES:
        row = rows[-1]
        starts = range(0, len(row) - 2 * HASH_BYTES + 1, 2 * HASH_BYTES)
        rows.append(b"".join(hashlib.sha256(b"\x01" + row[at : at + 64]).digest() for at in starts))
    return rows


def root_at(rows: Sequence[bytes], size: int) -> bytes:
    """The root of the first `size` leaves, from what `heights` gives for at least as many."""
    pieces, start = [], 0
    for height in range(len(rows) - 1, -1, -1):
        if size >> height & 1:
            at = (start >> height) * HASH_BYTES
            pieces.append(rows[height][at : at + HASH_BYTES])
            start += 1 << height
    root = pieces.pop() if pieces else EMPTY_ROOT
    while pieces:
        root = node_hash(pieces.pop(), root)
    return root


def _proof_is_malformed(proof: Sequence[bytes]) -> bool:
    return len(proof) > PROOF_HASHES or any(len(hashed) != HASH_BYTES for hashed in proof)


def _climb(at: int, last: int, proof: Sequence[bytes], start: bytes) -> tuple[bytes, bytes] | None:
    """Fold a proof onto the hash of a node, up to the root.

    Args:
        at: the place of the node among those of its height; `last` is the last one's.

    Returns:
        The root of the tree that ends with this node, and of the whole tree; None if the proof is
        longer or shorter than the way up.
    """
    old = new = start
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


def check_inclusion(
    hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that this leaf hash stands at this index of the tree of this size and root.

    Raises:
        Refused: invalid.
    """
    climbed = None
    if 0 <= index < size and not _proof_is_malformed(proof):
        climbed = _climb(index, size - 1, proof, hashed)
    if climbed is None or climbed[1] != root:
        raise Refused(INVALID, "inclusion.wrong", index=index, size=size)


def check_consistency(
    first: int, second: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Check that the tree of `second` leaves begins with the very tree of `first` leaves.

    Roots of trees of one size are compared as bytes. Nothing can be shown from the empty tree.

    Raises:
        Refused: inconsistent.
    """
    wrong = Refused(INCONSISTENT, "consistency.wrong", first=first, second=second)
    if not 0 < first <= second or _proof_is_malformed(proof):
        raise wrong
    if first == second:
        if proof or root1 != root2:
            raise wrong
        return
    # A complete subtree is its own proof, which is left out.
    path = [root1, *proof] if first & (first - 1) == 0 else list(proof)
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not path or _climb(at, last, path[1:], path[0]) != (root1, root2):
        raise wrong


def parse_proof(raw: bytes) -> tuple[int, list[bytes], bytes]:
    """Index, hashes and checkpoint of a proof file (`c2sp.org/tlog-proof@v1`).

    Raises:
        Refused: bad input.
    """
    malformed = Refused(BAD_INPUT, "inclusion.malformed")
    head, blank, note = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
            raise malformed
        if lines and lines[0].startswith("extra "):
            unbase64(lines.pop(0)[6:])
        index = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines.pop(0) if lines else "")
        hashes = [unbase64(line) for line in lines]
    except ValueError:
        raise malformed from None
    if index is None or int(index[1]) >= LARGEST or _proof_is_malformed(hashes):
        raise malformed
    return int(index[1]), hashes, note


# --- Files -----------------------------------------------------------------------------------------


def read(path: Path) -> bytes:
    """What is in a file.

    Raises:
        Refused: bad input; it is not there, or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise Refused(BAD_INPUT, "file.missing", file=str(path)) from None


def parsed(raw: bytes) -> Any:  # noqa: ANN401  JSON may be anything
    """What JSON says.

    Raises:
        ValueError: it is no JSON, or nested beyond all reason.
    """
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        Refused: bad input.
    """
    raw = read(path)
    try:
        found = parsed(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(BAD_INPUT, "file.form", file=str(path))
    return found


def keys_of(given: Iterable[str]) -> list[Key]:
    """The keys in these files or texts, one key a line; lines that begin with `#` are remarks.

    Raises:
        Refused: bad input.
    """
    keys = []
    for one in given:
        # Not `Path.is_file`, which for a line that no file system takes for a name fails.
        is_text = "+" in one and not os.path.isfile(one)  # noqa: PTH113
        text = one if is_text else read(Path(one)).decode("utf-8-sig", "replace")
        lines = (line.strip() for line in text.splitlines())
        keys += [parse_vkey(line) for line in lines if line and not line.startswith("#")]
    if not keys:
        raise Refused(BAD_INPUT, "key.malformed", line="")
    return keys


def numbered(number: int) -> str:
    """A number as C2SP tiles write it in paths: 1234067 is `x001/x234/067`."""
    path = f"{number % 1000:03d}"
    while number >= 1000:  # noqa: PLR2004
        number //= 1000
        path = f"x{number % 1000:03d}/{path}"
    return path


@dataclass(frozen=True)
class Tile:
    """One tile that a log of some size has.

    Attributes:
        level: 0 is the leaves' hashes, each next one stands for 256 of the level below; -1 the leaves.
        width: how many of them it holds, 1 to 256.
    """

    level: int
    index: int
    width: int

    @property
    def full(self) -> str:
        """The path of this tile once it is full."""
        return f"tile/{'entries' if self.level < 0 else self.level}/{numbered(self.index)}"

    @property
    def path(self) -> str:
        """Its path now."""
        return self.full if self.width == WIDTH else f"{self.full}.p/{self.width}"

    @property
    def length(self) -> int:
        """Its length in bytes."""
        return self.width * (2 + LEAF_BYTES if self.level < 0 else HASH_BYTES)


def tiles(size: int, level: int) -> Iterator[Tile]:
    """The tiles of one level of a log of this size."""
    count = size >> 8 * max(level, 0)
    for start in range(0, count, WIDTH):
        yield Tile(level, start // WIDTH, min(WIDTH, count - start))


def tile_bytes(folder: Path, tile: Tile) -> bytes:
    """A tile of the folder; where it has grown since, its beginning.

    Raises:
        Refused: bad input if it is not there, invalid if its length is wrong.
    """
    if tile.width < WIDTH and not (folder / tile.path).exists() and (folder / tile.full).exists():
        raw = read(folder / tile.full)[: tile.length]
    else:
        raw = read(folder / tile.path)
    if len(raw) != tile.length:
        raise Refused(INVALID, "entries.length", file=tile.path)
    return raw


def leaves_of(folder: Path, size: int) -> list[bytes]:
    """All leaves of the log, 49 bytes each.

    Raises:
        Refused: bad input if some are not there, invalid if something is no leaf.
    """
    found: list[bytes] = []
    for tile in tiles(size, -1):
        raw = tile_bytes(folder, tile)
        for at in range(0, len(raw), 2 + LEAF_BYTES):
            leaf = raw[at + 2 : at + 2 + LEAF_BYTES]
            if raw[at : at + 2] != LEAF_BYTES.to_bytes(2, "big") or leaf[0] != 1:
                raise Refused(INVALID, "entries.form", file=tile.path, index=len(found))
            found.append(leaf)
    return found


# --- Events ----------------------------------------------------------------------------------------


def leaf_of(event_id: uuid.UUID, body: bytes, salt: bytes) -> bytes | None:
    """The leaf of an event, 49 bytes; None if the salt has not its length.

    Else the end of a longer salt could be passed off as the beginning of the text.
    """
    if len(salt) != HASH_BYTES:
        return None
    return b"\x01" + event_id.bytes + hashlib.sha256(BODY_LABEL + salt + body).digest()


@dataclass(frozen=True)
class Event:
    """What the checks need of an event's text.

    Attributes:
        at: when, in seconds since 1970; None where only the day is told (what reporters do).
        seq: the number of this change of its case; None for what changes nothing.
        seen: the size of the newest checkpoint when it was written.
        erased: leaves, first and last, whose texts this event says were erased.
        clock: the clock was moved: times before and after it cannot be compared.
    """

    index: int
    kind: str
    at: int | None
    case: str | None
    seq: int | None
    seen: int
    erased: tuple[tuple[int, int], ...] = ()
    clock: bool = False


def _whole(value: object) -> int:
    if type(value) is not int:  # True is an int too
        raise ValueError("not a whole number")
    return value


def event_of(index: int, body: bytes, event_id: uuid.UUID) -> Event:
    """An event from its text.

    Raises:
        ValueError: it is not written as events are, or bears another id.
    """
    told = parsed(body)
    if not isinstance(told, dict) or told.get("id") != str(event_id):
        raise ValueError("another id")
    kind, at, details = told.get("kind"), told.get("at"), told.get("d")
    case, seq = told.get("case"), told.get("seq")
    if not (isinstance(kind, str) and isinstance(at, str) and isinstance(details, dict)):
        raise ValueError("not an event")  # noqa: TRY004
    if not isinstance(case, (str, type(None))):
        raise ValueError("not a case")  # noqa: TRY004
    if re.fullmatch(r"\d{4}-\d\d-\d\d", at):
        seconds = None
    elif re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", at):
        # Before Python 3.11 this does not know the Z.
        seconds = int(datetime.fromisoformat(at[:-1] + "+00:00").timestamp())  # noqa: FURB162
    else:
        raise ValueError("not a moment")
    ranges = details.get("ranges", []) if kind == ERASED else []
    try:
        erased = tuple((_whole(first), _whole(last)) for first, last in ranges)
    except TypeError:
        raise ValueError("not ranges") from None
    return Event(
        index=index,
        kind=kind,
        at=seconds,
        case=case,
        seq=None if seq is None else _whole(seq),
        seen=_whole(told.get("seen")),
        erased=erased,
        clock=kind == CLOCK_MOVED and details.get("field") == "clock",
    )


@dataclass
class Shown:
    """What could be read of the events, in the order of the log.

    Attributes:
        partial: some may be missing because the auditor may not see their cases.
        altered: leaves to which the given text does not belong.
        strange: leaves whose text belongs to them and is not written as events are.
    """

    partial: bool
    events: list[Event] = field(default_factory=list)
    readable: set[int] = field(default_factory=set)
    altered: list[int] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)


def shown(folder: Path, leaves: Sequence[bytes]) -> Shown | None:
    """The events in the folder, each held against its leaf. None if there are none at all.

    Raises:
        Refused: bad input; a file is not written as it must be.
    """
    events = folder / "events"
    if not events.is_dir():
        return None
    found = Shown(partial=(events / "PARTIAL").exists())
    for number in range((len(leaves) + WIDTH - 1) // WIDTH):
        path = events / f"{numbered(number)}.jsonl"
        if path.exists():
            _take_in(found, path, number, leaves)
    found.events.sort(key=lambda event: event.index)
    return found


def _take_in(found: Shown, path: Path, number: int, leaves: Sequence[bytes]) -> None:
    for line in read(path).splitlines():
        try:
            item = parsed(line)
            index, event_id = _whole(item["leaf_index"]), uuid.UUID(item["event_id"])
            body, salt = unbase64(item["body"]), unbase64(item["salt"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused(BAD_INPUT, "file.form", file=str(path)) from None
        if index // WIDTH != number or index in found.readable:
            raise Refused(BAD_INPUT, "file.form", file=str(path))
        if index >= len(leaves):  # newer than the checkpoint: fetched for the next one
            continue
        found.readable.add(index)
        if leaves[index] != leaf_of(event_id, body, salt):
            found.altered.append(index)
            continue
        try:
            found.events.append(event_of(index, body, event_id))
        except ValueError:
            found.strange.append(index)


# --- What is said ----------------------------------------------------------------------------------


@dataclass
class Report:
    """What was checked and what came out, in the order in which it was done."""

    lang: str
    lines: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def add(self, outcome: str, key: str, /, **facts: object) -> None:
        """Add one result; the key names its sentence in `TEXTS`."""
        self.lines.append((outcome, key, facts))

    @property
    def outcome(self) -> str:
        """The gravest of the results."""
        return max((outcome for outcome, _, _ in self.lines), key=GRAVITY.index, default=OK)

    def text(self, key: str, /, **facts: object) -> str:
        """A sentence in the language of this report."""
        return TEXTS[key][LANGUAGES.index(self.lang)].format(**facts)

    def human(self) -> str:
        """All of it for people, no wider than is read with ease."""
        width = min(110, shutil.get_terminal_size((100, 24)).columns)
        told = []
        for outcome, key, facts in self.lines:
            title = self.text("title." + key.partition(".")[0])
            colon = " :" if self.lang == "fr" else ":"
            told.append(
                f"[{self.text('mark.' + outcome)}] {title}{colon} {self.text(key, **facts)}"
            )
        fill = textwrap.TextWrapper(width, subsequent_indent="    ")
        # Roots and names of files stay whole, so that they can be copied.
        fill.break_long_words = fill.break_on_hyphens = False
        return "\n".join(map(fill.fill, [*told, "", self.text("result." + self.outcome)])) + "\n"

    def machine(self, command: str) -> str:
        """All of it as JSON."""
        checks = [
            {
                "check": key.partition(".")[0],
                "outcome": outcome,
                "key": key,
                "says": self.text(key, **facts),
                "facts": facts,
            }
            for outcome, key, facts in self.lines
        ]
        told = {
            "command": command,
            "outcome": self.outcome,
            "exit": EXIT[self.outcome],
            "meaning": self.text("result." + self.outcome),
            "checks": checks,
        }
        return json.dumps(told, indent=1) + "\n"


def some(numbers: Sequence[object]) -> str:
    """The first few of a list, and how many more there are."""
    few, more = numbers[:8], len(numbers) - 8
    return ", ".join(map(str, few)) + (f" (+{more})" if more > 0 else "")


# --- Commands --------------------------------------------------------------------------------------


def signed(report: Report, note: bytes, keys: Sequence[Key], name: str) -> Checkpoint:
    """Check a checkpoint's signature and say so.

    Raises:
        Refused: see `checkpoint_of`.
    """
    checkpoint, key = checkpoint_of(note, keys)
    report.add(
        OK,
        "signature.ok",
        file=name,
        key=str(key),
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=base64.b64encode(checkpoint.root).decode(),
    )
    return checkpoint


def held_ones(paths: Iterable[Path], keys: Sequence[Key]) -> list[tuple[str, Checkpoint]]:
    """The checkpoints that the auditor holds, with their file names.

    Raises:
        Refused: bad input; what nobody signed is no evidence.
    """
    found = []
    for path in paths:
        note = read(path)
        try:
            found.append((str(path), checkpoint_of(note, keys)[0]))
        except Refused:
            raise Refused(BAD_INPUT, "held.unsigned", file=str(path)) from None
    return found


def compare(
    report: Report,
    checkpoint: Checkpoint,
    name: str,
    held: Checkpoint,
    rows: Sequence[bytes] | None,
) -> None:
    """Hold a checkpoint against one that the auditor kept.

    Args:
        rows: the whole tree (`heights`), if it is there and belongs to `checkpoint`.
    """
    facts = {"file": name, "held": held.size, "size": checkpoint.size}
    if held.origin != checkpoint.origin:
        report.add(NOTE, "held.other-log", origin=held.origin, **facts)
    elif held.size == checkpoint.size:
        if held.root == checkpoint.root:
            report.add(OK, "held.same", **facts)
        else:
            report.add(INCONSISTENT, "held.two-stories", **facts)
    elif rows is None:
        report.add(NOTE, "held.not-compared", **facts)
    elif held.size > checkpoint.size:
        report.add(INCONSISTENT, "held.shorter", **facts)
    elif root_at(rows, held.size) == held.root:
        report.add(OK, "held.continued", **facts)
    else:
        report.add(INCONSISTENT, "held.rewritten", **facts)


def do_checkpoint(args: argparse.Namespace, report: Report) -> None:
    """`checkpoint FILE`: whose signature it bears, and whether it fits what the auditor holds."""
    keys = keys_of(args.vkey)
    checkpoint = signed(report, read(args.file), keys, str(args.file))
    for name, held in held_ones(args.held, keys):
        compare(report, checkpoint, name, held, None)


def do_consistency(args: argparse.Namespace, report: Report) -> None:
    """`consistency FILE1 FILE2 PROOF`: whether the later log begins with the whole earlier one."""
    keys = keys_of(args.vkey)
    one = signed(report, read(args.file1), keys, str(args.file1))
    two = signed(report, read(args.file2), keys, str(args.file2))
    if one.origin != two.origin:
        raise Refused(BAD_INPUT, "consistency.other-log", first=one.origin, second=two.origin)
    if one.size > two.size:
        raise Refused(BAD_INPUT, "consistency.order", first=one.size, second=two.size)
    if one.size == two.size:
        compare(report, two, str(args.file1), one, None)
        return
    if args.proof is None or one.size == 0:
        raise Refused(BAD_INPUT, "consistency.no-proof", first=one.size, second=two.size)
    proof = read_json(args.proof)
    try:
        sizes = (_whole(proof["first"]), _whole(proof["second"]))
        hashes = [unbase64(hashed) for hashed in proof["hashes"]]
    except (ValueError, KeyError, TypeError):
        raise Refused(BAD_INPUT, "file.form", file=str(args.proof)) from None
    if sizes != (one.size, two.size):
        raise Refused(BAD_INPUT, "consistency.sizes", first=one.size, second=two.size)
    check_consistency(one.size, two.size, hashes, one.root, two.root)
    report.add(OK, "consistency.ok", first=one.size, second=two.size)


def do_inclusion(args: argparse.Namespace, report: Report) -> None:
    """`inclusion PROOF`: whether an event, or what a receipt stands for, is in the log."""
    keys = keys_of(args.vkey)
    raw, stated = read(args.proof), None
    if raw.lstrip().startswith(b"{"):
        answer = read_json(args.proof)
        try:
            index, size = _whole(answer["leaf_index"]), _whole(answer["tree_size"])
            stated, hashes = unbase64(answer["leaf_hash"]), [unbase64(h) for h in answer["hashes"]]
            note = answer["checkpoint"].encode()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused(BAD_INPUT, "file.form", file=str(args.proof)) from None
        checkpoint = signed(report, note, keys, str(args.proof))
        if size != checkpoint.size:
            raise Refused(INVALID, "inclusion.size", stated=size, size=checkpoint.size)
    else:
        index, hashes, note = parse_proof(raw)
        checkpoint = signed(report, note, keys, str(args.proof))
    hashed = _hash_to_find(args, report, index, stated)
    if stated is not None and hashed != stated:
        raise Refused(INVALID, "inclusion.another", index=index)
    check_inclusion(hashed, index, checkpoint.size, hashes, checkpoint.root)
    report.add(OK, "inclusion.ok", index=index, size=checkpoint.size, receipt=hashed.hex())


def _hash_to_find(
    args: argparse.Namespace, report: Report, index: int, stated: bytes | None
) -> bytes:
    """The leaf hash that the proof is about: of the event, the receipt, or what the proof itself says."""
    if args.body is not None:
        return _hash_of_event(args, report, index)
    if args.receipt is not None:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", args.receipt):
            raise Refused(BAD_INPUT, "receipts.form", receipt=args.receipt[:80])
        return bytes.fromhex(args.receipt)
    if stated is None:
        raise Refused(BAD_INPUT, "inclusion.nothing")
    report.add(NOTE, "body.not-given")
    return stated


def _hash_of_event(args: argparse.Namespace, report: Report, index: int) -> bytes:
    raw, body, salt, leaf = read(args.body), None, None, None
    try:
        told = parsed(raw)
        if args.salt is not None:
            event_id, place = uuid.UUID(told["id"]), index
            body, salt = raw, _salt(read(args.salt))
        else:
            event_id, place = uuid.UUID(told["event_id"]), _whole(told["leaf_index"])
            leaf = unbase64(told["leaf"])
            if told["body"] is not None:
                body, salt = unbase64(told["body"]), unbase64(told["salt"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(BAD_INPUT, "body.form", file=str(args.body)) from None
    if place != index:
        raise Refused(INVALID, "inclusion.another", index=index)
    if body is None or salt is None:
        report.add(NOTE, "body.not-shown")
        return leaf_hash(leaf or b"")
    committed = leaf_of(event_id, body, salt)
    if committed is None or leaf not in (None, committed):
        raise Refused(INVALID, "body.altered", which=index, indices=[index])
    event = _told(index, body, event_id)
    report.add(OK, "body.read", kind=event.kind, id=str(event_id))
    return leaf_hash(committed)


def _told(index: int, body: bytes, event_id: uuid.UUID) -> Event:
    try:
        return event_of(index, body, event_id)
    except ValueError:
        raise Refused(INVALID, "body.strange", which=index, indices=[index]) from None


def _salt(raw: bytes) -> bytes:
    """A salt from its file: the 32 bytes themselves, or as text in hex or base64."""
    if len(raw) == HASH_BYTES:
        return raw
    text = raw.decode("ascii").strip()
    return bytes.fromhex(text) if re.fullmatch(r"[0-9a-fA-F]{64}", text) else unbase64(text)


def do_bundle(args: argparse.Namespace, report: Report) -> None:
    """`bundle DIR`: events that were handed over by themselves, each with its proof."""
    keys, folder = keys_of(args.vkey), args.dir
    path = folder / "checkpoint"
    note = read(path)
    checkpoint = signed(report, note, keys, str(path))
    for name, held in held_ones(args.held, keys):
        compare(report, checkpoint, name, held, None)
    indices, others = handed_over(folder)
    if not indices:
        raise Refused(BAD_INPUT, "bundle.empty", dir=str(folder))
    events = []
    for index in indices:
        try:
            events.append(_handed_over(folder, index, (note, checkpoint), keys))
        except Refused as refused:
            why = report.text(refused.key, **refused.facts)
            report.add(refused.outcome, "bundle.event", index=index, why=why)
    if len(events) == len(indices):
        report.add(OK, "bundle.ok", count=len(events), size=checkpoint.size)
    check_order(report, events)
    begun_anew = not checkpoint.origin.endswith(FIRST_EPOCH)
    check_numbers(report, events, erased=None, begun_anew=begun_anew)
    report.add(NOTE, "bundle.part", size=checkpoint.size)
    if others:
        report.add(NOTE, "bundle.others", which=some(others), files=others)


HANDED_OVER = re.compile(
    r"(?:events/(0|[1-9][0-9]{0,18})\.(?:json|salt)|proofs/(0|[1-9][0-9]{0,18})\.tlog-proof)"
)


def handed_over(folder: Path) -> tuple[list[int], list[str]]:
    """The leaves of which there is anything in the folder, and the files that say nothing of any."""
    indices, others = set[int](), []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if match := HANDED_OVER.fullmatch(name):
            indices.add(int(match[1] or match[2]))
        elif path.is_file() and name != "checkpoint":
            others.append(name)
    return sorted(indices), sorted(others)


def _handed_over(
    folder: Path, index: int, at: tuple[bytes, Checkpoint], keys: Sequence[Key]
) -> Event:
    """One event of the folder, shown to be in the log of the checkpoint `at`, given as note and meaning."""
    events, (note, checkpoint) = folder / "events", at
    body, salt_file = read(events / f"{index}.json"), read(events / f"{index}.salt")
    place, hashes, own = parse_proof(read(folder / "proofs" / f"{index}.tlog-proof"))
    try:
        event_id, salt = uuid.UUID(parsed(body)["id"]), _salt(salt_file)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(BAD_INPUT, "bundle.form") from None
    leads_to = checkpoint if own == note else checkpoint_of(own, keys)[0]
    if leads_to != checkpoint:
        if (leads_to.origin, leads_to.size) == (checkpoint.origin, checkpoint.size):
            raise Refused(INCONSISTENT, "bundle.two-stories")
        raise Refused(BAD_INPUT, "bundle.elsewhere", origin=leads_to.origin, size=leads_to.size)
    committed = leaf_of(event_id, body, salt)
    if place != index or committed is None:
        raise Refused(INVALID, "bundle.altered")
    try:
        check_inclusion(leaf_hash(committed), index, checkpoint.size, hashes, checkpoint.root)
    except Refused:
        raise Refused(INVALID, "bundle.altered") from None
    return _told(index, body, event_id)


def do_log(args: argparse.Namespace, report: Report) -> None:
    """`log DIR`: everything, computed anew from what the service handed out."""
    keys, folder = keys_of(args.vkey), args.dir
    checkpoint = signed(report, read(folder / "checkpoint"), keys, str(folder / "checkpoint"))
    older = folder / "checkpoints"
    kept = sorted(path for path in older.iterdir() if path.is_file()) if older.is_dir() else []
    held = held_ones([*kept, *args.held], keys)
    receipts = None if args.receipts is None else receipts_in(read(args.receipts))
    leaves = leaves_of(folder, checkpoint.size)
    report.add(OK, "entries.ok", size=len(leaves))
    rows = heights(b"".join(map(leaf_hash, leaves)))
    check_tiles(report, folder, rows, checkpoint.size)
    if root_at(rows, checkpoint.size) == checkpoint.root:
        report.add(OK, "root.ok", size=checkpoint.size)
        tree: list[bytes] | None = rows
    else:
        report.add(INVALID, "root.wrong", size=checkpoint.size)
        tree = None  # what it is no tree of cannot be held against other checkpoints
    for name, one in held:
        compare(report, checkpoint, name, one, tree)
    if receipts is not None:
        check_receipts(report, receipts, rows[0])
    check_events(report, shown(folder, leaves), len(leaves))


def check_tiles(report: Report, folder: Path, rows: Sequence[bytes], size: int) -> None:
    """Each tile of each level must be the hashes over what is below it."""
    count, wrong, level = 0, [], 0
    while size >> 8 * level:
        for tile in tiles(size, level):
            count += 1
            at = tile.index * WIDTH * HASH_BYTES
            if tile_bytes(folder, tile) != rows[8 * level][at : at + tile.length]:
                wrong.append(tile.path)
        level += 1
    if wrong:
        report.add(INVALID, "tiles.wrong", which=some(wrong), tiles=wrong)
    else:
        report.add(OK, "tiles.ok", count=count)


def receipts_in(raw: bytes) -> list[str]:
    """The receipts in a file: 64 hex digits alone on a line, or `"audit_receipt":"…"` anywhere in one.

    A journal that is exported as JSON writes the quotes with backslashes before them.

    Raises:
        Refused: bad input; there is none.
    """
    found = []
    for line in raw.decode("utf-8", "replace").splitlines():
        alone = re.fullmatch(r"\s*([0-9a-fA-F]{64})\s*", line)
        inside = re.search(r'audit_receipt\\*"\s*:\s*\\*"([0-9a-fA-F]{64})\\*"', line)
        if match := alone or inside:
            found.append(match[1].lower())
    if not found:
        raise Refused(BAD_INPUT, "receipts.none")
    return found


def check_receipts(report: Report, receipts: Sequence[str], hashes: bytes) -> None:
    """Whatever was acknowledged must be in the log."""
    wanted = {bytes.fromhex(receipt) for receipt in receipts}
    starts = range(0, len(hashes), HASH_BYTES)
    wanted.difference_update(hashes[at : at + HASH_BYTES] for at in starts)
    if wanted:
        lost = [receipt for receipt in receipts if bytes.fromhex(receipt) in wanted]
        report.add(INVALID, "receipts.removed", which=some(lost), receipts=lost, count=len(lost))
    else:
        report.add(OK, "receipts.ok", count=len(receipts))


def check_events(report: Report, found: Shown | None, size: int) -> None:
    """Check what can be read of the events: their texts, their numbers, their times."""
    if found is None:
        report.add(NOTE, "missing.not-shown", count=size)
        return
    if found.altered:
        report.add(INVALID, "body.altered", which=some(found.altered), indices=found.altered)
    if found.strange:
        report.add(INVALID, "body.strange", which=some(found.strange), indices=found.strange)
    if not found.altered and not found.strange:
        report.add(OK, "body.ok", count=len(found.events), size=size)
    erased = check_missing(report, found, size)
    begun_anew = any(event.kind == NEW_EPOCH for event in found.events)
    check_numbers(report, found.events, erased=erased, begun_anew=begun_anew)
    check_order(report, found.events)
    check_times(report, found.events)


def check_order(report: Report, events: Sequence[Event]) -> None:
    """No event can have known a log that is longer than what stands before it."""
    ahead = [event.index for event in events if event.seen > event.index]
    if ahead:
        report.add(INVALID, "seen.wrong", which=some(ahead), indices=ahead)
    else:
        report.add(OK, "seen.ok")


def check_missing(report: Report, found: Shown, size: int) -> int:
    """A text that is missing must have been erased openly, unless it may not be seen.

    Returns:
        How many texts were erased by notices that do not name a case.
    """
    missing = [index for index in range(size) if index not in found.readable]
    covered, nameless = bytearray(size), bytearray(size)
    for event in found.events:
        for first, last in event.erased:
            # A notice speaks of what is already in the log, never of what comes after it.
            for index in range(max(first, 0), min(last + 1, event.index)):
                covered[index] = 1
                nameless[index] |= event.case is None
    erased = [index for index in missing if covered[index]]
    rest = [index for index in missing if not covered[index]]
    if erased:
        report.add(NOTE, "missing.erased", count=len(erased), which=some(erased), indices=erased)
    if rest and found.partial:
        report.add(NOTE, "missing.not-shown", count=len(rest))
    elif rest:
        report.add(INVALID, "missing.taken", count=len(rest), which=some(rest), indices=rest)
    else:
        report.add(OK, "missing.none")
    return sum(1 for index in erased if nameless[index])


def check_numbers(
    report: Report, events: Sequence[Event], *, erased: int | None, begun_anew: bool
) -> None:
    """The changes of a case bear the numbers 1, 2, 3 …: a gap is a change that was taken away.

    The next number is given only once the change before it is kept, and what is kept is in the log a
    minute later: so a gap counts once the log is a minute older than the change behind it.

    Args:
        erased: how many texts were erased by notices that name no case; None where only some of the
            log's events are here, and a gap is no fault yet.
        begun_anew: the log goes on from another one, and cases with it.
    """
    by_case: dict[str, dict[int, Event]] = {}
    twice, ok = [], True
    for event in events:
        if event.case is not None and event.seq is not None:
            numbers = by_case.setdefault(event.case, {})
            if numbers.setdefault(event.seq, event) is not event:
                twice.append(event.index)
    if twice:
        ok = False
        report.add(INVALID, "numbers.twice", which=some(twice), indices=twice)
    latest = max((event.at for event in events if event.at is not None), default=0)
    forgotten = {event.case for event in events if event.kind == ERASED and event.erased}
    for case, numbers in sorted(by_case.items()):
        gone: list[int] = []
        expected = min(numbers) if begun_anew else 1  # cases go on counting in a new log
        for number in sorted(numbers):
            settled = latest - (numbers[number].at or 0) > MERGE_SECONDS
            if number > expected and not settled:
                report.add(NOTE, "numbers.on-their-way", case=case, which=expected)
                break
            gone += range(expected, min(number, expected + WIDTH))
            expected = number + 1
        if gone:
            ok = False
            outcome, key = _gap(len(gone), erased, forgotten=case in forgotten)
            report.add(outcome, key, case=case, which=some(gone), numbers=gone)
    if ok:
        report.add(OK, "numbers.ok", cases=len(by_case))


def _gap(count: int, erased: int | None, *, forgotten: bool) -> tuple[str, str]:
    """What a gap of so many numbers in a case means, whose own events were erased or not."""
    if erased is None:
        return NOTE, "numbers.not-here"
    if forgotten or count <= erased:
        return NOTE, "numbers.erased"
    return INVALID, "numbers.gap"


def check_times(report: Report, events: Sequence[Event]) -> None:  # noqa: C901  one walk
    """Hold the time of each event against the heartbeats before and after it in the log.

    What reporters do bears a day only, on purpose, and is left out.
    """
    late, early, silent, beats = [], [], [], 0
    newest: int | None = None
    since: list[tuple[int, int]] = []
    for event in events:
        if event.clock:  # the next heartbeat says which time it is now
            newest, since = None, []
            continue
        if event.at is None:
            continue
        if newest is not None and event.at < newest - MERGE_SECONDS:
            late.append(event.index)
        if event.kind in HEARTBEATS:
            beats += 1
            if newest is not None and event.at - newest > SILENCE_SECONDS:
                silent.append(f"{moment(newest)} – {moment(event.at)}")
            early += [index for at, index in since if at > event.at + MERGE_SECONDS]
            newest, since = max(newest or 0, event.at), []
        else:
            since.append((event.at, event.index))
    if late:
        report.add(INVALID, "time.late", which=some(late), indices=late)
    if early:
        report.add(INVALID, "time.early", which=some(early), indices=early)
    if not late and not early:
        key = "time.ok" if beats else "time.no-heartbeat"
        report.add(OK if beats else NOTE, key, beats=beats)
    if silent:
        report.add(NOTE, "time.silence", which=some(silent), periods=silent)


def moment(seconds: int) -> str:
    """Seconds since 1970 as the trail writes them."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


# --- Fetching --------------------------------------------------------------------------------------


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the token would be sent along to wherever the answer points."""

    def redirect_request(self, *_: object) -> None:
        return None


class Service:
    """The service's API, as a signed-in person sees it."""

    ANSWER_BYTES = 64 * 1024 * 1024
    SECONDS = 60
    TRIES = 6

    def __init__(self, url: str) -> None:
        self.base = checked_url(url)
        self.token: str | None = None
        self.opener = urllib.request.build_opener(_NoRedirect)

    def call(
        self, path: str, *, method: str = "GET", body: object = None, accept: str = "*/*"
    ) -> bytes:
        """Ask, again after a while if the service is busy.

        Raises:
            Refused: bad input; it cannot be reached, or says no (then with `status`).
        """
        headers = {"User-Agent": "tribune_verify", "Accept": accept}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(  # noqa: S310  `checked_url` saw to the scheme
            self.base + path, data=data, headers=headers, method=method
        )
        for left in range(self.TRIES - 1, -1, -1):
            try:
                with self.opener.open(request, timeout=self.SECONDS) as answer:
                    raw: bytes = answer.read(self.ANSWER_BYTES)
                    return raw
            except urllib.error.HTTPError as error:
                error.close()
                if error.code not in (429, 503) or not left:
                    raise Refused(BAD_INPUT, "fetch.status", path=path, status=error.code) from None
                after = error.headers.get("Retry-After", "")
                time.sleep(min(int(after), self.SECONDS) if after.isdigit() else 5)
            except (OSError, http.client.HTTPException) as error:
                raise Refused(
                    BAD_INPUT, "fetch.unreachable", url=self.base, why=str(error)
                ) from None
        raise AssertionError  # pragma: no cover  the last try returns or raises

    def json(self, path: str, *, method: str = "GET", body: object = None) -> dict[str, Any]:
        """Ask for a JSON object.

        Raises:
            Refused: bad input; also if something else comes.
        """
        try:
            found = parsed(self.call(path, method=method, body=body))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Refused(BAD_INPUT, "fetch.form", path=path)
        return found

    def sign_in(self, user: str, password: str, code: str | None) -> None:
        """Begin a session.

        Raises:
            Refused: bad input; among others if name, password or code are wrong.
        """
        asked = {"username": user, "password": password}
        if code is not None:
            asked["code"] = code
        token = self.json("/v1/session", method="POST", body=asked).get("token")
        # What goes into a header must not end it.
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise Refused(BAD_INPUT, "fetch.form", path="/v1/session")
        self.token = token

    def sign_out(self) -> None:
        """End the session; it would end by itself too."""
        try:
            self.call("/v1/session", method="DELETE")
        except Refused:
            return


def checked_url(url: str) -> str:
    """The address of a service without a slash at its end.

    Raises:
        Refused: bad input; it is no address, or would carry a password across a network in the open.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018  reading it is what checks it
    except ValueError:
        host, parts = "", urllib.parse.urlsplit("")
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise Refused(BAD_INPUT, "fetch.url", url=url)
    if parts.scheme == "http" and not here:
        raise Refused(BAD_INPUT, "fetch.insecure", url=url)
    return url.rstrip("/")


def store(path: Path, raw: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(raw)
    part.replace(path)


def do_fetch(args: argparse.Namespace, report: Report) -> None:
    """`fetch URL DIR`: bring a folder up to what the service shows today, or make one of a case."""
    service, folder = Service(args.url), args.dir
    service.sign_in(args.user, getpass.getpass(report.text("fetch.password") + " "), args.code)
    try:
        note = service.call("/v1/audit/checkpoint")
        if args.case is not None:
            fetch_case(service, folder, args.case, note, report)
            return
        offered = unsigned(note)
        current = folder / "checkpoint"
        if current.exists():
            held = unsigned(read(current))
            if offered.origin != held.origin:
                raise Refused(BAD_INPUT, "fetch.other-log", origin=offered.origin)
            if offered.size < held.size or (offered.size == held.size and offered != held):
                keep(folder, note, offered)
                facts = {"size": offered.size, "held": held.size, "file": str(current)}
                key = "fetch.shorter" if offered.size < held.size else "fetch.two-stories"
                report.add(INCONSISTENT, key, **facts)
                return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fetch_tiles(service, folder, offered.size)
        fetch_events(service, folder, offered.size, report)
        if current.exists() and read(current) != note:
            keep(folder, read(current), unsigned(read(current)))
        # Last, so that a folder whose fetching broke off is still the one of the checkpoint before.
        store(current, note)
        report.add(OK, "fetch.ok", size=offered.size, dir=str(folder))
    finally:
        service.sign_out()


def unsigned(note: bytes) -> Checkpoint:
    """What a checkpoint says, whoever says it: `log` looks at the signature.

    Raises:
        Refused: bad input.
    """
    head, _, _ = note.partition(b"\n\n")
    return parse_checkpoint(head.decode("utf-8", "replace") + "\n")


def keep(folder: Path, note: bytes, checkpoint: Checkpoint) -> None:
    """Keep an older checkpoint, beside another one of its size if there is one."""
    path = folder / "checkpoints" / str(checkpoint.size)
    if path.exists() and read(path) != note:
        path = path.with_name(f"{checkpoint.size}-{hashlib.sha256(note).hexdigest()[:8]}")
    store(path, note)


def progress(what: str, done: int, of: int) -> None:
    """Tell how far it is, where output that is meant for a file does not go."""
    if done % 100 == 0 or done == of:
        sys.stderr.write(f"{what}: {done}/{of}\n")


def fetch_tiles(service: Service, folder: Path, size: int) -> None:
    """Fetch what is not there yet of the leaves and of every level above."""
    top = max(0, (size.bit_length() - 1) // 8)
    wanted = [tile for level in range(-1, top + 1) for tile in tiles(size, level)]
    for done, tile in enumerate(wanted, 1):
        if not (folder / tile.path).exists():
            raw = service.call(f"/v1/audit/{tile.path}")
            if len(raw) != tile.length:
                raise Refused(BAD_INPUT, "fetch.form", path=f"/v1/audit/{tile.path}")
            store(folder / tile.path, raw)
        progress("tiles", done, len(wanted))


def fetch_events(service: Service, folder: Path, size: int, report: Report) -> None:
    """Fetch the events' texts that the account may see, one file per 256 leaves, in order.

    The last file that is there was perhaps written when there were fewer leaves: it is made again.
    """
    events, bundles = folder / "events", (size + WIDTH - 1) // WIDTH
    here = 0
    while (events / f"{numbered(here)}.jsonl").exists():
        here += 1
    first = bundle = max(0, here - 1)
    marker, partial = events / "PARTIAL", False
    after: int | None = first * WIDTH - 1 if first else None
    lines: dict[int, str] = {}
    while bundle < bundles:
        try:
            items, reached, hidden = _page(service, after)
        except Refused as refused:
            if refused.facts.get("status") != 403 or events.exists():  # noqa: PLR2004
                raise
            report.add(NOTE, "fetch.no-events")
            return
        partial |= hidden
        lines.update(
            {
                index: json.dumps({"leaf_index": index, **told}) + "\n"
                for index, told in items
                if first * WIDTH <= index < size
            }
        )
        if hidden:
            store(marker, b"")
        # The page ended at `reached`, which may come again: only what lies before it is certain.
        certain = size if reached is None else reached
        while bundle < bundles and min((bundle + 1) * WIDTH, size) <= certain:
            mine = range(bundle * WIDTH, (bundle + 1) * WIDTH)
            text = "".join(lines.pop(index) for index in mine if index in lines)
            store(events / f"{numbered(bundle)}.jsonl", text.encode())
            bundle += 1
            progress("events", bundle, bundles)
        if reached is not None and after is not None and reached <= after:
            raise Refused(BAD_INPUT, "fetch.form", path="/v1/audit/events")
        after = reached
    if first == 0 and not partial and marker.exists():
        marker.unlink()


def fetch_case(service: Service, folder: Path, case: str, note: bytes, report: Report) -> None:
    """Fetch the events of one case, each with its proof, into a folder to be handed on.

    Raises:
        Refused: bad input; among others if there is a log, or another such folder, in its place.
    """
    if (folder / "checkpoint").exists():
        raise Refused(BAD_INPUT, "fetch.taken", dir=str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    size, after, count, newer, partial = unsigned(note).size, None, 0, 0, False
    while True:
        items, reached, hidden = _page(service, after, case)
        partial |= hidden
        for index, told in items:
            if index < size:
                _fetch_one(service, folder, index, told, size)
                count += 1
            else:
                newer += 1
        if reached is None:
            break
        if after is not None and reached <= after:
            raise Refused(BAD_INPUT, "fetch.form", path="/v1/audit/events")
        after = reached
        sys.stderr.write(f"events: {count}\n")
    # Last, so that a folder whose fetching broke off is made again and not taken for whole.
    store(folder / "checkpoint", note)
    report.add(OK, "fetch.case", count=count, case=case, dir=str(folder))
    if newer:
        report.add(NOTE, "fetch.newer", count=newer, size=size)
    if partial:
        report.add(NOTE, "fetch.partial")


def _fetch_one(service: Service, folder: Path, index: int, told: dict[str, str], size: int) -> None:
    """Fetch the proof of one event, and put it down with the event's text and salt."""
    event = urllib.parse.quote(told["event_id"], safe="")
    path = f"/v1/audit/proof/inclusion?event_id={event}&tree_size={size}"
    proof = service.call(path, accept=PROOF_FILE)
    try:
        body, salt = unbase64(told["body"]), unbase64(told["salt"])
    except ValueError:
        raise Refused(BAD_INPUT, "fetch.form", path="/v1/audit/events") from None
    store(folder / "events" / f"{index}.json", body)
    store(folder / "events" / f"{index}.salt", salt)
    store(folder / "proofs" / f"{index}.tlog-proof", proof)


def _page(
    service: Service, after: int | None, case: str | None = None
) -> tuple[list[tuple[int, dict[str, str]]], int | None, bool]:
    """One page of events: what is told of each leaf, where it ended, and whether some are hidden."""
    path = "/v1/audit/events?limit=200" + ("" if after is None else f"&after={after}")
    path += "" if case is None else f"&case={urllib.parse.quote(case, safe='')}"
    page, found = service.json(path), list[tuple[int, dict[str, str]]]()
    try:
        reached = None if page["next"] is None else _whole(page["next"])
        for item in page["items"]:
            index = _whole(item["leaf_index"])
            if item["body"] is not None:
                told = {name: str(item[name]) for name in ("event_id", "body", "salt")}
                found.append((index, told))
        return found, reached, page["partial"] is not False
    except (ValueError, KeyError, TypeError):
        raise Refused(BAD_INPUT, "fetch.form", path=path) from None


# --- The command line ------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Says what it did not understand the way everything else is said, and with exit code 1."""

    def error(self, message: str) -> Any:  # noqa: ANN401  it never returns
        raise Refused(BAD_INPUT, "usage.wrong", usage=self.format_usage(), why=message)


def parser(report: Report) -> argparse.ArgumentParser:
    """The command line, explained in the language of the report."""

    def told(what: str) -> str:
        return report.text("help." + what)

    shared = _Parser(add_help=False)
    shared.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=told("lang"))
    shared.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=told("json"))
    signed_things = _Parser(add_help=False)
    signed_things.add_argument(
        "--vkey", action="append", required=True, metavar="KEY", help=told("vkey")
    )
    whole = _Parser(prog="tribune_verify.py", description=told("all"), parents=[shared])
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace, Report], None], *parents: _Parser
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(
            name, help=told(name), description=told(name), parents=[shared, *parents]
        )
        one.set_defaults(run=run)
        return one

    one = command("checkpoint", do_checkpoint, signed_things)
    one.add_argument("file", type=Path, metavar="FILE", help=told("checkpoint-file"))
    _held(one, told)
    one = command("inclusion", do_inclusion, signed_things)
    one.add_argument("proof", type=Path, metavar="PROOF", help=told("proof"))
    one.add_argument("--body", type=Path, metavar="FILE", help=told("body"))
    one.add_argument("--salt", type=Path, metavar="FILE", help=told("salt"))
    one.add_argument("--receipt", metavar="HEX", help=told("receipt"))
    one = command("consistency", do_consistency, signed_things)
    one.add_argument("file1", type=Path, metavar="FILE1", help=told("older"))
    one.add_argument("file2", type=Path, metavar="FILE2", help=told("newer"))
    one.add_argument("proof", type=Path, nargs="?", metavar="PROOF", help=told("proof"))
    one = command("log", do_log, signed_things)
    one.add_argument("dir", type=Path, metavar="DIR", help=told("dir"))
    one.add_argument("--receipts", type=Path, metavar="FILE", help=told("receipts"))
    _held(one, told)
    one = command("bundle", do_bundle, signed_things)
    one.add_argument("dir", type=Path, metavar="DIR", help=told("bundle-dir"))
    _held(one, told)
    one = command("fetch", do_fetch)
    one.add_argument("url", metavar="URL", help=told("url"))
    one.add_argument("dir", type=Path, metavar="DIR", help=told("dir"))
    one.add_argument("--user", required=True, metavar="NAME", help=told("user"))
    one.add_argument("--code", metavar="CODE", help=told("code"))
    one.add_argument("--case", metavar="REFERENCE", help=told("case"))
    return whole


def _held(one: argparse.ArgumentParser, told: Callable[[str], str]) -> None:
    one.add_argument(
        "--held", type=Path, action="append", default=[], metavar="FILE", help=told("held")
    )


def language(arguments: Sequence[str]) -> str:
    """The language asked for, else the one the computer is set to, else English."""
    for at, argument in enumerate(arguments):
        if argument == "--lang" and at + 1 < len(arguments):
            asked = arguments[at + 1]
        elif argument.startswith("--lang="):
            asked = argument[7:]
        else:
            continue
        return asked if asked in LANGUAGES else LANGUAGES[0]
    setting = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return "fr" if (setting or "").lower().startswith("fr") else "en"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, say what came out, and answer the exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    report, command = Report(language(given)), ""
    try:
        args = parser(report).parse_args(given)
        command = args.command
        args.run(args, report)
    except Refused as refused:
        report.add(refused.outcome, refused.key, **refused.facts)
    except OSError as error:
        report.add(BAD_INPUT, "file.system", why=str(error))
    if isinstance(sys.stdout, io.TextIOWrapper):  # an old console that lacks a sign shows another
        sys.stdout.reconfigure(errors="replace")
    sys.stdout.write(report.machine(command) if "--json" in given else report.human())
    return EXIT[report.outcome]


# --- Texts: English, French ------------------------------------------------------------------------

LANGUAGES = ("en", "fr")


def sentences(written: str) -> dict[str, tuple[str, ...]]:
    """Texts by key: behind each key the languages in turn, ` | ` before each; further lines indented."""
    entries = (" ".join(entry.split()).split(" | ") for entry in re.split(r"\n(?=\S)", written))
    return {key: tuple(texts) for key, *texts in entries}


TEXTS = sentences("""\
mark.ok | OK | OK
mark.note | NOTE | NOTE
mark.bad-input | CANNOT CHECK | IMPOSSIBLE À VÉRIFIER
mark.invalid | WRONG | FAUX
mark.inconsistent | CONTRADICTION | CONTRADICTION
title.signature | Signature | Signature
title.key | Key | Clé
title.held | Checkpoint you hold | Point de contrôle détenu
title.consistency | Continuation | Continuité
title.inclusion | Presence in the log | Présence au journal
title.file | File | Fichier
title.entries | Entries | Inscriptions
title.tiles | Intermediate fingerprints | Empreintes intermédiaires
title.root | Fingerprint of the whole log | Empreinte de tout le journal
title.receipts | Receipts | Reçus
title.body | Texts of events | Textes des événements
title.bundle | Events handed over | Événements remis
title.missing | Missing texts | Textes manquants
title.numbers | Numbers of changes | Numéros des changements
title.seen | Order | Ordre
title.time | Times | Heures
title.fetch | Fetching | Récupération
title.usage | Command | Commande
result.ok | Result: all that was checked holds. | Résultat : tout ce qui a été vérifié est juste.
result.note
 | Result: all that was checked holds. The notes say what could not be checked, and why.
 | Résultat : tout ce qui a été vérifié est juste. Les notes disent ce qui n'a pas pu l'être, et pourquoi.
result.bad-input
 | Result: undecided (exit code 1). Something that was given cannot be used; put it right and repeat. This is
   no finding against anybody yet.
 | Résultat : rien n'est décidé (code 1). Un élément fourni est inutilisable ; corrigez et recommencez. Ce
   n'est encore un constat contre personne.
result.invalid
 | Result: INVALID (exit code 40). Something was changed, taken away or made by somebody else. Change none of
   these files, copy them, note the day and hour, and report in writing what is marked WRONG.
 | Résultat : NON VALIDE (code 40). Quelque chose a été modifié, retiré ou fabriqué par un tiers. Ne modifiez
   aucun de ces fichiers, copiez-les, notez le jour et l'heure, et signalez par écrit ce qui est marqué FAUX.
result.inconsistent
 | Result: INCONSISTENT (exit code 30). What the service shows today contradicts what it signed before. Both
   signed files together are the evidence: change neither, copy both, and report it in writing to an authority
   outside the unit.
 | Résultat : INCOHÉRENT (code 30). Ce que le service montre aujourd'hui contredit ce qu'il a signé
   auparavant. Les deux fichiers signés, ensemble, sont la preuve : n'en modifiez aucun, copiez-les et
   signalez-le par écrit à une autorité extérieure à l'unité.
signature.ok
 | {file} is a checkpoint: a signed statement of how many events the log holds, with one fingerprint (root)
   over all of them. The log {origin} holds {size} events, root {root}. The signature is by your key {key}:
   nobody without the log's secret key made it, and nobody changed it since.
 | {file} est un point de contrôle : une déclaration signée du nombre d'événements du journal, avec une seule
   empreinte (racine) de tous. Le journal {origin} compte {size} événements, racine {root}. La signature est
   de votre clé {key} : personne ne l'a faite sans la clé secrète du journal, et personne ne l'a modifiée
   depuis.
signature.malformed
 | This is no checkpoint, or not a whole one. A text editor or a mail program may have changed its line ends:
   get it again as a file.
 | Ceci n'est pas un point de contrôle, ou pas un entier. Un éditeur de texte ou une messagerie a pu en
   changer les fins de ligne : obtenez-le à nouveau comme fichier.
signature.wrong
 | A signature claims to be by your key {key} and is not: the statement was changed after it was signed, or
   the signature was made up.
 | Une signature se dit de votre clé {key} et ne l'est pas : la déclaration a été modifiée après signature, ou
   la signature a été inventée.
signature.other-key
 | Nobody whose key you gave signed this. It is signed by: {signers}. Compare with the key line on paper; if
   that is the one you gave, this is not the log's statement.
 | Aucun détenteur des clés que vous avez données n'a signé ceci. Signataires : {signers}. Comparez avec la
   ligne de clé sur papier ; si c'est bien celle-là, cette déclaration n'est pas du journal.
signature.origin
 | Your key {key} signed this, but it speaks of another log, {origin}.
 | Votre clé {key} a signé ceci, mais il s'agit d'un autre journal, {origin}.
key.malformed
 | This is no key line, or a sign of it is wrong: “{line}”. It is one line, name+8 signs+key; copy it again
   from the paper.
 | Ceci n'est pas une ligne de clé, ou un signe est faux : « {line} ». C'est une seule ligne, nom+8 signes+clé
   ; recopiez-la depuis le papier.
held.unsigned
 | {file} is not a checkpoint signed by the key you gave, so nothing can be compared with it.
 | {file} n'est pas un point de contrôle signé par la clé donnée ; rien ne peut lui être comparé.
held.other-log
 | {file} is about another log ({origin}), such as the one before a restored backup. The two are not compared.
 | {file} concerne un autre journal ({origin}), par exemple celui d'avant une restauration. Les deux ne sont
   pas comparés.
held.same
 | {file}: {held} events and the same root. You were told the same story both times.
 | {file} : {held} événements et la même racine. On vous a raconté deux fois la même histoire.
held.two-stories
 | TWO STORIES. {file} says {held} events and so does what you were given now, but the roots differ. Both are
   signed: the log's key signed two different histories. No accident does this.
 | DEUX HISTOIRES. {file} dit {held} événements, comme ce qu'on vous donne à présent, mais les racines
   diffèrent. Les deux sont signés : la clé du journal a signé deux histoires différentes. Aucun accident ne
   produit cela.
held.not-compared
 | {file} speaks of {held} events, this one of {size}. Whether the longer log begins with the shorter one, the
   commands “consistency” and “log” can say.
 | {file} parle de {held} événements, celui-ci de {size}. Les commandes « consistency » et « log » peuvent
   dire si le plus long journal commence par le plus court.
held.shorter
 | The log was cut: {file} says that it held {held} events, now it shows only {size}.
 | Le journal a été tronqué : {file} dit qu'il comptait {held} événements, il n'en montre plus que {size}.
held.continued
 | {file}: the first {held} of today's events are exactly those it was signed over. Nothing of them was
   changed, removed or put in between since.
 | {file} : les {held} premiers événements d'aujourd'hui sont exactement ceux qu'il couvre. Rien n'y a été
   modifié, retiré ni intercalé depuis.
held.rewritten
 | History was rewritten: the first {held} of today's events are not those that {file} was signed over.
 | L'histoire a été réécrite : les {held} premiers événements d'aujourd'hui ne sont pas ceux que {file}
   couvre.
consistency.ok
 | The log of {second} events begins with the whole log of {first} events, unchanged.
 | Le journal de {second} événements commence par tout le journal de {first} événements, inchangé.
consistency.wrong
 | The proof does not show that the log of {second} events begins with the log of {first} events. Ask once
   more for the proof, in case the file is damaged; if it fails again, history was rewritten between the two
   checkpoints.
 | La preuve ne montre pas que le journal de {second} événements commence par celui de {first} événements.
   Redemandez la preuve une fois, au cas où le fichier serait abîmé ; si elle échoue encore, l'histoire a été
   réécrite entre les deux points de contrôle.
consistency.other-log
 | The checkpoints are about two logs, {first} and {second}: there is nothing to compare.
 | Les points de contrôle concernent deux journaux, {first} et {second} : rien à comparer.
consistency.order
 | The first checkpoint speaks of more events ({first}) than the second ({second}). Give the older one first.
   If the larger one is the older one, the log was cut.
 | Le premier point de contrôle parle de plus d'événements ({first}) que le second ({second}). Donnez d'abord
   le plus ancien. Si le plus grand est le plus ancien, le journal a été tronqué.
consistency.no-proof
 | To compare {first} with {second} events a proof file is needed (and nothing can be shown from an empty
   log). Ask the service for the consistency proof of these two sizes.
 | Pour comparer {first} et {second} événements, il faut un fichier de preuve (et rien ne se montre depuis un
   journal vide). Demandez au service la preuve de cohérence de ces deux tailles.
consistency.sizes
 | The proof is for other sizes than {first} and {second}. Ask for the right one.
 | La preuve vaut pour d'autres tailles que {first} et {second}. Demandez la bonne.
inclusion.ok
 | The entry with the receipt {receipt} is number {index} (counted from 0) of the {size} events of this log.
   It cannot be taken out or changed without breaking this checkpoint.
 | L'inscription dont le reçu est {receipt} porte le numéro {index} (à partir de 0) parmi les {size}
   événements de ce journal. On ne peut ni la retirer ni la changer sans démentir ce point de contrôle.
inclusion.wrong
 | The proof does not hold: this entry is not number {index} of the {size} events that the checkpoint is
   signed over.
 | La preuve ne tient pas : cette inscription n'est pas le numéro {index} des {size} événements que couvre le
   point de contrôle.
inclusion.another
 | The proof (entry {index}) is not about the event or receipt that you gave.
 | La preuve (inscription {index}) ne porte pas sur l'événement ou le reçu que vous avez donné.
inclusion.size
 | The proof speaks of {stated} events and comes with a checkpoint of {size}.
 | La preuve parle de {stated} événements et s'accompagne d'un point de contrôle de {size}.
inclusion.malformed
 | This is no proof file, or not a whole one. Get it again as a file.
 | Ceci n'est pas un fichier de preuve, ou pas un entier. Obtenez-le à nouveau comme fichier.
inclusion.nothing
 | This proof file does not say what it proves. Give the event (--body, with --salt) or the receipt
   (--receipt).
 | Ce fichier de preuve ne dit pas ce qu'il prouve. Donnez l'événement (--body, avec --salt) ou le reçu
   (--receipt).
file.missing
 | {file} is not there or cannot be read. Look at the name and the folder. If the service does not hand it
   out, ask for it in writing and note the answer: without it nothing can be checked.
 | {file} est absent ou illisible. Regardez le nom et le dossier. Si le service ne le remet pas, demandez-le
   par écrit et notez la réponse : sans lui, rien ne peut être vérifié.
file.form
 | {file} is not written as it must be. Get it again; do not open and save it with other programs.
 | {file} n'est pas écrit comme il doit l'être. Obtenez-le à nouveau ; ne l'ouvrez ni ne l'enregistrez avec
   d'autres programmes.
file.system | This computer could not read or write: {why} | Cet ordinateur n'a pas pu lire ou écrire : {why}
entries.ok
 | {size} entries were read. An entry is an event's number and the fingerprint of its text, and stays when the
   text is erased.
 | {size} inscriptions ont été lues. Une inscription est le numéro d'un événement et l'empreinte de son texte
   ; elle demeure quand le texte est effacé.
entries.length
 | {file} has the wrong length: entries or fingerprints were cut off or added.
 | {file} n'a pas la bonne longueur : des inscriptions ou des empreintes ont été coupées ou ajoutées.
entries.form
 | Entry {index} in {file} is not an entry of this kind of log.
 | L'inscription {index} dans {file} n'est pas une inscription de ce genre de journal.
tiles.ok
 | {count} tables of fingerprints (tiles) were computed anew from the entries; all agree.
 | {count} tables d'empreintes (tuiles) ont été recalculées depuis les inscriptions ; toutes concordent.
tiles.wrong
 | These tables of fingerprints (tiles) do not follow from the entries below them: {which}. The tables or the
   entries were changed.
 | Ces tables d'empreintes (tuiles) ne découlent pas des inscriptions en dessous : {which}. Les tables ou les
   inscriptions ont été modifiées.
root.ok
 | Computed anew from all {size} entries, it is the one in the signed checkpoint. No entry was changed,
   removed, added or moved since it was signed.
 | Recalculée depuis les {size} inscriptions, elle est celle du point de contrôle signé. Aucune inscription
   n'a été modifiée, retirée, ajoutée ou déplacée depuis la signature.
root.wrong
 | Computed anew from the {size} entries, it is not the one in the signed checkpoint: the entries you were
   given are not those that were signed.
 | Recalculée depuis les {size} inscriptions, elle n'est pas celle du point de contrôle signé : les
   inscriptions remises ne sont pas celles qui ont été signées.
receipts.ok
 | All {count} receipts are entries of the log. A receipt is given out when an event is written.
 | Les {count} reçus sont tous des inscriptions du journal. Un reçu est émis quand un événement est écrit.
receipts.removed
 | {count} events were acknowledged and then removed: no entry belongs to the receipts {which}. (Receipts of
   the last minutes before the checkpoint may still come: fetch again and repeat.)
 | {count} événements ont été confirmés puis retirés : aucune inscription ne correspond aux reçus {which}.
   (Les reçus des dernières minutes avant le point de contrôle peuvent encore arriver : récupérez à nouveau et
   recommencez.)
receipts.none
 | There is no receipt in the file. One is 64 signs, 0 to 9 and a to f, alone on a line or as "audit_receipt"
   in a line of a journal.
 | Il n'y a pas de reçu dans le fichier. Un reçu compte 64 signes, 0 à 9 et a à f, seul sur une ligne ou comme
   « "audit_receipt" » dans une ligne de journal système.
receipts.form
 | “{receipt}” is no receipt: that is 64 signs, 0 to 9 and a to f.
 | « {receipt} » n'est pas un reçu : c'est 64 signes, 0 à 9 et a à f.
body.ok
 | {count} of {size} texts could be read. Each is, sign by sign, the one whose fingerprint was entered.
 | {count} textes sur {size} ont pu être lus. Chacun est, signe pour signe, celui dont l'empreinte a été
   inscrite.
body.read
 | The text given ({kind}, event {id}) was held against its entry with the random number kept beside it
   (salt).
 | Le texte donné ({kind}, événement {id}) a été confronté à son inscription avec le nombre aléatoire conservé
   à côté (sel).
body.altered
 | The text of these events was altered, or put in the place of another: {which}. It is not the text whose
   fingerprint was entered.
 | Le texte de ces événements a été altéré, ou mis à la place d'un autre : {which}. Ce n'est pas le texte dont
   l'empreinte a été inscrite.
body.strange
 | The text of these events was entered as it is, but not in the way events are written: {which}. Something
   other than the service wrote it, or the service is faulty.
 | Le texte de ces événements a été inscrit tel quel, mais pas de la façon dont les événements s'écrivent :
   {which}. Autre chose que le service l'a écrit, ou le service est défaillant.
body.form
 | {file} is not the text of an event. Give the answer of the service as it came, or the text alone together
   with its salt (--salt).
 | {file} n'est pas le texte d'un événement. Donnez la réponse du service telle quelle, ou le texte seul avec
   son sel (--salt).
body.not-given
 | You gave no event, so only the fingerprint that the proof itself names is looked for.
 | Vous n'avez pas donné d'événement : seule l'empreinte que nomme la preuve est recherchée.
body.not-shown
 | The text was erased or is not shown to you; its entry is looked for.
 | Le texte a été effacé ou ne vous est pas montré ; son inscription est recherchée.
bundle.ok
 | Each of the {count} events in this folder is, sign by sign, one of the {size} that the checkpoint is signed
   over, at the place it bears.
 | Chacun des {count} événements de ce dossier est, signe pour signe, l'un des {size} que couvre le point de
   contrôle, à la place qu'il porte.
bundle.event | Event {index}: {why} | Événement {index} : {why}
bundle.altered
 | Its text, its salt and its proof do not lead to the signed checkpoint: one of them was altered, or belongs
   to another event.
 | Son texte, son sel et sa preuve ne mènent pas au point de contrôle signé : l'un d'eux a été altéré, ou
   appartient à un autre événement.
bundle.form
 | Its text or its salt is not written as it must be: the file is damaged, or was altered. Get it again from
   whoever handed it over.
 | Son texte ou son sel n'est pas écrit comme il doit l'être : le fichier est abîmé, ou a été altéré.
   Obtenez-le à nouveau de qui l'a remis.
bundle.two-stories
 | TWO STORIES. Its proof leads to a checkpoint of the same number of events with another root. Both are
   signed: the log's key signed two different histories. No accident does this.
 | DEUX HISTOIRES. Sa preuve mène à un point de contrôle du même nombre d'événements, mais d'une autre racine.
   Les deux sont signés : la clé du journal a signé deux histoires différentes. Aucun accident ne produit
   cela.
bundle.elsewhere
 | Its proof leads to another checkpoint ({origin}, {size} events) than the one of this folder. Ask for the
   proof that belongs to this one.
 | Sa preuve mène à un autre point de contrôle ({origin}, {size} événements) que celui de ce dossier. Demandez
   la preuve qui va avec celui-ci.
bundle.empty
 | There is no event in {dir}. Each has its text and its salt in the folder “events” and its proof in the
   folder “proofs”.
 | Il n'y a aucun événement dans {dir}. Chacun a son texte et son sel dans le dossier « events » et sa preuve
   dans le dossier « proofs ».
bundle.part
 | This folder holds some of the {size} events of the log. What is not in it, such as looks at the case, it
   cannot show to be absent from the log: for that the whole log is fetched and checked (“fetch”, “log”).
 | Ce dossier contient quelques-uns des {size} événements du journal. Ce qui n'y est pas, par exemple des
   consultations de l'affaire, rien n'y montre que le journal ne le contient pas : pour cela, on récupère et
   vérifie le journal entier (« fetch », « log »).
bundle.others
 | These files were not looked at: {which}. Nothing is said about them.
 | Ces fichiers n'ont pas été examinés : {which}. Rien n'est dit à leur sujet.
missing.none
 | No text is missing without a notice in the log that says it was erased.
 | Aucun texte ne manque sans un avis au journal disant qu'il a été effacé.
missing.erased
 | {count} texts were erased, and notices in the log say so (kept their time, then deleted by rule): {which}.
 | {count} textes ont été effacés, et des avis au journal le disent (conservés leur temps, puis supprimés
   selon la règle) : {which}.
missing.not-shown
 | {count} texts are not shown to you: you may not see those cases, or no texts were fetched. Their entries
   were checked, what they say was not.
 | {count} textes ne vous sont pas montrés : vous ne pouvez voir ces affaires, ou aucun texte n'a été
   récupéré. Leurs inscriptions ont été vérifiées, leur contenu ne l'a pas été.
missing.taken
 | {count} texts are missing and no notice says that they were erased: {which}. Somebody took them away,
   perhaps to hide who did or read something.
 | {count} textes manquent et aucun avis ne dit qu'ils ont été effacés : {which}. Quelqu'un les a retirés,
   peut-être pour cacher qui a fait ou lu quelque chose.
numbers.ok
 | The changes of each of {cases} cases are numbered without gap: none was taken away.
 | Les changements de chacune des {cases} affaires sont numérotés sans lacune : aucun n'a été retiré.
numbers.gap
 | A change was taken away: case {case} has no change number {which}, though later ones are there.
 | Un changement a été retiré : l'affaire {case} n'a pas de changement numéro {which}, alors que de plus
   récents y sont.
numbers.twice
 | Two changes of one case bear the same number (events {which}): one of them was put in later.
 | Deux changements d'une même affaire portent le même numéro (événements {which}) : l'un a été ajouté après
   coup.
numbers.erased
 | Case {case} has no change number {which}; texts were erased by rule that may be these.
 | L'affaire {case} n'a pas de changement numéro {which} ; des textes effacés selon la règle peuvent être
   ceux-là.
numbers.not-here
 | Case {case} has no change number {which} in this folder, though later ones are there. Ask for it; if you are
   told that there is none, have the whole log checked (“fetch”, “log”).
 | L'affaire {case} n'a pas de changement numéro {which} dans ce dossier, alors que de plus récents y sont.
   Demandez-le ; si l'on vous dit qu'il n'existe pas, faites vérifier le journal entier (« fetch », « log »).
numbers.on-their-way
 | Case {case}: change number {which} may still be on its way into the log, the next one is less than a minute
   old. The next check will tell.
 | Affaire {case} : le changement numéro {which} est peut-être encore en route vers le journal, le suivant a
   moins d'une minute. La prochaine vérification le dira.
seen.ok
 | No event says that it knew a longer log than the one before it.
 | Aucun événement ne dit avoir connu un journal plus long que celui qui le précède.
seen.wrong
 | These events say that they knew a longer log than the one before them: {which}. They were moved forward in
   the log, or the log was shortened and written anew.
 | Ces événements disent avoir connu un journal plus long que celui qui les précède : {which}. Ils ont été
   avancés dans le journal, ou le journal a été raccourci puis réécrit.
time.ok
 | The time of each event fits the {beats} heartbeats (signs of life the service enters by itself). What
   reporters do bears only a day, for their protection, and is left out.
 | L'heure de chaque événement s'accorde avec les {beats} battements (signes de vie que le service inscrit de
   lui-même). Ce que font les déclarants ne porte qu'un jour, pour leur protection, et est laissé de côté.
time.no-heartbeat
 | There is no heartbeat (sign of life of the service) to hold the times against.
 | Il n'y a aucun battement (signe de vie du service) auquel confronter les heures.
time.silence
 | There was no sign of life in these periods, in universal time: {which}. What is entered after such a pause
   may have happened at any time in it. Ask in writing why the service stood still.
 | Aucun signe de vie pendant ces périodes, en temps universel : {which}. Ce qui est inscrit après une telle
   pause peut s'y être passé à tout moment. Demandez par écrit pourquoi le service s'est arrêté.
time.late
 | Backdated or held back: these events claim a time more than a minute before a heartbeat that is already
   ahead of them in the log: {which}. An interruption of the service can do this too; ask for its record in
   writing.
 | Antidatés ou retenus : ces événements prétendent à une heure de plus d'une minute antérieure à un battement
   déjà inscrit avant eux : {which}. Une interruption du service peut aussi en être la cause ; demandez-en la
   trace par écrit.
time.early
 | Postdated, or a clock was wrong: these events claim a time more than a minute after the next heartbeat in
   the log: {which}. Ask in writing whether a clock was changed.
 | Postdatés, ou horloge fausse : ces événements prétendent à une heure de plus d'une minute postérieure au
   battement suivant du journal : {which}. Demandez par écrit si une horloge a été changée.
fetch.ok
 | {dir} now holds the log of {size} events. Nothing is checked yet: run the command “log” on it.
 | {dir} contient maintenant le journal de {size} événements. Rien n'est encore vérifié : lancez la commande «
   log » sur ce dossier.
fetch.case
 | {dir} now holds the {count} events of the case {case}, each with its proof. Nothing is checked yet: run the
   command “bundle” on it.
 | {dir} contient maintenant les {count} événements de l'affaire {case}, chacun avec sa preuve. Rien n'est
   encore vérifié : lancez la commande « bundle » sur ce dossier.
fetch.newer
 | {count} events of the case are newer than the published checkpoint of {size} events and were left out: fetch
   the case into another folder in half an hour.
 | {count} événements de l'affaire sont plus récents que le point de contrôle publié, de {size} événements, et
   ont été laissés : récupérez l'affaire dans un autre dossier dans une demi-heure.
fetch.partial
 | Some events of the case are not shown to you and are not in the folder: they speak of other cases, which you
   may not see.
 | Certains événements de l'affaire ne vous sont pas montrés et ne sont pas dans le dossier : ils parlent
   d'autres affaires, que vous ne pouvez voir.
fetch.taken
 | {dir} already holds a log or the events of a case. Name another folder.
 | {dir} contient déjà un journal ou les événements d'une affaire. Nommez un autre dossier.
fetch.password | Password: | Mot de passe :
fetch.url
 | “{url}” is no address of a service; write it like https://integrity.example.gov
 | « {url} » n'est pas l'adresse d'un service ; écrivez-la comme https://integrity.example.gov
fetch.insecure
 | “{url}” would send your password readable across the network. Use https.
 | « {url} » enverrait votre mot de passe lisible à travers le réseau. Utilisez https.
fetch.unreachable
 | {url} cannot be reached, or broke off: {why}. What was fetched is kept; run it again.
 | {url} est injoignable, ou a coupé : {why}. Ce qui a été récupéré est gardé ; relancez.
fetch.status
 | The service refused {path} (HTTP {status}). 401: name, password or code are wrong, or the session ended,
   then run it again and it goes on. 403: your account may not see this. 404: there is no such case, or not for
   you. 3xx: give the address it really has. What was fetched is kept.
 | Le service a refusé {path} (HTTP {status}). 401 : nom, mot de passe ou code erronés, ou session terminée ;
   relancez et la suite viendra. 403 : votre compte ne peut voir cela. 404 : l'affaire n'existe pas, ou pas
   pour vous. 3xx : donnez l'adresse véritable. Ce qui a été récupéré est gardé.
fetch.form
 | The service's answer to {path} is not what it must be. Run it again; if it stays so, ask for an explanation
   in writing.
 | La réponse du service à {path} n'est pas ce qu'elle doit être. Relancez ; si cela persiste, demandez une
   explication par écrit.
fetch.no-events
 | Your account may not read events: only the entries were fetched, which can be checked in full.
 | Votre compte ne peut lire les événements : seules les inscriptions ont été récupérées ; elles se vérifient
   entièrement.
fetch.other-log
 | The service now shows another log, {origin}, as after a restored backup. Fetch it into another folder, keep
   this one, and ask in writing who approved the restoration.
 | Le service montre maintenant un autre journal, {origin}, comme après une restauration. Récupérez-le dans un
   autre dossier, gardez celui-ci, et demandez par écrit qui l'a approuvée.
fetch.shorter
 | The service shows a log of {size} events, but {file} says that it held {held}: it was cut. What it offered
   is kept in the folder “checkpoints”.
 | Le service montre un journal de {size} événements, mais {file} dit qu'il en comptait {held} : il a été
   tronqué. Ce qu'il a présenté est gardé dans le dossier « checkpoints ».
fetch.two-stories
 | TWO STORIES. The service shows a log of {size} events, as {file} does, but with another root. What it
   offered is kept in the folder “checkpoints”; “log” checks the signatures of both.
 | DEUX HISTOIRES. Le service montre un journal de {size} événements, comme {file}, mais d'une autre racine.
   Ce qu'il a présenté est gardé dans le dossier « checkpoints » ; « log » vérifie les deux signatures.
usage.wrong | This was not understood: {why} {usage} | Ceci n'a pas été compris : {why} {usage}
help.all
 | Check the audit trail of a Tribune service on your own computer.
 | Vérifier le journal d'audit d'un service Tribune sur votre propre ordinateur.
help.lang | language of the answers | langue des réponses
help.json | answer in JSON, for other programs | répondre en JSON, pour d'autres programmes
help.vkey
 | the log's key line, or a file with it; again for each further key
 | la ligne de clé du journal, ou un fichier qui la contient ; à répéter pour chaque clé
help.checkpoint
 | is this statement signed, and does it fit those you hold?
 | cette déclaration est-elle signée, et s'accorde-t-elle avec celles que vous détenez ?
help.checkpoint-file | the checkpoint | le point de contrôle
help.held
 | a checkpoint that you kept; again for each further one
 | un point de contrôle que vous avez gardé ; à répéter pour chacun
help.inclusion | is this event in the log? | cet événement est-il au journal ?
help.proof | the proof, as the service gave it | la preuve, telle que le service l'a donnée
help.body
 | the event, as the service gave it, or its text alone
 | l'événement, tel que le service l'a donné, ou son texte seul
help.salt | the salt, if --body is the text alone | le sel, si --body est le texte seul
help.receipt | instead of the event, its receipt: 64 signs | au lieu de l'événement, son reçu : 64 signes
help.consistency
 | does the later log begin with the whole earlier one?
 | le journal récent commence-t-il par tout l'ancien ?
help.older | the older checkpoint | l'ancien point de contrôle
help.newer | the newer checkpoint | le nouveau point de contrôle
help.log | compute everything anew and check it | tout recalculer et vérifier
help.dir | the folder with the log | le dossier du journal
help.bundle
 | are these events, handed over by themselves, in the log?
 | ces événements, remis séparément, sont-ils au journal ?
help.bundle-dir
 | the folder with the events, their salts and proofs
 | le dossier des événements, de leurs sels et de leurs preuves
help.case
 | instead of the log, only the events of this case, each with its proof
 | au lieu du journal, les seuls événements de cette affaire, chacun avec sa preuve
help.receipts
 | receipts that you or others collected, one a line, or a system journal with them
 | des reçus recueillis par vous ou d'autres, un par ligne, ou un journal système qui en contient
help.fetch
 | bring a folder up to what the service shows today
 | mettre un dossier à jour de ce que le service montre aujourd'hui
help.url | the address of the service, https://… | l'adresse du service, https://…
help.user | your name at the service | votre nom d'utilisateur
help.code | the code of your second factor | le code de votre second facteur
""")
"""Every sentence this program can say, by what it is about; `title`, `mark`, `result`, `help` apart."""

if __name__ == "__main__":
    sys.exit(main())
