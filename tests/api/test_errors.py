"""Every way of going wrong has its problem document, and none repeats what was submitted."""

import errno
import inspect
import json
import logging
import sqlite3
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from fastapi.exceptions import ResponseValidationError
from pydantic_core import PydanticCustomError
from sqlalchemy import exc as database
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from api import errors, pointers, problems
from cases import errors as domain
from cases.errors import TribuneError
from tests.api.small import MARKER, a_client, an_app, everything_in, problem

GLIMPSE = domain.Glimpse(
    reference="K7Q2-M9TD",
    state="triage",
    priority=None,
    category="bribery",
    office=None,
    received_on=date(2026, 11, 21),
    due=date(2026, 11, 28),
)
EXAMPLES: dict[type[TribuneError], TribuneError] = {
    domain.DeclarationNeeded: domain.DeclarationNeeded(GLIMPSE),
    domain.NoSuchCheckpoint: domain.NoSuchCheckpoint("/tree_size"),
    domain.NotAllowed: domain.NotAllowed(action=MARKER, state="triage"),
    domain.Unacceptable: domain.Unacceptable([("/cursor", "unknown_cursor")]),
    domain.NamesAPerson: domain.NamesAPerson(["/body"]),
    domain.TooLarge: domain.TooLarge(4_096),
    domain.SelfTestFailed: domain.SelfTestFailed("hpke"),
}
KINDS = [
    kind
    for _, kind in inspect.getmembers(domain, inspect.isclass)
    if issubclass(kind, TribuneError) and kind is not TribuneError
]


def an_example(kind: type[TribuneError]) -> TribuneError:
    """An error of this kind."""
    return EXAMPLES.get(kind) or kind()


def test_the_table_names_every_error_of_the_rooms_and_only_known_problems() -> None:
    assert set(errors.CODES) == set(KINDS)
    assert set(errors.CODES.values()) <= set(problems.STATUS)
    assert set(errors.HTTP_CODES.values()) <= set(problems.STATUS)
    assert all(problems.STATUS[code] == status for status, code in errors.HTTP_CODES.items())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_error_of_the_rooms_becomes_its_problem(kind: type[TribuneError]) -> None:
    response = a_client(an_app(raising=an_example(kind))).get("/raise")
    found = problem(response)
    code = errors.CODES[kind]
    assert (found["code"], found["status"]) == (code, problems.STATUS[code])
    assert response.headers["content-language"] == "en"
    assert response.headers["vary"] == "Accept-Language"
    assert ("www-authenticate" in response.headers) == (response.status_code == 401)
    assert ("retry-after" in response.headers) == (response.status_code in {429, 503})


def test_a_kind_of_error_the_table_does_not_know_is_answered_as_its_parent_is() -> None:
    class Nearer(domain.NotFound):
        pass

    class New(TribuneError):
        pass

    assert errors.code_of(Nearer()) == "not-found"
    assert errors.code_of(New()) == "internal-error"


def test_what_an_error_carries_for_the_caller_is_in_the_document() -> None:
    def told(error: TribuneError) -> dict[str, object]:
        return problem(a_client(an_app(raising=error)).get("/raise"))

    assert told(EXAMPLES[domain.TooLarge])["limit_bytes"] == 4_096
    assert told(EXAMPLES[domain.Unacceptable])["errors"] == [
        {"pointer": "/cursor", "code": "unknown_cursor"}
    ]
    assert told(domain.NotReady("counsel_checked"))["guards"] == ["counsel_checked"]
    assert told(EXAMPLES[domain.DeclarationNeeded])["case"] == {
        "reference": "K7Q2-M9TD",
        "state": "triage",
        "priority": None,
        "category": "bribery",
        "office": None,
        "received_on": "2026-11-21",
        "due": "2026-11-28",
    }


def test_who_comes_too_early_is_told_when_to_come_again() -> None:
    response = a_client(an_app(raising=domain.Busy(7))).get("/raise")
    assert response.headers["retry-after"] == "7"


def test_a_wrong_receipt_has_one_answer_byte_for_byte() -> None:
    client = a_client(an_app(raising=domain.WrongReceipt()))
    first, second = client.get("/raise"), client.get("/raise")
    assert first.content == second.content
    assert first.headers == second.headers


@pytest.mark.parametrize(
    ("wish", "language"), [("fr-CA", "fr"), ("ar", "ar"), ("tlh", "en"), ("\x7f,;q=é", "en")]
)
def test_the_words_follow_the_caller_and_the_code_does_not(wish: str, language: str) -> None:
    client = a_client()
    response = client.get("/nowhere", headers={b"Accept-Language": wish.encode("latin-1")})
    assert problem(response)["code"] == "not-found"
    assert response.headers["content-language"] == language
    assert (response.json()["title"] == "Not found") == (language == "en")


