"""What an auditor need not take from us: programs that others wrote accept our notes, proofs and roots.

Go's checksum database has its own implementation of notes and trees; Debian packages it. pymerkle is
another, in Python, whose licence keeps it out of our process: it runs in an environment of its own.
Neither is needed to run or to build anything: where they cannot be had these tests say so and are skipped.
"""

from __future__ import annotations

import base64
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cases.audit import note, tree
from cases.audit.note import Checkpoint, SigningKey
from tests import apart
from tests.cases.audit.naive import Table, table_of
from tests.trail.gophers import answers, built

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
package main

import (
	"encoding/json"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind        string
	Key, Note   string
	Proof       []tlog.Hash
	Size, Old   int64
	Root, Known tlog.Hash
}

type answer struct {
	Said  string
	Error string
}

func ask(q question) (string, error) {
	switch q.Kind {
	case "open":
		verifier, err := note.NewVerifier(q.Key)
		if err != nil {
			return "", err
		}
		opened, err := note.Open([]byte(q.Note), note.VerifierList(verifier))
		if err != nil {
			return "", err
		}
		return opened.Text, nil
	case "sign":
		signer, err := note.NewSigner(q.Key)
		if err != nil {
			return "", err
		}
		signed, err := note.Sign(&note.Note{Text: q.Note}, signer)
		return string(signed), err
	case "record":
		return "", tlog.CheckRecord(q.Proof, q.Size, q.Root, q.Old, q.Known)
	default:
		return "", tlog.CheckTree(q.Proof, q.Size, q.Root, q.Old, q.Known)
	}
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	answers := make([]answer, len(questions))
	for i, q := range questions {
		said, err := ask(q)
		answers[i].Said = said
		if err != nil {
			answers[i].Error = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
"""
"""Answers a list of questions read as JSON; its judgements are the packages' own."""

KEY = SigningKey("integrity.example/audit/1", bytes(range(32)))
SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 300, 700)
LEAVES = [b"leaf %d" % number for number in range(max(SIZES))]


@pytest.fixture(scope="module")
def gopher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, compiled from Debian's sources."""
    return built(PROGRAM, tmp_path_factory.mktemp("gopher"))


@cache
def table() -> Table:
    """The log."""
    return table_of([tree.leaf_hash(leaf) for leaf in LEAVES], tree.grown)


def packed(data: bytes) -> str:
    """Bytes as Go reads them from JSON."""
    return base64.b64encode(data).decode()


def record(index: int, size: int) -> dict[str, Any]:
    """Is this leaf in this tree?"""
    return {
        "Kind": "record",
        "Proof": [packed(one) for one in tree.inclusion(table(), index, size)],
        "Size": size,
        "Root": packed(tree.root(table(), size)),
        "Old": index,
        "Known": packed(tree.leaf_hash(LEAVES[index])),
    }


def growth(first: int, second: int) -> dict[str, Any]:
    """Is this tree the beginning of that one?"""
    return {
        "Kind": "tree",
        "Proof": [packed(one) for one in tree.consistency(table(), first, second)],
        "Size": second,
        "Root": packed(tree.root(table(), second)),
        "Old": first,
        "Known": packed(tree.root(table(), first)),
    }


def test_go_opens_our_checkpoints_and_signs_them_as_we_do(gopher: Path) -> None:
    vkey, skey = note.vkey(KEY.verifier), note.skey(KEY)
    texts = [Checkpoint(KEY.name, size, tree.root(table(), size)).text() for size in SIZES]
    notes = [note.sign(text, KEY).decode() for text in texts]
    opened = answers(gopher, [{"Kind": "open", "Key": vkey, "Note": one} for one in notes])
    assert [one["Said"] for one in opened] == texts
    signed = answers(gopher, [{"Kind": "sign", "Key": skey, "Note": one} for one in texts])
    assert [one["Said"] for one in signed] == notes


def test_go_opens_no_checkpoint_that_was_changed(gopher: Path) -> None:
    signed = note.sign(Checkpoint(KEY.name, 7, tree.root(table(), 7)).text(), KEY).decode()
    other = SigningKey(KEY.name, bytes(32))
    questions = [
        {"Kind": "open", "Key": note.vkey(KEY.verifier), "Note": signed.replace("\n7\n", "\n8\n")},
        {"Kind": "open", "Key": note.vkey(other.verifier), "Note": signed},
    ]
    assert all(one["Error"] for one in answers(gopher, questions))


def test_go_accepts_our_inclusion_proofs_and_nothing_else(gopher: Path) -> None:
    asked = [record(index, size) for size in SIZES for index in {0, size // 3, size - 1}]
    assert [one["Error"] for one in answers(gopher, asked)] == [""] * len(asked)
    altered = [{**one, "Known": packed(tree.leaf_hash(b"another leaf"))} for one in asked]
    altered += [{**one, "Proof": [*one["Proof"], one["Known"]]} for one in asked]
    assert all(one["Error"] for one in answers(gopher, altered))


def test_go_accepts_our_consistency_proofs_and_nothing_else(gopher: Path) -> None:
    asked = [growth(first, second) for second in SIZES for first in SIZES if first <= second]
    assert [one["Error"] for one in answers(gopher, asked)] == [""] * len(asked)
    altered = [{**one, "Known": packed(tree.leaf_hash(b"another past"))} for one in asked]
    altered += [{**one, "Proof": [*one["Proof"], one["Known"]]} for one in asked]
    assert all(one["Error"] for one in answers(gopher, altered))


ROOTS = """
import sys
from pymerkle import InmemoryTree

tree = InmemoryTree(algorithm="sha256")
for line in sys.stdin:
    tree.append_entry(bytes.fromhex(line))
    print(tree.get_root().hex())
"""


def test_pymerkle_has_the_same_roots() -> None:
    python = apart.environment(apart.ROOT / "tools" / "pymerkle.lock")
    asked = "".join(f"{leaf.hex()}\n" for leaf in LEAVES)
    done = subprocess.run(
        [python, "-c", ROOTS], input=asked, capture_output=True, text=True, check=True
    )
    roots = done.stdout.split()
    assert len(roots) == len(LEAVES)
    assert [roots[size - 1] for size in SIZES] == [tree.root(table(), n).hex() for n in SIZES]
