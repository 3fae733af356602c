"""Guards of the investigation, its report and the decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import Unacceptable
from cases.models.case import Attachment, Case, Report
from tests.cases.walks import Life, against
from tests.cases.writing import values

pytestmark = pytest.mark.one_database


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


def test_a_file_that_staff_cannot_see_yet_does_not_change_whether_a_notice_stands(
    life: Life,
) -> None:
    life.investigated()
    served = life.small.house.today()
    life.reply()
    life.report()
    life.small.clock.move(days=3)
    life.do("reviewer", "return", reasons="look again")
    life.small.clock.move(days=1)
    with life.small.work() as db:
        report = db.exec(select(Report)).one()
        file = Attachment(
            id=uuid4(), case_id=life.case_id, report_id=report.id, record_id=uuid4(), blob="x",
            size_bucket=1, created_on=life.small.house.today(), delivered=False,
        )  # fmt: skip
        db.add(file)
        log.emit(db, "attachment.created", by=THE_SERVICE)
    earlier = {
        "counsel": life.cast["counsel"].id,
        "bundle": [life.things["allegation"]],
        "served_on": served,
    }
    assert against(life, "lead", "open_reply", **earlier) == ()


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
        "findings": life.supported(),
        "report_record": [life.things["evidence"]],
    }
    assert against(life, "lead", "submit_report", **report) == ("finding_for_each_allegation",)
    second = {**life.supported("unfounded")[0], "allegation": life.things["second"]}
    twice = report | {"findings": [*life.supported(), second, {**second, "reasons": "again"}]}
    assert against(life, "lead", "submit_report", **twice) == ("finding_for_each_allegation",)
    report["findings"] = [*life.supported(), second]
    assert against(life, "lead", "submit_report", **report) == ()


def test_a_departure_from_the_report_is_explained(life: Life) -> None:
    life.investigated()
    life.reply()
    life.report()
    life.passed()
    decision = {"findings": life.findings("unfounded"), "reasons": "we see it otherwise"}
    assert against(life, "decider", "decide", **decision) == ("departure_explained",)
    assert against(life, "decider", "decide", departure="because", **decision) == ()


def test_whoever_nothing_is_alleged_of_is_not_punished_by_the_first_version_either(
    life: Life,
) -> None:
    """Its decision has no guard that says so; the outcome is refused where it would be written."""
    life.investigated()
    life.reply()
    life.report()
    life.passed()
    with life.small.work() as db:
        db.get_one(Case, life.case_id).workflow_version = 1
        log.emit(db, "config.changed", by=life.cast["head"])
    witness = life.write("manager", "person", role="witness", name="Another")
    decision: dict[str, Any] = {"findings": life.findings(), "reasons": "as the report says"}
    punished = [
        {"outcome": "process_change"},
        {"outcome": "disc_warning", "person": witness},
        {"outcome": "disc_warning"},
    ]
    waits = life.propose("decider", "decide", **decision, outcomes=punished)
    with pytest.raises(Unacceptable) as refused:
        life.confirm("decider2", waits)
    assert refused.value.problems == (
        ("/outcomes/1/person", "not_a_subject"),
        ("/outcomes/2/person", "not_a_subject"),
    )
    assert life.case().state == "decision_pending"
    assert values(life, "outcome") == []
    life.refuse("decider2", waits)
    punished[1:] = [{"outcome": "disc_warning", "person": life.person()}]
    life.both("decider", "decider2", "decide", **decision, outcomes=punished)
    assert [one["status"] for one in values(life, "outcome")] == ["decided", "decided"]
