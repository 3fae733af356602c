"""Whoever steals everything that is stored finds no word that anybody wrote."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlmodel import select

from cases.models.case import Case
from tests.api.inhabited import inhabit
from tests.attacks import haystack
from tests.attacks.haystack import Marks, forms
from tests.attacks.marking import ADDRESS, MarkingClient, every_text, marking
from tests.stories import longer, routes
from tests.stories.calendar import Calendar
from tests.stories.people import ONCE
from tests.world import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.life import Life
    from tests.stories.routes import Route
    from tests.world import World

OF_THE_TESTS = ("demo.json", "members.json")
"""Files of the demo and of the tests themselves: who can sign in, and with what."""

EVERYTHING = {
    "body": "It happened at the northern gate.",
    "type": "wrongdoing",
    "category": "COR-01",
    "office": "harbour",
    "procedure": "declaration",
    "place": "Behind the third shed",
    "occurred_from": "2026-02-01",
    "relation": "citizen",
    "identity": {"name": "R. Porter", "contact": "Ring in the evening"},
    "subjects": [{"name": "S. Ubject", "role": "subject", "staff_number": "X 99"}],
}


@dataclass
class Loot:
    """A world in which everything was said, and what was said in it."""

    world: World
    marks: Marks
    through: MarkingClient
    secrets: dict[str, str] = field(default_factory=dict)
    """What each receipt, token and password is, by its name."""
    log: list[str] = field(default_factory=list)

    def words(self) -> dict[str, dict[str, bytes]]:
        """Everything that must be nowhere, in every form."""
        secret = {name: forms(word) for name, word in self.secrets.items()}
        return {"a mark": forms(self.marks.stem), **secret}

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """Everything that a thief of all disks has."""
        yield from haystack.files(self.world.directory, *OF_THE_TESTS)
        if self.world.kind == "postgres":
            yield from haystack.tables(self.world.settings.database_url.get_secret_value())
            yield from haystack.tables(self.world.settings.vault_url.get_secret_value())


@contextmanager
def everything_said(world: World) -> Iterator[Loot]:
    """Reports that go every way, with a mark in everything that anybody writes."""
    marks, records = Marks(), _Kept()
    logging.getLogger().addHandler(records)

    def state_of(reference: str) -> str:
        with world.house.glance() as db:
            return db.exec(select(Case.state).where(Case.reference == reference)).one()

    marked, through = marking(world, marks, state_of=state_of)
    found = Loot(marked, marks, through, log=records.lines)
    _tell(found)
    for part in ("manager", "outside head", "admin"):
        found.secrets[f"the token of {part}"] = marked.as_(part).token or ""
    found.secrets["the password"] = marked.cast.staff[0].password
    yield found
    logging.getLogger().removeHandler(records)


def _tell(loot: Loot) -> None:
    world = loot.world
    for unit in ("main", "outside"):
        plot = inhabit(world, unit, **EVERYTHING)
        _ask_for_everything(loot, plot.reporter.caller)
        _act_beside(plot.life)
        loot.secrets[f"a receipt ({unit})"] = plot.reporter.receipt.replace(" ", "")
        loot.secrets[f"a receipt as shown ({unit})"] = plot.reporter.receipt
        loot.secrets[f"a reporter's token ({unit})"] = plot.reporter.caller.token or ""
    told = world.life(world.report(desk=True))
    told.do("triage", "acknowledge", transcript_reason="She had to leave.")
    told.reporter.enter()
    if world.kind == "sqlite":
        _go_every_way(Calendar(world))


def _go_every_way(calendar: Calendar) -> None:
    """Reports go every way the workflow knows, until one comes back from the archive."""
    first = calendar.begin(routes.is_assessed, office="harbour")
    calendar.to(calendar.today + timedelta(days=6))
    reviewed = [_reviewed(way) for way in (routes.refused, routes.nothing_to_it, longer.monitored)]
    for way in (routes.resolved_locally, longer.joined_to(first), *reviewed):
        calendar.begin(way)
    for way, sent in ONCE:
        calendar.begin(way, **sent)
    archived = calendar.begin(longer.goes_to_the_prosecutor)
    calendar.to(calendar.today + timedelta(days=40))
    calendar.leap_to(calendar.today + timedelta(days=40))
    archived.came("archive", "archived")
    archived.both("head", "manager", "unarchive", reasons="The court asks for it.")


def _reviewed(route: Route) -> Route:
    """A way at whose end the oversight body asks for a review."""

    def way(life: Life) -> Iterator[int]:
        yield from route(life)
        yield 1
        life.do("overseer", "request_review", grounds="It should be looked at again.")

    return way


def _ask_for_everything(loot: Loot, caller: Any) -> None:  # noqa: ANN401 -- a caller of the world's
    """What reporters ask for, and requests of all kinds that are refused."""
    for action, more in {
        "withdraw": {"reason": "It was paid back."},
        "give_name": {"name": "R. Porter", "contact": "At home."},
        "request_review": {"grounds": "Nobody asked."},
    }.items():
        caller.post("/v1/reporter/actions", {"action": action, **more})
    mark = loot.marks("somewhere it is refused")
    anybody = loot.world.anybody()
    for body in (
        {"body": mark, "category": mark},
        {"body": "", mark: mark},
        {"body": [mark]},
        mark,
    ):
        assert not loot.through.client.request("POST", "/v1/reports", json=body).is_success
    for path in (f"/v1/{mark}", f"/v1/intake?utm={mark}", f"/{mark}?{mark}"):
        anybody.get(path)
    anybody.get("/v1/me", headers={"Authorization": f"Bearer {mark}"})
    anybody.post("/v1/reports", {"body": "No"}, headers={"Idempotency-Key": mark})
    # One that is long enough is taken.
    said = {"body": "Sent twice."}
    answer = anybody.post("/v1/reports", said, headers={"Idempotency-Key": mark * 2})
    loot.world.life(Reporter(loot.world, said, answer.json(), "en"))
    anybody.post("/v1/session", {"username": mark, "password": f"{mark} {mark}"})
    anybody.post("/v1/reporter/session", {"receipt": mark})
    caller.put(f"/v1/reporter/attachments/{uuid4()}", b"x", headers={"Content-Disposition": mark})


def _act_beside(life: Any) -> None:  # noqa: ANN401 -- a life of the world's
    """Acts that are no step, and a refusal with its reason."""
    life.do("manager", "set_priority", priority="P2", reason="The goods spoil.")
    life.do("head", "hold", reason="A court asked for it.")
    lifting = life.propose("head", "lift_hold", reason="The court is done.")
    life.assign("manager", "legal_counsel", "counsel")
    life.declare("counsel")
    assert life.answer("counsel", lifting, "refusal").status_code == 204


class _Kept(logging.Handler):
    """Everything that is logged, with whatever hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {vars(record)}")


