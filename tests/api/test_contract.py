"""The description of the interface: current, complete, true, and enough for a client made by others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from api.openapi import examples
from tests.api.asking import described, places, problem, requests, somebody
from tests.api.inhabited import inhabit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.api.inhabited import Plot
    from tests.world import Caller, World

TRIES = 3
"""Examples of each operation that are made up: the whole run stays under half a minute."""

NO_BODY_OF_ITS_OWN = frozenset({"submitReport", "submitAtDesk"})
"""Their examples stand with their shapes."""


def document(world: World) -> dict[str, Any]:
    """What the running application says of itself."""
    found: dict[str, Any] = world.anybody().get("/v1/openapi.json").json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, with its method and path."""
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            yield f"{method.upper()} {path}", told


# Current and complete


def test_the_committed_description_is_the_one_the_service_gives(small_world: World) -> None:
    assert described() == document(small_world), "`make openapi` writes it anew"


def test_it_is_openapi_3_1(small_world: World) -> None:
    described = document(small_world)
    assert described["openapi"].startswith("3.1.")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(described)] == []


def test_every_route_is_described_but_the_pages(small_world: World) -> None:
    described = {name for name, _ in operations(document(small_world))}
    pages = {"GET /", "GET /v1/docs", "GET /v1/openapi.json"}
    assert {str(one) for one in requests(small_world)} == described | pages


def test_every_operation_says_what_it_is_and_what_can_go_wrong(small_world: World) -> None:
    described = document(small_world)
    tags = {one["name"] for one in described["tags"]}
    names = [told["operationId"] for _, told in operations(described)]
    assert len(set(names)) == len(names)
    guarded = {str(one): one for one in requests(small_world)}
    for where, told in operations(described):
        assert told["summary"], where
        assert told["tags"], where
        assert set(told["tags"]) <= tags, where
        answers = told["responses"]
        assert {"500", "503"} <= set(answers), where
        if guarded[where].of_staff or guarded[where].of_reporters:
            assert "401" in answers, where
            assert told["security"], where
        if guarded[where].acts:
            assert "403" in answers, where
        if "{reference}" in where:
            assert "404" in answers, where
        if "requestBody" in told:
            assert {"400", "413", "415", "422"} <= set(answers), where
        for code, answer in answers.items():
            if int(code) >= 400:
                shown = answer["content"]["application/problem+json"]["examples"]
                assert all(one["value"]["status"] == int(code) for one in shown.values()), where


def test_a_list_is_an_object_with_items(small_world: World) -> None:
    for where, told in operations(document(small_world)):
        for answer in told["responses"].values():
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            assert schema.get("type") != "array", where


def test_operations_are_named_in_one_way(small_world: World) -> None:
    names = [told["operationId"] for _, told in operations(document(small_world))]
    assert [name for name in names if not re.fullmatch("[a-z]+([A-Z][a-z]+)*", name)] == []


def test_every_body_has_an_example_that_its_schema_takes(small_world: World) -> None:
    described = document(small_world)
    tried = 0
    for where, told in operations(described):
        content = told.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        schema = {**content["schema"], "components": described["components"]}
        shown = [one["value"] for one in content.get("examples", {}).values()]
        if told["operationId"] in NO_BODY_OF_ITS_OWN:
            name = content["schema"]["$ref"].rsplit("/", 1)[-1]
            shown = described["components"]["schemas"][name]["examples"]
        assert shown, where
        for one in shown:
            jsonschema_rs.validate(schema, one)
            tried += 1
    assert tried > 40


def test_there_is_no_example_of_what_is_not_there(small_world: World) -> None:
    named = {told["operationId"] for _, told in operations(document(small_world))}
    assert set(examples()) - {"parameters"} <= named


# True


@pytest.fixture(scope="module")
def plot(small_world: World) -> Plot:
    """A case with one of everything in it."""
    return inhabit(small_world)


def callers(world: World, plot: Plot) -> dict[str, Caller]:
    """Somebody for each operation whom its gate lets through."""
    return {one.operation: somebody(world, plot, one) for one in requests(world)}


ENDS = frozenset({"closeReporterSession", "signOut", "renewReceipt"})
"""Operations after which the caller is somebody else."""


def test_made_up_requests_find_no_fault_of_the_server(small_world: World, plot: Plot) -> None:
    described = document(small_world)
    asked = {one.operation: one for one in requests(small_world)}
    known = callers(small_world, plot)
    tried = []
    for result in schemathesis.openapi.from_dict(described).get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        name = operation.definition.raw["operationId"]
        if name not in ENDS:
            real = places(plot, asked[name])
            fixed = {one: real[one] for one in asked[name].parameters}
            try_out(operation, known[name], fixed)
            tried.append(name)
    assert len(tried) > 70


# Any: an operation of a library without types to speak of.
def try_out(operation: Any, caller: Caller, fixed: dict[str, str]) -> None:  # noqa: ANN401
    """Make up requests of one operation and send them; each answer must be one that is described."""

    @seed(47)
    @settings(
        max_examples=TRIES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(path_parameters=fixed))
    def holds(case: Any) -> None:  # noqa: ANN401
        answer = sent(caller, case)
        assert answer.status_code < 500, f"{case.as_curl_command()}: {answer.text}"
        where = f"{operation.label}: {answer.status_code} {answer.text}"
        assert str(answer.status_code) in operation.definition.raw["responses"], where
        if not answer.is_success:
            problem(answer)

    holds()


def sent(caller: Caller, case: Any) -> Response:  # noqa: ANN401
    """A made-up request, sent as somebody."""
    raw = case.as_transport_kwargs(base_url="http://testserver")
    headers = {
        name: text
        for name, text in raw.get("headers", {}).items()
        if str(text).isascii() and str(text).isprintable() and name.lower() != "authorization"
    }
    body = {name: raw[name] for name in ("json",) if name in raw}
    if "data" in raw:
        body["content"] = raw["data"] if isinstance(raw["data"], bytes) else b"x"
    return caller.ask(raw["method"], raw["url"], headers=headers, params=raw.get("params"), **body)
