"""The checker's small commands: one statement, one event, two statements."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trail.sample_log import (
    EMPTY,
    ORIGIN,
    LogKey,
    Sample,
    a_log,
    base64_of,
    checkpoint,
    consistency,
    found,
    inclusion,
    root,
    run,
    signed,
    verifier,
)

if TYPE_CHECKING:
    from pathlib import Path

KEY = LogKey()
VKEY = KEY.vkey
SAMPLE = a_log(90)
HASHES = SAMPLE.hashes
ORDER = 2**252 + 27742317777372353535851937790883648493


def put(path: Path, told: object) -> Path:
    """A file with bytes as they are, or anything else as JSON."""
    path.write_bytes(told if isinstance(told, bytes) else json.dumps(told).encode())
    return path


# --- Signatures -------------------------------------------------------------------------------------


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), data=st.data())
@settings(max_examples=40)
def test_signatures_are_judged_as_other_software_judges_them(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verifier.signed_by(public, message, signature)
    bit = data.draw(st.integers(0, 511))
    changed = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
    with pytest.raises(InvalidSignature):
        private.public_key().verify(changed, message)
    assert not verifier.signed_by(public, message, changed)
    assert not verifier.signed_by(public, message + b"\0", signature)


def test_a_signature_has_no_second_form() -> None:
    public, signature = KEY.private.public_key().public_bytes_raw(), KEY.private.sign(b"x")
    s = int.from_bytes(signature[32:], "little") + ORDER
    assert not verifier.signed_by(public, b"x", signature[:32] + s.to_bytes(32, "little"))
    assert not verifier.signed_by(public, b"x", signature + b"\0")


@pytest.mark.parametrize(
    "encoded",
    [
        (2**255 - 19).to_bytes(32, "little"),  # y is not below the field's size
        (1 | 1 << 255).to_bytes(32, "little"),  # x is 0 and said to be odd
        (2).to_bytes(32, "little"),  # no x belongs to it
    ],
)
def test_what_is_no_point_of_the_curve_is_no_key(encoded: bytes) -> None:
    assert not verifier.signed_by(encoded, b"x", KEY.private.sign(b"x"))


@given(at=st.integers(0, len(VKEY) - 1))
def test_a_key_line_with_one_sign_wrong_or_missing_is_refused(at: int) -> None:
    for line in (VKEY[:at] + VKEY[at + 1 :], VKEY[:at] + chr(ord(VKEY[at]) + 1) + VKEY[at + 1 :]):
        with pytest.raises(verifier.Refused):
            verifier.parse_vkey(line)


# --- checkpoint -------------------------------------------------------------------------------------


def test_a_checkpoint_is_signed_and_fits_one_that_is_held(tmp_path: Path) -> None:
    note = put(tmp_path / "now", SAMPLE.note())
    older = put(tmp_path / "older", SAMPLE.note(40))
    key = put(tmp_path / "key", f"\ufeff# the log's key\r\n{VKEY}\r\n".encode())
    code, checks = found("checkpoint", note, "--vkey", key, "--held", note, "--held", older)
    assert (code, checks) == (
        0,
        {"signature.ok": "ok", "held.same": "ok", "held.not-compared": "note"},
    )


def test_two_signed_roots_of_one_size_are_two_stories(tmp_path: Path) -> None:
    note = put(tmp_path / "now", SAMPLE.note())
    other = put(tmp_path / "other", checkpoint(len(HASHES), root(HASHES[1:]), KEY))
    for language, words in (("en", "TWO STORIES"), ("fr", "DEUX HISTOIRES")):
        code, out = run("--lang", language, "checkpoint", note, "--vkey", VKEY, "--held", other)
        assert code == 30
        assert words in out


def test_checkpoints_of_two_logs_are_not_compared(tmp_path: Path) -> None:
    later = LogKey(name="integrity.example.gov/audit/2")
    note = put(tmp_path / "now", checkpoint(3, root(HASHES[:3]), later, later.name))
    held = put(tmp_path / "held", SAMPLE.note())
    asked = ("checkpoint", note, "--vkey", VKEY, "--vkey", later.vkey, "--held", held)
    code, checks = found(*asked)
    assert (code, checks["held.other-log"]) == (0, "note")


def test_during_a_change_of_keys_either_key_will_do(tmp_path: Path) -> None:
    new = LogKey(bytes(32))
    text = SAMPLE.note().decode().partition("\n\n")[0] + "\n"
    note = put(tmp_path / "now", signed(text, KEY, new))
    for vkey in (VKEY, new.vkey):
        assert found("checkpoint", note, "--vkey", vkey)[0] == 0
    neither = LogKey(bytes([1] * 32)).vkey
    code, checks = found("checkpoint", note, "--vkey", neither)
    assert (code, checks) == (40, {"signature.other-key": "invalid"})


def changed(old: str, new: str) -> bytes:
    note = SAMPLE.note().decode()
    assert old in note
    return note.replace(old, new, 1).encode()


def with_lines(count: int) -> bytes:
    """A note with so many signatures by others above the log's own."""
    text, _, line = SAMPLE.note().decode().partition("\n\n")
    others = "".join(f"— witness.example/{n} {base64_of(bytes(9))}\n" for n in range(count - 1))
    return (text + "\n\n" + others + line).encode()