@pytest.mark.parametrize(
    ("body", "listed"),
    [
        ({}, [("/body", "missing")]),
        ({"body": ""}, [("/body", "too_short")]),
        ({"body": MARKER * 20}, [("/body", "too_long")]),
        ({"body": 7}, [("/body", "wrong_type")]),
        ({"body": "\ud800"}, [("/body", "wrong_format")]),
        ({"body": "x", "language": MARKER}, [("/language", "unknown_value")]),
        ({"body": "x", MARKER: 1}, [("", "unknown_field")]),
        ({"body": "x", "subjects": [{"name": "a", MARKER: 1}]}, [("/subjects/0", "unknown_field")]),
        ({"body": "x", "subjects": [{"name": MARKER * 9}]}, [("/subjects/0/name", "too_long")]),
        (
            {"body": "x", "subjects": [{"name": "a"}, {"born": 1}]},
            [("/subjects/1/name", "missing"), ("/subjects/1/born", "out_of_range")],
        ),
        ({"body": "x", "free": {MARKER: MARKER}}, [("/free", "wrong_format")]),
        ([MARKER], [("", "wrong_type")]),
        (None, [("", "wrong_type")]),
    ],
)
def test_what_cannot_be_taken_is_pointed_at_and_never_repeated(
    body: object, listed: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = json.dumps(body)
    response = a_client().post(
        "/v1/reports", content=text, headers={"Content-Type": "application/json"}
    )
    found = problem(response)
    assert found["code"] == "invalid-input"
    assert found["errors"] == [{"pointer": pointer, "code": code} for pointer, code in listed]
    assert MARKER not in everything_in(caplog.records)


@pytest.mark.parametrize(
    ("path", "pointer", "code"),
    [
        ("/v1/cases?limit=0", "/limit", "out_of_range"),
        ("/v1/cases?limit=201", "/limit", "out_of_range"),
        (f"/v1/cases?limit={MARKER}", "/limit", "wrong_format"),
        (f"/v1/cases?state={MARKER}", "/state", "unknown_value"),
        (f"/v1/cases?{MARKER}=1", "", "unknown_field"),
        (f"/v1/cases/{MARKER}", "/number", "wrong_format"),
        ("/v1/cases?cursor=", "/cursor", "too_short"),
    ],
)
def test_parameters_are_pointed_at_by_name(path: str, pointer: str, code: str) -> None:
    found = problem(a_client().get(path))
    assert found["status"] == 422
    assert found["errors"] == [{"pointer": pointer, "code": code}]


def test_a_thousand_mistakes_are_listed_up_to_a_point() -> None:
    body = {"body": "x", "subjects": [{"name": 1}] * 1_000}
    assert len(problem(a_client().post("/v1/reports", json=body))["errors"]) == pointers.MOST


def test_a_validator_of_ours_brings_its_own_word() -> None:
    assert PydanticCustomError("not_a_month", "…").type == "not_a_month"
    assert pointers.code("not_a_month") == "not_a_month"
    assert pointers.code("value_error") == "invalid"


def test_every_kind_of_error_pydantic_knows_has_a_word() -> None:
    words = {pointers.code(kind) for kind in pointers.PYDANTIC_TYPES}
    assert words == {
        "missing",
        "unknown_field",
        "unknown_value",
        "wrong_type",
        "wrong_format",
        "too_short",
        "too_long",
        "out_of_range",
        "invalid",
    }
    assert set(pointers.CODES) <= pointers.PYDANTIC_TYPES


def test_names_of_alternatives_stay_out_of_pointers_and_odd_names_are_escaped() -> None:
    names = pointers.Names(frozenset({"a/b", "m~n"}), frozenset({"Choice"}))
    item = {"loc": ("body", "Choice", "a/b", 3, "m~n", MARKER, "a/b")}
    assert pointers.pointer(item, names) == "/a~1b/3/m~0n"


@pytest.mark.parametrize(
    "body",
    [
        b"{" + MARKER.encode(),
        b'{"body": "' + MARKER.encode(),
        b'{"body": "\xff\xfe ' + MARKER.encode() + b'"}',
        MARKER.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b'{"body": ' + b"9" * 5_000 + b"}",
        b"\x00",
    ],
    ids=["cut", "cut string", "not UTF-8", "UTF-16", "deep", "deep objects", "long number", "NUL"],
)
def test_a_body_that_is_no_json_is_malformed(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    response = a_client().post(
        "/v1/reports", content=body, headers={"Content-Type": "application/json"}
    )
    assert problem(response)["code"] == "malformed-request"
    assert MARKER not in everything_in(caplog.records)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x", ""])
def test_a_body_of_another_kind_is_refused_as_such(kind: str) -> None:
    response = a_client().post(
        "/v1/reports",
        content=b'{"body": "' + MARKER.encode() + b'"}',
        headers={"Content-Type": kind},
    )
    assert problem(response)["code"] == "unsupported-media"


def test_the_router_s_own_refusals_are_problems_too() -> None:
    client = a_client()
    assert problem(client.get(f"/{MARKER}"))["code"] == "not-found"
    refused = client.delete("/v1/reports")
    assert problem(refused)["code"] == "method-not-allowed"
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "malformed-request"),
        (406, "not-acceptable"),
        (418, "malformed-request"),
        (503, "unavailable"),
    ],
)
def test_the_words_of_a_framework_s_refusal_are_left_out(status: int, code: str) -> None:
    error = HTTPException(status, detail=MARKER, headers={"X-Said": MARKER})
    assert problem(a_client(an_app(raising=error)).get("/raise"))["code"] == code


