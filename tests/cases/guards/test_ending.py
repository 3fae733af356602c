"""Guards of carrying out, closing, monitoring and review."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import deadlines
from cases.audit import log
from cases.errors import Unacceptable
from cases.models.case import Case
from cases.objects import things
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, against

pytestmark = pytest.mark.one_database


def decided(life: Life) -> None:
    life.investigated()
    life.reply()
    life.report()
    life.passed()
    warned = {"outcome": "disc_warning", "person": life.person()}
    life.decide(outcomes=[warned, {"outcome": "commended"}])


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
    punishing = [action | {"outcome": one} for one in ("disc_warning", "disc_transfer")]
    with pytest.raises(Unacceptable) as refused:
        life.do("manager", "implement", actions=[action, *punishing])
    assert refused.value.problems == (("/actions/2", "not_decided"),)
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
    for status in ("notified", "carried_out"):
        life.change("manager", "outcome", found[0].id, outcome="disc_warning", status=status)
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
    with life.small.look() as db:
        outcome = things.rows(db, db.get_one(Case, life.case_id), "outcome")[0].id
    undone = {"status": "cancelled", "reason": "the person has left"}
    life.change("manager", "outcome", outcome, outcome="disc_warning", **undone)
    assert against(life, "manager", "close_no_action", closure_reason="no_action_needed") == (
        "recommendations_owned",
    )


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
    end = {"check_in_results": [{"on": first, "answer": "well"}]}
    life.small.clock.move(days=10)
    deadlines.run_due(life.small.house)
    assert against(life, "protector", "end_monitoring", **end) == ("check_ins_done",)
    life.small.clock.move(days=10)
    deadlines.run_due(life.small.house)
    assert against(life, "protector", "end_monitoring", **end) == ("each_check_in_answered",)
    end["check_in_results"].append({"on": first + timedelta(days=10), "answer": "no_answer"})
    claim = life.write("manager", "allegation", category="RET-01", procedure="declaration")
    assert against(life, "protector", "end_monitoring", **end) == ("no_open_retaliation",)
    life.change("manager", "allegation", claim, category="AUT-02", procedure="declaration")
    assert against(life, "protector", "end_monitoring", **end) == ()


def test_a_review_is_asked_for_within_30_days(life: Life) -> None:
    resolved(life)
    life.small.clock.move(days=31)
    late = {"grounds": "unfair"}
    assert against(life, "overseer", "request_review", **late) == ("in_time_or_new_facts",)
    assert against(life, "overseer", "request_review", **late, new_facts="a film") == ()


def test_on_the_last_day_a_review_needs_nothing_new(life: Life) -> None:
    resolved(life)
    life.small.clock.move(days=30)
    assert against(life, "overseer", "request_review", grounds="unfair") == ()
