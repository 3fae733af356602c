"""One system administrator, alone: nothing they can ask for opens a way to content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import func, select

from cases.models.people import Membership, Office, Staff, Unit
from cases.models.trail import AuditEvent
from tests.world import code, said

if TYPE_CHECKING:
    from tests.world import Member, World


@pytest.fixture(scope="module")
def admin(world: World) -> Member:
    """The one who is not honest."""
    return world.as_("admin")


def units(world: World) -> dict[str, str]:
    """Ids by code."""
    return {one["code"]: one["id"] for one in said(world.as_("admin").get("/v1/units"))["items"]}


def directory(world: World) -> dict[str, Any]:
    """Who is what, where reports go, and who serves whom."""
    with world.house.glance() as db:
        return {
            "seats": {(one.staff, one.unit, one.role) for one in db.exec(select(Membership))},
            "units": {
                (one.code, one.review_unit, one.protection_unit, one.custody_unit)
                for one in db.exec(select(Unit))
            },
            "offices": {(one.code, one.parent, one.unit) for one in db.exec(select(Office))},
            "status": {one.username: one.status for one in db.exec(select(Staff))},
            "keys": {one.username: one.pk for one in db.exec(select(Staff))},
        }


def events(world: World) -> int:
    """How many events there are."""
    with world.house.glance() as db:
        return db.exec(select(func.count()).select_from(AuditEvent)).one()


def waits(world: World, answer: Any) -> str:  # noqa: ANN401 -- an answer of the client's
    """The proposal that an answer speaks of; nothing has changed, and the trail knows of it."""
    proposal: str = said(answer, 202)["proposal"]
    listed = {one["id"] for one in said(world.as_("head").get("/v1/staff/proposals"))["items"]}
    assert proposal in listed
    return proposal


def test_an_administrator_alone_founds_no_unit_and_sends_nothing_there(
    world: World, admin: Member
) -> None:
    known = units(world)
    offices = {one["code"]: one["id"] for one in said(admin.get("/v1/offices"))["items"]}
    puppet = said(admin.post("/v1/staff", {"username": "p.puppet", "display_name": "P"}), 201)
    lead = world.id_of("lead")
    said(admin.patch(f"/v1/staff/{world.id_of('analyst')}", {"status": "disabled"}))
    before = directory(world)
    main, staff, puppets = f"/v1/units/{known['main']}", "/v1/staff", f"/v1/staff/{puppet['id']}"
    asked = [
        admin.post("/v1/units", {"code": "mine", "name": "Mine", "kind": "handling"}),
        admin.patch(main, {"review_unit": None}),
        admin.patch(main, {"custody_unit": None, "name": "Another"}),
        admin.patch(main, {"protection_unit": None}),
        admin.patch(f"/v1/offices/{offices['harbour']}", {"unit": known["outside"]}),
        admin.patch(f"/v1/offices/{offices['harbour']}", {"parent": offices["headquarters"]}),
        admin.post(
            "/v1/offices",
            {"code": "trap", "name": "Trap", "kind": "post", "unit": known["outside"]},
        ),
        *(
            admin.post(f"{puppets}/memberships", {"unit": unit, "role": role})
            for unit, role in (
                (known["main"], "triage_officer"),
                (known["outside"], "head_ia"),
                (known["review"], "review_officer"),
                (known["custody"], "identity_custodian"),
                (known["protection"], "protection_officer"),
                (known["main"], "system_admin"),
            )
        ),
        admin.post(f"{staff}/{lead}/enrolment"),
        admin.patch(f"{staff}/{world.id_of('analyst')}", {"status": "active"}),
    ]
    for answer in asked:
        proposal = waits(world, answer)
        own = admin.post(f"/v1/staff/proposals/{proposal}/confirmation")
        assert code(own) == (403, "same-person")
    assert directory(world) == before
    seats = [{"unit": known["main"], "role": "case_manager"}]
    body = {"username": "q.puppet", "display_name": "Q", "memberships": seats}
    invited = said(admin.post("/v1/staff", body), 201)
    assert len(invited["proposals"]) == 1
    assert directory(world)["seats"] == before["seats"]


def test_every_proposal_and_every_answer_is_in_the_trail(world: World, admin: Member) -> None:
    plan = {"code": "north", "name": "North", "kind": "handling"}
    made, before = admin.post("/v1/units", plan), events(world)
    path = f"/v1/staff/proposals/{waits(world, made)}"
    assert made.headers.get_list("X-Audit-Receipt")
    refused = world.as_("head").post(f"{path}/refusal")
    assert (refused.status_code, events(world)) == (204, before + 1)
    proposal = waits(world, admin.post("/v1/units", plan))
    before = events(world)
    said(world.as_("head").post(f"/v1/staff/proposals/{proposal}/confirmation"), 200)
    assert events(world) > before + 1


def test_nobody_who_does_not_administer_agrees(world: World, admin: Member) -> None:
    proposal = waits(
        world, admin.post("/v1/units", {"code": "south", "name": "S", "kind": "handling"})
    )
    for part in ("manager", "triage", "dpo", "auditor", "overseer"):
        path = f"/v1/staff/proposals/{proposal}/confirmation"
        assert code(world.as_(part).post(path)) == (403, "not-permitted")
