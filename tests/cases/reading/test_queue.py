"""The queue: each case once, in order, filtered as asked, and nothing that must not be known."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from cases.actors import THE_SERVICE, StaffActor
from cases.audit import log
from cases.conflicts import wall
from cases.errors import DirectoryBroken
from cases.models.case import NO_DATE, NO_PRIORITY, Assignment, Case, Declaration, DeclarationStatus
from cases.models.facts import CaseFact
from cases.models.people import Staff
from cases.models.trail import AuditBody
from cases.reading import heads, queue
from cases.reading.filters import Filters
from cases.reading.queue import By, Sort
from cases.sealing import facts
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life, declare, deliver, put
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cases.lives import Life
    from tests.databases import Backend, Databases

TODAY = date(2026, 3, 2)
STATES = ("received", "triage", "assessed", "investigation", "closed")
PRIORITIES = (NO_PRIORITY, "P0", "P1", "P4")
DAYS = (TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=3))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def crowd(
    request: pytest.FixtureRequest, databases: Databases
) -> Iterator[tuple[SmallHouse, StaffActor, list[tuple[Case, CaseFact]]]]:
    """Sixty cases of every kind, some of which must not be known."""
    backend = databases.fresh(request.param)
    small = a_house(backend)
    yield crowded(small)
    small.close()
    databases.discard(backend)


def crowded(small: SmallHouse) -> tuple[SmallHouse, StaffActor, list[tuple[Case, CaseFact]]]:
    who, colleague = small.person("case_manager"), small.person("investigator")
    chance, keyring = random.Random(7), small.house.keyring
    made: list[tuple[Case, CaseFact]] = []
    with small.work() as db:
        for n in range(60):
            case = a_case(small, chance, chance.choice((who.id, colleague.id, None)))
            if n % 10 == 7:
                case.delivered = False
            elif n % 10 == 8:
                case.unit = small.units["outside"]
            fact = CaseFact(
                case_id=case.id,
                category=token(small, "category", chance),
                office=facts.filter_token(keyring, "office", chance.choice(("", "HQ", "PORT"))),
                procedure=token(small, "procedure", chance),
                channel=token(small, "channel", chance),
            )
            db.add_all((case, fact))
            if n % 10 == 9:
                wall(db, case.id, [who.id])
            elif n % 10 < 7:
                made.append((case, fact))
            if n % 4 == 0:
                db.add(Assignment(case_id=case.id, staff=colleague.id, role="investigator"))
        log.emit(db, "config.changed", by=THE_SERVICE)
    return small, who, made


def token(small: SmallHouse, dimension: str, chance: random.Random) -> int:
    return facts.filter_token(small.house.keyring, dimension, chance.choice(CODES[dimension]))


LISTS = {"category": "categories", "procedure": "procedures", "channel": "channels"}
CODES = {
    dimension: ["", *list(catalogue.code_list(file).by_code)[:2]]
    for dimension, file in LISTS.items()
}


def a_case(small: SmallHouse, chance: random.Random, assignee: UUID | None) -> Case:
    seq = chance.randrange(1, 4)
    return Case(
        id=uuid4(),
        reference=uuid4().hex[:9].upper(),
        unit=small.units["main"],
        workflow="complaint",
        workflow_version=1,
        state=chance.choice(STATES),
        entered_on=TODAY,
        priority=chance.choice(PRIORITIES),
        assignee=assignee,
        seq=seq,
        seen_seq=chance.choice((seq, 0)),
        delivered=True,
        commitment=b"c",
        received_on=chance.choice(DAYS),
        updated_on=chance.choice(DAYS),
        acknowledge_by=TODAY,
        feedback_by=TODAY,
        due=chance.choice((*DAYS, NO_DATE)),
        due_at=chance.choice((None, None, small.house.now() - timedelta(hours=1))),
    )


def pages(
    small: SmallHouse, who: StaffActor, filters: Filters, sort: Sort, limit: int
) -> list[queue.Item]:
    after, found = None, []
    while True:
        with small.work() as db:
            page = queue.page(db, who, filters, sort=sort, after=after, limit=limit)
        assert len(page.items) == limit or not page.more
        found += page.items
        if not page.more:
            return found
        after = page.items[-1].sort_key


Crowd = tuple[SmallHouse, StaffActor, list[tuple[Case, CaseFact]]]
QUIET = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@QUIET
@given(sort=st.sampled_from(get_args(Sort)), limit=st.integers(1, 50))
def test_pages_hold_each_case_once_in_order_under_every_sort(
    crowd: Crowd, sort: Sort, limit: int
) -> None:
    small, who, made = crowd
    found = pages(small, who, Filters(), sort, limit)
    assert sorted(item.id.hex for item in found) == sorted(case.id.hex for case, _ in made)
    by_id = {case.id: case for case, _ in made}
    column = queue.SORT_COLUMNS[sort.removeprefix("-")]
    places = [(getattr(by_id[item.id], column), item.id.bytes) for item in found]
    assert places == sorted(places, reverse=sort.startswith("-"))


def some(values: tuple[str, ...] | list[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


FILTERS = st.builds(
    Filters,
    state=some(STATES),
    phase=some(("receive", "assess", "address", "conclude")),
    priority=some(PRIORITIES),
    category=some(CODES["category"][1:]),
    office=some(("HQ", "PORT")),
    procedure=some(CODES["procedure"][1:]),
    channel=some(CODES["channel"][1:]),
    received_from=st.none() | st.sampled_from(DAYS),
    received_to=st.none() | st.sampled_from(DAYS),
    due_before=st.none() | st.sampled_from(DAYS),
    overdue=st.none() | st.booleans(),
    unread=st.none() | st.booleans(),
)
ASSIGNED: st.SearchStrategy[Literal["me", "none", "other"] | None] = st.sampled_from(
    (None, "me", "none", "other")
)


def wanted(small: SmallHouse, pair: tuple[Case, CaseFact], ask: Filters, named: set[UUID]) -> bool:
    """The filters once more, in plain words."""
    case, fact = pair
    phases = catalogue.workflow().states_by_code
    late = (
        case.due < TODAY
        if case.due_at is None
        else case.due_at.timestamp() < small.house.now().timestamp()
    )
    words = [
        not getattr(ask, dimension)
        or getattr(fact, dimension)
        in {
            facts.filter_token(small.house.keyring, dimension, code)
            for code in getattr(ask, dimension)
        }
        for dimension in facts.FILTERS
    ]
    whose = {
        None: True,
        "none": case.assignee is None,
    }.get(ask.assignee, case.assignee == ask.assignee or case.id in named)  # type: ignore[arg-type]
    return (
        (not ask.state or case.state in ask.state)
        and (not ask.phase or phases[case.state].phase in ask.phase)
        and (not ask.priority or case.priority in ask.priority)
        and (ask.received_from is None or case.received_on >= ask.received_from)
        and (ask.received_to is None or case.received_on <= ask.received_to)
        and (ask.due_before is None or case.due < ask.due_before)
        and (ask.overdue is None or late == ask.overdue)
        and (ask.unread is None or (case.seq > case.seen_seq) == ask.unread)
        and all(words)
        and whose
    )


@QUIET
@given(ask=FILTERS, whose=ASSIGNED)
def test_filters_and_counts_agree_with_a_naive_look(
    crowd: Crowd, ask: Filters, whose: str | None
) -> None:
    small, who, made = crowd
    with small.look() as db:
        assignments = list(db.exec(select(Assignment)))
    other = assignments[0].staff
    assignee = {None: None, "none": "none", "me": who.id, "other": other}[whose]
    asked = Filters(**{name: getattr(ask, name) for name in ask.names()}, assignee=assignee)  # type: ignore[arg-type]
    named = {row.case_id for row in assignments if row.staff == assignee}
    expected = {case.id for case, fact in made if wanted(small, (case, fact), asked, named)}
    found = {item.id for item in pages(small, who, asked, "due", 50)}
    assert found == expected
    with small.work() as db:
        for dimension in get_args(By):
            assert sum(queue.counts(db, who, asked, of=dimension).values()) == len(expected)


def test_counts_name_what_they_count(crowd: Crowd) -> None:
    small, who, made = crowd
    cases = [case for case, _ in made]
    with small.work() as db:
        for of, column in (("state", "state"), ("priority", "priority"), ("assignee", "assignee")):
            counted = queue.counts(db, who, Filters(), of=of)  # type: ignore[arg-type]
            values = [getattr(case, column) for case in cases]
            names = ["none" if value in (None, NO_PRIORITY) else str(value) for value in values]
            assert counted == {name: names.count(name) for name in sorted(set(names))}
        assert set(queue.counts(db, who, Filters(), of="office")) <= {"HQ", "PORT", "none"}
        assert set(queue.counts(db, who, Filters(), of="phase")) <= {
            "receive",
            "assess",
            "address",
            "conclude",
        }


def test_neither_lists_nor_counts_show_what_must_not_be_known(crowd: Crowd) -> None:
    small, who, made = crowd
    known = {case.id for case, _ in made}
    with small.look() as db:
        hidden = [case for case in db.exec(select(Case)) if case.id not in known]
    assert len(hidden) == 18
    for unit in (small.units["outside"], small.units["main"]):
        found = {item.id for item in pages(small, who, Filters(unit=unit), "-updated", 50)}
        assert found.isdisjoint({case.id for case in hidden})
    with small.work() as db:
        by_unit = queue.counts(db, who, Filters(), of="unit")
    assert by_unit == {str(small.units["main"]): len(made)}


def test_a_title_is_shown_after_a_declaration_and_only_then(small: SmallHouse) -> None:
    one, two = a_life(small), a_life(small)
    manager, colleague = small.person("case_manager"), small.person("head_ia")
    first = put(small, one, "title", {"title": "Old"}, manager)
    put(small, two, "title", {"title": "Other"}, manager)
    declare(small, one, manager)

    def titles(who: StaffActor) -> dict[UUID, str | None]:
        return {item.id: item.title for item in pages(small, who, Filters(), "due", 50)}

    assert titles(manager) == {one.case: "Old", two.case: None}
    assert titles(colleague) == {one.case: None, two.case: None}
    assert first.version == 1


def test_a_declaration_of_other_hands_opens_no_title(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    put(small, life, "title", {"title": "Secret"}, manager)
    row = Declaration(
        case_id=life.case,
        staff=manager.id,
        status=DeclarationStatus.FREE,
        declared_on=TODAY,
        version=1,
    )
    table = Declaration.__table__  # type: ignore[attr-defined]
    with small.house.engine.begin() as connection:
        connection.execute(table.insert().values(**row.model_dump(warnings=False) | {"mac": b"x"}))
    with small.work() as db, pytest.raises(DirectoryBroken):
        queue.page(db, manager, Filters())


def test_a_look_at_the_queue_is_on_record_with_what_it_showed(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    with small.work() as db:
        queue.page(db, manager, Filters(state=frozenset({"received"})), sort="-due")
        queue.counts(db, manager, Filters(), of="state")
        tag = log.tag(small.house.keyring, "actor", manager.id)
    with small.look() as db:
        told = [
            log.open_body(small.house.keyring, row, b"").body
            for row in db.exec(select(AuditBody).where(AuditBody.actor_tag == tag))
        ]
    assert {body.kind for body in told} == {"case.list"}
    shown = [body.obj for body in told if body.obj]
    short = urlsafe_b64encode(life.case.bytes).rstrip(b"=").decode()
    assert shown == [[short]]
    assert {tuple(body.d.get("filters", ())) for body in told} == {("state",), ()}


def test_the_case_after_a_page_was_not_shown_and_is_not_said_to_be(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    for _ in range(3):
        life = a_life(small)
        declare(small, life, manager)
        put(small, life, "title", {"title": "A title"}, manager)
    with small.work() as db:
        page = queue.page(db, manager, Filters(), limit=2)
        tag = log.tag(small.house.keyring, "actor", manager.id)
    with small.look() as db:
        bodies = [
            log.open_body(small.house.keyring, row, b"").body
            for row in db.exec(select(AuditBody).where(AuditBody.actor_tag == tag))
        ]
    [listed] = [body.obj for body in bodies if body.kind == "case.list"]
    assert page.more
    assert set(listed) == {
        urlsafe_b64encode(item.id.bytes).rstrip(b"=").decode() for item in page.items
    }


def test_steps_offered_follow_the_roles_one_has_in_the_case(small: SmallHouse) -> None:
    a_life(small)
    actions = {}
    for role in ("triage_officer", "case_manager", "intake_officer"):
        with small.work() as db:
            actions[role] = queue.page(db, small.person(role), Filters()).items[0].actions
    assert actions == {
        "triage_officer": ("acknowledge", "emergency"),
        "case_manager": (),
        "intake_officer": ("acknowledge",),
    }


def test_what_a_reporter_sent_shows_up_in_the_queue_at_the_tick(backend: Backend) -> None:
    small = a_house(backend, tick=timedelta(hours=1))
    life, manager = a_life(small), small.person("case_manager")
    assert pages(small, manager, Filters(), "due", 10) == []
    with small.work() as db:
        assert queue.counts(db, manager, Filters(), of="state") == {}
    deliver(small)
    assert [item.id for item in pages(small, manager, Filters(), "due", 10)] == [life.case]
    small.close()


def test_a_person_who_works_on_a_case_is_named_in_the_line(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager", name="Awa Traoré")
    with small.work() as db:
        db.get_one(Case, life.case).assignee = db.get_one(Staff, manager.id).id
        log.emit(db, "case.assigned", by=manager)
    (item,) = pages(small, manager, Filters(), "due", 10)
    assert item.assignee == (manager.id, "Awa Traoré")


# Who sees no more than that somebody knocked

EMPTY = {"priority", "category", "office", "title", "due", "due_at", "assignee"}


def urgent(small: SmallHouse, **stated: object) -> Life:
    """A report of danger with everything stated; it is with somebody."""
    manager = small.person("case_manager")
    life = a_life(
        small, danger=True, category="AUT-02", office="PORT", channel="web", language="fr", **stated
    )
    with small.work() as db:
        case = db.get_one(Case, life.case)
        case.assignee = manager.id
        log.emit(db, "case.assigned", by=THE_SERVICE, case=case)
    return life


def test_the_desk_sees_reference_day_channel_and_language_and_nothing_of_the_matter(
    small: SmallHouse,
) -> None:
    life, desk, officer = (
        urgent(small),
        small.person("intake_officer"),
        small.person("triage_officer"),
    )
    with small.work() as db:
        [theirs] = queue.page(db, desk, Filters()).items
        [whole] = queue.page(db, officer, Filters()).items
        head = heads.look(db, life.reference, by=desk)
        full = heads.look(db, life.reference, by=officer)
    assert {name for name in EMPTY if getattr(theirs, name) is not None} == set()
    assert (theirs.reference, theirs.received_on) == (life.reference, TODAY)
    assert (theirs.channel, theirs.language, theirs.actions) == ("web", "fr", ("acknowledge",))
    assert {whole.priority, whole.category, whole.office} == {"P0", "AUT-02", "PORT"}
    assert (whole.channel, whole.language) == ("web", "fr")
    assert {getattr(head, name) for name in (*EMPTY - {"title"}, "level")} == {None}
    assert (head.channel, head.language, head.state) == ("web", "fr", "received")
    assert None not in {getattr(full, name) for name in (*EMPTY - {"title"}, "level")}


@pytest.mark.parametrize(
    "filters",
    [
        Filters(priority=frozenset({"P0"})),
        Filters(category=frozenset({"AUT-02"})),
        Filters(office=frozenset({"PORT"})),
        Filters(procedure=frozenset({"declaration"})),
        Filters(assignee="none"),
        Filters(due_before=TODAY + timedelta(days=90)),
        Filters(overdue=True),
        Filters(overdue=False),
    ],
    ids=lambda one: one.spelled(),
)
def test_no_filter_tells_the_desk_what_it_is_not_shown(small: SmallHouse, filters: Filters) -> None:
    urgent(small, procedure="declaration")
    a_life(small)
    desk = small.person("intake_officer")
    with small.work() as db:
        assert queue.page(db, desk, filters).items == []
        assert queue.counts(db, desk, filters, of="state") == {}


def test_no_order_and_no_count_tells_the_desk_what_it_is_not_shown(small: SmallHouse) -> None:
    ids = sorted([urgent(small).case, a_life(small).case, a_life(small, office="HQ").case])
    desk = small.person("intake_officer")
    for sort in ("due", "priority"):
        for limit in (1, 50):
            assert [item.id for item in pages(small, desk, Filters(), sort, limit)] == ids
            down = pages(small, desk, Filters(), f"-{sort}", limit)  # type: ignore[arg-type]
            assert [item.id for item in down] == ids[::-1]
    with small.work() as db:
        for of in ("priority", "category", "office", "assignee"):
            assert queue.counts(db, desk, Filters(), of=of) == {"none": 3}
        assert queue.counts(db, desk, Filters(), of="channel") == {"web": 3}


def test_whoever_handles_one_unit_and_keeps_the_desk_of_another_sees_each_as_they_may(
    small: SmallHouse,
) -> None:
    theirs, own = urgent(small), urgent(small)
    both = small.person("triage_officer")
    desk = small.person("intake_officer", unit="outside")
    both = replace(both, seats=(*both.seats, *desk.seats))
    with small.work() as db:
        case = db.get_one(Case, theirs.case)
        case.unit = small.units["outside"]
        log.emit(db, "case.rerouted", by=THE_SERVICE, case=case)
    with small.work() as db:
        found = {item.id: item for item in queue.page(db, both, Filters(), sort="priority").items}
        filtered = queue.page(db, both, Filters(priority=frozenset({"P0"}))).items
        counted = queue.counts(db, both, Filters(), of="priority")
    assert {key: item.priority for key, item in found.items()} == {
        theirs.case: None,
        own.case: "P0",
    }
    assert list(found) == [own.case, theirs.case]
    assert [item.id for item in filtered] == [own.case]
    assert counted == {"P0": 1, "none": 1}
