"""What two do at the same moment: nothing is lost, nothing slips between, and a row keeps its MAC.

On PostgreSQL, where two write at the same time; SQLite lets one after the other.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col, select

from api import errors
from cases import access, assignments, emergencies, timed
from cases.actors import THE_SERVICE
from cases.errors import NotReady, Unacceptable
from cases.models.case import Assignment
from cases.models.conflict import InterestKind
from cases.models.people import Staff
from cases.sealing.hierarchy import StaffKeys
from cases.staff import accounts, bodies, interests
from cases.staff.changes import record_directory_change
from cases.staff.interests import Line
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cases.actors import StaffActor
    from tests.databases import Databases

WAIT_SECONDS = 20
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def small(databases: Databases) -> Iterator[SmallHouse]:
    backend = databases.fresh("postgres")
    with closing(a_house(backend)) as house:
        yield house
    databases.discard(backend)


def one_in_another(
    small: SmallHouse, first: Callable[[Callable[[], None]], None], second: Callable[[], None]
) -> list[Exception]:
    """Do something, and something else from where the first says so until it waits or is done; what failed."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            second()
        except Exception as error:  # noqa: BLE001 -- a test says which it hopes for
            failed.append(error)

    thread = threading.Thread(target=run)

    def go() -> None:
        thread.start()
        ends = time.monotonic() + WAIT_SECONDS
        with small.house.engine.connect() as watcher:
            while thread.is_alive() and not watcher.scalar(WAITING) and time.monotonic() < ends:
                watcher.rollback()
                time.sleep(0.01)

    try:
        first(go)
    except Exception as error:  # noqa: BLE001
        failed.append(error)
    thread.join(WAIT_SECONDS)
    assert not thread.is_alive()
    return failed


def agreement(**terms: object) -> bodies.Agreement:
    return bodies.Agreement(**{"body": "prosecutor", "accepts_anonymous": True} | terms)  # type: ignore[arg-type]


@pytest.mark.parametrize("known", [True, False], ids=["there is one", "there is none yet"])
def test_two_write_one_entry_of_the_register_and_the_later_one_stands(
    small: SmallHouse, *, known: bool
) -> None:
    def keep(terms: bodies.Agreement, go: Callable[[], None] = lambda: None) -> None:
        with small.work() as db:
            bodies.keep(db, terms, THE_SERVICE)
            go()

    if known:
        keep(agreement(agreement="A"))
    later = agreement(agreement="B")
    failed = one_in_another(
        small, lambda go: keep(agreement(accepts_anonymous=False), go), lambda: keep(later)
    )

    assert failed == []
    with small.look() as db:
        assert bodies.of(db, "prosecutor") == later


def test_two_change_one_person_and_neither_change_is_lost(small: SmallHouse) -> None:
    who, port = small.person("investigator").id, small.offices["PORT"]

    def rename(go: Callable[[], None]) -> None:
        with small.work() as db:
            accounts.change(db, who, THE_SERVICE, {"display_name": "One"})
            db.flush()
            go()

    def move() -> None:
        with small.work() as db:
            accounts.change(db, who, THE_SERVICE, {"office": port})

    assert one_in_another(small, rename, move) == []
    with small.look() as db:
        found = db.get_one(Staff, who)
        assert (found.display_name, found.office) == ("One", port)


def test_whoever_looked_before_a_change_changes_nothing_over_it_and_is_told_to_try_again(
    small: SmallHouse,
) -> None:
    who = small.person("investigator").id

    def write(name: str, go: Callable[[], None] = lambda: None) -> None:
        with small.work() as db:
            person = db.get_one(Staff, who)
            go()
            person.display_name = name
            record_directory_change(db, THE_SERVICE)

    [error] = one_in_another(small, lambda go: write("One", go), lambda: write("Another"))

    assert isinstance(error, StaleDataError)
    assert errors.code_of(error) == "busy"
    with small.look() as db:
        assert db.get_one(Staff, who).display_name == "Another"


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """A case about the port, authorised, whose manager may name who inquires."""
    made = a_life(small).triaged()
    made.authorise()
    made.declare("manager")
    return made


def assign(life: Life, who: StaffActor, go: Callable[[], None] = lambda: None) -> None:
    by = life.cast["manager"]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        assignments.assign(db, case, "lead_investigator", who.id, by=by, keys=keys)
        db.flush()
        go()


def move(life: Life, who: StaffActor, go: Callable[[], None] = lambda: None) -> None:
    """To the port, as over the interface."""
    with life.small.work() as db:
        assignments.hold_for_move(db, who.id)
        accounts.change(db, who.id, THE_SERVICE, {"office": life.small.offices["PORT"]})
        assignments.moved(db, who.id)
        go()


def inquires(life: Life, who: StaffActor) -> bool:
    with life.small.look() as db:
        parts = select(Assignment).where(Assignment.staff == who.id, col(Assignment.active))
        return db.exec(parts).first() is not None


