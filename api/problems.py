"""Problem documents (RFC 9457): what every door answers when something cannot be done.

`type` and `code` never change with the language, `title` and `detail` are worded for people, and
nothing that was submitted is ever repeated.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import locales

MEDIA_TYPE = "application/problem+json"
PREFIX = "/problems/"

STATUS: Mapping[str, int] = {
    "malformed-request": 400,
    "receipt-malformed": 400,
    "idempotency-key-malformed": 400,
    "no-such-checkpoint": 400,
    "not-signed-in": 401,
    "sign-in-failed": 401,
    "wrong-receipt": 401,
    "not-permitted": 403,
    "declaration-needed": 403,
    "conflict-of-interest": 403,
    "same-person": 403,
    "cross-origin": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "not-allowed": 409,
    "not-ready": 409,
    "already-proposed": 409,
    "proposal-void": 409,
    "different-content": 409,
    "not-in-the-log-yet": 409,
    "precondition-failed": 412,
    "too-large": 413,
    "unsupported-media": 415,
    "invalid-input": 422,
    "names-a-person": 422,
    "weak-password": 422,
    "idempotency-mismatch": 422,
    "locked": 423,
    "precondition-missing": 428,
    "too-much-waiting": 429,
    "too-often": 429,
    "internal-error": 500,
    "log-inconsistent": 500,
    "busy": 503,
    "not-open-yet": 503,
    "directory-broken": 503,
    "audit-unavailable": 503,
    "storage-full": 503,
    "unavailable": 503,
}
"""Every problem there is. A code, once released, keeps its meaning and its status."""

RETRY_SECONDS: Mapping[str, int] = {
    "busy": 5,
    "unavailable": 5,
    "audit-unavailable": 60,
    "storage-full": 300,
    "directory-broken": 300,
    "not-open-yet": 3_600,
    "too-much-waiting": 3_600,
    "too-often": 600,
}
"""When it makes sense to come again, in seconds: how long such a state tends to last."""


class FieldProblem(BaseModel):
    """One thing in the request that cannot be taken as it is."""

    pointer: str = Field(
        description="Where: a JSON Pointer (RFC 6901) into the body, or `/name` of a parameter. "
        "It ends where the names of the interface end.",
        examples=["/subjects/0/name"],
    )
    code: str = Field(description="What, in a word that never changes.", examples=["too_long"])


class Problem(BaseModel):
    """Why something could not be done (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable identifier of the kind of problem.")
    title: str = Field(description="The problem in a few words, in the caller's language.")
    status: int = Field(description="The HTTP status, repeated.")
    detail: str = Field(description="What to do about it, in the caller's language.")
    code: str = Field(description="The last segment of `type`.")
    errors: list[FieldProblem] | None = Field(None, description="Which fields, where known.")


class OverLimit(HTTPException):
    """A body grew over its limit while it was read.

    An `HTTPException` because FastAPI lets only those through while it reads a body; it would
    answer any other error with 400.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(status_code=413)
        self.limit_bytes = limit_bytes


def document(code: str, language: str, **members: object) -> dict[str, object]:
    """One problem as a dictionary; `members` are extension members such as `limit_bytes`."""
    text = locales.texts(language)["problems"][code]
    return {
        "type": PREFIX + code,
        "title": text["title"],
        "status": STATUS[code],
        "detail": text["detail"],
        "code": code,
        **members,
    }


def response(
    code: str,
    language: str,
    *,
    errors: Iterable[tuple[str, str]] = (),
    retry_after: int | None = None,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """One problem as an answer.

    Args:
        code: a key of `STATUS`.
        language: one of `api.locales.LANGUAGES`.
        errors: (pointer, code) of each field; none of them ever submitted.
        retry_after: seconds; the usual ones of the problem when not given.
        headers: further headers that the status asks for, such as `Allow`.
        members: extension members, JSON values.
    """
    listed = [{"pointer": pointer, "code": what} for pointer, what in errors]
    body = document(code, language, **({"errors": listed} if listed else {}), **(members or {}))
    answer = Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        status_code=STATUS[code],
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )
    answer.headers["Content-Language"] = language
    answer.headers["Vary"] = "Accept-Language"
    seconds = retry_after or RETRY_SECONDS.get(code)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    if STATUS[code] == 401:  # noqa: PLR2004  (RFC 9110, 15.5.2 asks for the header)
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


# What the interface description says about problems


# Any: FastAPI's own type for `responses=`.
def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an endpoint that can answer with these problems.

    Problems of one status share an entry and are told apart by their examples. What any endpoint
    can answer is added by `describe` and need not be named.
    """
    described: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        entry = described.setdefault(STATUS[code], {"description": "", "content": {}})
        _add_example(entry, code)
    return described


# Any: OpenAPI documents are JSON.
def describe(openapi: dict[str, Any]) -> dict[str, Any]:
    """Complete an OpenAPI document: the shape of problems, and those any operation can give.

    FastAPI describes a 422 that is never sent here; it is replaced by ours.
    """
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for shape in (FieldProblem, Problem):
        schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[shape.__name__] = schema
    for operations in openapi.get("paths", {}).values():
        for operation in operations.values():
            _describe_operation(operation)
    return openapi


def _describe_operation(operation: dict[str, Any]) -> None:
    answers: dict[str, dict[str, Any]] = operation.setdefault("responses", {})
    if "application/json" in answers.get("422", {}).get("content", {}):
        del answers["422"]
    general = ["internal-error", "unavailable"]
    if "parameters" in operation or "requestBody" in operation:
        general += ["invalid-input", "malformed-request"]
    if "requestBody" in operation:
        general += ["too-large", "unsupported-media"]
    for code in general:
        entry = answers.setdefault(str(STATUS[code]), {"description": "", "content": {}})
        _add_example(entry, code)
    operation["responses"] = dict(sorted(answers.items()))


def _add_example(entry: dict[str, Any], code: str) -> None:
    content = entry.setdefault("content", {}).setdefault(
        MEDIA_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
    )
    if code in content["examples"]:
        return
    value = document(code, locales.LANGUAGES[0])
    if code == "invalid-input":
        value["errors"] = [{"pointer": "/body", "code": "missing"}]
    content["examples"][code] = {"summary": value["title"], "value": value}
    entry["description"] = "; ".join(example["summary"] for example in content["examples"].values())