@pytest.mark.parametrize(
    "error",
    [
        ValueError(MARKER),
        RuntimeError({"body": MARKER}),
        KeyError(MARKER),
        HTTPException(500, detail=MARKER),
        ResponseValidationError([{"input": MARKER, "type": "x", "loc": (), "msg": MARKER}]),
        ExceptionGroup(MARKER, [ValueError(MARKER)]),
        RecursionError(MARKER),
        OSError(errno.EIO, MARKER),
        domain.EnvelopeInvalid(MARKER),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_nobody_expected_gives_a_number_and_no_word_of_it(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    error.__cause__ = ValueError(MARKER)
    caplog.set_level(logging.INFO)
    found = problem(a_client(an_app(raising=error)).get("/raise"))
    assert found["code"] == "internal-error"
    assert MARKER not in everything_in(caplog.records)
    (record,) = [record for record in caplog.records if record.name == "tribune.errors"]
    assert record.getMessage() == "incident"
    assert vars(record)["incident"] == found["incident"]
    assert vars(record)["error"] == type(error).__qualname__


def test_the_place_of_an_incident_is_told_at_the_level_debug_without_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    a_client(an_app(raising=ValueError(MARKER))).get("/raise")
    (where,) = [vars(record)["where"] for record in caplog.records if hasattr(record, "where")]
    assert "small.py:" in where
    assert MARKER not in everything_in(caplog.records)


def a_database_error(kind: type[database.DBAPIError], cause: BaseException) -> Exception:
    """What SQLAlchemy makes of a driver's error."""
    return kind("INSERT INTO t VALUES (:a)", {"a": MARKER}, cause)


def a_full_sqlite() -> sqlite3.OperationalError:
    """What the driver really raises when a database may not grow."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a BLOB)")
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    connection.close()
    return caught.value


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (a_database_error(database.OperationalError, a_full_sqlite()), "storage-full"),
        (
            a_database_error(database.OperationalError, psycopg.errors.DiskFull(MARKER)),
            "storage-full",
        ),
        (
            a_database_error(database.OperationalError, psycopg.OperationalError(MARKER)),
            "unavailable",
        ),
        (a_database_error(database.InterfaceError, psycopg.InterfaceError(MARKER)), "unavailable"),
        (database.TimeoutError(MARKER), "busy"),
        (OSError(errno.ENOSPC, MARKER), "storage-full"),
        (OSError(errno.EDQUOT, MARKER), "storage-full"),
    ],
)
def test_a_full_disk_and_a_silent_database_are_503(
    error: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    response = a_client(an_app(raising=error)).get("/raise")
    assert problem(response)["code"] == code
    assert response.headers["retry-after"]
    assert MARKER not in everything_in(caplog.records)


def test_what_happens_every_day_leaves_no_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for error in (domain.Busy(), domain.NotOpenYet(), domain.WrongReceipt()):
        a_client(an_app(raising=error)).get("/raise")
    assert not [record for record in caplog.records if record.name == "tribune.errors"]


def test_an_answer_that_broke_off_is_left_unfinished(caplog: pytest.LogCaptureFixture) -> None:
    app = an_app()

    @app.get("/broken")
    def broken() -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            yield b"a"
            raise ValueError(MARKER)

        return StreamingResponse(pieces())

    TestClient(app).get("/broken")  # which, as a server, hands out what came before
    assert MARKER not in everything_in(caplog.records)
    assert [record.name for record in caplog.records] == ["tribune.errors"]


def test_a_caller_who_left_is_no_incident(caplog: pytest.LogCaptureFixture) -> None:
    app = an_app(raising=ClientDisconnect())
    with pytest.raises(AssertionError):  # the test client misses an answer
        a_client(app).get("/raise")
    assert not caplog.records


def test_the_interface_description_tells_of_every_problem() -> None:
    app = an_app()

    @app.get("/described", responses=problems.responses("not-found", "not-allowed", "locked"))
    def described() -> None: ...

    document = app.openapi()
    assert app.openapi() is document
    assert {"Problem", "FieldProblem"} <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in document["components"]["schemas"]
    answers = document["paths"]["/described"]["get"]["responses"]
    assert list(answers) == ["200", "404", "409", "423", "500", "503"]
    content = answers["409"]["content"]
    assert list(content) == ["application/problem+json"]
    example = content["application/problem+json"]["examples"]["not-allowed"]["value"]
    assert problems.Problem.model_validate(example).code == "not-allowed"
    submitted = document["paths"]["/v1/reports"]["post"]["responses"]
    assert list(submitted) == ["200", "400", "413", "415", "422", "500", "503"]
    assert list(submitted["422"]["content"]) == ["application/problem+json"]


def test_problems_of_one_status_share_an_entry() -> None:
    entry = problems.responses("sign-in-failed", "wrong-receipt")
    assert list(entry) == [401]
    examples = entry[401]["content"]["application/problem+json"]["examples"]
    assert set(examples) == {"sign-in-failed", "wrong-receipt"}