def test_coi_r04_nobody_is_named_in_the_moment_in_which_they_are_moved_there(life: Life) -> None:
    lead = life.cast["lead"]

    [error] = one_in_another(
        life.small, lambda go: move(life, lead, go), lambda: assign(life, lead)
    )

    assert isinstance(error, NotReady)
    assert not inquires(life, lead)


def test_coi_r04_nor_moved_in_the_moment_in_which_they_are_named(life: Life) -> None:
    lead = life.cast["lead"]

    failed = one_in_another(life.small, lambda go: assign(life, lead, go), lambda: move(life, lead))

    assert failed == []
    assert not inquires(life, lead)


def close(life: Life, who: StaffActor, go: Callable[[], None] = lambda: None) -> None:
    with life.small.work() as db:
        accounts.disable(db, who.id, THE_SERVICE)
        db.flush()
        go()


def test_nobody_is_named_in_the_moment_in_which_their_account_is_closed(life: Life) -> None:
    lead = life.cast["lead"]

    [error] = one_in_another(
        life.small, lambda go: close(life, lead, go), lambda: assign(life, lead)
    )

    assert isinstance(error, Unacceptable)
    assert not inquires(life, lead)


def state_tie(life: Life, who: StaffActor, go: Callable[[], None] = lambda: None) -> None:
    """With whom the case names, as over the interface."""
    line = Line(kind=InterestKind.TIE, since=life.small.house.today(), name="Adama Kone")
    with life.small.work() as db:
        assignments.hold_inquirer(db, who.id)
        interests.add(db, line, by=who)
        assignments.tie_stated(db, by=who, keys=StaffKeys(db, who))
        go()


@pytest.mark.parametrize("first", ["tie", "part"])
def test_coi_r13_a_tie_is_not_stated_past_a_part_that_is_given_at_that_moment(
    life: Life, first: str
) -> None:
    lead = life.cast["lead"]
    life.write("manager", "person", role="subject", name="Adama Kone")
    life.declare("manager")

    if first == "tie":
        failed = one_in_another(
            life.small, lambda go: state_tie(life, lead, go), lambda: assign(life, lead)
        )
        assert [type(one) for one in failed] == [NotReady]
    else:
        failed = one_in_another(
            life.small, lambda go: assign(life, lead, go), lambda: state_tie(life, lead)
        )
        assert failed == []
    assert not inquires(life, lead)


def let_in(life: Life, who: StaffActor, go: Callable[[], None] = lambda: None) -> None:
    """By an emergency, for which two people spoke up."""
    first, by = life.cast["head"], life.cast["head2"]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        emergencies.open_(db, case, who.id, "a life", first=first.id, by=by, keys=keys)
        db.flush()
        go()


def test_coi_r13_a_tie_is_not_stated_past_an_emergency_that_is_called_at_that_moment(
    life: Life,
) -> None:
    who = life.small.person("investigator")
    life.write("manager", "person", role="subject", name="Adama Kone")
    life.declare("head2")

    failed = one_in_another(
        life.small, lambda go: let_in(life, who, go), lambda: state_tie(life, who)
    )

    assert failed == []
    with life.small.look() as db:
        assert not timed.emergency(db, who.id, access.find(db, life.reference, life.cast["head2"]))


def test_coi_r13_nor_past_a_team_that_is_named_by_a_step(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = life.cast["lead"]
    life.write("manager", "person", role="subject", name="Adama Kone")
    life.declare("manager")
    asked = assignments.tied

    def name(go: Callable[[], None]) -> None:
        def tied(*about: Any) -> bool:  # noqa: ANN401 -- as the rule takes it
            answer = asked(*about)
            go()  # the rule was asked, and nobody is named yet
            return answer

        monkeypatch.setattr(assignments, "tied", tied)
        life.team()

    assert one_in_another(life.small, name, lambda: state_tie(life, lead)) == []
    assert not inquires(life, lead)


def test_one_is_moved_and_another_closed_who_work_on_one_case(small: SmallHouse) -> None:
    life = a_life(small).investigated()
    lead, other = life.cast["lead"], life.cast["investigator"]

    def close() -> None:
        with small.work() as db:
            accounts.disable(db, other.id, THE_SERVICE)

    def begin(go: Callable[[], None]) -> None:
        with small.work() as db:
            assignments.hold_for_move(db, lead.id)
            go()
            accounts.change(db, lead.id, THE_SERVICE, {"office": small.offices["PORT"]})
            assignments.moved(db, lead.id)

    assert one_in_another(small, begin, close) == []
    assert not inquires(life, lead)


def test_somebody_is_asked_about_in_a_case_while_their_account_is_closed(small: SmallHouse) -> None:
    life = a_life(small).investigated()
    lead, by = life.cast["lead"], life.cast["manager"]

    def ask(go: Callable[[], None]) -> None:
        with small.work() as db:
            access.find(db, life.reference, by, to_change=True)
            go()
            assignments.hold_people(db, [lead.id])

    def close() -> None:
        with small.work() as db:
            accounts.disable(db, lead.id, THE_SERVICE)

    assert one_in_another(small, ask, close) == []
