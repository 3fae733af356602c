"""What must hold of the things in a case: their lives, notice and consent, custody, and what may be served."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.audit import log
from cases.errors import NotAllowed, NotPermitted, SamePerson
from cases.models.case import Case
from cases.objects import plans, reports, things
from cases.objects.following_shapes import OutcomeStatus, ProtectionStatus, RecommendationStatus
from cases.objects.following_shapes import ReferralStatus as Ref
from cases.objects.shapes import MODELS
from cases.reading import casefile
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, a_life
from tests.cases.writing import refused, values
from workflows import catalogue, containers
from workflows.lives import LIVES

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


# Lives


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("outcome", OutcomeStatus),
        ("recommendation", RecommendationStatus),
        ("referral", Ref),
        ("protection_plan", ProtectionStatus),
    ],
)
def test_every_standing_of_a_thing_is_in_its_life_and_can_be_reached(
    kind: str, statuses: type[OutcomeStatus]
) -> None:
    life = LIVES[kind]
    assert set(life.moves) == set(statuses)
    reached, edge = set(life.begins), set(life.begins)
    while edge:
        edge = {after for one in edge for after in life.moves[one]} - reached
        reached |= edge
    assert reached == set(statuses)


@given(st.sampled_from(sorted(LIVES)), st.data())
def test_what_has_ended_never_turns_again(kind: str, data: st.DataObject) -> None:
    life = LIVES[kind]
    ends = sorted(one for one, after in life.moves.items() if not after)
    if ends:
        end = data.draw(st.sampled_from(ends))
        after = data.draw(st.sampled_from(sorted(life.moves)))
        assert life.may_turn(end, after) == (end == after)


def test_an_outcome_is_decided_by_those_who_decide(life: Life) -> None:
    life.assign("head", "decision_authority", "decider")
    made = life.write("manager", "outcome", outcome="process_change")
    with pytest.raises(NotPermitted):
        life.change("manager", "outcome", made, outcome="process_change", status="decided")
    life.change("decider", "outcome", made, outcome="process_change", status="decided")
    assert refused(life, "manager", "outcome", outcome="process_change", status="decided") == [
        "/status wrong_order"
    ]


def test_nobody_is_punished_of_whom_nothing_is_alleged(life: Life) -> None:
    """Also not a victim who acted under threat, unless they are a subject too."""
    victim = life.write("manager", "person", role="victim_coerced", name="Somebody", coerced=True)
    warned: dict[str, Any] = {"outcome": "disc_warning", "person": str(victim)}
    assert refused(life, "manager", "outcome", **warned) == ["/person not_a_subject"]
    life.write("manager", "outcome", outcome="protection_measure", person=str(victim))
    life.change(
        "manager", "person", victim, role="victim_coerced", further_roles=["subject"], coerced=True
    )
    life.write("manager", "outcome", **warned)
    life.assign("head", "decision_authority", "decider")
    of_nobody: dict[str, Any] = {"outcome": "disc_warning", "status": "decided"}
    made = life.write("manager", "outcome", outcome="disc_warning")
    assert refused(life, "decider", "outcome", made, **of_nobody) == ["/person not_a_subject"]
    cancelled = {"status": "cancelled", "reason": "a mistake"}
    life.change("manager", "outcome", made, outcome="disc_warning", **cancelled)


def test_an_outcome_strikes_nobody_who_was_not_told(life: Life) -> None:
    life.assign("head", "decision_authority", "decider")
    person = life.write("manager", "person", role="subject", name="Somebody")
    sanction: dict[str, Any] = {"outcome": "disc_warning", "person": str(person)}
    made = life.write("manager", "outcome", **sanction)
    life.change("decider", "outcome", made, **sanction, status="decided")
    late: dict[str, Any] = {"outcome": "disc_warning", "status": "carried_out"}
    assert refused(life, "manager", "outcome", made, **late) == ["/status wrong_order"]
    life.change("manager", "outcome", made, **sanction, status="notified")
    assert refused(life, "manager", "outcome", made, **sanction, status="appealed") == [
        "/reason missing"
    ]
    life.change("manager", "outcome", made, **sanction, status="appealed", reason="article 4")
    life.change("manager", "outcome", made, **sanction, status="carried_out")
    life.change("manager", "outcome", made, **sanction, note="filed")
    (found,) = values(life, "outcome")
    assert (found["status"], found["note"]) == ("carried_out", "filed")
    assert found["status_on"] == life.small.house.today().isoformat()


def test_a_recommendation_is_looked_at_again_after_half_a_year_and_can_come_back(
    life: Life,
) -> None:
    text: dict[str, Any] = {"text": "Two people at the gate."}
    made = life.write("manager", "recommendation", **text)
    accepted = text | {"status": "accepted"}
    assert refused(life, "manager", "recommendation", made, **accepted) == [
        "/owner missing",
        "/due missing",
        "/factor missing",
    ]
    owned: dict[str, Any] = text | {
        "owner": str(life.cast["head"].id),
        "due": "2026-06-01",
        "root_cause": "cash",
    }
    life.change("manager", "recommendation", made, **owned, status="accepted")
    life.change("manager", "recommendation", made, **owned, status="done")
    (found,) = values(life, "recommendation")
    today = life.small.house.today()
    assert found["factor"] == "3"
    assert found["done_on"] == today.isoformat()
    assert found["effect_check_on"] == (today + timedelta(days=180)).isoformat()
    checked = owned | {"status": "effect_checked"}
    assert refused(life, "manager", "recommendation", made, **checked) == ["/effect missing"]
    life.change("manager", "recommendation", made, **checked, effect="effective")
    life.change("manager", "recommendation", made, **owned, status="recurred")
    life.change("manager", "recommendation", made, **owned, status="in_progress")


def test_a_recommendation_is_refused_with_a_reason(life: Life) -> None:
    made = life.write("manager", "recommendation", text="x")
    no = {"text": "x", "status": "refused_with_reason"}
    assert refused(life, "manager", "recommendation", made, **no) == ["/reason missing"]
    assert refused(life, "manager", "recommendation", made, **no, reason="too dear") == []


def test_a_plan_in_force_has_the_consents_it_needs_and_a_day_of_review(life: Life) -> None:
    life.assign("head", "protection_officer", "protector")
    plan: dict[str, Any] = {"risk": "high", "measures": ["restricted_team", "police_protection"]}
    made = life.write("protector", "protection_plan", **plan)
    active: dict[str, Any] = plan | {"status": "active", "review_on": "2026-04-01"}
    assert refused(life, "protector", "protection_plan", made, **plan, status="active") == [
        "/review_on missing"
    ]
    assert refused(life, "protector", "protection_plan", made, **active) == [
        "/measures/1 consent_missing"
    ]
    consent = {"measure": "police_protection", "on": "2026-03-02", "how": "by telephone"}
    life.change("protector", "protection_plan", made, **active, consents=[consent])
    life.change("protector", "protection_plan", made, risk="low", ended=True)
    (found,) = values(life, "protection_plan", "protector")
    assert (found["status"], found["ended"]) == ("ended", True)
    assert refused(life, "protector", "protection_plan", made, **active, consents=[consent]) == [
        "/status wrong_order"
    ]


@pytest.mark.parametrize(
    ("form", "severity", "codes"),
    [
        ("violence", "minor", ["consider_p0", "rate_risk_again"]),
        ("evaluation", "extreme", ["consider_p0", "rate_risk_again"]),
        ("threat", "minor", ["consider_p1", "rate_risk_again"]),
        ("evaluation", "minor", ["rate_risk_again"]),
    ],
)
def test_an_incident_leaves_work_to_do(
    life: Life, form: str, severity: str, codes: list[str]
) -> None:
    life.write(
        "manager", "threat", on="2026-03-01", form=form, severity=severity, description="a call"
    )
    assert [one["code"] for one in values(life, "task")] == codes
    with life.small.work() as db:
        by = life.cast["manager"]
        found = casefile.read(db, life.reference, by=by, language="fr", wanted=["tasks"])
    assert found.parts["tasks"][0]["title"] == catalogue.label("work_items", codes[0], "fr")


def test_a_claim_names_a_case_that_its_writer_may_know_of(small: SmallHouse, life: Life) -> None:
    claim: dict[str, Any] = {"form": "duties", "on": "2026-03-01", "description": "moved away"}
    other = a_life(small, life.cast)
    assert refused(life, "manager", "retaliation", **claim, linked_case="ZZZZ-ZZZZ") == [
        "/linked_case unknown_value"
    ]
    assert refused(life, "manager", "retaliation", **claim, linked_case=other.reference) == []


# Goods


@pytest.mark.parametrize("number", ["CSQU3054383", "csqu 305438-3", "MSKU6011672"])
def test_a_container_number_that_is_right_is_taken_for_right(number: str) -> None:
    assert containers.is_valid(number)


@given(st.integers(0, 9), st.integers(0, 9))
def test_a_wrong_digit_in_a_container_number_is_seen(place: int, digit: int) -> None:
    right = "CSQU3054383"
    n = 4 + place % 7
    changed = right[:n] + str(digit) + right[n + 1 :]
    # A remainder of 10 and one of 0 give the same digit: such pairs are not told apart by the standard.
    assert containers.is_valid(changed) == (
        changed == right or containers.check_digit(changed[:10]) == int(changed[10])
    )
    assert changed == right or n != 10 or not containers.is_valid(changed)


def test_a_container_number_that_fails_its_check_is_kept_and_told_of(life: Life) -> None:
    by = life.cast["manager"]
    life.declare("manager")
    for number, told in (("CSQU3054384", ("container_check_digit",)), ("CSQU3054383", ())):
        with life.small.work() as db:
            thing = MODELS["consignment"].model_validate({"container": number})
            keys, case = StaffKeys(db, by), life.find(db, by)
            made = things.add(db, case, "consignment", thing, by=by, keys=keys)
        assert made.warnings == told


# The plan


def test_a_plan_is_approved_by_somebody_else_and_anew_after_each_change(life: Life) -> None:
    plan = life.write(
        "manager", "plan", objective="Find out.", questions=[{"code": "Q1", "text": "Who?"}]
    )
    life.write("manager", "task", title="Ask for the log", question="Q1")
    assert refused(life, "manager", "task", title="Ask", question="Q9") == [
        "/question unknown_value"
    ]

    def approve(who: str) -> None:
        by = life.cast[who]
        with life.small.work() as db:
            plans.approve(db, life.find(db, by), plan, by=by, keys=StaffKeys(db, by))

    def approved() -> bool:
        by = life.cast["head"]
        with life.small.work() as db:
            case, keys = db.get_one(Case, life.case_id), StaffKeys(db, by)
            permit = log.emit(db, "record.read", by=by, case=case)
            found = [
                things.held(db, case, kind, permit=permit, keys=keys)
                for kind in ("plan", "plan_approval")
            ]
        return plans.is_approved(*found)

    assert not approved()
    with pytest.raises(SamePerson):
        approve("manager")
    life.declare("head")
    approve("head")
    assert approved()
    with pytest.raises(NotAllowed):
        approve("head")
    life.change("manager", "plan", plan, objective="Find out more.")
    assert not approved()
    approve("head")
    assert approved()


# The report


def test_a_report_says_what_it_lacks() -> None:
    one, other = uuid4(), uuid4()
    whole = dict.fromkeys(reports.PARTS, "said")
    weighed = {"allegation": str(one), "evidence": ["x"], "finding": "unfounded", "reasons": "so"}
    assert reports.missing(whole | {"allegations": [weighed]}, [one]) == ()
    lacking = whole | {"exculpatory": None, "allegations": [weighed | {"evidence": []}]}
    assert reports.missing(lacking, [one, other]) == (
        "/exculpatory",
        "/allegations/0/evidence",
        "/allegations",
    )
    assert reports.findings({"allegations": [weighed]}) == {one: "unfounded"}
