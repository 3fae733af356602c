"""What somebody may do to a log before it is handed out, and the sentence that must name it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.trail.sample_log import (
    CASES,
    START,
    STEP,
    LogKey,
    Sample,
    a_log,
    checkpoint,
    hash_of,
    root,
    second,
)

SIZE = 300


def flip(path: Path, at: int = -1) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def change_line(folder: Path, index: int, **told: object) -> None:
    path = folder / "events" / f"{index // 256:03d}.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    changed = [line | told if line["leaf_index"] == index else line for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in changed))


Break = Callable[[Sample, Path], list[object]]
"""Does something to a log, writes it to a folder, and says what else the command is given."""

HELD = 100


def body_edited(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    event = sample.events[10]
    event.body["actor"]["id"] = CASES[2]
    change_line(folder, 10, body=event.line(10)["body"])
    return []


def salt_changed(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    change_line(folder, 10, salt=sample.events[11].line(11)["salt"])
    return []


def body_of_another(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    change_line(folder, 10, **(sample.events[11].line(11) | {"leaf_index": 10}))
    return []


def body_taken(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder, hidden=[10])
    return []


def bodies_taken(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    (folder / "events" / "001.jsonl").unlink()
    return []


def body_of_nobody(sample: Sample, folder: Path) -> list[object]:
    sample.events[10].body["at"] = "yesterday"
    sample.write(folder)
    return []


def leaf_swapped(sample: Sample, folder: Path) -> list[object]:
    note = sample.note()
    sample.events[20], sample.events[21] = sample.events[21], sample.events[20]
    sample.write(folder)
    (folder / "checkpoint").write_bytes(note)
    return []


def leaf_of_another_kind(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    flip(folder / "tile/entries/000", 2)
    return []


def entries_cut(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    path = folder / f"tile/entries/001.p/{SIZE - 256}"
    path.write_bytes(path.read_bytes()[:-51])
    return []


def tile_bit(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    flip(folder / "tile/0/000", 77)
    return []


def upper_tile_bit(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    flip(folder / "tile/1/000.p/1")
    return []


def root_of_another(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    (folder / "checkpoint").write_bytes(checkpoint(SIZE, root(sample.hashes[1:]), sample.key))
    return []


def signed_by_another(sample: Sample, folder: Path) -> list[object]:
    """The log's name over a signature by somebody else's key."""
    sample.write(folder)
    (folder / "checkpoint").write_bytes(checkpoint(SIZE, root(sample.hashes), LogKey(bytes(32))))
    return []


def size_overstated(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    note = sample.note().decode().replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n", 1)
    (folder / "checkpoint").write_text(note)
    return []


def signature_moved(sample: Sample, folder: Path) -> list[object]:
    """A true signature under another statement."""
    sample.write(folder)
    text, _, lines = sample.note().decode().partition("\n\n")
    (folder / "checkpoint").write_text(text.replace("300", "299") + "\n\n" + lines)
    return []


def about_another_log(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    note = checkpoint(SIZE, root(sample.hashes), sample.key, "elsewhere.example/audit/1")
    (folder / "checkpoint").write_bytes(note)
    return []


def backdated(sample: Sample, folder: Path) -> list[object]:
    sample.events[50].body["at"] = second(START + 10 * STEP)
    sample.write(folder)
    return []


def postdated(sample: Sample, folder: Path) -> list[object]:
    sample.events[50].body["at"] = second(START + 100 * STEP)
    sample.write(folder)
    return []


def change_taken(sample: Sample, folder: Path) -> list[object]:
    (index,) = (
        i
        for i, event in enumerate(sample.events)
        if (event.body["case"], event.body["seq"]) == (CASES[0], 3)
    )
    del sample.events[index]
    for event in sample.events:
        event.body["seen"] = 0
    sample.write(folder)
    return []


def first_change_taken(sample: Sample, folder: Path) -> list[object]:
    for event in sample.events:
        if event.body["case"] == CASES[0] and event.body["seq"]:
            event.body["seq"] += 1
    sample.write(folder)
    return []


def change_doubled(sample: Sample, folder: Path) -> list[object]:
    sample.append("case.status", case=CASES[0], seq=3)
    sample.write(folder)
    return []


def moved_forward(sample: Sample, folder: Path) -> list[object]:
    sample.events[50].body["seen"] = 51
    sample.write(folder)
    return []


def receipt_removed(sample: Sample, folder: Path) -> list[object]:
    lost = hash_of(a_log(SIZE + 1).events[-1].leaf)
    (folder.parent / "receipts").write_text(f"{sample.hashes[4].hex()}\n{lost.hex()}\n")
    sample.write(folder)
    return ["--receipts", folder.parent / "receipts"]


def _held(sample: Sample, folder: Path, note: bytes) -> list[object]:
    sample.write(folder)
    (folder.parent / "held").write_bytes(note)
    return ["--held", folder.parent / "held"]


def two_stories(sample: Sample, folder: Path) -> list[object]:
    return _held(sample, folder, checkpoint(SIZE, root(sample.hashes[1:]), sample.key))


def rewritten(sample: Sample, folder: Path) -> list[object]:
    note = sample.note(HELD)
    sample.events[30].body["actor"]["id"] = CASES[2]
    return _held(sample, folder, note)


def rewritten_before_an_older_one(sample: Sample, folder: Path) -> list[object]:
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / str(HELD)).write_bytes(sample.note(HELD))
    sample.events[30].body["actor"]["id"] = CASES[2]
    sample.write(folder)
    return []


def truncated(sample: Sample, folder: Path) -> list[object]:
    note = sample.note()
    del sample.events[HELD:]
    return _held(sample, folder, note)


def entries_withheld(sample: Sample, folder: Path) -> list[object]:
    sample.write(folder)
    (folder / "tile/entries/000").unlink()
    return []


def held_unsigned(sample: Sample, folder: Path) -> list[object]:
    return _held(sample, folder, checkpoint(SIZE, root(sample.hashes), LogKey(bytes(32))))


BROKEN: list[tuple[Break, int, str, str]] = [
    (body_edited, 40, "events was altered", "événements a été altéré"),
    (salt_changed, 40, "events was altered", "événements a été altéré"),
    (body_of_another, 40, "put in the place of another: 10.", "la place d'un autre : 10."),
    (body_taken, 40, "1 texts are missing and no notice", "1 textes manquent et aucun avis"),
    (bodies_taken, 40, "44 texts are missing", "44 textes manquent"),
    (body_of_nobody, 40, "not in the way events are written: 10.", "s'écrivent : 10."),
    (leaf_swapped, 40, "entries you were given are not those", "remises ne sont pas celles"),
    (leaf_of_another_kind, 40, "Entry 0 in tile/entries/000", "inscription 0 dans tile/entries"),
    (entries_cut, 40, "has the wrong length", "n'a pas la bonne longueur"),
    (tile_bit, 40, "below them: tile/0/000.", "en dessous : tile/0/000."),
    (upper_tile_bit, 40, "below them: tile/1/000.p/1.", "en dessous : tile/1/000.p/1."),
    (root_of_another, 40, "not the one in the signed checkpoint", "pas celle du point de contrôle"),
    (signed_by_another, 40, "Nobody whose key you gave signed", "Aucun détenteur des clés"),
    (size_overstated, 40, "changed after it was signed", "modifiée après signature"),
    (signature_moved, 40, "changed after it was signed", "modifiée après signature"),
    (about_another_log, 40, "another log, elsewhere.example", "autre journal, elsewhere.example"),
    (backdated, 40, "Backdated or held back", "Antidatés ou retenus"),
    (postdated, 40, "Postdated, or a clock was wrong", "Postdatés, ou horloge fausse"),
    (change_taken, 40, "has no change number 3,", "pas de changement numéro 3,"),
    (first_change_taken, 40, "has no change number 1,", "pas de changement numéro 1,"),
    (change_doubled, 40, "bear the same number", "portent le même numéro"),
    (moved_forward, 40, "They were moved forward in the log", "ont été avancés dans le journal"),
    (receipt_removed, 40, "acknowledged and then removed", "confirmés puis retirés"),
    (two_stories, 30, "TWO STORIES", "DEUX HISTOIRES"),
    (rewritten, 30, "History was rewritten", "L'histoire a été réécrite"),
    (rewritten_before_an_older_one, 30, "History was rewritten", "L'histoire a été réécrite"),
    (truncated, 30, "The log was cut", "Le journal a été tronqué"),
    (entries_withheld, 1, "is not there or cannot be read", "est absent ou illisible"),
    (held_unsigned, 1, "is not a checkpoint signed by", "n'est pas un point de contrôle signé"),
]
