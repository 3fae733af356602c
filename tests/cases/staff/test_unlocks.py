from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import NotSignedIn, SignInFailed, WeakPassword
from cases.models.people import Staff
from cases.sealing import envelope, passwords
from cases.sealing.keyring import Keyring
from cases.staff import signin, unlocks
from cases.staff.unlocks import Stretched
from tests.cases.staff.people import stretched

if TYPE_CHECKING:
    from tests.cases.staff.people import Town

pytestmark = pytest.mark.one_database

NEW = Stretched(bytes(range(16)), passwords.ARGON2, bytes(range(32)))
"""A password of a test that needs no Argon2: what comes out is as good as any 32 bytes."""


def test_a_short_password_is_not_even_stretched() -> None:
    with pytest.raises(WeakPassword):
        unlocks.stretched("thirteen char")


def test_a_new_password_ends_every_other_session(town: Town) -> None:
    town.person("carla", "main case_manager")
    other, mine = town.sign_in("carla"), town.sign_in("carla")
    with town.house.unit_of_work() as db:
        code = unlocks.change_password(db, mine.actor, mine.token, NEW, proof=stretched().value)
    assert code is None
    with town.house.glance() as db:
        assert signin.visit(db, mine.token).actor.seed == mine.actor.seed
    with pytest.raises(NotSignedIn), town.house.glance() as db:
        signin.visit(db, other.token)
    with pytest.raises(SignInFailed):
        town.sign_in("carla")
    with town.house.unit_of_work() as db:
        again = signin.sign_in(db, "carla", stretched=NEW.value)
    assert again.actor.seed == mine.actor.seed


def test_a_password_is_changed_only_by_who_knows_the_present_one(town: Town) -> None:
    town.person("carla", "main case_manager")
    mine = town.sign_in("carla")
    with pytest.raises(SignInFailed), town.house.unit_of_work() as db:
        unlocks.change_password(db, mine.actor, mine.token, NEW, proof=bytes(32), printed="no")
    town.sign_in("carla")


def test_a_printed_code_is_used_up_by_a_new_password(town: Town) -> None:
    printed = town.enrol("carla", town.invite("carla", "main case_manager")).recovery_code
    with town.house.unit_of_work() as db:
        mine = signin.sign_in(db, "carla", stretched=bytes(32), printed=printed)
    with town.house.unit_of_work() as db:
        renewed = unlocks.change_password(
            db, mine.actor, mine.token, NEW, proof=bytes(32), printed=printed
        )
    assert renewed is not None
    for code, opens in ((printed, False), (renewed, True)):
        with town.house.glance() as db:
            staff = db.get_one(Staff, mine.actor.id)
            assert (unlocks.open_with_code(db, staff, code) is not None) is opens


def test_a_new_code_takes_the_place_of_the_earlier_one(town: Town) -> None:
    printed = town.enrol("carla", town.invite("carla", "main case_manager")).recovery_code
    mine = town.sign_in("carla")
    with pytest.raises(SignInFailed), town.house.unit_of_work() as db:
        unlocks.renew_code(db, mine.actor, proof=bytes(32))
    with town.house.unit_of_work() as db:
        renewed = unlocks.renew_code(db, mine.actor, proof=stretched().value)
    with town.house.glance() as db:
        staff = db.get_one(Staff, mine.actor.id)
        assert unlocks.open_with_code(db, staff, printed) is None
        assert unlocks.open_with_code(db, staff, renewed) == mine.actor.seed


def test_a_new_root_secret_takes_over_at_the_next_sign_in(town: Town) -> None:
    town.person("carla", "main case_manager")
    old = town.house.keyring
    # Directory rows are signed anew by the rotation command; this is only about passwords.
    both = Keyring(old.deployment, old.salt, {0: bytes(32), **old.roots}, old.vaults)
    object.__setattr__(town.house, "keyring", both)
    with town.house.unit_of_work() as db:
        row = unlocks.unlock(db, town.people["carla"], unlocks.PASSWORD)
        assert row is not None
        staff = db.get_one(Staff, town.people["carla"])
        seed = unlocks.open_with_password(db, staff, stretched().value)
        assert seed is not None
        row.root_ver = 0
        row.verifier = passwords.verifier(both.key("pepper", 0), stretched().value, both.deployment)
        kek = passwords.kek(both.key("pepper", 0), stretched().value, both.deployment)
        row.wrap = envelope.seal(
            kek, both.ctx("member/sk", staff.id, staff.epoch, unlocks.PASSWORD), seed
        )
        log.emit(db, "config.changed", by=THE_SERVICE)
    town.sign_in("carla")
    with town.house.glance() as db:
        row = unlocks.unlock(db, town.people["carla"], unlocks.PASSWORD)
        assert row is not None
        assert row.root_ver == 1
