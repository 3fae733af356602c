"""No look without its event, no change without its event; and when nothing can be written, nothing is lost."""

from __future__ import annotations

import errno
from base64 import urlsafe_b64decode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text
from sqlmodel import func, select

from cases.audit import log
from cases.models.case import Case
from cases.models.trail import AuditBody, AuditEvent
from cases.sealing.blobs import BlobWriter
from tests.api.asking import FILE, NOWHERE, Asked, places, problem, requests, rows
from tests.api.inhabited import inhabit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from cases.audit.events import Body
    from tests.api.inhabited import Plot
    from tests.life import Life
    from tests.world import World

SAID = "Nightjars47"
"""In everything that lies in the case."""

NO_CONTENT = frozenset(
    {
        "me",
        "listUnits",
        "listOffices",
        "listStaff",
        "readStaff",
        "listMembers",
        "listHouseProposals",
        "readCalendar",
    }
)
"""Looks at who works here, and on which days: nothing that was sealed."""
UNSEALED = frozenset(
    {
        "readCheckpoint",
        "readVerifierKey",
        "readTile",
        "proveInclusion",
        "proveConsistency",
        "readAuditReceipt",
        "logHealth",
    }
)
"""What is served of the trail without a text: numbers that say nothing of anybody."""
OF_NO_CASE = frozenset(
    {"readMailbox", "listReporterTexts", "listCertificates", "listInterests", "listReferralBodies"}
)
"""One's own settings, the words of the house, the registers of the staff and of other authorities."""
OF_A_CHOICE = frozenset({"readSubjectExtract", "readBundle"})
"""For whom, or of which things, is said in the asking: their own tests have them."""
WITHOUT_CASE = NO_CONTENT | UNSEALED | OF_NO_CASE | OF_A_CHOICE
MANY = frozenset(
    {"listCases", "countCases", "listProposals", "listRelatedCases", "readEvidence", "readCustody"}
)
"""Looks at many cases, or into items to see whether a file may be had: as many events as it takes."""
ONLY = {
    "figures": "head",
    "release_identity": "head",
    "export_case": "head",
    "grant_identity": "custodian",
}
"""Act that managers do not have -> who has it."""
AFTER_TWO_AGREED = frozenset({"readExport", "readIdentity"})
"""Nobody agreed to one here."""


@pytest.fixture(scope="module")
def plot(world: World) -> Plot:
    """A case with one of everything in it."""
    found = inhabit(world, body=f"It was {SAID} at the gate.")
    found.life.add("manager", "notes", text=f"{SAID} again.")
    world.sequencing.turn()
    return found


def looks(world: World, plot: Plot) -> Iterator[tuple[Asked, dict[str, str], str]]:
    """Every look of staff that shows anything of a case, with whom it is shown to."""
    ids = NOWHERE | {
        "reference": plot.life.reference,
        "id": plot.exhibit,
        "identity": plot.things["items"],
        "proposal": plot.proposal,
        "month": f"{world.clock.now:%Y-%m}",
        "event": str(history(world, plot.life)[0].id),
    }
    for one in requests(world):
        if one.method == "GET" and one.of_staff and one.operation not in WITHOUT_CASE:
            yield one, ids, next((ONLY[act] for act in one.acts if act in ONLY), "manager")


def events(world: World) -> int:
    """How many events there are."""
    with world.house.glance() as db:
        return db.exec(select(func.count()).select_from(AuditEvent)).one()


def test_every_look_of_staff_at_what_was_sealed_leaves_its_event(world: World, plot: Plot) -> None:
    told = []
    for one, ids, part in looks(world, plot):
        if one.operation in AFTER_TWO_AGREED:
            continue
        caller, before = world.as_(part), events(world)
        answer = one.ask(caller, ids)
        assert answer.is_success, f"{one}: {answer.text}"
        made = events(world) - before
        assert made >= 1 if one.operation in MANY else made == 1, f"{one}: {made} events"
        assert len(answer.headers.get_list("X-Audit-Receipt")) == made, str(one)
        told.append(one.operation)
    assert len(told) > 10
    assert {"readCase", "listCases", "readEvidence", "readProposal"} <= set(told)
    assert {"readTrail", "readTrailEvent", "listLooks"} <= set(told)


def test_who_works_here_is_no_secret_and_leaves_none(world: World, plot: Plot) -> None:
    before = events(world)
    ids = NOWHERE | {"staff": world.id_of("lead"), "reference": plot.life.reference}
    for one in requests(world):
        if one.operation in NO_CONTENT - {"listMembers"}:
            answer = one.ask(world.as_("admin"), ids)
            assert answer.is_success, str(one)
            assert SAID not in answer.text
    assert events(world) == before


