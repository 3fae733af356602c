"""The auditor's own checker recomputes a whole log, and names each thing that was done to it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trail.breakages import BROKEN, SIZE, Break, change_line, flip
from tests.trail.sample_log import (
    CASES,
    EMPTY,
    START,
    STEP,
    VERIFIER,
    LogKey,
    Sample,
    a_log,
    checkpoint,
    found,
    hash_of,
    root,
    run,
    verifier,
)

if TYPE_CHECKING:
    from pathlib import Path

VKEY = LogKey().vkey


def words(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


# --- Honest logs ------------------------------------------------------------------------------------


@given(size=st.integers(1, 600))
def test_an_honest_log_of_any_size_passes_every_check(
    size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sample = a_log(size)
    folder = sample.write(tmp_path_factory.mktemp("log"))
    older = folder / "checkpoints"
    older.mkdir()
    for earlier in {1, size // 2 or 1, size}:
        (older / str(earlier)).write_bytes(sample.note(earlier))
    receipts = folder / "journal"
    receipts.write_text("\n".join(hashed.hex() for hashed in sample.hashes))
    code, checks = found("log", folder, "--vkey", VKEY, "--receipts", receipts)
    assert code == 0
    assert set(checks.values()) == {"ok"}
    assert {"root.ok", "tiles.ok", "receipts.ok", "held.same", "body.ok", "time.ok"} <= set(checks)


def test_an_empty_log_holds_nothing_and_is_honest(tmp_path: Path) -> None:
    folder = Sample([]).write(tmp_path)
    (folder / "events").mkdir()
    code, checks = found("log", folder, "--vkey", VKEY)
    assert (code, checks["root.ok"], checks["time.no-heartbeat"]) == (0, "ok", "note")
    assert Sample([]).note() == checkpoint(0, EMPTY, LogKey())


def test_a_tile_that_has_grown_since_its_checkpoint_still_serves_it(tmp_path: Path) -> None:
    sample = a_log(SIZE)
    folder = sample.write(tmp_path)
    (folder / "checkpoint").write_bytes(sample.note(200))
    assert found("log", folder, "--vkey", VKEY)[0] == 0


def test_a_folder_without_events_says_that_they_are_not_shown(tmp_path: Path) -> None:
    sample = a_log(20)
    (tmp_path / "checkpoint").write_bytes(sample.note())
    sample.write_tiles(tmp_path)
    code, checks = found("log", tmp_path, "--vkey", VKEY)
    assert code == 0
    assert checks["missing.not-shown"] == "note"
    assert checks["root.ok"] == "ok"


def test_what_an_auditor_may_not_see_is_no_error(tmp_path: Path) -> None:
    sample = a_log(SIZE)
    walled = [i for i, event in enumerate(sample.events) if event.body["case"] == CASES[1]]
    folder = sample.write(tmp_path, hidden=walled)
    (folder / "events" / "PARTIAL").touch()
    code, out = run("log", folder, "--vkey", VKEY)
    assert code == 0
    assert f"{len(walled)} texts are not shown to you" in words(out)


def erasing(size: int, *, case: str | None, hide: int = 3) -> tuple[Sample, list[int]]:
    """A log in which the first events of a case were erased, with the notice that says so."""
    sample = a_log(size)
    gone = [i for i, event in enumerate(sample.events) if event.body["case"] == CASES[0]][:hide]
    ranges = [[index, index] for index in gone]
    sample.append(
        "audit.body_erased",
        actor={"t": "system", "id": None, "s": None},
        case=case,
        d={"count": len(gone), "ranges": ranges},
    )
    return sample, gone


@pytest.mark.parametrize("case", [None, CASES[0]])
def test_texts_erased_with_a_notice_leave_the_log_honest(case: str | None, tmp_path: Path) -> None:
    sample, gone = erasing(SIZE, case=case)
    folder = sample.write(tmp_path, hidden=gone)
    code, checks = found("log", folder, "--vkey", VKEY)
    assert code == 0
    assert checks["missing.erased"] == checks["numbers.erased"] == "note"
    assert checks["missing.none"] == "ok"


def test_a_notice_covers_nothing_that_came_after_it(tmp_path: Path) -> None:
    sample = a_log(40)
    index = sample.append("audit.body_erased", d={"count": 100, "ranges": [[0, 99]]})
    later = sample.append("record.read", case=CASES[0])
    code, checks = found("log", sample.write(tmp_path, hidden=[3, later]), "--vkey", VKEY)
    assert code == 40
    assert (checks["missing.erased"], checks["missing.taken"]) == ("note", "invalid")
    assert index < later


def test_one_notice_does_not_excuse_more_gaps_than_it_erased(tmp_path: Path) -> None:
    sample, gone = erasing(SIZE, case=None, hide=1)
    changes = [i for i, event in enumerate(sample.events) if event.body["seq"] in (4, 5)]
    for index in reversed(changes):
        del sample.events[index]
    assert found("log", sample.write(tmp_path, hidden=gone), "--vkey", VKEY)[0] == 40


def test_a_change_that_is_on_its_way_is_no_gap(tmp_path: Path) -> None:
    sample = a_log(24)
    last = sample.append("case.status", case=CASES[0], seq=99)
    at = last * STEP + timedelta(seconds=50)
    sample.append("log.heartbeat", at=START + at)
    code, checks = found("log", sample.write(tmp_path / "now"), "--vkey", VKEY)
    assert (code, checks["numbers.on-their-way"]) == (0, "note")
    sample.append("log.heartbeat", at=START + at + timedelta(minutes=15))
    code, checks = found("log", sample.write(tmp_path / "later"), "--vkey", VKEY)
    assert (code, checks["numbers.gap"]) == (40, "invalid")


def test_a_log_that_begins_anew_goes_on_with_the_numbers_of_its_cases(tmp_path: Path) -> None:
    sample = Sample([])
    sample.append("log.epoch", actor={"t": "system", "id": None, "s": None})
    sample.append("case.status", case=CASES[0], seq=17)
    sample.append("case.status", case=CASES[0], seq=18)
    assert found("log", sample.write(tmp_path), "--vkey", VKEY)[0] == 0


def test_what_reporters_do_bears_a_day_and_is_held_against_no_clock(tmp_path: Path) -> None:
    sample = a_log(16)
    sample.append("case.submitted")
    sample.events[-1].body["at"] = "2026-10-30"
    assert found("log", sample.write(tmp_path), "--vkey", VKEY)[0] == 0


def test_a_pause_of_the_service_is_told_and_is_no_error(tmp_path: Path) -> None:
    sample = a_log(9)
    at = START + timedelta(hours=6)
    sample.append("case.status", at=at - timedelta(hours=2), case=CASES[0], seq=2)
    sample.append("log.heartbeat", at=at)
    code, out = run("log", sample.write(tmp_path), "--vkey", VKEY)
    assert code == 0
    assert "2026-11-02T08:02:40Z – 2026-11-02T14:00:00Z" in words(out)


STRANGE = [
    {"id": CASES[0]},
    {"kind": None},
    {"at": "2026-11-02T08:00:00"},
    {"at": 7},
    {"d": []},
    {"case": 7},
    {"seq": "1"},
    {"seen": True},
    {"kind": "audit.body_erased", "d": {"ranges": 7}},
    {"kind": "audit.body_erased", "d": {"ranges": [[1]]}},
    {"kind": "audit.body_erased", "d": {"ranges": [["1", "2"]]}},
]


@pytest.mark.parametrize("said", STRANGE)
def test_a_text_that_no_service_writes_is_named(said: dict[str, object], tmp_path: Path) -> None:
    sample = a_log(8)
    index = sample.append("record.read")
    folder = sample.write(tmp_path)
    event = sample.events[index]
    honest = event.event_id
    event.body |= said
    leaf = b"\x01" + honest.bytes + event.leaf[17:]
    hashes = [*sample.hashes[:-1], hash_of(leaf)]
    (folder / "checkpoint").write_bytes(checkpoint(9, root(hashes), sample.key))
    for path, length, told in (("entries", 51, b"\0\x31" + leaf), ("0", 32, hashes[-1])):
        tile = folder / f"tile/{path}/000.p/9"
        tile.write_bytes(tile.read_bytes()[:-length] + told)
    change_line(folder, index, body=event.line(index)["body"])
    code, checks = found("log", folder, "--vkey", VKEY)
    assert (code, checks["root.ok"], checks["body.strange"]) == (40, "ok", "invalid")


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '{"leaf_index": 1}',
        '{"leaf_index": 1, "event_id": 7, "body": "", "salt": ""}',
        json.dumps(a_log(300).events[270].line(270)),
        json.dumps(a_log(8).events[2].line(2)),
    ],
)
def test_a_file_of_events_that_cannot_be_read_decides_nothing(line: str, tmp_path: Path) -> None:
    folder = a_log(8).write(tmp_path)
    with (folder / "events" / "000.jsonl").open("a") as file:
        file.write(line + "\n")
    assert found("log", folder, "--vkey", VKEY)[1]["file.form"] == "bad-input"


def test_events_newer_than_the_checkpoint_are_left_for_the_next(tmp_path: Path) -> None:
    sample = a_log(20)
    folder = sample.write(tmp_path)
    (folder / "checkpoint").write_bytes(sample.note(10))
    sample.events[10:] = []
    sample.write_tiles(folder)
    code, out = run("log", folder, "--vkey", VKEY)
    assert code == 0
    assert "10 of 10 texts" in words(out)


def test_a_file_without_receipts_decides_nothing(tmp_path: Path) -> None:
    folder = a_log(8).write(tmp_path / "log")
    (tmp_path / "journal").write_text("nothing here\n")
    asked = ("log", folder, "--vkey", VKEY, "--receipts", tmp_path / "journal")
    assert found(*asked)[1]["receipts.none"] == "bad-input"


def test_large_numbers_are_written_as_the_tiles_of_others_write_them() -> None:
    assert verifier.numbered(1_234_067) == "x001/x234/067"
    assert verifier.numbered(999) == "999"
    assert verifier.Tile(1, 1000, 3).path == "tile/1/x001/000.p/3"


def test_receipts_are_found_in_a_journal_however_it_is_written(tmp_path: Path) -> None:
    sample = a_log(9)
    one, two, three = (hashed.hex() for hashed in sample.hashes[:3])
    journal = tmp_path / "journal"
    journal.write_text(
        f"{one.upper()}\n"
        "a line about something else\n"
        f'Nov 02 08:00:01 host tribune[1]: {{"audit_receipt":"{two}"}}\n'
        f'{{"MESSAGE":"{{\\"audit_receipt\\": \\"{three}\\"}}"}}\n'
    )
    folder = sample.write(tmp_path / "log")
    code, out = run("log", folder, "--vkey", VKEY, "--receipts", journal)
    assert code == 0
    assert "All 3 receipts are entries" in out


# --- Broken ones ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("breaks", "code", "english", "french"), BROKEN)
def test_each_thing_that_was_done_is_named_in_both_languages(
    breaks: Break, code: int, english: str, french: str, tmp_path: Path
) -> None:
    more = breaks(a_log(SIZE), tmp_path / "log")
    for language, sentence in (("en", english), ("fr", french)):
        came, out = run("--lang", language, "log", tmp_path / "log", "--vkey", VKEY, *more)
        assert sentence in words(out)
        assert came == code
        assert f"{code})" in words(out).rpartition("Res" if language == "en" else "Rés")[2]


@settings(max_examples=60)
@given(data=st.data())
def test_no_bit_of_what_is_handed_out_can_be_flipped(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    size = data.draw(st.integers(1, 300))
    folder = a_log(size).write(tmp_path_factory.mktemp("log"))
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".jsonl")
    path = data.draw(st.sampled_from(files))
    raw = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    path.write_bytes(raw)
    code, _ = found("log", folder, "--vkey", VKEY)
    assert code == 40 or (code == 1 and path.name == "checkpoint")


# --- As a program -----------------------------------------------------------------------------------


def program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", VERIFIER, *map(str, arguments)],
        capture_output=True,
        check=False,
        cwd=VERIFIER.anchor,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environment},
    )


def test_it_runs_alone_without_packages_from_anywhere(tmp_path: Path) -> None:
    sample = a_log(10)
    folder = sample.write(tmp_path / "log")
    (tmp_path / "key").write_text(f"# from the paper\n{VKEY}\n")
    done = program("log", folder, "--vkey", tmp_path / "key")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Result: all that was checked holds." in done.stdout
    flip(folder / "tile/0/000.p/10")
    done = program("log", folder, "--vkey", tmp_path / "key", LANG="fr_FR.UTF-8")
    assert done.returncode == 40
    assert "NON VALIDE (code 40)" in words(done.stdout)


def test_it_imports_nothing_but_the_standard_library_and_reads_as_python_3_9() -> None:
    tree = ast.parse(VERIFIER.read_text("utf-8"), feature_version=(3, 9))
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names
