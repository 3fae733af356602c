from __future__ import annotations

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13
from nacl.signing import SigningKey

from cases.errors import SelfTestFailed
from cases.sealing import envelope, hpke, selftest
from tests.cases.sealing.test_envelope import by_hand


def test_this_installation_passes() -> None:
    selftest.run()


def test_the_known_answers_are_those_of_other_implementations() -> None:
    assert (
        by_hand(selftest.KEY, selftest.CONTEXT, selftest.WE1_ENVELOPE[1:25], selftest.PLAINTEXT)
        == selftest.WE1_ENVELOPE
    )
    assert (
        crypto_pwhash_alg(
            32,
            selftest.PLAINTEXT,
            selftest.ARGON2ID_SALT,
            2,
            19_456 * 1024,
            crypto_pwhash_ALG_ARGON2ID13,
        )
        == selftest.ARGON2ID_STRETCHED
    )
    signed = SigningKey(selftest.ED25519_SEED).sign(selftest.ED25519_MESSAGE)
    assert signed.signature == selftest.ED25519_SIGNATURE


@pytest.mark.parametrize(
    ("answer", "primitive"),
    [
        ("WE1_ENVELOPE", "WE1"),
        ("HPKE_PUBLIC_KEY_SHA256", "HPKE"),
        ("HPKE_SEALED", "HPKE"),
        ("ARGON2ID_STRETCHED", "Argon2id"),
        ("ED25519_SIGNATURE", "Ed25519"),
    ],
)
def test_a_wrong_answer_stops_the_process(
    answer: str, primitive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right: bytes = getattr(selftest, answer)
    monkeypatch.setattr(selftest, answer, right[:-1] + bytes((right[-1] ^ 1,)))
    with pytest.raises(SelfTestFailed) as failed:
        selftest.run()
    assert failed.value.primitive == primitive


def test_an_installation_without_the_post_quantum_half_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(_: bytes) -> bytes:
        raise UnsupportedAlgorithm("ML-KEM-768")

    monkeypatch.setattr(hpke, "public_key", missing)
    with pytest.raises(SelfTestFailed, match="HPKE"):
        selftest.run()


def test_an_envelope_that_opens_in_any_context_stops_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(envelope, "open_", lambda *_: selftest.PLAINTEXT)
    with pytest.raises(SelfTestFailed, match="WE1"):
        selftest.run()
