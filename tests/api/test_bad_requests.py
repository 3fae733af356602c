"""Addresses, parameters, headers and actions that nobody should send, on both databases."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.api.asking import (
    FILE,
    NOBODY,
    described,
    places,
    problem,
    refused,
    requests,
    rows,
    somebody,
)
from tests.api.inhabited import inhabit
from tests.api.small import MARKER
from tests.world import said
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.api.inhabited import Plot
    from tests.world import World

pytestmark = pytest.mark.one_database

WORDS = (
    "%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "' OR 1=1--", "Zimbelstern47" * 200, "9" * 400,
    "K7Q2-M9TD%0d%0aX-Injected:%201",
)  # fmt: skip
"""Put into every place of an address."""

NAMES = {
    "a path": 'attachment; filename="../../etc/Zimbelstern47"',
    "a name that begins a header": "attachment; filename*=UTF-8''a%0d%0aX-Injected:%201.pdf",
    "a zero byte": "attachment; filename*=UTF-8''a%00b.pdf",
    "a name written backwards": "attachment; filename*=UTF-8''%E2%80%AEfdp.exe",
    "only dots": 'attachment; filename=".."',
    "nothing": 'attachment; filename=""',
    "no name": "attachment",
    "inline": 'inline; filename="a.pdf"',
    "two names": 'attachment; filename="a.pdf"; filename="Zimbelstern47.pdf"',
    "no end": 'attachment; filename="Zimbelstern47',
    "another script's escape": "attachment; filename*=latin1''%E9.pdf",
    "a broken escape": "attachment; filename*=UTF-8''%E9.pdf",
    "a long name": "attachment; filename*=UTF-8''" + "Z" * 300 + ".pdf",
    "a very long name": "attachment; filename*=UTF-8''" + "Z" * 9_000,
    "semicolons": "attachment;;;;",
    "an empty header": "",
}


@pytest.fixture(scope="module")
def plot(world: World) -> Plot:
    """A case with one of everything in it."""
    return inhabit(world)


def calm(answer: Response, where: str) -> None:
    """Neither broken nor talkative."""
    assert answer.status_code < 500, f"{where}: {answer.text[:300]}"
    assert "x-injected" not in answer.headers, where
    if not answer.is_success:
        problem(answer)
        assert MARKER not in answer.text, where


def test_no_word_in_an_address_breaks_anything(world: World, plot: Plot) -> None:
    tried = 0
    for one in (one for one in requests(world) if one.typical):
        for name in one.parameters:
            for word in WORDS:
                path = one.path.format(**places(plot, one) | {name: word})
                body: dict[str, Any] = {"json": one.body} if one.body is not None else {}
                if one.raw:
                    body = {"content": b"x", "headers": FILE}
                answer = somebody(world, plot, one).ask(one.method, path, **body)
                calm(answer, f"{one.method} {path}")
                assert not answer.is_success or one.method == "GET", f"{one.method} {path}"
                tried += 1
    assert tried > 200


def test_no_parameter_of_a_list_breaks_anything(world: World, plot: Plot) -> None:
    paths = described()["paths"]
    tried = 0
    for one in requests(world):
        told = paths.get(one.path, {}).get(one.method.lower(), {})
        names = [it["name"] for it in told.get("parameters", ()) if it["in"] == "query"]
        caller = somebody(world, plot, one)
        path = one.path.format(**places(plot, one))
        for name in names:
            for word in (*WORDS, "", "201", NOBODY):
                calm(caller.ask(one.method, f"{path}?{name}={word}"), f"{one} {name}={word}")
                tried += 1
        if names and one.method == "GET":
            unknown = caller.get(f"{path}?{MARKER}=1")
            calm(unknown, f"{one} with an unknown parameter")
    assert tried > 200


def test_cursors_that_are_not_ones_own_are_refused(world: World) -> None:
    by = world.as_("manager")
    for _ in range(2):
        world.life()
    first = said(by.get("/v1/cases?limit=1"), 200)["next"]
    assert first
    wrong = ["x", first[:-2], first[::-1], "%00", "é", first + "A", "=" * 40, "A" * 999]
    answers = [by.get("/v1/cases", params={"limit": 1, "cursor": one}) for one in wrong]
    answers.append(world.as_("head").get(f"/v1/cases?limit=1&cursor={first}"))
    answers.append(by.get(f"/v1/cases?limit=1&sort=-due&cursor={first}"))
    answers.append(by.get(f"/v1/cases?limit=1&state=closed&cursor={first}"))
    answers.append(by.get(f"/v1/staff?cursor={first}"))
    for answer in answers:
        assert refused(answer, str(answer.url)) == "invalid-input"
        assert answer.json()["errors"] == [{"pointer": "/cursor", "code": "unknown_cursor"}]


@pytest.mark.parametrize("path", ["reporter", "staff"])
def test_hostile_file_names_are_cleaned_or_refused_and_nothing_is_called_by_them(
    world: World, plot: Plot, path: str
) -> None:
    staff = path == "staff"
    caller = world.as_("manager") if staff else plot.reporter.caller
    base = plot.life.path("attachments") if staff else "/v1/reporter/attachments"
    for name, header in NAMES.items():
        identity, before = uuid4(), set(world.house.blobs.names())
        headers = {"Content-Disposition": header, "Content-Type": "text/html"}
        answer = caller.put(f"{base}/{identity}", b"<script>", headers=headers)
        calm(answer, name)
        if not answer.is_success:
            assert problem(answer) == "invalid-input", name
            assert set(world.house.blobs.names()) == before, name
            continue
        assert not set("/\\\0\r\n\u202e") & set(answer.json()["name"]), name
        given = caller.get(f"{base}/{identity}")
        assert given.headers["Content-Disposition"].startswith("attachment; "), name
        assert given.headers["X-Content-Type-Options"] == "nosniff"
        assert given.content == b"<script>"
    assert not [
        one for one in world.directory.rglob("*") if MARKER in one.name or "passwd" in one.name
    ]


def test_an_upload_that_breaks_off_leaves_nothing_and_can_be_repeated(
    world: World, plot: Plot
) -> None:
    for caller, base in (
        (plot.reporter.caller, "/v1/reporter/attachments"),
        (world.as_("manager"), plot.life.path("attachments")),
    ):
        before, blobs, identity = rows(world), set(world.house.blobs.names()), uuid4()
        broken_off(world, f"{base}/{identity}", caller.token or "")
        assert set(world.house.blobs.names()) == blobs
        assert rows(world) == before
        assert not [one for one in world.directory.rglob("*") if one.suffix == ".part"]
        assert caller.get(f"{base}/{identity}").status_code == 404
        assert caller.put(f"{base}/{identity}", b"whole", headers=FILE).status_code == 201
        again = caller.put(f"{base}/{identity}", b"whole", headers=FILE)
        assert again.status_code == 200
        other = caller.put(f"{base}/{identity}", b"other", headers=FILE)
        assert problem(other) == "different-content"


def broken_off(world: World, path: str, token: str) -> None:
    """Send the half of a file, and hang up."""
    headers = {**FILE, "Authorization": f"Bearer {token}", "Content-Length": "9000000"}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "PUT",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 9), "state": {},
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
    }  # fmt: skip
    coming = [{"type": "http.request", "body": b"Z" * 700_000, "more_body": True}] * 3
    messages: Iterator[dict[str, Any]] = iter([*coming, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 400) >= 400

    asyncio.run(world.client.app(scope, receive, send))  # type: ignore[arg-type]


def test_receipts_that_cannot_be_are_told_from_nothing(world: World) -> None:
    receipt = world.life().reporter.receipt
    last = int(receipt[-1])
    wrong = [f"{receipt[:-1]}{(last + 1) % 10}", receipt[1:], receipt + "0", "", "x" * 20, "1 2 3"]
    for text in wrong:
        answer = world.anybody().post("/v1/reporter/session", {"receipt": text})
        assert refused(answer, text) in {"receipt-malformed", "invalid-input"}


def test_a_change_from_an_older_state_is_refused_and_one_that_does_not_say_too(
    world: World,
) -> None:
    life = world.life().acknowledged()
    life.declare("triage")
    by = life.who("triage")
    stale = life.head("triage")["etag"]
    note = life.add("triage", "notes", text="One.")
    life.add("triage", "notes", text="Two.")
    attempts: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "actions", {"action": "start_triage"}),
        ("PATCH", f"notes/{note}", {"text": "Three."}),
        ("DELETE", f"notes/{note}", None),
    ]
    for method, path, body in attempts:
        sent: dict[str, Any] = {"json": body} if body else {}
        missing = by.ask(method, life.path(path), **sent)
        assert (missing.status_code, problem(missing)) == (428, "precondition-missing")
        for tag in (f'"{stale}"', stale, "*", '""', "x", "W/", f'"{stale}", "x"', "é".encode()):
            headers: Any = {"If-Match": tag}
            answer = by.ask(method, life.path(path), headers=headers, **sent)
            assert (answer.status_code, problem(answer)) == (412, "precondition-failed"), tag
    assert life.head("triage")["state"] == "acknowledged"


def test_actions_out_of_order_are_refused_and_leave_the_case_where_it_is(world: World) -> None:
    life = world.life().acknowledged()
    workflow = catalogue.workflow()
    possible = {step.event for step in workflow.transitions if step.source == life.state}
    for event in sorted({step.event for step in workflow.transitions} - possible):
        for part in ("triage", "manager", "head"):
            answer = life.try_(part, event)
            assert not answer.is_success, event
            assert refused(answer, event) in {"not-allowed", "invalid-input"}, event
    for event in ("", "acknowledge", "T03", "purge", MARKER, "x" * 60):
        answer = life.try_("triage", event)
        assert refused(answer, event) in {"not-allowed", "invalid-input"}, event
    assert life.head("triage")["state"] == "acknowledged"


def test_no_value_of_any_field_of_any_action_breaks_anything(world: World, plot: Plot) -> None:
    hostile: list[object] = [
        None, 2**70, 0.5, True, MARKER, "a\0b", "", [], [None], [[[]]], {}, {MARKER: MARKER},
        {"amount": "1e99", "currency": "\0"}, [{"allegation": MARKER}], "9999-12-31", NOBODY,
    ]  # fmt: skip
    life = plot.life
    life.assess()
    tried = 0
    for part in ("manager", "head", "triage"):
        offered = said(life.who(part).get(life.path("actions")), 200)["actions"]
        for action in offered:
            names = [*action["needs"]["properties"], MARKER]
            for value in hostile:
                answer = life.try_(part, action["action"], **dict.fromkeys(names, value))
                calm(answer, f"{action['action']} {value!r}")
                assert not answer.is_success, f"{action['action']} {value!r}"
                tried += 1
    assert tried > 60
    assert life.head("triage")["state"] == "assessed"
