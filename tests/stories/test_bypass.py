"""Reports about the very people who would handle them: who they concern never learns that they exist."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.stories.longer import carry_out
from tests.stories.routes import GRAVE
from tests.world import code, said

if TYPE_CHECKING:
    from tests.life import Life
    from tests.world import World

INSIDE = (
    "desk", "triage", "triage2", "manager", "manager2", "head", "head2", "lead", "protector",
    "dpo", "reviser", "overseer",
)  # fmt: skip
"""Everybody of the administration who has a queue."""
LINE = INSIDE[:-2]
"""Without the review body, which reviews for the body outside as well, once a case is closed."""

AROUND: dict[str, dict[str, Any]] = {
    "the unit": {"concerns": ["internal_affairs"]},
    "its head": {"concerns": ["head_of_internal_affairs"]},
    "the head of customs": {"concerns": ["head_of_customs", "system_administrator"]},
    "the head, named and not ticked": {"subjects": [{"name": "kovač  HANA"}]},
    "an investigator, by number": {"subjects": [{"staff_number": "a 1008"}]},
}
"""What a report says that sends it past the line."""


def queues(world: World) -> dict[str, Any]:
    """All that everybody inside is shown: their queue, its counts, what waits for them."""
    shown: dict[str, Any] = {}
    for part in INSIDE:
        member = world.as_(part)
        shown[part] = [
            said(member.get("/v1/cases?limit=200")),
            *(said(member.get(f"/v1/cases/count?by={by}")) for by in ("state", "office")),
        ]
    for part in ("manager", "head", "reviser"):
        shown[part].append(said(world.as_(part).get("/v1/proposals")))
    return shown


def received(world: World) -> int:
    """How many reports came this month, as the head of internal affairs is told exactly."""
    month = said(world.as_("head").get(f"/v1/statistics/months/{world.clock.now:%Y-%m}"))
    [count] = [r["value"] for r in month["rows"] if r["indicator"] == "A1" and not r["by"]]
    return int(count)


def nobody_reaches(world: World, life: Life, parts: tuple[str, ...]) -> None:
    """For all these people the case is the same as one that never was."""
    for part in parts:
        for path in ("", "/head", "/actions"):
            answer = world.as_(part).get(life.path() + path)
            never = world.as_(part).get(f"/v1/cases/0000-0000{path}")
            assert code(answer) == code(never) == (404, "not-found")
            assert answer.content == never.content
    for part in ("triage", "head"):
        member = world.as_(part)
        declared = member.post(life.path("declaration"), {"conflict": "none"})
        acted = member.post(life.path("actions"), {"action": "acknowledge"})
        assert code(declared) == code(acted) == (404, "not-found")


@pytest.mark.one_database
@pytest.mark.parametrize("about", AROUND)
def test_whom_a_report_concerns_sees_nothing_of_it(world: World, about: str) -> None:
    world.life(office="harbour", category=GRAVE)
    before, counted = queues(world), received(world)

    report = world.report(office="harbour", category=GRAVE, **AROUND[about])
    ordinary = world.report(office="airport")
    assert set(report.answer) == set(ordinary.answer)
    assert report.answer["status_text"] == ordinary.answer["status_text"]
    ordinary_life = world.life(ordinary)
    ordinary_life.acknowledged()  # out of the way: what is left is as it was

    life = world.life(report, unit="outside")
    nobody_reaches(world, life, INSIDE)
    now = queues(world)
    for part in INSIDE:
        assert life.reference not in str(now[part])
        assert len(now[part][0]["items"]) - len(before[part][0]["items"]) <= 1
    assert received(world) == counted + 1
    life.acknowledged().triaged(GRAVE)
    nobody_reaches(world, life, INSIDE)


@pytest.mark.one_database
@pytest.mark.parametrize("about", ["its head", "an investigator, by number"])
def test_the_body_outside_works_it_to_an_end_and_nobody_concerned_sees_any_of_it(
    world: World, about: str
) -> None:
    report = world.report(office="harbour", category=GRAVE, **AROUND[about])
    life = world.life(report, unit="outside")
    life.acknowledged().triaged(GRAVE)
    life.authorised().staffed()
    life.waived().replied().reported().passed()
    life.decided(outcomes=[{"outcome": "process_change"}])
    carry_out(life)
    assert life.state == "closed"
    nobody_reaches(world, life, LINE)
    assert report.enter().report()["status"] == "closed"


def test_somebody_who_does_not_handle_cases_is_named_and_only_they_are_kept_out(
    world: World,
) -> None:
    report = world.report(subjects=[{"name": "Rosa Delgado"}], office="harbour")
    life = world.life(report).acknowledged().triaged()
    life.both(
        "manager",
        "head",
        "refuse",
        closure_reason="out_of_mandate",
        reasons="Not ours.",
        message="Not ours.",
    )
    assert life.head("reviser2")["state"] == "not_admitted"
    assert code(world.as_("reviser").get(life.path("head"))) == (404, "not-found")
    queue = said(world.as_("reviser").get("/v1/cases?limit=200"))["items"]
    assert life.reference not in {item["reference"] for item in queue}


def test_coi_r13_who_is_found_to_be_concerned_later_is_shut_out_at_once(world: World) -> None:
    life = world.life(office="airport").acknowledged().triaged()
    assert life.read("manager2")["reports"]
    life.add("triage", "persons", role="subject", name="Cheikh Diallo")
    assert code(world.as_("manager2").get(life.path())) == (404, "not-found")
    # Everybody else declares anew, knowing who it is about.
    assert code(world.as_("manager").get(life.path())) == (403, "declaration-needed")
    refused = life.try_("manager", "to_preliminary", scope="The shift lists.")
    assert (code(refused), refused.json()["guards"]) == ((409, "not-ready"), ["reroute_first"])


def notices(world: World, part: str) -> list[dict[str, Any]]:
    """What somebody is told of reports that others handle."""
    found: list[dict[str, Any]] = said(world.as_(part).get("/v1/notices"))["items"]
    return found


def test_coi_r11_a_report_about_an_administrator_is_handled_as_usual_and_the_body_outside_is_told(
    world: World,
) -> None:
    before = [len(notices(world, part)) for part in ("outside head", "outside manager")]
    came_on = f"{world.clock.now:%Y-%m-%d}"
    life = world.life(concerns=["system_administrator"], office="harbour")
    assert life.head("triage")["state"] == "received"
    # Not before the day is over: a notice says no more of when than the case itself does.
    assert [len(notices(world, p)) for p in ("outside head", "outside manager")] == before
    world.pass_days(1)
    units = {one["code"]: one["id"] for one in said(world.as_("head").get("/v1/units"))["items"]}
    for part, earlier in zip(("outside head", "outside manager"), before, strict=True):
        first = notices(world, part)
        assert len(first) == earlier + 1
        new = first[-1]
        assert new.keys() == {"id", "concern", "text", "unit", "came_on", "read"}
        assert (new["concern"], new["unit"]) == ("system_administrator", units["main"])
        assert (new["came_on"], new["read"]) == (came_on, False)
        assert life.reference not in str(first)
        assert [one["read"] for one in notices(world, part)][-1] is True
    for part in ("head", "manager"):
        assert notices(world, part) == []
    for part in ("admin", "triage", "outside triage", "desk", "dpo"):
        assert code(world.as_(part).get("/v1/notices")) == (403, "not-permitted")
    assert code(world.as_("outside head").get(life.path("head"))) == (404, "not-found")
    history = life.read("manager", "history")["history"]
    assert "conflict.matched" not in [one["kind"] for one in history]


def test_a_report_that_goes_outside_anyway_is_not_told_twice(world: World) -> None:
    before = len(notices(world, "outside head"))
    world.life(unit="outside", concerns=["head_of_customs", "system_administrator"])
    world.pass_days(1)
    assert len(notices(world, "outside head")) == before


def test_coi_r10_the_committee_of_a_post_hears_of_a_month_late_when_a_report_is_about_it(
    world: World,
) -> None:
    start = world.clock.now
    world.life(concerns=["committee_member"], office="harbour")
    month = f"{start:%Y-%m}"
    world.clock.move(days=62)
    path = f"/v1/statistics/months/{month}"
    said(world.as_("statistician").post(f"{path}/publication"), 202)
    said(world.as_("head").post(f"{path}/publication/confirmation"), 200)
    assert code(world.as_("harbour.committee").get(path)) == (404, "not-found")
    # So few work at the airport that its figures are those of the office above it.
    assert said(world.as_("airport.committee").get(path))["place"]["code"] == "headquarters"
    world.clock.move(seconds=(start + timedelta(days=150) - world.clock.now).total_seconds())
    assert said(world.as_("harbour.committee").get(path))["place"]["code"] == "headquarters"
