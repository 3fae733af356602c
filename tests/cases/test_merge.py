"""Two cases become one: who is kept from one is kept from the other, and nothing of either is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from cases import access, conflicts, evidence, pairs
from cases.errors import NotFound
from cases.models.people import Staff
from cases.objects import bundles, handling
from cases.objects.inquiry_shapes import Custody
from cases.reading import casefile, custody, history, timeline
from cases.sealing.hierarchy import StaffKeys
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse

pytestmark = pytest.mark.one_database


def merge(source: Life, target: Life) -> None:
    for who in ("manager", "head"):
        target.declare(who)
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")


def named_in(small: SmallHouse, name: str) -> frozenset[object]:
    with small.look() as db:
        return conflicts.cases_naming(db, Staff(username="n", display_name=name))


def declared(life: Life, who: str) -> bool:
    with life.small.look() as db:
        return access.declared(db, life.cast[who], life.case())


def test_newcomers_whom_one_case_names_are_found_in_both(
    small: SmallHouse, source: Life, target: Life
) -> None:
    corrected = source.write("manager", "person", role="subject", name="Awa Traore")
    source.change("manager", "person", corrected, role="subject", name="Aoua Traore")
    target.write("manager", "person", role="witness", name="Ibrahim Keita")
    source.write("manager", "person", role="expert", name="Moussa Expert")
    merge(source, target)
    both = {source.case_id, target.case_id}
    assert named_in(small, "Awa Traoré") == both
    assert named_in(small, "Aoua Traoré") == both
    assert named_in(small, "Ibrahim Keita") == both
    assert named_in(small, "Moussa Expert") == frozenset()
    target.write("manager", "person", role="subject", name="Later Person")
    assert named_in(small, "Later Person") == both


def test_whoever_was_named_in_the_report_itself_is_found_in_both(
    small: SmallHouse, target: Life
) -> None:
    small.person(*OUTSIDE_ROLES, unit="outside")
    stated = (conflicts.Subject(name="Awa Traoré", staff_number="C7"),)
    source = a_life(small, target.cast, subjects=stated).triaged()
    merge(source, target)
    assert named_in(small, "Awa Traoré") == {source.case_id, target.case_id}


def test_a_subject_the_target_did_not_name_voids_what_was_declared_there(
    source: Life, target: Life
) -> None:
    source.write("manager", "person", role="subject", name="Awa Traoré")
    merge(source, target)
    assert not declared(target, "manager")
    assert not declared(target, "head")


def test_declarations_of_the_target_stand_where_it_gets_no_new_subject(
    source: Life, target: Life
) -> None:
    for life in (source, target):
        life.write("manager", "person", role="subject", name="Awa Traoré")
    source.write("manager", "person", role="witness", name="Ibrahim Keita")
    merge(source, target)
    assert declared(target, "manager")


def test_staff_whom_one_case_names_see_neither(source: Life, target: Life) -> None:
    cast, small = target.cast, target.small
    known = small.person("case_manager", name="Known Manager")
    cast["known"] = known
    assert source.sees("known")
    source.write("manager", "person", role="witness", name="Known Manager")
    assert target.sees("known")
    merge(source, target)
    assert not source.sees("known")
    assert not target.sees("known")


def a_file(life: Life, who: str = "manager") -> UUID:
    small, by, identity = life.small, life.cast[who], uuid4()
    with small.work() as db:
        place = evidence.place_for_staff(db, life.find(db, by), identity)
    with evidence.sealer(small.house, place) as sealer:
        sealer.update(b"a page of the log")
        sealed = sealer.finish()
    about = evidence.Described(name="log.txt", media_type="text/plain")
    with small.work() as db:
        keys = StaffKeys(db, by)
        evidence.keep_for_staff(db, life.find(db, by), place, sealed, about, by=by, keys=keys)
    return identity


def test_files_of_staff_are_read_with_the_case_they_were_merged_into(
    small: SmallHouse, source: Life, target: Life
) -> None:
    files = {a_file(source), a_file(target)}
    merge(source, target)
    by = target.cast["manager"]
    with small.work() as db:
        read = casefile.read(db, target.reference, by=by, language="en", wanted=("evidence",))
    assert {one["id"] for one in read.parts["evidence"]} == files
    for identity in files:
        with small.work() as db:
            case, keys = target.find(db, by), StaffKeys(db, by)
            contents = evidence.open_for_staff(db, by, case, identity, keys=keys)
        assert b"".join(contents.pieces) == b"a page of the log"


def test_the_custody_of_a_merged_file_goes_on(
    small: SmallHouse, source: Life, target: Life
) -> None:
    identity, by = a_file(source), target.cast["manager"]
    merge(source, target)
    with small.work() as db:
        evidence.open_for_staff(db, by, target.find(db, by), identity, keys=StaffKeys(db, by))
    with small.work() as db:
        found = history.of_file(db, target.find(db, by), identity, by=by)
    assert [one.kind for one in found] == ["attachment.created", "attachment.read"]


def test_an_item_for_few_stays_for_few_in_the_case_it_was_merged_into(
    small: SmallHouse, source: Life, target: Life
) -> None:
    file = a_file(source)
    few = source.write(
        "manager",
        "item",
        title="An informer",
        source_type="intelligence",
        handling="custodian",
        attachments=[str(file)],
    )
    log = source.write("manager", "item", title="A log", source_type="access_log")
    merge(source, target)
    target.authorise()
    target.team()

    def seen(who: str) -> tuple[set[UUID], set[UUID], set[UUID]]:
        by = target.cast[who]
        target.declare(who)
        with small.work() as db:
            parts = casefile.read(db, target.reference, by=by, language="en").parts
            days = timeline.page(db, target.reference, by=by)
        return (
            {one["id"] for one in parts["items"]},
            {one["id"] for one in parts["evidence"]},
            {one.id for one in days if one.kind == "item"},
        )

    assert seen("head") == ({log}, set(), {log})
    assert seen("lead") == ({few, log}, {file}, {few, log})
    head, lead = target.cast["head"], target.cast["lead"]
    with small.work() as db:
        case, keys = target.find(db, head), StaffKeys(db, head)
        with pytest.raises(NotFound):
            handling.demand_file(db, case, file, by=head, keys=keys)
        with pytest.raises(NotFound):
            handling.files_of_item(db, case, few, by=head, keys=keys)
        assert handling.files_of_item(db, case, log, by=head, keys=keys) == []
    with small.work() as db:
        case, keys = target.find(db, lead), StaffKeys(db, lead)
        handling.demand_file(db, case, file, by=lead, keys=keys)
        assert handling.files_of_item(db, case, few, by=lead, keys=keys) == [file]


def test_the_custody_of_a_merged_item_goes_on(
    small: SmallHouse, source: Life, target: Life
) -> None:
    item = source.write("manager", "item", title="A phone", source_type="physical")
    by = target.cast["manager"]

    def enter(life: Life, event: str) -> None:
        with small.work() as db:
            entry = Custody(item=item, event=event, reason="kept")
            pairs.record_custody(db, life.find(db, by), entry, by=by, keys=StaffKeys(db, by))

    enter(source, "received")
    merge(source, target)
    enter(target, "sealed")
    with small.work() as db:
        found = custody.of_item(db, target.find(db, by), item, by=by, keys=StaffKeys(db, by))
    assert [one.event for one in found if not one.told] == ["received", "sealed"]


def test_a_merged_item_is_judged_like_any_other_before_it_is_served(
    small: SmallHouse, source: Life, target: Life
) -> None:
    few = source.write(
        "manager", "item", title="Seen", source_type="access_log", handling="investigators"
    )
    heard = source.write("manager", "interview", capacity="reporter")
    merge(source, target)
    by = target.cast["manager"]
    with small.work() as db:
        case, keys = target.find(db, by), StaffKeys(db, by)
        found = bundles.problems(db, case, [few, heard], by=by, keys=keys)
    assert found == [(few, "restricted"), (heard, "from_reporter")]
