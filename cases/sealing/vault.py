"""The vault: the outermost key of everything that can be forgotten.

A row is `tag -> WE1(K_vault, ctx("vault", tag), shred key)`. The tag is an HMAC, so the vault alone says
neither how many cases there are of a unit nor which row belongs to which. Deleting a row makes what it
protects unreadable at once, in the live database and, when the vault's own short-lived backups are
gone, in every backup of the main one.

The vault is its own database with its own transactions (there is no atomic commit across two files):
on creation its row is written first, on shredding it goes after the order is on record (`retention`).
"""

import hmac
import secrets
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from cases.database import READ_ONLY
from cases.errors import Shredded, Unavailable
from cases.models.case import KeyKind
from cases.models.vault import shred_key
from cases.sealing import envelope
from cases.sealing.keyring import KEY_BYTES, Keyring

TAG_BYTES = 16


def tag(keyring: Keyring, kind: KeyKind, owner: UUID) -> bytes:
    """The 16-byte name of a shred key.

    Args:
        kind: what it protects; `int` of a case, `conv` or `id` of a report.
        owner: the case or the report.
    """
    context = keyring.ctx("vault/tag", owner, kind)
    return hmac.digest(keyring.key("vault-tag"), context, "sha256")[:TAG_BYTES]


def new_keys(things: Iterable[tuple[KeyKind, UUID]]) -> dict[tuple[KeyKind, UUID], bytes]:
    """A shred key for each thing, 32 random bytes; it protects nothing until the vault keeps it."""
    return {thing: secrets.token_bytes(KEY_BYTES) for thing in things}


class Vault:
    """The vault's database. Each call is a transaction of its own."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    @cached_property
    def _looking(self) -> Engine:
        """The same database, for looks, which take no writer's lock."""
        return self._engine.execution_options(**READ_ONLY)

    def keep(self, keys: Mapping[tuple[KeyKind, UUID], bytes]) -> None:
        """Keep new shred keys; committed when this returns.

        Raises:
            Unavailable: the vault could not be written.
        """
        version = self._keyring.vault_version
        rows = []
        for (kind, owner), key in keys.items():
            name = tag(self._keyring, kind, owner)
            context = self._keyring.ctx("vault", name)
            env = envelope.seal(self._keyring.vault_key(version), context, key)
            rows.append({"tag": name, "vault_ver": version, "env": env})
        if not rows:  # an insert of no rows would be one of an empty row
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(shred_key), rows)
        except SQLAlchemyError as error:
            raise Unavailable from error

    def keys(self, things: Iterable[tuple[KeyKind, UUID]]) -> Mapping[tuple[KeyKind, UUID], bytes]:
        """The shred keys of those things that are not shredded.

        Raises:
            Unavailable: the vault could not be read.
        """
        names = {tag(self._keyring, kind, owner): (kind, owner) for kind, owner in things}
        statement = select(shred_key).where(shred_key.c.tag.in_(names))
        try:
            with self._looking.connect() as connection:
                rows = connection.execute(statement).all()
        except SQLAlchemyError as error:
            raise Unavailable from error
        return {
            names[row.tag]: envelope.open_(
                self._keyring.vault_key(row.vault_ver),
                self._keyring.ctx("vault", row.tag),
                row.env,
            )
            for row in rows
        }

    def key(self, kind: KeyKind, owner: UUID) -> bytes:
        """The shred key of one thing.

        Raises:
            Shredded: it is gone.
            Unavailable: the vault could not be read.
        """
        keys = self.keys([(kind, owner)])
        if (kind, owner) not in keys:
            raise Shredded
        return keys[kind, owner]

    def forget(self, things: Iterable[tuple[KeyKind, UUID]]) -> int:
        """Delete shred keys for good; repeating it does no harm.

        Returns:
            How many rows went.

        Raises:
            Unavailable: the vault could not be written.
        """
        names = [tag(self._keyring, kind, owner) for kind, owner in things]
        try:
            with self._engine.begin() as connection:
                return connection.execute(
                    delete(shred_key).where(shred_key.c.tag.in_(names))
                ).rowcount
        except SQLAlchemyError as error:
            raise Unavailable from error

    def tags(self) -> set[bytes]:
        """Every name in the vault, for `tribune vault check`.

        Raises:
            Unavailable: the vault could not be read.
        """
        try:
            with self._looking.connect() as connection:
                return set(connection.scalars(select(shred_key.c.tag)))
        except SQLAlchemyError as error:
            raise Unavailable from error

    def rewrap(self, batch: int = 500) -> Iterator[int]:
        """Seal every row under the newest vault key, some at a time; can be broken off and repeated.

        Yields:
            How many rows of this batch went over to the newest key.

        Raises:
            Unavailable: the vault could not be written.
        """
        newest = self._keyring.vault_version
        waiting = select(shred_key).where(shred_key.c.vault_ver != newest).limit(batch)
        done = 1
        while done:
            try:
                with self._engine.begin() as connection:
                    rows = connection.execute(waiting).all()
                    for row in rows:
                        self._rewrap_one(connection, row)
            except SQLAlchemyError as error:
                raise Unavailable from error
            done = len(rows)
            yield done

    def _rewrap_one(self, connection: Connection, row: Row[Any]) -> None:
        """Any: the row's columns have the table's own types."""
        newest, context = self._keyring.vault_version, self._keyring.ctx("vault", row.tag)
        key = envelope.open_(self._keyring.vault_key(row.vault_ver), context, row.env)
        sealed = envelope.seal(self._keyring.vault_key(newest), context, key)
        connection.execute(
            update(shred_key).where(shred_key.c.tag == row.tag).values(vault_ver=newest, env=sealed)
        )

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def probe(self) -> None:
        """Ask whether the vault can be read.

        Raises:
            Unavailable: it cannot.
        """
        try:
            with self._looking.connect() as connection:
                connection.execute(select(shred_key.c.tag).limit(1))
        except SQLAlchemyError as error:
            raise Unavailable from error