def test_a_refused_look_leaves_its_event_whether_the_case_exists_or_not(
    world: World, plot: Plot
) -> None:
    for one, ids, part in looks(world, plot):
        if "{reference}" in one.path:
            outside, made = world.as_(f"outside {part}"), []
            for reference in (plot.life.reference, "ZZZZ-ZZZZ"):
                before = events(world)
                assert one.ask(outside, ids | {"reference": reference}).status_code == 404
                made.append(events(world) - before)
            assert made == [1, 1], str(one)


def test_the_few_words_before_a_declaration_are_a_look_as_well(world: World, plot: Plot) -> None:
    caller, told = world.as_("manager2"), []
    match = {"If-Match": f'"{plot.life.head("manager")["etag"]}"'}
    for one in requests(world):
        if "{reference}" not in one.path or one.operation == "declare":
            continue
        before = events(world)
        answer = one.ask(caller, places(plot, one), headers=match)
        if problem(answer) == "declaration-needed":
            assert events(world) - before == 1, str(one)
            assert len(answer.headers.get_list("X-Audit-Receipt")) == 1, str(one)
            told.append(one.operation)
    assert {"readCase", "readEvidence", "addNote", "writeToReporter", "addEvidence"} <= set(told)
    by_them = [one for one in history(world, plot.life) if str(one.actor.id) == caller.id]
    words = [one.kind for one in by_them if one.d.get("status") == "declaration_needed"]
    assert words == ["case.read"] * len(told)


def test_what_was_opened_to_find_that_a_step_is_not_ready_was_looked_at(world: World) -> None:
    world.pass_over()
    life = world.life().acknowledged().do("triage", "start_triage")
    answer = life.try_("triage", "complete_assessment", **life.assessment())
    assert problem(answer) == "not-ready"
    looked = [one for one in history(world, life) if one.kind == "record.read"]
    assert {part for one in looked for part in one.d["parts"]} >= {"allegation", "person"}
    assert {one.actor.id.hex for one in looked if one.actor.id} == {
        life.who("triage").id.replace("-", "")
    }
    assert len(answer.headers.get_list("X-Audit-Receipt")) == len(looked)


@pytest.mark.parametrize(
    "path", ["/v1/cases?limit=1", "/v1/cases", "/v1/proposals", "/v1/proposals?waiting_for=me"]
)
def test_a_list_is_on_record_with_exactly_the_cases_it_showed(
    world: World, plot: Plot, path: str
) -> None:
    world.report()
    caller = world.as_("head")
    assert plot.proposal
    with world.house.glance() as db:
        before = set(db.exec(select(AuditEvent.event_id)))
    shown = {item["reference"] for item in listed(caller.get(path).json())}
    assert shown
    with world.house.glance() as db:
        rows = [row for row in db.exec(select(AuditBody)) if row.event_id not in before]
        bodies = [log.open_body(db.house.keyring, row, b"").body for row in rows]
        ids = [UUID(bytes=urlsafe_b64decode(f"{one}==")) for body in bodies for one in body.obj]
        recorded = [db.get_one(Case, one).reference for one in ids]
    assert sorted(recorded) == sorted(shown)


def listed(answer: Any) -> list[dict[str, str]]:  # noqa: ANN401 -- JSON
    """The items of a list, paged or not."""
    found: list[dict[str, str]] = answer["items"] if isinstance(answer, dict) else answer
    return found


def history(world: World, life: Life) -> list[Body]:
    """The events of a case, oldest first."""
    with world.house.glance() as db:
        case = db.exec(select(Case).where(Case.reference == life.reference)).one()
        return [one.body for one in log.told_of(db, case.id)]


def test_a_look_whose_event_cannot_be_written_shows_nothing(world: World, plot: Plot) -> None:
    shown = 0
    with no_events(world):
        for one, ids, part in looks(world, plot):
            answer = one.ask(world.as_(part), ids)
            assert (answer.status_code, problem(answer)) == (503, "audit-unavailable"), str(one)
            assert answer.headers["Retry-After"]
            assert SAID not in answer.text
            assert "X-Audit-Receipt" not in answer.headers
            shown += 1
    assert shown > 10


