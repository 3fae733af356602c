r"""Signed notes and the checkpoints that are written as such: c2sp.org/signed-note, tlog-checkpoint.

    integrity.example.gov/audit/1                    text of a checkpoint: origin,
    1337                                             size of the tree,
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     its root
                                                     an empty line
    — integrity.example.gov/audit/1 Az3grlgtzPIC…    one line for each signature

A signature line holds the signer's name and base64 of `key id[4] ‖ signature`. Keys are written

    <name>+<key id, 8 hex digits>+<base64(kind ‖ public key[32])>                    to verify with
    PRIVATE+KEY+<name>+<key id, 8 hex digits>+<base64(0x01 ‖ seed[32])>              to sign with
    key id = SHA-256(name ‖ "\n" ‖ kind ‖ public key)[:4]

as Go's `golang.org/x/mod/sumdb/note` writes them. Kind 0x01 is Ed25519 over the text. Kind 0x04 is a
witness's cosignature (c2sp.org/tlog-cosignature): `time u64be ‖ signature` over
"cosignature/v1\ntime <time>\n" ‖ text.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cases.audit.spelling import LARGEST, decimal, from_base64, to_base64
from cases.audit.tree import HASH_BYTES
from cases.errors import TribuneError
from cases.sealing import signatures

if TYPE_CHECKING:
    from collections.abc import Iterable

ED25519 = 0x01
COSIGNATURE = 0x04
NOTE_BYTES = 1_000_000
"""The longest note that is read."""
SIGNATURES = 100
"""The most signature lines that are read: nobody is made to verify without end."""

_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_DASH = "— "
_SPLIT = "\n\n"
_SECRET = "PRIVATE+KEY+"  # noqa: S105 - the words that a secret key begins with
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<material>.+)")
_LINES = 3


class NoteInvalid(TribuneError, ValueError):
    """Not a note, a checkpoint or a key of one, or not one that is spelled as it must be."""


class SignatureInvalid(NoteInvalid):
    """A line bears the name and id of a key we know, and was not made with it: a forgery."""


class Unverified(NoteInvalid):
    """No key that we know has signed it."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a signature is checked with: a name, a public key of 32 bytes, and how it is used."""

    name: str
    public_key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which a signature line names this key, beside its name."""
        material = bytes((self.kind,)) + self.public_key
        return hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:_KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What a note is signed with: a name and the 32-byte seed of an Ed25519 key."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """What its signatures are checked with."""
        return Verifier(self.name, signatures.public_key(self.seed))


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line.

    Attributes:
        name: of the key.
        key_id: its 4 bytes.
        raw: what follows the id; for a cosignature the time and the signature.
        time: of a cosignature that was verified, in seconds since 1970.
    """

    name: str
    key_id: bytes
    raw: bytes
    time: int | None = None

    @property
    def line(self) -> str:
        """The line as it stands in the note, with its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.raw)}\n"


@dataclass(frozen=True, slots=True)
class Opened:
    """A note that at least one known key has signed.

    Attributes:
        text: what was signed, with its last newline.
        verified: signatures of known keys, one for each key.
        unknown: signatures of others, unchecked; they say nothing.
    """

    text: str
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log says of its tree: whose it is, how many leaves it has, and its 32-byte root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text to be signed: three lines and no extension."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint. Extension lines may follow, as other logs write them; they go.

    Raises:
        NoteInvalid: it is none, or its root has not 32 bytes.
    """
    lines = text.split("\n")
    if len(lines) <= _LINES or lines.pop() or "" in lines:
        raise NoteInvalid("a checkpoint has three lines or more, none of them empty")
    try:
        size, root = decimal(lines[1]), from_base64(lines[2])
    except ValueError as error:
        raise NoteInvalid("a checkpoint is its origin, a size and a root") from error
    if len(root) != HASH_BYTES:
        raise NoteInvalid("the root of a tree has 32 bytes")
    return Checkpoint(lines[0], size, root)


def parse_vkey(text: str) -> Verifier:
    """Read a verifier key.

    Raises:
        NoteInvalid: it is none, or of a kind that is not known here.
    """
    name, key_id, kind, public_key = _key_parts(text)
    if kind not in (ED25519, COSIGNATURE):
        raise NoteInvalid("a kind of key that is not known here")
    found = Verifier(name, public_key, kind)
    if found.key_id != key_id:
        raise NoteInvalid("the key is not the one that its id names")
    return found


def vkey(key: Verifier) -> str:
    """Write a verifier key; this is what an auditor is given on paper."""
    material = bytes((key.kind,)) + key.public_key
    return f"{key.name}+{key.key_id.hex()}+{to_base64(material)}"


def parse_signer(text: str) -> SigningKey:
    """Read a signing key.

    Raises:
        NoteInvalid: it is none, or of a kind that is not known here.
    """
    if not text.startswith(_SECRET):
        raise NoteInvalid("a signing key says that it is private")
    name, key_id, kind, seed = _key_parts(text.removeprefix(_SECRET))
    if kind != ED25519:
        raise NoteInvalid("a kind of key that is not known here")
    found = SigningKey(name, seed)
    if found.verifier.key_id != key_id:
        raise NoteInvalid("the key is not the one that its id names")
    return found


