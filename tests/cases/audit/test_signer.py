"""The signer: signs what continues what it signed, refuses the rest, and survives being killed."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import threading
from functools import cache, partial
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.audit import memory, note, signer, tree
from cases.audit.memory import StateInvalid, StateMissing
from cases.audit.note import NoteInvalid
from cases.audit.signer import (
    AlreadyThere,
    DirectoryRolledBack,
    Forked,
    OriginInvalid,
    Overtaken,
    RolledBack,
    Signer,
)
from cases.audit.tree import Range
from cases.errors import KeysMissing
from tests.cases.audit import naive
from tests.cases.audit.dying import before_each_call, calls_of, killed_at
from tests.cases.audit.naive import Table, table_of

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "integrity.example/audit/1"
NEXT = "integrity.example/audit/2"
MOST = 400
LEAVES = [naive.leaf(number) for number in range(MOST)]
OTHERS = [naive.leaf(-number) for number in range(1, MOST)]


@cache
def whole() -> Table:
    """The table of the log."""
    return table_of(LEAVES, tree.grown)


def root(size: int) -> bytes:
    """The root the log has at this size."""
    return tree.root(whole(), size)


def sign(one: Signer, size: int, directory: int = 0) -> bytes:
    """Sign the log as it is at this size, from wherever the signer is."""
    return one.sign(size, LEAVES[one.signed.size : size], root(size), directory)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the log's key will be."""
    return tmp_path / "keys" / "log"


def test_a_new_log_has_a_key_for_its_owner_alone_and_a_memory_of_nothing(folder: Path) -> None:
    made = signer.create(folder, ORIGIN)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o400
    assert stat.S_IMODE((folder / "state.json").stat().st_mode) == 0o600
    text = (folder / "key").read_text("utf-8").removesuffix("\n")
    assert note.parse_signer(text).verifier == made.verifier
    assert (made.origin, made.signed.size) == (ORIGIN, 0)
    assert json.loads((folder / "state.json").read_bytes()) == {
        "origin": ORIGIN,
        "size": 0,
        "root": tree.EMPTY_ROOT.hex(),
        "range": [],
        "directory": 0,
    }


