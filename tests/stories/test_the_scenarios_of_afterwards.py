"""What must come true afterwards: somebody asks what is held on them, somebody pays for having spoken."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.stories.longer import monitored
from tests.stories.routes import day
from tests.world import said

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.one_database


def test_whom_a_case_is_about_is_given_what_it_holds_on_them_and_nothing_that_points_to_its_author(
    world: World,
) -> None:
    told = "Every Friday after the last truck he counts the money behind the weighing house."
    author = {"name": "Kadidia Toure-Lund", "contact": "+223 90 11 22 33"}
    life = world.life(body=told, identity=author, office="harbour")
    life.acknowledged().do("triage", "start_triage")
    life.add("triage", "persons", "clerk", role="subject", name="Bakary Sidibe-Moreau")
    life.allege(
        subjects=[life.things["clerk"]], summary="A payment outside the tariff was asked for."
    )
    life.add("triage", "notes", text="The author called twice.")
    life.assess()
    life.assign("manager", "legal_counsel", "counsel")
    life.both(
        "manager", "head", "grant", staff=life.who("dpo").id, reason="A request under the law."
    )
    asked = {
        "person": life.things["clerk"],
        "things": [life.things["allegation"]],
        "reason": "Asked for in writing.",
    }
    assert life.who("dpo").get(life.path("subject-extract")).status_code in {403, 404, 409}

    life.both("dpo", "counsel", "subject_extract", **asked)

    answer = life.who("dpo").get(life.path("subject-extract"))
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "Bakary Sidibe-Moreau" in everything
    assert "outside the tariff" in everything
    for hidden in ("Kadidia", "Toure", "90 11", "Friday", "weighing", "called twice"):
        assert hidden not in everything


def test_whose_goods_are_always_inspected_since_gets_a_case_of_its_own(world: World) -> None:
    life = world.life(category="COR-01", relation="importer_exporter", office="harbour")
    for days in monitored(life):
        world.pass_days(days)
    assert life.state == "monitoring"
    world.pass_days(90)
    reporter = life.reporter.enter()
    world.pass_over()

    reporter.act(
        "answer_check_in",
        change="serious",
        threat="none",
        wants_to_talk=True,
        body="Every one of my consignments is opened now.",
    )

    [reference] = world.pass_over()
    head = said(world.as_("manager").get(f"/v1/cases/{reference}/head"))
    assert (head["priority"], head["state"]) == ("P1", "received")
    mine = said(reporter.caller.get("/v1/reporter/report?matter=1"))
    assert mine["status"] == "received"
    assert any(one["reference"] == life.reference for one in follow_ups(world, "protector2"))

    life.declare("protector2")
    life.add(
        "protector2",
        "inspection-watches",
        declarations_before=40,
        inspected_before=4,
        from_before=day(life, -200),
        to_before=day(life, -101),
        declarations_after=20,
        inspected_after=20,
        from_after=day(life, -90),
        to_after=day(life, 0),
    )
    [watch] = [
        one
        for one in life.read("protector2", "protection")["protection"]
        if "inspected_after" in one
    ]
    assert (watch["rate_before"], watch["rate_after"]) == (0.1, 1.0)
    assert watch["probability"] < 0.001
    # As long as the reprisal is not decided, nobody stops asking.
    life.declare("manager")
    refused = life.try_("protector2", "end_monitoring", check_in_results="All is well.")
    assert refused.status_code in {409, 422}, refused.text


def follow_ups(world: World, part: str) -> list[dict[str, str]]:
    """What somebody is asked to look into, as check-ins were answered."""
    found: list[dict[str, str]] = said(world.as_(part).get("/v1/follow-ups"))["items"]
    return found
