from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cases.actors import THE_SERVICE
from cases.errors import NotFound, NotPermitted, Unacceptable
from cases.models.people import RecoveryWrap, Unit, UnitWrap
from cases.sealing import hpke
from cases.sealing.hierarchy import StaffKeys
from cases.staff import changes, circle, roles
from workflows import catalogue

if TYPE_CHECKING:
    from tests.cases.staff.people import Town

pytestmark = pytest.mark.one_database


def test_a_unit_has_no_key_until_the_first_of_its_circle_enrols(town: Town) -> None:
    town.person("ines", "main intake_officer")
    with town.house.glance() as db:
        assert db.get_one(Unit, town.units["main"]).pk is None
    hana = town.person("hana", "main head_ia")
    with town.house.glance() as db:
        unit = db.get_one(Unit, town.units["main"])
        assert unit.pk == hpke.public_key(StaffKeys(db, hana).unit_seed(unit.id))


def test_one_person_opens_every_unit_whose_circle_they_are_the_first_of(town: Town) -> None:
    petra = town.person("petra", "main protection_officer", "protection protection_officer")
    assert petra.key_units() == {town.units["protection"]}


def test_the_second_member_waits_until_the_first_lets_them_in(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    enrolled = town.enrol("carla", town.invite("carla", "main case_manager"))
    assert enrolled.must == ("unit_key",)
    carla = town.sign_in("carla")
    assert "unit_key" in carla.must
    with pytest.raises(NotFound), town.house.glance() as db:
        StaffKeys(db, carla.actor).unit_seed(town.units["main"])

    with town.house.unit_of_work() as db:
        fingerprint = circle.add_to_circle(db, town.units["main"], carla.actor.id, hana)
    assert fingerprint == enrolled.fingerprint
    again = town.sign_in("carla")
    assert "unit_key" not in again.must
    with town.house.glance() as db:
        seed = StaffKeys(db, again.actor).unit_seed(town.units["main"])
        assert seed == StaffKeys(db, hana).unit_seed(town.units["main"])


NEVER = sorted(
    {entry.code for entry in catalogue.code_list("roles").entries}
    - {"reporter", "system", "local_committee"}
    - set(catalogue.keys().circles["handling"])
)


def test_a_role_the_circle_does_not_list_is_never_let_in(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    other = town.person("other", *(f"main {role}" for role in NEVER))
    with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
        circle.add_to_circle(db, town.units["main"], other.id, hana)
    assert refused.value.problems == (("/staff", "role_not_in_circle"),)
    assert "system_admin" in NEVER


def test_who_does_not_hold_the_seed_cannot_give_it(town: Town) -> None:
    town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    cheikh = town.person("cheikh", "main case_manager")
    with pytest.raises(NotFound), town.house.unit_of_work() as db:
        circle.add_to_circle(db, town.units["main"], cheikh.id, carla)


def test_who_says_they_hold_a_key_still_needs_its_wrap(town: Town) -> None:
    """A seat that claims the key, without the wrap that only a holder can make."""
    town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    with town.house.unit_of_work() as db:
        seat = roles.seats(db, carla.id)[0]
        seat.holds_key = True
        changes.record_directory_change(db, THE_SERVICE)
    claimed = town.sign_in("carla").actor
    assert claimed.key_units() == {town.units["main"]}
    with pytest.raises(NotFound), town.house.glance() as db:
        StaffKeys(db, claimed).unit_seed(town.units["main"])


def test_an_invited_person_cannot_be_let_in_yet(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    town.invite("carla", "main case_manager")
    with pytest.raises(Unacceptable) as refused, town.house.unit_of_work() as db:
        circle.add_to_circle(db, town.units["main"], town.people["carla"], hana)
    assert refused.value.problems == (("/staff", "not_enrolled"),)


def test_letting_somebody_in_twice_changes_nothing(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    for _ in range(2):
        with town.house.unit_of_work() as db:
            circle.add_to_circle(db, town.units["main"], carla.id, hana)
    assert town.sign_in("carla").actor.key_units() == {town.units["main"]}


def test_who_leaves_the_circle_keeps_the_role_but_not_the_key(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    with town.house.unit_of_work() as db:
        circle.add_to_circle(db, town.units["main"], carla.id, hana)
    with town.house.unit_of_work() as db:
        circle.leave_circle(db, town.units["main"], carla.id, hana)
    again = town.sign_in("carla").actor
    assert again.roles == {"case_manager"}
    assert not again.key_units()
    with town.house.glance() as db:
        assert db.get(UnitWrap, (town.units["main"], 1, carla.id)) is None


def test_the_last_holder_cannot_leave(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    with pytest.raises(Unacceptable), town.house.unit_of_work() as db:
        circle.leave_circle(db, town.units["main"], hana.id, hana)


def test_only_a_holder_takes_the_key_from_another(town: Town) -> None:
    hana = town.person("hana", "main head_ia")
    carla = town.person("carla", "main case_manager")
    with pytest.raises(NotPermitted), town.house.unit_of_work() as db:
        circle.leave_circle(db, town.units["main"], hana.id, carla)
    with pytest.raises(NotFound), town.house.unit_of_work() as db:
        circle.leave_circle(db, town.units["main"], carla.id, hana)


def test_the_holders_of_the_recovery_key_can_open_every_unit(town: Town) -> None:
    seed = hpke.new_seed()
    with town.house.unit_of_work() as db:
        changes.the_deployment(db).recovery_pk = hpke.public_key(seed)
        changes.record_directory_change(db, THE_SERVICE)
    hana = town.person("hana", "main head_ia")
    with town.house.glance() as db:
        wrap = db.get_one(RecoveryWrap, (town.units["main"], 1))
        context = town.house.keyring.ctx("unit/recovery", town.units["main"], 1)
        opened = hpke.open_(seed, context, wrap.blob)
        assert opened == StaffKeys(db, hana).unit_seed(town.units["main"])


def test_a_unit_without_a_circle_never_has_a_key(town: Town) -> None:
    olga = town.person("olga", "oversight oversight_body", "review oversight_body")
    assert olga.key_units() == {town.units["review"]}
    with town.house.glance() as db:
        assert db.get_one(Unit, town.units["oversight"]).pk is None
        assert [seat.staff for seat in circle.members(db, town.units["oversight"])] == [olga.id]
