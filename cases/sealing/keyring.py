"""The deployment's own keys: what is derived from the root secret, and the vault's key.

    K_x = HKDF(R_n, "root/x", deployment)     for each x below

R_n is 32 random bytes in `root.d/<n>.key`; the vault's key is 32 other random bytes in
`vault.d/<n>.key`, so that an old one can be destroyed without touching receipts or the trail. Neither is
in a database, a backup, an image or a variable of the environment.

What happens to each K_x when a new R_n is added: `pepper`, `audit-body`, `session`, `totp`, `delivery`,
`snapshot`, `mailbox` and `outbox` rows carry the version they were made with; `audit-tag` is queried
under every live version, because the trail's rows cannot change; `facts`, `walls` and `vault-tag` are
computed anew in place by the rotation command; `dir-mac` rows are signed anew; the rest (`writer-mac`,
`fake-salt`, `idempotency`, `cursor`, `etag`, `attachment`) uses the newest version and forgets.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from cases.errors import KeysMissing
from cases.sealing.context import ctx, hkdf

Purpose = Literal[
    "pepper", "writer-mac", "dir-mac", "audit-body", "audit-tag", "session", "fake-salt", "facts",
    "walls", "idempotency", "cursor", "etag", "totp", "delivery", "snapshot", "attachment", "vault-tag",
    "mailbox", "outbox", "interests",
]  # fmt: skip

KEY_BYTES = 32
OWNER_ONLY = 0o400


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one deployment, held in memory for as long as the process lives.

    Attributes:
        deployment: the deployment's id, 16 bytes; the first part of every context.
        salt: the deployment's salt for receipts, 16 bytes.
        roots: root secrets by version.
        vaults: vault keys by version.
    """

    deployment: bytes
    salt: bytes
    roots: Mapping[int, bytes] = field(repr=False)
    vaults: Mapping[int, bytes] = field(repr=False)

    @property
    def root_version(self) -> int:
        """The version new rows are made with."""
        return max(self.roots)

    @property
    def vault_version(self) -> int:
        """The vault key new rows are sealed with."""
        return max(self.vaults)

    def key(self, purpose: Purpose, version: int | None = None) -> bytes:
        """K_x of the root secret of `version` (the newest when none is given), 32 bytes.

        Raises:
            KeysMissing: that version is not, or no longer, on this machine.
        """
        number = self.root_version if version is None else version
        if number not in self.roots:
            raise KeysMissing(f"root secret {number}")
        return _derived(self.roots[number], purpose, self.deployment)

    def vault_key(self, version: int) -> bytes:
        """The vault key of `version`, 32 bytes.

        Raises:
            KeysMissing: that version is not, or no longer, on this machine.
        """
        if version not in self.vaults:
            raise KeysMissing(f"vault key {version}")
        return self.vaults[version]

    def ctx(self, purpose: str, *parts: bytes | str | int | UUID) -> bytes:
        """A context of this deployment; ids are given as they are."""
        plain = (part.bytes if isinstance(part, UUID) else part for part in parts)
        return ctx(purpose, self.deployment, *plain)


@lru_cache(maxsize=256)
def _derived(root: bytes, purpose: str, deployment: bytes) -> bytes:
    return hkdf(root, ctx(f"root/{purpose}", deployment))


def create(folder: Path) -> bytes:
    """Make the next key of a folder of numbered keys, readable by its owner alone.

    Args:
        folder: `root.d` or `vault.d`; made when it is not there.

    Returns:
        The 32 new bytes.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = max(_numbers(folder), default=0) + 1
    key = secrets.token_bytes(KEY_BYTES)
    _write(folder / f"{number}.key", key)
    return key


def _write(path: Path, key: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())


def hand_to_the_log(keys: Keyring, folder: Path) -> None:
    """Leave the sequencer the one derived key it needs, so that it can do without the root secret.

    Args:
        keys: the deployment's.
        folder: `keys/log`; the file in it is `writer.key`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(folder / "writer.key", keys.key("writer-mac"))


def writer_key(folder: Path) -> bytes:
    """The key that `hand_to_the_log` left, 32 bytes.

    Raises:
        KeysMissing: it is not there, or has not 32 bytes.
    """
    try:
        key = (folder / "writer.key").read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeysMissing("the writers' key in the log's folder")
    return key


def destroy_older(folder: Path) -> int:
    """Delete every key of a folder but the newest: what only they opened is gone for good.

    Returns:
        How many went.
    """
    *older, _ = sorted(_numbers(folder))
    for number in older:
        (folder / f"{number}.key").unlink()
    return len(older)


def load(folder: Path) -> dict[int, bytes]:
    """Every key of a folder of numbered keys.

    Raises:
        KeysMissing: there is none, or one has not 32 bytes.
    """
    keys = {number: (folder / f"{number}.key").read_bytes() for number in _numbers(folder)}
    if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise KeysMissing(f"a whole key in {folder.name}")
    return keys


def _numbers(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return [int(path.stem) for path in folder.glob("*.key") if path.stem.isdecimal()]
