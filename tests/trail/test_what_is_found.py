"""What somebody with the database in their hands can do, and what tells on them.

Each act is done to a living installation, behind the service's back and with its guards off, and found by
the check that its operator runs: by name, in a sentence, and with nothing else found besides what follows
from it.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func
from sqlmodel import select

from cases import verification
from cases.actors import THE_SERVICE
from cases.audit import erasure, log, memory
from cases.audit.faults import NOTICES, sentences
from cases.audit.tree import leaf_hash
from cases.models.case import Case
from tests.trail.hands_on import Hands, in_hands, undone
from tests.world import a_world, run_folder, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cases.audit.faults import Finding
    from tests.world import World

pytestmark = pytest.mark.one_database

TABLES = (
    *("audit_event", "audit_body", "audit_pending", "audit_leaf", "audit_hash", "audit_checkpoint"),
    *("audit_publication", "audit_erasure", "cases", "record", "unit", "directory_head"),
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lived(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[World]:
    """An installation in which a report was sent, taken up and looked at, and all of it signed."""
    with ExitStack() as undo:
        world = a_world(run_folder(pytestconfig), request.param, undo)
        world.life(world.report(body="Containers leave without papers.", office="harbour"))
        world.sequencing.turn()
        world.clock.move(minutes=45)
        yield world


@pytest.fixture
def world(lived: World) -> Iterator[World]:
    """The same, put back after the test."""
    with undone(lived, *TABLES):
        yield lived


def findings(world: World) -> list[Finding]:
    """What the check finds on the machine that has the signer's memory."""
    folder = world.settings.log_keys
    return verification.verify(
        world.house,
        signed=memory.recall_of(folder, memory.key_of(folder)),
        verifiers=memory.verifiers_of(folder),
    )


def faults(world: World) -> set[str]:
    """The kinds of faults that the check finds."""
    return {one.code for one in findings(world) if one.is_fault}


def test_an_honest_trail_is_whole(lived: World) -> None:
    assert findings(lived) == []


def first_change(hands: Hands) -> int:
    """The place of some entry in the middle of the log."""
    leaves = hands.table("audit_leaf")
    return int(hands.do(func.max(leaves.c.leaf_index).select()).scalar_one()) // 2


def event_at(hands: Hands, index: int) -> object:
    leaves = hands.table("audit_leaf")
    return hands.do(leaves.select().where(leaves.c.leaf_index == index)).one().event_id


def edit_an_event(hands: Hands) -> None:
    events = hands.table("audit_event")
    event = event_at(hands, first_change(hands))
    row = hands.do(events.select().where(events.c.event_id == event)).one()
    leaf = row.leaf[:-1] + bytes([row.leaf[-1] ^ 1])
    hands.do(events.update().where(events.c.event_id == event).values(leaf=leaf))


def delete_an_event(hands: Hands) -> None:
    events = hands.table("audit_event")
    event = event_at(hands, first_change(hands))
    hands.do(events.delete().where(events.c.event_id == event))


def edit_a_row_of_the_tree(hands: Hands) -> None:
    rows = hands.table("audit_hash")
    at = (rows.c.level == 0) & (rows.c.idx == first_change(hands))
    hands.do(rows.update().where(at).values(hash=b"\x07" * 32))


def delete_a_row_of_the_tree(hands: Hands) -> None:
    rows = hands.table("audit_hash")
    hands.do(rows.delete().where((rows.c.level == 0) & (rows.c.idx == first_change(hands))))


def edit_an_event_and_the_tree(hands: Hands) -> None:
    events, rows = hands.table("audit_event"), hands.table("audit_hash")
    index = first_change(hands)
    event = event_at(hands, index)
    row = hands.do(events.select().where(events.c.event_id == event)).one()
    leaf = row.leaf[:-1] + bytes([row.leaf[-1] ^ 1])
    own = leaf_hash(leaf)
    hands.do(events.update().where(events.c.event_id == event).values(leaf=leaf, leaf_hash=own))
    hands.do(rows.update().where((rows.c.level == 0) & (rows.c.idx == index)).values(hash=own))


def edit_a_checkpoint(hands: Hands) -> None:
    checkpoints = hands.table("audit_checkpoint")
    hands.do(checkpoints.update().values(root=b"\x07" * 32))


def delete_a_body(hands: Hands) -> None:
    bodies = hands.table("audit_body")
    event = event_at(hands, first_change(hands))
    hands.do(bodies.delete().where(bodies.c.event_id == event))


