"""Forgetting a case: all of it, in an order that survives being killed anywhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlmodel import col, or_, select

from cases import deadlines, evidence, intake, retention, verification
from cases.audit import log
from cases.errors import NotFound, WrongReceipt
from cases.evidence import Described
from cases.models.case import (
    Attachment,
    Case,
    CaseChain,
    CaseWrap,
    KeyKind,
    Record,
    Report,
    ReporterKey,
)
from cases.models.told import EffectCheck
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, a_life, publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine, Select

    from tests.cases.builders import SmallHouse


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(n: int, *engines: Engine) -> Iterator[None]:
    """Let the n-th statement on these databases be the last."""
    left = [n]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    for engine in engines:
        event.listen(engine, "before_cursor_execute", count)
        event.listen(engine, "commit", count)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", count)
            event.remove(engine, "commit", count)


def ordered(small: SmallHouse) -> Life:
    """A case of two merged reports and a file, whose content two people ordered to be destroyed."""
    first_day = small.house.today()
    target = a_life(small)
    source = a_life(small, target.cast)
    target.triaged()
    a_file(target)
    a_recommendation(target)
    source.triaged()
    target.declare("head")
    target.declare("manager")
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    refusal = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    target.both("manager", "head", "refuse", **refusal)
    over = target.case().archive_on
    assert over is not None
    small.clock.move(days=(over - small.house.today()).days)
    deadlines.run_due(small.house)
    publish(small, target.cast["head"], first_day, small.house.today())
    target.both("dpo", "dpo2", "purge")
    assert target.case().state == "purged"
    return target


def a_recommendation(life: Life) -> None:
    """One that was carried out, and whose effect nobody looked at."""
    owned = {"text": "Count twice.", "owner": str(life.cast["head"].id), "due": "2026-06-01"}
    made = life.write("manager", "recommendation", text="Count twice.")
    for status in ("accepted", "done"):
        life.change("manager", "recommendation", made, **owned, root_cause="cash", status=status)


def a_file(life: Life) -> None:
    by = life.cast["triage"]
    with life.small.work() as db:
        place = evidence.place_for_staff(db, life.find(db, by), uuid4())
    with evidence.sealer(life.small.house, place) as sealer:
        sealer.update(b"a photograph")
        sealed = sealer.finish()
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        described = Described(name="photo.jpg", media_type="image/jpeg")
        evidence.keep_for_staff(db, case, place, sealed, described, by=by, keys=keys)


def left(life: Life) -> dict[str, int]:
    """How much is left of a case."""
    house = life.small.house
    with life.small.look() as db:
        reports = db.exec(select(Report.id).where(Report.case_id == life.case_id)).all()
        things = [
            (KeyKind.INT, life.case_id),
            *((kind, report) for report in reports for kind in (KeyKind.CONV, KeyKind.ID)),
        ]
        of_report = col(Record.report_id).in_(reports)
        tables: dict[str, Select[Any]] = {
            "records": select(Record).where(or_(Record.case_id == life.case_id, of_report)),
            "wraps": select(CaseWrap).where(
                or_(CaseWrap.case_id == life.case_id, col(CaseWrap.report_id).in_(reports))
            ),
            "links": select(CaseChain).where(
                or_(CaseChain.case_id == life.case_id, col(CaseChain.subject).in_(reports))
            ),
            "receipts": select(ReporterKey).where(col(ReporterKey.report_id).in_(reports)),
            "files": select(Attachment).where(Attachment.case_id == life.case_id),
            "effects": select(EffectCheck).where(EffectCheck.case_id == life.case_id),
        }
        counts = {name: len(db.rows(statement)) for name, statement in tables.items()}
    return counts | {
        "vault": len(house.vault.keys(things)),
        "blobs": len(list(house.blobs.names())),
    }


def test_forgetting_leaves_nothing_but_the_row_and_the_trail(small: SmallHouse) -> None:
    life = ordered(small)
    assert all(left(life).values())
    assert retention.finish_orders(small.house) == 1
    assert not any(left(life).values())
    assert retention.finish_orders(small.house) == 0
    with small.look() as db:
        case = db.get_one(Case, life.case_id)
        kinds = [one.body.kind for one in log.told_of(db, case.id)]
    assert kinds.count("case.shred_ordered") == kinds.count("case.shredded") == 1
    assert (case.state, case.commitment) == ("purged", b"")
    with small.work() as db, pytest.raises(WrongReceipt):
        intake.enter(db, life.stretched)


def test_what_was_merged_elsewhere_is_forgotten_after_its_target(small: SmallHouse) -> None:
    life = ordered(small)
    with small.look() as db:
        source = db.exec(select(Case).where(Case.merged_into == life.case_id)).one()
        reports = db.exec(select(Report.origin_case_id).where(Report.case_id == life.case_id))
        assert source.id in set(reports)
        assert source.state == "archived"
    retention.finish_orders(small.house)
    by = life.cast["manager"]
    with small.look() as db:
        report = db.exec(select(Report).where(Report.origin_case_id == source.id)).one()
        with pytest.raises(NotFound):
            StaffKeys(db, by).thread_key(report)


def test_killed_at_any_statement_it_is_finished_the_next_time(small: SmallHouse) -> None:
    life = ordered(small)
    engines = (small.house.engine, small.house.vault._engine)
    for n in range(200):
        try:
            with killed_at(n, *engines):
                done = retention.finish_orders(small.house)
        except Killed:
            with small.look() as db:
                case = db.get_one(Case, life.case_id)
            # Never a change without its trace: while a row is left the order stands.
            assert case.commitment or not any(left(life).values())
            continue
        assert done in (0, 1)
        break
    else:
        pytest.fail("it never came to its end")
    assert n > 20
    assert not any(left(life).values())
    with small.look() as db:
        told = [one.body.kind for one in log.told_of(db, life.case_id)]
    assert told.count("case.shredded") == 1


def test_a_case_under_legal_hold_is_not_archived(small: SmallHouse) -> None:
    life = a_life(small)
    life.triaged()
    refusal = {"closure_reason": "out_of_mandate", "reasons": "no", "message": "Sorry."}
    life.both("manager", "head", "refuse", **refusal)
    with small.work() as db:
        case = life.find(db, life.cast["head"])
        case.legal_hold = True
        log.emit(db, "case.hold", by=life.cast["head"], case=case)
    small.clock.move(days=400)
    deadlines.run_due(small.house)
    assert life.case().state == "not_admitted"


def test_five_years_after_its_content_the_trail_forgets_a_case_too_and_stays_whole(
    small: SmallHouse,
) -> None:
    life = ordered(small)
    retention.finish_orders(small.house)
    small.integrate()
    before = told(small, life)
    assert before > 10
    small.clock.move(days=5 * 365)
    assert retention.forget_trails(small.house) == 0  # two leap days to go
    assert told(small, life) == before
    small.clock.move(days=2)
    assert retention.forget_trails(small.house) == before
    assert told(small, life) == 0
    assert retention.forget_trails(small.house) == 0
    small.integrate()
    found = {one.code for one in verification.verify(small.house)}
    assert found >= {"bodies_erased"}
    assert not found & {"body_missing", "number_missing", "record_missing", "leaf_changed"}


def told(small: SmallHouse, life: Life) -> int:
    """Events that still say something about a case."""
    with small.look() as db:
        return len(log.told_of(db, life.case_id))
