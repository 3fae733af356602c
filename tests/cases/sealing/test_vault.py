"""The vault: one shred key for each thing that can be forgotten apart."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import pytest
from sqlalchemy import inspect, select

from cases.database import connect
from cases.errors import EnvelopeInvalid, KeysMissing, Shredded, Unavailable
from cases.models.case import KeyKind
from cases.models.vault import shred_key
from cases.sealing.keyring import Keyring
from cases.sealing.vault import Vault, new_keys, tag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.databases import Backend


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(b"d" * 16, b"s" * 16, {1: b"r" * 32}, {1: b"v" * 32})


@pytest.fixture
def vault(backend: Backend, keyring: Keyring) -> Iterator[Vault]:
    made = Vault(connect(backend.vault_url), keyring)
    yield made
    made.close()


def kept(vault: Vault, *things: tuple[KeyKind, UUID]) -> dict[tuple[KeyKind, UUID], bytes]:
    """New keys, kept."""
    made = new_keys(things)
    vault.keep(made)
    return made


def test_each_thing_has_a_key_of_its_own_that_is_found_again(vault: Vault) -> None:
    things = [(kind, uuid4()) for kind in KeyKind] + [(KeyKind.INT, uuid4())]
    made = kept(vault, *things)
    assert len(set(made.values())) == 4
    assert {len(key) for key in made.values()} == {32}
    assert vault.keys(things) == made
    assert vault.key(*things[0]) == made[things[0]]
    vault.probe()


def test_kinds_of_one_owner_are_forgotten_apart(vault: Vault) -> None:
    report = uuid4()
    made = kept(vault, (KeyKind.CONV, report), (KeyKind.ID, report))
    assert vault.forget([(KeyKind.ID, report)]) == 1
    assert vault.forget([(KeyKind.ID, report)]) == 0
    assert vault.keys(made) == {(KeyKind.CONV, report): made[KeyKind.CONV, report]}
    with pytest.raises(Shredded):
        vault.key(KeyKind.ID, report)


def test_who_looks_does_not_wait_for_who_writes(backend: Backend, keyring: Keyring) -> None:
    engine = connect(backend.vault_url)
    vault = Vault(engine, keyring)
    thing = (KeyKind.INT, uuid4())
    made = kept(vault, thing)
    with engine.begin() as writing:  # SQLite's one writer's lock is taken
        writing.execute(select(shred_key))
        assert vault.keys([thing]) == made
    vault.close()


def test_nothing_asked_for_is_nothing_done(vault: Vault) -> None:
    vault.keep({})
    assert vault.keys([]) == {}
    assert vault.forget([]) == 0
    assert vault.tags() == set()


def test_the_rows_name_nothing_and_hold_no_key(vault: Vault, keyring: Keyring) -> None:
    case = uuid4()
    made = kept(vault, (KeyKind.INT, case))
    with vault._engine.connect() as connection:
        row = connection.execute(select(shred_key)).one()
    assert vault.tags() == {row.tag} == {tag(keyring, KeyKind.INT, case)}
    assert case.bytes not in row.tag + row.env
    assert made[KeyKind.INT, case] not in row.env


def test_a_row_moved_to_another_tag_or_changed_does_not_open(vault: Vault) -> None:
    one, two = (KeyKind.INT, uuid4()), (KeyKind.INT, uuid4())
    kept(vault, one, two)
    with vault._engine.begin() as connection:
        first, second = connection.execute(select(shred_key)).all()
        connection.execute(shred_key.delete().where(shred_key.c.tag == second.tag))
        connection.execute(
            shred_key.insert(), {"tag": second.tag, "vault_ver": 1, "env": first.env}
        )
    with pytest.raises(EnvelopeInvalid):
        vault.keys([one, two])


def test_a_vault_key_that_was_destroyed_takes_its_rows_with_it(
    vault: Vault, keyring: Keyring
) -> None:
    old = (KeyKind.INT, uuid4())
    kept(vault, old)
    vaults = cast("dict[int, bytes]", keyring.vaults)
    vaults[2] = b"w" * 32
    new = (KeyKind.INT, uuid4())
    made = kept(vault, new)
    del vaults[1]
    assert vault.key(*new) == made[new]
    with pytest.raises(KeysMissing):
        vault.key(*old)


def test_a_thing_has_one_key_and_a_second_is_refused(vault: Vault) -> None:
    thing = (KeyKind.INT, uuid4())
    kept(vault, thing)
    with pytest.raises(Unavailable):
        kept(vault, thing)


def test_a_vault_that_does_not_answer_is_unavailable(vault: Vault) -> None:
    with vault._engine.begin() as connection:
        shred_key.drop(connection)
        assert not inspect(connection).has_table("shred_key")
    thing = [(KeyKind.INT, uuid4())]
    for ask in (
        partial(kept, vault, *thing),
        partial(vault.keys, thing),
        partial(vault.forget, thing),
    ):
        with pytest.raises(Unavailable):
            ask()
    with pytest.raises(Unavailable):
        vault.key(*thing[0])
    for look in (vault.probe, vault.tags, lambda: next(vault.rewrap())):
        with pytest.raises(Unavailable):
            look()


def test_after_a_renewal_the_old_key_opens_nothing_and_the_new_one_everything(
    backend: Backend, keyring: Keyring
) -> None:
    things = [(KeyKind.INT, uuid4()) for _ in range(7)]
    old = Vault(connect(backend.vault_url), keyring)
    made = kept(old, *things)
    both = Keyring(keyring.deployment, keyring.salt, keyring.roots, {1: b"v" * 32, 2: b"w" * 32})
    renewing = Vault(connect(backend.vault_url), both)
    assert next(renewing.rewrap(batch=3)) == 3  # broken off …
    assert dict(renewing.keys(things)) == made  # … nothing is lost …
    assert sum(renewing.rewrap(batch=3)) == 4  # … and the next run finishes
    with pytest.raises(KeysMissing):
        old.keys(things)
    new_only = Keyring(keyring.deployment, keyring.salt, keyring.roots, {2: b"w" * 32})
    renewed = Vault(connect(backend.vault_url), new_only)
    assert dict(renewed.keys(things)) == made
    for vault in (old, renewing, renewed):
        vault.close()
