"""Records: each opens in its own place, under its own key, with a permit of its own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import EnvelopeInvalid, Unpermitted
from cases.models.case import Case, KeyKind, Record
from cases.permits import ReadPermit
from cases.sealing import records
from cases.sealing.hierarchy import StaffKeys
from cases.sealing.keyring import Keyring
from tests.cases.lives import a_life, put

if TYPE_CHECKING:
    from cases.database import Work
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database

KEY = b"\x11" * 32


def a_record(small: SmallHouse, **changed: object) -> Record:
    plain: dict[str, object] = {
        "case_id": uuid4(),
        "kind": KeyKind.INT,
        "epoch": 1,
        "field": "note",
        "on": small.house.today(),
    }
    data = {"text": "Somebody saw it"}
    return records.seal(small.house.keyring, KEY, data, **{**plain, **changed})  # type: ignore[arg-type]


def permit(db: Work, *rows: Record) -> ReadPermit:
    return log.emit(db, "record.read", by=THE_SERVICE, opens=[row.case_id for row in rows])


def test_a_record_opens_with_its_key_and_a_permit(small: SmallHouse) -> None:
    row = a_record(small)
    with small.work() as db:
        assert records.open_(db, permit(db, row), KEY, row) == {"text": "Somebody saw it"}


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
        max_size=4,
    )
)
def test_what_json_holds_comes_back_as_it_was(data: dict[str, object]) -> None:
    class Around:
        keyring = Keyring(b"d" * 16, b"s" * 16, {1: b"r" * 32}, {1: b"v" * 32})

    class Unit:
        ticket, house = 1, Around

    row = a_record_of(Around.keyring, data)
    given_permit = ReadPermit(1, frozenset({row.case_id}))
    assert records.open_(Unit, given_permit, KEY, row) == data  # type: ignore[arg-type]


def a_record_of(keyring: Keyring, data: dict[str, object]) -> Record:
    return records.seal(
        keyring,
        KEY,
        data,
        case_id=uuid4(),
        kind=KeyKind.CONV,
        epoch=1,
        field="message",
        on=date(2026, 3, 2),
    )


MOVES = [
    ("id", uuid4()),
    ("case_id", uuid4()),
    ("kind", KeyKind.CONV),
    ("epoch", 2),
    ("field", "title"),
    ("version", 2),
]


@pytest.mark.parametrize(("column", "value"), MOVES, ids=[name for name, _ in MOVES])
def test_a_record_in_another_place_does_not_open(
    small: SmallHouse, column: str, value: object
) -> None:
    row = a_record(small)
    moved = Record(**{**row.model_dump(), column: value})
    with small.work() as db, pytest.raises(EnvelopeInvalid):
        records.open_(db, permit(db, moved), KEY, moved)


def test_contents_swapped_between_records_do_not_open(small: SmallHouse) -> None:
    case = uuid4()
    one, two = a_record(small, case_id=case), a_record(small, case_id=case)
    swapped = Record(**{**one.model_dump(), "env": two.env, "content": two.content})
    with small.work() as db, pytest.raises(EnvelopeInvalid):
        records.open_(db, permit(db, one), KEY, swapped)


def test_another_key_a_changed_byte_and_another_commitment_are_refused(small: SmallHouse) -> None:
    row = a_record(small)
    last = bytes([row.env[-1] ^ 1])
    with small.work() as db:
        look = permit(db, row)
        with pytest.raises(EnvelopeInvalid):
            records.open_(db, look, b"\x12" * 32, row)
        for wrong in ({"env": row.env[:-1] + last}, {"content": b"\0" * 32}):
            with pytest.raises(EnvelopeInvalid):
                records.open_(db, look, KEY, Record(**{**row.model_dump(), **wrong}))


def test_no_permit_for_the_case_no_plaintext(small: SmallHouse) -> None:
    row, other = a_record(small), a_record(small)
    with small.work() as db:
        look = permit(db, other)
        with pytest.raises(Unpermitted):
            records.open_(db, look, KEY, row)
        assert records.open_(db, look, KEY, other)


def test_a_permit_serves_only_the_unit_of_work_it_was_given_in(small: SmallHouse) -> None:
    row = a_record(small)
    old: list[ReadPermit] = []
    for _ in range(5):
        with small.work() as db:
            for one in old:
                with pytest.raises(Unpermitted):
                    records.open_(db, one, KEY, row)
            old.append(permit(db, row))


def test_a_look_that_is_not_committed_leaves_no_permit_behind(small: SmallHouse) -> None:
    row, kept = a_record(small), []

    def look() -> None:
        with small.work() as db:
            kept.append(permit(db, row))
            raise KeyError

    with pytest.raises(KeyError):
        look()
    with small.work() as db, pytest.raises(Unpermitted):
        records.open_(db, kept[0], KEY, row)


def test_commitments_hide_and_differ_for_equal_contents(small: SmallHouse) -> None:
    one, two = a_record(small), a_record(small)
    assert one.content != two.content
    assert one.env != two.env
    assert len(one.env) == len(two.env)


def test_lengths_say_little(small: SmallHouse) -> None:
    def length(text: str, floor: int = 1_024) -> int:
        return len(
            records.seal(
                small.house.keyring,
                KEY,
                {"text": text},
                case_id=uuid4(),
                kind=KeyKind.ID,
                epoch=1,
                field="identity",
                on=small.house.today(),
                floor=floor,
            ).env
        )

    assert length("") == length("a" * 900)
    assert length("", records.IDENTITY_FLOOR) == length("Ÿ" * 1_500, records.IDENTITY_FLOOR)


def test_an_older_version_put_back_opens_only_as_that_version(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    first = put(small, life, "note", {"text": "first"}, manager)
    back = Record(**{**first.model_dump(), "version": 2})
    with small.work() as db:
        look = log.emit(db, "record.read", by=manager, case=db.get_one(Case, life.case))
        key = StaffKeys(db, manager).case_key(db.get_one(Case, life.case))
        assert records.open_(db, look, key, first) == {"text": "first"}
        with pytest.raises(EnvelopeInvalid):
            records.open_(db, look, key, back)
