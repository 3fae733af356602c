"""The trail at the door: who reads what of it, that walls hold, and that looking at it is on record."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from cases import verification
from cases.audit import leaf, note
from cases.audit.events import Body, Who
from cases.reading import trail
from tests.api.asking import NOBODY, problem
from tests.api.inhabited import inhabit
from tests.api.trailing import b64, grow, of_case, shown, told, vkey, whole_log
from tests.trail.hands_on import in_hands, undone
from tests.world import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.api.inhabited import Plot
    from tests.world import Caller, World

pytestmark = pytest.mark.one_database

EVENTS = "/v1/audit/events"
SUBJECT = {"name": "Amara Conteh", "role": "witness"}
"""The internal auditor, who is named in one case."""


@pytest.fixture(scope="module")
def plot(world: World) -> Plot:
    """A case of the main unit that the auditor is named in and the second head declared themselves out of."""
    found = inhabit(world, subjects=[SUBJECT])
    found.life.declare("head")
    found.life.declare("head2", "have", "My brother is in it.")
    world.sequencing.turn()
    return found


def case_of(world: World, plot: Plot) -> str:
    """The case's id."""
    return of_case(world, plot.life.reference)[0]


def names_case(bodies: list[dict[str, Any]], case: str) -> bool:
    """Whether any of these events tells of a case."""
    short = urlsafe_b64encode(UUID(case).bytes).rstrip(b"=").decode()
    return case in str(bodies) or short in str(bodies)


# Who reads what


def test_oversight_reads_every_event_and_what_it_reads_is_what_was_committed_to(
    world: World, plot: Plot
) -> None:
    items, partial = whole_log(world.as_("overseer"))
    assert not partial
    assert [item["leaf_index"] for item in items] == list(range(len(items)))
    for item in items:
        assert leaf.written(UUID(item["event_id"]), b64(item["salt"]), b64(item["body"])) == b64(
            item["leaf"]
        )
    bodies = shown(items)
    assert names_case(bodies, case_of(world, plot))
    assert {"directory.changed", "log.heartbeat", "case.submitted"} <= {b["kind"] for b in bodies}


def test_the_people_of_a_case_read_what_is_about_it_and_nothing_else(
    world: World, plot: Plot
) -> None:
    case = case_of(world, plot)
    items, partial = whole_log(world.as_("manager"))
    assert partial
    assert {body["case"] for body in shown(items)} == {case}
    its, partial = whole_log(world.as_("manager"), f"&case={plot.life.reference}")
    assert not partial
    # Each page was a look of its own: the second reading finds more.
    before = [item["event_id"] for item in items if item["body"] is not None]
    assert [item["event_id"] for item in its][: len(before)] == before


def test_who_has_not_declared_reads_nothing_of_a_case(world: World, plot: Plot) -> None:
    manager2 = world.as_("manager2")
    answer = manager2.get(f"{EVENTS}?case={plot.life.reference}")
    assert (answer.status_code, problem(answer)) == (403, "declaration-needed")
    items, partial = whole_log(manager2)
    assert partial
    assert shown(items) == []


@pytest.mark.parametrize(("part", "its"), [("admin", "health"), ("dpo", "privacy")])
def test_a_role_that_holds_a_part_of_the_trail_reads_its_kinds(
    world: World, plot: Plot, part: str, its: str
) -> None:
    assert plot.life.reference
    items, partial = whole_log(world.as_(part))
    kinds = {body["kind"] for body in shown(items)}
    assert partial
    assert kinds
    assert kinds <= trail.PARTS[its]


@pytest.mark.parametrize("part", ["lead", "triage", "desk", "statistician", "custodian"])
def test_nobody_else_has_a_door(world: World, part: str) -> None:
    for path in (EVENTS, "/v1/audit/checkpoint", "/v1/audit/health", "/v1/audit/tile/0/000"):
        answer = world.as_(part).get(path)
        assert (answer.status_code, problem(answer)) == (403, "not-permitted"), path


# Walls


def same(one: Response, other: Response) -> bool:
    """Whether two answers are the same, but for the receipts of their own traces."""
    return (one.status_code, one.content) == (other.status_code, other.content)


