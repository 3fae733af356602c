"""The worker and the sequencer at the tick: nobody learns when a reporter was there, nor how often."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, func, select

from api.background import Background
from api.sequencing import HALTED, Sequencing
from cases import intake, messages
from cases.audit import log, memory, signer, storage
from cases.audit.sequencer import ALIKE, Log
from cases.intake import Receipt, Submission
from cases.models.case import Case, Record
from cases.models.trail import AuditBody, AuditEvent, AuditLeaf, AuditPending, Lane
from tests.cases.builders import SmallHouse, a_house
from tests.world import World, a_world, code, run_folder, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cases.actors import ReporterActor
    from cases.audit.events import Body
    from tests.databases import Backend

pytestmark = pytest.mark.one_database

HOUR = timedelta(hours=1)


@dataclass
class Office:
    """A house with a tick of an hour, its worker and its sequencer, in one process."""

    small: SmallHouse
    folder: Path
    sequencing: Sequencing = field(init=False)
    worker: Background = field(init=False)

    def __post_init__(self) -> None:
        house = self.small.house
        own = signer.create(self.folder, "integrity.example/audit/1")
        opened = Log(house.engine, house.keyring.key("writer-mac"), own, self.folder)
        self.sequencing = Sequencing(
            lambda: opened, tick=HOUR, clock=house.now, steady=lambda: house.now().timestamp()
        )
        self.worker = Background(house)

    def at(self, hour: int, minute: int = 0, second: int = 0) -> None:
        """Move the clock to a time of this day; nobody does anything."""
        clock = self.small.clock
        clock.now = clock.now.replace(hour=hour, minute=minute, second=second)

    def go(self, hour: int, minute: int = 0, second: int = 0) -> None:
        """Move the clock and let both do what is due, until nothing is left to do."""
        self.at(hour, minute, second)
        for _ in range(2):
            self.sequencing.turn()
            self.worker.turn()

    def grown(self) -> int:
        """Leaves that entered the tree at ticks."""
        statement = (
            select(func.count())
            .select_from(AuditLeaf)
            .join(AuditEvent, col(AuditEvent.event_id) == col(AuditLeaf.event_id))
            .where(AuditEvent.lane == Lane.TICK)
        )
        with self.small.look() as db:
            return db.exec(statement).one()

    def waiting(self) -> set[str]:
        """The receipts of what waits for a tick."""
        statement = (
            select(AuditEvent.leaf_hash)
            .join(AuditPending, col(AuditPending.event_id) == col(AuditEvent.event_id))
            .where(AuditPending.lane == Lane.TICK)
        )
        with self.small.look() as db:
            return {one.hex() for one in db.exec(statement)}

    def printed(self) -> list[str]:
        """The receipts printed since the last time, without those of what staff and the service did."""
        lines = [line[len('{"audit_receipt":"') : -2] for line in self.small.printed]
        self.small.printed.clear()
        with self.small.look() as db:
            ticked = {
                one.hex()
                for one in db.exec(select(AuditEvent.leaf_hash).where(AuditEvent.lane == Lane.TICK))
            }
        return [line for line in lines if line in ticked]

    def report(self) -> ReporterActor:
        """Send a report and come back to it."""
        stretched = secrets.token_bytes(32)
        intake.submit(intake.prepare(self.small.house, Submission(body="x")), Receipt(stretched))
        with self.small.work() as db:
            token = intake.enter(db, stretched).token
        with self.small.look() as db:
            return intake.visit(db, token)

    def message(self, by: ReporterActor) -> None:
        with self.small.work() as db:
            messages.post_as_reporter(db, by, "more")

    def delivered(self) -> list[bool]:
        """Of each record that a reporter sent, whether staff see it."""
        with self.small.look() as db:
            cases = list(db.exec(select(Case.delivered)))
            return [*cases, *db.exec(select(Record.delivered).order_by(col(Record.delivered)))]

    def told(self, kind: str) -> list[Body]:
        """The events of a kind."""
        statement = select(AuditBody, AuditEvent.leaf).join(
            AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id)
        )
        with self.small.look() as db:
            opened = [
                log.open_body(db.house.keyring, row, leaf) for row, leaf in db.exec(statement)
            ]
        return [one.body for one in opened if one.body.kind == kind]


@pytest.fixture
def office(backend: Backend, tmp_path: Path) -> Iterator[Office]:
    with closing(a_house(backend, tick=HOUR)) as house:
        house.clock.now = house.clock.now.replace(hour=9, minute=0)
        made = Office(house, tmp_path / "log")
        made.go(9, 0)
        made.printed()
        yield made


def test_what_was_sent_in_the_hour_is_seen_at_the_tick(office: Office) -> None:
    office.at(9, 10)
    by = office.report()
    office.at(9, 20)
    office.message(by)
    for minute, second in ((21, 0), (45, 0), (59, 59)):
        office.go(9, minute, second)
        assert not any(office.delivered())
        assert office.grown() == 0
    office.go(10, 0)
    assert all(office.delivered())
    assert office.grown() == ALIKE
    assert office.waiting() == set()


@pytest.mark.parametrize("acts", [0, 1, 7, 8, 9])
@pytest.mark.parametrize("first", ["worker", "sequencer"])
def test_the_tree_grows_the_same_whether_nobody_or_some_were_there(
    office: Office, acts: int, first: str
) -> None:
    if acts:
        by = office.report()
        for _ in range(acts - 1):
            office.message(by)
    office.at(10, 0)
    if first == "worker":
        office.worker.turn()
    office.go(10, 0)
    office.go(10, 1)
    assert office.grown() == (ALIKE if acts <= ALIKE else 2 * ALIKE)
    assert all(office.delivered())
    assert len(office.printed()) == office.grown()
    grown = office.grown()
    office.at(11, 0)
    if first == "worker":
        office.worker.turn()
    office.go(11, 0)
    office.go(11, 1)
    assert office.grown() - grown == len(office.printed()) == ALIKE
    assert office.waiting() == set()


def test_receipts_of_reporters_are_printed_at_the_tick_with_those_of_heartbeats(
    office: Office,
) -> None:
    by = office.report()
    office.message(by)
    sent = office.waiting()
    office.go(9, 50)
    assert office.printed() == []
    office.at(10, 0)
    office.worker.turn()
    printed = office.printed()
    assert len(printed) == len(set(printed)) == ALIKE
    assert set(printed) == office.waiting() > sent
    office.go(10, 0, 2)
    office.go(10, 30)
    assert office.printed() == []  # each once
    assert all(office.delivered())


def test_one_that_comes_between_is_topped_up_again_and_its_receipt_does_not_date_it(
    office: Office,
) -> None:
    by = office.report()
    office.at(10, 0)
    office.worker.turn()
    printed = set(office.printed())
    office.message(by)
    office.sequencing.turn()
    assert office.grown() == 0  # nine
    office.at(10, 0, 2)
    office.worker.turn()
    late = office.waiting() - printed
    assert len(late) == ALIKE
    office.sequencing.turn()
    office.worker.turn()
    assert office.grown() == 2 * ALIKE
    assert all(office.delivered())
    for minute, second in ((2, 0), (30, 0), (59, 59)):
        office.go(10, minute, second)
        assert office.printed() == []
    office.go(11, 0)
    # Among those of the next tick.
    again = office.printed()
    assert len(again) == len(set(again)) == 2 * ALIKE
    assert set(again) > late
    assert not printed & set(again)


def test_one_that_comes_when_the_sequencer_is_through_waits_for_the_next_tick(
    office: Office,
) -> None:
    by = office.report()
    office.at(10, 0)
    office.worker.turn()
    office.sequencing.turn()
    printed = set(office.printed())
    office.message(by)
    [sent] = office.waiting()
    for minute, second in ((0, 2), (0, 4), (3, 0), (5, 0), (59, 59)):
        office.go(10, minute, second)
        assert office.waiting() == {sent}
        assert office.printed() == []
        assert office.grown() == ALIKE
    office.go(11, 0)
    again = office.printed()
    assert sent in again
    assert len(again) == ALIKE
    assert not printed & set(again)
    assert all(office.delivered())


def test_while_nothing_is_signed_receipts_still_come_by_the_hour(office: Office) -> None:
    state = memory.recall(office.folder)
    assert state is not None
    (office.folder / memory.STATE).unlink()
    office.go(9, 20)
    by = office.report()
    expected = 0
    for hour in (10, 11):
        office.go(hour, 0)
        assert (office.folder / HALTED).exists()
        there = office.waiting()
        printed = office.printed()
        assert set(printed) <= there
        assert len(printed) == len(there) - expected
        expected = len(there)
        assert expected % ALIKE == 0
        for minute in (10, 20, 30):
            office.at(hour, minute)
            office.message(by)
            office.go(hour, minute)
            assert office.printed() == []
    assert not any(office.delivered())
    assert office.grown() == 0
    memory.remember(office.folder, state)
    office.go(12, 0)
    assert all(office.delivered())
    assert office.grown() % ALIKE == 0
    assert office.waiting() == set()


def test_a_tick_that_cannot_be_kept_begins_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.report()
    with monkeypatch.context() as broken:
        broken.setattr(log, "emit", lambda *_, **__: 1 / 0)
        office.go(10, 0)
    assert office.grown() == 0
    assert office.printed() == []
    office.go(10, 1)
    assert len(office.printed()) == office.grown() == ALIKE
    assert all(office.delivered())


def test_what_a_reporter_did_has_seen_the_log_of_the_day_before(office: Office) -> None:
    office.go(9, 30)
    with office.small.look() as db:
        newest = storage.newest_checkpoint(db)
    assert newest is not None
    by = office.report()
    [submitted] = office.told("case.submitted")
    assert submitted.seen == 0  # yesterday there was no log
    office.go(10, 0)
    with office.small.look() as db:
        newest = storage.newest_checkpoint(db)
    assert newest is not None
    office.small.clock.move(days=1)
    for hour in (11, 12):
        office.go(hour)
        office.message(by)
    assert [one.seen for one in office.told("message.sent")] == [newest.size] * 2
    office.go(13)
    ticked = [one for one in office.told("log.heartbeat") if len(one.at) == len("2026-03-02")]
    assert {one.seen for one in ticked} == {0, newest.size}


# Over HTTP


@pytest.fixture(params=["sqlite", "postgres"])
def hourly(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[World]:
    with ExitStack() as undo:
        run = run_folder(pytestconfig)
        yield a_world(run, request.param, undo, reporter_tick_minutes=60)


def test_an_answer_to_a_reporter_bears_no_receipt_and_one_to_staff_does(hourly: World) -> None:
    reporter = hourly.report().enter()
    hourly.printed.clear()
    answers = [
        hourly.anybody().post("/v1/reports", {"body": "And another thing."}),
        reporter.caller.get("/v1/reporter/report"),
        reporter.caller.post("/v1/reporter/messages", {"body": "more"}),
    ]
    for answer in answers:
        assert answer.is_success
        assert "X-Audit-Receipt" not in answer.headers
    assert hourly.printed == []
    answer = hourly.as_("triage").get("/v1/cases")
    assert hourly.printed == [f'{{"audit_receipt":"{answer.headers["X-Audit-Receipt"]}"}}']


def test_staff_see_nothing_where_nothing_is_signed_and_reporters_are_heard(hourly: World) -> None:
    world, triage = hourly, hourly.as_("triage")
    worker = Background(world.house)
    sent = world.report()
    world.clock.move(hours=1)
    worker.turn()
    world.sequencing.turn()
    worker.turn()
    life = world.life(sent)
    life.do("desk", "acknowledge")
    world.clock.then = lambda: None  # from now on the sequencer stands still
    world.sequencing.turn()
    world.clock.move(hours=24)
    assert said(triage.get("/v1/cases"))["items"]
    world.clock.move(seconds=1)
    for path in ("/v1/cases", life.path()):
        answer = triage.get(path)
        assert code(answer) == (503, "audit-unavailable"), path
        assert life.reference not in answer.text
    reporter = world.report(body="Is anybody there?").enter()
    reporter.write("Anybody?")
    assert reporter.report()
    world.sequencing.turn()
    life.declared.clear()
    assert said(triage.get("/v1/cases"))["items"]
    assert life.read("triage")
