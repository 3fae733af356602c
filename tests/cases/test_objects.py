"""What staff write into a case: versions, screening, and what figures count of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlmodel import select

from cases import access
from cases.audit import log
from cases.errors import DeclarationNeeded, NotAllowed, NotFound, NotPermitted, Unacceptable
from cases.models.case import Case, Record, SubjectMatch
from cases.models.facts import AllegationFact
from cases.objects import shapes, things
from cases.objects.shapes import MODELS, Note, Outcome
from cases.sealing import facts
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database


def values(life: Life, kind: str, who: str = "head") -> list[dict[str, object]]:
    by = life.cast[who]
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        permit = log.emit(db, "record.read", by=by, case=case)
        return [
            one.value for one in things.held(db, case, kind, permit=permit, keys=StaffKeys(db, by))
        ]


def delete(life: Life, who: str, kind: str, identity: UUID) -> None:
    by = life.cast[who]
    with life.small.work() as db:
        things.delete(db, life.find(db, by), kind, identity, by=by, keys=StaffKeys(db, by))


def test_every_kind_has_its_permission() -> None:
    assert things.PERMISSIONS.keys() - {"link"} == MODELS.keys()


def test_a_thing_is_written_changed_and_taken_away_in_versions(life: Life) -> None:
    note = life.write("triage", "note", text="first")
    life.write("triage", "note", text="other")
    life.change("triage", "note", note, text="second")
    assert [one["text"] for one in values(life, "note")] == ["second", "other"]
    delete(life, "triage", "note", note)
    assert [one["text"] for one in values(life, "note")] == ["other"]
    with life.small.look() as db:
        kept = db.exec(select(Record).where(Record.id == note)).all()
    assert sorted((row.version, row.deleted) for row in kept) == [
        (1, False),
        (2, False),
        (3, True),
    ]
    with pytest.raises(NotFound):
        life.change("triage", "note", note, text="again")
    with pytest.raises(NotFound):
        life.change("triage", "task", note, title="another kind")


def test_every_change_leaves_its_event_with_a_commitment(life: Life) -> None:
    note = life.write("triage", "note", text="first")
    with life.small.look() as db:
        row = db.exec(select(Record).where(Record.id == note)).one()
        told = [one.body for one in log.told_of(db, life.case_id)]
    (event,) = [one for one in told if one.kind == "record.created" and one.d["field"] == "note"]
    assert event.seq == row.n
    assert event.obj[0].c == row.content.hex()  # type: ignore[union-attr]  # not a list of cases


def test_whoever_writes_has_declared_and_holds_the_act(life: Life) -> None:
    by = life.cast["triage"]
    note = Note(text="early")
    with life.small.work() as db, pytest.raises(DeclarationNeeded):
        things.add(db, life.find(db, by), "note", note, by=by, keys=StaffKeys(db, by))
    with pytest.raises(NotPermitted):
        life.write("head", "person", role="witness", name="W")
    with pytest.raises(NotPermitted):
        life.write("triage", "outcome", outcome="disc_warning")


def test_nothing_is_written_into_a_case_that_was_merged(small: SmallHouse) -> None:
    target = a_life(small)
    source = a_life(small, target.cast)
    target.triaged()
    source.triaged()
    target.declare("head")
    target.declare("manager")
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    with pytest.raises(NotAllowed):
        source.write("triage", "note", text="too late")


@pytest.mark.parametrize(
    ("kind", "value", "pointer"),
    [
        ("allegation", {"office": "NOWHERE"}, "/office"),
        ("allegation", {"subjects": [str(uuid4())]}, "/subjects/0"),
        ("task", {"title": "ask", "owner": str(uuid4())}, "/owner"),
    ],
)
def test_what_names_something_that_is_not_there_is_refused(
    life: Life, kind: str, value: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Unacceptable) as wrong:
        life.write("triage", kind, **value)
    assert wrong.value.problems == ((pointer, "unknown_value"),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("allegation", {"category": "NO-01"}),
        ("allegation", {"category": "RET-04"}),
        ("allegation", {"procedure": "magic"}),
        ("person", {"role": "king"}),
        ("note", {"text": ""}),
        ("note", {"text": "x", "more": 1}),
        ("outcome", {"outcome": "exile"}),
        ("protection_plan", {"risk": "extreme"}),
    ],
)
def test_codes_and_fields_are_those_of_the_lists(kind: str, value: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as wrong:
        MODELS[kind].model_validate(value)
    assert "NO-01" not in str(wrong.value)


def test_a_person_who_works_here_is_walled_at_once(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["investigator"] = small.person("investigator", name="Amadou Diallo", number="A-17")
    life.investigated()
    assert life.opens("investigator")
    life.write("lead", "person", role="witness", name="DIALLO Amadou")
    assert not life.sees("investigator")
    assert not life.opens("investigator")
    life.cast["manager2"] = small.person("case_manager", number="B 9")
    assert life.sees("manager2")
    life.write("manager", "person", role="line_manager", staff_number="b-9")
    assert not life.sees("manager2")


def test_an_expert_is_named_without_a_wall(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["manager2"] = small.person("case_manager", name="Awa Traoré")
    life.write("triage", "person", role="expert", name="Awa Traore")
    assert life.sees("manager2")


def test_whoever_writes_their_own_name_loses_the_case(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["manager2"] = small.person("case_manager", name="Awa Traoré")
    life.write("manager2", "person", role="subject", name="Awa Traoré")
    assert not life.sees("manager2")


def test_a_new_subject_voids_what_was_declared(life: Life) -> None:
    life.declare("manager")
    life.write("triage", "person", role="subject", name="Somebody Else")
    for who in ("manager", "triage"):
        by = life.cast[who]
        with life.small.look() as db:
            assert not access.declared(db, by, access.find(db, life.reference, by))
    life.declare("manager")
    life.write("triage", "person", role="subject", name="ELSE somebody")
    with life.small.look() as db:
        by = life.cast["manager"]
        assert access.declared(db, by, access.find(db, life.reference, by))
        assert len(db.exec(select(SubjectMatch)).all()) == 1


def test_an_allegation_is_counted_by_tokens(life: Life) -> None:
    made = life.allege(office=None)
    keyring = life.small.house.keyring
    with life.small.look() as db:
        row = db.get_one(AllegationFact, made)
        assert row.category == facts.filter_token(keyring, "category", "AUT-02")
        assert row.office == facts.filter_token(keyring, "office", "PORT")
        assert facts.figure_code(keyring, made, "anonymous", row.anonymous, ("yes", "no")) == "yes"
    life.change("triage", "allegation", made, category="COR-01", office="HQ")
    with life.small.look() as db:
        row = db.get_one(AllegationFact, made)
        assert row.category == facts.filter_token(keyring, "category", "COR-01")
        assert row.office == facts.filter_token(keyring, "office", "HQ")
    delete(life, "triage", "allegation", made)
    with life.small.look() as db:
        assert db.get(AllegationFact, made) is None


def test_an_allegation_with_a_finding_changes_no_more(life: Life) -> None:
    life.investigated()
    life.reply()
    life.report()
    life.passed()
    life.decide()
    made = life.things["allegation"]
    with life.small.look() as db:
        row = db.get_one(AllegationFact, made)
        found = facts.figure_code(
            life.small.house.keyring, made, "finding", row.finding or 0, ("substantiated",)
        )
        assert (found, row.decided_on) == ("substantiated", life.small.house.today())
    with pytest.raises(NotAllowed):
        life.change("manager", "allegation", made, category="COR-01")
    with pytest.raises(NotAllowed):
        delete(life, "manager", "allegation", made)


def test_an_outcome_has_a_life_of_its_own() -> None:
    assert Outcome(outcome="disc_warning").status == shapes.OutcomeStatus.PROPOSED


ASKED = {"code": "Q1", "text": "Who?"}
WHOLE: dict[str, dict[str, Any]] = {
    "consignment": {"container": "CSQU3054383"},
    "item": {"title": "Gate log", "source_type": "access_log"},
    "plan": {"objective": "Find out.", "questions": [ASKED]},
    "interview": {"capacity": "witness"},
    "referral": {"body": "police", "basis": "article 1", "reprisal_risk": "low"},
    "threat": {"on": "2026-03-01", "form": "threat", "severity": "minor", "description": "x"},
    "retaliation": {"form": "duties", "on": "2026-03-01", "description": "x"},
    "inspection_watch": {
        "declarations_before": 40,
        "inspected_before": 4,
        "from_before": "2025-10-01",
        "to_before": "2025-12-31",
        "declarations_after": 12,
        "inspected_after": 12,
        "from_after": "2026-01-01",
        "to_after": "2026-02-01",
    },
}
"""As little as each kind needs."""


@pytest.mark.parametrize("kind", WHOLE)
def test_each_new_kind_of_thing_is_kept_as_it_was_written(life: Life, kind: str) -> None:
    life.write("manager", kind, **WHOLE[kind])
    (found,) = values(life, kind)
    thing = MODELS[kind].model_validate(WHOLE[kind])
    assert found == thing.model_dump(mode="json")


@pytest.mark.parametrize(
    ("kind", "value", "pointer"),
    [
        ("item", {"bears_on": [{"allegation": str(uuid4()), "bearing": "supports"}]}, "/bears_on/0/allegation"),
        ("item", {"attachments": [str(uuid4())]}, "/attachments/0"),
        ("item", {"copy_of": str(uuid4())}, "/copy_of"),
        ("plan", {"questions": [ASKED | {"answered_by": [str(uuid4())]}]}, "/questions/0/answered_by/0"),
        ("threat", {"told": [str(uuid4())]}, "/told/0"),
        ("consignment", {"office": "NOWHERE"}, "/office"),
    ],
)  # fmt: skip
def test_what_a_thing_names_deep_inside_is_of_this_case(
    life: Life, kind: str, value: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Unacceptable) as wrong:
        life.write("manager", kind, **WHOLE[kind] | value)
    assert wrong.value.problems == ((pointer, "unknown_value"),)


def test_a_thing_of_another_kind_is_not_taken_for_the_one_that_is_named(life: Life) -> None:
    note = life.write("manager", "note", text="x")
    with pytest.raises(Unacceptable):
        life.write("manager", "item", **WHOLE["item"] | {"copy_of": str(note)})
    life.write("manager", "item", **WHOLE["item"] | {"records": [str(note)]})


def test_a_thing_of_another_case_is_not_there(small: SmallHouse, life: Life) -> None:
    other = a_life(small, life.cast)
    elsewhere = other.write("triage", "note", text="x")
    with pytest.raises(Unacceptable):
        life.write("triage", "item", **WHOLE["item"] | {"records": [str(elsewhere)]})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("consignment", {"note": "no reference"}),
        ("plan", {"objective": "x", "questions": [ASKED, ASKED]}),
        ("task", {"title": "x", "status": "open", "done": True}),
        ("referral", {"body": "police", "basis": "x", "reprisal_risk": "low", "may_learn_identity": True}),
        ("item", {"title": "x", "source_type": "rumour"}),
        ("item", {"title": "x", "source_type": "interview", "reliability": "G"}),
    ],
)  # fmt: skip
def test_a_thing_that_contradicts_itself_is_refused(kind: str, value: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MODELS[kind].model_validate(value)


def test_a_task_that_is_done_says_so_in_both_words() -> None:
    task = MODELS["task"]
    assert task.model_validate({"title": "x", "done": True}).model_dump()["status"] == "done"
    assert task.model_validate({"title": "x", "status": "done"}).model_dump()["done"] is True


def test_nothing_is_known_yet_of_a_source_until_it_is_graded() -> None:
    item = MODELS["item"].model_validate(WHOLE["item"]).model_dump()
    assert (item["reliability"], item["credibility"]) == ("F", "6")


@pytest.mark.parametrize(
    "wrong",
    [
        {"inspected_before": 41},
        {"inspected_after": 13},
        {"to_before": "2025-09-30"},
        {"from_after": "2025-12-31"},
        {"to_after": "2025-12-31"},
        {"declarations_after": -1},
        {"declarations_before": 10_001},
    ],
)
def test_inspections_are_counted_in_periods_that_can_be(wrong: dict[str, Any]) -> None:
    model = MODELS["inspection_watch"]
    model.model_validate(WHOLE["inspection_watch"])
    with pytest.raises(ValidationError):
        model.model_validate(WHOLE["inspection_watch"] | wrong)
