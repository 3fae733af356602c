"""The checker judges events that were handed over by themselves, and says what such a folder cannot show."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.trail.sample_log import (
    CASES,
    EMPTY,
    LogKey,
    Sample,
    a_log,
    checkpoint,
    found,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = LogKey()
SAMPLE = a_log(90)
MINE = [i for i, event in enumerate(SAMPLE.events) if event.body["case"] == CASES[0]]
CHANGES = [i for i in MINE if SAMPLE.events[i].body["seq"] is not None]
SECOND = LogKey(name="integrity.example.gov/audit/2")


def judged(folder: Path, *more: object) -> tuple[int, dict[str, str]]:
    return found("bundle", folder, "--vkey", KEY.vkey, *more)


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All the events of a case."""
    return SAMPLE.hand_over(tmp_path_factory.mktemp("case"), MINE)


@pytest.fixture
def folder(handed_over: Path, tmp_path: Path) -> Path:
    """A copy, to be broken."""
    return shutil.copytree(handed_over, tmp_path / "case")


def test_the_events_of_a_case_stand_by_themselves(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "held").write_bytes(SAMPLE.note())
    code, checks = judged(folder, "--held", tmp_path / "held")
    assert (code, checks.pop("bundle.part")) == (0, "note")
    names = {"signature.ok", "held.same", "bundle.ok", "numbers.ok", "seen.ok"}
    assert checks == dict.fromkeys(names, "ok")
    code, out = run("--lang", "fr", "bundle", folder, "--vkey", KEY.vkey)
    assert code == 0
    assert f"[OK] Événements remis : Chacun des {len(MINE)} événements" in " ".join(out.split())


@pytest.mark.parametrize("gone", [CHANGES[0], CHANGES[3]])
def test_a_change_that_was_not_handed_over_is_asked_for(gone: int, tmp_path: Path) -> None:
    folder = SAMPLE.hand_over(tmp_path, [index for index in MINE if index != gone])
    code, checks = judged(folder)
    assert (code, checks["bundle.ok"], checks["numbers.not-here"]) == (0, "ok", "note")


def test_a_log_that_was_begun_anew_has_no_first_change_of_an_older_case(tmp_path: Path) -> None:
    key = LogKey(name="integrity.example.gov/audit/2")
    sample = Sample([], key)
    for number in (17, 18):
        sample.append("case.status", case=CASES[0], seq=number)
    code, checks = found("bundle", sample.hand_over(tmp_path, [0, 1]), "--vkey", key.vkey)
    assert (code, checks["numbers.ok"]) == (0, "ok")


def test_what_else_lies_in_the_folder_is_named_and_vouched_for_by_nobody(folder: Path) -> None:
    (folder / "README.txt").write_text("Believe me.")
    (folder / "events" / "007.json").write_text("{}")
    code, out = run("bundle", folder, "--vkey", KEY.vkey)
    assert code == 0
    assert "not looked at: README.txt, events/007.json." in " ".join(out.split())


def change(name: str, told: bytes) -> Callable[[Path], object]:
    """Put something else into a file."""
    return lambda folder: (folder / name).write_bytes(told)


def swap_two(folder: Path) -> None:
    """Let two events change places."""
    for kind in ("events/{}.json", "events/{}.salt"):
        one, other = (folder / kind.format(index) for index in MINE[:2])
        whole = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(whole)


def give_another_number(folder: Path) -> None:
    """Say of an event that it is another leaf, with all that belongs to it."""
    for kind in ("events/{}.json", "events/{}.salt", "proofs/{}.tlog-proof"):
        (folder / kind.format(MINE[0])).rename(folder / kind.format(MINE[0] + 1))


def empty(folder: Path) -> None:
    """Hand over nothing but a promise."""
    shutil.rmtree(folder / "events")
    shutil.rmtree(folder / "proofs")


EVENT, SALT, PROOF = (
    kind.format(MINE[1]) for kind in ("events/{}.json", "events/{}.salt", "proofs/{}.tlog-proof")
)
OTHER_ROOT = checkpoint(90, EMPTY, KEY)
BROKEN: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "events swapped": (swap_two, 40, "its proof do not lead to the signed checkpoint"),
    "another number": (give_another_number, 40, "its proof do not lead to the signed checkpoint"),
    "another salt": (change(SALT, bytes(32)), 40, "its proof do not lead to the signed checkpoint"),
    "a short salt": (change(SALT, bytes(31)), 1, "its salt is not written as it must be"),
    "a base64 salt of another length": (change(SALT, b"AAAA"), 40, "one of them was altered"),
    "no event": (change(EVENT, b"[]"), 1, "its salt is not written as it must be"),
    "no proof file": (change(PROOF, b"index 1\n"), 1, "This is no proof file"),
    "a text gone": (lambda folder: (folder / EVENT).unlink(), 1, "is not there"),
    "a salt gone": (lambda folder: (folder / SALT).unlink(), 1, "is not there"),
    "a proof gone": (lambda folder: (folder / PROOF).unlink(), 1, "is not there"),
    "only a proof left": (empty, 1, "There is no event in"),
    "two stories": (
        change(PROOF, SAMPLE.proof(MINE[1]).partition(b"\n\n")[0] + b"\n\n" + OTHER_ROOT),
        30,
        "TWO STORIES. Its proof leads to",
    ),
    "an older checkpoint": (
        change(PROOF, a_log(80).proof(MINE[1])),
        1,
        "Its proof leads to another checkpoint (integrity.example.gov/audit/1, 80 events)",
    ),
    "a checkpoint of nobody": (
        change("checkpoint", checkpoint(90, EMPTY, LogKey(bytes(32)))),
        40,
        "Nobody whose key you gave signed this",
    ),
}


@pytest.mark.parametrize(("breaks", "code", "sentence"), BROKEN.values(), ids=BROKEN)
def test_what_was_done_to_the_folder_is_named(
    breaks: Callable[[Path], object], code: int, sentence: str, folder: Path
) -> None:
    breaks(folder)
    came, out = run("bundle", folder, "--vkey", KEY.vkey)
    assert sentence in " ".join(out.split())
    assert came == code


def test_two_changes_with_one_number_and_one_that_knew_too_much_are_named(tmp_path: Path) -> None:
    sample = a_log(20)
    twice = sample.append("case.status", case=CASES[1], seq=1)
    ahead = sample.append("record.read", case=CASES[1], seen=50)
    strange = sample.append("record.read", case=CASES[1])
    sample.events[strange].body["at"] = "yesterday"
    bodies = [event.body for event in sample.events]
    first = next(i for i, body in enumerate(bodies) if (body["case"], body["seq"]) == (CASES[1], 1))
    code, checks = judged(sample.hand_over(tmp_path, [first, twice, ahead, strange]))
    assert code == 40
    wrong = {key for key, outcome in checks.items() if outcome == "invalid"}
    assert wrong == {"numbers.twice", "seen.wrong", "bundle.event"}
