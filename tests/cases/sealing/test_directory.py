"""The authenticated directory: what other hands wrote, put back or took away is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import pytest
from sqlalchemy import Table, delete, insert, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, select

from cases.actors import THE_SERVICE, Seat, StaffActor
from cases.conflicts import Subject, route
from cases.database import Work, connect
from cases.errors import DirectoryBroken, EnvelopeInvalid, NotFound
from cases.models.case import (
    Assignment,
    Case,
    Declaration,
    DeclarationStatus,
    Proposal,
    ReporterKey,
)
from cases.models.people import (
    Deployment,
    DirectoryHead,
    Membership,
    Office,
    Posting,
    Staff,
    StaffStatus,
    Unit,
    UnitWrap,
)
from cases.sealing import directory, hpke
from cases.sealing.directory import HeadMemory
from cases.sealing.hierarchy import StaffKeys
from cases.staff.changes import check_directory, record_directory_change, together
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cases.models.base import Authority
    from tests.databases import Backend


@pytest.fixture
def small(backend: Backend, request: pytest.FixtureRequest) -> Iterator[SmallHouse]:
    changes_code = "monkeypatch" in request.fixturenames
    house = a_house(backend, anew=changes_code)
    manager = house.person("case_manager", name="Awa Traoré", number="C-7")
    with house.work() as db:
        db.add(
            Posting(
                staff=manager.id,
                office=house.offices["PORT"],
                since=date(2020, 1, 1),
            )
        )
        record_directory_change(db, THE_SERVICE)
    yield house
    house.close()


def table_of(model: type[Authority]) -> Table:
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


def thief(small: SmallHouse, *statements: object) -> None:
    """Somebody with the database and without the keys."""
    with small.house.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def restarted(small: SmallHouse) -> None:
    """Forget what this process has seen."""
    small.house.heads.n = small.house.heads.since = 0


def refused(small: SmallHouse, model: type[Authority]) -> None:
    with small.look() as db, pytest.raises(DirectoryBroken):
        db.exec(select(model)).all()


CHANGES: list[tuple[type[Authority], Mapping[str, object]]] = [
    (Staff, {"pk": b"\x01" * 1_216}),
    (Staff, {"status": "disabled"}),
    (Staff, {"display_name": "Somebody"}),
    (Staff, {"version": 9}),
    (Unit, {"pk": b"\x01" * 1_216}),
    (Unit, {"inside": False}),
    (Unit, {"epoch": 2}),
    (Membership, {"role": "head_ia"}),
    (Membership, {"holds_key": False}),
    (Office, {"unit": None}),
    (Office, {"parent": None, "name": "x"}),
    (Deployment, {"outside_unit": None}),
    (Deployment, {"retention": {"K1": 1}}),
    (Deployment, {"recovery_pk": b"\x01"}),
    (Posting, {"since": date(2026, 1, 1)}),
    (Staff, {"mac": b""}),
]


@pytest.mark.parametrize(
    ("model", "values"), CHANGES, ids=[f"{one.__name__}-{next(iter(two))}" for one, two in CHANGES]
)
def test_a_row_that_other_hands_changed_is_refused(
    small: SmallHouse, model: type[Authority], values: Mapping[str, object]
) -> None:
    thief(small, update(table_of(model)).values(**values))
    refused(small, model)


def test_what_follows_one_case_is_signed_as_well(small: SmallHouse) -> None:
    life = a_life(small)
    who = small.person("investigator")
    with small.work() as db:
        db.add(Assignment(case_id=life.case, staff=who.id, role="investigator"))
        db.add(
            Declaration(
                case_id=life.case,
                staff=who.id,
                status=DeclarationStatus.UNSURE,
                declared_on=small.house.today(),
            )
        )
        db.add(
            Proposal(
                case_id=life.case,
                action="refuse",
                proposed_by=who.id,
                seq=1,
                state="assessed",
                expires_on=small.house.today(),
            )
        )
        record_directory_change(db, THE_SERVICE)
    thief(
        small,
        update(table_of(Assignment)).values(role="lead_investigator"),
        update(table_of(Declaration)).values(status="free"),
        update(table_of(Proposal)).values(status="confirmed"),
        update(table_of(ReporterKey)).values(pk=hpke.public_key(hpke.new_seed())),
    )
    for model in (Assignment, Declaration, Proposal, ReporterKey):
        refused(small, model)


def test_two_rows_that_changed_places_are_refused(small: SmallHouse) -> None:
    """A swapped public key would receive every new report (37)."""
    table = table_of(Unit)
    with small.house.engine.begin() as connection:
        rows = {row.code: row for row in connection.execute(select_columns(table))}
        for code, other in (("main", "review"), ("review", "main")):
            theirs = rows[other]
            connection.execute(
                update(table)
                .where(table.c.id == rows[code].id)
                .values(pk=theirs.pk, mac=theirs.mac, version=theirs.version)
            )
    with small.look() as db, pytest.raises(DirectoryBroken):
        route(db, (), None, ())


def test_rows_are_not_taken_from_another_installation(small: SmallHouse) -> None:
    row = Staff(username="u", display_name="d", version=1)
    mac = directory.row_mac(small.house.keyring, row)
    other = replace(small.house.keyring, deployment=b"o" * 16)
    assert directory.row_mac(other, row) != mac


def test_a_planted_colleague_with_a_key_of_their_own_opens_no_unit(small: SmallHouse) -> None:
    """(39)"""
    life, seed = a_life(small), hpke.new_seed()
    me, unit = uuid4(), small.units["main"]
    context = small.house.keyring.ctx("unit/sk", unit, 1, me, 1)
    mine = hpke.seal(hpke.public_key(seed), context, hpke.new_seed())  # of no seed of the unit's
    plain = {"username": "x", "display_name": "x", "status": StaffStatus.ACTIVE.value, "epoch": 1}
    thief(
        small,
        insert(table_of(Staff)).values(
            id=me, pk=hpke.public_key(seed), version=1, mac=b"\0" * 32, **plain
        ),
        insert(UnitWrap.__table__).values(  # type: ignore[attr-defined]
            unit=unit, unit_epoch=1, staff=me, staff_epoch=1, blob=mine
        ),
    )
    refused(small, Staff)
    seats = (Seat(unit, "case_manager", holds_key=True),)
    actor = StaffActor(me, "x", "x", 1, seats, "00000000", seed)
    with small.look() as db:
        case = db.get_one(Case, life.case)
        keys = StaffKeys(db, actor)
        with pytest.raises((EnvelopeInvalid, NotFound)):
            keys.case_key(case)
        nobody = StaffActor(me, "x", "x", 1, (), "00000000", seed)
        with pytest.raises(NotFound):
            StaffKeys(db, nobody).case_key(case)


def changed(small: SmallHouse, name: str = "Another") -> None:
    with small.work() as db:
        db.exec(select(Unit).where(Unit.code == "review")).one().name = name
        record_directory_change(db, THE_SERVICE)


def test_the_head_follows_every_change_and_stands_after_a_restart(small: SmallHouse) -> None:
    with small.look() as db:
        assert directory.verify_head(db) == 1
    changed(small)
    with small.look() as db:
        assert directory.verify_head(db) == 2
    restarted(small)
    with small.look() as db:
        check_directory(db)


@pytest.mark.parametrize("model", [Staff, Unit, Membership, Office, Posting])
def test_an_older_genuine_row_that_is_put_back_is_refused(
    small: SmallHouse, model: type[Authority]
) -> None:
    table = table_of(model)
    with small.house.engine.begin() as connection:
        old = connection.execute(select_columns(table)).first()
    assert old is not None
    with small.work() as db:
        row = db.get_one(model, old.id)
        if isinstance(row, Staff):
            row.status = StaffStatus.DISABLED
        elif isinstance(row, Unit):
            row.epoch += 1
        elif isinstance(row, Membership):
            row.holds_key = False
        elif isinstance(row, Office):
            row.staff_count += 1
        else:
            cast("Posting", row).until = date(2026, 2, 1)
        record_directory_change(db, THE_SERVICE)
    thief(small, update(table).where(table.c.id == old.id).values(**old._mapping))
    with small.look() as db:
        db.exec(select(model)).all()  # each row by itself is genuine
    restarted(small)
    with small.look() as db, pytest.raises(DirectoryBroken):
        check_directory(db)


@pytest.mark.parametrize("model", [Membership, Posting])
def test_a_row_that_was_taken_away_or_comes_again_is_refused(
    small: SmallHouse, model: type[Authority]
) -> None:
    table = table_of(model)
    with small.house.engine.begin() as connection:
        old = connection.execute(select_columns(table)).first()
    assert old is not None
    thief(small, delete(table).where(table.c.id == old.id))
    restarted(small)
    with small.look() as db, pytest.raises(DirectoryBroken):
        directory.verify_head(db)
    thief(small, insert(table).values(**old._mapping))
    with small.work() as db:
        db.delete(db.get_one(model, old.id))
        record_directory_change(db, THE_SERVICE)
    thief(small, insert(table).values(**old._mapping))
    with small.look() as db, pytest.raises(DirectoryBroken):
        directory.verify_head(db)


def test_an_honest_change_does_not_make_good_what_was_slipped_in(small: SmallHouse) -> None:
    with small.look() as db:
        directory.verify_head(db)
    table = table_of(Membership)
    with small.house.engine.begin() as connection:
        old = connection.execute(select_columns(table)).first()
    assert old is not None
    with small.work() as db:
        db.delete(db.get_one(Membership, old.id))
        record_directory_change(db, THE_SERVICE)
    with small.look() as db:
        directory.verify_head(db)
    thief(small, insert(table).values(**old._mapping))
    with pytest.raises(DirectoryBroken):
        changed(small)


def test_a_head_that_falls_back_is_refused_in_the_process_and_at_its_start(
    small: SmallHouse,
) -> None:
    heads = DirectoryHead.__table__  # type: ignore[attr-defined]
    table = table_of(Unit)
    with small.house.engine.begin() as connection:
        old = connection.execute(select_columns(table).where(table.c.code == "review")).one()
    changed(small)
    with small.look() as db:
        directory.verify_head(db)
    thief(
        small,
        delete(heads).where(heads.c.n == 2),
        update(table).where(table.c.id == old.id).values(**old._mapping),
    )
    with small.look() as db, pytest.raises(DirectoryBroken):
        directory.verify_head(db)
    restarted(small)
    with small.look() as db:
        directory.verify_head(db)  # rows and head agree; only the trail knows better
        with pytest.raises(DirectoryBroken):
            check_directory(db)
    thief(small, delete(heads))
    restarted(small)
    with small.look() as db, pytest.raises(DirectoryBroken):
        check_directory(db)


def test_a_head_of_other_hands_is_refused(small: SmallHouse) -> None:
    with small.look() as db:
        whole = directory.digest(db)
    made = {"n": 2, "digest": whole, "event_id": uuid4(), "mac": b"\0" * 32}
    thief(small, insert(DirectoryHead.__table__).values(**made))  # type: ignore[attr-defined]
    with small.look() as db, pytest.raises(DirectoryBroken):
        directory.verify_head(db)


def test_an_empty_house_without_a_head_is_whole(backend: Backend) -> None:
    house = a_house(backend)
    with house.look() as db:
        assert directory.verify_head(db) == 0
        check_directory(db)
    house.close()


def test_one_that_began_before_the_newest_change_may_see_what_was_before(
    small: SmallHouse,
) -> None:
    with small.look() as early:
        if small.house.engine.dialect.name == "sqlite":
            early.exec(select(Deployment)).one()  # from here on it sees this moment
        changed(small)
        with small.look() as db:
            directory.verify_head(db)
        directory.verify_head(early)


def test_a_change_that_comes_between_head_and_rows_is_waited_for(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    if small.house.engine.dialect.name == "sqlite":
        pytest.skip("SQLite shows a unit of work one moment")
    true_digest, between = directory.digest, [True]

    def digest(db: Work) -> bytes:
        if between:
            between.clear()
            changed(small)
        return true_digest(db)

    monkeypatch.setattr(directory, "digest", digest)
    with small.look() as db:
        assert directory.verify_head(db) == 2


def test_a_change_that_was_taken_back_is_not_remembered(small: SmallHouse) -> None:
    def fail() -> None:
        with small.work() as db:
            db.exec(select(Unit).where(Unit.code == "review")).one().name = "x"
            record_directory_change(db, THE_SERVICE)
            assert directory.verify_head(db) == 2
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with small.look() as db:
        assert directory.verify_head(db) == 1


def test_many_changes_together_are_one_number(small: SmallHouse) -> None:
    with small.work() as db, together(db, THE_SERVICE):
        for code in ("review", "custody"):
            db.exec(select(Unit).where(Unit.code == code)).one().name = "x"
            record_directory_change(db, THE_SERVICE)
    with small.look() as db:
        assert directory.verify_head(db) == 2


def test_signed_rows_live_in_units_of_work_only(small: SmallHouse) -> None:
    with Session(small.house.engine) as plain, pytest.raises(TypeError):
        plain.exec(select(Unit)).all()
    with Session(small.house.engine) as plain:
        plain.add(Office(code="X", name="x", kind="post"))
        with pytest.raises(TypeError):
            plain.flush()


def test_a_row_counts_its_changes_and_nothing_else(small: SmallHouse) -> None:
    with small.work() as db:
        row = db.exec(select(Unit).where(Unit.code == "review")).one()
        before = row.version
        row.name = str(row.name)
        db.flush()
        assert row.version == before
        row.name = "Another"
        db.flush()
        assert row.version == before + 1
        db.refresh(row)
        record_directory_change(db, THE_SERVICE)


def test_staff_named_in_a_report_are_read_as_signed_rows(small: SmallHouse) -> None:
    thief(small, update(table_of(Staff)).values(display_name="Nobody"))
    with small.look() as db, pytest.raises(DirectoryBroken):
        route(db, (), None, (Subject(name="Awa Traoré"),))


def test_a_new_process_has_seen_nothing(small: SmallHouse, backend: Backend) -> None:
    memory = HeadMemory()
    assert (memory.n, memory.since) == (0, 0)
    engine = connect(backend.main_url)
    with Work(small.house, engine) as db:
        assert directory.newest_head(db) is not None
    engine.dispose()
