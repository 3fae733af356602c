"""Every request the interface knows, made from its own description: what tests walk."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, func, select

from api.guard import Door, routes_with_gates
from api.openapi import examples
from tests.api.small import MARKER
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from httpx2 import Response

    from tests.api.inhabited import Plot
    from tests.world import Caller, World

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"

FILE = {"Content-Disposition": "attachment; filename*=UTF-8''proof.pdf"}

MORE_OF_THE_SAME = (
    "persons",
    "allegations",
    "consignments",
    "items",
    "plans",
    "tasks",
    "interviews",
    "investigation-reports",
    "review-checklists",
    "bundle-clearances",
    "referrals",
    "threats",
    "retaliation-claims",
    "inspection-watches",
    "outcomes",
    "recommendations",
    "protection-plans",
)
"""Kinds of records whose routes are made by the same function as those of notes."""

SLOW = frozenset({"changePassword", "renewRecoveryCode"})
"""Operations behind a session that cost an Argon2 of 64 MiB."""

NOBODY = "11111111-2222-4333-8444-555555555555"
NOWHERE = {
    "reference": "ZZZZ-ZZZZ",
    "id": NOBODY,
    "identity": NOBODY,
    "proposal": NOBODY,
    "declaration": NOBODY,
    "staff": NOBODY,
    "report": NOBODY,
    "request": NOBODY,
    "unit": NOBODY,
    "office": NOBODY,
    "interest": NOBODY,
    "role": "case_manager",
    "month": "2026-01",
    "code": "nobody",
    "event": NOBODY,
    "leaf_hash": "0" * 64,
    "path": "entries/999",
}
"""Values of path parameters that lead to nothing."""


@dataclass(frozen=True)
class Asked:
    """One request that the interface describes.

    Attributes:
        gates: of its route, as the table of routes names them.
        body: an example of what is sent; None for none.
        raw: it takes bytes.
    """

    method: str
    path: str
    gates: tuple[str, ...]
    operation: str
    body: Any = field(default=None, repr=False)  # Any: JSON
    raw: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def acts(self) -> tuple[str, ...]:
        """The acts of which its gate asks for one; empty when any staff, or others, may pass."""
        return tuple(
            act
            for gate in self.gates
            if gate.startswith("staff: ")
            for act in gate.removeprefix("staff: ").split(", ")
        )

    @property
    def of_staff(self) -> bool:
        """Whether its door is for staff."""
        return any(gate.startswith("staff") for gate in self.gates)

    @property
    def of_reporters(self) -> bool:
        """Whether its door is for who came with a receipt."""
        return any(gate.startswith("reporter") for gate in self.gates)

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def typical(self) -> bool:
        """Whether no other route is made of the same mould."""
        return not any(f"/{kind}" in self.path for kind in MORE_OF_THE_SAME)

    def allows(self, roles: frozenset[str]) -> bool:
        """Whether the permission table lets these roles through its gate."""
        table = catalogue.permissions()
        return not self.acts or any(table.allow(act, roles) for act in self.acts)

    def ask(
        self,
        caller: Caller,
        ids: Mapping[str, str] = NOWHERE,
        *,
        body: Any = None,  # noqa: ANN401 -- JSON
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Response:
        """Send it, with what the description shows unless something else is given."""
        path = self.path.format(**{name: ids[name] for name in self.parameters}) + query
        own: dict[str, Any] = {"headers": dict(headers or {})}
        if self.raw:
            own |= {"content": b"%PDF-1.7 proof", "headers": {**FILE, **own["headers"]}}
        elif self.body is not None or body is not None:
            own["json"] = self.body if body is None else body
        return caller.ask(self.method, path, **own)


def doors(world: World) -> list[Door]:
    """Every way in, with its gates."""
    return routes_with_gates(world.client.app)  # type: ignore[arg-type]


# Any: an OpenAPI document.
@cache
def described() -> dict[str, Any]:
    """The committed description; that it is the one the service gives has a test of its own."""
    found: dict[str, Any] = json.loads(COMMITTED.read_text("utf-8"))
    return found


def requests(world: World) -> list[Asked]:
    """Every request, in the order of paths; what the description leaves out has no body."""
    return list(_requests(world))


def _requests(world: World) -> Iterator[Asked]:
    paths = described()["paths"]
    for door in doors(world):
        told = paths.get(door.path, {}).get(door.method.lower(), {})
        content = told.get("requestBody", {}).get("content", {})
        operation = told.get("operationId", "")
        bodies = examples().get(operation) or {}
        body = next(iter(bodies.values()), None)
        if operation in {"submitReport", "submitAtDesk"}:
            name = content["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
            body = described()["components"]["schemas"][name]["examples"][0]
        yield Asked(
            door.method,
            door.path,
            door.gates,
            operation,
            body,
            raw="application/octet-stream" in content,
        )


def roles_of(world: World, part: str) -> frozenset[str]:
    """The roles that somebody of the cast holds anywhere."""
    username = world.as_(part).username
    return frozenset(next(one.roles for one in world.cast.staff if one.username == username))


ANYBODY = (
    *("manager", "admin", "protector", "desk", "statistician", "lead", "counsel", "reviewer"),
    *("head", "custodian", "analyst", "dpo", "auditor", "decider", "evidence", "triage"),
)
"""People who together pass every gate, those first who pass most."""


def somebody(world: World, plot: Plot, asked: Asked, *first: str) -> Caller:
    """Somebody whom the gate of a request lets through; of staff the first who fits."""
    if asked.of_reporters:
        return plot.reporter.caller
    if not asked.of_staff:
        return world.anybody()
    parts = (*first, *ANYBODY)
    return world.as_(next(one for one in parts if asked.allows(roles_of(world, one))))


def problem(answer: Response) -> str:
    """The code of an answer that is a problem document; empty for one that is none."""
    if answer.is_success:
        return ""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"] == f"/problems/{told['code']}"
    return str(told["code"])


def places(plot: Plot, asked: Asked) -> dict[str, str]:
    """Path parameters that lead to something, where there is something."""
    kind = asked.path.removeprefix("/v1/cases/{reference}/").split("/", maxsplit=1)[0]
    return NOWHERE | {
        "reference": plot.life.reference,
        "identity": plot.things.get(kind, plot.exhibit),
        "proposal": plot.proposal,
        "declaration": plot.declaration,
        "id": plot.exhibit,
    }


def refused(answer: Response, where: str) -> str:
    """The code of a problem; nothing of what was sent is in it."""
    assert 400 <= answer.status_code < 500, f"{where}: {answer.status_code} {answer.text[:300]}"
    assert MARKER not in answer.text + str(answer.headers), where
    assert "\x00" not in answer.text, where
    return problem(answer)


def rows(world: World) -> dict[str, int]:
    """Rows by table, but for the trail's: a refusal may leave its trace there."""
    tables = MetaData()
    with world.house.engine.connect() as db:
        tables.reflect(db)
        return {
            name: db.execute(select(func.count()).select_from(one)).scalar_one()
            for name, one in tables.tables.items()
            if not name.startswith("audit_")
        }


# The table of routes


def table(found: list[Door]) -> str:
    """Doors and their gates as lines of text."""
    width = max(len(f"{door.method} {door.path}") for door in found)
    lines = [
        f"{f'{door.method} {door.path}':<{width}}  {' + '.join(door.gates) or 'NOBODY GUARDS IT'}"
        for door in found
    ]
    return "\n".join(lines) + "\n"
