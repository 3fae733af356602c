"""What two people deleted is gone for everybody, and nothing breaks where it was."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlmodel import col, select, update

from cases import evidence, extracts, messages, naming, pairs, proposals, verification
from cases.audit import log
from cases.errors import (
    ContentDiffers,
    NamesAPerson,
    NotFound,
    Shredded,
)
from cases.models.case import (
    Attachment,
    Case,
    Proposal,
    ProposalStatus,
    Record,
    SubjectMatch,
)
from cases.models.links import SubjectToken
from cases.objects import bundles, held, references
from cases.reading import bundle, casefile, history, timeline
from cases.sealing import records, stocktaking
from cases.sealing.hierarchy import StaffKeys
from tests.cases.redacting import (
    HEALTH,
    KINDS,
    a_thing,
    file_of_reporter,
    message_of,
    parts,
    redact,
    versions,
    why_not,
)
from tests.cases.walks import Life, a_life
from tests.cases.writing import keep_file

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small).after(in_triage)


def in_triage(life: Life) -> None:
    """Taken up, and opened by those who may redact."""
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    for who in ("manager", "manager2", "head"):
        life.declare(who)


# What is gone


def on_disk(small: SmallHouse) -> bytes:
    """Everything the house keeps, as bytes, with nothing left in the log of writes."""
    connection = small.house.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    folder = small.house.blobs.root.parent
    return b"\0".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", KINDS)
def test_no_sealed_byte_of_any_version_is_left_and_every_commitment_is(
    life: Life, kind: str
) -> None:
    thing = a_thing(life, kind)
    if kind == "note":
        life.change("manager", "note", thing, text=f"{HEALTH}, again")
    with life.small.look() as db:
        file = evidence.find(db, life.case(), thing)
        rows = versions(life, file.record_id if file else thing)
        blob = life.small.house.blobs.root / file.blob if file else None
    sealed = [row.env[-48:] for row in rows]
    if blob:
        sealed.append(blob.read_bytes()[-48:])
    before = on_disk(life.small)
    assert all(one in before for one in sealed)
    redact(life, thing)
    after = on_disk(life.small)
    assert not any(one in after for one in sealed)
    assert not (blob and blob.exists())
    left = versions(life, rows[0].id)
    assert [(row.version, row.content) for row in left] == [
        (row.version, row.content) for row in rows
    ]
    assert all(row.env == b"" for row in left)
    with life.small.look() as db:
        stock = stocktaking.take_stock(db)
        assert (stock.orphan_blobs, stock.missing_blobs) == ((), 0)


def test_the_blind_tokens_of_a_person_go_and_those_of_others_stay(life: Life) -> None:
    twin = life.write("manager", "person", role="witness", name="Bela Norte")
    gone = life.write(
        "manager", "person", role="witness", name="Bela Norte", staff_number="991-772"
    )

    def tokens() -> tuple[int, int]:
        with life.small.look() as db:
            matches = db.exec(select(SubjectMatch).where(SubjectMatch.case_id == life.case_id))
            return len(matches.all()), len(db.exec(select(SubjectToken)).all())

    assert tokens() == (2, 3)
    redact(life, gone)
    assert tokens() == (1, 1)
    redact(life, twin)
    assert tokens() == (0, 0)


def test_a_proposal_that_came_to_nothing_goes_with_what_it_repeats(life: Life) -> None:
    """An extract that was put together and refused repeats an interview word for word."""
    person = life.write("manager", "person", role="witness", name="Bela Norte")
    interview = life.write(
        "manager", "interview", capacity="witness", person=str(person), record=HEALTH
    )
    life.assign("manager", "legal_counsel", "counsel")
    manager, dpo = life.cast["manager"], life.cast["dpo"]
    with life.small.work() as db:
        case, keys = life.find(db, manager), StaffKeys(db, manager)
        let_in = pairs.grant(db, case, dpo.id, "asked", by=manager, keys=keys)
        assert let_in is not None
    life.confirm("head", let_in.id)
    life.declare("dpo")
    life.declare("counsel")
    with life.small.work() as db:
        asked = {"person": str(person), "things": [str(interview)], "reason": "asked"}
        waits = pairs.subject_extract(
            db, life.find(db, dpo), asked, by=dpo, keys=StaffKeys(db, dpo)
        ).id
    assert why_not(life, interview) == "relied_on"
    life.refuse("counsel", waits)

    redact(life, interview)

    with life.small.work() as db:
        proposal = db.exec(select(Proposal).where(Proposal.id == waits)).one()
        opened = proposals.read(db, life.find(db, dpo), proposal, by=dpo, keys=StaffKeys(db, dpo))
        assert (opened.status, opened.fields) == (ProposalStatus.REFUSED, {})
        assert opened.action == extracts.EXTRACT


def test_what_was_deleted_does_not_come_back_under_its_old_id(life: Life) -> None:
    client = uuid4()
    file_of_reporter(life, HEALTH.encode(), client)
    redact(life, client)
    with pytest.raises(ContentDiffers):
        file_of_reporter(life, HEALTH.encode(), client)
    note = life.write("manager", "note", text=HEALTH)
    redact(life, note)
    with pytest.raises(NotFound):
        life.change("manager", "note", note, text="again")


# What is left to see


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_reads_it_again_by_any_door_and_every_door_still_opens(
    life: Life, kind: str
) -> None:
    life.allege()
    life.write("manager", "person", "clerk", role="witness", name="Ana Sul")
    thing = a_thing(life, kind)
    with life.small.look() as db:
        file = evidence.find(db, life.case(), thing)
        record = file.record_id if file else thing
    redact(life, thing)

    life.assess()
    life.authorise()
    life.team()
    life.assign("manager", "legal_counsel", "counsel")
    readers = ("triage", "manager", "head", "lead", "investigator", "counsel")
    for who in readers:
        by = life.cast[who]
        life.declare(who)
        seen = parts(life, who)
        assert HEALTH not in repr(seen)
        [gone] = seen["redacted"]
        assert (gone["id"], gone["redacted_on"]) == (record, life.small.house.today())
        with life.small.work() as db:
            case, keys = life.find(db, by), StaffKeys(db, by)
            assert HEALTH not in repr(timeline.page(db, life.reference, by=by))
            assert HEALTH not in repr(history.of_case(db, case, by=by))
            with pytest.raises(NotFound):
                evidence.open_for_staff(db, by, case, thing, keys=keys)
            found = bundles.look(db, case, [thing], by=by, keys=keys)
            assert found.items == []
            assert [code for _, code in found.problems] == ["not_there"]
            permit = log.emit(db, "record.read", by=by, case=case)
            for row in db.exec(select(Record).where(Record.id == record)):
                with pytest.raises(Shredded):
                    records.open_(db, permit, keys.case_key(case), row)
    with life.small.work() as db:
        by, case = life.cast["manager"], life.find(db, life.cast["manager"])
        keys = StaffKeys(db, by)
        naming.cleared(db, case, {"/body": HEALTH}, by=by, keys=keys)
        with pytest.raises(NamesAPerson):
            naming.cleared(db, case, {"/body": "ask Ana Sul"}, by=by, keys=keys)
        assert record not in references._present(db, case)
        assert record not in {
            row.id for row in held.rows(db, case, "note", "person", "item", "interview")
        }
        reporter = life.reporter(db)
        assert HEALTH not in repr(messages.read_own_thread(db, reporter))
        assert evidence.own_files(db, reporter) == []
        with pytest.raises(NotFound):
            evidence.open_own(db, reporter, thing)


def test_the_thread_says_in_its_place_that_a_message_was_deleted(life: Life) -> None:
    message = message_of(life, HEALTH)
    life.small.clock.move(days=2)
    redact(life, message)
    with life.small.work() as db:
        mine = messages.read_own_thread(db, life.reporter(db))
        [said] = [one for one in mine if one.id == message]
        today = life.small.house.today()
    assert (said.code, said.author, said.deleted_on) == ("message_deleted", "service", today)
    assert said.sent_on < today
    assert "two people" in said.worded("en")
    assert said.worded("fr") != said.worded("en")
    [thread] = parts(life)["threads"]
    [theirs] = [one for one in thread["messages"] if one["id"] == message]
    assert (theirs["deleted_on"], theirs["staff"]) == (today, None)


def test_a_reporter_is_told_that_a_file_was_deleted(life: Life) -> None:
    file = file_of_reporter(life, HEALTH.encode())
    redact(life, file)
    with life.small.work() as db:
        told = [one.code for one in messages.read_own_thread(db, life.reporter(db))]
    assert told.count("file_deleted") == 1


def test_who_reads_a_part_sees_that_it_changed_and_what_was_deleted_of_that_part(
    life: Life,
) -> None:
    life.cast["analyst"] = life.small.person("analyst")
    life.assign("manager", "analyst", "analyst")
    life.declare("analyst")
    note = life.write("manager", "note", text=HEALTH)
    item = life.write("manager", "item", title=HEALTH, source_type="physical")

    def tag() -> str:
        with life.small.look() as db:
            return casefile.etag(db, life.cast["analyst"], db.get_one(Case, life.case_id))

    before = tag()
    redact(life, note)
    assert tag() == before
    redact(life, item)
    assert tag() != before
    assert [one["field"] for one in parts(life, "analyst")["redacted"]] == ["item"]
    with life.small.work() as db:
        seen = timeline.page(db, life.reference, by=life.cast["analyst"])
    assert [(one.kind, one.what) for one in seen if one.id == item] == [("redacted", "item")]


def test_a_copy_of_the_file_says_what_was_deleted_and_keeps_its_commitment(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    file = keep_file(life)
    content = versions(life, note)[0].content.hex()
    redact(life, note)
    redact(life, file)
    by = life.cast["manager"]
    with life.small.work() as db:
        asked = pairs.export(db, life.find(db, by), "a court", by=by, keys=StaffKeys(db, by)).id
    life.confirm("head", asked)
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        pieces = list(bundle.stream(db, case, by=by, keys=keys, language="en"))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert not [name for name in archive.namelist() if name.startswith("files/")]
    told = json.loads(archive.read("case.json"))
    assert [one["field"] for one in told["redacted"]] == ["note", "attachment"]
    [kept] = [one for one in json.loads(archive.read("commitments.json")) if one["id"] == str(note)]
    assert kept["sha256"] == content
    assert kept["redacted_on"] == life.small.house.today().isoformat()


# What the trail tells


def test_the_trail_says_what_was_deleted_and_by_which_two(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    life.change("manager", "note", note, text=f"{HEALTH}, again")
    redact(life, note)
    with life.small.look() as db:
        told = [one.body for one in log.told_of(db, life.case_id)]
        events = [body for body in told if body.kind == "record.redacted"]
        [body] = events
        case = db.get_one(Case, life.case_id)
    assert body.d == {
        "field": "note",
        "approvers": [str(life.cast["manager"].id), str(life.cast["head"].id)],
    }
    assert [(one.id, one.ver) for one in body.obj if not isinstance(one, str)] == [
        (note, 1),
        (note, 2),
    ]
    assert body.seq == case.seq
    [why] = [one for one in parts(life)["decisions"] if one["action"] == "redact"]
    assert why["fields"] == {
        "record": str(note),
        "kind": "note",
        "version": 2,
        "files": [],
        "reason": "a stranger's health",
    }


def test_the_check_of_the_trail_finds_nothing_amiss_where_two_people_deleted(life: Life) -> None:
    def codes() -> set[str]:
        life.small.integrate()
        found = {one.code for one in verification.verify(life.small.house)}
        return found & {"record_emptied", "record_put_back", "record_missing", "record_changed"}

    for kind in ("note", "file of the reporter"):
        redact(life, a_thing(life, kind))
    assert codes() == set()


def test_the_check_of_the_trail_finds_what_was_put_back(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    [kept] = versions(life, note)
    redact(life, note)
    with life.small.house.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER record_emptied_only")
        connection.execute(
            update(Record).where(col(Record.id) == note).values(env=kept.env, redacted_on=None)
        )
    life.small.integrate()
    found = [one for one in verification.verify(life.small.house) if one.code.startswith("record_")]
    assert [(one.code, one.facts) for one in found] == [
        ("record_put_back", {"record": str(note), "version": 1})
    ]


def test_the_row_of_a_file_stays_without_its_blob(life: Life) -> None:
    file = keep_file(life)
    redact(life, file)
    with life.small.look() as db:
        [row] = db.exec(select(Attachment)).all()
    assert row.blob == evidence.DELETED
