"""Items of information: custody, who may see them, one timeline, what may be served and what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlmodel import select

from cases import evidence, pairs
from cases.errors import NotFound, NotPermitted, Unacceptable
from cases.models.case import Record
from cases.objects import bundles, handling
from cases.objects.inquiry_shapes import Custody
from cases.reading import casefile, custody, timeline
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, a_life, an_assessment
from workflows import catalogue
from workflows.sources import FAMILIES

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse

from tests.cases.writing import keep_file, refused, values

pytestmark = pytest.mark.one_database


# Items, files, custody


def enter(life: Life, who: str, item: UUID, event: str, **more: object) -> UUID | None:
    """Write into the custody log; the proposal, where it waits."""
    by = life.cast[who]
    entry = Custody.model_validate({"item": item, "event": event, "reason": "needed", **more})
    with life.small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        waits = pairs.record_custody(db, case, entry, by=by, keys=keys)
        return waits.id if waits else None


def test_letting_evidence_go_takes_two_and_an_authority(life: Life) -> None:
    item = life.write("manager", "item", title="A phone", source_type="physical")
    assert enter(life, "manager", item, "received", place="Room 4") is None
    with pytest.raises(Unacceptable):
        enter(life, "manager", item, "disposed")
    with pytest.raises(Unacceptable):
        enter(life, "manager", item, "downloaded")
    waits = enter(life, "manager", item, "disposed", authority="order 7")
    assert waits is not None
    assert [one["event"] for one in values(life, "custody")] == ["received"]
    life.confirm("manager2", waits)
    (_, gone) = values(life, "custody")
    assert (gone["event"], gone["by"], gone["role"], gone["second"]) == (
        "disposed",
        str(life.cast["manager"].id),
        "case_manager",
        str(life.cast["manager2"].id),
    )


def test_the_custody_log_tells_who_looked_and_who_downloaded(life: Life) -> None:
    file = keep_file(life)
    item = life.write(
        "manager", "item", title="Log", source_type="access_log", attachments=[str(file)]
    )
    by = life.cast["manager"]
    with life.small.work() as db:
        evidence.open_for_staff(db, by, life.find(db, by), file, keys=StaffKeys(db, by))
    with life.small.work() as db:
        casefile.read(db, life.reference, by=by, language="en", wanted=["items"])
    with life.small.work() as db:
        found = custody.of_item(db, life.find(db, by), item, by=by, keys=StaffKeys(db, by))
    assert {one.event for one in found} == {"received", "downloaded", "viewed"}
    assert {one.who for one in found} == {by.display_name}
    with life.small.work() as db, pytest.raises(NotFound):
        custody.of_item(db, life.find(db, by), uuid4(), by=by, keys=StaffKeys(db, by))


def test_an_item_for_few_is_hidden_from_the_rest_with_its_file(life: Life) -> None:
    file = keep_file(life)
    few = life.write(
        "manager",
        "item",
        title="An informer",
        source_type="intelligence",
        handling="custodian",
        attachments=[str(file)],
    )
    life.write("manager", "item", title="A log", source_type="access_log")
    by = life.cast["head"]
    life.declare("head")
    with life.small.work() as db:
        parts = casefile.read(db, life.reference, by=by, language="en").parts
        assert [one["title"] for one in parts["items"]] == ["A log"]
        assert parts["evidence"] == []
        seen = timeline.page(db, life.reference, by=by)
        assert few not in {one.id for one in seen}
        case, keys = life.find(db, by), StaffKeys(db, by)
        with pytest.raises(NotFound):
            handling.demand_file(db, case, file, by=by, keys=keys)


# One timeline


def test_every_source_has_a_family() -> None:
    assert set(FAMILIES) == set(catalogue.code_list("source_types").by_code)
    assert set(FAMILIES.values()) == set(catalogue.code_list("source_families").by_code)


def test_three_sources_that_disagree_stand_on_one_timeline(life: Life) -> None:
    alleged = life.allege()
    for title, source, day, bearing, grade in (
        ("Normal times", "customs_system", "2026-02-11", "contradicts", "B2"),
        ("Waited for days", "reporter_statement", "2026-02-10", "supports", "F6"),
        ("Cash changes hands", "cctv_scanner", "2026-02-12", "supports", "A1"),
    ):
        life.write(
            "triage",
            "item",
            title=title,
            source_type=source,
            happened_on=day,
            reliability=grade[0],
            credibility=grade[1],
            bears_on=[{"allegation": str(alleged), "bearing": bearing}],
        )
    by = life.cast["triage"]
    with life.small.work() as db:
        first = timeline.page(db, life.reference, by=by, limit=2)
        rest = timeline.page(db, life.reference, by=by, after=first[1].sort_key)
    assert [(one.what, one.family, one.grade) for one in (*first[:2], *rest)] == [
        ("Waited for days", "reporter", "F6"),
        ("Normal times", "customs_data", "B2"),
        ("Cash changes hands", "internal", "A1"),
    ]
    assert [one.bears_on[0][1] for one in (*first[:2], *rest)] == [
        "supports",
        "contradicts",
        "supports",
    ]


# The bundle


def look(life: Life, *wanted: UUID) -> list[str]:
    by = life.cast["manager"]
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        return [code for _, code in bundles.problems(db, case, wanted, by=by, keys=keys)]


def test_nothing_that_could_tell_who_reported_is_served(life: Life) -> None:
    alleged, file = life.allege(), keep_file(life)
    log_item = life.write("manager", "item", title="Log", source_type="access_log")
    assert look(life, alleged, log_item) == []
    said = life.write("manager", "item", title="Told us", source_type="reporter_statement")
    note = life.write("manager", "note", text="it is the driver")
    heard = life.write("manager", "interview", capacity="reporter")
    with life.small.look() as db:
        own = db.exec(select(Record.id).where(Record.field == "report")).one()
    assert look(life, said) == ["from_reporter"]
    assert look(life, note) == ["about_reporter"]
    assert look(life, heard) == ["from_reporter"]
    assert look(life, uuid4()) == ["not_there"]
    assert look(life, file) == ["original_file"]
    assert look(life, own) == ["from_reporter"]
    inside = life.write("manager", "item", title="x", source_type="access_log", records=[str(own)])
    assert look(life, inside) == ["from_reporter"]


def test_a_cleaned_copy_may_be_served_and_what_counsel_cleared(life: Life) -> None:
    original = life.write("manager", "item", title="Log", source_type="access_log")
    copy = keep_file(life)
    life.write(
        "manager",
        "item",
        title="Log, cleaned",
        source_type="access_log",
        copy_of=str(original),
        attachments=[str(copy)],
    )
    assert look(life, copy) == []
    note = life.write("manager", "note", text="a quotation from the newspaper")
    with pytest.raises(NotPermitted):
        life.write("manager", "bundle_clearance", record=str(note), reason="known")
    life.assign("head", "legal_counsel", "counsel")
    life.write("counsel", "bundle_clearance", record=str(note), reason="known")
    assert look(life, note) == []


# Referrals


def test_what_is_referred_is_listed_with_its_hashes_and_followed_to_its_end(life: Life) -> None:
    life.triaged()
    alleged, file = life.things["allegation"], keep_file(life, content=b"proof")
    life.both(
        "head",
        "manager",
        "refer",
        body="police",
        legal_basis="article 12",
        reprisal_risk="low",
        items=[alleged, file],
    )
    (sent,) = values(life, "referral")
    assert (sent["status"], sent["may_learn_identity"]) == ("sent", False)
    assert [one["kind"] for one in sent["manifest"]] == ["allegation", "attachment"]
    with life.small.look() as db:
        row = db.get_one(Record, (alleged, 1))
    assert sent["manifest"][0]["commitment"] == row.content.hex()
    assert len(sent["manifest"][1]["sha256"]) == 64
    life.do("manager", "returned", reasons="not for them")
    (ended,) = values(life, "referral")
    assert ended["status"] == "ended"
    assert ended["manifest"] == sent["manifest"]


def test_nobody_s_compelled_words_go_where_they_may_be_punished(life: Life) -> None:
    words = life.write("manager", "item", title="Record", source_type="interview", compelled=True)
    to_police: dict[str, Any] = {
        "body": "police",
        "basis": "x",
        "reprisal_risk": "low",
        "items": [str(words)],
    }
    assert refused(life, "manager", "referral", **to_police) == ["/items/0 compelled"]
    assert refused(life, "manager", "referral", **to_police | {"body": "internal_audit"}) == []


def test_nothing_is_sent_at_a_high_risk_and_what_went_out_stays_as_it_was(life: Life) -> None:
    note = life.write("manager", "note", text="x")
    referral: dict[str, Any] = {"body": "police", "basis": "x", "reprisal_risk": "high"}
    made = life.write("manager", "referral", **referral, items=[str(note)])
    assert refused(life, "manager", "referral", made, **referral, status="sent") == [
        "/reprisal_risk out_of_range"
    ]
    low: dict[str, Any] = referral | {"reprisal_risk": "low"}
    life.change("manager", "referral", made, **low, items=[str(note)], status="sent")
    life.change("manager", "referral", made, **low, items=[], status="acknowledged")
    (kept,) = values(life, "referral")
    assert kept["items"] == [str(note)]
    assert [one["id"] for one in kept["manifest"]] == [str(note)]
    assert refused(life, "manager", "referral", made, **low, status="result_received") == [
        "/result missing",
        "/result_on missing",
    ]


@pytest.mark.parametrize("kind", ["commendation", "suggestion", "advice"])
def test_what_alleges_nothing_is_answered_without_an_allegation(
    small: SmallHouse, kind: str
) -> None:
    life = a_life(small, type=kind)
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    bare = {name: one for name, one in an_assessment().items() if name != "main_category"}
    life.do("triage", "complete_assessment", **bare)
    life.do("manager", "to_local", handler="The chief")
    life.do(
        "manager", "resolved", closure_reason="answered", result="thanked", message="Thank you."
    )
    assert life.case().state == "closed"
