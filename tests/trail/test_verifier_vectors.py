"""Vectors that other projects wrote hold of the checker's functions too."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.trail.sample_log import LogKey, verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def vectors(shared: Path, category: str) -> Iterator[tuple[str, dict[str, Any]]]:
    paths = sorted((shared / "vectors" / category).glob("*.json"))
    assert paths, f"no vectors of {category}"
    for path in paths:
        yield path.name, json.loads(path.read_text("utf-8"))


def refused(do: Callable[[], object]) -> bool:
    try:
        do()
    except verifier.Refused:
        return True
    return False


def raw(encoded: str | None) -> bytes:
    return base64.b64decode(encoded or "")


def test_merkle_inclusion(shared: Path) -> None:
    for name, vector in vectors(shared, "merkle_inclusion"):
        proof = [raw(one) for one in vector["proof"] or []]
        asked = raw(vector["leafHash"]), vector["leafIdx"], vector["treeSize"]
        wrong = refused(lambda: verifier.check_inclusion(*asked, proof, raw(vector["root"])))  # noqa: B023
        assert wrong == vector["wantErr"], name


def test_merkle_consistency(shared: Path) -> None:
    for name, vector in vectors(shared, "merkle_consistency"):
        proof = [raw(one) for one in vector["proof"] or []]
        roots = raw(vector["root1"]), raw(vector["root2"])
        sizes = vector["size1"], vector["size2"]
        wrong = refused(lambda: verifier.check_consistency(*sizes, proof, *roots))  # noqa: B023
        assert wrong == vector["wantErr"], name


def test_rfc6962_hash(shared: Path) -> None:
    for name, vector in vectors(shared, "rfc6962_hash"):
        parts = [bytes.fromhex(vector[key]) for key in sorted(vector) if key.endswith("_hex")]
        hashed = verifier.leaf_hash if vector["op"] == "leaf" else verifier.node_hash
        if vector["op"] in {"leaf", "node"}:
            assert hashed(*parts).hex() == vector["want"], name
        else:
            assert verifier.root_at([b""], 0).hex() == vector["want"], name


def test_signed_note_open(shared: Path) -> None:
    for name, vector in vectors(shared, "signed_note_open"):
        keys = [verifier.parse_vkey(key) for key in vector["vkeys"]]
        if vector["wantErr"]:
            assert refused(lambda: verifier.open_note(raw(vector["note_b64"]), keys)), name  # noqa: B023
        else:
            _, verified = verifier.open_note(raw(vector["note_b64"]), keys)
            assert [key.name for key in verified] == vector["verified"], name


def test_signed_note_real(shared: Path) -> None:
    for name, vector in vectors(shared, "signed_note_real"):
        key = verifier.parse_vkey(vector["vkey"])
        text, _ = verifier.open_note(vector["note"].encode(), [key])
        if vector.get("checkpoint"):
            checkpoint = verifier.parse_checkpoint(text)
            assert (checkpoint.origin, checkpoint.size) == (vector["origin"], vector["size"]), name


def test_signed_note_sign(shared: Path) -> None:
    for name, vector in vectors(shared, "signed_note_sign"):
        _, _, key_name, _, seed = vector["skey"].split("+", 4)
        ours = LogKey(base64.b64decode(seed)[1:], key_name)
        assert ours.vkey == vector["vkey"], name
        note = f"{vector['text']}\n{ours.line(vector['text'])}"
        assert note == vector["want_note"], name
        assert verifier.open_note(note.encode(), [verifier.parse_vkey(ours.vkey)]), name


def test_signed_note_vkey(shared: Path) -> None:
    for name, vector in vectors(shared, "signed_note_vkey"):
        assert refused(lambda: verifier.parse_vkey(vector["vkey"])) == vector["wantErr"], name  # noqa: B023


def test_rekor_v2_checkpoint_proof(shared: Path) -> None:
    for name, vector in vectors(shared, "rekor_v2_checkpoint_proof"):
        keys = [verifier.parse_vkey(key) for key in vector["vkeys"]]
        proof = [raw(one) for one in vector["proof"]]
        asked = raw(vector["leaf_hash_b64"]), vector["index"]

        def whole(
            note: str = vector["checkpoint"],
            keys: list[object] = keys,
            proof: list[bytes] = proof,
            asked: tuple[bytes, int] = asked,
        ) -> None:
            checkpoint, _ = verifier.checkpoint_of(note.encode(), keys)
            verifier.check_inclusion(*asked, checkpoint.size, proof, checkpoint.root)

        assert refused(whole) == vector["wantErr"], name


def test_tlog_proof_parse(shared: Path) -> None:
    for name, vector in vectors(shared, "tlog_proof_parse"):
        if vector["wantErr"]:
            assert refused(lambda: verifier.parse_proof(vector["text"].encode())), name  # noqa: B023
        else:
            index, hashes, _ = verifier.parse_proof(vector["text"].encode())
            told = [base64.b64encode(one).decode() for one in hashes]
            assert (index, told) == (vector["index"], vector["hashes"]), name


def test_cosignature_lines_of_others_are_passed_over(shared: Path) -> None:
    for name, vector in vectors(shared, "cosignature_v1"):
        with pytest.raises(verifier.Refused) as said:
            verifier.open_note(vector["note"].encode(), [verifier.parse_vkey(LogKey().vkey)])
        assert said.value.key == "signature.other-key", name


# Without the shared material: RFC 8032, section 7.1, whose public keys and signatures are known facts.
RFC_8032 = """
d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
-
e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0
595bbe24655141438e7a100b

3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c
72
92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eae
b4302aeeb00d291612bb0c00
"""


@pytest.mark.parametrize("vector", RFC_8032.split("\n\n"))
def test_the_signatures_of_rfc_8032_hold(vector: str) -> None:
    key, text, *signature = vector.split()
    message, sig = bytes.fromhex(text.strip("-")), bytes.fromhex("".join(signature))
    assert verifier.signed_by(bytes.fromhex(key), message, sig)
    assert not verifier.signed_by(bytes.fromhex(key), message + b"\0", sig)
