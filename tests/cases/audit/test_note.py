"""Signed notes, keys and checkpoints: read as strictly as others read them, and written as they do."""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey as OtherKey

from cases.audit import note, tree
from cases.audit.note import (
    COSIGNATURE,
    Checkpoint,
    NoteInvalid,
    SignatureInvalid,
    SigningKey,
    Unverified,
    Verifier,
)
from tests.cases.sealing.vectors import Vector, cases

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "integrity.example/audit/1"
KEY = SigningKey(ORIGIN, bytes(range(32)))
OTHER = SigningKey("witness.example", bytes(range(1, 33)))
TEXT = "What was said\nand signed.\n"

VISIBLE = st.characters(codec="utf-8", min_codepoint=0x20)
TEXTS = st.lists(st.text(VISIBLE | st.just("\n")), min_size=1).map(
    lambda lines: "\n".join(lines) + "\n"
)
NAMES = st.text(VISIBLE, min_size=1).filter(
    lambda name: "+" not in name and not re.search(r"\s", name) and name.split() == [name]
)
SEEDS = st.binary(min_size=32, max_size=32)
ROOTS = st.binary(min_size=32, max_size=32)


def a_line(name: str = "somebody.example", data: bytes = b"\0\0\0\0signature") -> str:
    """A signature line of nobody known."""
    return f"— {name} {base64.b64encode(data).decode()}\n"


def cosigned(key: SigningKey, text: str, time: int) -> str:
    """The line of a witness, made by another implementation of Ed25519."""
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    signature = OtherKey(key.seed).sign(message).signature
    key_id = Verifier(key.name, key.verifier.public_key, COSIGNATURE).key_id
    return a_line(key.name, key_id + struct.pack(">Q", time) + signature)


@given(TEXTS, st.lists(st.builds(SigningKey, NAMES, SEEDS), min_size=1, max_size=4, unique=True))
def test_what_was_signed_opens_again_whoever_signed_it(text: str, keys: list[SigningKey]) -> None:
    signed = note.sign(text, *keys)
    assert note.sign(text, *keys) == signed
    opened = note.open_note(signed, [key.verifier for key in keys])
    assert (opened.text, opened.unknown) == (text, ())
    assert [one.name for one in opened.verified] == [key.name for key in keys]
    for key in keys:
        assert note.open_note(signed, [key.verifier]).text == text
    assert signed.decode() == text + "\n" + "".join(one.line for one in opened.verified)


@given(SEEDS, TEXTS)
def test_signatures_are_those_of_another_implementation(seed: bytes, text: str) -> None:
    line = note.sign(text, SigningKey("a", seed)).decode().rpartition("\n\n")[2]
    raw = base64.b64decode(line.split()[2])[4:]
    assert raw == OtherKey(seed).sign(text.encode()).signature


@given(NAMES, SEEDS)
def test_keys_are_read_back_as_they_were_written(name: str, seed: bytes) -> None:
    key = SigningKey(name, seed)
    assert note.parse_signer(note.skey(key)) == key
    witness = Verifier(name, key.verifier.public_key, COSIGNATURE)
    for verifier in (key.verifier, witness):
        assert note.parse_vkey(note.vkey(verifier)) == verifier
    assert key.verifier.key_id != witness.key_id


def test_a_new_key_is_another_one_and_does_not_show_its_seed() -> None:
    one, two = note.new_signer(ORIGIN), note.new_signer(ORIGIN)
    assert one.name == ORIGIN
    assert one.seed != two.seed
    assert one.seed.hex() not in repr(one)
    assert repr(one.seed) not in repr(one)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2028", "\u3000", "a\x01", "\n"])
def test_a_name_that_no_line_could_hold_is_refused(name: str) -> None:
    with pytest.raises(NoteInvalid):
        note.new_signer(name)
    with pytest.raises(NoteInvalid):
        note.parse_vkey(note.vkey(Verifier(name, KEY.verifier.public_key)))
    with pytest.raises(NoteInvalid):
        note.parse_signer(note.skey(SigningKey(name, KEY.seed)))


