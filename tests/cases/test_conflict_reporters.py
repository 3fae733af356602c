"""Who reported and works in the unit is never given the case; and every rule on conflicts has its tests.

While an identity is sealed nothing compares it with the staff: the reporter says it themselves, or those who
asked the custodians for that purpose write whom they found.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import assignments
from cases.errors import NotFound, Unacceptable
from cases.intake import Identity
from cases.models.case import Wall
from tests.cases.identity import asking
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """A report of somebody who works in the unit that handles it, and gave their name."""
    return a_life(small, identity=Identity(name="Awa Sangaré")).after(triaged_beside_them)


def triaged_beside_them(life: Life) -> None:
    life.cast["author"] = life.small.person("investigator", name="Awa Sangaré")
    life.cast["twin"] = life.small.person("case_manager", "investigator", name="Oumar Sangaré")
    life.triaged()


def is_assigned(life: Life, who: str) -> bool:
    with life.small.look() as db:
        return life.cast[who].id in {one.staff for one in assignments.assignments(db, life.case())}


def is_refused(life: Life, who: str, *roles: str) -> bool:
    """Whether somebody can be named to none of these roles."""
    for role in roles:
        with pytest.raises(Unacceptable) as refused:
            life.assign("head", role, who)
        assert refused.value.problems == (("/staff", "unknown_value"),)
    return not is_assigned(life, who)


def test_coi_r12_nothing_compares_a_sealed_identity_with_the_staff(life: Life) -> None:
    with life.small.look() as db:
        assert db.exec(select(Wall)).all() == []


def test_coi_r12_a_reporter_of_the_unit_who_says_so_is_never_assigned(life: Life) -> None:
    assert life.sees("twin")
    life.declare("twin", "have")
    assert not life.sees("twin")
    assert is_refused(life, "twin", "case_manager", "investigator")
    by = life.cast["twin"]
    with pytest.raises(NotFound), life.small.work() as db:
        assignments.take(db, life.find(db, by), "case_manager", by=by)
    life.authorise()
    with pytest.raises(Unacceptable) as refused:
        life.team(team=[by.id])
    assert refused.value.problems == (("/team/0", "unknown_code"),)
    life.team()
    assert not is_assigned(life, "twin")


def test_coi_r12_a_reporter_whom_custodians_were_asked_for_loses_the_part_and_gets_none(
    life: Life,
) -> None:
    life.assign("head", "investigator", "author")
    life.assign("head", "lead_investigator", "lead")
    life.declare("lead")
    assert (is_assigned(life, "author"), life.opens("author")) == (True, True)
    asked = asking.ask(life, purpose="conflict")
    asking.answer(life, "custodian", asked)
    asking.confirm(life, "custodian2", asked)
    found = asking.read(life)

    life.write("lead", "person", role="reporter", name=found.name)

    assert (is_assigned(life, "author"), life.opens("author")) == (False, False)
    assert not life.sees("author")
    assert is_refused(life, "author", "investigator")
    # Everybody else stays: nothing is alleged of who reported.
    assert is_assigned(life, "lead")
    assert life.sees("manager")


def test_every_rule_on_conflicts_of_interest_has_a_test_of_its_name() -> None:
    names = [
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_coi_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    ]
    tested = {rule for name in names for rule in re.findall(r"_(r\d\d)_", name)}
    assert tested == {f"r{n:02}" for n in range(1, 16)}
