"""Blind tokens by which a unit finds what two of its cases have in common.

    K_idx = HKDF(unit seed, ctx("subject/key", unit, epoch))
    token = HMAC-SHA-256(K_idx, ctx("subject/idx", normaliser, kind, plain))[:16]
    row   = HMAC-SHA-256(K_idx, ctx("subject/row", record, place))[:16]
    entry = WE1(HKDF(K_idx, ctx("subject/entry-key", unit)), ctx("subject/entry", unit, row, token), pad(JSON))
    owner = HMAC-SHA-256(K_walls, ctx("subject/owner", row, case))[:16]
    wait  = Seal(unit pk, ctx("subject/waiting", unit, epoch, row), pad(JSON))

Without the unit's seed a token says nothing: not to whoever holds the database and the root secret, not to
another unit, whose tokens of the same name are other ones. How often a token stands in the table is seen;
which cases it stands for is not. The key comes from the seed and is kept nowhere, so that nobody can plant one.
"""

import hmac
import json
from typing import Any
from uuid import UUID

from cases.sealing import envelope, hpke, padding
from cases.sealing.context import hkdf
from cases.sealing.keyring import Keyring

TOKEN_BYTES = 16


def index_key(keyring: Keyring, unit: UUID, epoch: int, seed: bytes) -> bytes:
    """The key of a unit's index, 32 bytes, from the unit's seed of that epoch."""
    return hkdf(seed, keyring.ctx("subject/key", unit, epoch))


def token(keyring: Keyring, key: bytes, normaliser: int, kind: str, plain: str) -> bytes:
    """The blind name of something within one unit, 16 bytes.

    Args:
        key: of the unit's index.
        normaliser: number of the normaliser that gave `plain`.
    """
    return _mac(key, keyring.ctx("subject/idx", normaliser, kind, plain))


def row_id(keyring: Keyring, key: bytes, record: UUID, place: int) -> UUID:
    """Where the n-th thing that a record names has its row: found again without a search."""
    return UUID(bytes=_mac(key, keyring.ctx("subject/row", record, place)))


def owner_tag(keyring: Keyring, row: UUID, case: UUID) -> bytes:
    """To which case a row belongs, other in every row, 16 bytes."""
    return _mac(keyring.key("walls"), keyring.ctx("subject/owner", row, case))


# Any: what JSON can hold.
def seal_entry(
    keyring: Keyring, key: bytes, value: dict[str, Any], *, unit: UUID, row: UUID, named: bytes
) -> bytes:
    """What a row says, for who holds the unit's key; all entries are as long."""
    context = keyring.ctx("subject/entry", unit, row, named)
    return envelope.seal(
        _entry_key(keyring, key, unit), context, _padded(value, padding.META_FLOOR)
    )


# Any: as above.
def open_entry(
    keyring: Keyring, key: bytes, entry: bytes, *, unit: UUID, row: UUID, named: bytes
) -> dict[str, Any]:
    """What a row says.

    Raises:
        EnvelopeInvalid: of another unit, row or token, or changed.
    """
    context = keyring.ctx("subject/entry", unit, row, named)
    return _value(envelope.open_(_entry_key(keyring, key, unit), context, entry))


# Any: as above.
def seal_waiting(
    keyring: Keyring, pk: bytes, value: dict[str, Any], *, unit: UUID, epoch: int, row: UUID
) -> bytes:
    """What waits for somebody who holds the unit's seed."""
    context = keyring.ctx("subject/waiting", unit, epoch, row)
    return hpke.seal(pk, context, _padded(value, padding.TEXT_FLOOR))


# Any: as above.
def open_waiting(
    keyring: Keyring, seed: bytes, blob: bytes, *, unit: UUID, epoch: int, row: UUID
) -> dict[str, Any]:
    """What waited.

    Raises:
        EnvelopeInvalid: sealed to another seed or for another row, or changed.
    """
    return _value(hpke.open_(seed, keyring.ctx("subject/waiting", unit, epoch, row), blob))


def _entry_key(keyring: Keyring, key: bytes, unit: UUID) -> bytes:
    return hkdf(key, keyring.ctx("subject/entry-key", unit))


def _mac(key: bytes, context: bytes) -> bytes:
    return hmac.digest(key, context, "sha256")[:TOKEN_BYTES]


# Any: as above.
def _padded(value: dict[str, Any], floor: int) -> bytes:
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return padding.pad(plain, floor)


# Any: as above.
def _value(padded: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(padding.unpad(padded))
    return value
