"""What is kept of a request that is to be carried out once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import idempotency
from cases.errors import IdempotencyMismatch
from cases.models.case import Idempotency

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

KEY = "0123456789abcdef-visible"


def request(
    small: SmallHouse, *, caller: str = "reporters", body: bytes = b"{}"
) -> idempotency.Once:
    return idempotency.once(small.house.keyring, caller=caller, key=KEY, body=body)


def test_a_request_is_recalled_by_the_day_it_was_carried_out(small: SmallHouse) -> None:
    day = small.house.today()
    with small.work() as db:
        idempotency.remember(db, request(small))
    small.clock.move(days=3)
    with small.look() as db:
        assert idempotency.recall(db, request(small)) == day


def test_the_same_key_of_another_caller_is_another_request(small: SmallHouse) -> None:
    with small.work() as db:
        idempotency.remember(db, request(small))
    with small.look() as db:
        assert idempotency.recall(db, request(small, caller="desk")) is None


def test_another_body_under_a_key_is_refused(small: SmallHouse) -> None:
    with small.work() as db:
        idempotency.remember(db, request(small))
    with small.look() as db, pytest.raises(IdempotencyMismatch):
        idempotency.recall(db, request(small, body=b"[]"))


def test_neither_key_nor_body_is_kept(small: SmallHouse) -> None:
    with small.work() as db:
        idempotency.remember(db, request(small, body=b"secret text"))
    with small.look() as db:
        row = db.exec(select(Idempotency)).one()
    assert KEY.encode() not in row.key_tag + row.body_tag
    assert row.expires_on == small.house.today() + timedelta(days=30)