@pytest.mark.parametrize("part", ["auditor", "head2", "outside head"])
def test_who_must_not_know_of_a_case_reads_no_event_of_it(
    world: World, plot: Plot, part: str
) -> None:
    items, partial = whole_log(world.as_(part))
    assert partial
    assert not names_case(shown(items), case_of(world, plot))
    assert plot.life.reference not in str(shown(items))


@pytest.mark.parametrize("part", ["auditor", "head2", "outside head"])
def test_an_event_behind_a_wall_is_refused_as_one_that_never_was(
    world: World, plot: Plot, part: str
) -> None:
    caller = world.as_(part)
    _, ids = of_case(world, plot.life.reference)
    receipt = hashes(world, ids[0])
    for real, unknown in (
        (f"{EVENTS}/{ids[0]}", f"{EVENTS}/{uuid4()}"),
        (f"{EVENTS}?case={plot.life.reference}", f"{EVENTS}?case=ZZZZ-ZZZZ"),
        (f"/v1/audit/proof/inclusion?event_id={ids[-1]}", f"/v1/audit/proof/inclusion?event_id={NOBODY}"),
        (f"/v1/audit/receipts/{receipt}", f"/v1/audit/receipts/{'0' * 64}"),
    ):  # fmt: skip
        before = len(told(world))
        one = caller.get(real)
        made = len(told(world)) - before
        other = caller.get(unknown)
        assert (one.status_code, problem(one)) == (404, "not-found"), real
        assert same(one, other), real
        assert made == 1, real
        assert len(told(world)) - before == 2, unknown
        assert len(one.headers.get_list("X-Audit-Receipt")) == 1, real


def hashes(world: World, event_id: str) -> str:
    """The leaf hash of an event, hex."""
    answer = world.as_("overseer").get(f"/v1/audit/proof/inclusion?event_id={event_id}")
    return b64(said(answer, 200)["leaf_hash"]).hex()


def test_who_is_named_in_a_case_does_not_read_that_they_are_named_in_one() -> None:
    me, case = uuid4(), uuid4()
    judge = trail.Reader(
        me=me, everything=True, kinds=frozenset(), units=frozenset(), walled=frozenset({case})
    )

    def about(**more: Any) -> Body:  # noqa: ANN401
        return Body(
            id=uuid4(),
            kind="conflict.matched",
            at="2026-02-16",
            actor=Who(t="system"),
            seen=1,
            **more,
        )

    assert not judge.may_read(about(d={"staff": str(me), "count": 1}), frozenset())
    assert judge.may_read(about(d={"staff": str(uuid4()), "count": 1}), frozenset())
    assert not judge.may_read(about(d={"target": str(case)}), frozenset())
    assert judge.may_read(about(d={"target": str(uuid4())}), frozenset())


# On record


def newest_look(world: World, caller: Caller, kind: str) -> Body:
    """The newest look of a kind by somebody."""
    mine = [one for one in told(world) if one.kind == kind and str(one.actor.id) == caller.id]  # type: ignore[attr-defined]
    return max(mine, key=lambda one: (one.at, one.d.get("at", 0)))


def test_reading_the_log_is_on_record_with_where_it_began_and_how_much_was_shown(
    world: World,
) -> None:
    world.clock.move(minutes=1)
    caller = world.as_("overseer")
    answer = caller.get(f"{EVENTS}?after=6&limit=3")
    assert [item["leaf_index"] for item in said(answer, 200)["items"]] == [7, 8, 9]
    assert len(answer.headers.get_list("X-Audit-Receipt")) == 1
    assert newest_look(world, caller, "log.verified").d == {"at": 7, "count": 3}


def test_reading_the_events_of_a_case_is_a_look_at_the_case(world: World, plot: Plot) -> None:
    world.clock.move(minutes=1)
    head = world.as_("head")
    said(head.get(f"{EVENTS}?case={plot.life.reference}"), 200)
    one = newest_look(world, head, "case.read")
    assert one.d["parts"] == ["trail"]
    assert str(one.case) == case_of(world, plot)
    world.clock.move(minutes=1)
    _, ids = of_case(world, plot.life.reference)
    item = said(head.get(f"{EVENTS}/{ids[0]}"), 200)
    assert item["event_id"] == ids[0]
    assert shown([item])[0]["id"] == ids[0]
    assert newest_look(world, head, "case.read").at > one.at