def test_a_change_whose_event_cannot_be_written_is_not_made(world: World, plot: Plot) -> None:
    before, blobs = rows(world), set(world.house.blobs.names())
    life, identity, key = plot.life, uuid4(), str(uuid4())
    match = {"If-Match": f'"{life.head("manager")["etag"]}"'}
    sent = {"body": "Sent while the trail was shut."}
    with no_events(world):
        changes = [
            world.anybody().post("/v1/reports", sent, headers={"Idempotency-Key": key}),
            plot.reporter.caller.post("/v1/reporter/messages", sent),
            plot.reporter.caller.put(f"/v1/reporter/attachments/{identity}", b"x", headers=FILE),
            life.who("manager").post(life.path("notes"), {"text": "Lost?"}),
            life.who("manager").post(life.path("messages"), {"body": "Lost?"}),
            life.who("manager").put(life.path("attachments", str(identity)), b"x", headers=FILE),
            life.who("manager").post(life.path("actions"), {"action": "take", "role": "case_manager"},
                                     headers=match),
            world.as_("admin").post("/v1/offices", {"code": "lost", "name": "Lost", "kind": "post"}),
        ]  # fmt: skip
    for answer in changes:
        assert (answer.status_code, problem(answer)) == (503, "audit-unavailable"), answer.text
        assert "receipt" not in answer.json()
    assert rows(world) == before
    assert set(world.house.blobs.names()) == blobs
    again = world.anybody().post("/v1/reports", sent, headers={"Idempotency-Key": key})
    assert again.status_code == 201
    assert again.json()["receipt"]


@contextmanager
def no_events(world: World) -> Iterator[None]:
    """The table of events takes nothing more."""
    shut = "create trigger shut before insert on audit_event"
    if world.kind == "sqlite":
        make = [f"{shut} begin select raise(abort, 'shut'); end"]
        drop = ["drop trigger shut"]
    else:
        body = "$$ begin raise exception 'shut'; end $$"
        make = [
            f"create function shut() returns trigger language plpgsql as {body}",
            f"{shut} for each row execute function shut()",
        ]
        drop = ["drop trigger shut on audit_event", "drop function shut()"]
    run(world.house.engine, make)
    try:
        yield
    finally:
        run(world.house.engine, drop)


def run(engine: Engine, statements: list[str]) -> None:
    """Do what only an owner of the database may."""
    with engine.begin() as db:
        for one in statements:
            db.execute(text(one))


# A full disk


@pytest.mark.parametrize("who", ["reporter", "staff"])
def test_a_file_for_which_there_is_no_room_leaves_nothing_and_can_be_sent_again(
    world: World, plot: Plot, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = who == "staff"
    caller = world.as_("manager") if staff else plot.reporter.caller
    base = plot.life.path("attachments") if staff else "/v1/reporter/attachments"
    path, before, blobs = f"{base}/{uuid4()}", rows(world), set(world.house.blobs.names())

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, SAID)

    for part in ("write", "commit"):
        with monkeypatch.context() as patch:
            patch.setattr(BlobWriter, part, full)
            answer = caller.put(path, b"Z" * 300_000, headers=FILE)
        assert (answer.status_code, problem(answer)) == (503, "storage-full")
        assert SAID not in answer.text
        assert rows(world) == before
        assert set(world.house.blobs.names()) == blobs
    assert caller.put(path, b"Z" * 300_000, headers=FILE).status_code == 201


@pytest.mark.parametrize("database", ["main", "vault"])
def test_a_database_for_which_there_is_no_room_loses_nothing(
    world: World, plot: Plot, database: str
) -> None:
    if world.kind != "sqlite":
        pytest.skip("a PostgreSQL server is not filled up for one test; its code 53100 is mapped")
    engine = world.house.engine if database == "main" else world.house.vault._engine
    before, key, life = rows(world), str(uuid4()), plot.life
    sent = {"body": f"{SAID} {'and so on ' * 5_000}"}
    with full_database(engine):
        answers = []
        for _ in range(30):  # until the pages that are free already are used up
            answers.append(world.anybody().post("/v1/reports", sent))
            if not answers[-1].is_success:
                break
        kept = len(answers) - 1
        refused: list[Any] = [answers[-1]]
        refused.append(world.anybody().post("/v1/reports", sent, headers={"Idempotency-Key": key}))
        if database == "main":
            refused.append(life.who("manager").post(life.path("notes"), {"text": "Z" * 9_000}))
            refused.append(plot.reporter.caller.post("/v1/reporter/messages", sent))
        code = "storage-full" if database == "main" else "unavailable"
        for answer in refused:
            assert (answer.status_code, problem(answer)) == (503, code)
            assert SAID not in answer.text
        assert rows(world)["cases"] == before["cases"] + kept
    again = world.anybody().post("/v1/reports", sent, headers={"Idempotency-Key": key})
    assert again.status_code == 201
    assert rows(world)["cases"] == before["cases"] + kept + 1


@contextmanager
def full_database(engine: Engine) -> Iterator[None]:
    """A database that may not grow."""

    def shut(connection: Any, *_: object) -> None:  # noqa: ANN401 -- of the driver
        connection.execute("PRAGMA max_page_count = 1")  # it takes the size there is as its least

    def opened(connection: Any, *_: object) -> None:  # noqa: ANN401 -- of the driver
        connection.execute("PRAGMA max_page_count = 1073741823")

    event.listen(engine, "checkout", shut)
    try:
        yield
    finally:
        event.remove(engine, "checkout", shut)
        event.listen(engine, "checkout", opened)