def put_another_body_in_its_place(hands: Hands) -> None:
    bodies = hands.table("audit_body")
    index = first_change(hands)
    one, other = event_at(hands, index), event_at(hands, index + 1)
    ct = hands.do(bodies.select().where(bodies.c.event_id == other)).one().ct
    hands.do(bodies.update().where(bodies.c.event_id == one).values(ct=ct))


def cut_off_the_end(hands: Hands) -> None:
    leaves, rows = hands.table("audit_leaf"), hands.table("audit_hash")
    events, bodies = hands.table("audit_event"), hands.table("audit_body")
    checkpoints = hands.table("audit_checkpoint")
    size = first_change(hands)
    gone = leaves.select().with_only_columns(leaves.c.event_id).where(leaves.c.leaf_index >= size)
    ids = [row.event_id for row in hands.do(gone)]
    hands.do(hands.table("audit_publication").delete())
    hands.do(checkpoints.delete().where(checkpoints.c.size > size))
    hands.do(leaves.delete().where(leaves.c.leaf_index >= size))
    hands.do(rows.delete().where((rows.c.level == 0) & (rows.c.idx >= size)))
    hands.do(rows.delete().where((rows.c.level == 1) & ((rows.c.idx + 1) * 256 > size)))
    hands.do(bodies.delete().where(bodies.c.event_id.in_(ids)))
    hands.do(events.delete().where(events.c.event_id.in_(ids)))


def delete_a_record(hands: Hands) -> None:
    records = hands.table("record")
    hands.do(records.delete().where(records.c.field == "report"))


def replace_a_record(hands: Hands) -> None:
    records = hands.table("record")
    hands.do(records.update().where(records.c.field == "report").values(content=b"\x07" * 32))


def empty_a_record(hands: Hands) -> None:
    """As if two people had deleted it."""
    records = hands.table("record")
    emptied = {"env": b"", "redacted_on": date(2026, 3, 2)}
    hands.do(records.update().where(records.c.field == "report").values(emptied))


def put_a_case_back(hands: Hands) -> None:
    cases = hands.table("cases")
    hands.do(cases.update().values(seq=cases.c.seq - 1))


def swap_a_units_key(hands: Hands) -> None:
    units = hands.table("unit")
    hands.do(units.update().where(units.c.kind == "handling").values(pk=b"\x07" * 32))


def put_back_the_directory(hands: Hands) -> None:
    heads = hands.table("directory_head")
    newest = hands.do(func.max(heads.c.n).select()).scalar_one()
    hands.do(heads.delete().where(heads.c.n == newest))


def file_looks_under_another_case(hands: Hands) -> None:
    hands.do(hands.table("audit_body").update().values(case_tag=b"\x07" * 16))


def file_looks_under_another_person(hands: Hands) -> None:
    hands.do(hands.table("audit_body").update().values(actor_tag=b"\x07" * 16))


def put_a_leaf_where_none_belongs(hands: Hands) -> None:
    leaves = hands.table("audit_leaf")
    far = leaves.c.leaf_index == func.max(leaves.c.leaf_index).select().scalar_subquery()
    hands.do(leaves.update().where(far).values(leaf_index=10**12))


def put_a_row_in_the_way(hands: Hands) -> None:
    rows = hands.table("audit_hash")
    newest = hands.do(func.max(rows.c.idx).select().where(rows.c.level == 0)).scalar_one()
    hands.do(rows.insert().values(level=0, idx=newest + 1, hash=b"\x07" * 32))


def put_a_row_where_the_next_full_tile_belongs(hands: Hands) -> None:
    rows = hands.table("audit_hash")
    full = hands.do(func.count().select().where(rows.c.level == 1)).scalar_one()
    hands.do(rows.insert().values(level=1, idx=full, hash=b"\x07" * 32))


def edit_a_row_above_the_entries(hands: Hands) -> None:
    rows = hands.table("audit_hash")
    above = (rows.c.level == 1) & (rows.c.idx == 0)
    assert hands.do(rows.update().where(above).values(hash=b"\x07" * 32)).rowcount == 1


def count_a_case_up(hands: Hands) -> None:
    cases = hands.table("cases")
    hands.do(cases.update().values(seq=10**9))


def hide_a_record(hands: Hands) -> None:
    records = hands.table("record")
    hands.do(records.update().where(records.c.field == "report").values(delivered=False))


def hide_a_case(hands: Hands) -> None:
    hands.do(hands.table("cases").update().values(delivered=False))


