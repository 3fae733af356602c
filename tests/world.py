"""The demo's administration behind its public interface, for tests over HTTP.

    world.as_("triage").get("/v1/cases")             # somebody of the cast, signed in already
    reporter = world.report(body="…", office="harbour", language="fr")
    reporter.enter()                                 # … comes back with the receipt
    life = world.life(reporter)                      # the same report as staff see it (tests/life.py)
    world.pass_days(31)                              # moves the clock and does what is due

A demo is made once per run for each kind of database, everybody signed in; a module gets a copy of its
own, with a clock that stands still until it is moved. Ask for it in a conftest of the folder:

    from tests.world import world  # noqa: F401
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from api import demo, sequencing, settings, wiring
from api.main import create_app
from api.sequencing import Sequencing
from cases import deadlines, retention
from cases.sealing import receipts
from tests import demos
from tests.cases.builders import Clock
from tests.databases import KINDS, Kind
from tests.inprocess import Client
from tests.life import Life

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from httpx2 import Response

    from cases.database import House

FIRST_DAY = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
"""When stories begin: a Monday."""

PARTS = {
    "desk": "intake_officer",
    "triage": "triage_officer",
    "manager": "case_manager",
    "head": "head_ia",
    "lead": "lead_investigator",
    "investigator": "investigator",
    "analyst": "analyst",
    "reviewer": "quality_reviewer",
    "counsel": "legal_counsel",
    "decider": "decision_authority",
    "protector": "protection_officer",
    "custodian": "identity_custodian",
    "evidence": "evidence_custodian",
    "national": "national_committee",
    "auditor": "internal_auditor",
    "dpo": "dpo",
    "statistician": "statistics_officer",
    "admin": "system_admin",
    "committee": "local_committee",
}
"""Name in stories -> role in a handling unit. `manager2` is the second one of the main unit, `outside manager`
one of the outside unit."""
BESIDE = {"reviser": ("review_officer", "review"), "overseer": ("oversight_body", "review")}

LANGUAGES = ("en", "fr", "es", "pt", "ar")


def said(answer: Response, *codes: int) -> Any:  # noqa: ANN401 -- JSON
    """What an answer says, once it is one of those that were hoped for."""
    hoped = codes or (200, 201, 202, 204)
    assert answer.status_code in hoped, f"{answer.request.method} {answer.url}: {answer.text}"
    is_json = answer.headers.get("content-type", "").startswith("application/")
    return answer.json() if answer.content and is_json else None


def code(answer: Response) -> tuple[int, str]:
    """Status and code of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