def test_a_thief_of_everything_stored_finds_no_word_that_anybody_wrote(world: World) -> None:
    # One test, because to say everything that can be said takes longer than to look for it.
    with everything_said(world) as loot:
        if (
            world.kind == "sqlite"
        ):  # on the other one some ways are enough: sealing knows no database
            missing = sorted(every_text() - loot.through.texts)
            assert not missing
        assert len(loot.marks.places) > 300
        nothing_is_stored(loot)
        nothing_is_printed(loot)
        nothing_is_said_back(loot)


def nothing_is_stored(loot: Loot) -> None:
    """No word, no receipt, token or password, and no address, in any file or table."""
    words, size = loot.words() | {"an address": forms(ADDRESS)}, 0
    for name, data in loot.stored():
        size += len(data)
        assert not haystack.found(words, data), name
    assert size > 500_000


def nothing_is_printed(loot: Loot) -> None:
    """Receipts of the trail, and nothing else."""
    words = loot.words()
    for line in (*loot.log, *loot.world.printed):
        assert not haystack.found(words, line.encode())
        assert ADDRESS not in line
    assert loot.world.printed
    receipt = re.compile(r'\{"audit_receipt":"[0-9a-f]{64}"\}')
    assert all(receipt.fullmatch(one) for one in loot.world.printed)


def nothing_is_said_back(loot: Loot) -> None:
    """No refusal repeats what was sent."""
    assert len(loot.through.answers) > 15
    words = loot.words()
    for answer in loot.through.answers:
        assert not haystack.found(words, answer.encode())
