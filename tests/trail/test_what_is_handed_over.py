"""What an auditor hands on of one case can be checked without us, and no byte of it can be altered.

What is handed on is what the service gives out: of each event of a case its text, its salt and its proof,
and the checkpoint that the proofs lead to. Two programs judge it, the one file that auditors are given and one
in Go that knows of ours only what these pages say of the formats.

Covered is each byte of each of these files as the service writes them, and of the key that they are checked
with. Not covered are bytes that such a file need not have: an `extra` line of a proof, and signatures by keys
that nobody here knows, mean nothing to anybody and may be altered. Go reads a key and a signature in
more than one spelling of the same bytes (`spellings`), which is no other content.
"""

from __future__ import annotations

import base64
import json
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cases.audit import proof_file
from tests.api.trailing import vkey
from tests.trail.at_the_door import fetch
from tests.trail.gophers import answers, built
from tests.trail.sample_log import LogKey, found, verifier
from tests.world import a_world, lightly, run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = r"""
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Key, Checkpoint, Body, Salt, Proof []byte
	Index                              int64
}

type answer struct {
	Error string
}

func root(signed []byte, verifiers note.Verifiers) (tlog.Tree, error) {
	var tree tlog.Tree
	opened, err := note.Open(signed, verifiers)
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != opened.Sigs[0].Name {
		return tree, errors.New("not a checkpoint of this log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func check(q question) error {
	verifier, err := note.NewVerifier(strings.TrimSuffix(string(q.Key), "\n"))
	if err != nil {
		return err
	}
	tree, err := root(q.Checkpoint, note.VerifierList(verifier))
	if err != nil {
		return err
	}

	head, signed, _ := strings.Cut(string(q.Proof), "\n\n")
	own, err := root([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(head, "\n")
	stated := "index " + strconv.FormatInt(q.Index, 10)
	if own != tree || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != stated {
		return errors.New("not the proof of this event")
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil || base64.StdEncoding.EncodeToString(hash[:]) != line {
			return errors.New("not a hash")
		}
		proof = append(proof, hash)
	}

	var body struct{ ID string }
	if err := json.Unmarshal(q.Body, &body); err != nil {
		return err
	}
	id, err := hex.DecodeString(strings.ReplaceAll(body.ID, "-", ""))
	if err != nil || len(id) != 16 || len(q.Salt) != 32 {
		return errors.New("not an event")
	}
	label := []byte("tribune/v1/audit/body\x00")
	commitment := sha256.Sum256(bytes.Join([][]byte{label, q.Salt, q.Body}, nil))
	leaf := bytes.Join([][]byte{{1}, id, commitment[:]}, nil)
	return tlog.CheckRecord(proof, tree.N, tree.Hash, q.Index, tlog.RecordHash(leaf))
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	answers := make([]answer, len(questions))
	for i, q := range questions {
		if err := check(q); err != nil {
			answers[i].Error = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
"""
"""Judges one event after the other by what was handed over of it."""


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What was fetched of one of two cases, and the key as it stands on paper."""
    folder = tmp_path_factory.mktemp("handed") / "over"
    with ExitStack() as undo:
        undo.enter_context(lightly())
        world = a_world(run_folder(pytestconfig), "sqlite", undo)
        world.life(world.report(body="Somebody else's matter.", office="harbour"))
        life = world.life(body="Containers leave without papers.").acknowledged()
        life.do("triage", "start_triage")
        world.sequencing.turn()  # what the reporter did becomes a leaf …
        world.clock.move(minutes=16)  # … that the published checkpoint covers
        assert fetch(world, folder, "--case", life.reference) == (0, {"fetch.case": "ok"})
        (folder.parent / "key").write_text(vkey(world), "utf-8")
        patch = undo.enter_context(pytest.MonkeyPatch.context())
        # Worked out once: the command line is read, and the honest signature judged, a thousand times.
        whole = verifier.parser(verifier.Report("en"))
        patch.setattr(verifier, "parser", lambda _: whole)
        patch.setattr(verifier, "signed_by", cache(verifier.signed_by))
        yield folder


def handed_over(folder: Path) -> list[dict[str, Any]]:
    """The same as questions to the program in Go."""
    questions = []
    for body in sorted((folder / "events").glob("*.json")):
        index = int(body.stem)
        files = {
            "Key": folder.parent / "key",
            "Checkpoint": folder / "checkpoint",
            "Body": body,
            "Salt": body.with_suffix(".salt"),
            "Proof": folder / "proofs" / f"{index}.tlog-proof",
        }
        told = {name: packed(path.read_bytes()) for name, path in files.items()}
        questions.append({"Index": index, **told})
    return questions


BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def packed(data: bytes) -> str:
    """Bytes as Go reads them from JSON."""
    return base64.b64encode(data).decode()


def altered(data: bytes) -> Iterator[bytes]:
    """The same with one byte altered, for each byte; and with the last one missing, or one added."""
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        yield bytes(changed)
    yield data[:-1]
    yield data + b"\0"


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """What was handed over of one event, the shortest, with the key, to be altered."""
    index = min(folder.glob("events/*.json"), key=lambda path: path.stat().st_size).stem
    parts = [f"events/{index}.json", f"events/{index}.salt", f"proofs/{index}.tlog-proof"]
    for name in ("checkpoint", "../key", *parts):
        path = tmp_path / "copy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((folder / name).read_bytes())
    return tmp_path / "copy"


def judged(folder: Path) -> tuple[int, dict[str, str]]:
    """What the auditors' program says of a folder."""
    return found("bundle", folder, "--vkey", folder.parent / "key")


