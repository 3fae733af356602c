"""What stands between the wire and the doors."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

from api import middleware
from tests.api.small import MARKER, a_client, an_app, problem

JSON = {"Content-Type": "application/json"}


def an_app_with_pages() -> FastAPI:
    """An application with a page, a cached answer and one that names its server."""
    app = an_app()

    @app.get("/page", response_class=HTMLResponse)
    def page() -> str:
        return "<!doctype html><title>Tribune</title>"

    @app.get("/cached")
    def cached() -> Response:
        return Response(b"", headers={"Cache-Control": "public, max-age=60", "Server": MARKER})

    return app


@pytest.mark.parametrize("path", ["/v1/cases", "/nowhere", "/page", "/raise"])
def test_every_answer_carries_the_headers_also_one_nobody_expected(path: str) -> None:
    headers = a_client(an_app_with_pages()).get(path).headers
    for name, text in middleware.ALWAYS.items():
        assert headers[name] == text
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert "x-tribune-demo" not in headers


def test_a_page_may_load_its_own_parts_and_an_answer_in_json_nothing() -> None:
    client = a_client(an_app_with_pages())
    page = client.get("/page").headers["content-security-policy"]
    assert "style-src 'self'" in page
    assert "unsafe" not in page
    assert client.get("/v1/cases").headers["content-security-policy"] == middleware.CSP


def test_an_answer_may_be_kept_only_where_it_says_so_and_no_answer_names_its_server() -> None:
    headers = a_client(an_app_with_pages()).get("/cached").headers
    assert headers["cache-control"] == "public, max-age=60"
    assert "server" not in headers


def test_https_is_asked_for_only_over_https_and_a_demo_says_so() -> None:
    client = a_client(an_app(demo=True))
    client.base_url = client.base_url.copy_with(scheme="https")
    headers = client.get("/v1/cases").headers
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["x-tribune-demo"] == "DEMO"


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Cookie": "a=b"}, False),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "same-site"}, False),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "none"}, False),
        ({"Cookie": "a=b", "Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Cookie": "a=b", "Origin": "http://testserver"}, True),
        ({"Cookie": "a=b", "Origin": "https://testserver"}, False),
        ({"Cookie": "a=b", "Origin": "http://testserver.evil.example"}, False),
        ({"Cookie": "a=b", "Origin": "null"}, False),
        ({"Cookie": "a=b", "Referer": "http://testserver/"}, False),
        ({"Cookie": "a=b", "Authorization": "Bearer x", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Authorization": "Bearer x", "Origin": "https://evil.example"}, True),
    ],
)
def test_what_carries_cookies_and_changes_something_must_come_from_our_own_pages(
    headers: dict[str, str], *, passes: bool
) -> None:
    response = a_client().post("/v1/reports", json={"body": "x"}, headers=headers)
    if passes:
        assert response.status_code == 200
    else:
        assert problem(response)["code"] == "cross-origin"


def test_looking_is_free_for_everybody_and_a_doubled_header_is_no_proof() -> None:
    client = a_client()
    crossed = {"Cookie": "a=b", "Sec-Fetch-Site": "cross-site"}
    assert client.get("/v1/cases", headers=crossed).status_code == 200
    doubled = [
        ("Cookie", "a=b"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "cross-site"),
    ]
    assert problem(client.post("/v1/reports", json={}, headers=doubled))["status"] == 403


def test_behind_a_proxy_the_public_name_counts() -> None:
    app = FastAPI(openapi_url=None)
    app.add_middleware(middleware.SameOrigin, public_host="Report.example")

    @app.post("/")
    def post() -> None: ...

    client = a_client(app, Cookie="a=b")
    assert client.post("/", headers={"Origin": "https://report.example"}).status_code == 200
    assert client.post("/", headers={"Origin": "http://testserver"}).status_code == 403


def in_pieces(size: int, piece: int = 1_000) -> Iterator[bytes]:
    """A body of this many bytes, sent in chunks and without its length."""
    for start in range(0, size, piece):
        yield b"x" * min(piece, size - start)


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/v1/session", 4_096),
        ("POST", "/v1/reporter/session", 4_096),
        ("POST", "/v1/reporter/session/extension", 4_096),
        ("POST", "/v1/reporter/receipt", 4_096),
        ("POST", "/v1/reports", 262_144 + 12 * 64_000),
        ("POST", "/v1/cases", 262_144 + 12 * 64_000),
        ("POST", "/v1/reporter/messages", 262_144 + 12 * 64_000),
        ("POST", "/v1/cases/K7Q2-M9TD/notes", 262_144 + 12 * 64_000),
        ("PUT", "/v1/cases/K7Q2-M9TD/attachments/1", 1_000_000),
        ("PUT", "/v1/reporter/attachments/1", 1_000_000),
        ("POST", "/v1/reporter/attachments/1", 262_144),
        ("POST", "/v1/cases/a/b/notes", 262_144),
        ("POST", "/v1/sessions", 262_144),
        ("POST", "/nowhere", 262_144),
    ],
)
def test_each_place_has_its_limit_by_announcement(method: str, path: str, most: int) -> None:
    client = a_client()
    over = client.request(method, path, content=b"x" * (most + 1), headers=JSON)
    assert problem(over)["code"] == "too-large"
    assert over.json()["limit_bytes"] == most
    assert client.request(method, path, content=b"x" * most, headers=JSON).status_code != 413


def test_a_body_that_hides_its_length_is_counted() -> None:
    client = a_client()
    over = client.post("/v1/session", content=in_pieces(5_000), headers=JSON)
    assert problem(over)["code"] == "too-large"
    assert over.json()["limit_bytes"] == 4_096
    assert (
        problem(client.post("/v1/session", content=in_pieces(4_096), headers=JSON))["status"] == 400
    )


def test_an_upload_is_stopped_while_it_streams() -> None:
    client = a_client()
    path = "/v1/reporter/attachments/1"
    assert client.put(path, content=in_pieces(1_000_000)).json() == {"bytes": 1_000_000}
    assert problem(client.put(path, content=in_pieces(1_000_001)))["code"] == "too-large"


@pytest.mark.parametrize("length", ["9" * 5_000, "-1", "٣", "1e9", "", "abc"])
def test_an_odd_length_breaks_nothing(length: str) -> None:
    response = a_client().post(
        "/v1/session",
        content=in_pieces(10),
        headers={b"Content-Length": length.encode(), b"Content-Type": b"application/json"},
    )
    assert response.status_code in {400, 413, 422}


def test_a_whole_report_in_escaped_arabic_fits() -> None:
    text = "\U0001f6c3" * 64_000
    response = a_client().post("/v1/reports", json={"body": text})
    assert problem(response)["errors"] == [{"pointer": "/body", "code": "too_long"}]
