"""The deployment's own keys: how they are made, kept, derived and missed."""

from __future__ import annotations

import hmac
from itertools import combinations
from typing import TYPE_CHECKING, get_args
from uuid import uuid4

import pytest

from cases.errors import KeysMissing
from cases.sealing import keyring
from cases.sealing.context import ctx, hkdf
from cases.sealing.keyring import Keyring, Purpose

if TYPE_CHECKING:
    from pathlib import Path

DEPLOYMENT = bytes(range(16))


@pytest.fixture
def keys() -> Keyring:
    return Keyring(
        DEPLOYMENT, b"s" * 16, {1: b"a" * 32, 3: b"b" * 32}, {2: b"c" * 32, 4: b"d" * 32}
    )


def test_a_derived_key_is_the_one_the_design_writes_down(keys: Keyring) -> None:
    for version in (1, 3):
        info = ctx("root/pepper", DEPLOYMENT)
        expected = hmac.digest(keys.roots[version], info + b"\x01", "sha256")  # RFC 5869, one block
        assert keys.key("pepper", version) == expected == hkdf(keys.roots[version], info)


def test_new_rows_are_made_with_the_newest_versions(keys: Keyring) -> None:
    assert (keys.root_version, keys.vault_version) == (3, 4)
    assert keys.key("walls") == keys.key("walls", 3) != keys.key("walls", 1)
    assert keys.vault_key(2) == b"c" * 32


def test_no_two_purposes_versions_or_deployments_share_a_key(keys: Keyring) -> None:
    other = Keyring(b"o" * 16, keys.salt, keys.roots, keys.vaults)
    derived = [
        ring.key(purpose, version)
        for ring in (keys, other)
        for purpose in get_args(Purpose)
        for version in (1, 3)
    ]
    assert all(one != two for one, two in combinations(derived, 2))


def test_a_version_that_is_not_here_is_missed_by_name(keys: Keyring) -> None:
    with pytest.raises(KeysMissing, match="root secret 2"):
        keys.key("pepper", 2)
    with pytest.raises(KeysMissing, match="vault key 1"):
        keys.vault_key(1)


def test_every_context_begins_with_the_deployment_and_ids_are_their_bytes(keys: Keyring) -> None:
    one = uuid4()
    assert keys.ctx("wall", one, 7, "x") == ctx("wall", DEPLOYMENT, one.bytes, 7, "x")


def test_printing_a_keyring_prints_no_key(keys: Keyring) -> None:
    assert "aaaa" not in repr(keys)
    assert "cccc" not in repr(keys)


def test_keys_are_made_one_after_the_other_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "root.d"
    first, second = keyring.create(folder), keyring.create(folder)
    assert keyring.load(folder) == {1: first, 2: second}
    assert first != second
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o400}
    (folder / "1.key").unlink()  # destroyed, as an old vault key is
    keyring.create(folder)
    assert set(keyring.load(folder)) == {2, 3}


def test_older_keys_are_destroyed_and_the_newest_stays(tmp_path: Path) -> None:
    made = [keyring.create(tmp_path) for _ in range(3)]
    assert keyring.destroy_older(tmp_path) == 2
    assert keyring.load(tmp_path) == {3: made[2]}
    assert keyring.destroy_older(tmp_path) == 0


def test_a_folder_without_whole_keys_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(KeysMissing):
            keyring.load(folder)
    (tmp_path / "1.key").write_bytes(b"short")
    with pytest.raises(KeysMissing):
        keyring.load(tmp_path)


def test_what_is_no_numbered_key_is_passed_over(tmp_path: Path) -> None:
    made = keyring.create(tmp_path)
    (tmp_path / "old.key").write_bytes(b"x")
    (tmp_path / "2.key.tmp").write_bytes(b"x")
    assert keyring.load(tmp_path) == {1: made}


def test_the_log_is_handed_the_one_key_it_needs_once(keys: Keyring, tmp_path: Path) -> None:
    keyring.hand_to_the_log(keys, tmp_path / "log")
    handed = tmp_path / "log" / "writer.key"
    assert handed.read_bytes() == keys.key("writer-mac")
    assert handed.stat().st_mode & 0o777 == 0o400
    with pytest.raises(FileExistsError):
        keyring.hand_to_the_log(keys, tmp_path / "log")
