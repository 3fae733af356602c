from __future__ import annotations

import base64
import statistics
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api import limits
from cases.staff import secondfactor
from tests.api.demo_house import DemoHouse
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend

pytestmark = pytest.mark.one_database

NEW = "a new one of five words"


@pytest.fixture(scope="module")
def doors(lasting_backend: Backend) -> Iterator[DemoHouse]:
    made = DemoHouse.on(lasting_backend)
    yield made
    made.close()


def invite(doors: DemoHouse, username: str, role: str = "case_manager") -> dict[str, str]:
    answer = doors.as_("system_admin").post(
        "/v1/staff",
        json={
            "username": username,
            "display_name": username.title(),
            "memberships": [{"unit": doors.unit("main"), "role": role}],
        },
    )
    assert answer.status_code == 201, answer.text
    for proposal in answer.json()["proposals"]:
        path = f"/v1/staff/proposals/{proposal}/confirmation"
        assert doors.as_("head_ia").post(path).status_code == 200
    return dict(answer.json())


def enrol(
    doors: DemoHouse, username: str, password: str, role: str = "case_manager"
) -> dict[str, Any]:
    code = invite(doors, username, role)["enrolment_code"]
    body = {"username": username, "code": code, "password": password}
    answer = doors.client.post("/v1/session/enrolment", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_everybody_of_the_demo_can_sign_in(doors: DemoHouse) -> None:
    for person in doors.cast.staff[:6]:
        answer = doors.sign_in(person.username, person.password)
        assert answer.status_code == 201
        assert answer.json()["must"] == ["second_factor"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_me_says_who_one_is_and_what_one_may(doors: DemoHouse) -> None:
    me = doors.as_("case_manager").get("/v1/me").json()
    person = doors.cast.person("case_manager")
    assert me["username"] == person.username
    assert me["roles"] == ["case_manager"]
    assert me["units"] == ["main"]
    assert me["memberships"][0]["holds_key"] is True
    assert {"see_queue", "handle", "figures"} <= set(me["permissions"])
    assert not {"manage_staff", "timer"} & set(me["permissions"])
    assert set(me["permissions"]) <= set(catalogue.permissions().acts)
    assert "password" not in str(me)


def test_every_failure_has_the_same_answer_and_takes_its_time(doors: DemoHouse) -> None:
    known = doors.cast.person("case_manager")
    answers, times = [], []
    for username, password in (
        (known.username, "wrong"),
        ("nobody", known.password),
        ("nobody at all", "x"),
        (known.username, "ABCD " * 8),
    ):
        began = time.perf_counter()
        answers.append(doors.sign_in(username, password))
        times.append(time.perf_counter() - began)
    assert {(one.status_code, one.content) for one in answers} == {(401, answers[0].content)}
    assert answers[0].json()["type"] == "/problems/sign-in-failed"
    assert min(times) >= limits.FAILURE_SECONDS


def test_an_unknown_name_takes_as_long_as_a_wrong_password(doors: DemoHouse) -> None:
    def took(username: str) -> float:
        began = time.perf_counter()
        assert doors.sign_in(username, "wrong").status_code == 401
        return time.perf_counter() - began

    known = doors.cast.person("case_manager").username
    pairs = [(took("nobody"), took(known)) for _ in range(5)]
    unknown, wrong = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert 0.5 < unknown / wrong < 2


def test_signing_out_ends_the_session(doors: DemoHouse) -> None:
    person = doors.cast.person("analyst")
    token = doors.sign_in(person.username, person.password).json()["token"]
    client = doors.with_token(token)
    answer = client.delete("/v1/session")
    assert answer.status_code == 204
    assert answer.headers["X-Audit-Receipt"]
    assert client.get("/v1/me").status_code == 401
    assert client.delete("/v1/session").status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp4", "Bearer " + "A" * 43])
def test_without_a_session_there_is_no_me(doors: DemoHouse, header: str) -> None:
    answer = doors.client.get("/v1/me", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not-signed-in"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_newcomer_enrols_waits_and_is_let_in(doors: DemoHouse) -> None:
    enrolled = enrol(doors, "newcomer", NEW)
    assert enrolled["must"] == ["unit_key"]
    first = doors.sign_in("newcomer", NEW).json()
    assert "unit_key" in first["must"]
    answer = doors.as_("head_ia").post(
        f"/v1/units/{doors.unit('main')}/members/{doors.staff('newcomer')}"
    )
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"fingerprint": enrolled["fingerprint"]}
    assert "unit_key" not in doors.sign_in("newcomer", NEW).json()["must"]
    me = doors.with_token(first["token"]).get("/v1/me").json()
    assert me["must"] == ["second_factor"]
    assert me["fingerprint"] == enrolled["fingerprint"]


def test_an_enrolment_with_a_weak_password_leaves_the_code_good(doors: DemoHouse) -> None:
    code = invite(doors, "weakling")["enrolment_code"]
    body = {"username": "weakling", "code": code, "password": "short"}
    answer = doors.client.post("/v1/session/enrolment", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak-password")
    wrong = doors.client.post(
        "/v1/session/enrolment", json={**body, "code": "AAAA " * 8, "password": NEW}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign-in-failed")
    good = doors.client.post("/v1/session/enrolment", json={**body, "password": NEW})
    assert good.status_code == 201


def test_a_password_is_changed_and_the_other_session_ends(doors: DemoHouse) -> None:
    enrol(doors, "changer", NEW)
    other, mine = (
        doors.with_token(doors.sign_in("changer", NEW).json()["token"]) for _ in range(2)
    )
    newer = "another of these five words"
    wrong = mine.post("/v1/me/password", json={"password": "no", "new_password": newer})
    assert wrong.status_code == 401
    weak = mine.post("/v1/me/password", json={"password": NEW, "new_password": "short"})
    assert weak.status_code == 422
    changed = mine.post("/v1/me/password", json={"password": NEW, "new_password": newer})
    assert changed.json() == {"recovery_code": None}
    assert mine.get("/v1/me").status_code == 200
    assert other.get("/v1/me").status_code == 401
    assert doors.sign_in("changer", NEW).status_code == 401
    assert doors.sign_in("changer", newer).status_code == 201


def test_a_lost_password_is_replaced_with_the_printed_code(doors: DemoHouse) -> None:
    printed = enrol(doors, "forgetful", NEW)["recovery_code"]
    begun = doors.sign_in("forgetful", printed).json()
    assert "new_password" in begun["must"]
    client = doors.with_token(begun["token"])
    newer = "another of these five words"
    changed = client.post(
        "/v1/me/password", json={"password": printed, "new_password": newer}
    ).json()
    assert changed["recovery_code"] != printed
    assert doors.sign_in("forgetful", printed).status_code == 401
    renewed = client.post("/v1/me/recovery-code", json={"password": newer})
    assert renewed.status_code == 201
    assert doors.sign_in("forgetful", changed["recovery_code"]).status_code == 401
    assert doors.sign_in("forgetful", renewed.json()["recovery_code"]).status_code == 201


def test_a_second_factor_is_set_up_used_and_taken_away(doors: DemoHouse) -> None:
    enrol(doors, "careful", NEW)
    client = doors.with_token(doors.sign_in("careful", NEW).json()["token"])
    uri = client.post("/v1/me/second-factor").json()["uri"]
    secret = base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])

    def code(steps: int) -> str:
        return secondfactor.digits(secret, int(time.time()) // secondfactor.STEP_SECONDS + steps)

    wrong = client.post("/v1/me/second-factor/confirmation", json={"code": "x"})
    assert wrong.status_code == 401
    right = client.post("/v1/me/second-factor/confirmation", json={"code": code(-1)})
    assert right.status_code == 204
    assert doors.sign_in("careful", NEW).status_code == 401
    assert doors.sign_in("careful", NEW, code=code(0)).status_code == 201
    removed = client.post("/v1/me/second-factor/removal", json={"code": code(1)})
    assert removed.status_code == 204
    assert doors.sign_in("careful", NEW).status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"username": "x"}, "/password"),
        ({"username": "x", "password": ""}, "/password"),
        ({"username": "x" * 101, "password": "x"}, "/username"),
        ({"username": "x", "password": "x" * 1001}, "/password"),
        ({"username": "x", "password": "x", "code": "1" * 21}, "/code"),
        ({"username": "x", "password": "x", "remember": True}, "/remember"),
        ({"username": ["x"], "password": "x"}, "/username"),
    ],
)
def test_what_cannot_be_credentials_is_refused_without_an_echo(
    doors: DemoHouse, body: dict[str, object], pointer: str
) -> None:
    answer = doors.client.post("/v1/session", json=body)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 1
    if pointer != "/remember":  # a name nobody declared is not repeated
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert "xxxx" not in answer.text


def test_half_a_character_is_no_name_and_no_crash(doors: DemoHouse) -> None:
    answer = doors.client.post(
        "/v1/session",
        content=b'{"username": "\\ud800", "password": "\\udfff"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {401, 422}


def test_a_body_over_the_limit_never_reaches_argon2(doors: DemoHouse) -> None:
    answer = doors.client.post("/v1/session", json={"username": "x", "password": "x" * 5000})
    assert answer.status_code == 413
