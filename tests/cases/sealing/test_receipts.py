from __future__ import annotations

import secrets
import unicodedata
from collections import Counter

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from cases.errors import ReceiptMalformed
from cases.sealing import receipts
from cases.sealing.receipts import damm, grouped, new, normalise, stretch
from tests.cases.sealing.vectors import Vector, cases

SALT = bytes(range(16))
DEPLOYMENT = bytes(16)
ZEROS = [chr(c) for c in range(0x110000) if unicodedata.decimal(chr(c), None) == 0]
a_receipt = st.builds(new, st.sampled_from([5, 6]), st.builds(lambda r: r.randrange, st.randoms()))


@cases("receipts")
def test_what_somebody_types_is_read(vector: Vector) -> None:
    assert normalise(vector["typed"]) == vector["digits"]


@cases("receipts-refused")
def test_what_cannot_be_a_receipt_is_refused(vector: Vector) -> None:
    with pytest.raises(ReceiptMalformed):
        normalise(vector["typed"])


@cases("receipts-keys")
def test_the_keys_of_a_receipt_are_those_of_its_vector(vector: Vector) -> None:
    pepper, deployment = bytes.fromhex(vector["pepper"]), bytes.fromhex(vector["deployment"])
    stretched = stretch(vector["receipt"], bytes.fromhex(vector["salt"]))
    assert stretched.hex() == vector["stretched"]
    rprk = receipts.secret(pepper, stretched)
    assert rprk.hex() == vector["secret"]
    assert receipts.lookup(rprk, deployment).hex() == vector["lookup"]
    assert receipts.kek(rprk, deployment).hex() == vector["kek"]


def test_the_check_digit_of_the_example_everybody_gives_is_4() -> None:
    assert damm("572") == 4
    assert damm("5724") == 0


@given(a_receipt)
def test_every_single_wrong_digit_is_noticed(receipt: str) -> None:
    for place, digit in enumerate(receipt):
        for other in set("0123456789") - {digit}:
            with pytest.raises(ReceiptMalformed):
                normalise(receipt[:place] + other + receipt[place + 1 :])


@given(a_receipt)
def test_every_swap_of_neighbours_is_noticed(receipt: str) -> None:
    for place in range(len(receipt) - 1):
        one, other = receipt[place], receipt[place + 1]
        if one != other:
            with pytest.raises(ReceiptMalformed):
                normalise(receipt[:place] + other + one + receipt[place + 2 :])


@given(a_receipt, st.sampled_from(ZEROS), st.sampled_from([" ", "-", "\u00a0", "\u2013", "", "\n"]))
def test_the_digits_of_every_script_are_taken(receipt: str, zero: str, separator: str) -> None:
    written = "".join(chr(ord(zero) + int(digit)) for digit in receipt)
    assert normalise(separator.join(grouped(written).split(" "))) == receipt


@given(a_receipt)
def test_a_receipt_as_shown_reads_as_it_is(receipt: str) -> None:
    shown = grouped(receipt)
    assert {len(group) for group in shown.split(" ")} == {4}
    assert normalise(shown) == receipt


@given(st.text())
def test_any_text_is_a_receipt_or_malformed(text: str) -> None:
    try:
        digits = normalise(text)
    except ReceiptMalformed:
        return
    assert len(digits) in {20, 24}


@pytest.mark.parametrize("groups", [5, 6])
def test_a_receipt_has_its_groups_and_a_check_digit(groups: int) -> None:
    receipt = new(groups)
    assert len(receipt) == groups * 4
    assert receipt.isdecimal()
    assert damm(receipt) == 0


@pytest.mark.parametrize("groups", [0, 4, 7])
def test_weaker_receipts_are_not_made(groups: int) -> None:
    with pytest.raises(ValueError, match="five or six"):
        new(groups)


def test_the_whole_range_is_used() -> None:
    assert new(5, lambda _: 0) == "0" * 20
    assert new(5, lambda below: below - 1)[:19] == "9" * 19


def test_the_digits_of_many_receipts_are_uniform_at_every_place() -> None:
    count = 20_000
    columns = [Counter(column) for column in zip(*(new() for _ in range(count)), strict=True)]
    for column in columns:
        chi_squared = sum((column[d] - count / 10) ** 2 / (count / 10) for d in "0123456789")
        assert chi_squared < 50  # nine degrees of freedom: by chance once in ten million


def test_stretching_is_the_argon2id_of_two_other_implementations() -> None:
    receipt = new()
    sodium = crypto_pwhash_alg(
        32, receipt.encode(), SALT, 2, 19_456 * 1024, crypto_pwhash_ALG_ARGON2ID13
    )
    openssl = Argon2id(salt=SALT, length=32, iterations=2, lanes=1, memory_cost=19_456)
    assert stretch(receipt, SALT) == sodium == openssl.derive(receipt.encode())


@pytest.mark.parametrize("typed", ["", "1234", "1234 5678 9012 3456 7890", "٠" * 20, "0" * 21])
def test_only_a_normalised_receipt_is_stretched(typed: str) -> None:
    with pytest.raises(ReceiptMalformed):
        stretch(typed, SALT)


def test_only_a_salt_of_16_bytes_is_taken() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        stretch("0" * 20, SALT[:-1])


def test_another_receipt_pepper_or_deployment_leads_elsewhere() -> None:
    pepper, stretched = secrets.token_bytes(32), secrets.token_bytes(32)
    rprk = receipts.secret(pepper, stretched)
    others = [
        receipts.secret(secrets.token_bytes(32), stretched),
        receipts.secret(pepper, secrets.token_bytes(32)),
    ]
    places = [receipts.lookup(key, DEPLOYMENT) for key in (rprk, *others)]
    places.append(receipts.lookup(rprk, bytes(range(16))))
    assert len(set(places)) == 4
    assert not receipts.kek(rprk, DEPLOYMENT).startswith(places[0])