def statement(*lines: str) -> bytes:
    return signed("".join(line + "\n" for line in lines), KEY)


ROOT = base64_of(root(HASHES))


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"what is this?",
        SAMPLE.note() + b"\x01",
        SAMPLE.note() + b"one line more\n",
        SAMPLE.note()[:-1],
        changed("\n", "\r\n"),
        changed("— ", "- "),
        SAMPLE.note().replace("—".encode(), b"\xff"),
        SAMPLE.note()[:-2] + b"\n",
        SAMPLE.note() + b"\xe2\x80\x94 a b\n",
        SAMPLE.note() + "— a AAAA\n".encode(),
        SAMPLE.note() + "— a+b AAAAAAAA\n".encode(),
        SAMPLE.note() + "—  AAAAAAAA\n".encode(),
        with_lines(101),
        with_lines(30_000),
        statement(ORIGIN, "90"),
        statement("90", ROOT),
        statement(ORIGIN, "090", ROOT),
        statement(ORIGIN, "-1", ROOT),
        statement(ORIGIN, "9" * 19, ROOT),
        statement(ORIGIN, "90", ROOT[:-4]),
        statement(ORIGIN, "90", "not base64"),
        statement(ORIGIN, "90", ROOT, ""),
    ],
)
def test_what_is_no_checkpoint_decides_nothing(note: bytes, tmp_path: Path) -> None:
    code, checks = found("checkpoint", put(tmp_path / "now", note), "--vkey", VKEY)
    assert (code, checks) == (1, {"signature.malformed": "bad-input"})


@pytest.mark.parametrize("note", [with_lines(100), statement(ORIGIN, "90", ROOT, "more", "yet")])
def test_lines_by_others_are_passed_over(note: bytes, tmp_path: Path) -> None:
    assert found("checkpoint", put(tmp_path / "now", note), "--vkey", VKEY)[0] == 0


# --- inclusion --------------------------------------------------------------------------------------


def answer(sample: Sample, index: int) -> dict[str, Any]:
    """The service's answer to who asks for the proof of an event."""
    hashes = sample.hashes
    return {
        "leaf_index": index,
        "tree_size": len(hashes),
        "leaf_hash": base64_of(hashes[index]),
        "hashes": [base64_of(hashed) for hashed in inclusion(hashes, index)],
        "checkpoint": sample.note().decode(),
    }


def event(sample: Sample, index: int) -> dict[str, Any]:
    """Its answer to who asks for the event."""
    return sample.events[index].line(index) | {"leaf": base64_of(sample.events[index].leaf)}