@pytest.mark.parametrize("text", [note.vkey(KEY.verifier), note.skey(KEY)])
def test_a_key_with_one_character_gone_or_another_is_refused(text: str) -> None:
    read = note.parse_signer if text.startswith("PRIVATE") else note.parse_vkey
    read(text)
    for place, sign in enumerate(text):
        for wrong in ("", chr(ord(sign) + 1), sign + sign, sign.swapcase()):
            altered = text[:place] + wrong + text[place + 1 :]
            if altered != text:
                with pytest.raises(NoteInvalid):
                    read(altered)


@pytest.mark.parametrize("kind", [0x00, 0x02, 0x05, 0x06, 0xFF])
def test_a_key_of_an_unknown_kind_is_refused_though_its_id_is_right(kind: int) -> None:
    strange = note.vkey(Verifier("a", KEY.verifier.public_key, kind))
    with pytest.raises(NoteInvalid, match="kind"):
        note.parse_vkey(strange)
    with pytest.raises(NoteInvalid, match="kind"):
        note.parse_signer("PRIVATE+KEY+" + strange)


def test_signatures_of_others_are_ignored_and_told_apart() -> None:
    signed = note.sign(TEXT, OTHER, KEY).decode() + a_line() + a_line() + a_line(ORIGIN)
    opened = note.open_note(signed.encode(), [KEY.verifier])
    assert [one.name for one in opened.verified] == [ORIGIN]
    assert [one.name for one in opened.unknown] == ["witness.example", "somebody.example", ORIGIN]
    assert all(one.time is None for one in (*opened.verified, *opened.unknown))


def test_a_bad_signature_of_a_known_key_is_fatal_wherever_it_stands() -> None:
    right = note.sign(TEXT, KEY).decode()
    for forged in (KEY.verifier.key_id + bytes(64), KEY.verifier.key_id + b"short"):
        bad = a_line(ORIGIN, forged)
        text, _, line = right.rpartition("\n\n")
        with pytest.raises(SignatureInvalid):
            note.open_note(f"{text}\n\n{bad}{line}".encode(), [KEY.verifier])
        both = note.sign(TEXT, OTHER).decode() + bad
        with pytest.raises(SignatureInvalid):
            note.open_note(both.encode(), [OTHER.verifier, KEY.verifier])


def test_of_two_signatures_of_one_key_the_first_counts() -> None:
    twice = note.sign(TEXT, KEY, KEY).decode() + a_line(ORIGIN, KEY.verifier.key_id + bytes(64))
    assert len(note.open_note(twice.encode(), [KEY.verifier, KEY.verifier]).verified) == 1


@given(st.integers(0))
def test_a_note_changed_in_any_bit_is_refused(bit: int) -> None:
    signed = note.sign(TEXT, KEY)
    altered = bytearray(signed)
    altered[bit // 8 % len(signed)] ^= 1 << bit % 8
    with pytest.raises(NoteInvalid):
        note.open_note(bytes(altered), [KEY.verifier])


@pytest.mark.parametrize("verifiers", [[], [OTHER.verifier]])
def test_a_note_that_nobody_known_has_signed_is_not_opened(verifiers: list[Verifier]) -> None:
    with pytest.raises(Unverified):
        note.open_note(note.sign(TEXT, KEY), verifiers)


def test_sixteen_signatures_are_read_a_hundred_too_and_one_more_is_refused() -> None:
    signed = note.sign(TEXT, KEY).decode()
    for lines in (15, 99):
        many = signed + "".join(a_line(f"{number}") for number in range(lines))
        assert len(note.open_note(many.encode(), [KEY.verifier]).unknown) == lines
    with pytest.raises(NoteInvalid, match="too many"):
        note.open_note((signed + a_line() * 100).encode(), [KEY.verifier])


def test_a_note_of_a_megabyte_is_read_and_not_a_byte_more() -> None:
    spare = note.NOTE_BYTES - len(note.sign("\n", KEY))
    assert len(note.open_note(note.sign("a" * spare + "\n", KEY), [KEY.verifier]).text) == spare + 1
    with pytest.raises(NoteInvalid, match="too long"):
        note.open_note(note.sign("a" * (spare + 1) + "\n", KEY), [KEY.verifier])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "— a",
        "— a ",
        "- a AAAAAAAA\n",
        "— a AAAAAAAA",
        "— a AAAAAAAA\n\n",
        "— a AAAAAA==\n",
        "— a AAAAAAA\n",
        "— a AAAAAAB=\n",
        "— a  AAAAAAAA\n",
        "— a AAAAAAAA AAAAAAAA\n",
        "—  AAAAAAAA\n",
        "— a+b AAAAAAAA\n",
        "— a\u00a0b AAAAAAAA\n",
        "— a AAAA\rAAAA\n",
        "— a ÄAAAAAAA\n",
        "and more text\n",
    ],
)
def test_a_note_with_a_line_that_is_no_signature_is_malformed(line: str) -> None:
    signed = note.sign(TEXT, KEY).decode()
    note.open_note((signed + "— a AAAAAAAA\n").encode(), [KEY.verifier])
    if line:
        with pytest.raises(NoteInvalid) as refused:
            note.open_note((signed + line).encode(), [KEY.verifier])
        assert not isinstance(refused.value, SignatureInvalid | Unverified)
    with pytest.raises(NoteInvalid) as refused:
        note.open_note((TEXT + "\n" + line).encode(), [KEY.verifier])
    assert not isinstance(refused.value, SignatureInvalid | Unverified)


