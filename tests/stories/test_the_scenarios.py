"""What must come true for the people this is made for, told as they would tell it: arrivals, and the record.

The other scenarios lie in the modules beside this one, by what they are about.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from cases import verification
from cases.audit import memory
from cases.sealing import receipts
from tests.stories.test_bypass import INSIDE, nobody_reaches, queues
from tests.trail.hands_on import in_hands
from tests.world import code, said

if TYPE_CHECKING:
    from cases.audit.faults import Finding
    from tests.world import World

pytestmark = pytest.mark.one_database


def test_a_report_that_names_the_head_is_seen_by_nobody_of_the_unit_and_waits_outside(
    world: World,
) -> None:
    name = said(world.as_("head").get("/v1/me"))["display_name"]
    before = queues(world)

    report = world.report(
        body="The head of internal affairs told the officer who had written to you.",
        subjects=[{"name": name}],
        office="harbour",
    )
    life = world.life(report, unit="outside")

    nobody_reaches(world, life, INSIDE)
    assert queues(world) == before
    waiting = said(world.as_("outside triage").get("/v1/cases?state=received"))["items"]
    assert life.reference in {one["reference"] for one in waiting}
    # Whom it is about can ask for the receipt's answer no better than anybody else.
    assert report.enter().report()["status"] == "received"


def test_a_tablet_that_was_offline_for_days_and_sends_twice_makes_one_report(world: World) -> None:
    written_on = world.clock.now.date()
    own = receipts.new()
    sent = {
        "body": "At the checkpoint they keep the papers of whoever does not pay.",
        "channel": "mobile_offline",
        "stated_on": written_on.isoformat(),
        "receipt": own,
    }
    world.pass_over()
    world.pass_days(4)
    arrived_on = world.clock.now.date()
    assert arrived_on == written_on + timedelta(days=4)

    first = said(world.anybody().post("/v1/reports", sent), 201)
    again = said(world.anybody().post("/v1/reports", sent), 200)

    assert first["received_on"] == again["received_on"] == arrived_on.isoformat()
    assert {name: again[name] for name in again if name != "receipt"} == {
        name: first[name] for name in first if name != "receipt"
    }
    [reference] = world.pass_over()
    head = said(world.as_("triage").get(f"/v1/cases/{reference}/head"))
    assert head["received_on"] == arrived_on.isoformat()
    said(world.as_("triage").post(f"/v1/cases/{reference}/declaration", {"conflict": "none"}))
    [report] = said(world.as_("triage").get(f"/v1/cases/{reference}"))["reports"]
    assert report["received_on"] == arrived_on.isoformat()
    assert report["stated_on"] == written_on.isoformat()
    # Sent by somebody else's tablet under the same receipt, it is neither taken nor told apart.
    other = world.anybody().post("/v1/reports", sent | {"body": "Something else."})
    assert code(other) == (422, "idempotency-mismatch")
    assert world.pass_over() == set()


def test_a_row_of_the_trail_that_was_edited_is_named_and_so_is_what_was_signed(
    world: World,
) -> None:
    world.pass_over()
    world.life(office="harbour").acknowledged()
    world.sequencing.turn()
    assert faults(world) == []

    with in_hands(world) as hands:
        leaves, events = hands.table("audit_leaf"), hands.table("audit_event")
        row = hands.do(leaves.select().order_by(leaves.c.leaf_index.desc())).first()
        where = events.c.event_id == row.event_id
        size = hands.do(select(func.max(hands.table("audit_checkpoint").c.size))).scalar_one()
        leaf = hands.do(events.select().where(where)).one().leaf
        hands.do(events.update().where(where).values(leaf=leaf[:-1] + bytes([leaf[-1] ^ 1])))

    # The row, by its place; and that the tree is not the one which was signed that day.
    assert size == row.leaf_index + 1
    assert [(one.code, one.facts) for one in faults(world)] == [
        ("leaf_changed", {"index": row.leaf_index}),
        ("root_changed", {"size": size}),
        ("body_changed", {"index": row.leaf_index}),
    ]


def test_a_month_is_the_same_two_years_later_in_numbers_and_in_its_hash(world: World) -> None:
    month = f"{world.clock.now:%Y-%m}"
    for office in ("harbour", "harbour", "airport"):
        world.report(office=office, category="AUT-02")
    world.clock.move(days=45)
    path = f"/v1/statistics/months/{month}"
    said(world.as_("statistician").post(f"{path}/publication"), 202)
    said(world.as_("head").post(f"{path}/publication/confirmation"), 200)
    before = {part: world.as_(part).get(path) for part in ("national", "head")}

    world.clock.move(days=2 * 365)
    world.report(office="harbour", category="AUT-02")
    world.run_due()

    for part, then in before.items():
        now = world.as_(part).get(path)
        assert said(now)["rows"] == said(then)["rows"], part
        assert now.content == then.content
    for answer in (before["national"], world.as_("national").get(path)):
        assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'


def faults(world: World) -> list[Finding]:
    """What is wrong with the trail, by the check on the machine that has the signer's memory."""
    folder = world.settings.log_keys
    found = verification.verify(
        world.house,
        signed=memory.recall_of(folder, memory.key_of(folder)),
        verifiers=memory.verifiers_of(folder),
    )
    return [one for one in found if one.is_fault]