ACTS: dict[Callable[[Hands], None], set[str]] = {
    edit_an_event: {"leaf_changed", "root_changed", "body_changed"},
    delete_an_event: {"leaf_missing", "body_changed"},
    edit_a_row_of_the_tree: {"leaf_changed", "row_changed"},
    delete_a_row_of_the_tree: {"row_missing", "leaf_changed"},
    edit_an_event_and_the_tree: {"leaf_not_ours", "root_changed", "body_changed", "row_changed"},
    edit_a_checkpoint: {"checkpoint_forged"},
    delete_a_body: {"body_missing"},
    put_another_body_in_its_place: {"body_changed"},
    cut_off_the_end: {"rolled_back"},
    delete_a_record: {"record_missing"},
    replace_a_record: {"record_changed"},
    empty_a_record: {"record_emptied"},
    put_a_case_back: {"case_rolled_back"},
    file_looks_under_another_case: {"tag_changed"},
    file_looks_under_another_person: {"tag_changed"},
    put_a_leaf_where_none_belongs: {"places_amiss"},
    put_a_row_in_the_way: {"rows_beyond"},
    put_a_row_where_the_next_full_tile_belongs: {"rows_beyond"},
    edit_a_row_above_the_entries: {"row_changed", "forked"},
    count_a_case_up: {"number_missing"},
    hide_a_record: {"withheld"},
    hide_a_case: {"case_withheld"},
    swap_a_units_key: {"directory_changed"},
    put_back_the_directory: {"directory_rolled_back", "directory_changed"},
}
"""What is done -> the faults that name it."""

BESIDES = {
    "number_missing",
    "row_changed",
    "directory_changed",
    "taken_from_the_queue",
    "leaf_missing",
}
"""What may follow where events are taken away that told of a case, or of the directory."""


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_was_done_to_the_database_is_named(world: World, act: Callable[[Hands], None]) -> None:
    with in_hands(world) as hands:
        act(hands)
    told = faults(world)
    assert told >= ACTS[act]
    assert told - ACTS[act] <= BESIDES


def test_an_event_that_is_kept_from_the_log_is_missed(world: World) -> None:
    said(world.as_("manager").get("/v1/cases"))
    with in_hands(world) as hands:
        assert hands.do(hands.table("audit_pending").delete()).rowcount == 1
    assert faults(world) == {"taken_from_the_queue"}


def test_an_event_that_was_made_to_look_false_was_kept_out(world: World) -> None:
    with a_fork_of_the_log(world):
        said(world.as_("manager").get("/v1/cases"))
        with in_hands(world) as hands:
            waiting = [row.event_id for row in hands.do(hands.table("audit_pending").select())]
            events = hands.table("audit_event")
            false = events.update().where(events.c.event_id.in_(waiting)).values(mac=bytes(32))
            assert hands.do(false).rowcount == 1
        world.sequencing.turn()
        assert faults(world) == {"kept_out"}


def test_an_event_moved_to_a_lane_that_nobody_serves_is_held_back(world: World) -> None:
    said(world.as_("manager").get("/v1/cases"))
    with in_hands(world) as hands:
        hands.do(hands.table("audit_pending").update().values(lane=7, enqueued_at=None))
        events = hands.table("audit_event")
        hands.do(events.update().values(day=world.house.today() + timedelta(days=900)))
    before = world.clock.now
    world.clock.now += timedelta(minutes=2)
    try:
        assert faults(world) == {"held_back"}
    finally:
        world.clock.now = before


def test_a_clock_set_back_is_told_of_and_is_no_fault(world: World) -> None:
    with a_fork_of_the_log(world):
        steady = world.house.now().timestamp()
        world.sequencing._steady = lambda: steady
        world.sequencing._last_steady = steady
        world.clock.now -= timedelta(hours=1)
        world.sequencing.turn()
        said(world.as_("manager").get("/v1/cases"))
        world.sequencing.turn()
        world.clock.now += timedelta(minutes=16)
        steady += 16 * 60
        world.sequencing.turn()
        assert {one.code for one in findings(world)} == {"clock_moved"}


def test_a_change_that_vanished_with_everything_about_it_leaves_a_gap(world: World) -> None:
    with world.house.unit_of_work() as db:
        case = db.exec(select(Case).limit(1)).one()
        log.emit(db, "case.hold", by=THE_SERVICE, case=case)
        number = case.seq
    with in_hands(world) as hands:
        gone = [row.event_id for row in hands.do(hands.table("audit_pending").select())]
        for name in ("audit_pending", "audit_body", "audit_event"):
            rows = hands.table(name)
            hands.do(rows.delete().where(rows.c.event_id.in_(gone)))
    assert faults(world) == {"number_missing"}
    [fault] = [one for one in findings(world) if one.is_fault]
    assert fault.facts["number"] == number


