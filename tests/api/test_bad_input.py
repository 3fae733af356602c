"""What nobody should send: each gets its problem document, and nothing is half-done or said back."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.asking import Asked, described, places, refused, requests, rows, somebody
from tests.api.inhabited import inhabit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.api.inhabited import Plot
    from tests.world import Caller, World

pytestmark = pytest.mark.one_database

SURROGATE = '"\\ud800"'
HUGE = "9" * 5_000
DEEP = 20_000

BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{"body": "Zimbelstern47',
    "not JSON": b"Zimbelstern47",
    "not UTF-8": b'{"body": "Zimbelstern47 \xff\xfe"}',
    "two values": b"{}{}",
    "NaN": b'{"body": NaN}',
    "a huge number": b'{"body": ' + HUGE.encode() + b"}",
    "an infinite number": b'{"body": 1e999}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "an array": b'["Zimbelstern47"]',
    "null": b"null",
    "a text": b'"Zimbelstern47"',
    "a number": b"47",
    "an unknown field": b'{"Zimbelstern47": "Zimbelstern47"}',
    "compressed": gzip.compress(b'{"body": "Zimbelstern47"}'),
    "a key twice": b'{"Zimbelstern47": 1, "Zimbelstern47": 2}',
    "prototype": b'{"__proto__": {"Zimbelstern47": 1}, "constructor": {}}',
}
"""Bodies that no operation takes."""

VALUES: dict[str, str] = {
    "a large number": str(2**70),
    "a zero byte": '"a\\u0000b"',
    "half a sign": SURROGATE,
    "half a sign as a key": f"{{{SURROGATE}: [null]}}",
}
"""What is put, as JSON, into each field in turn."""


@pytest.fixture(scope="module")
def plot(small_world: World) -> Plot:
    """A case with one of everything in it."""
    return inhabit(small_world)


def by_whom(world: World, plot: Plot, asked: Asked) -> Caller:
    """Somebody who gets as far as what is sent."""
    house = asked.path.startswith(("/v1/staff", "/v1/units", "/v1/offices"))
    return somebody(world, plot, asked, *(["admin"] if house else []))


def send(caller: Caller, asked: Asked, plot: Plot, body: bytes, **headers: str) -> Response:
    """Send bytes where JSON is asked for, from the newest state of the case."""
    own = {"Content-Type": "application/json", **headers}
    if asked.method in {"PATCH", "DELETE"} or asked.operation == "act":
        head = caller.get(plot.life.path("head"))
        own["If-Match"] = head.headers.get("ETag", "x")
    path = asked.path.format(**places(plot, asked))
    return caller.ask(asked.method, path, content=body, headers=own)


def takes_json(world: World) -> Iterator[Asked]:
    """Every operation with a JSON body."""
    return (one for one in requests(world) if one.body is not None and one.typical)


# Bodies


def test_a_body_that_is_none_is_refused_everywhere_and_changes_nothing(
    small_world: World, plot: Plot
) -> None:
    before = rows(small_world)
    tried = 0
    for one in takes_json(small_world):
        caller = by_whom(small_world, plot, one)
        for name, body in BROKEN.items():
            if one.operation == "renewReceipt" and name in {"nothing", "null"}:
                continue  # its body may be left out
            where = f"{one}: {name}"
            assert refused(send(caller, one, plot, body), where) in {
                "malformed-request",
                "invalid-input",
                "not-allowed",  # an action of that name there is none
                "too-large",  # for a receipt
            }, where
            tried += 1
    assert tried > 400
    assert rows(small_world) == before


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_json_that_does_not_say_it_is_json_is_refused(
    small_world: World, plot: Plot, kind: str
) -> None:
    for one in takes_json(small_world):
        caller = by_whom(small_world, plot, one)
        if one.operation in {"submitReport", "signIn", "postMessage", "addNote", "createUnit"}:
            body = json.dumps(one.body).encode()
            answer = send(caller, one, plot, body, **{"Content-Type": kind})
            assert refused(answer, f"{one}: {kind!r}") in {"unsupported-media", "invalid-input"}


def test_a_body_over_its_limit_is_refused_announced_or_not(small_world: World, plot: Plot) -> None:
    most = 256 * 1024 + 12 * small_world.settings.report_characters + 1

    def stream() -> Iterator[bytes]:
        yield b'{"body": "'
        for _ in range(most // 65_536 + 1):
            yield b"Z" * 65_536
        yield b'"}'

    for one in takes_json(small_world):
        caller = by_whom(small_world, plot, one)
        for body in (b'{"body": "' + b"Z" * most + b'"}', stream()):
            answer = send(caller, one, plot, body)  # type: ignore[arg-type]
            assert refused(answer, str(one)) == "too-large", str(one)


# Fields


def nested(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The names of every field of a shape, those inside it after it."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from nested(inner, schemas)
    if schema.get("type") == "array":
        yield from (("0", *deeper) for deeper in nested(schema["items"], schemas))
    for name, value in schema.get("properties", {}).items():
        yield (name,)
        yield from ((name, *deeper) for deeper in nested(value, schemas))


def put(body: object, way: tuple[str, ...], value: str) -> bytes:
    """A body with one value replaced, as JSON that no library would write."""
    mark = "<<here>>"

    def inside(part: object, steps: tuple[str, ...]) -> object:
        if not steps:
            return mark
        if steps[0] == "0":
            return [inside(part[0] if isinstance(part, list) and part else {}, steps[1:])]
        whole = dict(part) if isinstance(part, dict) else {}
        return {**whole, steps[0]: inside(whole.get(steps[0]), steps[1:])}

    return json.dumps(inside(body, way)).replace(f'"{mark}"', value).encode()


def test_no_value_of_any_field_breaks_anything(world: World) -> None:
    plot = inhabit(world)
    schemas, paths = described()["components"]["schemas"], described()["paths"]
    # What a text holds trips up PostgreSQL alone; a number may be too large for either.
    names = VALUES if world.kind == "postgres" else ("a large number", "half a sign as a key")
    values = {name: VALUES[name] for name in names}
    tried = 0
    for one in (one for one in requests(world) if one.body is not None):
        if one.method == "PATCH" and "{identity}" in one.path:
            continue  # the same shape as when it is added
        content = paths[one.path][one.method.lower()]["requestBody"]["content"]
        ways = dict.fromkeys(nested(content["application/json"]["schema"], schemas))
        caller = by_whom(world, plot, one)
        for way in ways:
            for name, value in values.items():
                where = f"{one} {'/'.join(way)}: {name}"
                answer = send(caller, one, plot, put(one.body, way, value))
                assert answer.status_code < 500, f"{where}: {answer.text}"
                tried += 1
                if not answer.is_success:
                    refused(answer, where)
    assert tried > 120
    plot.life.declared.clear()
    assert plot.life.read("manager")["notes"]
    for path in ("/v1/staff", "/v1/units", "/v1/offices", "/v1/cases"):
        assert world.as_("admin" if path != "/v1/cases" else "manager").get(path).is_success