@pytest.mark.parametrize("part", ["overseer", "manager"])
def test_a_page_of_the_log_takes_as_many_statements_whatever_it_holds(
    world: World, plot: Plot, part: str
) -> None:
    caller = world.as_(part)
    _, ids = of_case(world, plot.life.reference)
    first = said(world.as_("overseer").get(f"{EVENTS}/{ids[0]}"), 200)["leaf_index"]
    counted = []
    said(caller.get(f"{EVENTS}?limit=5"), 200)  # what a process learns once is not what is counted
    for limit in (5, 200):
        with statements(world) as made:
            page = said(caller.get(f"{EVENTS}?limit={limit}&after={first - 1}"), 200)
        assert shown(page["items"])
        counted.append(len(made))
    assert counted[0] == counted[1]
    assert counted[0] < 25


def statements(world: World) -> Any:  # noqa: ANN401 -- a context manager of a list
    """The statements that are run meanwhile."""

    class Counting:
        def __enter__(self) -> list[str]:
            self.made: list[str] = []
            event.listen(world.house.engine, "before_cursor_execute", self.note)
            return self.made

        def __exit__(self, *_: object) -> None:
            event.remove(world.house.engine, "before_cursor_execute", self.note)

        def note(self, _c: object, _u: object, statement: str, *_: object) -> None:
            self.made.append(statement)

    return Counting()


# What is not there


def test_an_erased_body_is_null_to_who_reads_everything_and_gone_for_others(
    world: World, plot: Plot
) -> None:
    _, ids = of_case(world, plot.life.reference)
    with undone(world, "audit_body", keep_new=True):
        with in_hands(world) as hands:
            bodies = hands.table("audit_body")
            chosen = UUID(ids[1])
            value = chosen.hex if world.kind == "sqlite" else chosen
            gone = hands.do(bodies.delete().where(bodies.c.event_id == value))
            assert gone.rowcount == 1
        item = said(world.as_("overseer").get(f"{EVENTS}/{ids[1]}"), 200)
        assert (item["body"], item["salt"]) == (None, None)
        assert len(b64(item["leaf"])) == 49
        answer = world.as_("manager").get(f"{EVENTS}/{ids[1]}")
        assert (answer.status_code, problem(answer)) == (404, "not-found")
        items, partial = whole_log(world.as_("overseer"))
        assert [one["event_id"] for one in items if one["body"] is None] == [ids[1]]
        assert not partial


@pytest.mark.parametrize("query", ["after=-2", "after=9007199254740991", "limit=0", "limit=201",
                                   "after=x", "until=3"])  # fmt: skip
def test_a_page_that_cannot_be_is_refused(world: World, query: str) -> None:
    answer = world.as_("overseer").get(f"{EVENTS}?{query}")
    assert (answer.status_code, problem(answer)) == (422, "invalid-input")


def test_beyond_the_end_of_the_log_there_is_an_empty_page(world: World) -> None:
    page = said(world.as_("overseer").get(f"{EVENTS}?after={2**53 - 3}"), 200)
    assert page == {"items": [], "next": None, "partial": False}


# What waits


def test_what_waits_for_the_log_says_so_and_then_has_its_proof(world: World, plot: Plot) -> None:
    manager, desk = world.as_("manager"), world.as_("desk")
    [receipt] = manager.get(plot.life.path("head")).headers.get_list("X-Audit-Receipt")
    path = f"/v1/audit/receipts/{receipt}"
    assert said(manager.get(path), 200) == {"state": "pending", "proof": None}
    answer = desk.get(path)
    assert (answer.status_code, problem(answer)) == (404, "not-found")
    world.sequencing.turn()
    found = said(manager.get(path), 200)
    assert found["state"] == "logged"
    assert b64(found["proof"]["leaf_hash"]).hex() == receipt
    for text in ("x", receipt[:-1], receipt.upper()):
        assert manager.get(f"/v1/audit/receipts/{text}").status_code == 422


def test_whoever_did_something_may_ask_what_became_of_its_receipt(world: World, plot: Plot) -> None:
    triage = world.as_("triage")
    [receipt] = triage.get(plot.life.path("head")).headers.get_list("X-Audit-Receipt")
    assert said(triage.get(f"/v1/audit/receipts/{receipt}"), 200)["state"] == "pending"


