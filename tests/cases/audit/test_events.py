"""Bodies of events: canonical, closed, and short enough."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cases.audit import events
from cases.audit.events import Body, Details, Object, Who, canonical, moment

if TYPE_CHECKING:
    from pathlib import Path

SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
CODES = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
HASHES = st.from_regex(r"[0-9a-f]{16,64}", fullmatch=True)
OBJECTS = st.builds(Object, t=CODES, id=st.uuids(), ver=st.none() | SAFE, c=st.none() | HASHES)
DETAILS = st.builds(
    Details,
    action=st.none() | CODES,
    parts=st.none() | st.lists(CODES, max_size=5),
    n=st.none() | SAFE,
    at=st.none() | SAFE,
    automatic=st.none() | st.booleans(),
    sha=st.none() | HASHES,
    staff=st.none() | st.uuids(),
)
BODIES = st.builds(
    Body,
    id=st.uuids(),
    kind=st.sampled_from(sorted(events.KINDS)),
    at=st.datetimes().map(moment) | st.dates().map(moment),
    actor=st.builds(Who, t=st.sampled_from(("staff", "reporter", "system", "recovery"))),
    case=st.none() | st.uuids(),
    unit=st.none() | st.uuids(),
    seq=st.none() | SAFE,
    seen=SAFE,
    obj=st.lists(OBJECTS, max_size=10),
    d=DETAILS.map(lambda one: one.model_dump(mode="json", exclude_none=True)),
)


def a_body(**changed: object) -> Body:
    plain: dict[str, object] = {"id": uuid4(), "kind": "record.read", "at": "2026-03-02", "seen": 0}
    return Body(**{**plain, "actor": Who(t="system"), **changed})  # type: ignore[arg-type]


@given(BODIES)
def test_the_bytes_are_canonical_json(body: Body) -> None:
    raw = canonical(body)
    assert rfc8785.dumps(json.loads(raw)) == raw


@given(BODIES)
def test_a_body_is_read_back_as_it_was_written(body: Body) -> None:
    assert Body.model_validate_json(canonical(body)) == body


@given(
    st.recursive(
        st.none() | st.booleans() | SAFE | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.from_regex(r"[a-z_]{1,24}", fullmatch=True), inner)
        ),
    )
)
def test_in_the_allowed_subset_the_standard_library_is_canonical(value: object) -> None:
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert plain == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**70])
def test_numbers_that_readers_of_json_may_round_are_refused(number: int) -> None:
    for field in ("at", "count", "n", "epoch"):
        with pytest.raises(ValidationError):
            Details(**{field: number})  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        a_body(seq=number)
    with pytest.raises(ValidationError):
        Object(t="record", id=uuid4(), ver=number)


@pytest.mark.parametrize("number", [1.5, 1.0, True, "7"])
def test_only_integers_are_numbers(number: object) -> None:
    with pytest.raises(ValidationError):
        Details(n=number)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "details",
    [
        {"reason": "He hit her at the border"},
        {"name": "Awa Traoré"},
        {"role": "a" * 65},
        {"role": ""},
        {"role": "triage\n"},
        {"sha": "XYZ"},
        {"parts": ["thread", "free text"]},
        {"staff": "10.0.0.1"},
    ],
)
def test_details_hold_codes_and_hashes_never_words(details: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Details(**details)


def test_what_is_listed_is_objects_or_ids_and_nothing_else() -> None:
    a_body(obj=[urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()])
    for wrong in ("Awa Traore", "short", "a" * 23, str(uuid4())):
        with pytest.raises(ValidationError):
            a_body(obj=[wrong])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        canonical(a_body(kind="case.renamed"))


def test_an_actor_is_one_of_four_and_its_session_eight_digits() -> None:
    for wrong in ({"t": "member"}, {"t": "staff", "s": "0"}, {"t": "staff", "name": "x"}):
        with pytest.raises(ValidationError):
            Who(**wrong)  # type: ignore[arg-type]


def test_a_body_may_have_8_kib_and_not_a_byte_more() -> None:
    def long(extra: int) -> Body:
        return a_body(id=UUID(int=1), d={"parts": ["a" * extra]})

    spare = events.BODY_BYTES - len(canonical(long(0)))
    assert len(canonical(long(spare))) == events.BODY_BYTES
    with pytest.raises(ValueError, match="too long"):
        canonical(long(spare + 1))


def test_the_kinds_do_not_overlap() -> None:
    assert len(events.KINDS) == len(events.CHANGES) + len(events.READS) + len(events.HOUSE)


def test_a_moment_is_a_second_and_a_day_is_a_day() -> None:
    at = datetime(2026, 11, 21, 18, 0, 7, 999, tzinfo=UTC)
    assert moment(at) == "2026-11-21T18:00:07Z"
    assert moment(date(2026, 11, 21)) == "2026-11-21"


def test_the_yardstick_is_right_and_so_are_we_where_it_counts(shared: Path) -> None:
    files = sorted((shared / "vectors" / "jcs_rfc8785").glob("*.json"))
    assert files
    for file in files:
        vector = json.loads(file.read_text("utf-8"))
        value, wanted = json.loads(vector["input_json_text"]), vector["output_utf8"].encode()
        assert rfc8785.dumps(value) == wanted
        if file.stem == "unicode":  # the others have floats, and keys that no body has
            assert json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() == wanted
