"""Cases that name the same people, as far as each reader may know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from cases import access, conflicts, subjects
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import DeclarationNeeded, Locked, NotFound, NotPermitted, TooOften, Unacceptable
from cases.links import related
from cases.models.case import Case
from cases.models.links import SubjectToken, SubjectWaiting
from cases.sealing.hierarchy import StaffKeys
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.walks import Cast, Life, a_life
from workflows import assessment

if TYPE_CHECKING:
    from cases.actors import StaffActor
    from cases.links.related import Suggestions
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

OFFICER: dict[str, Any] = {"role": "subject", "name": "Awa Traoré", "staff_number": "C-71"}


@pytest.fixture
def cast(small: SmallHouse) -> Cast:
    return Cast(small)


def naming(small: SmallHouse, cast: Cast, **person: object) -> Life:
    """A case in which somebody recorded a person."""
    life = a_life(small, cast)
    whole: dict[str, Any] = OFFICER | person
    life.write("manager", "person", **whole)
    return life


def around(life: Life, who: str = "manager") -> Suggestions:
    by = life.cast[who]
    with life.small.look() as db:
        declared = access.declared(db, by, life.case())
    if not declared:
        life.declare(who)
    with life.small.work() as db:
        return related.related(db, life.find(db, by), by=by, keys=StaffKeys(db, by))


def found(life: Life, who: str = "manager") -> dict[str, dict[str, int]]:
    return {one.reference: dict(one.matches) for one in around(life, who).cases}


def searched(small: SmallHouse, by: StaffActor, value: str, kind: str = "name") -> set[str]:
    with small.work() as db:
        cases = related.search(db, kind, value, by=by, keys=StaffKeys(db, by))
        return {case.reference for case in cases}


def tokens(small: SmallHouse) -> list[bytes]:
    with small.look() as db:
        return list(db.exec(select(SubjectToken.token)))


def test_two_cases_that_name_one_person_know_of_each_other(small: SmallHouse, cast: Cast) -> None:
    one, other = naming(small, cast), naming(small, cast, name="TRAORE Awa", staff_number="c71")
    naming(small, cast, name="Somebody Else", staff_number="C-72")
    assert found(one) == {other.reference: {"name": 1, "person": 1}}
    assert found(other) == {one.reference: {"name": 1, "person": 1}}


def test_a_namesake_with_another_number_is_a_match_of_the_name_alone(
    small: SmallHouse, cast: Cast
) -> None:
    one, other = naming(small, cast), naming(small, cast, staff_number="C-99")
    assert found(one) == {other.reference: {"name": 1}}


def test_goods_tie_cases_together_by_each_of_their_references(
    small: SmallHouse, cast: Cast
) -> None:
    one, other = a_life(small, cast), a_life(small, cast)
    one.write("manager", "consignment", declaration="2026 C-1204", vehicle="AB 123", broker="Sow")
    other.write("manager", "consignment", "a", declaration="2026C1204", vehicle="ab-123")
    other.write("manager", "consignment", "b", declaration="2026 C 1205", broker="SÓW")
    whole = {"broker": 1, "declaration": 1, "vehicle": 1}
    assert found(one) == {other.reference: whole}
    assert not around(one).pattern
    assert searched(small, cast["manager"], "2026-c-1205", "declaration") == {other.reference}
    assert searched(small, cast["manager"], "2026-c-1205", "manifest") == set()


def test_an_expert_ties_no_cases_together(small: SmallHouse, cast: Cast) -> None:
    one = naming(small, cast)
    naming(small, cast, role="expert")
    assert found(one) == {}


def test_what_was_corrected_or_taken_away_matches_no_more(small: SmallHouse, cast: Cast) -> None:
    one, other = naming(small, cast), naming(small, cast)
    person = other.things["person"]
    other.change("manager", "person", person, role="subject", name="Aoua Traoré")
    assert found(one) == {}
    assert searched(small, cast["manager"], "Aoua Traoré") == {other.reference}
    other.change("manager", "person", person, **OFFICER)
    assert other.reference in found(one)
    assert len(tokens(small)) == 4


def test_whoever_a_reporter_named_is_looked_up_but_not_written_down(
    small: SmallHouse, cast: Cast
) -> None:
    small.person(*OUTSIDE_ROLES, unit="outside")
    known = naming(small, cast)
    before = tokens(small)
    stated = conflicts.Subject(name="Awa Traoré", staff_number="C71")
    report = a_life(small, cast, subjects=(stated,)).triaged()
    assert tokens(small) == before
    assert found(report) == {known.reference: {"name": 1, "person": 1}}
    assert tokens(small) == before
    assert found(known) == {}


def test_a_case_behind_a_wall_leaves_the_answer_as_it_would_be_without_it(
    small: SmallHouse, cast: Cast
) -> None:
    cast["walled"] = small.person("case_manager", name="Walled Manager")
    one = naming(small, cast)
    seen = naming(small, cast)
    before = around(one, "walled")
    hidden = naming(small, cast)
    hidden.write("manager", "person", "witness", role="witness", name="Walled Manager")
    assert not hidden.sees("walled")
    assert around(one, "walled") == before
    assert [one.reference for one in before.cases] == [seen.reference]
    assert not before.pattern
    assert around(one).pattern
    assert hidden.reference not in searched(small, cast["walled"], "Awa Traoré")
    assert hidden.reference in searched(small, cast["manager"], "Awa Traoré")
    with small.work() as db:
        walled = cast["walled"]
        assert related.patterns(db, by=walled, keys=StaffKeys(db, walled)) == []


def test_a_case_for_named_persons_is_suggested_to_them_alone(small: SmallHouse, cast: Cast) -> None:
    one, other = naming(small, cast), naming(small, cast)
    other.assign("head", "case_manager", "manager2")
    with small.work() as db:
        db.get_one(Case, other.case_id).level = "L3"
        log.emit(db, "config.changed", by=THE_SERVICE)
    assert found(one) == {}
    assert found(one, "manager2") == {other.reference: {"name": 1, "person": 1}}


def test_three_cases_in_a_year_about_one_person_are_a_pattern(
    small: SmallHouse, cast: Cast
) -> None:
    one = naming(small, cast)
    small.clock.move(days=100)
    two = naming(small, cast)
    assert not around(one).pattern
    small.clock.move(days=100)
    three = naming(small, cast)
    assert around(one).pattern
    by = cast["manager"]
    with small.work() as db:
        (pattern,) = related.patterns(db, by=by, keys=StaffKeys(db, by))
    assert pattern.kind == "person"
    assert [case.reference for case in pattern.cases] == [
        one.reference,
        two.reference,
        three.reference,
    ]


def test_a_witness_of_three_cases_is_no_pattern_and_neither_are_three_in_three_years(
    small: SmallHouse, cast: Cast
) -> None:
    lives = [naming(small, cast, role="witness") for _ in range(3)]
    assert not around(lives[0]).pattern
    old = []
    for _ in range(3):
        old.append(naming(small, cast, name="Old Acquaintance", staff_number="C-5"))
        small.clock.move(days=300)
    assert not around(old[-1]).pattern


def test_recurrence_is_proposed_from_earlier_cases_of_the_person(
    small: SmallHouse, cast: Cast
) -> None:
    proposed = []
    for _ in range(3):
        proposed.append(around(naming(small, cast)).recurrence)
        small.clock.move(days=10)
    assert proposed == [0, 2, 4]
    small.clock.move(days=400)
    assert around(naming(small, cast)).recurrence == 0


def test_recurrence_is_proposed_from_earlier_cases_of_the_post(
    small: SmallHouse, cast: Cast
) -> None:
    def at(office: str, category: str) -> int:
        life = a_life(small, cast, office=office, category=category)
        return around(life).recurrence

    assert [at("PORT", "AUT-02") for _ in range(4)] == [0, 2, 4, 4]
    assert at("PORT", "AUT-03") == 0
    assert [at("HQ", "AUT-02") for _ in range(2)] == [0, 0]


@pytest.mark.parametrize(("earlier", "value"), [(0, 0), (1, 2), (2, 4), (9, 4)])
def test_the_third_case_and_every_later_one_count_alike(earlier: int, value: int) -> None:
    assert assessment.recurrence(earlier) == value


def test_what_an_investigator_records_waits_sealed_for_the_unit(
    small: SmallHouse, cast: Cast
) -> None:
    one = naming(small, cast)
    other = a_life(small, cast).investigated()
    before = tokens(small)
    other.write("lead", "person", **OFFICER)
    assert tokens(small) == before
    with small.look() as db:
        (row,) = db.exec(select(SubjectWaiting)).all()
        assert b"Awa" not in row.blob
        assert other.case_id.bytes not in row.blob + row.owner
    assert found(one) == {other.reference: {"name": 1, "person": 1}}
    with small.look() as db:
        assert db.exec(select(SubjectWaiting)).all() == []


def test_two_corrections_that_wait_are_taken_in_as_they_were_made(
    small: SmallHouse, cast: Cast
) -> None:
    other = a_life(small, cast).investigated()
    person = other.write("lead", "person", **OFFICER)
    other.change("lead", "person", person, role="subject", name="Aoua Traoré")
    assert searched(small, cast["manager"], "Awa Traoré") == set()
    assert searched(small, cast["manager"], "Aoua Traoré") == {other.reference}


def test_what_was_merged_stands_for_its_target(small: SmallHouse, cast: Cast) -> None:
    target = a_life(small, cast).triaged()
    source = a_life(small, cast).triaged()
    source.write("manager", "person", **OFFICER)
    for who in ("manager", "head"):
        target.declare(who)
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    one = naming(small, cast)
    assert found(one) == {target.reference: {"name": 1, "person": 1}}
    assert found(target) == {one.reference: {"name": 1, "person": 1}}


def test_another_unit_s_tokens_of_the_same_name_are_other_ones(
    small: SmallHouse, cast: Cast
) -> None:
    cast["outsider"] = small.person(*OUTSIDE_ROLES, unit="outside")
    naming(small, cast)
    inside = set(tokens(small))
    outside = a_life(small, cast, concerns=frozenset({"internal_affairs"}))
    outside.declare("outsider")
    outside.write("outsider", "person", **OFFICER)
    assert len(tokens(small)) == 4
    assert not inside & (set(tokens(small)) - inside)
    assert len(set(tokens(small))) == 4
    assert found(outside, "outsider") == {}
    assert searched(small, cast["outsider"], "Awa Traoré") == {outside.reference}


def test_the_root_secret_and_the_database_name_nobody(small: SmallHouse, cast: Cast) -> None:
    """Every key that a machine without a signed-in person has opens no entry and makes no token."""
    naming(small, cast)
    keyring, strangers = small.house.keyring, small.person("lead_investigator")
    with small.look() as db:
        rows = db.exec(select(SubjectToken)).all()
        with pytest.raises(NotFound):
            subjects.token(
                db,
                small.units["main"],
                subjects.Mark("name", "awa traore"),
                StaffKeys(db, strangers),
            )
    for row in rows:
        assert conflicts.match_token(keyring, row.unit, "name", "awa traore") != row.token
        assert all(life not in row.entry for life in (b"awa", b"case", b"record"))


def test_a_handed_over_case_leaves_its_unit_s_index_and_enters_the_other_s(
    small: SmallHouse, cast: Cast
) -> None:
    cast["outsider"] = small.person(*OUTSIDE_ROLES, unit="outside")
    one, gone = naming(small, cast), naming(small, cast)
    by = cast["manager"]
    gone.declare("manager")
    with small.work() as db:
        case = gone.find(db, by)
        related.reroute(db, case, small.units["outside"], by=by, keys=StaffKeys(db, by))
    assert found(one) == {}
    assert searched(small, cast["manager"], "Awa Traoré") == {one.reference}
    assert searched(small, cast["outsider"], "Awa Traoré") == {gone.reference}


def test_a_forgotten_case_leaves_nothing_in_the_index(small: SmallHouse, cast: Cast) -> None:
    one, gone = naming(small, cast), naming(small, cast)
    with small.work() as db:
        subjects.forget(db, small.units["main"], gone.case_id)
        log.emit(db, "config.changed", by=THE_SERVICE)
    assert found(one) == {}
    assert len(tokens(small)) == 2


def test_who_may_not_or_cannot_look_is_refused(small: SmallHouse, cast: Cast) -> None:
    one = naming(small, cast)
    by = cast["head2"]
    with small.work() as db, pytest.raises(DeclarationNeeded):
        related.related(db, one.find(db, by), by=by, keys=StaffKeys(db, by))
    one.assign("head", "legal_counsel", "counsel")
    with pytest.raises(NotPermitted):
        around(one, "counsel")
    keyless = small.person("case_manager")
    seats = tuple(
        type(seat)(seat.unit, seat.role, holds_key=False, office=None) for seat in keyless.seats
    )
    cast["keyless"] = type(keyless)(keyless.id, "k", "K", 1, seats, "00000000", keyless.seed)
    with pytest.raises(Locked):
        around(one, "keyless")


def test_a_search_leaves_its_token_in_the_trail_and_nothing_of_its_words(
    small: SmallHouse, cast: Cast
) -> None:
    one = naming(small, cast)
    by = cast["manager"]
    assert searched(small, by, "traore AWA") == {one.reference}
    assert searched(small, by, "c 71", "person") == {one.reference}
    with small.look() as db:
        assert log.count(db, "search.run", by=by, since=small.house.now()) == 2
        assert log.count(db, "search.run", by=cast["head"], since=small.house.now()) == 0
    with small.work() as db, pytest.raises(Unacceptable):
        related.search(db, "person", "--", by=by, keys=StaffKeys(db, by))


def test_nobody_reads_a_telephone_book(
    small: SmallHouse, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "SEARCHES_PER_HOUR", 3)
    by = cast["manager"]
    for _ in range(3):
        searched(small, by, "Awa Traoré")
    with pytest.raises(TooOften):
        searched(small, by, "Awa Traoré")
    assert searched(small, cast["head"], "Awa Traoré") == set()
    small.clock.move(hours=1, seconds=1)
    assert searched(small, by, "Awa Traoré") == set()
