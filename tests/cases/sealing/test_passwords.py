from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from cases.errors import CodeMalformed, WeakParameters, WeakPassword
from cases.sealing import passwords
from cases.sealing.passwords import (
    ARGON2,
    FLOOR,
    Stretching,
    check_password,
    code_kek,
    code_verifier,
    new_code,
    stretch,
)
from tests.cases.sealing.vectors import Vector, cases

if TYPE_CHECKING:
    from pathlib import Path

SALT = bytes(range(16))
PEPPER = bytes(range(32))
DEPLOYMENT = bytes(16)


@cases("passwords")
def test_the_keys_of_a_password_are_those_of_its_vector(vector: Vector) -> None:
    pepper, deployment = bytes.fromhex(vector["pepper"]), bytes.fromhex(vector["deployment"])
    stretched = stretch(vector["password"], bytes.fromhex(vector["salt"]), ARGON2)
    assert stretched.hex() == vector["stretched"]
    assert passwords.kek(pepper, stretched, deployment).hex() == vector["kek"]
    assert passwords.verifier(pepper, stretched, deployment).hex() == vector["verifier"]


@cases("codes")
def test_the_keys_of_a_code_are_those_of_its_vector(vector: Vector) -> None:
    pepper, deployment = bytes.fromhex(vector["pepper"]), bytes.fromhex(vector["deployment"])
    assert code_kek(pepper, vector["code"], deployment).hex() == vector["kek"]
    assert code_verifier(pepper, vector["code"], deployment).hex() == vector["verifier"]


@pytest.mark.parametrize("name", ["01", "03", "05"])
def test_argon2id_agrees_with_vectors_written_by_others(shared: Path, name: str) -> None:
    vector = json.loads((shared / "vectors" / "argon2id" / f"{name}.json").read_bytes())
    stretched = hash_secret_raw(
        bytes.fromhex(vector["pass"]),
        bytes.fromhex(vector["salt"]),
        int(vector["iter"]),
        int(vector["memcost"]),
        int(vector["lanes"]),
        int(vector["length"]),
        Type.ID,
    )
    assert stretched.hex() == vector["output"]


def test_stretching_is_the_argon2id_of_two_other_implementations() -> None:
    typed = "otter lamp gravel noon piano"
    sodium = crypto_pwhash_alg(
        32, typed.encode(), SALT, ARGON2.t, ARGON2.m * 1024, crypto_pwhash_ALG_ARGON2ID13
    )
    openssl = Argon2id(salt=SALT, length=32, iterations=3, lanes=1, memory_cost=65_536)
    assert stretch(typed, SALT, ARGON2) == sodium == openssl.derive(typed.encode())


def test_new_passwords_are_stretched_no_less_than_the_floor() -> None:
    assert all(asked >= least for asked, least in zip(ARGON2, FLOOR, strict=True))
    assert Stretching(m=65_536, t=3, p=1) == FLOOR


@pytest.mark.parametrize(
    "lowered", [FLOOR._replace(m=65_535), FLOOR._replace(t=2), FLOOR._replace(p=0), (8, 1, 1)]
)
def test_lowered_parameters_are_refused(lowered: tuple[int, int, int]) -> None:
    with pytest.raises(WeakParameters):
        stretch("otter lamp gravel noon piano", SALT, Stretching(*lowered))


def test_higher_parameters_are_used() -> None:
    higher = FLOOR._replace(t=4)
    assert stretch("otter lamp", SALT, higher) != stretch("otter lamp", SALT, FLOOR)


@pytest.mark.parametrize("salt", [b"", SALT[:-1], SALT + b"\x00"])
def test_only_a_salt_of_16_bytes_is_taken(salt: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        stretch("otter lamp gravel noon piano", salt, ARGON2)


def test_a_lone_surrogate_is_a_password_like_any_other() -> None:
    assert len(stretch("\ud800" * 14, SALT, ARGON2)) == 32


@pytest.mark.parametrize(
    "good", ["a" * 14, "otter lamp gravel noon piano", "ab cd ef gh ij", "пароль-пароль!"]
)
def test_fourteen_characters_or_five_words_are_enough(good: str) -> None:
    check_password(good)


@pytest.mark.parametrize("bad", ["", "a" * 13, " " * 40, "otter lamp" + " " * 9, "e\u0301" * 13])
def test_less_is_too_little(bad: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(bad)


def test_a_password_opens_only_with_its_pepper_in_its_deployment() -> None:
    stretched = bytes(range(32))
    for derive in (passwords.kek, passwords.verifier):
        keys = {
            derive(PEPPER, stretched, DEPLOYMENT),
            derive(PEPPER[::-1], stretched, DEPLOYMENT),
            derive(PEPPER, stretched[::-1], DEPLOYMENT),
            derive(PEPPER, stretched, SALT),
        }
        assert len(keys) == 4


def test_the_verifier_says_nothing_of_the_key() -> None:
    stretched = bytes(range(32))
    kek = passwords.kek(PEPPER, stretched, DEPLOYMENT)
    assert passwords.verifier(PEPPER, stretched, DEPLOYMENT) != kek


def test_salts_are_new_each_time() -> None:
    assert len({passwords.new_salt() for _ in range(100)}) == 100


def test_a_code_is_eight_groups_of_four() -> None:
    assert [len(group) for group in new_code().split(" ")] == [4] * 8
    assert len({new_code() for _ in range(100)}) == 100


def test_a_code_is_read_however_it_is_typed() -> None:
    code = "ABIO EFGH IJKL MNOP QRST UVWX YZ23 4567"
    key = code_kek(PEPPER, code, DEPLOYMENT)
    for typed in (code.lower(), code.replace(" ", ""), code.replace(" ", "-"), f" {code}\n"):
        assert code_kek(PEPPER, typed, DEPLOYMENT) == key
    assert code_kek(PEPPER, code.replace("O", "0").replace("I", "1"), DEPLOYMENT) == key
    assert code_kek(PEPPER, code.replace("B", "8"), DEPLOYMENT) == key


@pytest.mark.parametrize(
    "typed", ["", "ABCD", "A" * 31, "A" * 33, "ABCD EFGH IJKL MNOP QRST UVWX YZ23 4569", "Ä" * 32]
)
def test_what_cannot_be_a_code_is_refused(typed: str) -> None:
    with pytest.raises(CodeMalformed):
        code_kek(PEPPER, typed, DEPLOYMENT)


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_malformed(text: str) -> None:
    try:
        code_verifier(PEPPER, text, DEPLOYMENT)
    except CodeMalformed:
        return
    assert len(text) >= 32
