from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import DirectoryBroken, EnvelopeInvalid, NotSignedIn, SignInFailed
from cases.models.people import SignIn, Staff, StaffUnlock
from cases.models.trail import AuditBody, AuditEvent
from cases.sealing import hpke, passwords
from cases.staff import accounts, signin, unlocks
from tests.cases.staff.people import PASSWORD, stretched

if TYPE_CHECKING:
    from tests.cases.staff.people import Town

pytestmark = pytest.mark.one_database


def test_a_password_opens_the_seed_that_the_directory_vouches_for(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    with town.house.glance() as db:
        assert hpke.public_key(actor.seed) == db.get_one(Staff, actor.id).pk
    assert actor.roles == {"case_manager"}
    assert actor.key_units() == {town.units["main"]}


def test_a_token_names_its_owner(town: Town) -> None:
    town.person("carla", "main case_manager")
    signed_in = town.sign_in("carla")
    with town.house.glance() as db:
        actor = signin.visit(db, signed_in.token).actor
    assert actor == signed_in.actor
    assert PASSWORD not in repr(actor)
    assert actor.seed.hex() not in repr(actor)


def test_names_are_taken_in_any_case_and_with_spaces_around(town: Town) -> None:
    town.person("carla", "main case_manager")
    assert town.sign_in(" Carla ").actor.username == "carla"


@pytest.mark.parametrize("name", ["nobody", "", "carla\0", "\ud800", "cårla", "x" * 10_000])
def test_a_name_nobody_has_fails_like_a_wrong_password(town: Town, name: str) -> None:
    town.person("carla", "main case_manager")
    with town.house.glance() as db:
        salted = signin.find_stretching(db, name)
    assert len(salted.salt) == passwords.SALT_BYTES
    assert salted.parameters == passwords.ARGON2
    with pytest.raises(SignInFailed), town.house.unit_of_work() as db:
        signin.sign_in(db, name, stretched=stretched().value)


def test_the_salt_of_a_name_nobody_has_stays_the_same(town: Town) -> None:
    with town.house.glance() as db:
        first, again, other = (
            signin.find_stretching(db, name).salt for name in ("nobody", "nobody", "noone")
        )
    assert first == again != other


def test_a_wrong_password_begins_no_session(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    with town.house.glance() as db:
        before = len(db.exec(select(SignIn)).all())
    with pytest.raises(SignInFailed), town.house.unit_of_work() as db:
        signin.sign_in(db, actor.username, stretched=bytes(32), printed="wrong")
    with town.house.glance() as db:
        assert len(db.exec(select(SignIn)).all()) == before


def test_somebody_invited_but_not_enrolled_cannot_sign_in(town: Town) -> None:
    town.invite("carla", "main case_manager")
    with pytest.raises(SignInFailed):
        town.sign_in("carla")


def test_the_printed_code_opens_the_account_and_asks_for_a_new_password(town: Town) -> None:
    enrolled = town.enrol("carla", town.invite("carla", "main case_manager"))
    with town.house.unit_of_work() as db:
        signed_in = signin.sign_in(
            db, "carla", stretched=bytes(32), printed=enrolled.recovery_code.lower()
        )
    assert signin.NEW_PASSWORD in signed_in.must
    assert signed_in.actor.key_units() == {town.units["main"]}


def test_a_session_ends_after_a_quarter_of_an_hour_without_use(town: Town) -> None:
    town.person("carla", "main case_manager")
    token = town.sign_in("carla").token
    town.move(minutes=14, seconds=59)
    with town.house.glance() as db:
        signin.visit(db, token)
    town.move(seconds=1)
    with pytest.raises(NotSignedIn), town.house.glance() as db:
        signin.visit(db, token)


def test_a_session_in_use_goes_on_until_eight_hours_are_over(town: Town) -> None:
    town.person("carla", "main case_manager")
    token = town.sign_in("carla").token
    for _ in range(8 * 6 - 1):
        town.move(minutes=10)
        with town.house.unit_of_work() as db:
            assert signin.visit(db, token).stale
            signin.keep_alive(db, token)
    with town.house.glance() as db:
        assert not signin.visit(db, token).stale
    town.move(minutes=10)
    with pytest.raises(NotSignedIn), town.house.glance() as db:
        signin.visit(db, token)


def test_the_idle_end_is_moved_once_a_minute_at_most(town: Town) -> None:
    town.person("carla", "main case_manager")
    token = town.sign_in("carla").token
    town.move(seconds=59)
    with town.house.glance() as db:
        assert not signin.visit(db, token).stale
    town.move(seconds=1)
    with town.house.glance() as db:
        assert signin.visit(db, token).stale


def test_a_token_opens_nothing_after_signing_out(town: Town) -> None:
    town.person("carla", "main case_manager")
    signed_in = town.sign_in("carla")
    with town.house.unit_of_work() as db:
        signin.sign_out(db, signed_in.token, signed_in.actor)
    with pytest.raises(NotSignedIn), town.house.glance() as db:
        signin.visit(db, signed_in.token)
    with pytest.raises(NotSignedIn), town.house.unit_of_work() as db:
        signin.keep_alive(db, signed_in.token)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "A" * 1000, "====", "\ud800"])