@dataclass(frozen=True)
class Caller:
    """Somebody at the door, who says who they are and what they read."""

    client: Client = field(repr=False)
    token: str | None = field(default=None, repr=False)
    language: str = "en"

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401 -- as the client takes it
    ) -> Response:
        """One request, as this caller."""
        own = {"Accept-Language": self.language}
        if self.token is not None:
            own["Authorization"] = f"Bearer {self.token}"
        return self.client.request(method, path, headers=own | dict(headers or {}), **more)

    def get(self, path: str, **more: Any) -> Response:  # noqa: ANN401
        """GET."""
        return self.ask("GET", path, **more)

    def post(self, path: str, json: object = None, **more: Any) -> Response:  # noqa: ANN401
        """POST JSON."""
        return self.ask("POST", path, json=json, **more)

    def put(self, path: str, content: bytes, **more: Any) -> Response:  # noqa: ANN401
        """PUT bytes."""
        return self.ask("PUT", path, content=content, **more)

    def patch(self, path: str, json: object, **more: Any) -> Response:  # noqa: ANN401
        """PATCH JSON."""
        return self.ask("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> Response:  # noqa: ANN401
        """DELETE."""
        return self.ask("DELETE", path, **more)


@dataclass(frozen=True)
class Member(Caller):
    """One of the cast, signed in."""

    id: str = ""
    username: str = ""


@dataclass
class Reporter:
    """Somebody who sent a report and kept the receipt.

    Attributes:
        sent: what they sent; only tests remember it.
        answer: what they were answered.
        caller: with a session, after `enter`.
    """

    world: World
    sent: dict[str, Any]
    answer: dict[str, Any]
    language: str
    reference: str = ""
    unit: str = "main"
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.caller = Caller(self.world.client, language=self.language)

    @property
    def receipt(self) -> str:
        """The only way back."""
        return str(self.answer["receipt"])

    def enter(self) -> Reporter:
        """Come back with the receipt."""
        opened = said(self.caller.post("/v1/reporter/session", {"receipt": self.receipt}), 201)
        self.caller = Caller(self.world.client, opened["token"], self.language)
        if "renew_receipt" in opened["must"]:
            renewed = said(self.caller.post("/v1/reporter/receipt", {}), 201)
            self.answer["receipt"] = renewed["receipt"]
            self.caller = Caller(self.world.client, renewed["token"], self.language)
        return self

    def report(self) -> dict[str, Any]:
        """How the report stands, with its thread."""
        found: dict[str, Any] = said(self.caller.get("/v1/reporter/report"), 200)
        return found

    def write(self, body: str) -> None:
        """Send a message."""
        said(self.caller.post("/v1/reporter/messages", {"body": body}), 201)

    def act(self, action: str, **more: object) -> None:
        """Ask for something."""
        said(self.caller.post("/v1/reporter/actions", {"action": action, **more}), 202)

    def send_file(self, content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> str:
        """Add a file; its id."""
        identity = str(uuid4())
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Type": kind,
        }
        path = f"/v1/reporter/attachments/{identity}"
        said(self.caller.put(path, content, headers=headers), 201)
        return identity


@dataclass
class World:
    """One administration, its doors and its clock.

    Attributes:
        kind: of its databases.
        directory: what it keeps on disk: keys, blobs and, on SQLite, the databases.
        house: the house behind the doors, for tests that look inside.
        client: an anonymous one, in-process; safe to use from several threads.
        sequencing: the sequencer, which works when it is told to.
        printed: the receipts of staff events, as lines.
    """

    kind: Kind
    directory: Path
    settings: settings.Settings
    house: House = field(repr=False)
    client: Client = field(repr=False)
    sequencing: Sequencing = field(repr=False)
    clock: Clock
    cast: demo.DemoCast = field(repr=False)
    members: dict[str, Member] = field(repr=False)
    printed: list[str] = field(default_factory=list, repr=False)
    known: dict[str, set[str]] = field(default_factory=dict, repr=False)

    def as_(self, part: str) -> Member:
        """Somebody of the cast: `triage`, `manager2`, `outside head`, `overseer`, or a user name."""
        return self.members[part if part in self.members else self._username(part)]

    def id_of(self, part: str) -> str:
        """The id of somebody of the cast."""
        return self.as_(part).id

    def anybody(self, language: str = "en") -> Caller:
        """Somebody who did not sign in."""
        return Caller(self.client, language=language)

    def report(self, *, language: str = "en", desk: bool = False, **sent: Any) -> Reporter:  # noqa: ANN401
        """Send a report, as its author or, with `desk`, as the desk that writes it down."""
        body = {"body": "Something happened at the gate."} | sent
        by = self.as_("desk") if desk else self.anybody()
        if desk:
            told = {"stated_on": f"{self.clock.now:%Y-%m-%d}", "consent": True, "channel": "phone"}
            body = told | body
        headers = {"Accept-Language": language}
        answer = said(by.post("/v1/cases" if desk else "/v1/reports", body, headers=headers), 201)
        return Reporter(self, body, answer, language)

    def life(self, reporter: Reporter | None = None, unit: str = "main", **sent: Any) -> Life:  # noqa: ANN401
        """A report as staff see it: the newest case of a unit's queue that no life knows yet."""
        reporter = reporter or self.report(**sent)
        prefix = "" if unit == "main" else f"{unit} "
        [reference] = self.pass_over(unit)
        reporter.reference, reporter.unit = reference, unit
        return Life(self, reference, reporter, prefix)

    def pass_over(self, unit: str = "main") -> set[str]:
        """Let the cases of today that no life knows yet be known to nobody; their references."""
        known = self.known.setdefault(unit, set())
        query = f"?state=received&received_from={self.clock.now:%Y-%m-%d}&limit=200"
        triage = self.as_("triage" if unit == "main" else f"{unit} triage")
        new = {item["reference"] for item in said(triage.get(f"/v1/cases{query}"), 200)["items"]}
        new -= known
        known |= new
        return new

    def pass_days(self, days: float) -> int:
        """Move the clock and let the service do what is due."""
        self.clock.move(days=days)
        return self.run_due()

    def run_due(self) -> int:
        """What the worker does by itself."""
        done = deadlines.run_due(self.house) + retention.finish_orders(self.house)
        return done + retention.forget_identities(self.house)

    def restart_sequencing(self) -> None:
        """As after its process died: it remembers what its folder says."""
        self.sequencing = a_sequencer(self.settings, self.house)
        self.clock.then = self.sequencing.turn

    def _username(self, part: str) -> str:
        unit, _, name = part.rpartition(" ")
        nth = int(name[-1]) - 1 if name[-1].isdigit() else 0
        name = name.rstrip("0123456789")
        role, where = BESIDE.get(name) or (PARTS[name], unit or "main")
        return self.cast.person(role, where, nth).username


@pytest.fixture(scope="module", params=KINDS)
def world(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[World]:
    """An administration of this module's own, on SQLite and again on PostgreSQL."""
    with ExitStack() as undo:
        undo.enter_context(lightly())
        yield a_world(run_folder(pytestconfig), request.param, undo)


@contextmanager
def lightly() -> Iterator[None]:
    """Without what a report and a day cost most, and what has tests of its own.

    Receipts are stretched with a fraction of the memory, and the tree is looked through once a month.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receipts, "MEMORY_KIB", 64)
        patch.setattr(sequencing, "SCRUB_EVERY", timedelta(days=30))
        yield


def run_folder(config: pytest.Config) -> Path:
    """The folder of this run (`tests/conftest.py`)."""
    from tests.conftest import RUN  # noqa: PLC0415 -- conftest is loaded before, and imports no test

    return config.stash[RUN]


def a_world(
    run: Path,
    kind: Kind,
    undo: ExitStack,
    **chosen: object,
) -> World:
    """A copy of the run's demo, open for business.

    Args:
        run: the folder of the run.
        undo: takes it away again.
        chosen: settings; what reporters send is visible at once unless they say otherwise.
    """
    directory, urls = demos.a_copy(run, kind, undo)
    choices: dict[str, object] = {"reporter_tick_minutes": 0, **urls, **chosen}
    chosen_settings = settings.for_directory(directory, **choices)
    clock, printed = Clock(FIRST_DAY), list[str]()
    house = wiring.open_house(chosen_settings, clock=clock, publish_receipt=printed.append)
    undo.callback(house.close)
    for engine in (house.engine, house.vault._engine):
        event.listen(engine, "connect", _hurry)
        engine.dispose()  # what is open already would not hear of it
    app = create_app(chosen_settings, house=house, background=False)
    client = undo.enter_context(Client(app))
    works = a_sequencer(chosen_settings, house)
    clock.then = works.turn  # nobody may look where the log is older than a day
    works.turn()
    people = json.loads((directory / demos.MEMBERS).read_text("utf-8"))
    return World(
        kind=kind,
        directory=directory,
        settings=chosen_settings,
        house=house,
        client=client,
        sequencing=works,
        clock=clock,
        cast=demos.cast_of(directory),
        members={name: Member(client, **one, username=name) for name, one in people.items()},
        printed=printed,
    )


def a_sequencer(chosen: settings.Settings, house: House) -> Sequencing:
    """A sequencer that works when it is told to."""
    return Sequencing(
        partial(wiring.open_log, chosen, house.engine),
        tick=house.terms.reporter_tick,
        clock=house.now,
        steady=lambda: house.now().timestamp(),
    )


def _hurry(connection: object, _: object) -> None:
    """Nothing here has to outlive a power cut."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")
