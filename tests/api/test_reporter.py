"""Coming back with a receipt, as a client sees it."""

from __future__ import annotations

import hashlib
import statistics
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlmodel import select

from api.locales import LANGUAGES
from cases import messages, naming
from cases.models.case import Attachment, Case, Delivery, Record, Report, ReportReturn
from cases.sealing import receipts
from cases.sealing.hierarchy import StaffKeys
from tests.api.reporters import Doors, break_off, put
from tests.api.small import MARKER, problem
from tests.inprocess import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Backend


pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def doors(lasting_backend: Backend) -> Iterator[Doors]:
    made = Doors(lasting_backend, files_per_report=3, attachment_limit_bytes=2_000_000)
    yield made
    made.close()


def the_case(doors: Doors, client: Client) -> tuple[Case, Report]:
    """The case behind a session."""
    from cases import intake  # noqa: PLC0415

    token = client.headers["Authorization"].removeprefix("Bearer ")
    with doors.small.look() as db:
        report = db.get_one(Report, intake.visit(db, token).report_id)
        return db.get_one(Case, report.case_id), report


def own(client: Client, **headers: str) -> Any:  # noqa: ANN401
    return client.get("/v1/reporter/report", headers=headers).json()


# Signing in


def test_digits_of_any_script_with_spaces_and_dashes_open_it(doors: Doors) -> None:
    receipt = doors.receipt()
    arabic = receipt.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")).replace(" ", " - ")
    assert own(doors.enter(arabic))["status"] == "received"


def test_a_wrong_check_digit_is_told_before_any_look_up(doors: Doors) -> None:
    receipt = doors.receipt()
    wrong = receipt[:-1] + str((int(receipt[-1]) + 1) % 10)
    answer = doors.client.post("/v1/reporter/session", json={"receipt": wrong})
    assert (answer.status_code, problem(answer)["code"]) == (400, "receipt-malformed")


def test_failed_sign_ins_are_one_answer_and_take_their_time(doors: Doors) -> None:
    bodies, times = [], []
    for _ in range(3):
        began = time.perf_counter()
        answer = doors.client.post("/v1/reporter/session", json={"receipt": receipts.new()})
        times.append(time.perf_counter() - began)
        bodies.append(answer)
    assert len({(one.status_code, one.content) for one in bodies}) == 1
    assert problem(bodies[0])["code"] == "wrong-receipt"
    assert bodies[0].headers["www-authenticate"] == "Bearer"
    assert statistics.median(times) >= 0.15


@pytest.mark.parametrize(
    "body", [b"{}", b'{"receipt": 5}', b'{"receipt": "x", "Zimbelstern47": 1}', b"[", b"null"]
)
def test_a_sign_in_that_is_none_is_a_problem(doors: Doors, body: bytes) -> None:
    answer = doors.client.post(
        "/v1/reporter/session", content=body, headers={"Content-Type": "application/json"}
    )
    assert problem(answer)["code"] in {"malformed-request", "invalid-input", "receipt-malformed"}


def test_a_sign_in_is_small(doors: Doors) -> None:
    answer = doors.client.post("/v1/reporter/session", json={"receipt": "1" * 5_000})
    assert problem(answer)["code"] == "too-large"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/reporter/report"),
        ("POST", "/v1/reporter/messages"),
        ("POST", "/v1/reporter/actions"),
        ("POST", "/v1/reporter/receipt"),
        ("POST", "/v1/reporter/session/extension"),
        ("DELETE", "/v1/reporter/session"),
        ("PUT", "/v1/reporter/attachments/0b7d7d1e-3a54-4a0e-9d8e-5f2f8f0f6a10"),
        ("GET", "/v1/reporter/attachments/0b7d7d1e-3a54-4a0e-9d8e-5f2f8f0f6a10"),
    ],
)
@pytest.mark.parametrize("token", [None, "Bearer x", "Bearer " + "A" * 43, "Basic eDp5"])
def test_nothing_opens_without_a_session(
    doors: Doors, method: str, path: str, token: str | None
) -> None:
    headers = {"Authorization": token} if token else {}
    answer = doors.client.request(method, path, headers=headers)
    assert (answer.status_code, problem(answer)["code"]) == (401, "not-signed-in")


def test_a_session_of_staff_opens_no_report(doors: Doors) -> None:
    token = doors.small.token(doors.small.person("case_manager"))
    answer = doors.client.get("/v1/reporter/report", headers={"Authorization": f"Bearer {token}"})
    assert problem(answer)["code"] == "not-signed-in"


