"""What a reporter sends never touches a disk unsealed."""

from __future__ import annotations

import ast

from tests.house.tree import ROOMS, Module, calls, modules

SPOOLING = ("UploadFile", "Form", "File", "FormData", "SpooledTemporaryFile")
"""Starlette's forms write parts above 1 MiB to a temporary file, in clear."""


def spools(module: Module) -> list[str]:
    """Names from the framework that spool, and `await request.form()`."""
    named = [
        module.at(node)
        for node in module.walk()
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("fastapi", "starlette", "tempfile"))
        and any(alias.name in SPOOLING for alias in node.names)
    ]
    reached = [
        module.at(node)
        for node in module.walk()
        if isinstance(node, ast.Attribute)
        and node.attr in SPOOLING
        and ast.unparse(node.value) in {"fastapi", "starlette.datastructures", "tempfile"}
    ]
    return named + reached + [module.at(call) for call in calls(module, "form")]


def test_nothing_received_is_spooled() -> None:
    assert [fault for module in modules(*ROOMS) for fault in spools(module)] == []


def test_a_spooling_door_is_caught() -> None:
    for source in (
        "from fastapi import UploadFile",
        "from fastapi import Depends, Form",
        "from starlette.datastructures import UploadFile as File",
        "def send(file: fastapi.UploadFile): ...",
        "async def send(request): return await request.form()",
        "from tempfile import SpooledTemporaryFile",
    ):
        assert spools(Module("api/v1/evidence.py", source)) == ["api/v1/evidence.py:1"], source
