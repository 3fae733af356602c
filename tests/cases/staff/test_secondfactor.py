from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from cases.errors import NotFound, SignInFailed
from cases.models.people import SecondFactor
from cases.staff import secondfactor, signin

if TYPE_CHECKING:
    from cases.actors import StaffActor
    from tests.cases.staff.people import Town

pytestmark = pytest.mark.one_database

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    # RFC 6238, appendix B, SHA-1: the last six of its eight digits
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_digits_are_those_of_the_rfc(seconds: int, expected: str) -> None:
    assert secondfactor.digits(RFC_SECRET, seconds // secondfactor.STEP_SECONDS) == expected


def set_up(town: Town, actor: StaffActor) -> bytes:
    """Switched on; gives the secret."""
    with town.house.unit_of_work() as db:
        uri = secondfactor.begin(db, actor)
    secret = base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])
    with town.house.unit_of_work() as db:
        secondfactor.confirm(db, actor, at(town, secret))
    town.move(minutes=2)
    return secret


def at(town: Town, secret: bytes, *, seconds: int = 0) -> str:
    now = int(town.now.timestamp()) + seconds
    return secondfactor.digits(secret, now // secondfactor.STEP_SECONDS)


def test_a_sign_in_then_asks_for_a_code(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    assert signin.SECOND_FACTOR in town.sign_in("carla").must
    secret = set_up(town, actor)
    for code in (None, "", "000000", "12345", "\ud800", at(town, secret, seconds=-120)):
        with pytest.raises(SignInFailed):
            town.sign_in("carla", code)
    code = at(town, secret)
    assert signin.SECOND_FACTOR not in town.sign_in("carla", f"{code[:3]} {code[3:]}").must


def test_a_code_works_once(town: Town) -> None:
    secret = set_up(town, town.person("carla", "main case_manager"))
    code = at(town, secret)
    town.sign_in("carla", code)
    with pytest.raises(SignInFailed):
        town.sign_in("carla", code)


@pytest.mark.parametrize("seconds", [-30, 30])
def test_clocks_may_differ_by_half_a_minute(town: Town, seconds: int) -> None:
    secret = set_up(town, town.person("carla", "main case_manager"))
    town.sign_in("carla", at(town, secret, seconds=seconds))


def test_it_counts_once_a_code_has_confirmed_it(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    with pytest.raises(NotFound), town.house.unit_of_work() as db:
        secondfactor.confirm(db, actor, "123456")
    with town.house.unit_of_work() as db:
        secondfactor.begin(db, actor)
    with pytest.raises(SignInFailed), town.house.unit_of_work() as db:
        secondfactor.confirm(db, actor, "")
    town.sign_in("carla")
    with town.house.unit_of_work() as db:
        secondfactor.begin(db, actor)  # once more: the first picture was closed too early


def test_it_is_taken_away_with_one_of_its_codes_only(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    with pytest.raises(NotFound), town.house.unit_of_work() as db:
        secondfactor.remove(db, actor, "123456")
    secret = set_up(town, actor)
    with pytest.raises(SignInFailed), town.house.unit_of_work() as db:
        secondfactor.begin(db, actor)
    with pytest.raises(SignInFailed), town.house.unit_of_work() as db:
        secondfactor.remove(db, actor, "")
    with town.house.unit_of_work() as db:
        secondfactor.remove(db, actor, at(town, secret))
    town.sign_in("carla")


def test_its_secret_is_not_in_the_database(town: Town) -> None:
    actor = town.person("carla", "main case_manager")
    secret = set_up(town, actor)
    with town.house.glance() as db:
        row = db.get_one(SecondFactor, actor.id)
    assert secret not in row.env
    assert row.env.hex() not in repr(row)
