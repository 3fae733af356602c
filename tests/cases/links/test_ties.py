"""Ties between two cases, and cases that staff open themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from cases import access
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.events import Details
from cases.errors import DeclarationNeeded, NotFound, NotPermitted, Unacceptable
from cases.links import opening, ties
from cases.links.opening import Opening
from cases.models.case import Case, CaseWrap, KeyKind, Report
from cases.models.facts import CaseFact
from cases.reading import casefile, history
from cases.sealing import facts
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Cast, Life, a_life

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

CLAIM = Opening(report_type="retaliation", narrative="Every consignment is opened since.")


@pytest.fixture
def cast(small: SmallHouse) -> Cast:
    return Cast(small)


@pytest.fixture
def one(small: SmallHouse, cast: Cast) -> Life:
    life = a_life(small, cast)
    life.declare("manager")
    return life


@pytest.fixture
def other(small: SmallHouse, cast: Cast) -> Life:
    life = a_life(small, cast)
    life.declare("manager")
    return life


def tied(life: Life, to: Life, kind: str = "related", who: str = "manager") -> UUID:
    by = life.cast[who]
    with life.small.work() as db:
        keys = StaffKeys(db, by)
        return ties.link(db, life.find(db, by), to.reference, kind, "why", by=by, keys=keys)


def shown(life: Life, who: str = "manager") -> list[dict[str, Any]]:
    by = life.cast[who]
    with life.small.work() as db:
        found = casefile.read(db, life.reference, by=by, language="en", wanted=("links",))
        return list(found.parts["links"])


def opened(life: Life, kind: str = "retaliation_of", who: str = "manager") -> Case:
    by = life.cast[who]
    asked = CLAIM if kind == ties.RETALIATION else replace(CLAIM, report_type="wrongdoing")
    with life.small.work() as db:
        keys = StaffKeys(db, by)
        return opening.open_linked(db, life.find(db, by), asked, kind, None, by=by, keys=keys)


def still_open(life: Life) -> bool:
    by = life.cast["manager"]
    with life.small.work() as db:
        case = life.find(db, by)
        permit = log.emit(db, "record.read", by=by, case=case, d=Details(parts=["links"]))
        return ties.open_retaliation(db, case, permit=permit, keys=StaffKeys(db, by))


def as_life(case: Case, life: Life) -> Life:
    return Life(life.small, life.cast, case.id, case.reference, b"")


def test_a_tie_stands_in_both_files(one: Life, other: Life) -> None:
    pair = tied(one, other)
    assert [(line["id"], line["reference"]) for line in shown(one)] == [(pair, other.reference)]
    (line,) = shown(other)
    assert (line["id"], line["reference"], line["kind"]) == (pair, one.reference, "related")
    assert (line["follows"], line["note"]) == (False, "why")


def test_a_tie_that_has_a_direction_says_which_case_came_of_the_other(
    one: Life, other: Life
) -> None:
    tied(one, other, "administrative_part")
    assert [line["follows"] for line in shown(one)] == [True]
    assert [line["follows"] for line in shown(other)] == [False]


def test_what_is_taken_away_is_gone_from_both(one: Life, other: Life) -> None:
    pair, by = tied(one, other), one.cast["manager"]
    with one.small.work() as db:
        ties.unlink(db, other.find(db, by), pair, by=by, keys=StaffKeys(db, by))
    assert shown(one) == shown(other) == []
    with one.small.work() as db, pytest.raises(NotFound):
        ties.unlink(db, other.find(db, by), pair, by=by, keys=StaffKeys(db, by))


def test_nobody_ties_a_case_to_itself_or_twice_or_to_what_is_not_there_for_them(
    small: SmallHouse, cast: Cast, one: Life, other: Life
) -> None:
    tied(one, other)
    for target in (one, other):
        with pytest.raises(Unacceptable):
            tied(one, target)
    tied(one, other, "pattern")
    cast["walled"] = small.person("case_manager", name="Walled Manager")
    one.declare("walled")
    other.write("manager", "person", role="witness", name="Walled Manager")
    with pytest.raises(NotFound):
        tied(one, other, "duplicate", who="walled")
    with pytest.raises(DeclarationNeeded):
        tied(one, a_life(small, cast))


def test_who_must_not_know_of_one_case_sees_no_tie_in_the_other(
    small: SmallHouse, cast: Cast, one: Life, other: Life
) -> None:
    cast["walled"] = small.person("case_manager", name="Walled Manager")
    other.write("manager", "person", role="witness", name="Walled Manager")
    other.declare("manager")
    one.declare("walled")
    tied(one, other)
    assert len(shown(one)) == 1
    assert shown(one, "walled") == []
    by = cast["walled"]
    with small.look() as db:
        told = history.of_case(db, access.find(db, one.reference, by), by=by)
    assert not [entry for entry in told if entry.details.get("field") == "link"]


def test_a_case_of_retaliation_is_urgent_tied_and_open_to_those_who_protect(
    small: SmallHouse, cast: Cast, one: Life
) -> None:
    cast["protector"] = small.person("protection_officer", unit="protection")
    case = opened(one)
    assert (case.priority, case.state, case.delivered) == ("P1", "received", True)
    assert [(line["kind"], line["follows"]) for line in shown(one)] == [("retaliation_of", False)]
    life = as_life(case, one)
    life.declare("manager")
    assert [line["reference"] for line in shown(life)] == [one.reference]
    assert life.opens("protector")
    assert not one.opens("protector")
    with small.look() as db:
        row = db.get_one(CaseFact, case.id)
        keyring = small.house.keyring
        assert row.channel == facts.filter_token(keyring, "channel", "own_initiative")
        assert row.category == facts.filter_token(keyring, "category", "RET-01")


def test_nobody_outside_holds_the_thread_of_a_case_that_staff_opened(
    small: SmallHouse, one: Life
) -> None:
    case = opened(one)
    with small.look() as db:
        report = db.exec(select(Report).where(Report.case_id == case.id)).one()
        wraps = db.exec(select(CaseWrap).where(CaseWrap.report_id == report.id)).all()
    assert {wrap.kind for wrap in wraps} == {KeyKind.CONV, KeyKind.ID}
    # It looks like any other, so that a stolen database does not tell which cases staff opened.
    with small.look() as db:
        theirs = db.exec(select(Report).where(Report.case_id == one.case_id)).one()
        usual = db.exec(select(CaseWrap).where(CaseWrap.report_id == theirs.id)).all()
    assert sorted((w.kind, w.recipient_type, len(w.blob)) for w in wraps) == sorted(
        (w.kind, w.recipient_type, len(w.blob)) for w in usual
    )


def test_a_case_that_staff_opened_walks_like_any_other(one: Life) -> None:
    life = as_life(opened(one, "administrative_part"), one)
    life.investigated()
    assert life.case().state == "investigation"


def test_whoever_must_not_know_of_the_origin_must_not_know_of_what_came_of_it(
    small: SmallHouse, cast: Cast, one: Life
) -> None:
    cast["walled"] = small.person("case_manager", name="Walled Manager")
    one.write("manager", "person", role="subject", name="Walled Manager")
    one.declare("manager")
    assert not as_life(opened(one), one).sees("walled")


def test_retaliation_is_open_until_its_case_is_concluded(
    small: SmallHouse, one: Life, other: Life
) -> None:
    tied(one, other)
    assert not still_open(one)
    life = as_life(opened(one), one)
    assert still_open(one)
    with small.work() as db:
        db.get_one(Case, life.case_id).state = "not_admitted"
        log.emit(db, "config.changed", by=THE_SERVICE)
    assert not still_open(one)


def test_only_claims_of_retaliation_are_for_those_who_protect_to_open(
    small: SmallHouse, cast: Cast
) -> None:
    life = a_life(small, cast, danger=True)
    life.declare("protector")
    with pytest.raises(NotPermitted):
        opened(life, "administrative_part", who="protector")
    assert opened(life, who="protector").priority == "P1"


def test_a_case_of_one_s_own_initiative_comes_into_one_s_own_unit_alone(
    small: SmallHouse, cast: Cast
) -> None:
    found = Opening(report_type="wrongdoing", narrative="Risk analysis found it.")
    with small.work() as db:
        made = opening.open_own(db, small.units["main"], found, by=cast["manager"])
    assert made.unit == small.units["main"]
    assert made.priority == "unset"
    for unit in (small.units["outside"], small.units["protection"], uuid4()):
        with small.work() as db, pytest.raises(Unacceptable):
            opening.open_own(db, unit, found, by=cast["manager"])
    with small.work() as db, pytest.raises(Unacceptable):
        opening.open_own(db, small.units["main"], found, by=cast["triage"])
