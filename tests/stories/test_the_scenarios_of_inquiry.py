"""What must come true while a case is looked into, told as those who work on it would tell it."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.stories.routes import GRAVE, day
from tests.world import code, said

if TYPE_CHECKING:
    from tests.life import Life
    from tests.world import World

pytestmark = pytest.mark.one_database

DECLARATIONS = [f"ML-2026-{n:05d}" for n in range(4711, 4717)]

FIU = {
    "body": "fiu",
    "legal_basis": "Law on money laundering, article 18",
    "reprisal_risk": "low",
    "withheld": "Who reported it",
    "withhold_notice": True,
}
TIPPING_OFF = ("fiu", "launder", "blanchiment", "financial intelligence", "money")


def test_three_sources_disagree_and_lie_graded_on_one_line_of_time(world: World) -> None:
    life = world.life(body="They let us wait for days until we pay.", office="harbour")
    life.acknowledged().triaged(GRAVE).authorised().staffed()
    allegation = next(iter(life.alleged))
    sources = (
        ("What the trader told", "reporter_statement", ("F", "6"), "supports", -9),
        ("Times of the customs system", "customs_system", ("B", "2"), "contradicts", -8),
        ("Pictures of the counter", "cctv_scanner", ("A", "1"), "supports", -7),
    )
    for title, source, (reliability, credibility), bearing, days in sources:
        life.add(
            "lead",
            "items",
            title,
            title=title,
            source_type=source,
            reliability=reliability,
            credibility=credibility,
            happened_on=day(life, days),
            bears_on=[{"allegation": allegation, "bearing": bearing}],
        )

    line = said(life.who("lead").get(life.path("timeline")))["items"]

    told = [one for one in line if one["kind"] == "item"]
    assert [one["id"] for one in told] == [life.things[title] for title, *_ in sources]
    assert [one["grade"] for one in told] == ["".join(grades) for _, _, grades, *_ in sources]
    assert len({one["family"] for one in told}) == 3
    # What speaks for the person is found by whoever writes the report.
    items = {one["id"]: one for one in life.read("lead", "items")["items"]}
    contradicting = [
        one["title"]
        for one in items.values()
        if any(each["bearing"] == "contradicts" for each in one["bears_on"])
    ]
    assert contradicting == ["Times of the customs system"]


def test_a_suspicion_of_laundering_goes_to_the_unit_that_may_know_and_nobody_else_hears_of_it(
    world: World,
) -> None:
    life = world.life(body="The same ten invoices every week.", office="harbour")
    life.acknowledged().do("triage", "start_triage")
    life.add("triage", "persons", "clerk", role="subject", name="Amadou Sarr-Lindqvist")
    about = {"subjects": [life.things["clerk"]]}
    life.allege("late", category="AUT-02", summary="Two declarations were kept waiting.", **about)
    life.allege("suspicion", category="COI-06", summary="Ten invoices, always the same.", **about)
    life.assess(main_category="COI-06", priority="P1")
    before = life.reporter.enter().report()
    fiu = FIU | {"items": [life.things["suspicion"]]}
    for choice in ({}, {"withhold_notice": False}):
        told = {name: one for name, one in fiu.items() if name != "withhold_notice"} | choice
        refused = life.try_("head", "refer", **told)
        assert refused.json()["errors"] == [
            {"pointer": "/withhold_notice", "code": "silence_demanded"}
        ]

    life.both("head", "manager", "refer", **fiu)

    after = life.reporter.report()
    for shown in (after, life.reporter.enter().report()):
        assert not any(word in str(shown).casefold() for word in TIPPING_OFF)
    assert after["status"] != "referred"
    assert [one["code"] for one in after["messages"]] == [one["code"] for one in before["messages"]]
    [referral] = life.read("head", "referrals")["referrals"]
    assert (referral["body"], referral["withhold_notice"]) == ("fiu", True)
    given = extract(life)
    assert "Amadou Sarr-Lindqvist" in given
    assert "Two declarations were kept waiting." in given
    for word in (*TIPPING_OFF, "coi-06", "invoices", "referr", "suspected"):
        assert word not in given.casefold()
    assert code(world.as_("desk").get(life.path()))[0] in (403, 404)


def extract(life: Life) -> str:
    """What the case holds on the clerk, for the clerk; the suspicion cannot be put into it."""
    life.assign("manager", "legal_counsel", "counsel")
    life.both("manager", "head", "grant", staff=life.who("dpo").id, reason="Asked under the law.")
    asked = {"person": life.things["clerk"], "reason": "Asked for in writing."}
    both = [life.things["late"], life.things["suspicion"]]
    refused = life.try_("dpo", "subject_extract", **asked, things=both)
    assert code(refused)[1] == "names-a-person"
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/things/1"]
    life.both("dpo", "counsel", "subject_extract", **asked, things=both[:1])
    answer = life.who("dpo").get(life.path("subject-extract"))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return "\n".join(archive.read(one).decode() for one in archive.namelist())


def test_six_declarations_and_four_receipts_are_one_case_four_allegations_and_one_pattern(
    world: World,
) -> None:
    officer = "Djibril Ouattara-Keita"
    lives = []
    for n in range(4):
        life = world.life(body=f"There is always the unofficial fee, {n + 1} times now.")
        life.acknowledged().do("triage", "start_triage")
        life.add("triage", "persons", "officer", role="subject", name=officer)
        life.allege(category=GRAVE, subjects=[life.things["officer"]])
        lives.append(life)
    first = lives[0]
    for number in DECLARATIONS:
        first.add("triage", "consignments", number, declaration=number)
    goods = [first.things[number] for number in DECLARATIONS]
    first.change(
        "triage",
        "allegations",
        "allegation",
        category=GRAVE,
        office="harbour",
        procedure="declaration",
        subjects=[first.things["officer"]],
        consignments=goods,
    )

    around = said(first.who("triage").get(first.path("related")))
    assert {one["reference"] for one in around["items"]} == {one.reference for one in lives[1:]}
    assert around["pattern"] is True
    assert around["recurrence"] == 4
    assert officer.casefold() not in str(around).casefold()
    patterns = said(world.as_("manager").get("/v1/patterns"))["items"]
    assert [len(one["cases"]) for one in patterns] == [4]

    for life in lives:
        life.assess(main_category=GRAVE)
    for life in lives[1:]:
        for part in ("manager", "manager2"):
            first.declare(part)
        life.both(
            "manager",
            "manager2",
            "merge",
            target_case=first.reference,
            basis="The same officer and the same fee.",
        )
        first.declared.clear()
        # Each author goes on alone: nothing says that others reported the same.
        assert life.reporter.enter().report()["status"] == "assessing"
    file = first.read("manager")
    assert len(file["reports"]) == 4
    assert len(file["allegations"]) == 4
    assert sorted(one["declaration"] for one in file["consignments"]) == DECLARATIONS
    first.reporter.enter().write("It is six declarations by now.")
    for life in lives[1:]:
        assert "six declarations" not in str(life.reporter.report())
        first.alleged |= life.alleged
    first.investigated()
    last = first.read("head", "decisions")["decisions"][-1]
    assert {one["allegation"] for one in last["fields"]["findings"]} == set(first.alleged)
    assert len(first.alleged) == 4


def test_an_investigator_learns_who_reported_only_from_two_custodians_and_for_four_hours(
    world: World,
) -> None:
    named = {"name": "Mariama Bâ-Holm", "contact": "By the baker, in the evening"}
    life = world.life(body="I saw it from my stall.", office="harbour", identity=named)
    life.acknowledged().triaged(GRAVE).authorised().staffed()
    [report] = life.read("lead", "reports")["reports"]
    lead = life.who("lead")
    identity = life.path("reports", report["id"], "identity")
    assert named["name"] not in lead.get(life.path()).text

    assert code(lead.get(identity))[0] in (403, 404)

    asked = said(
        lead.post(
            life.path("identity-requests"),
            {"report": report["id"], "purpose": "interview", "reason": "Heard as a witness."},
        ),
        202,
    )
    granting = {"grant": True, "hours": 4, "reason": "Needed for the hearing."}
    path = f"/v1/identity-requests/{asked['id']}"
    said(world.as_("custodian").post(f"{path}/decision", granting), 204)
    assert code(lead.get(identity))[0] in (403, 404)
    assert code(world.as_("custodian").post(f"{path}/confirmation"))[0] == 403
    said(world.as_("custodian2").post(f"{path}/confirmation"), 204)

    seen = said(lead.get(identity))
    assert (seen["name"], seen["contact"]) == (named["name"], named["contact"])
    assert code(life.who("investigator").get(identity))[0] in (403, 404)

    world.clock.move(hours=4, minutes=1)
    world.run_due()
    assert code(lead.get(identity))[0] in (403, 404)
    statuses = said(lead.get(life.path("identity-requests")))["items"]
    assert [one["status"] for one in statuses] == ["expired"]
    kinds = {one["kind"] for one in life.read("head", "history")["history"]}
    assert {
        "access.refused",
        "identity.requested",
        "identity.granted",
        "identity.disclosed",
        "identity.expired",
    } <= kinds
