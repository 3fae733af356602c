"""With the stolen bytes and a part of what opens them: another root secret, or the wrong unit's people.

And what the bytes say of when a reporter was there.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import MetaData, select
from sqlmodel import col
from sqlmodel import select as rows_of

from api.main import create_app
from cases import intake
from cases.audit import log
from cases.conflicts import WallMemory
from cases.errors import DirectoryBroken, EnvelopeInvalid, SignInFailed, WrongReceipt
from cases.models.case import Attachment, Case, CaseWrap, Record, Report
from cases.models.trail import AuditBody, AuditEvent
from cases.sealing import passwords, receipts
from cases.sealing.directory import HeadMemory
from cases.sealing.hierarchy import StaffKeys
from cases.sealing.vault import Vault
from cases.staff import signin
from tests.api.inhabited import inhabit
from tests.world import FIRST_DAY, a_world, run_folder, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.database import House
    from tests.world import World

TICK_MINUTES = 60


def with_another_root(house: House) -> House:
    """The same databases, blobs and vault key, opened with another root secret."""
    keys = replace(house.keyring, roots=dict.fromkeys(house.keyring.roots, secrets.token_bytes(32)))
    return replace(
        house,
        keyring=keys,
        vault=Vault(house.vault._engine, keys),
        heads=HeadMemory(),
        walls=WallMemory(),
    )


def test_the_right_receipt_or_password_opens_nothing_under_another_root_secret(
    world: World,
) -> None:
    life = world.life()
    digits, salt = receipts.normalise(life.reporter.receipt), world.house.keyring.salt
    stretched = receipts.stretch(digits, salt)
    thief = with_another_root(world.house)
    with pytest.raises(DirectoryBroken):
        create_app(world.settings, house=thief)
    with thief.unit_of_work() as db, pytest.raises(WrongReceipt):
        intake.enter(db, stretched)
    person = world.cast.staff[0]
    with world.house.glance() as db:
        salted = signin.find_stretching(db, person.username)
    typed = passwords.stretch(person.password, salted.salt, salted.parameters)
    refusals = (DirectoryBroken, SignInFailed, EnvelopeInvalid)
    with pytest.raises(refusals), thief.unit_of_work() as db:
        signin.sign_in(db, person.username, stretched=typed, printed=person.password)
    # With the right one, the same bytes open: it is the root secret that was missing.
    with world.house.unit_of_work() as db:
        assert intake.enter(db, stretched).token
        assert signin.sign_in(db, person.username, stretched=typed).token


def test_to_the_excluded_unit_a_report_about_it_is_sealed_in_no_way(world: World) -> None:
    plot = inhabit(world, "outside", body="About the head of internal affairs.")
    with world.house.glance() as db:
        case = db.exec(rows_of(Case).where(Case.reference == plot.life.reference)).one()
        reports = db.exec(rows_of(Report).where(Report.case_id == case.id)).all()
        wraps = db.exec(rows_of(CaseWrap).where(CaseWrap.case_id == case.id)).all()
        inside = {
            one.username for one in world.cast.staff if not one.username.startswith("outside.")
        }
        units = {
            one["id"]: one["code"] for one in said(world.as_("admin").get("/v1/units"))["items"]
        }
        recipients = {units.get(str(one.recipient), str(one.recipient)) for one in wraps}
        assert recipients.isdisjoint({"main", "protection", "custody"})
        assert recipients.isdisjoint({world.as_(name).id for name in inside})
        assert wraps
        for name in inside:
            keys = StaffKeys(db, signin.visit(db, world.as_(name).token or "").actor)
            assert not keys.case_keys([case]), name
            assert reports
    with world.house.glance() as db:
        keys = StaffKeys(db, signin.visit(db, world.as_("outside manager").token or "").actor)
        assert keys.case_keys([case])


# When somebody was there


@pytest.fixture(scope="module")
def hourly(pytestconfig: pytest.Config, world: World) -> Iterator[World]:
    """A world in which what reporters send is handed over once an hour."""
    with ExitStack() as undo:
        run = run_folder(pytestconfig)
        yield a_world(run, world.kind, undo, reporter_tick_minutes=TICK_MINUTES)


def test_what_is_stored_of_a_reporters_acts_is_no_finer_than_the_tick(hourly: World) -> None:
    world, kept, printed = hourly, moments(hourly), len(hourly.printed)
    world.clock.then = lambda: None  # the log's own quarters of an hour are nobody's acts
    world.clock.now = FIRST_DAY.replace(hour=13, minute=37, second=23)
    reporter = world.report(identity={"name": "R. Porter"}).enter()
    world.clock.move(days=47 / 86_400)
    reporter.write("It happened again.")
    reporter.send_file(b"a photo")
    said(reporter.caller.post("/v1/reporter/session/extension"), 200)
    acted = (FIRST_DAY.replace(hour=13, minute=37), FIRST_DAY.replace(hour=13, minute=40))
    for where, moment in moments(world) - kept:
        assert (moment.minute, moment.second) == (0, 0), f"{where}: {moment}"
        assert not acted[0] <= moment <= acted[1], where
    for path in world.house.blobs.root.rglob("*"):
        if path.is_file():
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            assert (written.hour, written.minute, written.second) == (0, 0, 0)
    for told in trail(world, lane=log.LANE_REPORTER):
        assert date.fromisoformat(told.at).isoformat() == told.at  # a day, no hour
        assert told.seq is None
        assert told.actor.id is None
    assert len(world.printed) == printed


def test_staff_see_nothing_of_it_before_the_tick(hourly: World) -> None:
    world = hourly
    before = said(world.as_("triage").get("/v1/cases"), 200)["items"]
    counts = said(world.as_("head").get("/v1/cases/count"), 200)
    reporter = world.report(body="Before the tick.").enter()
    reporter.write("And once more.")
    assert said(world.as_("triage").get("/v1/cases"), 200)["items"] == before
    assert said(world.as_("head").get("/v1/cases/count"), 200) == counts
    with world.house.glance() as db:
        hidden = [
            row
            for table in (Case, Report, Record, Attachment)
            for row in db.exec(rows_of(table).where(col(table.delivered).is_(False)))
        ]
    assert hidden


def moments(world: World) -> set[tuple[str, datetime]]:
    """Every moment that stands in any column of any table, also as seconds since 1970."""
    found: set[tuple[str, datetime]] = set()
    tables = MetaData()
    with world.house.engine.connect() as db:
        tables.reflect(db)
        for table in tables.tables.values():
            for row in db.execute(select(table)).mappings():
                for name, value in row.items():
                    moment = as_moment(value)
                    if moment is not None:
                        found.add((f"{table.name}.{name}", moment))
    return found


def as_moment(value: Any) -> datetime | None:  # noqa: ANN401 -- of any column
    """A value read as a moment of these years, if it can be one."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, int) and not isinstance(value, bool):
        near = abs(value - FIRST_DAY.timestamp()) < timedelta(days=400).total_seconds()
        value = datetime.fromtimestamp(value, UTC) if near else None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def trail(world: World, *, lane: int) -> list[Any]:  # Any: bodies of events
    """The bodies of every event of one lane, opened."""
    with world.house.glance() as db:
        found = db.exec(
            rows_of(AuditBody, AuditEvent)
            .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
            .where(AuditEvent.lane == lane)
        )
        return [log.open_body(db.house.keyring, body, row.leaf).body for body, row in found]
