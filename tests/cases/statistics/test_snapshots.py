"""Looking, freezing and publishing, on both databases."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from cases import conflicts
from cases.actors import THE_SERVICE, Seat, StaffActor
from cases.audit import log
from cases.errors import (
    AlreadyProposed,
    NotAllowed,
    NotFound,
    NotPermitted,
    ProposalVoid,
    SamePerson,
    TribuneError,
    Unacceptable,
)
from cases.models.facts import Snapshot
from cases.models.people import Office
from cases.models.trail import AuditBody, AuditEvent
from cases.sealing import envelope
from cases.statistics import snapshots
from cases.statistics.months import Month
from tests.cases.builders import a_house
from tests.cases.statistics.archive import Life, archive
from tests.cases.statistics.test_facts import day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cases.audit.events import Body
    from cases.statistics.snapshots import Look
    from tests.cases.builders import SmallHouse
    from tests.databases import Backend

MARCH = Month(2026, 3)
AFTER = datetime(2026, 4, 8, 9, 0, tzinfo=UTC)
"""The day after the fifth working day of April."""


@pytest.fixture
def house(backend: Backend) -> Iterator[SmallHouse]:
    """Eleven open cases and two of another category inside, three outside; April has begun."""
    with closing(a_house(backend)) as made:
        path = (("received", day(3)), ("acknowledged", day(4)))
        inside = [Life(received_on=day(3), steps=path) for _ in range(11)]
        few = [Life(received_on=day(3), steps=path, category="COR-02") for _ in range(2)]
        outside = [
            Life(received_on=day(3), steps=path, category="COR-07", unit="outside")
            for _ in range(3)
        ]
        archive(made, *inside, *few, *outside)
        made.clock.now = AFTER
        yield made


def committee(house: SmallHouse, office: str | None = None) -> StaffActor:
    """Of a post, or of the nation."""
    role = "local_committee" if office else "national_committee"
    by = house.person(role)
    seat = Seat(house.units["main"], role, office=house.offices[office] if office else None)
    return replace(by, seats=(seat,))


def look(house: SmallHouse, by: StaffActor, *cuts: str, **place: str) -> Look:
    with house.look() as db:
        return snapshots.look(db, MARCH, by=by, cuts=cuts, **place)


def values(seen: Look, indicator: str) -> dict[tuple[str, ...], Any]:
    return {
        tuple(row["by"].values()): None if row["hidden"] else row["value"]
        for row in seen.document()["rows"]
        if row["indicator"] == indicator
    }


def publish(house: SmallHouse) -> tuple[StaffActor, StaffActor]:
    first, second = house.person("statistics_officer"), house.person("head_ia")
    with house.work() as db:
        snapshots.propose(db, MARCH, by=first)
    with house.work() as db:
        snapshots.confirm(db, MARCH, by=second)
    return first, second


def told(house: SmallHouse, kind: str) -> list[Body]:
    """The bodies of every event of one kind."""
    with house.look() as db:
        rows = db.exec(
            select(AuditBody, AuditEvent.leaf).join(
                AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id)
            )
        )
        bodies = [log.open_body(house.house.keyring, row, leaf).body for row, leaf in rows]
    return [body for body in bodies if body.kind == kind]


def test_the_head_sees_exact_figures_of_the_own_unit_and_they_are_marked(
    house: SmallHouse,
) -> None:
    seen = look(house, house.person("head_ia"), "category")
    assert seen.exact
    assert seen.sha256 is None
    assert seen.document()["exact"] is True
    assert seen.document()["place"] == {"kind": "unit", "code": "main", "rolled_up": []}
    assert values(seen, "A1") == {(): 13, ("COR-01",): 11, ("COR-02",): 2}


def test_statistics_officers_see_the_nation_hidden_and_without_the_outside_unit(
    house: SmallHouse,
) -> None:
    officer = house.person("statistics_officer")
    seen = look(house, officer, "category")
    assert not seen.exact
    assert (seen.heading.revision, seen.document()["as_of"]) == (0, "2026-04-07")
    assert values(seen, "A1") == {(): 13, ("COR-01",): None, ("COR-02",): None}
    assert values(look(house, officer), "A1") == {(): 13}


def test_the_outside_units_cases_are_in_its_own_figures_alone(house: SmallHouse) -> None:
    outside = house.person("head_ia", unit="outside")
    assert values(look(house, outside, "category"), "A1") == {(): 3, ("COR-07",): 3}
    with pytest.raises(NotFound):
        look(house, house.person("head_ia"), unit="outside")
    with pytest.raises(NotFound):
        look(house, house.person("statistics_officer"), unit="outside")


def test_an_unpublished_month_does_not_exist_for_committees(house: SmallHouse) -> None:
    for by in (committee(house), committee(house, "PORT"), house.person("case_manager")):
        with pytest.raises(NotFound):
            look(house, by)


def test_a_month_that_has_not_begun_has_no_figures(house: SmallHouse) -> None:
    with house.look() as db, pytest.raises(NotFound):
        snapshots.look(db, Month(2026, 5), by=house.person("head_ia"))


def test_the_running_month_is_counted_up_to_today(house: SmallHouse) -> None:
    house.clock.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    seen = look(house, house.person("head_ia"))
    assert seen.document()["as_of"] == "2026-03-10"
    assert values(seen, "B3") == {("start",): 0, ("end",): 13}


def test_a_published_month_is_the_same_bytes_for_everybody_and_their_hash(
    house: SmallHouse,
) -> None:
    officer, _ = publish(house)
    everybody = [
        officer,
        committee(house),
        house.person("internal_auditor"),
    ]
    seen = [look(house, by, "category", "channel") for by in everybody]
    assert len({one.table for one in seen}) == 1
    assert seen[0].sha256 == hashlib.sha256(seen[0].table).digest()
    assert seen[0].heading.revision == 1
    assert values(seen[0], "A1") == {(): 13, ("COR-01", "web"): None, ("COR-02", "web"): None}


def test_a_published_month_stays_as_it_is_when_more_is_known_later(house: SmallHouse) -> None:
    _, head = publish(house)
    before = look(house, committee(house)).table
    archive(house, Life(received_on=day(9), steps=(("received", day(9)),)))
    assert look(house, committee(house)).table == before
    # The head's exact figures are those that were frozen, opened under the snapshot's own key.
    assert values(look(house, head, "category"), "A1") == {(): 13, ("COR-01",): 11, ("COR-02",): 2}


def test_a_correction_is_a_new_revision(house: SmallHouse) -> None:
    publish(house)
    archive(house, *(Life(received_on=day(9), steps=(("received", day(9)),)) for _ in range(9)))
    publish(house)
    seen = look(house, committee(house))
    assert (seen.heading.revision, values(seen, "A1")) == (2, {(): 22})


def test_a_post_sees_its_own_subtree(house: SmallHouse) -> None:
    path = (("received", day(9)),)
    archive(
        house,
        *(Life(received_on=day(9), steps=path) for _ in range(7)),
        *(Life(received_on=day(9), steps=path, office="HQ") for _ in range(6)),
    )
    publish(house)
    port = look(house, committee(house, "PORT"))
    assert port.document()["place"] == {"kind": "office", "code": "PORT", "rolled_up": []}
    assert values(port, "A1") == {(): 20}
    assert values(look(house, committee(house, "HQ")), "A1") == {(): 26}
    with pytest.raises(NotFound):
        look(house, committee(house, "PORT"), office="HQ")


def test_a_post_with_few_cases_a_year_is_shown_the_office_above_it(house: SmallHouse) -> None:
    officer = house.person("statistics_officer")
    above = {"kind": "office", "code": "HQ", "rolled_up": ["PORT"]}
    live = look(house, officer, "office", office="PORT")
    assert live.document()["place"] == above
    assert values(live, "A1") == {(): 13, ("HQ",): 13}
    publish(house)
    member = committee(house, "PORT")
    seen = look(house, member, "office")
    assert seen.document()["place"] == above
    assert values(seen, "A1") == {(): 13, ("HQ",): 13}
    assert seen.table == look(house, committee(house, "HQ"), "office").table
    nation = look(house, committee(house), "office")
    assert values(nation, "A1") == {(): 13, ("HQ",): 13}
    # What was frozen is shown, also when the post has grown since.
    archive(house, *(Life(received_on=day(9), steps=(("received", day(9)),)) for _ in range(9)))
    assert look(house, member, "office").table == seen.table


def test_where_few_people_work_many_cases_make_no_figures_either(house: SmallHouse) -> None:
    path = (("received", day(9)),)
    archive(house, *(Life(received_on=day(9), steps=path) for _ in range(20)))
    with house.work() as db:
        [port] = [one for one in db.exec(select(Office)) if one.code == "PORT"]
        port.staff_count = 9
        log.emit(db, "config.changed", by=THE_SERVICE, about=log.DIRECTORY)
    publish(house)
    seen = look(house, committee(house, "PORT"))
    assert seen.document()["place"]["code"] == "HQ"


def test_an_office_is_a_cut_and_leaves_one_more(house: SmallHouse) -> None:
    publish(house)
    with pytest.raises(Unacceptable):
        look(house, committee(house, "HQ"), "category", "channel")
    assert look(house, committee(house, "HQ"), "category", "office").sha256
    assert look(house, committee(house), "category", "channel").sha256


def test_a_month_is_frozen_only_when_its_settling_days_are_over(house: SmallHouse) -> None:
    house.clock.now = datetime(2026, 4, 7, 12, tzinfo=UTC)
    with house.work() as db, pytest.raises(NotAllowed):
        snapshots.propose(db, MARCH, by=house.person("head_ia"))


def test_publishing_takes_a_second_person(house: SmallHouse) -> None:
    first = house.person("statistics_officer")
    with house.work() as db:
        frozen = snapshots.propose(db, MARCH, by=first)
    with house.work() as db, pytest.raises(SamePerson):
        snapshots.confirm(db, MARCH, by=first)
    with pytest.raises(NotFound):
        look(house, committee(house))
    with house.work() as db, pytest.raises(AlreadyProposed):
        snapshots.propose(db, MARCH, by=house.person("head_ia"))
    with house.work() as db:
        assert snapshots.confirm(db, MARCH, by=house.person("head_ia")) == frozen
    assert look(house, committee(house)).sha256 == frozen.sha256
    with house.work() as db, pytest.raises(ProposalVoid):
        snapshots.confirm(db, MARCH, by=house.person("head_ia"))


def test_who_publishes_no_figures_is_refused(house: SmallHouse) -> None:
    acts: tuple[Callable[..., object], ...] = (
        snapshots.propose,
        snapshots.confirm,
        snapshots.refuse,
    )
    for by in (committee(house), house.person("head_ia", unit="outside")):
        for act in acts:
            with house.work() as db, pytest.raises(NotPermitted):
                act(db, MARCH, by=by)


def test_what_was_frozen_can_be_taken_back(house: SmallHouse) -> None:
    with house.work() as db, pytest.raises(ProposalVoid):
        snapshots.refuse(db, MARCH, by=house.person("head_ia"))
    with house.work() as db:
        snapshots.propose(db, MARCH, by=house.person("head_ia"))
    with house.work() as db:
        snapshots.refuse(db, MARCH, by=house.person("statistics_officer"))
    with house.look() as db:
        assert db.exec(select(Snapshot.id)).all() == []
    publish(house)


def test_a_proposal_nobody_confirms_in_five_working_days_lapses(house: SmallHouse) -> None:
    with house.work() as db:
        snapshots.propose(db, MARCH, by=house.person("head_ia"))
    house.clock.move(days=8)
    with house.work() as db, pytest.raises(ProposalVoid):
        snapshots.confirm(db, MARCH, by=house.person("statistics_officer"))
    publish(house)


def test_of_two_people_who_propose_or_confirm_at_once_one_is_refused(house: SmallHouse) -> None:
    people = [house.person("statistics_officer"), house.person("head_ia")]
    proposer = house.person("head_ia")

    def race(act: Callable[..., object]) -> list[str]:
        start, outcomes = Barrier(len(people)), []

        def run(by: StaffActor) -> None:
            start.wait()
            try:
                with house.work() as db:
                    act(db, MARCH, by=by)
                outcomes.append("done")
            except TribuneError as refused:
                outcomes.append(type(refused).__name__)

        threads = [Thread(target=run, args=(by,)) for by in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(outcomes)

    assert race(snapshots.propose) == ["AlreadyProposed", "done"]
    with house.work() as db:
        snapshots.refuse(db, MARCH, by=proposer)
    with house.work() as db:
        snapshots.propose(db, MARCH, by=proposer)
    assert race(snapshots.confirm) == ["ProposalVoid", "done"]


def test_coi_r10_who_is_walled_from_a_counted_case_sees_live_figures_without_it_or_the_month_late(
    house: SmallHouse,
) -> None:
    life = Life(received_on=day(5), steps=(("received", day(5)),))
    archive(house, life)
    head, member = house.person("head_ia"), committee(house)
    with house.work() as db:
        conflicts.wall(db, life.id, [head.id, member.id])
        log.emit(db, "config.changed", by=THE_SERVICE, about=log.DIRECTORY)
    assert values(look(house, head), "A1") == {(): 13}
    publish(house)
    assert values(look(house, house.person("head_ia")), "A1") == {(): 14}
    assert values(look(house, head), "A1") == {(): 13}
    assert values(look(house, committee(house)), "A1") == {(): 14}
    with pytest.raises(NotFound):
        look(house, member)
    house.clock.now = datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert values(look(house, member), "A1") == {(): 14}


def test_the_stored_rows_hold_the_exact_counts_under_a_key_only(house: SmallHouse) -> None:
    publish(house)
    with house.look() as db:
        rows = db.exec(select(Snapshot)).all()
    places = {(row.scope, row.cuts) for row in rows}
    # The nation, two handling units, two offices; seven tables each.
    assert len(rows) == len(places) == 4 * 7  # PORT is too small for tables of its own
    for row in rows:
        assert row.sha256 == hashlib.sha256(row.table).digest()
        document = json.loads(row.table)
        small = [one for one in document["rows"] if one["value"] in {1, 2, 3, 4}]
        assert all(one["indicator"] in {"F-T1", "F-T9", "A4", "F-T2", "Q1"} for one in small)
        keyring = house.house.keyring
        with pytest.raises(TribuneError):
            envelope.open_(keyring.key("snapshot"), keyring.ctx("snapshot", uuid4()), row.counts)
    sizes = {len(row.counts) for row in rows if row.cuts == ""}
    assert len(sizes) == 1


def test_every_look_and_every_publication_is_in_the_trail(house: SmallHouse) -> None:
    first, second = publish(house)
    member = committee(house, "PORT")
    seen = look(house, member, "category", "office")
    with house.work() as db:
        snapshots.record_look(db, seen, by=member)
    [event] = told(house, "figures.read")
    assert event.actor.id == member.id
    assert event.d == {
        "month": "2026-03",
        "cuts": ["category", "office"],
        "filters": ["office"],
        "status": "hidden",
        "n": 1,
    }
    assert [one.id for one in event.obj if not isinstance(one, str)] == [house.offices["HQ"]]
    [made], [published] = told(house, "proposal.made"), told(house, "snapshot.published")
    assert (made.actor.id, published.actor.id) == (first.id, second.id)
    assert made.d == published.d
    assert (made.d["month"], made.d["n"]) == ("2026-03", 1)
