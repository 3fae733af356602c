"""A log as a service would hand it out, made without the service's code, to be broken at will."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib.util
import io
import json
import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from types import ModuleType

VERIFIER = Path(__file__).resolve().parents[2] / "cases" / "audit" / "tribune_verify.py"
ORIGIN = "integrity.example.gov/audit/1"
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=20)
EMPTY = hashlib.sha256(b"").digest()


def _by_path() -> ModuleType:
    """The verifier, taken for the single file it is."""
    spec = importlib.util.spec_from_file_location("tribune_verify", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


verifier = _by_path()


def run(*arguments: object) -> tuple[int, str]:
    """The exit code and what is printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = verifier.main([str(argument) for argument in arguments])
    return code, out.getvalue()


def found(*arguments: object) -> tuple[int, dict[str, str]]:
    """The exit code, and of each check that was made how it came out; by the names of its sentences."""
    code, out = run("--json", *arguments)
    told = json.loads(out)
    assert told["exit"] == code
    return code, {line["key"]: line["outcome"] for line in told["checks"]}


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# --- Keys and notes --------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogKey:
    """An Ed25519 key with a name."""

    seed: bytes = bytes(range(32))
    name: str = ORIGIN

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def _typed(self) -> bytes:
        return b"\x01" + self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(f"{self.name}\n".encode() + self._typed).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64_of(self._typed)}"

    def line(self, text: str) -> str:
        """This key's signature line under a text."""
        return f"— {self.name} {base64_of(self.key_id + self.private.sign(text.encode()))}\n"


def signed(text: str, *keys: LogKey) -> bytes:
    return (text + "\n" + "".join(key.line(text) for key in keys)).encode()


def checkpoint(size: int, root: bytes, key: LogKey, origin: str = ORIGIN) -> bytes:
    return signed(f"{origin}\n{size}\n{base64_of(root)}\n", key)


# --- The tree, as RFC 6962 section 2.1 writes it ----------------------------------------------------


