from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import SQLModel, select

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import DirectoryBroken, NotFounded
from cases.models.people import DirectoryHead, Membership, Staff
from cases.sealing import directory
from cases.sealing.directory import HeadMemory
from cases.staff import accounts, changes, roles, structure

if TYPE_CHECKING:
    from tests.cases.staff.people import Town

pytestmark = pytest.mark.one_database

STAFF = Staff.__table__  # type: ignore[attr-defined]  # SQLModel declares no such attribute
SEATS = Membership.__table__  # type: ignore[attr-defined]
HEADS = DirectoryHead.__table__  # type: ignore[attr-defined]


def afresh(town: Town) -> None:
    """Look at the directory as a process does that has just started."""
    object.__setattr__(town.house, "heads", HeadMemory())
    with town.house.glance() as db:
        changes.check_directory(db)


def test_every_change_is_numbered_and_told(town: Town) -> None:
    with town.house.glance() as db:
        before = directory.verify_head(db)
    town.person("carla", "main case_manager")  # invited, enrolled with the unit's first key
    afresh(town)
    with town.house.glance() as db:
        assert directory.verify_head(db) == before + 2
        told = [one.body.d for one in log.told_of(db, log.DIRECTORY)]
        heads = db.exec(select(DirectoryHead)).all()
    assert sorted(one["n"] for one in told) == [head.n for head in heads]
    assert {one["sha"] for one in told} == {head.digest.hex() for head in heads}


def test_an_old_but_genuine_row_is_refused(town: Town) -> None:
    """Last year's row of somebody who has left, put back by whoever writes the database."""
    carla = town.person("carla", "main case_manager")
    with town.house.engine.connect() as connection:
        old = connection.execute(STAFF.select().where(STAFF.c.id == carla.id)).one()
    with town.house.unit_of_work() as db:
        accounts.disable(db, carla.id, THE_SERVICE)
    with town.house.engine.begin() as connection:
        connection.execute(STAFF.update().where(STAFF.c.id == carla.id).values(**old._mapping))
    with town.house.glance() as db:
        assert db.get_one(Staff, carla.id).status == "active"  # by itself it is genuine
    with pytest.raises(DirectoryBroken):
        afresh(town)


def test_a_running_process_refuses_it_at_the_next_change(town: Town) -> None:
    town.person("sam", "main system_admin")
    carla = town.person("carla", "main case_manager")
    with town.house.unit_of_work() as db:
        roles.give_role(db, carla.id, town.seat("main dpo"), THE_SERVICE)
    with town.house.engine.begin() as connection:
        connection.execute(SEATS.delete().where(SEATS.c.role == "dpo"))
    with pytest.raises(DirectoryBroken), town.house.glance() as db:
        directory.verify_head(db)


def test_a_count_that_falls_is_refused(town: Town) -> None:
    town.person("carla", "main case_manager")
    with town.house.glance() as db:
        n = directory.verify_head(db)
    with town.house.engine.begin() as connection:
        connection.execute(HEADS.delete().where(HEADS.c.n == n))
    with pytest.raises(DirectoryBroken), town.house.glance() as db:
        directory.verify_head(db)


def test_a_head_that_the_trail_does_not_know_is_refused(town: Town) -> None:
    """Rows and head of an earlier day, all genuine; only the trail says that there was more."""
    town.person("carla", "main case_manager")
    with town.house.engine.connect() as connection:
        tables = [SQLModel.metadata.tables[table.__tablename__] for table in directory.HEADED]
        old = {table: connection.execute(table.select()).mappings().all() for table in tables}
        n = connection.execute(HEADS.select().order_by(HEADS.c.n.desc())).first()
        assert n is not None
    with town.house.unit_of_work() as db:
        roles.give_role(db, town.people["carla"], town.seat("main dpo"), THE_SERVICE)
    with town.house.engine.begin() as connection:
        connection.execute(HEADS.delete().where(HEADS.c.n > n.n))
        for table in reversed(tables):
            connection.execute(table.delete())
        for table in tables:
            if old[table]:
                connection.execute(table.insert(), [dict(row) for row in old[table]])
    with pytest.raises(DirectoryBroken):
        afresh(town)


def test_a_unit_of_work_that_began_earlier_is_not_mistaken_for_a_rollback(town: Town) -> None:
    town.person("carla", "main case_manager")
    with town.house.glance() as early:
        directory.verify_head(early)
        roles_before = early.exec(select(Membership.role)).all()
        with town.house.unit_of_work() as db:
            roles.give_role(db, town.people["carla"], town.seat("main dpo"), THE_SERVICE)
        with town.house.glance() as late:
            directory.verify_head(late)
        directory.verify_head(early)
    assert roles_before == ["case_manager"]


def test_many_changes_together_are_one_number(town: Town) -> None:
    with town.house.glance() as db:
        before = directory.verify_head(db)
    with town.house.unit_of_work() as db, changes.together(db, THE_SERVICE):
        for code in ("north", "south"):
            plan = structure.OfficePlan(code=code, name=code, kind="region")
            structure.create_office(db, plan, THE_SERVICE)
    afresh(town)
    with town.house.glance() as db:
        assert directory.verify_head(db) == before + 1


def test_nothing_together_is_no_change(town: Town) -> None:
    with town.house.glance() as db:
        before = directory.verify_head(db)
    with town.house.unit_of_work() as db, changes.together(db, THE_SERVICE):
        pass
    with town.house.glance() as db:
        assert directory.verify_head(db) == before
        assert changes.the_deployment(db).name == "Customs"
    with town.house.engine.begin() as connection:
        connection.execute(changes.Deployment.__table__.delete())  # type: ignore[attr-defined]
    with pytest.raises(NotFounded), town.house.glance() as db:
        changes.the_deployment(db)
