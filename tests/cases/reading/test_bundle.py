"""A full copy of a case's file: by two, for a day, checked by its sums and marked with whom it is for."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from cases import pairs
from cases.audit import log
from cases.errors import NotPermitted, SamePerson
from cases.objects import things
from cases.reading import bundle, casefile
from cases.sealing.hierarchy import StaffKeys
from tests.cases.test_retention import a_file
from tests.cases.walks import NAMED, Life, a_life, merge

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database


@pytest.fixture
def life(small: SmallHouse) -> Life:
    found = a_life(small, identity=NAMED).after(opened)
    a_file(found)
    return found


def opened(life: Life) -> None:
    for who in ("manager", "head", "triage"):
        life.declare(who)


def proposed(life: Life, who: str = "manager") -> UUID:
    by = life.cast[who]
    with life.small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        return pairs.export(db, case, "the court asks", by=by, keys=keys).id


def fetched(life: Life, who: str = "manager") -> zipfile.ZipFile:
    by = life.cast[who]
    with life.small.work() as db:
        case = life.find(db, by)
        pieces = bundle.stream(db, case, by=by, keys=StaffKeys(db, by), language="en")
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def test_who_asked_fetches_it_whole_and_its_sums_check_it(life: Life) -> None:
    life.confirm("head", proposed(life))
    copy = fetched(life)
    assert copy.testzip() is None
    sums = copy.read("SHA256SUMS").decode().splitlines()
    assert {line.split("  ")[1] for line in sums} == set(copy.namelist()) - {"SHA256SUMS"}
    for line in sums:
        digest, name = line.split("  ")
        assert hashlib.sha256(copy.read(name)).hexdigest() == digest
    [file] = [name for name in copy.namelist() if name.startswith("files/")]
    assert copy.read(file) == b"a photograph"
    made_for = json.loads(copy.read("FOR.json"))["made_for"]
    assert made_for["id"] == str(life.cast["manager"].id)
    assert "A. Reporter" not in copy.read("case.json").decode()
    with life.small.look() as db:
        kinds = [one.body.kind for one in log.told_of(db, life.case_id)]
    assert kinds.count("export.bundle") == 1


def test_what_came_with_a_merged_case_has_its_commitment_there_too(small: SmallHouse) -> None:
    life = a_life(small).triaged()
    source = a_life(small, life.cast).triaged()
    seen = source.write("manager", "person", role="witness", name="Abel Other")
    merge(source, life)
    life.confirm("head", proposed(life))
    copy = fetched(life)
    assert str(seen) in copy.read("case.json").decode()
    committed = {one["id"] for one in json.loads(copy.read("commitments.json"))}
    assert {str(seen), str(life.alleged[0])} <= committed


def test_nobody_takes_one_alone(life: Life) -> None:
    waits = proposed(life)
    with pytest.raises(SamePerson):
        life.confirm("manager", waits)
    with pytest.raises(NotPermitted):
        fetched(life)


def test_it_is_for_who_asked_and_for_a_day(life: Life) -> None:
    life.confirm("head", proposed(life))
    with pytest.raises(NotPermitted):
        fetched(life, "head")
    life.small.clock.move(hours=24)
    with pytest.raises(NotPermitted):
        fetched(life)


def test_who_only_triages_takes_none(life: Life) -> None:
    with pytest.raises(NotPermitted):
        proposed(life, "triage")


def test_what_a_thing_said_before_it_was_written_anew_is_shown_nowhere(life: Life) -> None:
    note = life.write("manager", "note", text="Her cousin lives in Aneho.")
    life.change("manager", "note", note, text="She has family in the region.")
    gone = life.write("manager", "note", text="Her cousin is ill.")
    with life.small.work() as db:
        by = life.cast["manager"]
        keys, case = StaffKeys(db, by), life.find(db, by)
        things.delete(db, case, "note", gone, by=by, keys=keys)
    life.confirm("head", proposed(life))
    copy = fetched(life)
    shown = b"".join(copy.read(name) for name in copy.namelist()).decode()
    with life.small.work() as db:
        found = casefile.read(db, life.reference, by=by, language="en")
    shown += str(dict(found.parts))
    assert shown.count("family in the region") == 2
    assert "cousin" not in shown
