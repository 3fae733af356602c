"""Looking for words in whatever lies around, in every form in which they could have been written down."""

from __future__ import annotations

import base64
import gzip
import io
import json
import secrets
import string
import zipfile
import zlib
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STEM_LETTERS = 14
UNPACKED_BYTES = 1 << 22
ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class Marks:
    """Words that occur nowhere else: one stem for a test, and a number for each place."""

    def __init__(self) -> None:
        self.stem = "".join(secrets.choice(string.ascii_letters) for _ in range(STEM_LETTERS))
        self.places: list[str] = []

    def __call__(self, place: str) -> str:
        """A new one, for a place."""
        self.places.append(place)
        return f"{self.stem}{len(self.places):04d}"


def forms(word: str) -> dict[str, bytes]:
    """The ways in which a word could have been written down; compression is undone by `found`."""
    raw = word.encode()
    percent = "".join(f"%{byte:02x}" for byte in raw)
    ways = {
        "UTF-8": raw,
        "lower case": word.lower().encode(),
        "upper case": word.upper().encode(),
        "UTF-16LE": word.encode("utf-16-le"),
        "UTF-16BE": word.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "upper hex": raw.hex().upper().encode(),
        "URL": percent.encode(),
        "upper URL": percent.upper().encode().replace(b"%25", b"%"),
        "JSON": "".join(f"\\u{ord(sign):04x}" for sign in word).encode(),
    }
    for skipped in range(3):
        coded = base64.b64encode(bytes(skipped) + raw)
        # Only the signs that no neighbour of the word takes part in.
        sure = coded[-(-skipped * 8 // 6) : (skipped + len(raw)) * 8 // 6]
        ways[f"base64, {skipped}"] = sure
        ways[f"base64url, {skipped}"] = sure.replace(b"+", b"-").replace(b"/", b"_")
    return ways


def found(words: Mapping[str, Mapping[str, bytes]], data: bytes) -> list[str]:
    """Which words some bytes hold, and in which form.

    Args:
        words: by their names, as `forms` gives them.
    """
    # Many ways are the same for most words: what a search finds is called by the last of its names.
    needles = {
        needle: f"{name} as {form}" for name, ways in words.items() for form, needle in ways.items()
    }
    hits = _in(needles, data)
    for kind, inner in unpacked(data):
        hits += [f"{hit}, inside {kind}" for hit in _in(needles, inner)]
    return hits


def _in(needles: Mapping[bytes, str], data: bytes) -> list[str]:
    return [what for needle, what in needles.items() if needle in data]


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What compressed streams in some bytes hold, wherever they begin."""
    for header in ZLIB_HEADERS:
        yield from (("zlib", inner) for inner in _inflated(data, header, zlib.MAX_WBITS))
    yield from (("gzip", inner) for inner in _inflated(data, b"\x1f\x8b\x08", zlib.MAX_WBITS | 16))
    at = data.find(b"PK\x03\x04")
    while at >= 0:
        skip = sum(int.from_bytes(data[at + n : at + n + 2], "little") for n in (26, 28))
        yield from (("zip", inner) for inner in _inflated(data[at + 30 + skip :], b"", -15))
        at = data.find(b"PK\x03\x04", at + 4)


def _inflated(data: bytes, header: bytes, bits: int) -> Iterator[bytes]:
    at = data.find(header)
    while at >= 0:
        reader = zlib.decompressobj(bits)
        try:
            inner = reader.decompress(data[at : at + UNPACKED_BYTES], UNPACKED_BYTES)
        except zlib.error:
            inner = b""
        if inner:
            yield inner
        at = data.find(header, at + 1) if header else -1


def planted(word: str) -> dict[str, bytes]:
    """A word as others would write it down; for trying the search itself."""
    text = f"Before {word} and after."
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", text * 9)
    return {
        "text": text.encode(),
        "UTF-16 with a mark": text.encode("utf-16"),
        "UTF-16BE": text.encode("utf-16-be"),
        **{f"base64 {n}": base64.b64encode(f"{'x' * n}{text}".encode()) for n in range(3)},
        "base64url": base64.urlsafe_b64encode(text.encode()),
        "hex": text.encode().hex().encode(),
        "HEX": text.encode().hex().upper().encode(),
        "URL": "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
        "JSON": json.dumps({"a": text}).encode(),
        "escaped JSON": "".join(f"\\u{ord(sign):04x}" for sign in text).encode(),
        "gzip": b"\0\0\0" + gzip.compress(text.encode()) + b"\0\0",
        "deflate": b"\0" + zlib.compress(text.encode(), 9) + b"\0",
        "fast deflate": zlib.compress(text.encode(), 1),
        "zip": packed.getvalue(),
        "a folded name": text.lower().encode(),
    }


# Where to look


def files(folder: Path, *apart: str) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, with its name, which is looked through too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in apart:
            name = str(path.relative_to(folder))
            yield name, name.encode() + b"\n" + path.read_bytes()


def tables(url: str) -> Iterator[tuple[str, bytes]]:
    """Every table of a PostgreSQL database as a dump in its binary form has it."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    listed = (
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema')"
    )
    with psycopg.connect(address) as db:
        for (name,) in db.execute(listed).fetchall():
            with db.cursor().copy(f"copy {name} to stdout (format binary)") as rows:
                yield name, b"".join(bytes(row) for row in rows)