def test_signing_out_ends_it(doors: Doors) -> None:
    client = doors.reporter()
    assert client.post("/v1/reporter/session/extension").json() == {"expires_in": 1_800}
    assert client.delete("/v1/reporter/session").status_code == 204
    assert client.get("/v1/reporter/report").status_code == 401


def test_coming_back_leaves_one_flag_and_no_day(doors: Doors) -> None:
    client = doors.reporter()
    _, report = the_case(doors, client)
    with doors.small.look() as db:
        assert db.get(ReportReturn, report.id) is not None
        assert not db.exec(select(Delivery)).all()


# The thread


def test_the_report_tells_how_it_stands_in_the_language_asked_for(doors: Doors) -> None:
    client = doors.reporter()
    texts = set()
    told: dict[str, Any] = {}
    for language in LANGUAGES:
        told = own(client, **{"Accept-Language": language})
        assert told["status"] == "received"
        assert [one["code"] for one in told["messages"]] == ["received"]
        texts.add((told["status_text"], told["messages"][0]["body"]))
    assert len(texts) == 5
    assert told["acknowledged_on"] is None
    assert told["received_on"] == "2026-03-02"
    assert {"reply", "attach", "withdraw", "give_name"} <= set(told["can"])
    assert "request_review" not in told["can"]


def test_messages_go_both_ways_and_name_nobody_of_the_staff(doors: Doors) -> None:
    client = doors.reporter()
    answer = client.post("/v1/reporter/messages", json={"body": "It happened again."})
    assert answer.status_code == 201
    assert answer.json()["sent_on"] == "2026-03-02"
    assert "x-audit-receipt" not in answer.headers
    case, report = the_case(doors, client)
    manager = doors.small.person("case_manager", name="Adjoa Boateng")
    with doors.small.work() as db:
        keys, mine = StaffKeys(db, manager), db.get_one(Case, case.id)
        words = naming.cleared(db, mine, {"/body": "Thank you."}, by=manager, keys=keys)
        messages.post_as_staff(
            db, mine, db.get_one(Report, report.id), words["/body"], by=manager, keys=keys
        )
    answer = client.get("/v1/reporter/report")
    told = [(one["author"], one["body"]) for one in answer.json()["messages"][1:]]
    assert told == [("you", "It happened again."), ("service", "Thank you.")]
    assert manager.id.hex not in answer.text.replace("-", "")
    assert "Boateng" not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-input"),
        ({"body": ""}, "invalid-input"),
        ({"body": "\n"}, "invalid-input"),
        ({"body": MARKER * 6_000}, "invalid-input"),
        ({"body": ["x"]}, "invalid-input"),
        ({"body": "x", MARKER: "y"}, "invalid-input"),
    ],
)
def test_a_message_that_cannot_be_taken_is_a_problem(
    doors: Doors, body: dict[str, Any], code: str
) -> None:
    client = doors.reporter()
    assert problem(client.post("/v1/reporter/messages", json=body))["code"] == code
    assert len(own(client)["messages"]) == 1


def test_a_name_can_be_given_later_once_seen_it_is_not_asked_again(doors: Doors) -> None:
    client = doors.reporter()
    given = {"action": "give_name", "name": "Ama", "contact": ""}
    assert client.post("/v1/reporter/actions", json=given).status_code == 202
    assert "give_name" not in own(client)["can"]
    nothing = {"action": "give_name", "name": " "}
    assert problem(client.post("/v1/reporter/actions", json=nothing))["code"] == "invalid-input"


def test_withdrawing_is_kept_in_the_thread(doors: Doors) -> None:
    client = doors.reporter()
    asked = {"action": "withdraw", "reason": "It is settled."}
    assert client.post("/v1/reporter/actions", json=asked).status_code == 202
    assert own(client)["messages"][-1]["act"] == "withdraw"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "request_review", "grounds": "why"},
        {"action": "answer_check_in", "change": "none", "threat": "none"},
    ],
)
def test_what_the_case_does_not_allow_yet_is_a_conflict(doors: Doors, body: dict[str, str]) -> None:
    client = doors.reporter()
    answer = client.post("/v1/reporter/actions", json=body)
    assert (answer.status_code, problem(answer)["code"]) == (409, "not-allowed")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": MARKER},
        {"action": "request_review"},
        {"action": "answer_check_in", "change": MARKER, "threat": "none"},
        {"action": "withdraw", "reason": MARKER * 1_000},
    ],
)
def test_an_action_that_is_none_is_a_problem(doors: Doors, body: dict[str, str]) -> None:
    client = doors.reporter()
    answer = client.post("/v1/reporter/actions", json=body)
    assert problem(answer)["code"] == "invalid-input"


