"""What is plainly not relevant is deleted for good, by two people, unless something rests on it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from cases import evidence, holds, messages
from cases.errors import (
    AlreadyProposed,
    NotAllowed,
    NotFound,
    NotPermitted,
    NotReady,
    ProposalVoid,
    SamePerson,
)
from cases.models.case import (
    Case,
    Record,
    Report,
)
from cases.objects import custody
from cases.objects.inquiry_shapes import Custody
from cases.redaction import mentioned
from cases.sealing.hierarchy import StaffKeys
from tests.cases.redacting import (
    HEALTH,
    parts,
    propose,
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


# By two people


def test_two_people_delete_and_nobody_does_alone(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    waits = propose(life, note)
    with pytest.raises(SamePerson):
        life.confirm("manager", waits)
    assert versions(life, note)[0].redacted_on is None
    life.confirm("manager2", waits)
    assert versions(life, note)[0].redacted_on == life.small.house.today()


def test_an_investigator_asks_and_only_managers_and_heads_agree(life: Life) -> None:
    life.allege()
    life.assess()
    life.authorise()
    life.team()
    note = life.write("lead", "note", text=HEALTH)
    waits = propose(life, note, "lead")
    other = life.write("lead", "note", text=HEALTH)
    with pytest.raises(AlreadyProposed):
        propose(life, other, "manager")
    life.assign("manager", "legal_counsel", "counsel")
    for who in ("investigator", "counsel", "triage"):
        life.declare(who)
        with pytest.raises(NotPermitted):
            propose(life, note, who)
        with pytest.raises(NotPermitted):
            life.confirm(who, waits)
    life.confirm("head", waits)
    waits = propose(life, other)
    with pytest.raises(NotPermitted):
        life.confirm("lead", waits)


def test_who_may_not_know_of_the_case_is_not_told_that_there_was_something(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    outsider = life.small.person("case_manager", unit="outside")
    life.cast["outsider"] = outsider
    with pytest.raises(NotFound):
        propose(life, note, "outsider")


# What is refused


def test_what_is_not_there_cannot_be_deleted(life: Life) -> None:
    assert why_not(life, uuid4()) == "unknown_value"
    other = a_life(life.small, life.cast)
    elsewhere = other.write("manager", "note", text=HEALTH)
    assert why_not(life, elsewhere) == "unknown_value"
    note = life.write("manager", "note", text=HEALTH)
    redact(life, note)
    assert why_not(life, note) == "unknown_value"


def test_the_report_itself_decisions_and_allegations_are_never_deleted(life: Life) -> None:
    allegation = life.allege()
    life.assess()
    with life.small.look() as db:
        case = db.get_one(Case, life.case_id)
        report = db.exec(select(Report.id).where(Report.case_id == case.id)).one()
        rows = db.exec(
            select(Record).where(
                col(Record.field).in_(("decision", "report", "identity", "assessment")),
                (Record.case_id == case.id) | (Record.report_id == report),
            )
        ).all()
    assert {row.field for row in rows} >= {"report", "identity", "decision"}
    for row in rows:
        expected = "unknown_value" if row.field == "identity" else "never_deleted"
        assert why_not(life, row.id) == expected
    assert why_not(life, allegation) == "never_deleted"


def test_what_a_finding_rests_on_stays(life: Life) -> None:
    life.allege()
    life.assess()
    life.authorise()
    life.team()
    evidence_note = life.write("lead", "note", "evidence", text="The log of that day.")
    aside = life.write("lead", "note", "aside", text=HEALTH)
    life.reply()
    life.report()
    assert why_not(life, evidence_note, "lead") == "relied_on"
    redact(life, aside, "lead")


def test_whoever_is_named_by_what_stands_is_relevant(life: Life) -> None:
    subject = life.person(name="Bela Norte")
    allegation = life.allege(subjects=[str(subject)])
    assert why_not(life, subject) == "relied_on"
    life.change(
        "triage",
        "allegation",
        allegation,
        category="AUT-02",
        office="PORT",
        procedure="declaration",
    )
    redact(life, subject)


def test_a_file_that_an_item_holds_is_relevant_until_the_item_is_gone(life: Life) -> None:
    file = keep_file(life)
    item = life.write(
        "manager", "item", title="Log", source_type="access_log", attachments=[str(file)]
    )
    assert why_not(life, file) == "relied_on"
    redact(life, item)
    redact(life, file)


def test_what_the_service_wrote_of_an_item_goes_with_it_and_what_people_wrote_keeps_it(
    life: Life,
) -> None:
    item = life.write("manager", "item", title="A phone", source_type="physical")
    by = life.cast["manager"]

    def enter(entry: Custody) -> Record:
        with life.small.work() as db:
            return custody.enter(db, life.find(db, by), entry, by=by, keys=StaffKeys(db, by))

    enter(custody.measured(item, "aa" * 32, "aa" * 32))
    waits = propose(life, item)
    handed = Custody.model_validate({"item": item, "event": "received", "reason": "kept"})
    enter(handed)
    assert why_not(life, item, "manager2") == "relied_on"
    with pytest.raises(ProposalVoid):
        life.confirm("head", waits)

    other = life.write("manager", "item", title="A toy", source_type="physical")
    checked = enter(custody.measured(other, "aa" * 32, None))
    life.refuse("head", waits)
    redact(life, other)
    assert versions(life, checked.id)[0].env == b""


def test_a_file_goes_by_the_id_that_lists_show_and_rests_under_its_other_one_too(
    life: Life,
) -> None:
    file = keep_file(life)
    with life.small.look() as db:
        found = evidence.find(db, life.case(), file)
        assert found is not None
    assert why_not(life, found.record_id) == "unknown_value"
    life.write(
        "manager",
        "item",
        title="Log",
        source_type="access_log",
        records=[str(found.record_id)],
    )
    assert why_not(life, file) == "relied_on"


def test_what_a_reporter_asked_for_is_not_deleted_with_its_words(life: Life) -> None:
    with life.small.work() as db:
        asked = messages.post_as_reporter(db, life.reporter(db), HEALTH, act="withdraw", event=None)
    assert why_not(life, asked.id) == "relied_on"


def test_a_legal_hold_keeps_everything(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    waits = propose(life, note)
    head = life.cast["head"]
    with life.small.work() as db:
        holds.hold(db, life.find(db, head), "a court asked", by=head, keys=StaffKeys(db, head))
    with pytest.raises(NotReady) as refused:
        propose(life, note, "manager2")
    assert refused.value.guards == ("no_legal_hold",)
    with pytest.raises(ProposalVoid):
        life.confirm("head", waits)
    assert versions(life, note)[0].redacted_on is None


def test_what_came_to_be_relied_on_since_it_was_proposed_stays(life: Life) -> None:
    person = life.person(name="Bela Norte")
    waits = propose(life, person)
    life.allege(subjects=[str(person)])
    with pytest.raises(ProposalVoid):
        life.confirm("head", waits)


def test_what_was_written_anew_since_it_was_proposed_stays(life: Life) -> None:
    note = life.write("manager", "note", text=HEALTH)
    proposal = propose(life, note)
    life.change("manager", "note", note, text="The log of that day.")
    with pytest.raises(ProposalVoid):
        life.confirm("head", proposal)


def test_what_became_part_of_another_case_is_deleted_there_and_under_its_hold(life: Life) -> None:
    target = a_life(life.small, life.cast).triaged()
    note = life.write("manager", "note", text=HEALTH)
    life.allege()
    life.assess()
    for who in ("manager", "head"):
        target.declare(who)
    head = life.cast["head"]
    with life.small.work() as db:
        holds.hold(db, life.find(db, head), "a court asked", by=head, keys=StaffKeys(db, head))
    life.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    with pytest.raises(NotAllowed):
        propose(life, note)
    with pytest.raises(NotReady):
        propose(target, note)


def test_the_files_of_an_item_for_few_go_with_it_and_are_never_shown_to_all(life: Life) -> None:
    file = keep_file(life)
    item = life.write(
        "manager",
        "item",
        title=HEALTH,
        source_type="intelligence",
        handling="investigators",
        attachments=[str(file)],
    )
    redact(life, item)
    assert parts(life, "manager", "evidence")["evidence"] == []


def test_an_item_for_few_is_not_there_for_the_rest(life: Life) -> None:
    file = keep_file(life)
    item = life.write(
        "manager",
        "item",
        title=HEALTH,
        source_type="intelligence",
        handling="custodian",
        attachments=[str(file)],
    )
    assert why_not(life, item) == "unknown_value"
    assert why_not(life, file) == "unknown_value"


@given(
    value=st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    ),
    wanted=st.text(min_size=1),
)
def test_a_value_mentions_every_text_in_it_however_deep(value: object, wanted: str) -> None:
    assert wanted in mentioned([value, {"more": [{"one": wanted}]}])
    assert all(isinstance(one, str) for one in mentioned(value))
