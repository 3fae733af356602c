"""Who can open what: by unit, by name, after a merge, after a renewal, and who no longer can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, delete, select

from cases import assignments, evidence, messages, naming
from cases.actors import ReporterActor, Seat, StaffActor
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts import Subject
from cases.errors import EnvelopeInvalid, NotFound, NotOpenYet
from cases.messages import thread
from cases.models.case import (
    Case,
    CaseChain,
    CaseWrap,
    ChainKind,
    KeyKind,
    Recipient,
    Record,
    Report,
)
from cases.models.people import Staff, Unit, UnitKind, UnitWrap
from cases.sealing import hierarchy, hpke, records
from cases.sealing.hierarchy import StaffKeys
from cases.sealing.hpke import Secret
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.lives import a_life, declare, name, put

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.database import Work
    from tests.cases.builders import SmallHouse
    from tests.cases.lives import Life


pytestmark = pytest.mark.one_database


def case_key(small: SmallHouse, life: Life, who: StaffActor, epoch: int | None = None) -> bytes:
    with small.look() as db:
        return StaffKeys(db, who).case_key(db.get_one(Case, life.case), epoch)


def thread_key(small: SmallHouse, life: Life, who: StaffActor, epoch: int | None = None) -> bytes:
    with small.look() as db:
        return StaffKeys(db, who).thread_key(db.get_one(Report, life.report), epoch)


def renew(small: SmallHouse, life: Life, by: StaffActor, *without: StaffActor) -> None:
    with small.work() as db:
        keys = StaffKeys(db, by)
        gone = frozenset(who.id for who in without)
        assignments.renew(db, db.get_one(Case, life.case), by=by, keys=keys, without=gone)


def merge(small: SmallHouse, source: Life, target: Life, by: StaffActor) -> None:
    """What a merge does to keys."""
    with small.work() as db:
        keys = StaffKeys(db, by)
        one, two = db.get_one(Case, source.case), db.get_one(Case, target.case)
        db.add(
            hierarchy.link_merged(
                small.house.keyring, keys.case_key(two), keys.case_key(one), target=two, source=one
            )
        )
        one.merged_into = two.id
        db.get_one(Report, source.report).case_id = two.id
        log.emit(db, "case.status", by=by, case=one, d=Details(after="merged"))
        wraps = (col(CaseWrap.case_id) == one.id, col(CaseWrap.kind) == KeyKind.INT)
        db.exec(delete(CaseWrap).where(*wraps))


def test_the_circle_opens_every_case_of_its_unit_and_nobody_elses(small: SmallHouse) -> None:
    life = a_life(small)
    circle = [small.person(role) for role in ("triage_officer", "case_manager", "head_ia")]
    assert len({case_key(small, life, who) for who in circle}) == 1
    assert len({thread_key(small, life, who) for who in circle}) == 1
    others = [
        small.person(role)
        for role in (
            "intake_officer",
            "lead_investigator",
            "decision_authority",
            "system_admin",
            "dpo",
            "internal_auditor",
        )
    ]
    others += [
        small.person("case_manager", unit="outside"),
        small.person("review_officer", unit="review"),
        small.person("protection_officer", unit="protection"),
        small.person("identity_custodian", unit="custody"),
    ]
    for who in others:
        for key in (case_key, thread_key):
            with pytest.raises(NotFound):
                key(small, life, who)


def test_a_seat_that_claims_a_key_without_a_wrap_opens_nothing(small: SmallHouse) -> None:
    life, who = a_life(small), small.person("intake_officer")
    seats = (Seat(small.units["main"], "case_manager", holds_key=True),)
    with pytest.raises(NotFound):
        case_key(small, life, replace(who, seats=seats))


def test_a_seed_that_does_not_give_the_units_key_is_refused(small: SmallHouse) -> None:
    life, who = a_life(small), small.person("case_manager")
    with small.work() as db:
        row = db.get_one(UnitWrap, (small.units["main"], 1, who.id))
        context = small.house.keyring.ctx("unit/sk", small.units["main"], 1, who.id, 1)
        row.blob = hpke.seal(hpke.public_key(who.seed), context, hpke.new_seed())
        log.emit(db, "role.changed", by=who)
    with pytest.raises(EnvelopeInvalid):
        case_key(small, life, who)


def test_whoever_is_named_opens_that_case_and_no_other(small: SmallHouse) -> None:
    life, other = a_life(small), a_life(small)
    manager, investigator = small.person("case_manager"), small.person("investigator")
    name(small, life, "investigator", investigator, manager)
    assert case_key(small, life, investigator) == case_key(small, life, manager)
    assert thread_key(small, life, investigator) == thread_key(small, life, manager)
    with pytest.raises(NotFound):
        case_key(small, other, investigator)


def test_only_custodians_and_the_reporter_open_an_identity(small: SmallHouse) -> None:
    life = a_life(small)
    keeper = small.person("identity_custodian", unit="custody")
    with small.look() as db:
        report = db.get_one(Report, life.report)
        key = StaffKeys(db, keeper).identity_key(report)
        assert key == hierarchy.reporter_key(db, life.reporter, report, KeyKind.ID)
    for who in (small.person("case_manager"), small.person("identity_custodian", unit="main")):
        with small.look() as db, pytest.raises(NotFound):
            StaffKeys(db, who).identity_key(db.get_one(Report, life.report))


def test_a_reporters_seed_opens_their_thread_and_nothing_of_the_case(small: SmallHouse) -> None:
    """(33)"""
    life, other = a_life(small), a_life(small)
    manager = small.person("case_manager")
    note = put(small, life, "note", {"text": "internal"}, manager)
    seed = life.reporter.seed
    with small.look() as db:
        permit = log.reporter_permit(db, life.reporter, [life.case, other.case])
        own = {
            hierarchy.reporter_key(db, life.reporter, db.get_one(Report, life.report), kind)
            for kind in (KeyKind.CONV, KeyKind.ID)
        }
        theirs = db.get_one(Report, other.report)
        for kind in (KeyKind.CONV, KeyKind.ID):
            with pytest.raises(NotFound):
                hierarchy.reporter_key(db, life.reporter, theirs, kind)
        as_other = ReporterActor(other.report, seed)
        with pytest.raises(EnvelopeInvalid):
            hierarchy.reporter_key(db, as_other, db.get_one(Report, other.report), KeyKind.CONV)
        rows = db.exec(select(Record).where(col(Record.case_id).in_([life.case, other.case]))).all()
        opened = set()
        for row in rows:
            for key in (*own, seed):
                try:
                    records.open_(db, permit, key, row)
                except EnvelopeInvalid:
                    continue
                opened.add((row.case_id, row.field))
        assert opened == {(life.case, "report"), (life.case, "identity")}
        assert note.id in {row.id for row in rows}
        # Every wrap there is, tried with the reporter's seed, gives their own two keys.
        for wrap in db.exec(select(CaseWrap)).all():
            shred = small.house.vault.key(KeyKind(wrap.kind), wrap.report_id or wrap.case_id)
            mine = wrap.recipient_type == Recipient.REPORTER and wrap.report_id == life.report
            if mine:
                assert hierarchy.unwrap(small.house.keyring, shred, wrap, Secret(seed)) in own
            else:
                with pytest.raises(EnvelopeInvalid):
                    hierarchy.unwrap(small.house.keyring, shred, wrap, Secret(seed))


def test_after_a_merge_the_targets_holders_read_both_and_each_reporter_their_own(
    small: SmallHouse,
) -> None:
    source, target = a_life(small), a_life(small)
    manager, investigator = small.person("case_manager"), small.person("investigator")
    before = case_key(small, source, manager), thread_key(small, source, manager)
    merge(small, source, target, manager)
    name(small, target, "investigator", investigator, manager)
    for who in (manager, investigator):
        assert case_key(small, source, who) == before[0]
        assert thread_key(small, source, who) == before[1]
    with small.look() as db:
        for life, other in ((source, target), (target, source)):
            own = db.get_one(Report, life.report)
            assert hierarchy.reporter_key(db, life.reporter, own, KeyKind.CONV)
            with pytest.raises(NotFound):
                hierarchy.reporter_key(
                    db, life.reporter, db.get_one(Report, other.report), KeyKind.CONV
                )
    with pytest.raises(NotFound):
        case_key(small, source, small.person("investigator"))


def test_a_merged_case_whose_link_is_gone_does_not_open(small: SmallHouse) -> None:
    source, target = a_life(small), a_life(small)
    manager = small.person("case_manager")
    merge(small, source, target, manager)
    with small.work() as db:
        db.exec(delete(CaseChain).where(col(CaseChain.kind) == ChainKind.MERGED))
        log.emit(db, "config.changed", by=manager)
    with pytest.raises(NotFound):
        case_key(small, source, manager)


def test_after_renewals_holders_read_every_epoch_and_the_revoked_no_new_one(
    small: SmallHouse,
) -> None:
    """(34)"""
    life = a_life(small)
    manager, stays, goes = (
        small.person("case_manager"),
        small.person("investigator"),
        small.person("investigator"),
    )
    for who in (stays, goes):
        name(small, life, "investigator", who, manager)
    old = case_key(small, life, goes), thread_key(small, life, goes)
    with small.look() as db:
        stolen = [row.model_copy() for row in db.exec(select(CaseWrap)) if row.recipient == goes.id]
    renew(small, life, manager, goes)
    renew(small, life, manager)
    for who in (manager, stays):
        keys = [case_key(small, life, who, epoch) for epoch in (1, 2, 3)]
        assert keys[0] == old[0]
        assert len(set(keys)) == 3
        assert case_key(small, life, who) == keys[2]
        threads = [thread_key(small, life, who, epoch) for epoch in (1, 2, 3)]
        assert threads[0] == old[1]
        assert len(set(threads)) == 3
    with pytest.raises(NotFound):
        case_key(small, life, goes)
    with small.work() as db:  # the old backup's wrap, put back
        db.add_all(CaseWrap(**row.model_dump(warnings=False)) for row in stolen)
        log.emit(db, "config.changed", by=manager)
    for epoch in (None, 1, 2):
        with pytest.raises(NotFound):
            case_key(small, life, goes, epoch)


def thread_texts(small: SmallHouse, life: Life, who: StaffActor) -> list[str]:
    with small.work() as db:
        case = db.get_one(Case, life.case)
        report = db.get_one(Report, life.report)
        permit = log.emit(db, "record.read", by=who, case=case, opens=[report.origin_case_id])
        said = thread.read_thread(db, permit, report, StaffKeys(db, who))
        return [one.body for one in said if one.body]


def own_texts(small: SmallHouse, life: Life) -> list[str]:
    with small.look() as db:
        return [one.body for one in messages.read_own_thread(db, life.reporter) if one.body]


def test_a_thread_is_read_whole_across_renewals_by_both_sides(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")

    def say(text: str) -> None:
        with small.work() as db:
            thread.post_as_reporter(db, life.reporter, text)
        with small.work() as db:
            keys = StaffKeys(db, manager)
            case, report = db.get_one(Case, life.case), db.get_one(Report, life.report)
            words = naming.cleared(db, case, {"/body": f"re {text}"}, by=manager, keys=keys)
            thread.post_as_staff(db, case, report, words["/body"], by=manager, keys=keys)

    said = []
    for text in ("one", "two", "three"):
        say(text)
        said += [text, f"re {text}"]
        assert thread_texts(small, life, manager) == said
        assert own_texts(small, life) == said
        renew(small, life, manager)
    with small.look() as db:
        epochs = {row.epoch for row in db.exec(select(Record)) if row.field == "message"}
        assert epochs == {1, 2, 3}
        assert evidence.own_files(db, life.reporter) == []


def test_who_was_taken_out_does_not_read_what_is_written_after(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    goes = small.person("investigator")
    declare(small, life, manager)
    name(small, life, "investigator", goes, manager)
    with small.work() as db:
        keys = StaffKeys(db, manager)
        assignments.revoke(db, db.get_one(Case, life.case), goes.id, by=manager, keys=keys)
    with small.work() as db:
        thread.post_as_reporter(db, life.reporter, "later")
    assert thread_texts(small, life, manager) == ["later"]
    with pytest.raises(NotFound):
        thread_texts(small, life, goes)


@pytest.mark.parametrize("kind", list(KeyKind))
def test_what_was_shredded_opens_for_nobody(small: SmallHouse, kind: KeyKind) -> None:
    """(36)"""
    life, other = a_life(small), a_life(small)
    manager, keeper = (
        small.person("case_manager"),
        small.person("identity_custodian", unit="custody"),
    )
    owner = life.case if kind == KeyKind.INT else life.report
    small.house.vault.forget([(kind, owner)])

    def ways(db: Work, one: Life) -> dict[KeyKind, list[bool]]:
        case, report = db.get_one(Case, one.case), db.get_one(Report, one.report)
        tries: dict[KeyKind, list[Callable[[], bytes]]] = {
            KeyKind.INT: [lambda: StaffKeys(db, manager).case_key(case)],
            KeyKind.CONV: [
                lambda: StaffKeys(db, manager).thread_key(report),
                lambda: hierarchy.reporter_key(db, one.reporter, report, KeyKind.CONV),
            ],
            KeyKind.ID: [
                lambda: StaffKeys(db, keeper).identity_key(report),
                lambda: hierarchy.reporter_key(db, one.reporter, report, KeyKind.ID),
            ],
        }
        opened: dict[KeyKind, list[bool]] = {}
        for name_, each in tries.items():
            opened[name_] = []
            for way in each:
                try:
                    way()
                except NotFound:
                    opened[name_].append(False)
                else:
                    opened[name_].append(True)
        return opened

    everything = {KeyKind.INT: [True], KeyKind.CONV: [True, True], KeyKind.ID: [True, True]}
    shut = {kind: [False] * len(everything[kind])}
    if kind == KeyKind.INT:  # staff reach a thread through the case's key
        shut[KeyKind.CONV] = [False, True]
    with small.look() as db:
        assert ways(db, life) == everything | shut
        assert ways(db, other) == everything


def test_wraps_that_changed_places_do_not_open(small: SmallHouse) -> None:
    one, two = a_life(small), a_life(small)
    keyring, vault = small.house.keyring, small.house.vault
    unit_seed = small.seeds["main"]
    with small.look() as db:
        wraps = {row.case_id: row for row in db.exec(select(CaseWrap)) if row.kind == KeyKind.INT}
    mine, theirs = wraps[one.case], wraps[two.case]
    shred = vault.key(KeyKind.INT, one.case)
    assert hierarchy.unwrap(keyring, shred, mine, Secret(unit_seed))
    for column, value in (
        ("case_id", two.case),
        ("epoch", 2),
        ("kind", KeyKind.CONV),
        ("recipient", small.units["outside"]),
        ("recipient_type", Recipient.STAFF),
        ("blob", theirs.blob),
    ):
        moved = CaseWrap(**{**mine.model_dump(warnings=False), column: value})
        with pytest.raises(EnvelopeInvalid):
            hierarchy.unwrap(keyring, shred, moved, Secret(unit_seed))


def test_a_key_that_is_not_the_one_committed_to_is_refused(small: SmallHouse) -> None:
    """Two recipients cannot be given different keys of one case (41)."""
    life, manager = a_life(small), small.person("case_manager")
    keyring = small.house.keyring
    with small.work() as db:
        case, report = db.get_one(Case, life.case), db.get_one(Report, life.report)
        unit = hierarchy.unit_holder(db.get_one(Unit, small.units["main"]))
        reporter = hierarchy.Holder(
            Recipient.REPORTER, report.id, 1, hpke.public_key(life.reporter.seed)
        )
        db.exec(delete(CaseWrap))
        for kind, owner, to in (
            (KeyKind.INT, case.id, unit),
            (KeyKind.CONV, report.id, reporter),
            (KeyKind.ID, report.id, reporter),
        ):
            db.add(
                hierarchy.wrap(
                    keyring,
                    small.house.vault.key(kind, owner),
                    hierarchy.new_key(),
                    kind=kind,
                    epoch=1,
                    case_id=case.id,
                    report_id=None if kind == KeyKind.INT else report.id,
                    to=to,
                )
            )
        log.emit(db, "config.changed", by=manager)
    with pytest.raises(EnvelopeInvalid):
        case_key(small, life, manager)
    with small.look() as db:
        report = db.get_one(Report, life.report)
        for kind in (KeyKind.CONV, KeyKind.ID):
            with pytest.raises(EnvelopeInvalid):
                hierarchy.reporter_key(db, life.reporter, report, kind)


def test_links_that_are_gone_are_nothing_to_find(small: SmallHouse) -> None:
    life, manager = a_life(small), small.person("case_manager")
    renew(small, life, manager)
    with small.work() as db:
        db.exec(delete(CaseChain))
        log.emit(db, "config.changed", by=manager)
    with pytest.raises(NotFound):
        thread_key(small, life, manager)
    with pytest.raises(NotFound):
        case_key(small, life, manager, 1)
    with small.look() as db:
        report = db.get_one(Report, life.report)
        with pytest.raises(NotFound):
            hierarchy.reporter_key(db, life.reporter, report, KeyKind.CONV, 9)


def test_nobody_receives_keys_before_they_have_one(small: SmallHouse) -> None:
    with pytest.raises(NotOpenYet):
        hierarchy.unit_holder(Unit(code="x", name="x", kind=UnitKind.HANDLING))
    with pytest.raises(NotOpenYet):
        hierarchy.staff_holder(Staff(username="x", display_name="x"))


def test_many_cases_are_opened_at_once_and_those_of_others_left_out(small: SmallHouse) -> None:
    lives = [a_life(small) for _ in range(3)]
    manager = small.person("case_manager", number="C-7")
    outside = small.person(*OUTSIDE_ROLES, unit="outside")
    theirs = a_life(small, subjects=(Subject(staff_number="c 7"),))
    small.house.vault.forget([(KeyKind.INT, lives[2].case)])
    with small.look() as db:
        keys = StaffKeys(db, manager)
        cases = list(db.exec(select(Case)))
        found = keys.case_keys(cases)
        assert set(found) == {lives[0].case, lives[1].case}
        assert keys.case_keys(cases) == found
        assert theirs.case not in found
    assert case_key(small, theirs, outside)