def test_what_was_handed_over_of_a_case_is_all_there_and_stands(folder: Path) -> None:
    bodies = [json.loads(path.read_bytes()) for path in folder.glob("events/*.json")]
    assert len({body["case"] for body in bodies}) == 1
    kinds = {body["kind"] for body in bodies}
    assert {"case.submitted", "case.status", "case.read"} <= kinds
    code, outcomes = judged(folder)
    assert (code, outcomes.pop("bundle.part")) == (0, "note")
    assert set(outcomes.values()) == {"ok"}
    assert {"signature.ok", "bundle.ok", "numbers.ok", "seen.ok"} <= set(outcomes)


def test_each_event_that_was_handed_over_is_in_the_log_by_itself(folder: Path) -> None:
    for body in folder.glob("events/*.json"):
        proof = folder / "proofs" / f"{body.stem}.tlog-proof"
        given = ("--body", body, "--salt", body.with_suffix(".salt"))
        code, outcomes = found("inclusion", proof, *given, "--vkey", folder.parent / "key")
        assert (code, outcomes["inclusion.ok"]) == (0, "ok")


def test_no_byte_of_what_was_handed_over_can_be_altered(copy: Path) -> None:
    files = [path for path in (*copy.rglob("*"), copy.parent / "key") if path.is_file()]
    assert len(files) == 5
    passed = []
    for path in files:
        honest = path.read_bytes()
        for at, changed in enumerate(altered(honest)):
            path.write_bytes(changed)
            if judged(copy)[0] not in {1, 40}:
                passed.append((path.name, at))
        path.write_bytes(honest)
    assert passed == []
    assert judged(copy)[0] == 0


def test_go_accepts_what_was_handed_over_and_no_byte_of_it_altered(
    folder: Path, copy: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gopher = built(PROGRAM, tmp_path_factory.mktemp("gopher"))
    honest = handed_over(folder)
    assert [one["Error"] for one in answers(gopher, honest)] == [""] * len(honest)
    [event] = handed_over(copy)
    tried = [
        (name, data, changed)
        for name in ("Key", "Checkpoint", "Body", "Salt", "Proof")
        for data in [base64.b64decode(event[name])]
        for changed in (*altered(data), *spellings(name, data))
    ]
    said = answers(gopher, [event | {name: packed(changed)} for name, _, changed in tried])
    accepted = [one for one, answer in zip(tried, said, strict=True) if not answer["Error"]]
    assert accepted == [one for one in tried if one[2] in spellings(*one[:2])]
    swapped = [event | {"Index": event["Index"] + 1}]
    swapped += [event | {"Proof": other["Proof"]} for other in honest if other != event]
    assert all(one["Error"] for one in answers(gopher, swapped))


def spellings(name: str, data: bytes) -> list[bytes]:
    """What Go takes for the same bytes, spelled otherwise; our own program takes none of it.

    In a key it reads hex digits of either case. Of a signature it does not look at the two bits that the
    last sign of its base64 has to spare.
    """
    if name == "Key":
        _, digits, _ = data.split(b"+", 2)
        at = data.index(b"+") + 1
        return [
            data[: at + place] + digits[place : place + 1].upper() + data[at + place + 1 :]
            for place in range(len(digits))
            if digits[place : place + 1].isalpha()
        ]
    if name in {"Checkpoint", "Proof"}:
        *_, last, equals, end = data
        assert bytes([equals, end]) == b"=\n"
        value = BASE64.index(last)
        return [
            data[:-3] + BASE64[value + spare : value + spare + 1] + b"=\n" for spare in (1, 2, 3)
        ]
    return []


def test_what_go_reads_in_spite_of_its_spelling_is_refused(folder: Path, copy: Path) -> None:
    [proof] = copy.glob("proofs/*")
    given = (("Key", copy.parent / "key"), ("Checkpoint", copy / "checkpoint"), ("Proof", proof))
    for name, path in given:
        honest = path.read_bytes()
        for changed in spellings(name, honest):
            path.write_bytes(changed)
            assert judged(copy)[0] == 1, (name, changed)
        path.write_bytes(honest)
    assert judged(folder)[0] == judged(copy)[0] == 0


def test_what_nobody_vouches_for_may_be_altered(copy: Path) -> None:
    [path] = copy.glob("proofs/*")
    proof = proof_file.parse(path.read_text("utf-8"))
    path.write_text(proof_file.written(proof.index, proof.hashes, proof.note, b"a remark"), "utf-8")
    assert judged(copy)[0] == 0
    stranger = LogKey(bytes(32), "witness.example").line("whatever\n")
    (copy / "checkpoint").write_text(proof.note + stranger, "utf-8")
    assert judged(copy)[0] == 0
