from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from cases import conflicts
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.models.case import Case, Wall
from tests.api.demo_house import DemoHouse
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.database import Work
    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def doors(lasting_backend: Backend) -> Iterator[DemoHouse]:
    made = DemoHouse.on(lasting_backend)
    yield made
    made.close()


def somebody(doors: DemoHouse, username: str, *roles: str) -> str:
    """An invited account; gives its id."""
    seats = [{"unit": doors.unit("main"), "role": role} for role in roles]
    answer = doors.as_("system_admin").post(
        "/v1/staff", json={"username": username, "display_name": "A", "memberships": seats}
    )
    assert answer.status_code == 201, answer.text
    for proposal in answer.json()["proposals"]:
        agree(doors, proposal)
    return str(answer.json()["id"])


# Any: JSON.
def agree(doors: DemoHouse, proposal: str, by: str = "head_ia") -> dict[str, Any]:
    """Confirm as the second person."""
    answer = doors.as_(by).post(f"/v1/staff/proposals/{proposal}/confirmation")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# Any: an answer of the client's own kind.
def waits(answer: Any) -> str:  # noqa: ANN401
    """The id of what waits for a second person."""
    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"proposal", "expires_on"}
    return str(answer.json()["proposal"])


def test_staff_units_and_offices_are_listed_page_by_page(doors: DemoHouse) -> None:
    client = doors.as_("system_admin")
    for path, key in (("/v1/staff", "username"), ("/v1/units", "code"), ("/v1/offices", "code")):
        seen, cursor = [], None
        while True:
            query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
            page = client.get(path, params=query).json()
            seen += [item[key] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == sorted(seen)
        assert len(set(seen)) == len(seen) >= 4
    assert {person.username for person in doors.cast.staff} <= {
        one["username"] for one in doors.listed("/v1/staff")
    }


def test_a_cursor_of_another_list_is_refused(doors: DemoHouse) -> None:
    client = doors.as_("system_admin")
    cursor = client.get("/v1/units", params={"limit": 1}).json()["next"]
    assert client.get("/v1/offices", params={"cursor": cursor}).status_code == 422


def test_colleagues_find_each_other_without_numbers_and_offices(doors: DemoHouse) -> None:
    admin = doors.as_("system_admin").get("/v1/staff").json()["items"]
    manager = doors.as_("case_manager").get("/v1/staff").json()["items"]
    assert any(one["staff_number"] and one["office"] for one in admin)
    assert not any(one["staff_number"] or one["office"] for one in manager)
    assert doors.as_("analyst").get("/v1/staff").status_code == 403
    staff = manager[0]["id"]
    assert doors.as_("case_manager").get(f"/v1/staff/{staff}").json() == manager[0]


@pytest.mark.parametrize("role", ["head_ia", "case_manager", "dpo", "statistics_officer"])
def test_only_system_administrators_make_accounts(doors: DemoHouse, role: str) -> None:
    body = {"username": "x.y", "display_name": "X"}
    assert doors.as_(role).post("/v1/staff", json=body).status_code == 403
    assert (
        doors.as_(role)
        .post("/v1/units", json={"code": "u", "name": "U", "kind": "handling"})
        .status_code
        == 403
    )
    assert (
        doors.as_(role)
        .post("/v1/offices", json={"code": "o", "name": "O", "kind": "post"})
        .status_code
        == 403
    )


def test_an_account_is_changed_closed_and_opened(doors: DemoHouse) -> None:
    client = doors.as_("system_admin")
    staff = somebody(doors, "changing", "dpo")
    offices = {one["code"]: one["id"] for one in doors.listed("/v1/offices")}
    changed = client.patch(
        f"/v1/staff/{staff}",
        json={"display_name": "B", "staff_number": "Z-9", "office": offices["harbour"]},
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["display_name"] == "B"
    assert changed.json()["office"] == offices["harbour"]
    cleared = client.patch(f"/v1/staff/{staff}", json={"display_name": None, "office": None})
    assert (cleared.json()["display_name"], cleared.json()["office"]) == ("B", None)
    closed = client.patch(f"/v1/staff/{staff}", json={"status": "disabled"})
    assert closed.json()["status"] == "disabled"
    opened = client.patch(f"/v1/staff/{staff}", json={"status": "active"})
    assert opened.json()["errors"] == [{"pointer": "/staff", "code": "not_enrolled"}]
    code = agree(doors, waits(client.post(f"/v1/staff/{staff}/enrolment")))
    assert len(code["enrolment_code"].split()) == 8


def test_a_closed_account_is_opened_by_two(doors: DemoHouse) -> None:
    client = doors.as_("system_admin")
    path = f"/v1/staff/{doors.staff(doors.cast.person('analyst').username)}"
    assert client.patch(path, json={"status": "disabled"}).status_code == 200
    proposal = waits(client.patch(path, json={"status": "active"}))
    assert client.get(path).json()["status"] == "disabled"
    assert agree(doors, proposal) == {"enrolment_code": None}
    assert client.get(path).json()["status"] == "active"


def test_a_second_pair_of_eyes_makes_an_administrator(doors: DemoHouse) -> None:
    client, second = doors.as_("system_admin"), doors.as_("system_admin", nth=1)
    staff = somebody(doors, "third.admin")
    wish = {"unit": doors.unit("main"), "role": "system_admin"}
    proposal = waits(client.post(f"/v1/staff/{staff}/memberships", json=wish))
    assert client.post(f"/v1/staff/proposals/{proposal}/confirmation").status_code == 403
    for who, mine in ((client, True), (second, False)):
        [one] = who.get("/v1/staff/proposals").json()["items"]
        assert (one["id"], one["action"], one["subject"]) == (proposal, "give_role", staff)
        assert (one["fields"], one["mine"]) == ({**wish, "office": None}, mine)
    assert second.post(f"/v1/staff/proposals/{proposal}/confirmation").status_code == 200
    assert second.post(f"/v1/staff/proposals/{proposal}/refusal").status_code == 404
    roles = [seat["role"] for seat in client.get(f"/v1/staff/{staff}").json()["memberships"]]
    assert roles == ["system_admin"]


def test_a_role_is_given_by_two_and_taken_by_one(doors: DemoHouse) -> None:
    client, main = doors.as_("system_admin"), doors.unit("main")
    staff = somebody(doors, "seated")
    wish = {"unit": main, "role": "dpo"}
    given = waits(client.post(f"/v1/staff/{staff}/memberships", json=wish))
    twice = client.post(f"/v1/staff/{staff}/memberships", json=wish)
    assert (twice.status_code, twice.json()["code"]) == (409, "already-proposed")
    agree(doors, given)
    assert client.post(f"/v1/staff/{staff}/memberships", json=wish).status_code == 422
    assert client.delete(f"/v1/staff/{staff}/memberships/{main}/dpo").status_code == 204
    assert client.delete(f"/v1/staff/{staff}/memberships/{main}/dpo").status_code == 404
    me = client.get("/v1/me").json()["id"]
    own = client.post(f"/v1/staff/{me}/memberships", json={"unit": main, "role": "head_ia"})
    assert (own.status_code, own.json()["code"]) == (403, "same-person")


def test_a_unit_is_created_without_a_key_and_changed(doors: DemoHouse) -> None:
    client = doors.as_("system_admin")
    body = {"code": "second", "name": "Second", "kind": "handling"}
    proposal = waits(client.post("/v1/units", json=body))
    assert "second" not in {one["code"] for one in doors.listed("/v1/units")}
    agree(doors, proposal)
    made = next(one for one in doors.listed("/v1/units") if one["code"] == "second")
    assert (made["open"], made["fingerprint"]) == (False, None)
    assert client.post("/v1/units", json=body).status_code == 422
    path = f"/v1/units/{made['id']}"
    serving = {"review_unit": doors.unit("review"), "name": None}
    proposal = waits(client.patch(path, json=serving))
    assert client.patch(path, json={"name": "The second"}).json()["name"] == "The second"
    agree(doors, proposal)
    made = next(one for one in doors.listed("/v1/units") if one["code"] == "second")
    assert (made["review_unit"], made["name"]) == (doors.unit("review"), "The second")
    # What it already is needs nobody's consent.
    assert client.patch(path, json=serving).status_code == 200
    assert client.get(f"{path}/members").json() == {"items": [], "next": None}


def test_an_office_is_created_and_moved(doors: DemoHouse) -> None:
    client = doors.as_("system_admin")
    offices = {one["code"]: one["id"] for one in doors.listed("/v1/offices")}
    body = {"code": "hill", "name": "Hill", "kind": "post", "parent": offices["coast"]}
    made = client.post("/v1/offices", json=body)
    assert made.status_code == 201, made.text
    path = f"/v1/offices/{made.json()['id']}"
    assert client.patch(path, json={"staff_count": 12}).json()["staff_count"] == 12
    moved = waits(client.patch(path, json={"parent": offices["headquarters"], "staff_count": 13}))
    assert client.patch(path, json={"name": "The hill"}).json()["parent"] == offices["coast"]
    agree(doors, moved)
    now = next(one for one in doors.listed("/v1/offices") if one["code"] == "hill")
    assert (now["parent"], now["staff_count"]) == (offices["headquarters"], 13)
    led = {"code": "dale", "name": "Dale", "kind": "post", "unit": doors.unit("outside")}
    agree(doors, waits(client.post("/v1/offices", json=led)))
    now = next(one for one in doors.listed("/v1/offices") if one["code"] == "dale")
    assert now["unit"] == doors.unit("outside")


def test_the_circle_is_kept_by_those_in_it(doors: DemoHouse) -> None:
    main = doors.unit("main")
    cheikh = doors.cast.person("case_manager", nth=1).username
    staff = doors.staff(cheikh)
    path = f"/v1/units/{main}/members/{staff}"
    for role in ("system_admin", "intake_officer"):
        assert doors.as_(role).delete(path).status_code == 403
        assert doors.as_(role).post(path).status_code == 403
    # In another circle, but not in this one: the same answer as for a unit that does not exist.
    assert doors.as_("head_ia", "outside").post(path).status_code == 404
    assert doors.as_("head_ia").delete(path).status_code == 204
    assert doors.as_("head_ia").delete(path).status_code == 404
    assert doors.as_("head_ia").post(path).status_code == 201
    members = doors.as_("head_ia").get(f"/v1/units/{main}/members").json()["items"]
    mine = [one for one in members if one["staff"] == staff]
    assert [one["holds_key"] for one in mine] == [True]


def test_what_does_not_exist_is_not_found(doors: DemoHouse) -> None:
    client, nowhere = doors.as_("system_admin"), uuid4()
    for method, path in (
        ("GET", f"/v1/staff/{nowhere}"),
        ("PATCH", f"/v1/staff/{nowhere}"),
        ("POST", f"/v1/staff/{nowhere}/enrolment"),
        ("PATCH", f"/v1/units/{nowhere}"),
        ("GET", f"/v1/units/{nowhere}/members"),
        ("PATCH", f"/v1/offices/{nowhere}"),
        ("POST", f"/v1/staff/proposals/{nowhere}/confirmation"),
    ):
        change = {"display_name" if "staff" in path else "name": "x"}
        answer = client.request(method, path, json=change if method == "PATCH" else None)
        assert answer.status_code == 404, path


def test_who_is_named_in_a_case_and_joins_later_is_walled_from_it(doors: DemoHouse) -> None:
    main = UUID(doors.unit("main"))
    with doors.house.unit_of_work() as db:
        case = a_case_about(db, main, "Bruno Late")
    body = {"username": "bruno.late", "display_name": "LATE bruno", "memberships": []}
    made = doors.as_("system_admin").post("/v1/staff", json=body)
    assert made.status_code == 201, made.text
    with doors.house.glance() as db:
        tag = conflicts.wall_tag(doors.house.keyring, case, UUID(made.json()["id"]))
        assert db.get(Wall, (case, tag)) is not None


def told(answer: Any) -> tuple[object, ...]:  # noqa: ANN401 -- an answer of the client's own kind
    """All that shows in an answer: status, names of fields and headers, and how many receipts."""
    receipts = answer.headers.get_list("X-Audit-Receipt")
    names = sorted(name for name in answer.headers if name != "x-audit-receipt")
    return answer.status_code, tuple(sorted(answer.json())), tuple(names), len(receipts)


def test_an_answer_does_not_tell_whether_a_name_is_in_a_case(doors: DemoHouse) -> None:
    client, main = doors.as_("system_admin"), UUID(doors.unit("main"))
    with doors.house.unit_of_work() as db:
        case = a_case_about(db, main, "Wanda Named", "CASE-NAME")
    invited, renamed, staff = [], [], ""
    for nth, name in enumerate(("Wanda Named", "Nobody Anywhere", "named WANDA")):
        body = {"username": f"guess.{nth}", "display_name": name}
        made = client.post("/v1/staff", json=body)
        invited.append(told(made))
        change = {"display_name": f"Guess {nth}"}
        staff = made.json()["id"]
        path = f"/v1/staff/{staff}"
        renamed.append(told(client.patch(path, json=change)))
        renamed.append(told(client.patch(path, json={"display_name": name})))
    assert len(set(invited)) == len(set(renamed)) == 1
    with doors.house.glance() as db:
        tag = conflicts.wall_tag(doors.house.keyring, case, UUID(staff))
        assert db.get(Wall, (case, tag)) is not None


def a_case_about(db: Work, unit: UUID, name: str, reference: str = "AAAA-0000") -> UUID:
    """A case in whose record somebody was named, without what reading it would take."""
    today = db.house.today()
    case = Case(
        reference=reference,
        unit=unit,
        workflow="complaint",
        workflow_version=1,
        state="triage",
        entered_on=today,
        commitment=bytes(32),
        received_on=today,
        updated_on=today,
        acknowledge_by=today,
        feedback_by=today,
    )
    db.add(case)
    subject = conflicts.Subject(name=name, role="subject", staff_number=None)
    db.add_all(conflicts.match_rows(db.house.keyring, case.id, [subject]))
    log.emit(db, "case.submitted", by=THE_SERVICE, case=case)
    return case.id


def test_staff_check_the_calendar_and_two_people_change_it(doors: DemoHouse) -> None:
    before = doors.as_("triage_officer").get("/v1/calendar", params={"year": 2026}).json()
    assert (before["country"], before["working_days"]) == ("XA", 261)
    days = {"closed": ["2026-12-24", "2026-12-31"], "opened": ["2026-12-26"]}
    refused = doors.as_("triage_officer").put("/v1/calendar", json=days)
    assert refused.status_code == 403
    both = doors.as_("system_admin").put(
        "/v1/calendar", json={"closed": ["2026-12-24"], "opened": ["2026-12-24"]}
    )
    assert both.status_code == 422
    waiting = waits(doors.as_("system_admin").put("/v1/calendar", json=days))
    assert doors.as_("system_admin").put("/v1/calendar", json=days).status_code == 409
    agree(doors, waiting)
    after = doors.as_("intake_officer").get("/v1/calendar", params={"year": 2026}).json()
    assert after["closed"] == days["closed"]
    assert after["opened"] == days["opened"]
    assert after["working_days"] == 260
    other = doors.as_("intake_officer").get("/v1/calendar", params={"year": 2027}).json()
    assert (other["closed"], other["working_days"]) == ([], 261)
    assert doors.as_("intake_officer").get("/v1/calendar", params={"year": 1}).status_code == 422


def test_staff_see_what_was_agreed_with_authorities_and_two_people_change_it(
    doors: DemoHouse,
) -> None:
    path = "/v1/referral-bodies"
    listed = doors.as_("intake_officer").get(path).json()["items"]
    assert {one["code"] for one in listed} == set(catalogue.code_list("referral_bodies").by_code)
    [court] = [one for one in listed if one["code"] == "prosecutor"]
    assert (court["names"]["fr"], court["terms"]) == ("Ministère public", None)
    assert (court["may_learn_identity"], court["silent_about"]) == (True, [])
    terms = {"agreement": "Protocol 12", "channel": "by hand", "accepts_anonymous": False}
    there = f"{path}/prosecutor"
    assert doors.as_("triage_officer").put(there, json=terms).status_code == 403
    admin = doors.as_("system_admin")
    assert admin.put(f"{path}/nobody", json=terms).status_code == 404
    assert admin.put(there, json={"agreement": ""} | terms | {"body": "x"}).status_code == 422
    agree(doors, waits(admin.put(there, json=terms)))
    [court] = [
        one
        for one in doors.as_("intake_officer").get(path).json()["items"]
        if one["code"] == "prosecutor"
    ]
    nothing = {"legal_basis": None, "public_key": None, "contact_role": None}
    assert court["terms"] == terms | nothing
