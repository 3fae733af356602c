"""Proofs and tiles at the door: they verify, and of a tree that somebody changed there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from cases.audit import note, proof_file, storage, tiles, tree
from cases.audit.tiles import ENTRIES, Tile
from tests.api.asking import problem
from tests.api.trailing import b64, grow, sizes, vkey, whole_log
from tests.trail.hands_on import in_hands, undone
from tests.trail.sample_log import found
from tests.world import said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from httpx2 import Response

    from tests.world import World

pytestmark = pytest.mark.one_database

INCLUSION, CONSISTENCY = "/v1/audit/proof/inclusion", "/v1/audit/proof/consistency"
PROOF_FILE = {"Accept": "text/vnd.c2sp.tlog-proof"}


@pytest.fixture(scope="module")
def leaves(world: World) -> list[bytes]:
    """The leaves of a log that has more than two full tiles and some checkpoints on the way."""
    for by in (1, 7, 60, 3, 300, 90, 5, 256, 2):
        grow(world, by)
    world.clock.move(minutes=16)
    with world.house.glance() as db:
        found = [leaf for *_, leaf in storage.leaves(db, 0, storage.size(db))]
    assert len(found) > 600
    return found


@pytest.fixture(scope="module")
def ids(world: World, leaves: list[bytes]) -> list[str]:
    """The ids of the events by their place."""
    return [str(UUID(bytes=leaf[1:17])) for leaf in leaves]


def checkpoint(text: str, world: World) -> note.Checkpoint:
    """What a checkpoint says, once its signature was checked."""
    opened = note.open_note(text.encode(), [note.parse_vkey(vkey(world))])
    return note.parse_checkpoint(opened.text)


def roots(world: World) -> dict[int, bytes]:
    """The signed root of every size that has one."""
    with world.house.glance() as db:
        return {one.size: checkpoint(one.note, world).root for one in storage.checkpoints(db)}


def hashes(answer: dict[str, Any]) -> list[bytes]:
    """The hashes of a proof."""
    return [b64(one) for one in answer["hashes"]]


# Tiles


def whole_rows(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Every level of the table, made of the leaves by adding one after the other."""
    levels = [[tree.leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        full = range(0, len(below) - 255, 256)
        levels.append([_folded(below[at : at + 256]) for at in full])
    return levels


def _folded(row: list[bytes]) -> bytes:
    if len(row) == 1:
        return row[0]
    half = len(row) // 2
    return tree.node_hash(_folded(row[:half]), _folded(row[half:]))


def test_tiles_of_every_width_are_the_hashes_of_the_leaves(
    world: World, leaves: list[bytes]
) -> None:
    asked = 0
    with world.house.glance() as db:
        for level, row in enumerate(whole_rows(leaves)):
            for index in range((len(row) + 255) // 256):
                there = row[index * 256 : (index + 1) * 256]
                for width in range(1, len(there) + 1):
                    tile = Tile(level, index, width)
                    assert tiles.hashes(storage.rows(db), tile) == b"".join(there[:width])
                    asked += 1
    assert asked > 600


@pytest.mark.parametrize("width", [1, 2, 3, 100, 255, 256])
def test_what_the_door_serves_is_the_tile(world: World, leaves: list[bytes], width: int) -> None:
    caller = world.as_("auditor")
    served = caller.get(f"/v1/audit/{Tile(0, 1, width).path}")
    mine = leaves[256 : 256 + width]
    assert served.content == b"".join(map(tree.leaf_hash, mine))
    assert served.headers["Content-Type"] == "application/octet-stream"
    entries = caller.get(f"/v1/audit/{Tile(ENTRIES, 1, width).path}")
    assert entries.content == b"".join(b"\x00\x31" + leaf for leaf in mine)
    for answer in (served, entries):
        kept = answer.headers["Cache-Control"]
        assert kept == ("private, max-age=31536000, immutable" if width == 256 else "no-store")


def test_upper_tiles_fold_the_lower_ones(world: World, leaves: list[bytes]) -> None:
    upper = whole_rows(leaves)[1]
    served = world.as_("head").get(f"/v1/audit/{Tile(1, 0, len(upper)).path}")
    assert served.content == b"".join(upper)


def test_what_no_checkpoint_covers_is_not_there(world: World, leaves: list[bytes]) -> None:
    size = sizes(world)[-1]
    index, width = divmod(size, 256)
    for path in (
        Tile(0, index, width + 1).path,
        Tile(ENTRIES, index, width + 1).path,
        Tile(0, index + 1).path,
        Tile(1, 0).path,
        Tile(3, 0, 1).path,
        "tile/0/x999/999",
    ):
        answer = world.as_("auditor").get(f"/v1/audit/{path}")
        assert (answer.status_code, problem(answer)) == (404, "not-found"), path
    assert leaves


@pytest.mark.parametrize(
    "path", ["0/0", "0/000.p/0", "0/000.p/256", "0/000.p/01", "00/000", "64/000", "x/000",
             "0/x000/001", "entries", "entries/", "0/000/", "-1/000", "0/000.p/", "٠/000"]
)  # fmt: skip
def test_what_is_no_path_of_a_tile_is_a_bad_request(world: World, path: str) -> None:
    answer = world.as_("auditor").get(f"/v1/audit/tile/{path}")
    assert (answer.status_code, problem(answer)) == (400, "malformed-request")


# Proofs


def test_inclusion_is_proved_under_every_checkpoint_that_covers_the_event(
    world: World, leaves: list[bytes], ids: list[str]
) -> None:
    signed, proved = roots(world), 0
    covering = [size for size in sorted(signed) if size > 0]
    for index in (0, 1, 255, 256, 300, 511, len(leaves) - 1):
        for size in covering[-8:]:
            path = f"{INCLUSION}?event_id={ids[index]}&tree_size={size}"
            answer = world.as_("overseer").get(path)
            if index >= size:
                assert (answer.status_code, problem(answer)) == (400, "no-such-checkpoint")
                assert answer.json()["errors"] == [
                    {"pointer": "/tree_size", "code": "unknown_value"}
                ]
                continue
            told = said(answer, 200)
            assert (told["leaf_index"], told["tree_size"]) == (index, size)
            assert b64(told["leaf_hash"]) == tree.leaf_hash(leaves[index])
            said_so = checkpoint(told["checkpoint"], world)
            assert (said_so.size, said_so.root) == (size, signed[size])
            tree.verify_inclusion(b64(told["leaf_hash"]), index, size, hashes(told), signed[size])
            proved += 1
    assert proved > 30


def test_the_newest_checkpoint_is_proved_to_grow_from_every_older_one(
    world: World, leaves: list[bytes]
) -> None:
    signed = roots(world)
    *older, newest = sizes(world)
    assert newest >= len(leaves)
    assert len(older) > 8
    for first in (*older, newest):
        for second in {newest, older[-1]} if first <= older[-1] else {newest}:
            path = f"{CONSISTENCY}?first={first}&second={second}"
            told = said(world.as_("head").get(path), 200)
            assert (told["first"], told["second"]) == (first, second)
            assert checkpoint(told["checkpoint"], world).root == signed[second]
            tree.verify_consistency(first, second, hashes(told), signed[first], signed[second])


def test_without_a_size_the_newest_checkpoint_is_the_one(world: World, ids: list[str]) -> None:
    told = said(world.as_("overseer").get(f"{INCLUSION}?event_id={ids[5]}"), 200)
    assert told["tree_size"] == sizes(world)[-1]


def test_a_proof_comes_as_a_file_of_its_own_kind(
    world: World, leaves: list[bytes], ids: list[str]
) -> None:
    answer = world.as_("overseer").get(f"{INCLUSION}?event_id={ids[77]}", headers=PROOF_FILE)
    assert answer.headers["Content-Type"].startswith("text/vnd.c2sp.tlog-proof")
    kept = proof_file.parse(answer.text)
    signed = checkpoint(kept.note, world)
    assert kept.index == 77
    tree.verify_inclusion(tree.leaf_hash(leaves[77]), 77, signed.size, kept.hashes, signed.root)


def test_the_auditors_own_checker_takes_what_the_door_gives(
    world: World, ids: list[str], tmp_path: Path
) -> None:
    caller, key = world.as_("overseer"), vkey(world)
    *_, first, second = sizes(world)
    asked = {
        "proof.json": f"{INCLUSION}?event_id={ids[9]}",
        "event.json": f"/v1/audit/events/{ids[9]}",
        "grown.json": f"{CONSISTENCY}?first={first}&second={second}",
    }
    for name, path in asked.items():
        (tmp_path / name).write_bytes(caller.get(path).content)
    proof = caller.get(asked["proof.json"], headers=PROOF_FILE)
    (tmp_path / "proof").write_bytes(proof.content)
    with world.house.glance() as db:
        for size in (first, second):
            one = storage.checkpoint_of(db, size)
            assert one is not None
            (tmp_path / str(size)).write_text(one.note, "utf-8")
    body = ("--body", tmp_path / "event.json", "--vkey", key)
    for name in ("proof", "proof.json"):
        code, outcomes = found("inclusion", tmp_path / name, *body)
        assert (code, outcomes["inclusion.ok"]) == (0, "ok")
    held = (tmp_path / str(first), tmp_path / str(second), tmp_path / "grown.json")
    assert found("consistency", *held, "--vkey", key)[0] == 0
    assert found("consistency", held[0], held[1], tmp_path / "proof.json", "--vkey", key)[0] == 1


def refused(answer: Response, pointer: str) -> None:
    """It was refused because of this parameter."""
    assert (answer.status_code, problem(answer)) == (400, "no-such-checkpoint")
    assert answer.json()["errors"] == [{"pointer": pointer, "code": "unknown_value"}]


def test_sizes_that_no_checkpoint_has_are_bad_requests(
    world: World, leaves: list[bytes], ids: list[str]
) -> None:
    caller = world.as_("overseer")
    held = sizes(world)
    one, newest = held[-2], held[-1]
    between = next(size for size in range(1, newest) if size not in held)
    for first, second, pointer in (
        (0, newest, "/first"),
        (-1, newest, "/first"),
        (newest, one, "/first"),
        (between, newest, "/first"),
        (one, newest + 1, "/second"),
        (one, 2**63, "/second"),
        (2**70, 2**71, "/first"),
    ):
        refused(caller.get(f"{CONSISTENCY}?first={first}&second={second}"), pointer)
    for size in (0, -5, between, newest + 1, 2**63, 10**30):
        refused(caller.get(f"{INCLUSION}?event_id={ids[0]}&tree_size={size}"), "/tree_size")
    assert leaves
    for query in ("first=1", "first=x&second=2", "first=1.5&second=2"):
        assert caller.get(f"{CONSISTENCY}?{query}").status_code == 422


# Changed by other hands


def tampered(world: World, table: str, key: dict[str, Any], **values: Any) -> None:  # noqa: ANN401
    """Change one row behind everybody's back."""
    with in_hands(world) as hands:
        rows = hands.table(table)
        where = [rows.c[name] == value for name, value in key.items()]
        assert hands.do(rows.update().where(*where).values(**values)).rowcount == 1


def broken(answer: Response) -> None:
    """Nothing was proved, and somebody is told."""
    assert (answer.status_code, problem(answer)) == (500, "log-inconsistent")
    assert set(answer.json()) == {"type", "title", "status", "detail", "code", "incident"}


@pytest.mark.parametrize("change", ["hash", "root", "note", "index", "leaf"])
def test_of_a_tree_that_was_changed_there_is_no_proof(
    world: World, leaves: list[bytes], ids: list[str], change: str
) -> None:
    caller, held = world.as_("overseer"), sizes(world)
    newest, other = held[-1], held[-5]
    inclusion = f"{INCLUSION}?event_id={ids[3]}&tree_size={newest}"
    consistency = f"{CONSISTENCY}?first={other}&second={newest}"
    with undone(
        world, "audit_hash", "audit_checkpoint", "audit_leaf", "audit_event", keep_new=True
    ):
        if change == "hash":
            tampered(world, "audit_hash", {"level": 0, "idx": 2}, hash=bytes(32))
        elif change == "root":
            tampered(world, "audit_checkpoint", {"size": newest}, root=bytes(32))
        elif change == "note":
            with world.house.glance() as db:
                row = storage.checkpoint_of(db, other)
                assert row is not None
            tampered(world, "audit_checkpoint", {"size": newest}, note=row.note)
        elif change == "index":
            with in_hands(world) as hands:
                rows = hands.table("audit_leaf")
                hands.do(rows.delete().where(rows.c.leaf_index == 4))
            tampered(world, "audit_leaf", {"leaf_index": 3}, leaf_index=4)
        else:
            forged = leaves[3][:17] + bytes(32)
            tampered(world, "audit_event", {"leaf": leaves[3]}, leaf=forged)
        broken(caller.get(inclusion))
        if change in {"root", "note"}:
            broken(caller.get(consistency))
    said(caller.get(inclusion), 200)
    said(caller.get(consistency), 200)


def test_rows_that_were_taken_away_are_no_proof_and_no_tile(
    world: World, leaves: list[bytes], ids: list[str]
) -> None:
    caller = world.as_("overseer")
    with undone(world, "audit_hash", "audit_event", keep_new=True):
        with in_hands(world) as hands:
            rows, events = hands.table("audit_hash"), hands.table("audit_event")
            hands.do(rows.delete().where(rows.c.level == 0, rows.c.idx == 2))
            hands.do(events.delete().where(events.c.leaf == leaves[260]))
        broken(caller.get(f"{INCLUSION}?event_id={ids[3]}"))
        broken(caller.get("/v1/audit/tile/0/000"))
        broken(caller.get("/v1/audit/tile/entries/001"))
    assert caller.get("/v1/audit/tile/0/000").status_code == 200


def test_a_body_that_was_changed_is_shown_to_nobody_and_found_missing(
    world: World, ids: list[str]
) -> None:
    caller = world.as_("overseer")
    chosen = UUID(ids[11])
    value = chosen.hex if world.kind == "sqlite" else chosen
    with undone(world, "audit_body", keep_new=True):
        tampered(world, "audit_body", {"event_id": value}, ct=bytes(600))
        broken(caller.get(f"/v1/audit/events/{chosen}"))
        items, partial = whole_log(caller)
        assert [item["event_id"] for item in items if item["body"] is None] == [str(chosen)]
        assert not partial