def proof_file(sample: Sample, index: int, *, extra: str = "") -> bytes:
    lines = [f"{base64_of(hashed)}\n" for hashed in inclusion(sample.hashes, index)]
    head = f"c2sp.org/tlog-proof@v1\n{extra}index {index}\n{''.join(lines)}\n"
    return head.encode() + sample.note()


@settings(max_examples=30)
@given(size=st.integers(1, 300), data=st.data())
def test_every_event_is_shown_to_be_in_the_log(
    size: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sample, folder = a_log(size), tmp_path_factory.mktemp("proof")
    index = data.draw(st.integers(0, size - 1))
    body = put(folder / "event", event(sample, index))
    for told in (
        answer(sample, index),
        proof_file(sample, index),
        proof_file(sample, index, extra="extra AAAA\n"),
    ):
        proof = put(folder / "proof", told)
        code, checks = found("inclusion", proof, "--body", body, "--vkey", VKEY)
        assert code == 0
        assert checks == {"signature.ok": "ok", "body.read": "ok", "inclusion.ok": "ok"}


@pytest.mark.parametrize("written", [bytes, lambda raw: raw.hex().encode(), base64.b64encode])
def test_a_text_alone_is_checked_with_its_salt(written: Any, tmp_path: Path) -> None:  # noqa: ANN401
    proof = put(tmp_path / "proof", proof_file(SAMPLE, 33))
    body = put(tmp_path / "body", SAMPLE.events[33].raw)
    salt = put(tmp_path / "salt", written(SAMPLE.events[33].salt))
    asked = ("inclusion", proof, "--body", body, "--salt", salt, "--vkey", VKEY)
    assert found(*asked)[0] == 0
    put(body, SAMPLE.events[33].raw.replace(b"T05", b"T06").replace(b"record", b"recorD"))
    assert found(*asked) == (
        40,
        {"signature.ok": "ok", "body.read": "ok", "inclusion.wrong": "invalid"},
    )


def test_the_end_of_a_salt_is_never_taken_for_text(tmp_path: Path) -> None:
    told = SAMPLE.events[33]
    shifted = told.line(33) | {"leaf": base64_of(told.leaf)}
    shifted |= {"salt": base64_of(told.salt[:-1]), "body": base64_of(told.salt[-1:] + told.raw)}
    proof = put(tmp_path / "proof", proof_file(SAMPLE, 33))
    code, checks = found(
        "inclusion", proof, "--body", put(tmp_path / "event", shifted), "--vkey", VKEY
    )
    assert (code, checks["body.altered"]) == (40, "invalid")


def test_a_receipt_is_shown_to_be_in_the_log(tmp_path: Path) -> None:
    proof = put(tmp_path / "proof", proof_file(SAMPLE, 33))
    asked = ("inclusion", proof, "--vkey", VKEY, "--receipt")
    assert found(*asked, HASHES[33].hex())[0] == 0
    assert found(*asked, HASHES[34].hex()) == (
        40,
        {"signature.ok": "ok", "inclusion.wrong": "invalid"},
    )
    assert found(*asked, "12ab")[1]["receipts.form"] == "bad-input"


def test_an_answer_without_its_event_shows_only_what_it_names(tmp_path: Path) -> None:
    proof = put(tmp_path / "proof", answer(SAMPLE, 33))
    code, checks = found("inclusion", proof, "--vkey", VKEY)
    assert (code, checks["body.not-given"], checks["inclusion.ok"]) == (0, "note", "ok")
    proof = put(tmp_path / "proof", proof_file(SAMPLE, 33))
    assert found("inclusion", proof, "--vkey", VKEY)[1]["inclusion.nothing"] == "bad-input"


def test_the_entry_of_an_erased_event_is_still_in_the_log(tmp_path: Path) -> None:
    proof = put(tmp_path / "proof", answer(SAMPLE, 33))
    erased = put(tmp_path / "event", event(SAMPLE, 33) | {"body": None, "salt": None})
    code, checks = found("inclusion", proof, "--body", erased, "--vkey", VKEY)
    assert (code, checks["body.not-shown"], checks["inclusion.ok"]) == (0, "note", "ok")


OTHER = event(SAMPLE, 34) | {"leaf_index": 33}
STRANGE = Sample([*a_log(33).events])
STRANGE.append("record.read", seen="much")


@pytest.mark.parametrize(
    ("proof", "told", "key"),
    [
        (answer(SAMPLE, 33) | {"leaf_index": 32}, event(SAMPLE, 32), "inclusion.another"),
        (answer(SAMPLE, 33) | {"leaf_index": 32}, None, "inclusion.wrong"),
        (answer(SAMPLE, 33) | {"leaf_index": 90}, None, "inclusion.wrong"),
        (answer(SAMPLE, 33) | {"hashes": []}, None, "inclusion.wrong"),
        (answer(SAMPLE, 33) | {"hashes": ["AAAA"]}, None, "inclusion.wrong"),
        (answer(SAMPLE, 33) | {"hashes": [ROOT] * 64}, None, "inclusion.wrong"),
        (answer(SAMPLE, 33) | {"tree_size": 91}, None, "inclusion.size"),
        (answer(SAMPLE, 33), event(SAMPLE, 34), "inclusion.another"),
        (answer(SAMPLE, 33), OTHER, "inclusion.another"),
        (answer(SAMPLE, 33), event(SAMPLE, 33) | {"body": base64_of(b"{}")}, "body.altered"),
        (answer(SAMPLE, 33), event(SAMPLE, 33) | {"salt": ROOT}, "body.altered"),
        (answer(SAMPLE, 33), event(SAMPLE, 33) | {"leaf": ROOT}, "body.altered"),
        (answer(STRANGE, 33), event(STRANGE, 33), "body.strange"),
    ],
)
def test_a_proof_that_shows_something_else_is_refused(
    proof: dict[str, Any], told: dict[str, Any] | None, key: str, tmp_path: Path
) -> None:
    more = [] if told is None else ["--body", put(tmp_path / "event", told)]
    asked = ("inclusion", put(tmp_path / "proof", proof), "--vkey", VKEY, *more)
    code, checks = found(*asked)
    assert (code, checks[key]) == (40, "invalid")


@pytest.mark.parametrize(
    "proof",
    [
        b"{",
        answer(SAMPLE, 33) | {"leaf_index": "33"},
        answer(SAMPLE, 33) | {"leaf_index": True},
        answer(SAMPLE, 33) | {"leaf_hash": "===="},
        answer(SAMPLE, 33) | {"hashes": None},
        answer(SAMPLE, 33) | {"hashes": [1]},
        answer(SAMPLE, 33) | {"checkpoint": None},
        {},
        b'{"a":' * 100_000,
        b"c2sp.org/tlog-proof@v2\nindex 1\n\nx\n",
        b"c2sp.org/tlog-proof@v1\n\nx\n",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\nx\n",
        b"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nx\n",
        b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx\n",
        b"c2sp.org/tlog-proof@v1\nindex 1\n",
    ],
)
def test_what_is_no_proof_decides_nothing(proof: object, tmp_path: Path) -> None:
    told = put(tmp_path / "proof", proof)
    body = put(tmp_path / "event", event(SAMPLE, 33))
    assert found("inclusion", told, "--body", body, "--vkey", VKEY)[0] == 1


@pytest.mark.parametrize(
    "told", [b"", b"[]", b"{}", {"event_id": 7}, event(SAMPLE, 33) | {"salt": None}]
)
def test_what_is_no_event_decides_nothing(told: object, tmp_path: Path) -> None:
    proof = put(tmp_path / "proof", answer(SAMPLE, 33))
    asked = ("inclusion", proof, "--body", put(tmp_path / "event", told), "--vkey", VKEY)
    assert found(*asked)[1]["body.form"] == "bad-input"


# --- consistency ------------------------------------------------------------------------------------


def grown(first: int, second: int, hashes: list[bytes]) -> dict[str, Any]:
    proof = consistency(hashes[:second], first)
    return {"first": first, "second": second, "hashes": [base64_of(hashed) for hashed in proof]}


@settings(max_examples=30)
@given(data=st.data())
def test_a_log_that_only_grew_is_shown_to_begin_with_the_older_one(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    second = data.draw(st.integers(2, len(HASHES)))
    first = data.draw(st.integers(1, second - 1))
    folder = tmp_path_factory.mktemp("proof")
    one = put(folder / "one", SAMPLE.note(first))
    two = put(folder / "two", SAMPLE.note(second))
    told = grown(first, second, HASHES)
    code, checks = found("consistency", one, two, put(folder / "proof", told), "--vkey", VKEY)
    assert (code, checks["consistency.ok"]) == (0, "ok")

    other = [*HASHES]
    other[data.draw(st.integers(0, first - 1))] = bytes(32)
    two = put(folder / "two", checkpoint(second, root(other[:second]), KEY))
    for hashes in (HASHES, other):
        proof = put(folder / "proof", grown(first, second, hashes))
        code, checks = found("consistency", one, two, proof, "--vkey", VKEY)
        assert (code, checks["consistency.wrong"]) == (30, "inconsistent")


def test_two_checkpoints_of_one_size_need_no_proof(tmp_path: Path) -> None:
    one = put(tmp_path / "one", SAMPLE.note())
    assert found("consistency", one, one, "--vkey", VKEY)[1]["held.same"] == "ok"
    two = put(tmp_path / "two", checkpoint(len(HASHES), EMPTY, KEY))
    code, checks = found("consistency", one, two, "--vkey", VKEY)
    assert (code, checks["held.two-stories"]) == (30, "inconsistent")


@pytest.mark.parametrize(
    ("one", "two", "proof", "key"),
    [
        (SAMPLE.note(50), SAMPLE.note(40), grown(40, 50, HASHES), "consistency.order"),
        (SAMPLE.note(40), SAMPLE.note(50), grown(40, 51, HASHES), "consistency.sizes"),
        (SAMPLE.note(40), SAMPLE.note(50), None, "consistency.no-proof"),
        (SAMPLE.note(0), SAMPLE.note(50), {}, "consistency.no-proof"),
        (SAMPLE.note(40), SAMPLE.note(50), {}, "file.form"),
        (SAMPLE.note(40), SAMPLE.note(50), [], "file.form"),
        (SAMPLE.note(40), SAMPLE.note(50), b"\xff", "file.form"),
    ],
)
def test_what_shows_no_growth_decides_nothing(
    one: bytes, two: bytes, proof: object, key: str, tmp_path: Path
) -> None:
    more = [] if proof is None else [put(tmp_path / "proof", proof)]
    files = (put(tmp_path / "one", one), put(tmp_path / "two", two))
    code, checks = found("consistency", *files, *more, "--vkey", VKEY)
    assert (code, checks[key]) == (1, "bad-input")


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 5), (5, 4), (5, 5), (-1, 5), (1, 2)])
def test_nothing_is_shown_by_an_empty_proof_of_growth(first: int, second: int) -> None:
    with pytest.raises(verifier.Refused):
        verifier.check_consistency(
            first, second, [], root(HASHES[:1]), root(HASHES[: max(second, 0)])
        )


def test_two_logs_are_not_compared(tmp_path: Path) -> None:
    later = LogKey(name="integrity.example.gov/audit/2")
    one = put(tmp_path / "one", SAMPLE.note())
    two = put(tmp_path / "two", checkpoint(99, EMPTY, later, later.name))
    asked = ("consistency", one, two, "--vkey", VKEY, "--vkey", later.vkey)
    assert found(*asked)[1]["consistency.other-log"] == "bad-input"
