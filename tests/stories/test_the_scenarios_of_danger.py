"""What must come true for people who are in danger, told as they would tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.stories.routes import AT_RISK, day
from tests.world import said

if TYPE_CHECKING:
    from tests.life import Life
    from tests.world import World

pytestmark = pytest.mark.one_database

OFFICER = "Yacouba Traoré-Nyström"
CONTAINER = "CSQU3054383"


def in_an_emergency(world: World, category: str, **sent: Any) -> Life:  # noqa: ANN401 -- JSON
    """A report of danger, in triage within the hour, with advice, and protection let in."""
    life = world.life(danger=True, category=category, **sent)
    assert life.head("triage")["priority"] == "P0"
    return life.do(
        "triage",
        "emergency",
        safety_advice="Stay where people are. We come to you.",
        alerted=[life.who("protector").id],
    )


def test_a_trader_tells_a_desk_of_sextortion_and_no_desk_ever_opens_it_again(world: World) -> None:
    told = "He says that my goods stay until I come to his house."
    reporter = world.report(
        desk=True,
        body=told,
        channel="listening_desk",
        category="DIG-02",
        danger=True,
        gender="woman",
        relation="small_trader",
        office="harbour",
        language="fr",
    )
    paper = reporter.receipt

    # The paper opens nothing but the way to a receipt of her own; after that it is worth nothing.
    at_the_desk = world.anybody()
    opened = said(at_the_desk.post("/v1/reporter/session", {"receipt": paper}), 201)
    shown = said(
        at_the_desk.get(
            "/v1/reporter/report", headers={"Authorization": f"Bearer {opened['token']}"}
        )
    )
    assert told not in str(shown)
    reporter.enter()
    assert reporter.receipt != paper
    gone = at_the_desk.post("/v1/reporter/session", {"receipt": paper})
    assert gone.status_code == 401
    assert "reply" in reporter.report()["can"]

    life = world.life(reporter)
    assert life.head("triage")["priority"] == "P0"
    [stated] = life.read("triage", "reports")["reports"]
    assert (stated["category"], stated["gender"], stated["channel"]) == (
        "DIG-02",
        "woman",
        "listening_desk",
    )
    world.as_("desk").post(life.path("declaration"), {"conflict": "none"})
    for path in ("", "/views", "/timeline", "/related", "/export", "/subject-extract"):
        refused = world.as_("desk").get(life.path() + path)
        assert refused.status_code in {403, 404}, path
        assert told not in refused.text

    life.do(
        "triage",
        "emergency",
        safety_advice="Votre sécurité d'abord. Une femme vous appelle.",
        alerted=[life.who("protector").id],
    )
    life.add("triage", "persons", "trader", role="victim", description="The trader herself")
    life.add(
        "protector",
        "protection-plans",
        risk="high",
        status="active",
        review_on=day(life, 14),
        measures=["same_gender", "safe_channel"],
        consents=[{"measure": "same_gender", "on": day(life, 0), "how": "said at the desk"}],
    )
    hearing = {
        "person": life.things["trader"],
        "capacity": "victim",
        "notice_on": day(life, 0),
        "waiver": "She asked to be heard today.",
        "held_on": day(life, 0),
        "interviewers": [life.who("triage").id],
        "gender_wished": "woman",
        "language": "ee",
        "interpreter": "A woman of the market, bound to keep silent",
        "rights": ["protection", "confidentiality"],
        "record": "She told it again, and named the hour.",
        "signed": "agreed",
    }
    # No hearing is kept that passes over whom she wished to talk to.
    unanswered = life.who("triage").post(life.path("interviews"), hearing)
    assert unanswered.json()["errors"] == [{"pointer": "/wish_respected", "code": "missing"}]
    life.add("triage", "interviews", **hearing, wish_respected=True)
    [interview] = life.read("triage", "interviews")["interviews"]
    assert (interview["gender_wished"], interview["wish_respected"]) == ("woman", True)
    assert (interview["language"], interview["interviewers"]) == ("ee", [life.who("triage").id])
    [plan] = [
        one for one in life.read("protector", "protection")["protection"] if "measures" in one
    ]
    assert "same_gender" in plan["measures"]
    life.add("triage", "persons", "officer", role="subject", description="The officer at gate 2")
    life.allege(
        category="DIG-02", subjects=[life.things["officer"]], victims=[life.things["trader"]]
    )
    life.assess(priority="P0", main_category="DIG-02", **AT_RISK)
    seen = life.head("triage")
    assert (seen["category"], seen["priority"], seen["state"]) == ("DIG-02", "P0", "assessed")
    advice = [one["body"] for one in reporter.report()["messages"] if one["body"]]
    assert any("Une femme vous appelle." in text for text in advice)


def test_an_officer_whose_children_were_photographed_is_protected_and_accused_of_nothing(
    world: World,
) -> None:
    life = in_an_emergency(
        world,
        "SMG-04",
        body="They sent me pictures of my children at school. I am to let a container pass.",
        relation="customs_officer",
        office="harbour",
    )
    life.add("triage", "persons", "group", role="subject_unknown", description="A group")
    life.add("triage", "persons", "officer", role="victim", description="Who reported")
    life.allege(
        category="SMG-04",
        subjects=[life.things["group"]],
        victims=[life.things["officer"]],
        side="supply",
    )
    # Police protection waits for a yes.
    measures = {
        "risk": "high",
        "measures": ["police_protection"],
        "status": "active",
        "review_on": day(life, 14),
    }
    life.declare("protector")
    refused = life.who("protector").post(life.path("protection-plans"), measures)
    assert refused.status_code == 422
    agreed = [{"measure": "police_protection", "on": day(life, 0), "how": "wrote it to us"}]
    life.add("protector", "protection-plans", "plan", **measures, consents=agreed)
    for form, what in (("threat", "A call at night."), ("family", "Pictures of the children.")):
        life.add(
            "protector",
            "threats",
            form=form,
            on=day(life, 0),
            severity="extreme",
            description=what,
            person=life.things["officer"],
            done="The police were told.",
            told=[life.who("protector").id],
        )
    kept = life.read("protector", "protection")["protection"]
    assert {one["form"] for one in kept if "severity" in one} == {"threat", "family"}

    scores = life.scores(safety=4, organised_crime=4)
    life.assess(priority="P0", main_category="SMG-04", scores=scores, **AT_RISK)
    file = life.read("manager")
    [accused] = [one["subjects"] for one in file["allegations"]]
    assert life.things["officer"] not in accused
    punished = {"outcome": "disc_warning", "person": life.things["officer"]}
    answer = life.who("manager").post(life.path("outcomes"), punished)
    assert answer.json()["errors"] == [{"pointer": "/person", "code": "not_a_subject"}]
    assert life.add(
        "manager", "outcomes", outcome="protection_measure", person=life.things["officer"]
    )


def test_who_gave_way_to_a_threat_is_subject_and_victim_and_is_exonerated(world: World) -> None:
    threatened = in_an_emergency(
        world,
        "SMG-04",
        body="They sent me pictures of my children at school. I am to let a container pass.",
        relation="customs_officer",
        office="harbour",
    )
    threatened.add("triage", "persons", "officer", role="victim", name=OFFICER)
    life = world.life(
        body="I let it pass. They had my daughter's name.",
        category="SMG-04",
        relation="customs_officer",
        office="harbour",
    )
    life.acknowledged().do("triage", "start_triage")
    life.add(
        "triage",
        "persons",
        "officer",
        role="subject",
        further_roles=["victim_coerced"],
        coerced=True,
        name=OFFICER,
        description="The officer at the scanner",
    )
    officer = life.things["officer"]
    life.add("triage", "consignments", "container", container=CONTAINER, office="harbour")
    life.allege(
        category="SMG-04",
        subjects=[officer],
        victims=[officer],
        consignments=[life.things["container"]],
        summary="The container was released unopened.",
    )
    # It is the officer who had told of the threat.
    around = said(life.who("triage").get(life.path("related")))["items"]
    assert [one["reference"] for one in around] == [threatened.reference]
    life.assign("manager", "protection_officer", "protector")
    life.add(
        "protector",
        "threats",
        form="family",
        on=day(life, 0),
        severity="extreme",
        description="Her name, and the way to her school.",
        person=officer,
        done="The police were told.",
    )
    life.assess(priority="P1", main_category="SMG-04", scores=life.scores(organised_crime=4))
    life.authorised().staffed().waived("safety").replied()
    life.reported("exonerated").passed()
    life.decided("exonerated", outcomes=[{"outcome": "it_control"}])
    owner = life.who("manager").id
    life.add(
        "manager",
        "recommendations",
        text="Two people release what the scanner has marked.",
        root_cause="coercion",
        factor="9",
        owner=owner,
        due=day(life, 60),
    )
    life.do(
        "manager",
        "implement",
        actions=[{"outcome": "it_control", "owner": owner, "due": day(life, 20)}],
    )
    file = life.read("manager")
    [person] = file["persons"]
    assert (person["role"], person["further_roles"], person["coerced"]) == (
        "subject",
        ["victim_coerced"],
        True,
    )
    [alleged] = file["allegations"]
    assert alleged["subjects"] == alleged["victims"] == [officer]
    [decision] = [one["fields"] for one in file["decisions"] if one["action"] == "decide"]
    assert [(one["allegation"], one["finding"]) for one in decision["findings"]] == [
        (alleged["id"], "exonerated")
    ]
    [goods] = file["consignments"]
    assert (alleged["consignments"], goods["container"]) == ([goods["id"]], CONTAINER)
    # Nobody is punished; what follows is a control of the system.
    assert [(one["outcome"], one["person"]) for one in file["outcomes"]] == [("it_control", None)]
    [control] = file["recommendations"]
    assert (control["root_cause"], control["owner"]) == ("coercion", owner)
