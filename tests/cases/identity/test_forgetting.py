"""Who reported is forgotten before what was reported, in an order that survives being killed anywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import holds, messages, pairs, retention, verification
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import NotAllowed, NotFound, Unacceptable
from cases.messages import wishes
from cases.models.case import Case, CaseWrap, KeyKind, Report
from cases.sealing import hierarchy
from cases.sealing.hierarchy import StaffKeys
from tests.cases.identity import asking
from tests.cases.test_retention import Killed, killed_at
from tests.cases.walks import NAMED, Life, a_life

if TYPE_CHECKING:
    from tests.cases.builders import SmallHouse


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """Not admitted, and two months ago."""
    found = a_life(small, identity=NAMED).triaged().after(refused)
    small.clock.move(days=62)
    return found


def refused(life: Life) -> None:
    refusal = {"closure_reason": "abusive", "reasons": "no", "message": "Sorry."}
    life.both("manager", "head", "refuse", **refusal)


def left(life: Life) -> tuple[int, bool]:
    """Wraps of the identity that are left, and whether its key is in the vault."""
    report = asking.report_of(life)
    with life.small.look() as db:
        wraps = db.exec(select(CaseWrap).where(CaseWrap.kind == KeyKind.ID)).all()
    thing = (KeyKind.ID, report)
    return len(wraps), thing in life.small.house.vault.keys([thing])


def told(life: Life) -> list[str]:
    """The kinds of events about the identity."""
    with life.small.look() as db:
        kinds = [one.body.kind for one in log.told_of(db, life.case_id)]
    return [kind for kind in kinds if kind.startswith("identity.")]


def test_it_is_gone_for_everybody_and_the_content_stays(life: Life) -> None:
    small = life.small
    assert life.case().retention_class == "K1"
    assert retention.forget_identities(small.house) == 1
    assert left(life) == (0, False)
    assert retention.forget_identities(small.house) == 0
    assert told(life) == ["identity.shred_ordered", "identity.shredded"]
    assert life.opens("manager")
    custodian = life.cast["custodian"]
    with small.work() as db:
        report = db.get_one(Report, asking.report_of(life))
        reporter = life.reporter(db)
        with pytest.raises(NotFound):
            StaffKeys(db, custodian).identity_key(report)
        with pytest.raises(NotFound):
            hierarchy.reporter_key(db, reporter, report, KeyKind.ID)
        assert not wishes.is_named(db, reporter)
        assert messages.read_own_thread(db, reporter) is not None
    small.integrate()
    assert [one for one in verification.verify(small.house) if one.is_fault] == []


@pytest.mark.one_database
def test_a_copy_of_the_main_database_opens_no_identity_once_the_key_is_gone(life: Life) -> None:
    """The rows of a backup are the rows of now: what opens them lies in the vault alone."""
    small, report_id = life.small, asking.report_of(life)
    with small.look() as db:
        [row] = [
            one
            for one in db.exec(select(CaseWrap).where(CaseWrap.kind == KeyKind.ID))
            if one.recipient == small.units["custody"]
        ]
        copied = {name: getattr(row, name) for name in CaseWrap.model_fields}
    retention.forget_identities(small.house)
    with small.work() as db:
        db.add(CaseWrap(**copied))
        db.get_one(Report, report_id).id_commitment = b"restored"
        log.emit(db, "config.changed", by=THE_SERVICE)
    with small.look() as db, pytest.raises(NotFound):
        StaffKeys(db, life.cast["custodian"]).identity_key(db.get_one(Report, report_id))


@pytest.mark.one_database
def test_a_process_killed_anywhere_leaves_it_to_be_finished(life: Life) -> None:
    house = life.small.house
    engines = (house.engine, house.vault._engine)
    n, killed = 0, True
    while killed:
        try:
            with killed_at(n, *engines):
                retention.forget_identities(house)
            killed = False
        except Killed:
            wraps, kept = left(life)
            # Nothing is taken away before it is on record that it will be.
            assert kept or "identity.shred_ordered" in told(life)
            assert wraps or not kept
        n += 1
    assert n > 5
    assert left(life) == (0, False)
    assert told(life) == ["identity.shred_ordered", "identity.shredded"]


@pytest.mark.one_database
def test_a_legal_hold_stops_it_and_opening_again_does(life: Life) -> None:
    by = life.cast["head"]
    with life.small.work() as db:
        holds.hold(db, life.find(db, by), "a court asks", by=by, keys=StaffKeys(db, by))
    assert retention.forget_identities(life.small.house) == 0
    with life.small.work() as db:
        waits = pairs.lift_hold(db, life.find(db, by), "done", by=by, keys=StaffKeys(db, by)).id
    life.declare("head2")
    life.confirm("head2", waits)
    assert retention.forget_identities(life.small.house) == 1


@pytest.mark.one_database
def test_whoever_may_look_at_that_moment_may_no_more(small: SmallHouse) -> None:
    life = a_life(small, identity=NAMED)
    life.assign("manager", "lead_investigator", "lead")
    life.declare("lead")
    asking.opened(life)
    with small.work() as db:
        case = db.get_one(Case, life.case_id)
        case.forget_identity_on = small.house.today()
        log.emit(db, "config.changed", by=THE_SERVICE)
    retention.forget_identities(small.house)
    with pytest.raises(NotFound):
        asking.read(life)


@pytest.mark.one_database
def test_what_went_to_justice_is_kept_from_the_judgment_on(life: Life) -> None:
    by, today = life.cast["head"], life.small.house.today()
    with life.small.work() as db, pytest.raises(NotAllowed):
        holds.judged(db, life.find(db, by), today, "so", by=by, keys=StaffKeys(db, by))
    with life.small.work() as db:
        case = life.find(db, by)
        case.retention_class, case.archive_on = "K5", None
        log.emit(db, "case.hold", by=by, case=case)
    tomorrow = today + timedelta(days=1)
    with life.small.work() as db, pytest.raises(Unacceptable):
        holds.judged(db, life.find(db, by), tomorrow, "so", by=by, keys=StaffKeys(db, by))
    with life.small.work() as db:
        holds.judged(db, life.find(db, by), today, "so", by=by, keys=StaffKeys(db, by))
    assert life.case().archive_on == today.replace(year=today.year + 10)
