"""Who may investigate: ties in the register, statements of the year, certificates, postings."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import assignments, twofold
from cases.audit import log
from cases.errors import NotFound, NotPermitted, NotReady, SamePerson, Unacceptable
from cases.models.conflict import Certificate, Interest, InterestKind, InterestStatement
from cases.staff import certificates, interests
from cases.staff.interests import Line
from tests.cases.builders import a_house
from tests.cases.walks import Life, a_life, against

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

pytestmark = pytest.mark.one_database

LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def life(backend: Backend) -> Iterator[Life]:
    with closing(a_house(backend)) as house:
        made = a_life(house).triaged()
        made.authorise()
        yield made


def a_tie(life: Life, who: str, **about: object) -> None:
    values: dict[str, object] = {"kind": InterestKind.TIE, "since": LONG_AGO}
    with life.small.work() as db:
        interests.add(db, Line(**values | about), by=life.cast[who])  # type: ignore[arg-type]


def refusals(life: Life) -> tuple[str, ...]:
    """The guards against the lead and the investigator of the cast taking the case."""
    team = {
        "lead_investigator": life.cast["lead"].id,
        "team": [life.cast["investigator"].id],
        "plan": "ask",
    }
    return against(life, "manager", "assign", **team)


@pytest.mark.parametrize(
    ("named", "tie", "refused"),
    [
        ({"role": "subject", "name": "Moussa Diarra"}, {"name": "DIARRA Moussa"}, True),
        ({"role": "subject", "name": "Moussa Diarra"}, {"name": "Mousa Diara"}, True),
        ({"role": "subject", "staff_number": "C-7"}, {"number": "c 7"}, True),
        (
            {"role": "intermediary", "name": "Transit du Fleuve"},
            {"company": "TRANSIT du fleuve"},
            True,
        ),
        ({"role": "reporter", "name": "Awa Traoré"}, {"name": "Awa Traore"}, True),
        ({"role": "subject", "name": "Moussa Diarra"}, {"name": "Awa Traoré"}, False),
        (
            {"role": "subject", "name": "Moussa Diarra"},
            {"name": "Moussa Diarra", "until": LONG_AGO},
            False,
        ),
        ({"role": "expert", "name": "Moussa Diarra"}, {"name": "Moussa Diarra"}, False),
    ],
)
def test_coi_r05_a_tie_with_somebody_named_keeps_from_investigating(
    life: Life, named: dict[str, str], tie: dict[str, object], *, refused: bool
) -> None:
    life.write("manager", "person", **named)
    a_tie(life, "investigator", **tie)
    assert refusals(life) == (("investigators_free",) if refused else ())


def test_coi_r05_naming_one_person_asks_the_register_too(life: Life) -> None:
    life.team()
    life.write("manager", "person", role="subject", name="Moussa Diarra")
    life.cast["other"] = life.small.person("investigator")
    a_tie(life, "other", name="Moussa Diarra")
    with pytest.raises(NotReady) as refused:
        life.assign("manager", "investigator", "other")
    assert refused.value.guards == ("investigators_free",)
    assert not life.opens("other")


def test_coi_r05_whom_a_line_is_about_lies_nowhere_in_the_open(life: Life) -> None:
    a_tie(life, "lead", name="Moussa Diarra", company="Transit du Fleuve", number="C-7")
    with life.small.look() as db:
        (row,) = db.exec(select(Interest))
        assert b"Diarra" not in row.env
        assert "Diarra" not in repr(row)
    by = life.cast["head"]
    with life.small.work() as db:
        found = interests.register(db, life.cast["lead"].id, by=by)
        (line,) = [line for _, line in found.lines]
    assert (line.name, line.company, line.number) == ("Moussa Diarra", "Transit du Fleuve", "C-7")


def test_coi_r05_a_line_is_ended_by_its_owner_and_never_taken_out(life: Life) -> None:
    a_tie(life, "lead", name="Moussa Diarra")
    other = life.cast["investigator"]
    with life.small.work() as db:
        (identity,) = db.exec(select(Interest.id))
        today = life.small.house.today()
        with pytest.raises(NotFound):
            interests.end(db, identity, today, by=other)
        with pytest.raises(Unacceptable):
            interests.end(db, identity, LONG_AGO - timedelta(days=1), by=life.cast["lead"])
        interests.end(db, identity, today - timedelta(days=1), by=life.cast["lead"])
        assert interests.lines_of(db, [life.cast["lead"].id]) == []
        assert len(interests.register(db, life.cast["lead"].id, by=life.cast["lead"]).lines) == 1


@pytest.mark.parametrize("wrong", [{}, {"name": " "}, {"name": "A", "until": date(2019, 1, 1)}])
def test_coi_r05_a_line_says_about_whom_and_does_not_end_before_it_begins(
    life: Life, wrong: dict[str, object]
) -> None:
    with pytest.raises(Unacceptable):
        a_tie(life, "lead", **wrong)


def test_coi_r15_without_a_statement_of_the_last_twelve_months_nobody_investigates(
    life: Life,
) -> None:
    with life.small.work() as db:
        statement = select(InterestStatement).where(InterestStatement.staff == life.cast["lead"].id)
        db.exec(statement).one().stated_on = date(2025, 3, 1)  # a year and a day before
        log.emit(db, "config.changed", by=life.cast["lead"])
    assert refusals(life) == ("investigators_free",)
    with life.small.work() as db:
        until = interests.state(db, life.cast["lead"].id, by=life.cast["lead"])
    assert until == date(2027, 3, 2)
    assert refusals(life) == ()


def test_coi_r15_a_statement_counts_for_exactly_twelve_months(life: Life) -> None:
    lead = life.cast["lead"].id
    with life.small.look() as db:
        life.small.clock.move(days=365)
        assert not assignments.tied(db, [lead], [])
        life.small.clock.move(days=1)
        assert assignments.tied(db, [lead], [])
        assert assignments.tied(db, [life.cast["desk"].id], [])  # who never stated anything


def test_who_is_not_certified_for_what_is_alleged_does_not_investigate_it(life: Life) -> None:
    with life.small.work() as db:
        statement = select(Certificate).where(
            Certificate.staff == life.cast["investigator"].id,
            Certificate.category_group == "abuse_service",
        )
        row = db.exec(statement).one()
        row.expires_on = life.small.house.today() - timedelta(days=1)
        log.emit(db, "config.changed", by=life.cast["head"])
    assert refusals(life) == ("investigators_certified",)
    certify(life, "investigator", "abuse_service")
    assert refusals(life) == ()


def test_a_certificate_for_one_group_is_none_for_another(life: Life) -> None:
    lead = life.cast["lead"].id
    with life.small.work() as db:
        for row in db.exec(select(Certificate).where(Certificate.staff == lead)):
            if row.category_group == "corruption":
                db.delete(row)
        log.emit(db, "config.changed", by=life.cast["head"])
        assert certificates.all_certified(db, [lead], ["abuse_service"])
        assert not certificates.all_certified(db, [lead], ["abuse_service", "corruption"])
        assert assignments.certified(db, life.case(), [lead])
    life.allege("bribe", category="COR-01")
    assert refusals(life) == ("investigators_certified",)


def test_a_certificate_takes_two_people_neither_of_whom_it_is_about(life: Life) -> None:
    head, manager, lead = (life.cast[who] for who in ("head", "manager", "lead"))
    until = life.small.house.today() + timedelta(days=30)
    with life.small.work() as db:
        waits = certificates.propose(db, lead.id, "corruption", until, manager)
        with pytest.raises(SamePerson):
            twofold.confirm(db, waits.id, manager)
    admin = life.small.person("system_admin")
    with pytest.raises(NotPermitted), life.small.work() as db:
        twofold.confirm(db, waits.id, admin)
    with life.small.work() as db:
        assert waits.id not in {one.id for one in twofold.waiting(db, life.cast["lead"])}
        assert waits.id in {one.id for one in twofold.waiting(db, head)}
        with pytest.raises(NotPermitted):
            twofold.refuse(db, waits.id, lead)
        twofold.confirm(db, waits.id, head)
        found = {one.category_group: one.expires_on for one in certificates.of(db, lead.id)}
    assert found["corruption"] == until
    with life.small.work() as db, pytest.raises(SamePerson):
        certificates.propose(db, manager.id, "corruption", until, manager)


@pytest.mark.parametrize(
    ("group", "days"), [("nothing", 30), ("corruption", 0), ("corruption", 4 * 366)]
)
def test_a_certificate_is_for_a_group_there_is_and_for_three_years_at_most(
    life: Life, group: str, days: int
) -> None:
    until = life.small.house.today() + timedelta(days=days)
    with life.small.work() as db, pytest.raises(Unacceptable):
        certificates.propose(db, life.cast["lead"].id, group, until, life.cast["head"])


def certify(life: Life, who: str, group: str) -> None:
    """By manager and head."""
    until = life.small.house.today() + timedelta(days=30)
    with life.small.work() as db:
        person = life.cast[who].id
        waits = certificates.propose(db, person, group, until, life.cast["manager"])
        twofold.confirm(db, waits.id, life.cast["head"])
