"""What must come true afterwards: what is held on somebody, what nobody needs, who pays for having spoken."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.stories.longer import monitored
from tests.stories.routes import day
from tests.world import code, said

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.one_database

PHOTO = b"\xff\xd8 a birthday at home \xff\xd9"
NAME = "Ouarzazate-birthday.jpg"
WORDS = "The photo was of my neighbour's daughter Ikram, who has epilepsy."


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


def test_a_childs_photo_sent_by_mistake_is_deleted_by_two_and_its_sender_is_told(
    world: World,
) -> None:
    life = world.life(body="They keep the papers until somebody pays.", office="harbour")
    life.acknowledged().do("triage", "start_triage")
    reporter = life.reporter.enter()
    photo = reporter.send_file(PHOTO, NAME)
    reporter.write(WORDS)
    world.pass_over()
    manager, head = life.who("manager"), life.who("head")
    [thread] = life.read("manager", "threads")["threads"]
    [message] = [one["id"] for one in thread["messages"] if one["body"] == WORDS]
    path = life.path("attachments", photo)
    assert manager.get(path).content == PHOTO

    refused = life.try_("triage", "redact", record=photo, reason="A child.")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-permitted")
    for record in (photo, message):
        proposal = life.propose("manager", "redact", record=record, reason="A child, at home.")
        alone = life.answer("manager", proposal)
        assert (alone.status_code, alone.json()["code"]) == (403, "same-person")
        waiting = said(head.get(life.path("proposals")))["items"]
        assert [one["action"] for one in waiting] == ["redact"]
        life.declare("head")
        said(life._saw("head", life.answer("head", proposal)))
        life.etags.clear()

    # Nobody reads it again, and nothing that shows the case breaks.
    assert manager.get(path).status_code == 404
    file = life.read("manager")
    assert [one["field"] for one in file["redacted"]] == ["attachment", "message"]
    assert [one["code"] for one in file["threads"][0]["messages"]].count("message_deleted") == 1
    for page in ("timeline", "views", "head", "actions"):
        assert NAME not in repr(said(manager.get(life.path(page))))
    said(manager.get("/v1/cases"))
    life.both("manager", "head", "export", reason="For the archive.")
    copy = zipfile.ZipFile(io.BytesIO(manager.get(life.path("export")).content))
    held = b"".join(copy.read(one) for one in copy.namelist())
    for gone in (PHOTO, NAME.encode(), WORDS.encode(), b"Ikram"):
        assert gone not in held

    # Who sent it is told in plain words, and cannot read it either.
    mine = said(reporter.caller.get("/v1/reporter/report"))
    assert mine["attachments"] == []
    told = {one["code"]: one for one in mine["messages"] if one["code"]}
    assert "two people agreed" in told["file_deleted"]["body"]
    assert told["message_deleted"]["id"] == message
    assert told["message_deleted"]["deleted_on"] == life.today.isoformat()
    assert reporter.caller.get(f"/v1/reporter/attachments/{photo}").status_code == 404
    assert WORDS not in repr(mine)

    # The trail says so, and the case goes on.
    history = [one for one in file["history"] if one["kind"] == "record.redacted"]
    assert len(history) == 2
    assert history[0]["text"].startswith("Deleted as not relevant by ")
    life.allege().assess()
    assert life.state == "assessed"


def test_whose_goods_are_always_inspected_since_gets_a_case_of_its_own(world: World) -> None:
    life = world.life(category="COR-01", relation="importer_exporter", office="harbour")
    for days in monitored(life):
        world.pass_days(days)
    assert life.state == "monitoring"
    asked = day(life, 9)
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

    reprisal = world.life(reporter)
    head = reprisal.head("manager")
    assert (head["priority"], head["state"]) == ("P1", "received")
    mine = said(reporter.caller.get("/v1/reporter/report?matter=1"))
    assert mine["status"] == "received"
    assert any(one["reference"] == life.reference for one in follow_ups(world, "protector2"))
    file = reprisal.read("manager")
    assert [one["category"] for one in file["reports"]] == ["RET-01"]
    came_of = [(one["reference"], one["kind"], one["follows"]) for one in file["links"]]
    assert came_of == [(life.reference, "retaliation_of", True)]
    other = life.read("manager")["links"]
    assert [(one["reference"], one["kind"], one["follows"]) for one in other] == [
        (reprisal.reference, "retaliation_of", False)
    ]

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
    results = [{"on": asked, "answer": "serious"}]
    refused = life.try_("protector2", "end_monitoring", check_in_results=results)
    assert code(refused) == (409, "not-ready")
    assert refused.json()["guards"] == ["no_open_retaliation"]
    reprisal.acknowledged().triaged("RET-01", priority="P1")
    no_more = {"closure_reason": "no_prima_facie", "leads": ["Every importer was inspected."]}
    reprisal.do("manager", "to_preliminary", scope="Who chose what to inspect.")
    reprisal.both(
        "head",
        "manager",
        "no_suspicion",
        **no_more,
        reasons="A campaign of the ministry.",
        message="All importers are inspected since May.",
    )
    life.both("protector2", "manager", "end_monitoring", check_in_results=results)
    assert life.state == "closed"


def follow_ups(world: World, part: str) -> list[dict[str, str]]:
    """What somebody is asked to look into, as check-ins were answered."""
    found: list[dict[str, str]] = said(world.as_(part).get("/v1/follow-ups"))["items"]
    return found
