"""Contexts: the bytes that tie a key or an envelope to the one place where it belongs.

    ctx(purpose, parts...) = "tribune/v1/" || purpose || 0x00 || frame(part) || ...
    frame(part) = u32be(length) || part

Strings are UTF-8, integers u64be, ids their 16 raw bytes. Two different lists never give the same
bytes, because a purpose holds no zero byte and every length is written down.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

PREFIX = b"tribune/v1/"
_BLOCK_BYTES = 32


class Label(NamedTuple):
    """What a purpose is made of.

    Attributes:
        parts: names of the parts, in order.
        length: bytes derived under this purpose; None when it names an envelope, a seal or a MAC.
    """

    parts: tuple[str, ...]
    length: int | None = None


# Every purpose in use. A new one is one line here; a purpose is never reused for something else,
# and its parts never change once anything has been sealed under it.
LABELS: dict[str, Label] = {
    # Keys of the deployment, from the root secret
    "root/pepper": Label(("deployment",), 32),
    "root/writer-mac": Label(("deployment",), 32),
    "root/dir-mac": Label(("deployment",), 32),
    "root/audit-body": Label(("deployment",), 32),
    "root/audit-tag": Label(("deployment",), 32),
    "root/session": Label(("deployment",), 32),
    "root/fake-salt": Label(("deployment",), 32),
    "root/facts": Label(("deployment",), 32),
    "root/walls": Label(("deployment",), 32),
    "root/idempotency": Label(("deployment",), 32),
    "root/cursor": Label(("deployment",), 32),
    "root/etag": Label(("deployment",), 32),
    "root/totp": Label(("deployment",), 32),
    "root/interests": Label(("deployment",), 32),
    "root/delivery": Label(("deployment",), 32),
    "root/snapshot": Label(("deployment",), 32),
    "root/attachment": Label(("deployment",), 32),
    "root/vault-tag": Label(("deployment",), 32),
    "root/mailbox": Label(("deployment",), 32),
    "root/outbox": Label(("deployment",), 32),
    "root/recovery": Label(("deployment", "root_version")),
    # Reporters
    "receipt/lookup": Label(("deployment",), 16),
    "receipt/kek": Label(("deployment",), 32),
    "reporter/sk": Label(("deployment", "lookup")),
    "reporter/next-lookup": Label(("deployment", "n"), 16),
    "reporter/next-kek": Label(("deployment", "n"), 32),
    "reporter/handover": Label(("deployment", "lookup")),
    # Staff
    "member/kek": Label(("deployment",), 32),
    "member/auth": Label(("deployment",), 32),
    "member/sk": Label(("deployment", "staff", "epoch", "kind")),
    "enrolment": Label(("deployment", "staff")),
    "totp": Label(("deployment", "staff", "kind")),
    "interest": Label(("deployment", "staff", "interest")),
    # Units
    "unit/sk": Label(("deployment", "unit", "unit_epoch", "staff", "staff_epoch")),
    "unit/recovery": Label(("deployment", "unit", "unit_epoch")),
    "unit/secret": Label(("deployment", "unit", "name", "version")),
    # The vault
    "vault": Label(("deployment", "tag")),
    "vault/tag": Label(("deployment", "holder", "kind")),
    # Cases
    "case/outer": Label(("deployment", "case", "kind", "epoch", "rtype", "rid")),
    "case/wrap": Label(("deployment", "case", "kind", "epoch", "rtype", "rid")),
    "case/prev": Label(("deployment", "case", "epoch")),
    "case/merged": Label(("deployment", "target", "source", "epoch")),
    "case/commit": Label(("deployment", "case", "kind", "epoch"), 32),
    "case/record": Label(("deployment", "case", "record", "kind", "epoch", "field", "version")),
    # Reports
    "report/outer": Label(("deployment", "report", "kind", "epoch", "rtype", "rid")),
    "report/wrap": Label(("deployment", "report", "kind", "epoch", "rtype", "rid")),
    "report/conv": Label(("deployment", "report", "epoch")),
    "report/chain": Label(("deployment", "report", "epoch")),
    "report/commit": Label(("deployment", "report", "kind", "epoch"), 32),
    # What is asked of custodians
    "timed/asked": Label(("deployment", "access", "unit")),
    "timed/answered": Label(("deployment", "access", "staff")),
    "timed/outer": Label(("deployment", "access", "part")),
    # Files
    "blob": Label(("deployment", "case", "attachment", "version")),
    "blob/name": Label(("deployment", "attachment")),
    "attachment/id": Label(("deployment", "owner", "client_id")),
    # Sign-ins
    "session/id": Label(("deployment",), 16),
    "session/sk": Label(("deployment", "id")),
    "session/owner": Label(("deployment", "kind", "who")),
    # The trail
    "audit/body": Label(("deployment", "event")),
    "audit/tag": Label(("deployment", "kind", "id")),
    "delivery": Label(("deployment", "delivery")),
    # E-mail to staff
    "mailbox": Label(("deployment", "staff")),
    "outbox": Label(("deployment", "errand")),
    # Blind tokens and MACs
    "facts": Label(("deployment", "dimension", "code")),
    "facts/row": Label(("deployment", "row", "dimension", "code")),
    "wall": Label(("deployment", "case", "staff")),
    "match": Label(("deployment", "case", "kind", "normalised")),
    "told-apart": Label(("deployment", "case", "staff", "normalised")),
    "subject/key": Label(("deployment", "unit", "epoch"), 32),
    "subject/idx": Label(("deployment", "normaliser", "kind", "plain")),
    "subject/row": Label(("deployment", "record", "place")),
    "subject/entry-key": Label(("deployment", "unit"), 32),
    "subject/entry": Label(("deployment", "unit", "row", "token")),
    "subject/owner": Label(("deployment", "row", "case")),
    "subject/waiting": Label(("deployment", "unit", "epoch", "row")),
    "idempotency/key": Label(("deployment", "caller", "key")),
    "idempotency/body": Label(("deployment", "body")),
    "cursor": Label(("scope",)),  # its key is the deployment's own
    "etag": Label(("deployment", "case", "seq")),
    "dir/row": Label(("deployment", "table", "columns")),
    "dir/head": Label(("deployment", "n", "digest", "event")),
    "snapshot": Label(("deployment", "snapshot")),
}


def ctx(purpose: str, *parts: bytes | str | int) -> bytes:
    """The context of one purpose; the first part is the 16-byte deployment id.

    Args:
        purpose: a key of `LABELS`.
        parts: ids as 16 raw bytes, strings, or integers of 0 to 2^64 - 1.

    Raises:
        ValueError: the purpose is not in `LABELS`.
        OverflowError: an integer does not fit in 64 bits.
    """
    if purpose not in LABELS:
        raise ValueError(f"no such purpose: {purpose!r}; add it to LABELS")
    pieces = [PREFIX, purpose.encode("ascii"), b"\x00"]
    for part in parts:
        if isinstance(part, str):
            raw = part.encode("utf-8")
        elif isinstance(part, int):
            raw = part.to_bytes(8, "big")
        else:
            raw = bytes(part)
        pieces += (len(raw).to_bytes(4, "big"), raw)
    return b"".join(pieces)


def hkdf(key: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-Expand with HMAC-SHA-256 (RFC 5869, section 2.3).

    Every key that goes in is already uniform (random, or the output of an HMAC), so the Extract
    step has nothing to do.

    Args:
        key: at least 32 uniform bytes.
        info: a context from `ctx`.
        length: bytes wanted; must agree with the table where the table states a length.

    Raises:
        ValueError: the key is too short, `info` is no context, or the length is not the table's.
    """
    if len(key) < _BLOCK_BYTES:
        raise ValueError("a key to derive from has at least 32 bytes")
    declared = _label(info).length
    if declared is not None and declared != length:
        raise ValueError(f"the table derives {declared} bytes under this purpose, not {length}")
    block = okm = b""
    counter = 1
    while len(okm) < length:
        block = hmac.digest(key, block + info + bytes((counter,)), "sha256")
        okm += block
        counter += 1
    return okm[:length]


def _label(info: bytes) -> Label:
    purpose, separator, _ = info.removeprefix(PREFIX).partition(b"\x00")
    label = LABELS.get(purpose.decode("ascii", "replace"))
    if not info.startswith(PREFIX) or not separator or label is None:
        raise ValueError("HKDF info is always made by ctx()")
    return label
