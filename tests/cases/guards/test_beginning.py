"""Guards of receiving, triage and admission."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import conflicts
from cases.audit import log
from cases.errors import NotReady
from cases.intake import Desk
from cases.models.case import Record
from tests.cases.walks import NAMED, Life, a_life, against, an_assessment

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

REFERRAL = {"body": "prosecutor", "legal_basis": "article 2", "reprisal_risk": "low"}


def test_an_oral_report_needs_the_agreed_text_or_a_reason(small: SmallHouse) -> None:
    desk = Desk(consent=True)
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
    assert against(life, "head", "authorise", **mandate) == (
        "protection_plan_if_risk",
        "exposure_agreed",
    )
    life.assign("head", "protection_officer", "protector")
    life.write("protector", "protection_plan", risk="high", measures=["identity_sealed"])
    assert against(life, "head", "authorise", **mandate) == ("exposure_agreed",)
    life.agree("protector", "authorise")
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