@given(sizes=st.lists(st.integers(0, MOST), min_size=1, max_size=6).map(sorted))
def test_growth_is_signed_and_the_same_again_is_the_same_bytes(
    sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    signer.create(folder, ORIGIN)
    for size in sizes:
        signed = sign(signer.load(folder), size, directory=7)
        assert sign(signer.load(folder), size, directory=7) == signed
        text = note.open_note(signed, [signer.load(folder).verifier]).text
        assert text == note.Checkpoint(ORIGIN, size, root(size)).text()
    state = json.loads((folder / "state.json").read_bytes())
    edge = Range(state["size"], tuple(map(bytes.fromhex, state["range"])))
    assert edge == tree.compact(whole(), sizes[-1])
    assert (state["root"], state["directory"]) == (root(sizes[-1]).hex(), 7)


def test_fewer_leaves_than_were_signed_are_refused_and_both_are_named(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    sign(one, 300, directory=2)
    with pytest.raises(RolledBack) as refused:
        one.sign(200, [], root(200), 3)
    signed, offered = refused.value.signed, refused.value.offered
    assert (signed.size, signed.root, signed.directory) == (300, root(300), 2)
    assert (offered.size, offered.root, offered.directory) == (200, root(200), 3)
    assert "300 leaves" in str(refused.value)
    assert "200 leaves" in str(refused.value)
    assert one.signed.size == 300


@given(size=st.integers(1, 200), more=st.integers(0, 199), bit=st.integers(0, 255))
def test_a_tree_that_does_not_grow_from_the_signed_one_is_refused(
    size: int, more: int, bit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one = signer.create(tmp_path_factory.mktemp("log"), ORIGIN)
    sign(one, size)
    # Another past of the same length, grown again to where it was or beyond.
    past = [*OTHERS[:size], *LEAVES[size : size + more]]
    forged = tree.root(table_of(past, tree.grown), size + more)
    with pytest.raises(Forked):
        one.sign(size + more, LEAVES[size : size + more], forged, 0)
    turned = bytearray(root(size + more))
    turned[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forked):
        one.sign(size + more, LEAVES[size : size + more], bytes(turned), 0)
    assert one.signed.size == size
    sign(one, size + more)


def test_a_directory_older_than_the_signed_one_is_refused(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    sign(one, 10, directory=5)
    with pytest.raises(DirectoryRolledBack):
        sign(one, 20, directory=4)
    assert one.signed.size == 10
    sign(one, 20, directory=5)
    sign(one, 20, directory=6)
    with pytest.raises(DirectoryRolledBack):
        sign(one, 20, directory=5)


@pytest.mark.parametrize("new", [LEAVES[5:20], LEAVES[11:20], LEAVES[10:21], []])
def test_leaves_from_elsewhere_are_sent_back_without_an_alarm(
    folder: Path, new: list[bytes]
) -> None:
    one = signer.create(folder, ORIGIN)
    sign(one, 10)
    with pytest.raises(Overtaken):
        one.sign(20, new, root(20), 0)
    assert one.signed.size == 10


def test_it_is_remembered_on_disk_before_it_is_signed(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    seen: list[str] = []

    def look(*_: object) -> bytes:
        seen.append("sign")
        assert one.signed.size == 30
        return b""

    with before_each_call(seen.append), mock.patch.object(note, "sign", look):
        one.sign(30, LEAVES[:30], root(30), 0)
    done = [call for call in seen if call in {"fsync", "replace", "sign"}]
    assert done == ["fsync", "replace", "fsync", "sign"]


def test_a_memory_that_cannot_be_written_leaves_the_old_one_and_no_signature(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    sign(one, 10)
    for failing in ("open", "fsync", "replace"):
        with (
            mock.patch.object(note, "sign") as signing,
            mock.patch.object(os, failing, side_effect=OSError("disk full")),
            pytest.raises(OSError, match="full"),
        ):
            one.sign(20, LEAVES[10:20], root(20), 0)
        assert not signing.called
        assert one.signed.size == 10
    sign(one, 20)


def test_killed_at_any_call_while_signing_it_converges_on_one_story(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    for call in range(len(calls_of(partial(sign, one, 5)))):
        size = one.signed.size + 5
        assert killed_at(call, partial(sign, signer.load(folder), size))
        again = signer.load(folder)
        assert again.signed.size in {size - 5, size}
        signed = sign(again, size)
        assert sign(one, size) == signed
        with pytest.raises(Forked):
            again.sign(size, [], OTHERS[0], 0)
    assert one.signed.size > 20


def test_killed_at_any_call_while_it_is_made_a_log_can_be_made_again(tmp_path: Path) -> None:
    calls = calls_of(partial(signer.create, tmp_path / "whole", ORIGIN))
    assert len(calls) > 8
    for call in range(len(calls)):
        folder = tmp_path / str(call)
        assert killed_at(call, partial(signer.create, folder, ORIGIN))
        if (folder / "key").exists():
            with pytest.raises(AlreadyThere):
                signer.create(folder, ORIGIN)
        else:
            signer.create(folder, ORIGIN)
        sign(signer.load(folder), 3)


def test_killed_at_any_call_while_it_begins_an_epoch_is_begun_again(tmp_path: Path) -> None:
    edge = tree.compact(whole(), 7)
    begin = partial(signer.begin_epoch, origin=NEXT, edge=edge, directory=3)
    sign(signer.create(tmp_path / "whole", ORIGIN), 10)
    calls = calls_of(partial(begin, tmp_path / "whole"))
    assert len(calls) > 15
    for call in range(len(calls)):
        folder = tmp_path / str(call)
        last = sign(signer.create(folder, ORIGIN), 10, directory=4)
        assert killed_at(call, partial(begin, folder))
        if memory.key_of(folder).name == ORIGIN:
            begin(folder)
        new = signer.load(folder)
        assert (new.origin, new.signed.size, new.signed.directory) == (NEXT, 7, 3)
        sign(new, 20, directory=3)
        assert sign(signer.load(folder / "epochs" / "1"), 10, directory=4) == last


def test_the_lock_of_a_signer_that_died_is_no_lock(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    assert killed_at(3, partial(sign, one, 5))
    sign(one, 5)


def test_in_a_turn_no_other_signer_of_the_host_gets_one(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    with one.turn(), (folder / "lock").open("rb") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (folder / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_many_signers_that_read_in_their_turn_tell_one_story(folder: Path) -> None:
    signer.create(folder, ORIGIN)
    said: list[tuple[int, bytes]] = []
    grown = iter(range(10, MOST, 10))

    def grow() -> None:
        mine = signer.load(folder)
        for _ in range(8):
            with mine.turn() as turn:
                size = next(grown)
                signed = turn.sign(size, LEAVES[turn.signed.size : size], root(size), 0)
                assert turn.signed.size == size
                assert turn.sign(size, [], root(size), 0) == signed
                said.append((size, signed))

    threads = [threading.Thread(target=grow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [size for size, _ in said] == list(range(10, 330, 10))
    for size, signed in said:
        checkpoint = note.parse_checkpoint(
            note.open_note(signed, [signer.load(folder).verifier]).text
        )
        assert (checkpoint.size, checkpoint.root) == (size, root(size))


def test_a_log_is_made_once(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    sign(one, 10)
    with pytest.raises(AlreadyThere):
        signer.create(folder, ORIGIN)
    (folder / "key").unlink()
    with pytest.raises(AlreadyThere):
        signer.create(folder, ORIGIN)
    assert json.loads((folder / "state.json").read_bytes())["size"] == 10


def test_without_a_key_or_a_memory_nothing_is_signed(folder: Path) -> None:
    with pytest.raises(KeysMissing):
        signer.load(folder)
    with pytest.raises(KeysMissing):
        signer.begin_epoch(folder, NEXT, Range(), directory=0)
    one = signer.create(folder, ORIGIN)
    (folder / "state.json").unlink()
    for attempt in (lambda: signer.load(folder), lambda: sign(one, 1), lambda: one.signed):
        with pytest.raises(StateMissing):
            attempt()
    with pytest.raises(AlreadyThere):
        signer.create(folder, ORIGIN)


@pytest.mark.parametrize("text", [b"", b"\xff", b"PRIVATE+KEY+a+00000000+AAAA", b"\n"])
def test_a_key_that_cannot_be_read_is_not_guessed(folder: Path, text: bytes) -> None:
    signer.create(folder, ORIGIN)
    (folder / "key").unlink()
    (folder / "key").write_bytes(text)
    with pytest.raises(StateInvalid):
        signer.load(folder)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"size": 10', b'"size": 11'),
        (b'"size": 10', b'"size": 10.0'),
        (b'"size": 10', b'"size": "10"'),
        (b'"size": 10', b'"size": -1'),
        (b'"directory": 4', b'"directory": true'),
        (b'"directory": 4', b'"directory": null'),
        (b'"directory": 4', b'"directory": 04'),
        (b'"origin"', b'"Origin"'),
        (ORIGIN.encode(), NEXT.encode()),
        (root(10).hex().encode(), root(11).hex().encode()),
        (root(10).hex().encode(), root(10).hex().upper().encode()),
        (b'"range"', b'"rang"'),
        (b"[", b"{"),
        (b"{", b"["),
        (b"{", b""),
        (b"\n", b""),
        (b"\n", b"\xff"),
    ],
)
def test_a_memory_that_was_edited_is_refused(folder: Path, before: bytes, after: bytes) -> None:
    sign(signer.create(folder, ORIGIN), 10, directory=4)
    path = folder / "state.json"
    edited = path.read_bytes().replace(before, after)
    assert edited != path.read_bytes()
    path.write_bytes(edited)
    with pytest.raises(StateInvalid):
        signer.load(folder)


def test_a_lost_memory_is_given_back_by_a_checkpoint_that_somebody_kept(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    held = sign(one, 100, directory=4)
    with pytest.raises(AlreadyThere):
        signer.adopt(folder, held, tree.compact(whole(), 100), directory=4)
    (folder / "state.json").unlink()
    again = signer.adopt(folder, held, tree.compact(whole(), 100), directory=4)
    assert (again.signed.size, again.signed.directory) == (100, 4)
    assert sign(again, 100, directory=4) == held
    with pytest.raises(RolledBack):
        again.sign(99, [], root(99), 4)


def test_a_memory_is_not_given_back_by_what_does_not_fit(folder: Path, tmp_path: Path) -> None:
    one = signer.create(folder, ORIGIN)
    held = sign(one, 100)
    stranger = sign(signer.create(tmp_path / "stranger", ORIGIN), 100)
    key = memory.key_of(folder)
    elsewhere = note.sign(note.Checkpoint(NEXT, 100, root(100)).text(), key)
    (folder / "state.json").unlink()
    other = table_of(OTHERS, tree.grown)
    for edge in (tree.compact(whole(), 99), tree.compact(other, 100), Range()):
        with pytest.raises(Forked):
            signer.adopt(folder, held, edge, directory=0)
    for forged in (stranger, elsewhere, note.sign("no checkpoint\n", key), b""):
        with pytest.raises(NoteInvalid):
            signer.adopt(folder, forged, tree.compact(whole(), 100), directory=0)
    assert not (folder / "state.json").exists()


def test_a_new_epoch_has_a_new_key_and_keeps_the_old_one_beside(folder: Path) -> None:
    old = signer.create(folder, ORIGIN)
    last = sign(old, 300, directory=9)
    new = signer.begin_epoch(folder, NEXT, tree.compact(whole(), 200), directory=8)
    assert (new.origin, new.signed.size, new.signed.directory) == (NEXT, 200, 8)
    assert new.verifier != old.verifier
    text = note.open_note(sign(new, 250, directory=8), [new.verifier]).text
    assert note.parse_checkpoint(text) == note.Checkpoint(NEXT, 250, root(250))
    kept = signer.load(folder / "epochs" / "1")
    assert (kept.origin, kept.signed.size) == (ORIGIN, 300)
    assert sign(kept, 300, directory=9) == last
    for name in ("key", "state.json"):
        assert stat.S_IMODE((folder / "epochs" / "1" / name).stat().st_mode) == 0o400
    # Whoever still holds the old key finds that the memory is no longer theirs.
    with pytest.raises(StateInvalid):
        sign(old, 300, directory=9)


def test_a_new_epoch_begins_once_and_never_an_old_one(folder: Path) -> None:
    signer.create(folder, NEXT)
    for origin in (ORIGIN, "elsewhere.example/audit/2"):
        with pytest.raises(OriginInvalid):
            signer.begin_epoch(folder, origin, Range(), directory=0)
    with pytest.raises(AlreadyThere):
        signer.begin_epoch(folder, NEXT, Range(), directory=0)
    assert signer.load(folder).origin == NEXT
    assert not (folder / "epochs").exists()


def test_an_epoch_whose_memory_is_lost_can_be_ended(folder: Path) -> None:
    signer.create(folder, ORIGIN)
    (folder / "state.json").unlink()
    signer.begin_epoch(folder, NEXT, tree.compact(whole(), 5), directory=0)
    sign(signer.load(folder), 10)
    assert memory.key_of(folder / "epochs" / "1").name == ORIGIN


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "audit",
        "h/audit/",
        "h/audit/0",
        "h/audit/01",
        "/1",
        "a b/1",
        "a+b/1",
        "h/\u0661",
        "a/1\n",
    ],
)
def test_a_log_without_a_host_or_an_epoch_is_not_made(folder: Path, origin: str) -> None:
    with pytest.raises(OriginInvalid):
        signer.create(folder, origin)
    assert not folder.exists()


def test_no_secret_is_in_what_people_see_of_a_signer(folder: Path) -> None:
    one = signer.create(folder, ORIGIN)
    seed = memory.key_of(folder).seed
    shown = repr(one) + repr(one.verifier) + repr(one.signed) + repr(memory.key_of(folder))
    assert seed.hex() not in shown
    assert repr(seed) not in shown