def hash_of(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def _split(count: int) -> int:
    """The largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1


def root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else EMPTY
    k = _split(len(hashes))
    return hashlib.sha256(b"\1" + root(hashes[:k]) + root(hashes[k:])).digest()


def inclusion(hashes: Sequence[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    k = _split(len(hashes))
    if index < k:
        return [*inclusion(hashes[:k], index), root(hashes[k:])]
    return [*inclusion(hashes[k:], index - k), root(hashes[:k])]


def consistency(hashes: Sequence[bytes], first: int, *, whole: bool = True) -> list[bytes]:
    if first == len(hashes):
        return [] if whole else [root(hashes)]
    k = _split(len(hashes))
    if first <= k:
        return [*consistency(hashes[:k], first, whole=whole), root(hashes[k:])]
    return [*consistency(hashes[k:], first - k, whole=False), root(hashes[:k])]


def numbered(number: int) -> str:
    head, last = divmod(number, 1000)
    return f"{numbered_x(head)}{last:03d}"


def numbered_x(number: int) -> str:
    head, last = divmod(number, 1000)
    return f"{numbered_x(head)}x{last:03d}/" if number else ""


# --- Events ----------------------------------------------------------------------------------------


@dataclass
class Told:
    """One event: what it says may be changed until the log is written."""

    body: dict[str, Any]
    salt: bytes

    @property
    def event_id(self) -> UUID:
        return UUID(self.body["id"])

    @property
    def raw(self) -> bytes:
        return json.dumps(
            self.body, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()

    @property
    def leaf(self) -> bytes:
        committed = hashlib.sha256(b"tribune/v1/audit/body\0" + self.salt + self.raw).digest()
        return b"\x01" + self.event_id.bytes + committed

    def line(self, index: int) -> dict[str, Any]:
        return {
            "leaf_index": index,
            "event_id": str(self.event_id),
            "body": base64_of(self.raw),
            "salt": base64_of(self.salt),
        }


def second(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Sample:
    """A log of some events, signed by a key."""

    events: list[Told]
    key: LogKey = field(default_factory=LogKey)

    @property
    def hashes(self) -> list[bytes]:
        return [hash_of(event.leaf) for event in self.events]

    def note(self, size: int | None = None) -> bytes:
        hashes = self.hashes[:size]
        return checkpoint(len(hashes), root(hashes), self.key, self.key.name)

    def append(self, kind: str, *, at: datetime | None = None, **said: Any) -> int:  # noqa: ANN401
        """One more event, by default a moment after the one before; its index."""
        index = len(self.events)
        dice = random.Random(index)
        body = {
            "v": 1,
            "id": str(UUID(int=dice.getrandbits(128), version=4)),
            "kind": kind,
            "at": second(at or START + index * STEP),
            "actor": {"t": "staff", "id": str(UUID(int=7)), "s": "0a1b2c3d"},
            "case": None,
            "unit": None,
            "seq": None,
            "seen": index - index % 4,
            "obj": [],
            "d": {},
        }
        self.events.append(Told(body | said, dice.randbytes(32)))
        return index

    def write(self, folder: Path, *, hidden: Collection[int] = ()) -> Path:
        """Hand everything out into a folder, but for the texts of some events."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "checkpoint").write_bytes(self.note())
        self.write_tiles(folder)
        for start in range(0, len(self.events), 256):
            path = folder / "events" / f"{numbered(start // 256)}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            mine = range(start, min(start + 256, len(self.events)))
            lines = [json.dumps(self.events[i].line(i)) + "\n" for i in mine if i not in hidden]
            path.write_text("".join(lines))
        return folder

    def hand_over(self, folder: Path, indices: Iterable[int]) -> Path:
        """Hand some events over by themselves, each with its proof."""
        (folder / "events").mkdir(parents=True, exist_ok=True)
        (folder / "proofs").mkdir(exist_ok=True)
        (folder / "checkpoint").write_bytes(self.note())
        for index in indices:
            event = self.events[index]
            (folder / "events" / f"{index}.json").write_bytes(event.raw)
            (folder / "events" / f"{index}.salt").write_bytes(event.salt)
            (folder / "proofs" / f"{index}.tlog-proof").write_bytes(self.proof(index))
        return folder

    def proof(self, index: int, size: int | None = None) -> bytes:
        """The proof file of an event in the log of this size."""
        hashes = "".join(f"{base64_of(one)}\n" for one in inclusion(self.hashes[:size], index))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n".encode() + self.note(size)

    def write_tiles(self, folder: Path) -> None:
        for path, raw in self.tiles().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(raw)

    def tiles(self) -> dict[str, bytes]:
        """Every tile by its path."""
        made: dict[str, bytes] = {}
        bundles = [b"\x00\x31" + event.leaf for event in self.events]
        level, row, below = 0, self.hashes, self.hashes
        while row:
            for name, parts in ((str(level), row), *((("entries", bundles),) if not level else ())):
                for start in range(0, len(parts), 256):
                    some = parts[start : start + 256]
                    partial = f".p/{len(some)}" if len(some) < 256 else ""
                    made[f"tile/{name}/{numbered(start // 256)}{partial}"] = b"".join(some)
            whole = len(row) // 256
            level, below = level + 1, row
            row = [root(below[i * 256 : (i + 1) * 256]) for i in range(whole)]
        return made


CASES = [str(UUID(int=number, version=4)) for number in (11, 12, 13)]


def a_log(size: int) -> Sample:
    """Heartbeats, changes of three cases, looks at them, and what reporters send."""
    sample = Sample([])
    seq = dict.fromkeys(CASES, 0)
    for index in range(size):
        case = CASES[index % 3]
        if index % 8 == 0:
            sample.append("log.heartbeat", actor={"t": "system", "id": None, "s": None})
        elif index % 11 == 5:
            day = (START + index * STEP).date().isoformat()
            reporter = {"t": "reporter", "id": None, "s": None}
            index = sample.append("case.submitted", actor=reporter, case=case)  # noqa: PLW2901
            sample.events[index].body["at"] = day
        elif index % 2:
            seq[case] += 1
            sample.append("case.status", case=case, seq=seq[case], d={"action": "T05"})
        else:
            sample.append("record.read", case=case, d={"at": seq[case], "parts": ["report"]})
    return sample
