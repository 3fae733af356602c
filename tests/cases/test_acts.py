"""Every step of the workflow, by the people who may take it, and by those who may not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cases import deadlines, retention
from cases.models.case import Case
from cases.objects import things
from tests.cases.walks import Cast, Life, a_life, publish
from tests.cases.writing import values
from workflows import catalogue

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

MEDIUM = {"detriment_likelihood": "likely", "detriment_seriousness": "minor"}
REFERRAL = {"body": "prosecutor", "legal_basis": "article 2", "reprisal_risk": "low"}


def test_every_transition_can_be_taken_by_a_full_cast(small: SmallHouse) -> None:
    cast = Cast(small)
    lives: list[Life] = []

    def begin(**stated: object) -> Life:
        lives.append(a_life(small, cast, **stated))
        return lives[-1]

    resolved_locally(begin())
    no_suspicion_and_new_facts(begin())
    suspended_and_referred(begin())
    discontinued(begin())
    emergency_not_admitted_and_reviewed(begin(danger=True))
    merged(begin(), begin())
    to_the_end_without_admission(begin())
    the_long_way(begin())
    taken = {step for life in lives for step in life.steps()}
    assert taken == set(catalogue.workflow().transitions_by_id)


def the_long_way(life: Life) -> None:
    small, house = life.small, life.small.house
    first_day = house.today()
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.do("triage", "ask_reporter", question="When was it?")
    life.answer()
    life.do("triage", "ask_reporter", question="And who was there?")
    small.clock.move(days=31)
    deadlines.run_due(house)
    assert life.case().state == "triage"
    life.allege()
    life.assess(**MEDIUM)
    life.do("manager", "to_local", handler="The chief of the post")
    life.do("triage", "escalate", reasons="it is more than that")
    life.do("manager", "to_preliminary", scope="what the log says")
    life.assign("head", "protection_officer", "protector")
    life.write("protector", "protection_plan", risk="medium", measures=["identity_sealed"])
    life.authorise(complex_case=True)
    life.team()
    life.both(
        "head",
        "manager",
        "extend",
        extension_reason="complexity",
        due_on=life.case().due + timedelta(days=20),
    )
    life.both(
        "head",
        "manager",
        "suspend",
        suspension_reason="criminal_proceedings",
        review_on=house.today() + timedelta(days=60),
    )
    life.do("head", "resume", reasons="the court has ruled")
    life.reply()
    life.do("lead", "new_leads", checks="the second officer")
    life.reply()
    life.report()
    life.do("reviewer", "return", reasons="the second officer was not asked")
    life.both(
        "lead",
        "counsel",
        "open_reply",
        counsel=life.cast["counsel"].id,
        waiver="notice_already_given",
    )
    life.report()
    life.passed()
    life.decide(
        outcomes=[{"outcome": "disc_warning", "person": life.person()}],
        message="A decision was taken.",
    )
    life.do(
        "manager",
        "implement",
        actions=[
            {
                "outcome": "disc_warning",
                "owner": life.cast["head"].id,
                "due": house.today() + timedelta(days=10),
            }
        ],
    )
    carry_out(life)
    life.both(
        "manager",
        "head",
        "close",
        closure_note="done",
        message="It is done.",
        retention_class="K3",
        lessons="none",
    )
    asked = house.today() + timedelta(days=10)
    life.do("protector", "monitor", check_ins=[asked])
    small.clock.move(days=11)
    deadlines.run_due(house)
    well = [{"on": asked, "answer": "well"}]
    life.both("protector", "manager", "end_monitoring", check_in_results=well)
    life.do("overseer", "request_review", grounds="it was not enough")
    life.both("reviser", "overseer", "uphold", reasons="it was")
    life.both("head", "manager", "new_facts", new_facts="there is a film")
    again(life)
    publish(small, life.cast["head"], first_day, house.today())
    purge(life)


def carry_out(life: Life) -> None:
    with life.small.look() as db:
        rows = things.rows(db, db.get_one(Case, life.case_id), "outcome")
    for status in ("notified", "carried_out"):
        life.change("manager", "outcome", rows[0].id, outcome="disc_warning", status=status)


def again(life: Life) -> None:
    """From reopening to the archive, by the other ways."""
    house = life.small.house
    life.do("manager", "route", assessment="as before", priority="P2")
    life.authorise()
    life.team()
    life.both("head", "manager", "refer", **REFERRAL)
    life.do(
        "manager",
        "authority_replies",
        result="no crime",
        result_on=house.today(),
        decision_authorities=[life.cast["decider"].id, life.cast["decider2"].id],
    )
    life.decide(departure="the prosecutor saw it otherwise")
    life.both("manager", "head", "close_no_action", closure_reason="no_action_needed")
    life.do("protector", "monitor", check_ins=[house.today() + timedelta(days=10)])
    life.do("overseer", "request_review", grounds="still not enough")
    life.both("reviser", "overseer", "reopen", reasons="there is more", scope="the film")
    life.do("manager", "route", assessment="the film")
    life.both("head", "manager", "refer", **REFERRAL)
    life.do("manager", "returned", reasons="not theirs")
    life.both("head", "manager", "refer", **REFERRAL)
    life.both("head", "manager", "close")
    archive(life)
    life.both("head", "manager", "unarchive", reasons="another film")
    life.do("manager", "route", assessment="another film")
    life.do("manager", "to_preliminary", scope="the film")
    life.both("head", "manager", "refer", **REFERRAL)
    life.both("head", "manager", "close")
    archive(life)


def archive(life: Life) -> None:
    over = life.case().archive_on
    assert over is not None
    life.small.clock.move(days=(over - life.small.house.today()).days)
    deadlines.run_due(life.small.house)
    assert life.case().state == "archived"


def purge(life: Life) -> None:
    life.both("dpo", "dpo2", "purge")
    assert retention.finish_orders(life.small.house) == 1


def to_the_end_without_admission(life: Life) -> None:
    life.triaged()
    not_admitted(life)
    archive(life)


def not_admitted(life: Life) -> None:
    life.both(
        "manager",
        "head",
        "refuse",
        closure_reason="out_of_mandate",
        reasons="not ours",
        message="Please turn to the ombudsman.",
    )


def merged(source: Life, target: Life) -> None:
    target.triaged()
    source.triaged()
    target.declare("head")
    target.declare("manager")
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same officer")
    not_admitted(target)
    archive(target)
    deadlines.run_due(source.small.house)
    assert source.case().state == "archived"


def no_suspicion_and_new_facts(life: Life) -> None:
    life.triaged(**MEDIUM)
    life.do("manager", "to_preliminary", scope="the log")
    life.both(
        "head",
        "manager",
        "no_suspicion",
        closure_reason="no_prima_facie",
        leads=["the log"],
        reasons="nothing in it",
        message="We found nothing.",
    )
    life.assign("head", "protection_officer", "protector")
    life.do("protector", "monitor", check_ins=[life.small.house.today() + timedelta(days=10)])
    life.both("head", "manager", "new_facts", new_facts="a witness")


def suspended_and_referred(life: Life) -> None:
    life.investigated()
    life.both(
        "head",
        "manager",
        "suspend",
        suspension_reason="legal_bar",
        review_on=life.small.house.today() + timedelta(days=30),
    )
    life.both("head", "manager", "refer", **REFERRAL)
    assert [one["status"] for one in values(life, "referral")] == ["sent"]


def discontinued(life: Life) -> None:
    life.investigated()
    life.both(
        "head",
        "manager",
        "discontinue",
        closure_reason="subject_left",
        facts_established="he left",
        reasons="nobody to ask",
    )


def emergency_not_admitted_and_reviewed(life: Life) -> None:
    life.do("protector", "emergency", safety_advice="Go to a safe place.")
    life.allege()
    life.assess(priority="P0", priority_reason="in danger")
    not_admitted(life)
    life.do("overseer", "request_review", grounds="in danger still")


def resolved_locally(life: Life) -> None:
    life.triaged()
    life.do("manager", "to_local", handler="The chief of the post")
    life.do(
        "manager", "resolved", closure_reason="resolved_locally", result="released", satisfaction=4
    )
