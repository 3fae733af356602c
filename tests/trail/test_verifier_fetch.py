"""The checker fetches a log over HTTP, whole, once, and so that it can go on where it broke off."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.trail.sample_log import (
    CASES,
    EMPTY,
    LogKey,
    Sample,
    a_log,
    base64_of,
    checkpoint,
    found,
    root,
    run,
    verifier,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VKEY = LogKey().vkey
TOKEN = "t0ken"


@dataclass
class Small:
    """A service with a log, as small as may be, that can misbehave.

    Attributes:
        answers: what to answer instead, by the beginning of the path: status, headers, body; used up
            from the left, the last one for ever.
        most: events on a page.
    """

    sample: Sample
    hidden: frozenset[int] = frozenset()
    erased: frozenset[int] = frozenset()
    inclusive: bool = False
    most: int = 200
    note: bytes | None = None
    answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    password: str = "correct horse"
    url: str = ""

    def answer(
        self, method: str, path: str, body: bytes, token: str
    ) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(f"{method} {path}")
        for start, answers in self.answers.items():
            if path.startswith(start):
                instead = answers[0] if len(answers) == 1 else answers.pop(0)
                if instead[0]:
                    return instead
        if path == "/v1/session":
            return self.session(method, body)
        if token != f"Bearer {TOKEN}":
            return 401, {}, b""
        if path == "/v1/audit/checkpoint":
            return 200, {}, self.note or self.sample.note()
        if path.startswith("/v1/audit/tile/"):
            tile = self.sample.tiles().get(path.removeprefix("/v1/audit/"))
            return (404, {}, b"") if tile is None else (200, {}, tile)
        query = parse_qs(urlsplit(path).query)
        if path.startswith("/v1/audit/proof/inclusion"):
            told = self.proof(query)
        else:
            told = json.dumps(self.page(query)).encode()
        return 200, {}, told

    def proof(self, query: dict[str, list[str]]) -> bytes:
        ids = [str(event.event_id) for event in self.sample.events]
        assert query["tree_size"] == [str(self.size)]
        return self.sample.proof(ids.index(query["event_id"][0]), self.size)

    @property
    def size(self) -> int:
        """Of the published checkpoint; there may be newer events."""
        return int((self.note or self.sample.note()).split(b"\n")[1])

    def session(self, method: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if method == "DELETE":
            return 204, {}, b""
        told = json.loads(body)
        if told["password"] != self.password or told.get("code", "123456") != "123456":
            return 401, {}, b"{}"
        return 201, {}, json.dumps({"token": TOKEN, "must": []}).encode()

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        after = int(query["after"][0]) if "after" in query else -1
        start = max(after, 0) if self.inclusive else after + 1
        stop = min(start + min(int(query["limit"][0]), self.most), len(self.sample.events))
        items, case = [], query.get("case", [None])[0]
        for index in range(start, stop):
            of_it = case in (None, self.sample.events[index].body["case"])
            if of_it and index not in self.hidden:
                event = self.sample.events[index]
                item = event.line(index) | {
                    "leaf": base64_of(event.leaf),
                    "kind": event.body["kind"],
                }
                gone = {"body": None, "salt": None} if index in self.erased else {}
                items.append(item | gone)
        more = stop < len(self.sample.events)
        reached = stop if self.inclusive else stop - 1
        return {"items": items, "next": reached if more else None, "partial": bool(self.hidden)}

    def fetches(self, start: str) -> list[str]:
        """What was asked for since the last time, of paths that begin so."""
        asked, self.asked = self.asked, []
        return [one for one in asked if one.startswith(f"GET {start}")]


class Door(BaseHTTPRequestHandler):
    service: Small

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization", "")
        status, headers, told = self.service.answer(self.command, self.path, body, token)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815  as the library calls them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    service = Small(a_log(600))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Door,), {"service": service}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("getpass.getpass", lambda _: service.password)
    monkeypatch.setattr("time.sleep", lambda _: None)
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(small: Small, folder: Path) -> tuple[int, dict[str, str]]:
    return found("fetch", small.url, folder, "--user", "auditor")


def check(folder: Path) -> tuple[int, dict[str, str]]:
    return found("log", folder, "--vkey", VKEY)


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("size", [1, 200, 256, 257, 600])
def test_what_is_fetched_is_the_whole_log(
    size: int,
    inclusive: bool,  # noqa: FBT001
    small: Small,
    tmp_path: Path,
) -> None:
    small.sample, small.inclusive = a_log(size), inclusive
    assert fetch(small, tmp_path / "log") == (0, {"fetch.ok": "ok"})
    assert set(check(tmp_path / "log")[1].values()) == {"ok"}
    assert small.asked[-1] == "DELETE /v1/session"


def test_an_empty_log_is_fetched(small: Small, tmp_path: Path) -> None:
    small.sample = Sample([])
    assert fetch(small, tmp_path)[0] == check(tmp_path)[0] == 0


def test_full_tiles_are_never_fetched_twice_and_the_older_checkpoint_is_kept(
    small: Small, tmp_path: Path
) -> None:
    fetch(small, tmp_path)
    small.fetches("/")
    note = small.sample.note()
    small.sample = a_log(1000)
    assert fetch(small, tmp_path)[0] == 0
    asked = small.fetches("/v1/audit/")
    assert not [one for one in asked if one.endswith(("/000", "/001"))]
    assert [one for one in asked if one.endswith("/entries/003.p/232")]
    assert (tmp_path / "checkpoints" / "600").read_bytes() == note
    code, checks = check(tmp_path)
    assert (code, checks["held.continued"]) == (0, "ok")


def test_fetching_goes_on_where_it_broke_off(small: Small, tmp_path: Path) -> None:
    fetch(small, tmp_path)
    small.sample = a_log(1500)
    small.answers["/v1/audit/events"] = [*[(0, {}, b"")] * 3, (500, {}, b"")]
    code, out = run("fetch", small.url, tmp_path, "--user", "auditor")
    assert (code, "HTTP 500" in out) == (1, True)
    assert check(tmp_path)[0] == 0  # still the log of the checkpoint before
    small.answers.clear()
    small.sample = a_log(1700)
    small.fetches("/")
    assert fetch(small, tmp_path)[0] == 0
    assert "GET /v1/audit/events?limit=200" not in small.fetches("/v1/audit/events")
    assert set(check(tmp_path)[1].values()) == {"ok"}


def test_the_same_checkpoint_again_brings_nothing_new(small: Small, tmp_path: Path) -> None:
    fetch(small, tmp_path)
    small.fetches("/")
    assert fetch(small, tmp_path)[0] == 0
    assert small.fetches("/v1/audit/tile") == []
    assert not (tmp_path / "checkpoints").exists()


def test_what_may_not_be_seen_is_marked_and_what_is_erased_is_not(
    small: Small, tmp_path: Path
) -> None:
    walled = [i for i, event in enumerate(small.sample.events) if event.body["case"] == CASES[1]]
    small.hidden = frozenset(walled)
    assert fetch(small, tmp_path / "walled")[0] == 0
    code, checks = check(tmp_path / "walled")
    assert (code, checks["missing.not-shown"]) == (0, "note")

    small.hidden, small.erased = frozenset(), frozenset({4})
    fetch(small, tmp_path / "erased")
    code, checks = check(tmp_path / "erased")
    assert (code, checks["missing.taken"]) == (40, "invalid")


def test_the_mark_goes_once_everything_was_shown(small: Small, tmp_path: Path) -> None:
    small.sample, small.hidden = a_log(90), frozenset({4})
    fetch(small, tmp_path)
    small.hidden = frozenset()
    fetch(small, tmp_path)
    assert not (tmp_path / "events" / "PARTIAL").exists()
    assert set(check(tmp_path)[1].values()) == {"ok"}


def test_an_account_that_may_read_no_events_still_gets_the_entries(
    small: Small, tmp_path: Path
) -> None:
    small.answers["/v1/audit/events"] = [(403, {}, b"")]
    assert fetch(small, tmp_path) == (0, {"fetch.no-events": "note", "fetch.ok": "ok"})
    assert check(tmp_path)[1]["missing.not-shown"] == "note"


def test_an_account_that_may_no_longer_read_events_is_told(small: Small, tmp_path: Path) -> None:
    fetch(small, tmp_path)
    small.answers["/v1/audit/events"] = [(403, {}, b"")]
    small.sample = a_log(700)
    assert fetch(small, tmp_path) == (1, {"fetch.status": "bad-input"})


@pytest.mark.parametrize(
    ("note", "key"),
    [
        (a_log(500).note(), "fetch.shorter"),
        (checkpoint(600, EMPTY, LogKey()), "fetch.two-stories"),
    ],
)
def test_a_service_that_contradicts_what_is_held_is_caught_at_the_door(
    note: bytes, key: str, small: Small, tmp_path: Path
) -> None:
    fetch(small, tmp_path)
    small.note = note
    assert fetch(small, tmp_path) == (30, {key: "inconsistent"})
    assert (tmp_path / "checkpoint").read_bytes() == small.sample.note()
    assert note in [path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()]
    assert check(tmp_path)[0] == (30 if key == "fetch.two-stories" else 0)


def test_every_contradiction_is_kept(small: Small, tmp_path: Path) -> None:
    fetch(small, tmp_path)
    for made_up in (EMPTY, root([EMPTY, EMPTY])):
        small.note = checkpoint(600, made_up, LogKey())
        fetch(small, tmp_path)
        fetch(small, tmp_path)
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


def test_another_log_is_not_mixed_into_the_folder(small: Small, tmp_path: Path) -> None:
    fetch(small, tmp_path)
    origin = "integrity.example.gov/audit/2"
    small.note = checkpoint(700, EMPTY, LogKey(name=origin), origin)
    assert fetch(small, tmp_path) == (1, {"fetch.other-log": "bad-input"})


def fetch_case(small: Small, folder: Path, case: str = CASES[1]) -> tuple[int, dict[str, str]]:
    return found("fetch", small.url, folder, "--user", "auditor", "--case", case)


def test_the_events_of_a_case_are_fetched_with_their_proofs(small: Small, tmp_path: Path) -> None:
    small.sample, small.most = a_log(50), 20
    assert fetch_case(small, tmp_path / "case") == (0, {"fetch.case": "ok"})
    events = {int(path.stem) for path in (tmp_path / "case" / "events").glob("*.json")}
    assert events == {i for i, e in enumerate(small.sample.events) if e.body["case"] == CASES[1]}
    code, checks = found("bundle", tmp_path / "case", "--vkey", VKEY)
    assert (code, checks["bundle.ok"], checks["numbers.ok"]) == (0, "ok", "ok")
    assert small.asked[-1] == "DELETE /v1/session"


def test_what_is_too_new_or_not_shown_of_a_case_is_told(small: Small, tmp_path: Path) -> None:
    small.sample = a_log(40)
    small.note = small.sample.note(30)
    small.hidden = frozenset({7})
    outcomes = {"fetch.case": "ok", "fetch.newer": "note", "fetch.partial": "note"}
    assert fetch_case(small, tmp_path) == (0, outcomes)
    code, checks = found("bundle", tmp_path, "--vkey", VKEY)
    assert (code, checks["numbers.not-here"]) == (0, "note")


def test_a_case_whose_fetching_broke_off_is_fetched_again_and_never_mixed(
    small: Small, tmp_path: Path
) -> None:
    small.sample = a_log(40)
    small.answers["/v1/audit/proof"] = [*[(0, {}, b"")] * 3, (500, {}, b"")]
    assert fetch_case(small, tmp_path) == (1, {"fetch.status": "bad-input"})
    assert found("bundle", tmp_path, "--vkey", VKEY) == (1, {"file.missing": "bad-input"})
    small.answers.clear()
    small.sample = a_log(41)
    assert fetch_case(small, tmp_path)[0] == 0
    assert found("bundle", tmp_path, "--vkey", VKEY)[0] == 0
    assert fetch_case(small, tmp_path, CASES[2]) == (1, {"fetch.taken": "bad-input"})
    assert fetch(small, tmp_path / "log")[0] == 0
    assert fetch_case(small, tmp_path / "log") == (1, {"fetch.taken": "bad-input"})


@pytest.mark.parametrize(
    "told",
    [
        {"items": [], "next": -1, "partial": False},
        {"items": [a_log(1).events[0].line(0) | {"salt": "?"}], "next": None, "partial": False},
    ],
)
def test_a_page_of_a_case_that_is_none_decides_nothing(
    told: dict[str, Any], small: Small, tmp_path: Path
) -> None:
    small.sample = a_log(9)
    small.answers["/v1/audit/events"] = [(200, {}, json.dumps(told).encode())]
    assert fetch_case(small, tmp_path) == (1, {"fetch.form": "bad-input"})
    assert not (tmp_path / "checkpoint").exists()


def test_a_wrong_password_or_code_decides_nothing(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("fetch", small.url, tmp_path / "log", "--user", "auditor")
    assert found(*asked, "--code", "000000") == (1, {"fetch.status": "bad-input"})
    assert found(*asked, "--code", "123456")[0] == 0
    code, out = run(*asked, "--code", "999999")
    assert code == 1
    assert small.password not in out + "".join(capsys.readouterr())


def test_a_busy_service_is_asked_again_but_not_for_ever(small: Small, tmp_path: Path) -> None:
    busy = (503, {"Retry-After": "1"}, b"")
    small.answers["/v1/audit/checkpoint"] = [busy, (429, {}, b""), (0, {}, b"")]
    assert fetch(small, tmp_path)[0] == 0
    small.answers["/v1/audit/checkpoint"] = [busy]
    assert fetch(small, tmp_path) == (1, {"fetch.status": "bad-input"})


def test_the_token_follows_no_redirection(small: Small, tmp_path: Path) -> None:
    small.answers["/v1/audit/checkpoint"] = [(302, {"Location": f"{small.url}/elsewhere"}, b"")]
    assert fetch(small, tmp_path) == (1, {"fetch.status": "bad-input"})
    assert "GET /elsewhere" not in small.asked


def test_signing_out_may_fail(small: Small, tmp_path: Path) -> None:
    small.answers["/v1/session"] = [(0, {}, b""), (500, {}, b"")]
    assert fetch(small, tmp_path)[0] == 0


def test_a_service_that_is_not_there_decides_nothing(small: Small, tmp_path: Path) -> None:
    code, checks = found("fetch", "http://127.0.0.1:9", tmp_path, "--user", "auditor")
    assert (code, checks) == (1, {"fetch.unreachable": "bad-input"})


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/session", b"[]"),
        ("/v1/session", b"nonsense"),
        ("/v1/session", b'{"token": null}'),
        ("/v1/session", b'{"token": "a\\r\\nX: b"}'),
        ("/v1/audit/tile/0/", b"short"),
        ("/v1/audit/events", b"{}"),
        ("/v1/audit/events", b'{"items": [], "next": "1", "partial": false}'),
        ("/v1/audit/events", b'{"items": [{}], "next": null, "partial": false}'),
        ("/v1/audit/events", b'{"items": [], "next": 3, "partial": false}'),
    ],
)
def test_an_answer_that_is_none_decides_nothing(
    path: str, told: bytes, small: Small, tmp_path: Path
) -> None:
    small.answers[path] = [(200, {}, told)]
    assert fetch(small, tmp_path) == (1, {"fetch.form": "bad-input"})
    assert not (tmp_path / "checkpoint").exists()


def test_a_disk_that_takes_nothing_is_told(small: Small, tmp_path: Path) -> None:
    (tmp_path / "tile").write_text("in the way")
    assert fetch(small, tmp_path) == (1, {"file.system": "bad-input"})


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://integrity.example.gov", "fetch.insecure"),
        ("http://10.0.0.1:8000", "fetch.insecure"),
        ("http://localhost.example.gov", "fetch.insecure"),
        ("integrity.example.gov", "fetch.url"),
        ("ftp://localhost", "fetch.url"),
        ("https://", "fetch.url"),
        ("https://integrity.example.gov:port", "fetch.url"),
        ("https://integrity.example.gov/?a=b", "fetch.url"),
        ("https://[::1", "fetch.url"),
    ],
)
def test_a_password_goes_nowhere_in_the_open(url: str, key: str) -> None:
    with pytest.raises(verifier.Refused) as said:
        verifier.checked_url(url)
    assert said.value.key == key


def test_where_a_password_may_go() -> None:
    for url in ("https://integrity.example.gov/", "http://localhost:8000", "http://[::1]:8000"):
        assert verifier.checked_url(url) == url.rstrip("/")
