"""The door through which reports come in."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import func, select

from api.locales import LANGUAGES
from cases import conflicts
from cases.intake.submission import SUBJECTS
from cases.models.case import Case, Report
from cases.sealing import receipts
from cases.staff.readiness import OUTSIDE_ROLES
from tests.api.reporters import Doors
from tests.api.small import MARKER, problem
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def doors(lasting_backend: Backend) -> Iterator[Doors]:
    made = Doors(lasting_backend)
    yield made
    made.close()


def reports(doors: Doors) -> int:
    with doors.small.look() as db:
        return db.exec(select(func.count()).select_from(Report)).one()


def test_a_body_alone_is_answered_with_a_receipt_and_promises(doors: Doors) -> None:
    answer = doors.send()
    assert answer.status_code == 201
    told = answer.json()
    assert receipts.normalise(told["receipt"])
    assert told["received_on"] == "2026-03-02"
    assert told["acknowledge_by"] == "2026-03-09"
    assert told["feedback_by"] == "2026-06-09"
    assert told["status"] == "received"
    assert answer.headers["cache-control"] == "no-store"
    assert "x-audit-receipt" not in answer.headers
    with doors.small.look() as db:
        references = db.exec(select(Case.reference)).all()
    assert not any(reference in answer.text for reference in references)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_can_be_reported_is_told_in_the_language_asked_for(
    doors: Doors, language: str
) -> None:
    answer = doors.client.get("/v1/intake", headers={"Accept-Language": language})
    offer = answer.json()
    assert answer.status_code == 200
    assert offer["language"] == language
    assert {one["code"] for one in offer["channels"]} == {"web", "onion", "mobile_offline"}
    assert [one["code"] for one in offer["offices"]] == ["HQ", "PORT"]
    assert offer["offices"][1]["parent"] == "HQ"
    assert offer["receipt"] == {"digits": 20, "group_digits": 4, "check_digit": "damm"}
    lists = ("types", "categories", "procedures", "places", "relations", "genders", "concerns")
    assert all(entry["label"] for name in lists for entry in offer[name])


def test_no_names_are_offered_while_the_body_outside_is_not_complete(doors: Doors) -> None:
    whole = {one.code for one in catalogue.code_list("concerns").entries}
    offer = doors.client.get("/v1/intake").json()
    assert offer["limits"]["subjects"] == 0
    assert {one["code"] for one in offer["concerns"]} == whole - conflicts.AROUND
    named = doors.send(subjects=[{"name": "Nobody Known"}])
    assert (named.status_code, named.json()["code"]) == (503, "not-open-yet")
    doors.small.person(*OUTSIDE_ROLES, unit="outside")
    offer = doors.client.get("/v1/intake").json()
    assert offer["limits"]["subjects"] == SUBJECTS
    assert {one["code"] for one in offer["concerns"]} == whole
    assert doors.send(subjects=[{"name": "Nobody Known"}]).status_code == 201


def test_everything_that_is_offered_is_taken(doors: Doors) -> None:
    offer = doors.client.get("/v1/intake").json()
    for name, field in (
        ("types", "type"),
        ("categories", "category"),
        ("procedures", "procedure"),
        ("relations", "relation"),
        ("genders", "gender"),
        ("offices", "office"),
        ("channels", "channel"),
    ):
        assert doors.send(**{field: offer[name][-1]["code"]}).status_code == 201, field


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed-request"),
        (b'{"body": "\xff"}', 400, "malformed-request"),
        (b"[]", 422, "invalid-input"),
        (b"{}", 422, "invalid-input"),
        (b'{"body": 5}', 422, "invalid-input"),
        (b'{"body": null}', 422, "invalid-input"),
        (b'{"body": " "}', 422, "invalid-input"),
        (b'{"body": "\\ud800"}', 422, "invalid-input"),
        (b'{"body": "a\\u0000b"}', 422, "invalid-input"),
        (b'{"body": "x", "Zimbelstern47": 1}', 422, "invalid-input"),
        (b'{"body": "x", "category": "Zimbelstern47"}', 422, "invalid-input"),
        (b'{"body": "x", "concerns": ["Zimbelstern47"]}', 422, "invalid-input"),
        (b'{"body": "x", "danger": "yes"}', 422, "invalid-input"),
        (b'{"body": "x", "occurred_from": 5}', 422, "invalid-input"),
        (b'{"body": "x", "occurred_from": "Zimbelstern47"}', 422, "invalid-input"),
        (b'{"body": "x", "subjects": [{"Zimbelstern47": 1}]}', 422, "invalid-input"),
        (b'{"body": "x", "receipt": "1234"}', 400, "receipt-malformed"),
        (b'{"body": "x", "receipt": "12345678901234567890"}', 400, "receipt-malformed"),
    ],
)
def test_what_cannot_be_taken_is_a_problem_and_keeps_nothing(
    doors: Doors, body: bytes, status: int, code: str
) -> None:
    before = reports(doors)
    answer = doors.client.post(
        "/v1/reports", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, problem(answer)["code"]) == (status, code)
    assert reports(doors) == before


def test_a_text_that_is_too_long_names_the_field(doors: Doors) -> None:
    answer = doors.send(body=MARKER * 6_000)
    assert problem(answer)["errors"] == [{"pointer": "/body", "code": "too_long"}]
    huge = doors.client.post(
        "/v1/reports",
        content=b'{"body": "' + b"x" * 2_000_000 + b'"}',
        headers={"Content-Type": "application/json"},
    )
    assert problem(huge)["code"] == "too-large"


def test_a_body_that_is_no_json_is_refused(doors: Doors) -> None:
    answer = doors.client.post("/v1/reports", content=b"x", headers={"Content-Type": "text/plain"})
    assert problem(answer)["code"] == "unsupported-media"


def test_the_same_key_makes_one_report_and_shows_the_receipt_once(doors: Doors) -> None:
    before = reports(doors)
    key = {"Idempotency-Key": secrets.token_urlsafe(24)}
    first = doors.client.post("/v1/reports", json={"body": "x", "type": "threat"}, headers=key)
    again = doors.client.post("/v1/reports", json={"type": "threat", "body": "x"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "receipt": None}
    other = doors.client.post("/v1/reports", json={"body": "y"}, headers=key)
    assert (other.status_code, problem(other)["code"]) == (422, "idempotency-mismatch")
    assert reports(doors) == before + 1


def test_a_key_that_strangers_could_share_is_refused(doors: Doors) -> None:
    answer = doors.client.post("/v1/reports", json={"body": "x"}, headers={"Idempotency-Key": "1"})
    assert problem(answer)["code"] == "idempotency-key-malformed"


def test_the_same_request_at_once_makes_one_report(doors: Doors) -> None:
    before = reports(doors)
    key = {"Idempotency-Key": secrets.token_urlsafe(24)}

    def send(_: int) -> int:
        worker = doors.another_worker()
        return worker.post("/v1/reports", json={"body": "x"}, headers=key).status_code

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(send, range(3))) == [200, 200, 201]
    assert reports(doors) == before + 1


def test_a_receipt_of_ones_own_can_be_sent_twice_in_any_writing(doors: Doors) -> None:
    before = reports(doors)
    own = receipts.new()
    first = doors.send(receipt=own)
    again = doors.send(receipt=receipts.grouped(own).replace(" ", "-"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["receipt"] == receipts.grouped(own)
    other = doors.send(receipt=own, body="another")
    assert problem(other)["code"] == "idempotency-mismatch"
    assert reports(doors) == before + 1


# The desk


def at_desk(doors: Doors, role: str = "intake_officer", **body: object) -> Any:  # noqa: ANN401
    token = doors.small.token(doors.small.person(role))
    told = {"body": "told", "channel": "phone", "stated_on": "2026-03-01", "consent": True, **body}
    return doors.client.post("/v1/cases", json=told, headers={"Authorization": f"Bearer {token}"})


def test_a_desk_gets_a_receipt_to_hand_over_and_no_reference(doors: Doors) -> None:
    answer = at_desk(doors)
    assert answer.status_code == 201, answer.text
    with doors.small.look() as db:
        references = db.exec(select(Case.reference)).all()
    assert not any(reference in answer.text for reference in references)
    opened = doors.client.post(
        "/v1/reporter/session", json={"receipt": answer.json()["receipt"]}
    ).json()
    assert opened["must"] == ["renew_receipt"]


@pytest.mark.parametrize("role", ["case_manager", "triage_officer", "head_ia", "system_admin"])
def test_only_a_desk_writes_down_for_somebody(doors: Doors, role: str) -> None:
    assert problem(at_desk(doors, role))["code"] == "not-permitted"


def test_nobody_writes_down_for_somebody_without_signing_in(doors: Doors) -> None:
    told = {"body": "told", "channel": "phone", "stated_on": "2026-03-01", "consent": True}
    assert problem(doors.client.post("/v1/cases", json=told))["code"] == "not-signed-in"


def test_a_desk_says_how_and_when_it_was_told(doors: Doors) -> None:
    assert problem(at_desk(doors, channel="web"))["errors"] == [
        {"pointer": "/channel", "code": "unknown_value"}
    ]
    assert problem(at_desk(doors, stated_on="2026-03-03"))["errors"] == [
        {"pointer": "/stated_on", "code": "out_of_range"}
    ]


def test_two_desks_do_not_share_keys(doors: Doors) -> None:
    key = secrets.token_urlsafe(24)
    told = {"body": "told", "channel": "phone", "stated_on": "2026-03-01", "consent": True}
    codes = []
    for person in (doors.small.person("intake_officer") for _ in range(2)):
        headers = {
            "Authorization": f"Bearer {doors.small.token(person)}",
            "Idempotency-Key": key,
        }
        codes += [
            doors.client.post("/v1/cases", json=told, headers=headers).status_code for _ in range(2)
        ]
    assert codes == [201, 200, 201, 200]
