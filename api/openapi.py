"""How the interface describes itself: what it is, and an example of everything that is sent to it."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from fastapi import FastAPI

EXAMPLES = "examples.toml"

DESCRIPTION: dict[str, Any] = {
    "version": "1.0.0",
    "summary": "Complaints, whistleblowing and administrative investigation for customs.",
    "description": (
        "A reporter needs no account: `POST /v1/reports` answers a receipt of 20 digits, which alone "
        "opens the thread again. Staff sign in with `POST /v1/session` and see what their part in a "
        "case allows. Every error is a problem document (RFC 9457) in the language asked for."
    ),
    "openapi_tags": [
        {"name": "reporting", "description": "Sending a report, without saying who one is."},
        {"name": "reporter", "description": "Coming back with a receipt."},
        {"name": "session", "description": "Staff signing in and out."},
        {"name": "cases", "description": "The queue, the case file, and what is done to a case."},
        {"name": "proposals", "description": "Acts that wait for a second person."},
        {
            "name": "identity",
            "description": "Who a reporter is: asked for, granted by two, for hours.",
        },
        {"name": "evidence", "description": "Files of a case."},
        {"name": "statistics", "description": "The month's figures for integrity committees."},
        {"name": "trail", "description": "The log of everything, for who checks it."},
        {"name": "administration", "description": "Staff, units and offices."},
        {"name": "service", "description": "What this is, and whether it runs."},
    ],
}


def install(app: FastAPI) -> None:
    """Put examples into an application's description."""
    without = app.openapi

    # Any: OpenAPI documents are JSON.
    def openapi() -> dict[str, Any]:
        return app.openapi_schema or with_examples(without())

    app.openapi = openapi  # type: ignore[method-assign]


# Any: OpenAPI documents are JSON, and so are examples.
def with_examples(described: dict[str, Any]) -> dict[str, Any]:
    """Complete a description, in place, with the examples of bodies and parameters."""
    known = examples()
    for methods in described["paths"].values():
        for operation in methods.values():
            if bodies := known.get(operation["operationId"]):
                content = operation["requestBody"]["content"]["application/json"]
                content["examples"] = {
                    name: {"summary": name.replace("_", " ").capitalize(), "value": value}
                    for name, value in bodies.items()
                }
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["example"] = known["parameters"][parameter["name"]]
    return described


@cache
def examples() -> dict[str, Any]:
    """Every example: by operation the named bodies, and under `parameters` what stands in paths."""
    text = (resources.files("api") / EXAMPLES).read_text("utf-8")
    return tomllib.loads(text)
