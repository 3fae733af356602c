"""A case with one of everything in it, so that nothing of it can be reached from elsewhere unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.api.asking import FILE
from tests.world import said

if TYPE_CHECKING:
    from tests.life import Life
    from tests.world import Reporter, World


@dataclass(frozen=True)
class Plot:
    """One case, and the ids of what lies in it by the names of path parameters and paths."""

    life: Life
    reporter: Reporter
    report: str
    file: str
    """Of the reporter."""
    exhibit: str
    """Of staff."""
    proposal: str
    declaration: str
    things: dict[str, str]
    """Last part of the path -> id."""


def inhabit(world: World, unit: str = "main", **sent: Any) -> Plot:  # noqa: ANN401 -- JSON
    """Send a report and let people put one of everything into its case."""
    if unit == "outside":
        sent = {"concerns": ["internal_affairs"], **sent}
    reporter = world.report(**sent)
    life = world.life(reporter, unit).acknowledged().do("triage", "start_triage")
    reporter.enter()
    reporter.write("It happened again.")
    file = reporter.send_file(b"the photo that was sent")
    things = _write_everything(life)
    return Plot(
        life=life,
        reporter=reporter,
        report=str(life.read("manager", "reports")["reports"][0]["id"]),
        file=file,
        exhibit=_exhibit(life),
        proposal=life.propose(
            "manager", "grant", staff=life.who("dpo").id, reason="They asked to look."
        ),
        declaration=_unsure(life),
        things=things,
    )


THINGS = {
    "persons": {"role": "subject", "name": "C. Example"},
    "notes": {"text": "A note."},
    "allegations": {"category": "AUT-02", "office": "harbour", "procedure": "declaration"},
    "consignments": {"declaration": "D-2026-17", "container": "CSQU3054383"},
    "items": {"title": "Log of the gate", "source_type": "access_log"},
    "plans": {
        "objective": "Find out who opened the gate.",
        "questions": [{"code": "Q1", "text": "Who?"}],
    },
    "tasks": {"title": "Ask for the log"},
    "interviews": {"capacity": "witness"},
    "referrals": {"body": "police", "basis": "article 1", "reprisal_risk": "low"},
    "threats": {
        "on": "2020-03-02",
        "form": "threat",
        "severity": "minor",
        "description": "A call.",
    },
    "inspection-watches": {
        "declarations_before": 40,
        "inspected_before": 4,
        "from_before": "2025-10-01",
        "to_before": "2025-12-31",
        "declarations_after": 12,
        "inspected_after": 12,
        "from_after": "2026-01-01",
        "to_after": "2026-02-01",
    },
    "retaliation-claims": {"form": "duties", "on": "2020-03-02", "description": "Moved away."},
    "outcomes": {"outcome": "disc_reprimand"},
    "recommendations": {"text": "Two people at night."},
    "protection-plans": {"risk": "low"},
}
"""Kind of thing, as in paths -> one of it."""


def _write_everything(life: Life) -> dict[str, str]:
    made = {}
    for kind, value in THINGS.items():
        by = "manager"
        if kind == "protection-plans":
            by = "protector"
            life.assign("manager", "protection_officer", by)
        life.declare(by)
        answer = said(life.who(by).post(life.path(kind), value), 201)
        if answer["declare_again"]:
            life.declared.clear()
        made[kind] = str(answer["id"])
    return made


def _exhibit(life: Life) -> str:
    identity = str(uuid4())
    path = life.path("attachments", identity)
    said(life.who("manager").put(path, b"a page of the log", headers=FILE), 201)
    return identity


def _unsure(life: Life) -> str:
    unsure = {"conflict": "unsure", "reason": "We are neighbours."}
    said(life.who("head2").post(life.path("declaration"), unsure), 201)
    life.declare("head")
    [waiting] = said(life.who("head").get(life.path("declarations")), 200)["items"]
    assert waiting["reason"]
    return str(waiting["id"])