def test_two_keys_that_a_line_cannot_tell_apart_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twin = Verifier(ORIGIN, OTHER.verifier.public_key)
    monkeypatch.setattr(Verifier, "key_id", property(lambda _: b"same"))
    with pytest.raises(NoteInvalid, match="share"):
        note.open_note(note.sign(TEXT, KEY), [KEY.verifier, twin])


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "a\r\n", "\x00\n"])
def test_what_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        note.sign(text, KEY)
    with pytest.raises(NoteInvalid):
        note.sign(TEXT)


@given(TEXTS, st.integers(0, 2**63 - 1))
def test_a_witness_is_understood_and_its_time_told(text: str, time: int) -> None:
    witness = Verifier(OTHER.name, OTHER.verifier.public_key, COSIGNATURE)
    line = cosigned(OTHER, text, time)
    opened = note.open_note(note.sign(text, KEY) + line.encode(), [KEY.verifier, witness])
    assert [one.time for one in opened.verified] == [None, time]
    assert opened.verified[1].line == line


def test_a_witness_who_dates_itself_otherwise_or_past_all_time_is_a_forger() -> None:
    witness = Verifier(OTHER.name, OTHER.verifier.public_key, COSIGNATURE)
    moved = bytearray(base64.b64decode(cosigned(OTHER, TEXT, 1).split()[2]))
    moved[11] = 2
    for line in (a_line(OTHER.name, bytes(moved)), cosigned(OTHER, TEXT, 2**63)):
        with pytest.raises(SignatureInvalid):
            note.open_note((TEXT + "\n" + line).encode(), [witness])