# The desk's receipt


def a_desk_receipt(doors: Doors) -> str:
    token = doors.small.token(doors.small.person("intake_officer"))
    told = {"body": "told", "channel": "phone", "stated_on": "2026-03-01", "consent": True}
    answer = doors.client.post("/v1/cases", json=told, headers={"Authorization": f"Bearer {token}"})
    return str(answer.json()["receipt"])


def test_a_desk_receipt_shows_a_status_and_opens_nothing(doors: Doors) -> None:
    receipt = a_desk_receipt(doors)
    client = doors.enter(receipt)
    told = own(client)
    assert told["can"] == ["attach", "renew_receipt"]
    assert [one["code"] for one in told["messages"]] == ["received"]
    sent = put(client, b"scan")
    assert sent.status_code == 201
    for answer in (
        client.post("/v1/reporter/messages", json={"body": "x"}),
        client.post("/v1/reporter/actions", json={"action": "withdraw"}),
        client.get(f"/v1/reporter/attachments/{sent.json()['id']}"),
    ):
        assert (answer.status_code, problem(answer)["code"]) == (403, "not-permitted")
    assert own(client)["attachments"] == []
    renewed = client.post("/v1/reporter/receipt").json()
    assert client.get("/v1/reporter/report").status_code == 401
    assert doors.client.post("/v1/reporter/session", json={"receipt": receipt}).status_code == 401
    fresh = Client(doors.app, headers={"Authorization": f"Bearer {renewed['token']}"})
    assert len(own(fresh)["attachments"]) == 1
    assert own(doors.enter(renewed["receipt"]))["status"] == "received"


def test_a_receipt_can_be_exchanged_for_one_of_ones_own(doors: Doors) -> None:
    client = doors.enter(a_desk_receipt(doors))
    mine = receipts.new()
    answer = client.post("/v1/reporter/receipt", json={"receipt": mine})
    assert answer.json()["receipt"] == receipts.grouped(mine)
    assert own(doors.enter(mine))["status"] == "received"
    other = doors.enter(a_desk_receipt(doors))
    known = other.post("/v1/reporter/receipt", json={"receipt": mine})
    assert problem(known)["code"] == "idempotency-mismatch"
    wrong = other.post("/v1/reporter/receipt", json={"receipt": "1234"})
    assert problem(wrong)["code"] == "receipt-malformed"


# Files


def blobs(doors: Doors) -> set[str]:
    return set(doors.small.house.blobs.names())


@pytest.mark.parametrize("size", [0, 1, 16_384, 70_000, 1_500_000])
def test_a_file_comes_back_as_it_was_sent(doors: Doors, size: int) -> None:
    client = doors.reporter()
    content = bytes(n * 7 % 251 for n in range(size))
    sent = put(client, content, name="attachment; filename*=UTF-8''re%C3%A7u%20%D8%A7.pdf")
    assert sent.status_code == 201
    assert sent.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert sent.json()["name"] == "reçu ا.pdf"
    answer = client.get(f"/v1/reporter/attachments/{sent.json()['id']}")
    assert answer.content == content
    assert answer.headers["content-length"] == str(size)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment;")
    listed = own(client)["attachments"]
    assert [one["id"] for one in listed] == [sent.json()["id"]]
    assert listed[0]["author"] == "you"


def test_the_same_file_twice_is_one_and_another_under_its_id_is_refused(doors: Doors) -> None:
    client = doors.reporter()
    at = uuid4()
    first = put(client, b"one", at=at)
    kept = blobs(doors)
    again = put(client, b"one", at=at, name="attachment; filename=other.jpg")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = put(client, b"two", at=at)
    assert (other.status_code, problem(other)["code"]) == (409, "different-content")
    assert blobs(doors) == kept


def test_the_same_id_of_another_reporter_is_another_file(doors: Doors) -> None:
    at = uuid4()
    one, other = doors.reporter(), doors.reporter()
    assert put(one, b"mine", at=at).status_code == 201
    assert other.get(f"/v1/reporter/attachments/{at}").status_code == 404
    assert put(other, b"yours", at=at).status_code == 201
    assert one.get(f"/v1/reporter/attachments/{at}").content == b"mine"


def test_a_report_holds_so_many_files_and_no_more(doors: Doors) -> None:
    client = doors.reporter()
    at = uuid4()
    assert put(client, b"0", at=at).status_code == 201
    assert [put(client, str(n).encode()).status_code for n in (1, 2)] == [201, 201]
    kept = blobs(doors)
    assert problem(put(client, b"3"))["errors"] == [{"pointer": "/id", "code": "too_many"}]
    assert put(client, b"0", at=at).status_code == 200
    assert blobs(doors) == kept


