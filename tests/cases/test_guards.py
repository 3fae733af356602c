"""Each guard holds when it should and stands against the step when it should."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from cases import conflicts, deadlines, transitions
from cases.audit import log
from cases.deeds import Deed
from cases.errors import NotReady
from cases.guards import GUARDS
from cases.intake import Desk
from cases.models.case import Assignment, Case, Record
from cases.models.people import Posting, Staff
from cases.objects import things
from cases.sealing.hierarchy import StaffKeys
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import NAMED, Life, a_life, an_assessment, plain
from workflows import catalogue, fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

REFERRAL = {"body": "prosecutor", "legal_basis": "article 2", "reprisal_risk": "low"}


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    with closing(a_house(backend)) as house:
        yield house


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small)


def against(life: Life, who: str, action: str, **data: object) -> tuple[str, ...]:
    """The guards that refuse a step; none when it is taken or proposed."""
    try:
        life.do(who, action, **data)
    except NotReady as refused:
        return refused.guards
    return ()


def test_every_guard_of_the_definition_and_of_the_list_is_checked() -> None:
    named = {code for step in catalogue.workflow().transitions for code in step.guards}
    assert named == set(GUARDS) == set(catalogue.code_list("guards").by_code)


def test_every_guard_says_what_it_looks_at() -> None:
    assert all(check.__doc__ for check in GUARDS.values())


def test_an_oral_report_needs_the_agreed_text_or_a_reason(small: SmallHouse) -> None:
    desk = Desk(stated_on=small.house.today(), consent=True)
    life = a_life(small, channel="listening_desk", desk=desk)
    assert against(life, "desk", "acknowledge") == ("oral_transcript",)
    assert against(life, "desk", "acknowledge", transcript_agreed=False) == ("oral_transcript",)
    # A reason is content, which a desk cannot seal.
    assert against(life, "desk", "acknowledge", transcript_reason="hurry") == ("oral_transcript",)
    assert against(life, "triage", "acknowledge", transcript_reason="hurry") == ()


def test_an_emergency_is_one_only_when_somebody_said_so(life: Life) -> None:
    step = {"safety_advice": "Go to a safe place."}
    assert against(life, "triage", "emergency", **step) == ("priority_is_emergency",)


def test_an_assessment_needs_complete_allegations_and_a_category(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    values = an_assessment()
    del values["main_category"]
    assert against(life, "triage", "complete_assessment", **values) == (
        "allegations_complete",
        "category_when_needed",
    )
    made = life.allege(procedure=None)
    assert against(life, "triage", "complete_assessment", **an_assessment()) == (
        "allegations_complete",
    )
    life.change(
        "triage", "allegation", made, category="AUT-02", procedure="declaration", place="Gate 2"
    )
    assert against(life, "triage", "complete_assessment", **an_assessment()) == ()


@pytest.mark.parametrize("kind", ["advice", "suggestion", "commendation"])
def test_where_nothing_is_alleged_no_allegation_is_needed(small: SmallHouse, kind: str) -> None:
    life = a_life(small, type=kind)
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    values = an_assessment()
    del values["main_category"]
    assert against(life, "triage", "complete_assessment", **values) == ()
    assert against(life, "manager", "to_local", handler="The chief") == ()


def test_another_priority_than_the_proposed_one_has_a_reason(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    values = an_assessment() | {"priority": "P1"}
    assert against(life, "triage", "complete_assessment", **values) == ("priority_explained",)
    values["priority_reason"] = "the minister asked"
    assert against(life, "triage", "complete_assessment", **values) == ()


def test_people_named_before_they_were_screened_hold_up_the_assessment(small: SmallHouse) -> None:
    life = a_life(small)
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    life.write("triage", "person", role="subject", name="Awa Traoré")
    newcomer = small.person("investigator", name="Awa Traore")  # nobody compared her with the cases
    assert against(life, "triage", "complete_assessment", **an_assessment()) == (
        "subjects_screened",
    )
    with small.work() as db:
        conflicts.wall(db, life.case_id, [newcomer.id])
        log.emit(db, "conflict.matched", by=life.cast["triage"])
    assert against(life, "triage", "complete_assessment", **an_assessment()) == ()


def test_local_resolution_is_for_the_service_without_corruption(small: SmallHouse) -> None:
    life = a_life(small)
    life.triaged(main_category="COR-02", priority_reason="graver than it looks")
    assert against(life, "manager", "to_local", handler="The chief") == (
        "route_is_local",
        "no_corruption_alleged",
    )


def test_a_named_reporter_agrees_to_local_resolution(small: SmallHouse) -> None:
    life = a_life(small, identity=NAMED)
    life.triaged()
    assert against(life, "manager", "to_local", handler="The chief") == ("reporter_agrees",)
    assert against(life, "manager", "to_local", handler="The chief", consent=True) == ()


def test_the_handler_is_not_named_in_the_case(life: Life) -> None:
    life.triaged()
    life.write("triage", "person", role="subject", name="Awa Traoré")
    handler = "Mrs Traore, Awa (chief)".replace(",", "")
    assert against(life, "manager", "to_local", handler=handler) == ("handler_not_named",)
    assert against(life, "manager", "to_local", handler="Mr Keita") == ()


def test_a_case_is_merged_into_an_open_one_that_both_people_can_open(small: SmallHouse) -> None:
    target = a_life(small)
    source = a_life(small, target.cast)
    source.triaged()
    step = {"target_case": target.reference, "basis": "the same"}
    assert against(source, "manager", "merge", **step) == ("target_open",)  # still received
    target.triaged()
    assert against(source, "manager", "merge", **step) == ("target_open",)  # not declared there
    target.declare("manager")
    own = {"target_case": source.reference, "basis": "the same"}
    assert against(source, "manager", "merge", **own) == ("target_open",)
    none = {"target_case": "0000-0000", "basis": "the same"}
    assert against(source, "manager", "merge", **none) == ("target_open",)
    proposal = source.propose("manager", "merge", **step)
    with pytest.raises(NotReady):
        source.confirm("head", proposal)  # has not declared in the target
    target.declare("head")
    source.confirm("head", proposal)


def test_a_mandate_covers_allegations_and_a_risk_has_its_plan(life: Life) -> None:
    risk = {"detriment_likelihood": "almost_certain", "detriment_seriousness": "major"}
    life.triaged(**risk)
    mandate: dict[str, object] = {"mandate": "look", "legal_basis": "article 1"}
    assert against(life, "head", "authorise", **mandate) == ("protection_plan_if_risk",)
    life.assign("head", "protection_officer", "protector")
    life.write("protector", "protection_plan", risk="high", measures=["identity_sealed"])
    note = life.write("triage", "note", text="not an allegation")
    assert against(life, "head", "authorise", **mandate, allegations=[note]) == ("has_allegations",)
    life.both("head", "manager", "authorise", **mandate)


def test_a_referral_reveals_and_endangers_nobody(life: Life) -> None:
    life.triaged()
    assert against(life, "head", "refer", **REFERRAL | {"reprisal_risk": "high"}) == (
        "referral_risk_acceptable",
    )
    with life.small.look() as db:
        identity = db.exec(select(Record.id).where(Record.field == "identity")).one()
    assert against(life, "head", "refer", **REFERRAL, items=[identity]) == ("identity_withheld",)
    allowed = {"items": [identity], "identity_basis": "consent"}
    assert against(life, "head", "refer", **REFERRAL, **allowed) == ()


def test_investigators_are_free_and_were_not_posted_there(small: SmallHouse) -> None:
    life = a_life(small)
    life.triaged()
    life.authorise()
    team = {"lead_investigator": life.cast["lead"].id, "plan": "ask"}
    with small.work() as db:
        db.add(
            Posting(
                staff=life.cast["lead"].id,
                office=small.offices["PORT"],
                since=date(2020, 1, 1),
                until=small.house.today() - timedelta(days=300),
            )
        )
        log.emit(db, "config.changed", by=life.cast["head"])
    assert against(life, "manager", "assign", **team) == ("investigators_not_posted_there",)
    small.clock.move(days=500)
    assert against(life, "manager", "assign", **team) == ()


def test_somebody_who_works_at_the_office_does_not_investigate_it(life: Life) -> None:
    life.triaged()
    life.authorise()
    with life.small.work() as db:
        db.get_one(Staff, life.cast["lead"].id).office = life.small.offices["PORT"]
        log.emit(db, "config.changed", by=life.cast["head"])
    team = {"lead_investigator": life.cast["lead"].id, "plan": "ask"}
    assert against(life, "manager", "assign", **team) == ("investigators_not_posted_there",)


def test_an_extension_stays_within_the_longest_time(life: Life) -> None:
    life.investigated()
    due, today = life.case().due, life.small.house.today()
    reason = {"extension_reason": "complexity"}
    for day in (due, today + timedelta(days=366)):
        assert against(life, "head", "extend", due_on=day, **reason) == ("new_date_inside_ceiling",)
    last = today + timedelta(days=365)
    life.both("head", "manager", "extend", due_on=last, **reason)
    assert life.case().due == last


def test_an_extension_holds_when_the_case_comes_back_to_the_investigation(life: Life) -> None:
    life.investigated()
    later = life.case().due + timedelta(days=30)
    life.both("head", "manager", "extend", extension_reason="complexity", due_on=later)
    life.reply()
    life.do("lead", "new_leads", checks="one more")
    assert life.case().due == later


def test_a_complex_investigation_has_180_days(life: Life) -> None:
    life.triaged()
    life.authorise(complex_case=True)
    life.team()
    assert life.case().due == life.small.house.today() + timedelta(days=180)


def test_a_suspension_is_looked_at_again_within_90_days(life: Life) -> None:
    life.investigated()
    step = {"suspension_reason": "safety"}
    for days in (0, 91):
        review = life.small.house.today() + timedelta(days=days)
        assert against(life, "head", "suspend", review_on=review, **step) == (
            "review_within_90_days",
        )


def test_an_earlier_notice_stands_only_if_nothing_changed(life: Life) -> None:
    life.investigated()
    served = life.small.house.today()
    life.reply()
    life.report()
    life.small.clock.move(days=3)
    life.do("reviewer", "return", reasons="look again")
    earlier = {
        "counsel": life.cast["counsel"].id,
        "bundle": [life.things["allegation"]],
        "served_on": served,
    }
    waived = {"counsel": life.cast["counsel"].id, "waiver": "notice_already_given"}
    life.small.clock.move(days=1)
    life.write("lead", "note", text="the second officer remembers")
    for step in (earlier, waived):
        assert against(life, "lead", "open_reply", **step) == ("earlier_notice_still_good",)
    fresh = earlier | {"served_on": life.small.house.today()}
    assert against(life, "lead", "open_reply", **fresh) == ()


def test_no_notice_was_given_before_the_first(life: Life) -> None:
    life.investigated()
    waived = {"counsel": life.cast["counsel"].id, "waiver": "notice_already_given"}
    assert against(life, "lead", "open_reply", **waived) == ("earlier_notice_still_good",)


def test_silence_counts_after_ten_working_days(life: Life) -> None:
    life.investigated()
    life.reply()
    proof = {"proof_of_service": "signed for"}
    assert against(life, "lead", "reply_closed") == ("reply_or_silence_recorded",)
    life.small.clock.move(days=14)
    assert against(life, "lead", "reply_closed", **proof) == ("reply_or_silence_recorded",)
    life.small.clock.move(days=1)
    assert against(life, "lead", "reply_closed", **proof) == ()


def test_a_waived_reply_is_followed_at_once(life: Life) -> None:
    life.investigated()
    waived = {"counsel": life.cast["counsel"].id, "waiver": "no_identified_person"}
    life.both("lead", "counsel", "open_reply", **waived)
    assert against(life, "lead", "reply_closed") == ()


def test_each_allegation_has_one_finding(life: Life) -> None:
    life.triaged()
    life.allege("second")
    life.authorise()
    life.team()
    life.reply()
    life.do("lead", "reply_closed", reply="no")
    report: dict[str, Any] = {
        "reviewer": life.cast["reviewer"].id,
        "exculpatory": "nothing",
        "findings": life.findings(),
    }
    assert against(life, "lead", "submit_report", **report) == ("finding_for_each_allegation",)
    second = {"allegation": life.things["second"], "finding": "unfounded", "reasons": "no"}
    twice = report | {"findings": [*life.findings(), second, {**second, "reasons": "again"}]}
    assert against(life, "lead", "submit_report", **twice) == ("finding_for_each_allegation",)
    report["findings"] = [*life.findings(), second]
    assert against(life, "lead", "submit_report", **report) == ()


def test_a_departure_from_the_report_is_explained(life: Life) -> None:
    life.investigated()
    life.reply()
    life.report()
    life.passed()
    decision = {"findings": life.findings("unfounded"), "reasons": "we see it otherwise"}
    assert against(life, "decider", "decide", **decision) == ("departure_explained",)
    assert against(life, "decider", "decide", departure="because", **decision) == ()


def decided(life: Life) -> None:
    life.investigated()
    life.reply()
    life.report()
    life.passed()
    life.decide(outcomes=[{"outcome": "disc_warning"}, {"outcome": "commended"}])


def test_outcomes_are_owned_and_carried_out_before_the_case_closes(life: Life) -> None:
    decided(life)
    step = {"closure_reason": "no_action_needed"}
    assert against(life, "manager", "close_no_action", **step) == ("nothing_to_carry_out",)
    action = {
        "outcome": "process_change",
        "owner": life.cast["head"].id,
        "due": life.small.house.today(),
    }
    assert against(life, "manager", "implement", actions=[action]) == ("every_outcome_owned",)
    life.do("manager", "implement", actions=[action, action | {"outcome": "disc_warning"}])
    closing = {
        "closure_note": "done",
        "message": "Done.",
        "retention_class": "K3",
        "lessons": "none",
    }
    assert against(life, "manager", "close", **closing) == ("actions_done_or_tracked",)
    with life.small.work() as db:
        case, by = life.find(db, life.cast["manager"]), life.cast["manager"]
        permit = log.emit(db, "record.read", by=by, case=case)
        found = things.held(db, case, "outcome", permit=permit, keys=StaffKeys(db, by))
    assert [one.value["outcome"] for one in found] == [
        "disc_warning",
        "commended",
        "process_change",
    ]
    assert found[0].value["owner"] == str(life.cast["head"].id)
    life.change("manager", "outcome", found[0].id, outcome="disc_warning", status="carried_out")
    life.change("manager", "outcome", found[2].id, outcome="process_change", tracked=True)
    assert against(life, "manager", "close", **closing) == ()


def test_a_recommendation_has_an_owner_before_it_is_carried_out(life: Life) -> None:
    decided(life)
    life.write("manager", "recommendation", text="rotate the posts", root_cause="discretion")
    action = {
        "outcome": "disc_warning",
        "owner": life.cast["head"].id,
        "due": life.small.house.today(),
    }
    assert against(life, "manager", "implement", actions=[action]) == ("every_outcome_owned",)


def resolved(life: Life, **assessment: object) -> None:
    life.triaged(**assessment)
    life.do("manager", "to_local", handler="The chief")
    end = {"closure_reason": "resolved_locally", "result": "released"}
    assert against(life, "manager", "resolved", **end) == ("reporter_heard",)
    life.answer("thank you")
    assert against(life, "manager", "resolved", **end) == ()


def test_monitoring_is_for_those_at_risk_and_ends_when_it_was_done(life: Life) -> None:
    resolved(life)
    life.assign("head", "protection_officer", "protector")
    first = life.small.house.today() + timedelta(days=10)
    monitor = {"check_ins": [first, first + timedelta(days=10)]}
    assert against(life, "protector", "monitor", **monitor) == ("risk_or_measure",)
    life.write("protector", "protection_plan", risk="low", measures=["hr_watch"])
    assert against(life, "protector", "monitor", **monitor) == ()
    end = {"check_in_results": "well"}
    life.small.clock.move(days=10)
    deadlines.run_due(life.small.house)
    assert against(life, "protector", "end_monitoring", **end) == ("check_ins_done",)
    life.small.clock.move(days=10)
    deadlines.run_due(life.small.house)
    claim = life.write("manager", "allegation", category="RET-01", procedure="declaration")
    assert against(life, "protector", "end_monitoring", **end) == ("no_open_retaliation",)
    life.change("manager", "allegation", claim, category="AUT-02", procedure="declaration")
    assert against(life, "protector", "end_monitoring", **end) == ()


def test_a_review_is_asked_for_within_30_days(life: Life) -> None:
    resolved(life)
    life.small.clock.move(days=31)
    assert against(life, "overseer", "request_review", grounds="unfair") == (
        "inside_review_window",
    )
    life.small.clock.move(days=-1)
    assert against(life, "overseer", "request_review", grounds="unfair") == ()


def test_whoever_took_part_does_not_review(small: SmallHouse) -> None:
    life = a_life(small)
    life.triaged()
    life.both(
        "manager",
        "head",
        "refuse",
        closure_reason="out_of_mandate",
        reasons="no",
        message="Sorry.",
    )
    life.do("overseer", "request_review", grounds="unfair")
    with small.work() as db:
        db.add(Assignment(case_id=life.case_id, staff=life.cast["reviser"].id, role="analyst"))
        log.emit(db, "case.assigned", by=life.cast["head"], case=db.get_one(Case, life.case_id))
    assert against(life, "reviser", "uphold", reasons="right") == ("review_officer_took_no_part",)


def test_guards_of_the_reporters_and_the_services_steps(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.do("triage", "ask_reporter", question="When?")
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        for event in ("reporter_answers", "silence"):
            step = transitions.step_of(case, event)
            deed = Deed(db=db, case=case, step=step, data={}, given=fields.Given({}))
            assert [code for code in step.guards if GUARDS[code](deed)] == []


def test_what_a_deed_is_given_is_plain_json() -> None:
    assert plain({"a": [date(2026, 1, 1), True, 3]}) == {"a": ["2026-01-01", True, 3]}