def test_a_token_nobody_was_given_is_nobodys(town: Town, token: str) -> None:
    with pytest.raises(NotSignedIn), town.house.glance() as db:
        signin.visit(db, token)


def test_a_disabled_account_is_out_at_once(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    token = town.sign_in("carla").token
    with town.house.unit_of_work() as db:
        accounts.disable(db, actor.id, THE_SERVICE)
    with pytest.raises(NotSignedIn), town.house.glance() as db:
        signin.visit(db, token)
    with pytest.raises(SignInFailed):
        town.sign_in("carla")


def test_another_persons_unlock_row_does_not_open_an_account(town: Town) -> None:
    """Whoever writes the database puts their own row in place of the head's."""
    town.person("mallory", "main intake_officer")
    hana = town.person("hana", "main head_ia")
    with town.house.unit_of_work() as db:
        mine = unlocks.unlock(db, town.people["mallory"], unlocks.PASSWORD)
        theirs = unlocks.unlock(db, hana.id, unlocks.PASSWORD)
        assert mine is not None
        assert theirs is not None
        for column in ("salt", "verifier", "wrap"):
            setattr(theirs, column, getattr(mine, column))
        log.emit(db, "config.changed", by=THE_SERVICE)
    with pytest.raises(EnvelopeInvalid):
        town.sign_in("hana")


def test_a_swapped_public_key_is_refused(town: Town) -> None:
    town.person("carla", "main case_manager")
    with town.house.engine.begin() as connection:
        rogue = hpke.public_key(hpke.new_seed())
        connection.execute(Staff.__table__.update().values(pk=rogue))  # type: ignore[attr-defined]
    with pytest.raises(DirectoryBroken):
        town.sign_in("carla")


def test_signing_in_is_on_record(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    with town.house.glance() as db:
        tag = log.tag(town.house.keyring, "actor", actor.id)
        statement = (
            select(AuditBody, AuditEvent.leaf)
            .join(AuditEvent, col(AuditEvent.event_id) == col(AuditBody.event_id))
            .where(AuditBody.actor_tag == tag)
        )
        told = [log.open_body(town.house.keyring, *row).body for row in db.exec(statement)]
    assert [one.actor.s for one in told if one.kind == "auth.login"] == [actor.session]


def test_nothing_of_a_password_is_stored(town: Town) -> None:
    town.person("carla", "main case_manager")
    with town.house.glance() as db:
        for row in db.exec(select(StaffUnlock)):
            stored = b"".join((row.salt, row.verifier, row.wrap))
            assert PASSWORD.encode() not in stored
            assert stretched().value not in stored