def test_an_event_that_waits_too_long_is_held_back(world: World) -> None:
    said(world.as_("manager").get("/v1/cases"))
    assert faults(world) == set()
    before = world.clock.now
    world.clock.now += timedelta(minutes=2)  # and nobody enters it meanwhile
    try:
        assert faults(world) == {"held_back"}
    finally:
        world.clock.now = before


def test_an_event_that_is_backdated_stands_after_those_it_claims_to_precede(world: World) -> None:
    with a_fork_of_the_log(world):
        world.clock.move(minutes=15)  # a heartbeat says how late it is
        earlier = replace(world.house, clock=lambda: world.clock.now - timedelta(minutes=10))
        with earlier.unit_of_work() as db:
            log.emit(db, "config.changed", by=THE_SERVICE, about=log.DIRECTORY)
        world.sequencing.turn()
        assert faults(world) == {"backdated"}


def test_a_report_that_waited_through_a_pause_bears_its_day_and_is_no_fault(world: World) -> None:
    with a_fork_of_the_log(world):
        world.report(body="Sent the evening before the power failed.")
        world.clock.now += timedelta(days=5)
        world.sequencing.turn()
        world.clock.move(hours=2)
        assert faults(world) == set()
        assert "log_paused" in {one.code for one in findings(world)}


def test_an_event_that_is_postdated_is_later_than_the_logs_own_clock(world: World) -> None:
    with a_fork_of_the_log(world):
        later = replace(world.house, clock=lambda: world.clock.now + timedelta(hours=1))
        with later.unit_of_work() as db:
            log.emit(db, "config.changed", by=THE_SERVICE, about=log.DIRECTORY)
        world.clock.move(minutes=16)
        assert faults(world) == {"postdated"}


def test_an_event_that_knows_a_log_that_was_not_there_yet_is_made_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_fork_of_the_log(world):
        monkeypatch.setattr(log, "_seen", lambda _db, **_: 10_000)
        said(world.as_("manager").get("/v1/cases"))
        monkeypatch.undo()
        world.sequencing.turn()
        assert faults(world) == {"seen_ahead"}


def test_a_false_event_never_enters_the_log_and_is_told_of(world: World) -> None:
    with a_fork_of_the_log(world):
        with in_hands(world) as hands:
            event = uuid4()
            named = event.hex if world.kind == "sqlite" else event
            leaf = b"\x01" + event.bytes + b"\x07" * 32
            day = world.house.today()
            hands.do(
                hands.table("audit_event")
                .insert()
                .values(
                    event_id=named,
                    leaf=leaf,
                    leaf_hash=leaf_hash(leaf),
                    mac=bytes(32),
                    lane=0,
                    day=day,
                )
            )
            waiting = hands.table("audit_pending").insert()
            hands.do(waiting.values(event_id=named, lane=0, enqueued_at=None))
        world.sequencing.turn()
        [notice] = findings(world)
        assert (notice.code, notice.facts) == ("rows_refused", {"count": 1})


def test_what_is_erased_by_the_book_leaves_the_trail_whole_and_the_entry_provable(
    world: World,
) -> None:
    with a_fork_of_the_log(world):
        with world.house.unit_of_work() as db:
            count = erasure.erase_case(db, db.exec(select(Case).limit(1)).one())
        world.sequencing.turn()
        assert count > 0
        [notice] = findings(world)
        assert (notice.code, notice.facts) == ("bodies_erased", {"count": count})
        with world.house.unit_of_work() as db:
            assert erasure.erase_case(db, db.exec(select(Case).limit(1)).one()) == 0
            db.rollback()


@contextmanager
def a_fork_of_the_log(world: World) -> Iterator[None]:
    """What is signed inside is forgotten afterwards, by the signer too."""
    folder = world.settings.log_keys
    state, before = (folder / memory.STATE).read_bytes(), world.clock.now
    yield
    (folder / memory.STATE).write_bytes(state)
    world.clock.now = before
    world.restart_sequencing()


def test_every_finding_has_a_sentence_in_both_languages() -> None:
    for code, said_ in sentences().items():
        assert set(said_) == {"en", "fr"}, code
        assert all(text.endswith(".") for text in said_.values())
    assert set(sentences()) >= NOTICES