@given(NAMES, st.integers(0, 2**63 - 1), ROOTS, st.lists(st.text(VISIBLE, min_size=1), max_size=3))
def test_a_checkpoint_is_read_back_and_what_others_add_to_it_is_let_pass(
    origin: str, size: int, root: bytes, added: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert checkpoint.text().count("\n") == 3
    extended = checkpoint.text() + "".join(f"{line}\n" for line in added)
    assert note.parse_checkpoint(extended) == checkpoint


ROOT = base64.b64encode(tree.EMPTY_ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"a\n1\n{ROOT}",
        f"1\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"a\n01\n{ROOT}\n",
        f"a\n-1\n{ROOT}\n",
        f"a\n+1\n{ROOT}\n",
        f"a\n 1\n{ROOT}\n",
        f"a\n\u0661\n{ROOT}\n",
        f"a\n{2**63}\n{ROOT}\n",
        f"a\n\n{ROOT}\n",
        "a\n1\n\n",
        "a\n1\nAAAA\n",
        f"a\n1\n{ROOT[:-1]}\n",
        f"a\n1\n{ROOT[:-2]}V=\n",
        f"a\n1\n{ROOT}\n\n",
        f"a\n1\n{ROOT}\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        note.parse_checkpoint(text)


@cases("checkpoint")
def test_checkpoints_are_those_of_the_vectors(vector: Vector) -> None:
    key = note.parse_signer(vector["skey"])
    assert (key.name, key.seed.hex()) == (vector["origin"], vector["seed"])
    assert note.vkey(key.verifier) == vector["vkey"]
    checkpoint = Checkpoint(vector["origin"], vector["size"], bytes.fromhex(vector["root"]))
    known = [note.parse_vkey(vector[one]) for one in ("vkey", "witness") if one in vector]
    opened = note.open_note(vector["note"].encode(), known)
    assert note.parse_checkpoint(opened.text) == checkpoint
    ours, *witnesses = opened.verified
    assert note.sign(checkpoint.text(), key).decode() == opened.text + "\n" + ours.line
    assert [one.time for one in witnesses] == [
        vector[one] for one in ("witnessed_at",) if one in vector
    ]


@cases("checkpoint-refused")
def test_checkpoints_that_must_not_be_accepted_are_not(vector: Vector) -> None:
    with pytest.raises(NoteInvalid):
        note.open_note(vector["note"].encode(), map(note.parse_vkey, vector["vkeys"]))


def vectors(shared: Path, folder: str) -> list[dict[str, Any]]:
    """The vectors of a folder; that there are any is part of the test."""
    found = [json.loads(file.read_bytes()) for file in (shared / "vectors" / folder).glob("*.json")]
    assert found
    return found


def opened_or_refused(signed: bytes, vkeys: list[str]) -> note.Opened | None:
    """The note, or None if it was refused."""
    try:
        return note.open_note(signed, [note.parse_vkey(one) for one in vkeys])
    except NoteInvalid:
        return None


def test_notes_are_judged_as_others_judge_them(shared: Path) -> None:
    for vector in vectors(shared, "signed_note_open"):
        opened = opened_or_refused(base64.b64decode(vector["note_b64"]), vector["vkeys"])
        assert (opened is None) is vector["wantErr"]
        if opened:
            assert [one.name for one in opened.verified] == vector["verified"]


def test_keys_are_judged_as_others_judge_them(shared: Path) -> None:
    for vector in vectors(shared, "signed_note_vkey"):
        try:
            assert note.vkey(note.parse_vkey(vector["vkey"])) == vector["vkey"]
            assert not vector["wantErr"]
        except NoteInvalid:
            assert vector["wantErr"]


def test_the_same_key_signs_the_same_note_as_another_program(shared: Path) -> None:
    for vector in vectors(shared, "signed_note_sign"):
        key = note.parse_signer(vector["skey"])
        assert note.skey(key) == vector["skey"]
        assert note.vkey(key.verifier) == vector["vkey"]
        assert note.sign(vector["text"], key).decode() == vector["want_note"]


def test_notes_from_the_world_are_opened(shared: Path) -> None:
    for vector in vectors(shared, "signed_note_real"):
        opened = opened_or_refused(vector["note"].encode(), [vector["vkey"]])
        assert (opened is None) is vector["wantErr"]
        if opened and vector.get("checkpoint"):
            checkpoint = note.parse_checkpoint(opened.text)
            assert (checkpoint.origin, checkpoint.size) == (vector["origin"], vector["size"])
            assert checkpoint.text() == opened.text


def test_witnesses_of_the_world_are_understood(shared: Path) -> None:
    for vector in vectors(shared, "cosignature_v1"):
        opened = opened_or_refused(vector["note"].encode(), vector["cosigner_vkeys"])
        assert (opened is None) is vector["wantErr"]
        if opened:
            assert len(opened.verified) == len(vector["cosigner_vkeys"])
            assert all(one.time for one in opened.verified)


def test_checkpoints_and_proofs_of_another_log_are_judged_as_others_judge_them(
    shared: Path,
) -> None:
    for vector in vectors(shared, "rekor_v2_checkpoint_proof"):
        assert rekor_accepts(vector) is not vector["wantErr"]


def rekor_accepts(vector: dict[str, Any]) -> bool:
    """Whether a leaf is shown to be in the tree of the checkpoint, as the log itself signed it."""
    opened = opened_or_refused(vector["checkpoint"].encode(), vector["vkeys"])
    if opened is None:
        return False
    try:
        checkpoint = note.parse_checkpoint(opened.text)
        tree.verify_inclusion(
            base64.b64decode(vector["leaf_hash_b64"]),
            vector["index"],
            checkpoint.size,
            [base64.b64decode(one) for one in vector["proof"]],
            checkpoint.root,
        )
    except (NoteInvalid, tree.ProofInvalid):
        return False
    stated = (vector["tree_size"], base64.b64decode(vector["root_b64"]))
    signers = {one.name for one in opened.verified}
    return stated == (checkpoint.size, checkpoint.root) and checkpoint.origin in signers