def skey(key: SigningKey) -> str:
    """Write a signing key, for a file that nobody else reads."""
    material = bytes((ED25519,)) + key.seed
    return f"{_SECRET}{key.name}+{key.verifier.key_id.hex()}+{to_base64(material)}"


def new_signer(name: str) -> SigningKey:
    """Make a signing key.

    Raises:
        NoteInvalid: the name is empty, or has a space, a plus or a control character in it.
    """
    if not _is_name(name):
        raise NoteInvalid("the name of a key has neither spaces nor a plus")
    return SigningKey(name, signatures.new_seed())


def sign(text: str, *keys: SigningKey) -> bytes:
    """Sign a text; the same keys give the same bytes again.

    Raises:
        NoteInvalid: the text does not end in a newline, cannot be written in a note, or nobody signs.
    """
    if not keys or not text.endswith("\n") or _CONTROL.search(text):
        raise NoteInvalid("a note is lines of text, and signed")
    lines = (
        Signature(key.name, key.verifier.key_id, signatures.sign(key.seed, text.encode())).line
        for key in keys
    )
    return (text + "\n" + "".join(lines)).encode()


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> Opened:
    """Check a note against the keys that are known. Duplicates count once, the first of them.

    Raises:
        NoteInvalid: it is malformed, too long, or has too many signatures.
        SignatureInvalid: one that claims to be of a known key is not.
        Unverified: none is of a known key.
    """
    text, lines = _split(note)
    known = _by_line(verifiers)
    verified: dict[Verifier, Signature] = {}
    unknown: dict[str, Signature] = {}
    for line in lines:
        signature = _signature(line)
        keys = known.get((signature.name, signature.key_id), ())
        if not keys:
            unknown.setdefault(line, signature)
            continue
        if len(keys) > 1:
            raise NoteInvalid("two known keys share a name and an id")
        if keys[0] not in verified:
            verified[keys[0]] = _checked(keys[0], signature, text)
    if not verified:
        raise Unverified("nobody we know has signed it")
    return Opened(text, tuple(verified.values()), tuple(unknown.values()))


def _split(note: bytes) -> tuple[str, list[str]]:
    """The text, and the lines of the signatures without their newlines."""
    if len(note) > NOTE_BYTES:
        raise NoteInvalid("the note is too long")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise NoteInvalid("a note is UTF-8") from error
    text, split, signed = whole.rpartition(_SPLIT)
    lines = signed.split("\n")
    if _CONTROL.search(whole) or not split or lines.pop() or not lines:
        raise NoteInvalid("a note is lines of text, an empty one, and signatures")
    if len(lines) > SIGNATURES:
        raise NoteInvalid("the note has too many signatures")
    return text + "\n", lines


def _signature(line: str) -> Signature:
    name, space, packed = line.removeprefix(_DASH).partition(" ")
    try:
        data = from_base64(packed)
    except ValueError as error:
        raise NoteInvalid("a signature is base64") from error
    if not line.startswith(_DASH) or not space or not _is_name(name) or len(data) <= _KEY_ID_BYTES:
        raise NoteInvalid("a signature line is a dash, a name, and an id with a signature")
    return Signature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _checked(key: Verifier, found: Signature, text: str) -> Signature:
    """The signature, now known to be made with this key."""
    message, raw, time = text, found.raw, None
    if key.kind == COSIGNATURE:
        time, raw = int.from_bytes(raw[:_TIME_BYTES], "big"), raw[_TIME_BYTES:]
        message = f"cosignature/v1\ntime {time}\n{text}"
    if (time or 0) > LARGEST or not signatures.verifies(key.public_key, message.encode(), raw):
        raise SignatureInvalid(f"not signed by {key.name}")
    return Signature(found.name, found.key_id, found.raw, time)


def _by_line(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], list[Verifier]]:
    """Keys by what a signature line says of them; ids are so short that two may share one."""
    known: dict[tuple[str, bytes], list[Verifier]] = {}
    for key in dict.fromkeys(verifiers):
        known.setdefault((key.name, key.key_id), []).append(key)
    return known


def _key_parts(text: str) -> tuple[str, bytes, int, bytes]:
    """Name, id, kind and 32 bytes of a key's text."""
    parts = _KEY.fullmatch(text)
    if not parts or not _is_name(parts["name"]):
        raise NoteInvalid("a key is a name, an id and itself")
    try:
        kind, *material = from_base64(parts["material"])
    except ValueError as error:
        raise NoteInvalid("a key is base64") from error
    if len(material) != signatures.PUBLIC_KEY_BYTES:
        raise NoteInvalid("an Ed25519 key has 32 bytes")
    return parts["name"], bytes.fromhex(parts["id"]), kind, bytes(material)


def _is_name(name: str) -> bool:
    return bool(name) and not any(sign == "+" or sign.isspace() or sign < " " for sign in name)
