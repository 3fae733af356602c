"""One whole case: after a declaration, as far as a role reaches, and never without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from cases import assignments
from cases.actors import THE_SERVICE, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.errors import DeclarationNeeded, NotFound, NotPermitted
from cases.messages import thread
from cases.models.case import Case, KeyKind, Report
from cases.reading import casefile, heads, history
from cases.sealing import hierarchy, records
from cases.sealing.hierarchy import StaffKeys
from tests.cases.lives import a_life, declare, name, put

if TYPE_CHECKING:
    from cases.reading.casefile import CaseFile
    from tests.cases.builders import SmallHouse
    from tests.cases.lives import Life

pytestmark = pytest.mark.one_database


def read(small: SmallHouse, life: Life, who: StaffActor, *wanted: str) -> CaseFile:
    with small.work() as db:
        parts = wanted or casefile.PARTS
        return casefile.read(db, life.reference, by=who, language="en", wanted=parts)


def named(small: SmallHouse, life: Life, role: str, manager: StaffActor) -> StaffActor:
    who = small.person(role)
    name(small, life, role, who, manager)
    declare(small, life, who)
    return who


def test_before_a_declaration_there_is_a_glimpse_and_nothing_is_opened(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    with pytest.raises(DeclarationNeeded) as needed:
        read(small, life, manager)
    assert needed.value.head.reference == life.reference
    with small.look() as db:
        assert "record.read" not in {one.body.kind for one in log.told_of(db, life.case)}


def test_a_case_that_is_not_yours_is_not_there(small: SmallHouse) -> None:
    life = a_life(small)
    for who in (small.person("investigator"), small.person("case_manager", unit="outside")):
        with pytest.raises(NotFound):
            read(small, life, who)


def test_who_sees_heads_reads_no_content(small: SmallHouse) -> None:
    life, desk = a_life(small), small.person("intake_officer")
    with pytest.raises(NotPermitted):
        read(small, life, desk)
    with small.work() as db:
        assert heads.look(db, life.reference, by=desk).reference == life.reference


def test_the_case_file_holds_what_was_said_and_written(small: SmallHouse) -> None:
    life, manager = a_life(small, body="It happened at the gate."), small.person("case_manager")
    declare(small, life, manager)
    put(small, life, "note", {"text": "A note"}, manager)
    with small.work() as db:
        thread.post_as_reporter(db, life.reporter, "More of it")
    file = read(small, life, manager)
    assert [one["body"] for one in file.parts["reports"]] == ["It happened at the gate."]
    assert [one["text"] for one in file.parts["notes"]] == ["A note"]
    said = [one["body"] for one in file.parts["threads"][0]["messages"] if not one["code"]]
    assert said == ["More of it"]
    assert [one["title"] for one in file.parts["assessment"]] == [None]
    assert set(file.parts) == set(casefile.PARTS)
    assert file.roles == {"case_manager"}


def test_a_case_is_read_whole_after_its_keys_were_renewed(small: SmallHouse) -> None:
    life, manager = a_life(small, body="Before"), small.person("case_manager")
    declare(small, life, manager)
    put(small, life, "note", {"text": "one"}, manager)
    with small.work() as db:
        thread.post_as_reporter(db, life.reporter, "first")
    with small.work() as db:
        keys = StaffKeys(db, manager)
        assignments.renew(db, db.get_one(Case, life.case), by=manager, keys=keys)
    put(small, life, "note", {"text": "two"}, manager)
    with small.work() as db:
        thread.post_as_reporter(db, life.reporter, "second")
    file = read(small, life, manager)
    assert [one["body"] for one in file.parts["reports"]] == ["Before"]
    assert [one["text"] for one in file.parts["notes"]] == ["one", "two"]
    said = [one["body"] for one in file.parts["threads"][0]["messages"] if not one["code"]]
    assert said == ["first", "second"]


def test_the_newest_version_is_shown_and_what_was_taken_away_is_not(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    declare(small, life, manager)
    kept = put(small, life, "note", {"text": "old"}, manager)
    gone = put(small, life, "note", {"text": "gone"}, manager)
    with small.work() as db:
        case = db.get_one(Case, life.case)
        for row, deleted in ((kept, False), (gone, True)):
            newer = records.seal(
                small.house.keyring,
                StaffKeys(db, manager).case_key(case),
                {"text": "new"},
                case_id=case.id,
                kind=KeyKind.INT,
                epoch=case.epoch,
                field="note",
                on=small.house.today(),
                record_id=row.id,
                version=2,
            )
            newer.deleted = deleted
            log.emit(db, "record.created", by=manager, case=case)
            newer.n = case.seq
            db.add(newer)
    notes = read(small, life, manager, "notes").parts["notes"]
    assert [(one["id"], one["version"], one["text"]) for one in notes] == [(kept.id, 2, "new")]


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        ("lead_investigator", set(casefile.PARTS)),
        ("quality_reviewer", set(casefile.PARTS)),
        ("analyst", set(casefile.REACH["extract"])),
        ("evidence_custodian", set(casefile.REACH["items"])),
    ],
)
def test_a_role_reaches_the_parts_that_are_its_own(
    small: SmallHouse, role: str, parts: set[str]
) -> None:
    life, manager = a_life(small), small.person("case_manager")
    file = read(small, life, named(small, life, role, manager))
    assert set(file.parts) == parts


def test_a_look_is_recorded_with_its_parts_and_the_number_it_saw(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    declare(small, life, manager)
    put(small, life, "note", {"text": "x"}, manager)
    read(small, life, manager, "notes", "threads")
    with small.look() as db:
        body = log.told_of(db, life.case)[-1].body
        assert body.kind == "record.read"
        assert body.d == {"parts": ["threads", "notes"], "at": db.get_one(Case, life.case).seq}
        assert (body.seq, body.actor.id, body.obj) == (None, manager.id, [])


def test_a_look_that_cannot_be_recorded_shows_nothing(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    declare(small, life, manager)
    with small.house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_pending RENAME TO gone")
    with pytest.raises(DBAPIError):
        read(small, life, manager)


def merged(small: SmallHouse, manager: StaffActor) -> tuple[Life, Life]:
    source, target = a_life(small, body="Source"), a_life(small, body="Target")
    with small.work() as db:
        keys = StaffKeys(db, manager)
        one, two = db.get_one(Case, source.case), db.get_one(Case, target.case)
        keyring = small.house.keyring
        link = hierarchy.link_merged(
            keyring, keys.case_key(two), keys.case_key(one), target=two, source=one
        )
        db.add(link)
        one.merged_into = two.id
        db.get_one(Report, source.report).case_id = two.id
        log.emit(db, "case.status", by=manager, case=two, d=Details(after="merged"))
    return source, target


def test_a_merged_case_is_read_with_its_target_by_whoever_is_named_there(
    small: SmallHouse,
) -> None:
    manager = small.person("case_manager")
    source, target = merged(small, manager)
    lead = named(small, target, "lead_investigator", manager)
    file = read(small, target, lead)
    assert {one["body"] for one in file.parts["reports"]} == {"Source", "Target"}
    assert len(file.parts["threads"]) == 2
    with pytest.raises(NotFound):
        read(small, source, lead)
    with small.look() as db:
        for life, body in ((source, "Source"), (target, "Target")):
            assert hierarchy.reporter_key(
                db, life.reporter, db.get_one(Report, life.report), KeyKind.CONV
            ), body


def test_a_case_stays_unread_until_somebody_who_works_on_it_reads_it(small: SmallHouse) -> None:
    life, manager, colleague = (
        a_life(small),
        small.person("case_manager"),
        small.person("case_manager"),
    )
    declare(small, life, manager, colleague)
    with small.work() as db:
        case = db.get_one(Case, life.case)
        log.emit(db, "case.taken", by=manager, case=case)
        case.assignee = manager.id

    def unread() -> bool:
        with small.work() as db:
            return heads.look(db, life.reference, by=colleague).unread

    read(small, life, colleague)
    assert unread()
    read(small, life, manager)
    assert not unread()
    put(small, life, "note", {"text": "x"}, colleague)
    assert unread()


def tag(small: SmallHouse, life: Life, who: StaffActor) -> str:
    with small.look() as db:
        return casefile.etag(db, who, db.get_one(Case, life.case))


def test_a_tag_names_the_state_of_what_its_reader_may_read(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    analyst = named(small, life, "analyst", manager)
    whole, part = tag(small, life, manager), tag(small, life, analyst)
    assert whole != part
    put(small, life, "note", {"text": "x"}, manager)
    assert tag(small, life, manager) != whole
    assert tag(small, life, analyst) == part  # notes are not for analysts
    put(small, life, "allegation", {"text": "x"}, manager)
    assert tag(small, life, analyst) != part
    assert len(whole) == 16


def test_history_names_people_only_to_those_who_may_know(small: SmallHouse) -> None:
    manager = small.person("case_manager", name="Awa Traoré")
    life = a_life(small)
    lead = named(small, life, "lead_investigator", manager)
    desk = small.person("intake_officer")
    with small.work() as db:
        case = db.get_one(Case, life.case)
        full = history.of_case(db, case, by=manager)
        states = history.of_case(db, case, by=lead)
        none = history.of_case(db, case, by=desk)
    assert [entry.kind for entry in full][:2] == ["case.submitted", "case.status"]
    assert "Awa Traoré" in {entry.who for entry in full}
    assert (full[0].at, full[0].actor, full[0].who) == ("2026-03-02", "reporter", None)
    assert {entry.kind for entry in states} == {"case.status"}
    assert {entry.who for entry in states} == {None}
    assert none == []


def test_a_head_says_what_everybody_sees_who_may_know_of_the_case(small: SmallHouse) -> None:
    life, manager = a_life(small, office="PORT"), small.person("case_manager", name="Awa")
    officer = small.person("triage_officer")
    with small.work() as db:
        db.get_one(Case, life.case).assignee = manager.id
        log.emit(db, "case.assigned", by=THE_SERVICE)
    with small.work() as db:
        head = heads.look(db, life.reference, by=manager)
        steps = heads.steps(db, db.get_one(Case, life.case), by=officer)
    assert (head.office, head.unit, head.phase, head.state) == (
        "PORT",
        "main",
        "receive",
        "received",
    )
    assert (head.assignee, head.declared, head.closed_on) == ((manager.id, "Awa"), False, None)
    assert {step.event for step in steps} == {"acknowledge", "emergency"}
    with small.look() as db:
        assert log.told_of(db, life.case)[-1].body.kind == "case.read"
