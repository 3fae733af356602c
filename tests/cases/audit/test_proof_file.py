"""Proof files: what was written is read back, and nothing that is spelled otherwise."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.audit import note, proof_file, tree
from cases.audit.note import Checkpoint, SigningKey
from cases.audit.proof_file import ProofFile, ProofFileInvalid
from tests.cases.audit import naive
from tests.cases.audit.naive import table_of
from tests.cases.sealing.vectors import Vector, cases

if TYPE_CHECKING:
    from pathlib import Path

HASH = base64.b64encode(bytes(32)).decode()
HEADER = "c2sp.org/tlog-proof@v1"


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.binary(),
)
def test_a_proof_is_read_back(index: int, hashes: list[bytes], kept: str, extra: bytes) -> None:
    text = proof_file.written(index, hashes, kept, extra)
    assert proof_file.parse(text) == ProofFile(index, tuple(hashes), kept, extra)


def test_the_format_is_that_of_the_specification() -> None:
    text = proof_file.written(73_894, [bytes(32)], "the note\n", b"more")
    assert text == f"{HEADER}\nextra bW9yZQ==\nindex 73894\n{HASH}\n\nthe note\n"
    assert proof_file.written(0, [], "the note\n") == f"{HEADER}\nindex 0\n\nthe note\n"


def test_a_proof_from_the_tree_shows_what_it_says_to_whoever_has_the_key() -> None:
    leaves = [naive.leaf(number) for number in range(300)]
    table, key = table_of(leaves, tree.grown), SigningKey("integrity.example/audit/1", bytes(32))
    checkpoint = Checkpoint(key.name, 300, tree.root(table, 300))
    signed = note.sign(checkpoint.text(), key).decode()
    text = proof_file.written(280, tree.inclusion(table, 280, 300), signed)
    found = proof_file.parse(text)
    held = note.parse_checkpoint(note.open_note(found.note.encode(), [key.verifier]).text)
    tree.verify_inclusion(leaves[280], found.index, held.size, found.hashes, held.root)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        HEADER,
        f"{HEADER}\n\nnote",
        f"{HEADER}\nindex 0",
        f"{HEADER}\nindex 0\n",
        f"{HEADER}\nindex 0\n\n",
        f"{HEADER}\nindex 0\nnote\n",
        f"{HEADER}\nindex 00\n\nnote",
        f"{HEADER}\nindex +1\n\nnote",
        f"{HEADER}\nindex {2**63}\n\nnote",
        f"{HEADER}\nindex  1\n\nnote",
        f"{HEADER}\nIndex 1\n\nnote",
        f"{HEADER}\nindex 1 \n\nnote",
        f"{HEADER}\nindex 1\nextra AAAA\n\nnote",
        f"{HEADER}\nextra AAAA\nextra AAAA\nindex 1\n\nnote",
        f"{HEADER}\nextra AAAB=\nindex 1\n\nnote",
        f"{HEADER}\nextra AA\nindex 1\n\nnote",
        f"{HEADER}\nindex 1\nindex 1\n\nnote",
        f"{HEADER}\nindex 1\nAAAA\n\nnote",
        f"{HEADER}\nindex 1\n{HASH} \n\nnote",
        f"{HEADER}\r\nindex 1\r\n\r\nnote",
        f"{HEADER}\nindex 1\n" + f"{HASH}\n" * 64 + "\nnote",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nnote",
        f" {HEADER}\nindex 0\n\nnote",
    ],
)
def test_what_is_no_proof_file_is_refused(text: str) -> None:
    with pytest.raises(ProofFileInvalid):
        proof_file.parse(text)


@cases("proof")
def test_proof_files_are_those_of_the_vectors(vector: Vector) -> None:
    found = proof_file.parse(vector["file"])
    assert (found.index, found.extra.hex()) == (vector["index"], vector["extra"])
    assert proof_file.written(found.index, found.hashes, found.note, found.extra) == vector["file"]
    keys = map(note.parse_vkey, vector["vkeys"])
    held = note.parse_checkpoint(note.open_note(found.note.encode(), keys).text)
    leaf = tree.leaf_hash(bytes.fromhex(vector["leaf"]))
    tree.verify_inclusion(leaf, found.index, held.size, found.hashes, held.root)


def test_files_are_judged_as_others_judge_them(shared: Path) -> None:
    files = sorted((shared / "vectors" / "tlog_proof_parse").glob("*.json"))
    assert files
    for file in files:
        vector = json.loads(file.read_bytes())
        try:
            found = proof_file.parse(vector["text"])
        except ProofFileInvalid:
            assert vector["wantErr"], file.stem
            continue
        assert not vector["wantErr"], file.stem
        hashes = [base64.b64encode(one).decode() for one in found.hashes]
        assert (found.index, hashes) == (vector["index"], vector["hashes"])