def test_a_file_that_is_too_large_leaves_nothing(doors: Doors) -> None:
    client = doors.reporter()
    kept = blobs(doors)

    def drip() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(100_000)

    announced = put(client, bytes(2_000_001))
    unannounced = client.put(
        f"/v1/reporter/attachments/{uuid4()}",
        content=drip(),
        headers={"Content-Disposition": "attachment; filename=x"},
    )
    assert problem(announced)["code"] == "too-large"
    assert problem(unannounced)["code"] == "too-large"
    assert blobs(doors) == kept
    assert not list(doors.small.house.blobs.root.glob("*.part"))


def test_an_upload_that_breaks_off_leaves_nothing(doors: Doors) -> None:
    client = doors.reporter()
    kept = blobs(doors)

    assert break_off(doors, client, bytes(1_200_000)) == []
    assert blobs(doors) == kept
    assert not list(doors.small.house.blobs.root.glob("*.part"))
    assert own(client)["attachments"] == []


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "wrong_format"),
        ("inline; filename=a", "wrong_format"),
        ("attachment", "missing"),
        ("attachment; filename", "wrong_format"),
        ("attachment; filename=", "wrong_format"),
        ('attachment; filename="a', "wrong_format"),
        ("attachment; filename=a; filename=b", "wrong_format"),
        ("attachment; filename=a b", "wrong_format"),
        ("attachment; filename*=a", "wrong_format"),
        ("attachment; filename*=UTF-8''%FF", "wrong_format"),
        ("attachment; filename*=UTF-8''%G0", "wrong_format"),
        ("attachment; filename*=ISO-8859-1''a", "wrong_format"),
        ("attachment; filename*=UTF-8''..", "wrong_format"),
        ("attachment; filename*=UTF-8''%00%01", "wrong_format"),
        ("attachment; filename*=UTF-8''a/", "wrong_format"),
        ("attachment; filename*=UTF-8''" + "a" * 256, "too_long"),
        ("attachment; filename*=UTF-8''" + "a" * 3000, "wrong_format"),
    ],
)
def test_a_name_that_cannot_be_read_is_refused_before_a_byte_is_kept(
    doors: Doors, header: str, code: str
) -> None:
    client = doors.reporter()
    answer = put(client, b"x", name=header)
    assert problem(answer)["errors"] == [{"pointer": "/content-disposition", "code": code}]


def test_an_id_that_is_none_is_refused(doors: Doors) -> None:
    client = doors.reporter()
    assert problem(put(client, b"x", at="..%2f..%2fetc"))["code"] in {"invalid-input", "not-found"}
    assert problem(put(client, b"x", at="5"))["code"] == "invalid-input"
    assert problem(client.get(f"/v1/reporter/attachments/{uuid4()}"))["code"] == "not-found"


def test_a_full_disk_is_told_and_loses_nothing(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = doors.reporter()
    before = own(client)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cases.sealing.blobs.BlobWriter.write", full)
    answer = put(client, b"x")
    monkeypatch.undo()
    assert (answer.status_code, problem(answer)["code"]) == (503, "storage-full")
    assert own(client) == before
    assert not list(doors.small.house.blobs.root.glob("*.part"))


def test_a_trail_that_cannot_be_written_keeps_nothing(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases.errors import AuditUnavailable  # noqa: PLC0415

    client = doors.reporter()
    before = own(client)
    kept = blobs(doors)

    def broken(*_: object, **__: object) -> None:
        raise AuditUnavailable

    monkeypatch.setattr("cases.audit.log._write", broken)
    answers = [
        client.post("/v1/reporter/messages", json={"body": "x"}),
        put(client, b"x"),
        doors.client.post("/v1/reports", json={"body": "x"}),
    ]
    monkeypatch.undo()
    assert [problem(one)["code"] for one in answers] == ["audit-unavailable"] * 3
    assert own(client) == before
    assert blobs(doors) == kept


def test_nothing_of_a_file_is_stored_in_clear(doors: Doors) -> None:
    client = doors.reporter()
    put(client, MARKER.encode() * 100, name=f"attachment; filename={MARKER}.txt")
    house = doors.small.house
    stored = b"".join((house.blobs.root / name).read_bytes() for name in house.blobs.names())
    with doors.small.look() as db:
        stored += b"".join(db.exec(select(Record.env)).all())
        stored += b"".join(name.encode() for name in db.exec(select(Attachment.blob)))
    assert MARKER.encode() not in stored
