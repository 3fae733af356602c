"""What was merged into a case is of the same matter: every rule asks the whole family."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from cases import access, deadlines, declarations, family, messages, verification
from cases.audit import log
from cases.errors import ConflictOfInterest, NotReady
from cases.links import ties
from cases.models.case import Assignment, Case, Declaration, PlannedText
from cases.models.people import Staff
from cases.reading import casefile, work
from cases.sealing.hierarchy import StaffKeys
from cases.statistics import facts
from cases.statistics.months import Month
from tests.cases.walks import Life, a_life, against, merge

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


def was(life: Life, who: str, role: str) -> None:
    """Somebody had a part in a case once."""
    with life.small.work() as db:
        staff = life.cast[who].id
        db.add(Assignment(case_id=life.case_id, staff=staff, role=role, active=False))
        log.emit(db, "case.assigned", by=life.cast["head"], case=db.get_one(Case, life.case_id))


def supported(target: Life, source: Life) -> list[dict[str, object]]:
    """A finding for the allegation of either, with its evidence."""
    own = target.supported()
    evidence = [target.things["evidence"]]
    return [*own, *({**one, "evidence": evidence} for one in source.findings("unsubstantiated"))]


# Who.


def test_coi_r06_who_inquired_into_what_was_merged_reviews_and_decides_nothing_of_it(
    source: Life, target: Life
) -> None:
    source.cast["both"] = source.small.person("quality_reviewer", "decision_authority")
    was(source, "both", "lead_investigator")
    merge(source, target)
    target.authorise()
    target.team()
    target.reply()
    target.do("lead", "reply_closed", reply="I was not there")
    both = target.cast["both"].id
    report = {
        "findings": supported(target, source),
        "exculpatory": "nothing was found",
        "report_record": [target.things["evidence"]],
    }
    assert against(target, "lead", "submit_report", reviewer=both, **report) == (
        "reviewer_took_no_part",
    )
    target.submit(findings=report["findings"])
    deciders = [both, target.cast["decider"].id]
    assert against(target, "reviewer", "pass", decision_authorities=deciders) == (
        "deciders_took_no_part",
    )


def test_who_inquired_into_what_was_merged_is_no_second_person_for_it(
    source: Life, target: Life
) -> None:
    was(source, "head2", "analyst")
    merge(source, target)
    with pytest.raises(ConflictOfInterest):
        target.both("head", "head2", "authorise", mandate="look", legal_basis="article 1")


def test_coi_r06_four_offices_are_four_people_when_cases_become_one_late(
    source: Life, target: Life
) -> None:
    target.authorise()
    target.team()
    target.reply()
    target.report()
    target.passed()
    for who in ("investigator", "decider2"):
        was(source, who, "quality_reviewer")
    merge(source, target)
    assert target.opens("lead")
    assert not target.opens("investigator")
    found = [*target.findings(), *source.findings()]
    decision = {"findings": found, "reasons": "as shown", "departure": "merged since"}
    proposal = target.propose("decider", "decide", **decision)
    with pytest.raises(NotReady) as refused:
        target.confirm("decider2", proposal)
    assert refused.value.guards == ("deciders_took_no_part",)


def test_coi_r06_who_had_a_part_in_what_was_merged_does_not_review_the_case(
    source: Life, target: Life
) -> None:
    was(source, "reviser", "case_manager")
    merge(source, target)
    refusal = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    target.both("manager", "head", "refuse", **refusal)
    target.do("overseer", "request_review", grounds="unfair")
    assert against(target, "reviser", "uphold", reasons="right") == ("review_officer_took_no_part",)


def test_coi_r04_who_works_where_what_was_merged_happened_does_not_inquire(
    small: SmallHouse, source: Life
) -> None:
    target = a_life(small, source.cast, office="HQ")
    target.do("desk", "acknowledge")
    target.do("triage", "start_triage")
    target.allege(office="HQ")
    target.assess()
    merge(source, target)
    target.authorise()
    with small.work() as db:
        db.get_one(Staff, target.cast["lead"].id).office = small.offices["PORT"]
        log.emit(db, "config.changed", by=target.cast["head"])
    team = {"lead_investigator": target.cast["lead"].id, "plan": "ask"}
    assert against(target, "manager", "assign", **team) == ("investigators_not_posted_there",)


def reads(life: Life, who: str) -> bool:
    """Whether a declaration of somebody stands that opens a case to them."""
    with life.small.look() as db:
        return access.declared(db, life.cast[who], life.case())


def waiting(life: Life) -> list[declarations.Unsure]:
    """Who waits for a manager to decide."""
    by = life.cast["manager"]
    with life.small.work() as db:
        return declarations.undecided(db, life.find(db, by), by=by, keys=StaffKeys(db, by))


def decided(life: Life, one: declarations.Unsure, *, conflict: bool = False) -> None:
    """A manager decides."""
    by = life.cast["manager"]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        declarations.decide(db, case, one.id, conflict=conflict, by=by, keys=keys)


def test_coi_r01_a_doubt_about_what_was_merged_is_one_about_the_case(
    source: Life, target: Life
) -> None:
    source.declare("manager2", "unsure")
    target.declare("head2")
    source.declare("head2", "unsure")
    merge(source, target)
    for who in ("manager2", "head2"):
        target.declare(who)
        assert not reads(target, who)
        assert not reads(source, who)
    told = {one.staff: one for one in waiting(target)}
    new, known = (told[target.cast[who].id] for who in ("manager2", "head2"))
    assert new.reason == known.reason == "because"
    decided(target, new)
    assert not reads(target, "manager2")  # of the target they have said nothing yet
    target.declare("manager2")
    assert reads(target, "manager2")
    decided(target, known)
    assert reads(target, "head2")
    assert waiting(source) == waiting(target) == []


def test_coi_r01_what_is_declared_of_a_merged_case_is_declared_of_the_one_it_came_to(
    source: Life, target: Life
) -> None:
    merge(source, target)
    source.declare("manager2", "have")
    assert not source.sees("manager2")
    assert not target.sees("manager2")
    source.declare("head2", "unsure")
    target.declare("head2")
    assert not reads(target, "head2")
    (one,) = waiting(source)
    decided(source, one, conflict=True)
    assert not source.sees("head2")
    assert not target.sees("head2")
    source.declare("triage")
    assert reads(target, "triage")


def test_coi_r03_a_name_that_came_with_a_merged_case_is_asked_about(
    source: Life, target: Life
) -> None:
    target.cast["manager2"] = target.small.person("case_manager", name="Mousa Diara")
    target.declare("manager2")
    source.write("manager", "person", role="witness", name="Moussa Diarra")
    merge(source, target)
    assert not reads(target, "manager2")
    assert [one.alike for one in waiting(target)] == [("Moussa Diarra",)]


@pytest.mark.parametrize("declared", [True, False])
def test_coi_r03_who_was_told_apart_in_what_was_merged_is_not_asked_about_again(
    source: Life, target: Life, *, declared: bool
) -> None:
    target.cast["manager2"] = target.small.person("case_manager", name="Mousa Diara")
    source.write("manager", "person", role="witness", name="Moussa Diarra")
    source.declare("manager2")
    (one,) = waiting(source)
    decided(source, one)
    if declared:
        target.declare("manager2")
    merge(source, target)
    target.declare("manager2")
    assert reads(target, "manager2")
    assert waiting(target) == []


def test_a_doubt_about_what_was_merged_ends_with_a_wall_around_whom_it_is_about(
    source: Life, target: Life
) -> None:
    source.declare("manager2", "unsure")
    target.declare("manager2", "have")
    merge(source, target)
    assert declarations_to_decide(target) == []
    with source.small.look() as db:
        undecided = col(Declaration.status).in_(access.UNDECIDED)
        assert db.exec(select(Declaration).where(undecided)).all() == []


def test_a_doubt_about_what_was_merged_is_decided_once(source: Life, target: Life) -> None:
    source.declare("manager2", "unsure")
    merge(source, target)
    assert declarations_to_decide(target) == [target.case_id]


def declarations_to_decide(life: Life) -> list[UUID]:
    """The cases in which the list of a manager says that a declaration waits."""
    with life.small.work() as db:
        found = work.waiting_for(db, life.cast["manager"])
    return [one.case[0] for one in found if one.kind == "declaration" and one.case]


# What is alleged, and of whom.


def test_each_allegation_that_was_merged_in_is_investigated_reported_and_decided(
    small: SmallHouse, source: Life, target: Life
) -> None:
    subject = source.write("manager", "person", role="subject", name="Awa Traoré")
    merge(source, target)
    both = [target.things["allegation"], source.things["allegation"]]
    target.authorise(allegations=both)
    target.team()
    target.reply(bundle=both)
    target.do("lead", "reply_closed", reply="I was not there")
    found = supported(target, source)
    report = {
        "reviewer": target.cast["reviewer"].id,
        "exculpatory": "nothing was found",
        "report_record": [target.things["evidence"]],
    }
    own_only = against(target, "lead", "submit_report", findings=found[:1], **report)
    assert own_only == ("finding_for_each_allegation",)
    target.submit(findings=found)
    target.passed()
    found = [*target.findings(), *source.findings("unsubstantiated")]
    fine = {"outcome": "disc_reprimand", "person": subject}
    target.decide(findings=found, outcomes=[fine])
    today = small.house.today()
    with small.look() as db:
        month = facts.load(db, Month(today.year, today.month), as_of=today)
    assert sorted(one.finding for one in month.allegations) == ["substantiated", "unsubstantiated"]


# What is written.


def test_a_thing_that_was_merged_in_is_corrected_in_the_case_it_came_to(
    small: SmallHouse, source: Life, target: Life
) -> None:
    subject = source.write("manager", "person", role="subject", name="Awa Traore")
    merge(source, target)
    target.change("manager", "person", subject, role="subject", name="Awa Traoré")
    target.declare("manager")
    target.change(
        "manager", "person", subject, role="subject", name="Awa Traoré", description="clerk"
    )
    by = target.cast["manager"]
    with small.work() as db:
        parts = casefile.read(db, target.reference, by=by, language="en").parts
    assert [(one["id"], one["version"], one["description"]) for one in parts["persons"]] == [
        (subject, 3, "clerk")
    ]
    small.integrate()
    assert [one.code for one in verification.verify(small.house) if one.is_fault] == []


# What is carried over.


def test_a_case_is_as_urgent_as_confidential_and_as_firmly_held_as_what_was_merged_into_it(
    source: Life, target: Life
) -> None:
    head = source.cast["head"]
    with source.small.work() as db:
        case = db.get_one(Case, source.case_id)
        case.priority, case.level, case.legal_hold = "P1", "L3", True
        log.emit(db, "case.level", by=head, case=case)
    source.assign("head", "case_manager", "manager")
    target.assign("head", "case_manager", "manager")
    merge(source, target)
    found = target.case()
    assert (found.priority, found.level, found.legal_hold) == ("P1", "L3", True)
    assert not target.sees("manager2")


def test_the_reporter_of_a_merged_case_is_still_asked_whether_all_is_well_and_nobody_else(
    source: Life, target: Life
) -> None:
    small, head = source.small, source.cast["head"]
    due = small.house.today() + timedelta(days=10)
    with small.work() as db:
        for code in ("how_are_you", "reminder"):
            db.add(PlannedText(case_id=source.case_id, code=code, due_on=due))
        log.emit(db, "case.read", by=head, case=db.get_one(Case, source.case_id))
    merge(source, target)
    small.clock.move(days=10)
    deadlines.run_due(small.house)
    told: dict[str, list[str | None]] = {}
    for life in (source, target):
        with small.work() as db:
            told[life.reference] = [
                one.code for one in messages.read_own_thread(db, life.reporter(db))
            ]
    assert "how_are_you" in told[source.reference]
    assert "reminder" not in told[source.reference]
    assert "how_are_you" not in told[target.reference]


# What came of it.


def came_of(life: Life, origin: Life) -> None:
    """One case is of retaliation for another."""
    by = life.cast["manager"]
    for one in (life, origin):
        one.declare("manager")
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        ties.link(db, case, origin.reference, ties.RETALIATION, None, by=by, keys=keys)


def still_open(life: Life) -> bool:
    """Whether a case of retaliation for this one is open."""
    by = life.cast["manager"]
    with life.small.work() as db:
        case = life.find(db, by)
        opens = family.ids(db, case)
        permit = log.emit(db, "record.read", by=by, case=case, opens=opens)
        return ties.open_retaliation(db, case, permit=permit, keys=StaffKeys(db, by))


def test_retaliation_is_not_concluded_because_its_case_was_merged_into_an_open_one(
    small: SmallHouse, source: Life, target: Life
) -> None:
    origin = a_life(small, target.cast)
    came_of(source, origin)
    merge(source, target)
    assert still_open(origin)
    refusal = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    target.both("manager", "head", "refuse", **refusal)
    assert not still_open(origin)


def test_retaliation_for_what_was_merged_is_open_for_the_case_until_it_is_merged_there_too(
    small: SmallHouse, source: Life, target: Life
) -> None:
    retaliation = a_life(small, target.cast).triaged()
    came_of(retaliation, source)
    merge(source, target)
    assert still_open(target)
    merge(retaliation, target)
    assert not still_open(target)
