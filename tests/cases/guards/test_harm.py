"""Guards of the risk of harm, and what else the second version of the workflow asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cases import acts, pairs
from cases.audit import log
from cases.errors import (
    NotAllowed,
    NotFound,
    NotPermitted,
    ProposalVoid,
    SamePerson,
    Unacceptable,
)
from cases.models.case import Case
from cases.objects import things
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, against, an_assessment
from tests.usual import answers

if TYPE_CHECKING:
    from uuid import UUID


pytestmark = pytest.mark.one_database

GRAVE = {"detriment_likelihood": "almost_certain", "detriment_seriousness": "major"}


def in_triage(life: Life) -> Life:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    return life


def test_what_the_answers_propose_is_followed_or_there_is_a_reason(life: Life) -> None:
    in_triage(life)
    values: dict[str, Any] = an_assessment() | {
        "likelihood_reason": None,
        "detriment_answers": answers(threat_made="yes"),
    }
    assert against(life, "triage", "complete_assessment", **values) == ("likelihood_explained",)
    values |= {"detriment_likelihood": "likely", "known_facts": ["what"]}
    assert against(life, "triage", "complete_assessment", **values) == ("actionability_explained",)
    values["actionability_reason"] = "the place can be seen from the road"
    assert against(life, "triage", "complete_assessment", **values) == ()


def test_triage_alone_lowers_no_risk_that_was_rated_higher(life: Life) -> None:
    in_triage(life)
    assert life.rate("triage", likelihood="likely", seriousness="extreme") is None
    assert against(life, "triage", "complete_assessment", **an_assessment()) == (
        "risk_not_lowered",
    )
    assert against(life, "triage", "complete_assessment", **an_assessment() | GRAVE) == ()


def test_a_question_has_30_days_and_its_reminders_come_before(life: Life) -> None:
    in_triage(life)
    today = life.small.house.today()
    late = {"question": "When?", "due_on": today + timedelta(days=31)}
    assert against(life, "triage", "ask_reporter", **late) == ("question_day_in_reach",)
    soon = {"question": "When?", "due_on": today + timedelta(days=9)}
    after = {"remind_on": [today + timedelta(days=9)]}
    assert against(life, "triage", "ask_reporter", **soon, **after) == ("reminders_before_due",)
    assert against(life, "triage", "ask_reporter", **late, due_reason="at sea") == ()


def test_nobody_is_called_silent_who_was_not_reminded_nor_vague_who_was_not_asked(
    life: Life,
) -> None:
    life.triaged()
    end = {"reasons": "r", "message": "m"}
    for reason in ("no_response", "insufficient_information"):
        assert against(life, "manager", "refuse", closure_reason=reason, **end) == (
            "reason_borne_out",
        )


@pytest.mark.parametrize(
    ("state", "who", "action", "fields"),
    [
        ("assessed", "head", "authorise", {"mandate": "look", "legal_basis": "a"}),
        (
            "preliminary_inquiry",
            "head",
            "no_suspicion",
            {
                "closure_reason": "no_prima_facie",
                "leads": ["the log"],
                "reasons": "r",
                "message": "m",
            },
        ),
    ],
)
def test_the_risk_is_rated_anew_at_each_turn(
    life: Life, state: str, who: str, action: str, fields: dict[str, object]
) -> None:
    life.triaged()
    if state == "preliminary_inquiry":
        life.do("manager", "to_preliminary", scope="the log")
    life.usual = False
    whole = {"scope": "s", "allegations": life.alleged} if action == "authorise" else {}
    assert against(life, who, action, **fields, **whole) == ("risk_redone",)
    life.rate("manager")
    assert against(life, who, action, **fields, **whole) == ()


def test_a_rating_is_lowered_by_two_people(life: Life) -> None:
    life.triaged(**GRAVE)
    proposal = life.rate("manager", likelihood="unlikely", seriousness="minor")
    assert proposal is not None
    assert risk_of(life) == "high"
    by = life.cast["head"]
    life.declare("head")
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        shown = acts.read_proposal(db, case, proposal, by=by, keys=keys).fields
    # What it was proposed upon is no word for whoever answers it.
    assert set(shown) == {"likelihood", "seriousness", "answers", "reason"}
    with pytest.raises(SamePerson):
        life.confirm("manager", proposal)
    life.confirm("head", proposal)
    assert risk_of(life) == "low"


@pytest.mark.parametrize("meanwhile", ["higher", "the same", "threat", "another threat"])
def test_a_risk_that_was_looked_at_anew_is_not_lowered_by_what_was_proposed_before(
    life: Life, meanwhile: str
) -> None:
    medium = {"likelihood": "likely", "seriousness": "minor"}
    life.triaged(detriment_likelihood="likely", detriment_seriousness="minor")
    life.assign("head", "protection_officer", "protector")
    threat: dict[str, Any] = {
        "on": life.small.house.today(),
        "form": "violence",
        "severity": "extreme",
        "description": "beaten",
    }
    if meanwhile == "another threat":
        life.write("protector", "threat", **threat)
    proposal = life.rate("manager", likelihood="unlikely", seriousness="minor")
    assert proposal is not None
    if meanwhile == "another threat":
        delete(life, "protector", life.things["threat"])
    if "threat" in meanwhile:
        life.write("protector", "threat", "another", **threat)
    elif meanwhile == "higher":
        life.rate("protector", likelihood="almost_certain", seriousness="extreme")
    else:
        life.rate("protector", **medium)
    before = risk_of(life)
    with pytest.raises(ProposalVoid):
        life.confirm("head", proposal)
    assert risk_of(life) == before != "low"


def test_a_rating_answers_every_question_and_explains_what_it_does_not_follow(life: Life) -> None:
    life.triaged()
    for odd in (
        {"answers": {"threat_made": "yes"}},
        {"likelihood": "never"},
        {"likelihood": "almost_certain", "reason": None},
        {"person": life.alleged[0]},
    ):
        with pytest.raises(Unacceptable):
            life.rate("manager", **odd)
    with pytest.raises(NotFound):
        life.rate("overseer")


def test_only_protection_agrees_and_only_to_what_may_reveal(life: Life) -> None:
    life.triaged(**GRAVE)
    with pytest.raises(NotPermitted):
        life.agree("head", "authorise")
    life.assign("head", "protection_officer", "protector")
    with pytest.raises(NotAllowed):
        life.agree("protector", "to_local")
    life.agree("protector", "authorise")


def test_abuse_of_the_right_to_report_is_alleged_by_two(life: Life) -> None:
    life.triaged()
    life.declare("manager")
    by = life.cast["manager"]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        with pytest.raises(Unacceptable):
            pairs.allege_abuse(
                db, case, {"summary": "s", "procedure": "by magic"}, by=by, keys=keys
            )
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        made = pairs.allege_abuse(db, case, {"summary": "made up"}, by=by, keys=keys).id
    assert "RET-04" not in categories(life)
    with pytest.raises(SamePerson):
        life.confirm("manager", made)
    life.confirm("head", made)
    assert "RET-04" in categories(life)


def test_an_older_case_goes_on_by_the_version_it_began_with(life: Life) -> None:
    head = life.cast["head"]
    with life.small.work() as db:
        db.get_one(Case, life.case_id).workflow_version = 1
        log.emit(db, "config.changed", by=head)
    life.usual = False
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    life.allege()
    life.do("triage", "complete_assessment", **an_assessment())
    life.authorise()
    assert life.case().state == "investigation_authorised"


def delete(life: Life, who: str, threat: UUID) -> None:
    by = life.cast[who]
    with life.small.work() as db:
        things.delete(db, life.find(db, by), "threat", threat, by=by, keys=StaffKeys(db, by))


def risk_of(life: Life) -> str:
    with life.small.work() as db:
        case, by = life.find(db, life.cast["manager"]), life.cast["manager"]
        permit = log.emit(db, "record.read", by=by, case=case)
        found = things.held(db, case, "risk", permit=permit, keys=StaffKeys(db, by))
    return str(found[-1].value["rating"]) if found else "high"


def categories(life: Life) -> list[str]:
    with life.small.work() as db:
        case, by = life.find(db, life.cast["manager"]), life.cast["manager"]
        permit = log.emit(db, "record.read", by=by, case=case)
        found = things.held(db, case, "allegation", permit=permit, keys=StaffKeys(db, by))
    return [one.value["category"] for one in found]