def test_an_event_that_waits_is_a_conflict_not_an_unknown_one(world: World, plot: Plot) -> None:
    manager = world.as_("manager")
    said(manager.get(plot.life.path("head")), 200)
    case, placed = of_case(world, plot.life.reference)
    mine = [one for one in told(world) if str(one.case) == case and str(one.id) not in placed]
    assert mine
    for path in (f"{EVENTS}/{mine[0].id}", f"/v1/audit/proof/inclusion?event_id={mine[0].id}"):
        answer = manager.get(path)
        assert (answer.status_code, problem(answer)) == (409, "not-in-the-log-yet")
    world.sequencing.turn()
    said(manager.get(f"{EVENTS}/{mine[0].id}"), 200)


# Checkpoint and health


def test_the_published_checkpoint_is_a_signed_note_with_an_etag(world: World) -> None:
    world.clock.move(minutes=16)
    answer = world.as_("auditor").get("/v1/audit/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    key = note.parse_vkey(vkey(world))
    opened = note.open_note(answer.content, [key])
    assert note.parse_checkpoint(opened.text).origin == key.name
    tag = {"If-None-Match": answer.headers["ETag"]}
    again = world.as_("head").get("/v1/audit/checkpoint", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    grow(world, 1)
    # Signed at once, and not shown before the next publication.
    assert world.as_("head").get("/v1/audit/checkpoint", headers=tag).status_code == 304
    world.clock.move(minutes=16)
    assert world.as_("head").get("/v1/audit/checkpoint", headers=tag).status_code == 200


def test_the_key_line_is_the_one_on_paper_where_it_can_be_read(world: World) -> None:
    answer = world.as_("auditor").get("/v1/audit/vkey")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == f"{vkey(world)}\n"
    key = world.settings.log_keys / "key"
    kept = key.rename(key.with_name("elsewhere"))
    try:
        answer = world.as_("auditor").get("/v1/audit/vkey")
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    finally:
        kept.rename(key)


def test_health_says_how_the_log_lives(world: World) -> None:
    world.clock.move(minutes=16)
    found = said(world.as_("admin").get("/v1/audit/health"), 200)
    assert found["status"] == "living"
    assert found["size"] == found["signed_size"] > 0
    assert (found["unsigned_seconds"], found["published_seconds"]) == (0, 0)
    assert found["pending"]["tick"] == 0


@pytest.fixture
def unattended(world: World) -> Iterator[World]:
    """The world while its sequencer stands still."""
    attended, now = world.clock.then, world.clock.now
    world.clock.then = lambda: None
    yield world
    world.clock.now, world.clock.then = max(world.clock.now, now), attended
    world.clock.move(minutes=16)


def test_a_log_that_is_late_or_silent_says_so_and_reporters_are_served(
    unattended: World, plot: Plot
) -> None:
    world, manager = unattended, unattended.as_("manager")
    said(manager.get(plot.life.path("head")), 200)
    for passes, status, warning in (
        (timedelta(minutes=2), "late", "log-late"),
        (timedelta(hours=25), "silent", "log-silent"),
    ):
        world.clock.now += passes
        assert said(world.as_("admin").get("/v1/audit/health"), 200)["status"] == status
        assert warning in said(world.anybody().get("/readyz"), 200)["warnings"]
        assert world.report(body=f"While the log was {status}.").receipt
    answer = manager.get(EVENTS)
    assert (answer.status_code, problem(answer)) == (503, "audit-unavailable")
    # What nobody is named in can be had even now: it is what shows that the log stands still.
    assert manager.get("/v1/audit/checkpoint").status_code == 200
    assert manager.get("/v1/audit/tile/0/000.p/3").status_code == 200


def test_the_last_scrub_is_told_with_what_it_found(world: World) -> None:
    assert said(world.as_("admin").get("/v1/audit/health"), 200)["last_scrub"] is None
    found = verification.scrub(world.house)
    world.sequencing.turn()
    scrub = said(world.as_("auditor").get("/v1/audit/health"), 200)["last_scrub"]
    assert scrub["faults"] == sum(one.is_fault for one in found)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", scrub["at"])
