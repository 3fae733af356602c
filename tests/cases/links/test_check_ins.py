"""What follows when a reporter answers whether all is well."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import deadlines, delivery, intake, messages, transitions
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.errors import NotAllowed, NotFound
from cases.intake import Receipt
from cases.links import check_ins, ties
from cases.models.case import Case, PlannedText, ReporterKey
from cases.models.links import FollowUp
from cases.reading import casefile
from cases.sealing.hierarchy import StaffKeys
from tests.cases.builders import SmallHouse, a_house
from tests.cases.walks import Cast, Life, a_life

if TYPE_CHECKING:
    from tests.databases import Backend

pytestmark = pytest.mark.one_database


@pytest.fixture
def life(small: SmallHouse) -> Life:
    """A case that was closed."""
    life = a_life(small, Cast(small))
    with small.work() as db:
        db.get_one(Case, life.case_id).state = "closed"
        log.emit(db, "config.changed", by=THE_SERVICE)
    life.declare("manager")
    return life


def said(life: Life, change: str = "none", threat: str = "none", *, talk: bool = False) -> None:
    with life.small.work() as db:
        by = life.reporter(db)
        answers = {"change": change, "threat": threat}
        check_ins.answer(db, by, answers, wants_to_talk=talk, text="They open everything.")


def waiting(life: Life, who: str = "manager") -> list[str]:
    by = life.cast[who]
    with life.small.work() as db:
        return [one.case.reference for one in check_ins.waiting(db, by)]


def claims(life: Life) -> list[Case]:
    with life.small.look() as db:
        return list(db.exec(select(Case).where(Case.id != life.case_id)))


@pytest.mark.parametrize(
    ("change", "threat", "talk", "due"),
    [
        ("none", "none", False, 0),
        ("some", "none", False, 1),
        ("none", "some", False, 1),
        ("none", "none", True, 1),
    ],
)
def test_somebody_looks_into_what_is_not_well_within_two_days(
    life: Life, change: str, threat: str, *, talk: bool, due: int
) -> None:
    said(life, change, threat, talk=talk)
    assert waiting(life) == [life.reference] * due
    assert claims(life) == []
    with life.small.look() as db:
        (row,) = db.exec(select(FollowUp)).all()
    assert row.due_on == life.small.house.today() + timedelta(days=2)


def test_what_was_looked_into_waits_no_more(life: Life) -> None:
    by = life.cast["manager"]
    said(life, "some")
    for refused in (False, True):
        with life.small.work() as db:
            case, keys = life.find(db, by), StaffKeys(db, by)
            if refused:
                with pytest.raises(NotAllowed):
                    check_ins.follow_up(db, case, "called", by=by, keys=keys)
            else:
                check_ins.follow_up(db, case, "called", by=by, keys=keys)
    assert waiting(life) == []


def test_an_answer_about_what_was_merged_is_looked_into_where_it_went(small: SmallHouse) -> None:
    target = a_life(small, Cast(small)).triaged()
    source = a_life(small, target.cast).triaged()
    with small.work() as db:
        transitions.tell(db, source.case(), "how_are_you")
        log.emit(db, "config.changed", by=THE_SERVICE)
    said(source, "some")
    for one in (target, source):
        for who in ("manager", "head"):
            one.declare(who)
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    assert waiting(source) == [target.reference]
    by = source.cast["manager"]
    with small.work() as db:
        keys = StaffKeys(db, by)
        check_ins.follow_up(db, target.find(db, by), "called", by=by, keys=keys)
    assert waiting(source) == []


def test_a_serious_answer_opens_a_case_of_retaliation_tied_to_the_first(life: Life) -> None:
    said(life, "serious")
    (claim,) = claims(life)
    assert (claim.priority, claim.state, claim.delivered) == ("P1", "received", True)
    new = Life(life.small, life.cast, claim.id, claim.reference, b"")
    new.declare("manager")
    by = life.cast["manager"]
    for one, other, follows in ((life, new, False), (new, life, True)):
        with life.small.work() as db:
            found = casefile.read(db, one.reference, by=by, language="en", wanted=("links",))
        (line,) = found.parts["links"]
        assert (line["reference"], line["kind"]) == (other.reference, ties.RETALIATION)
        assert line["follows"] is follows
    with life.small.work() as db:
        case = life.find(db, by)
        permit = log.emit(db, "record.read", by=by, case=case)
        assert ties.open_retaliation(db, case, permit=permit, keys=StaffKeys(db, by))
    assert waiting(life) == [life.reference]


def test_the_same_receipt_and_a_new_one_lead_to_what_came_of_it(life: Life) -> None:
    said(life, "serious")
    with life.small.work() as db:
        by = life.reporter(db)
        other = check_ins.matter(db, by, 1)
        assert messages.standing(db, other).received_on == life.small.house.today()
        messages.post_as_reporter(db, other, "and my goods are still there")
        assert [one.body for one in messages.read_own_thread(db, other) if one.body] == [
            "and my goods are still there"
        ]
        with pytest.raises(NotFound):
            check_ins.matter(db, by, 2)
        intake.renew(db, by, Receipt(b"n" * 32))
    with life.small.work() as db:
        again = intake.visit(db, intake.enter(db, b"n" * 32).token)
        assert check_ins.matter(db, again, 1).report_id == other.report_id


def test_another_reporter_s_receipt_leads_to_nothing_of_it(small: SmallHouse, life: Life) -> None:
    said(life, "serious")
    stranger = a_life(small, life.cast)
    with small.work() as db, pytest.raises(NotFound):
        check_ins.matter(db, stranger.reporter(db), 1)


def test_no_row_of_the_second_report_names_the_first(life: Life) -> None:
    with life.small.work() as db:
        first = life.reporter(db)
    said(life, "serious")
    with life.small.look() as db:
        rows = db.exec(select(ReporterKey)).all()
    assert len({one.pk for one in rows}) == len({one.lookup for one in rows}) == 2
    assert all(first.report_id.bytes not in one.wrap + one.lookup for one in rows)


def test_while_a_claim_is_open_no_second_one_is_opened(life: Life) -> None:
    said(life, "serious")
    said(life, threat="serious")
    (claim,) = claims(life)
    with life.small.work() as db:
        db.get_one(Case, claim.id).state = "closed"
        log.emit(db, "config.changed", by=THE_SERVICE)
    said(life, "serious")
    assert len(claims(life)) == 2


def test_nobody_sees_anything_of_it_before_the_tick(backend: Backend) -> None:
    with closing(a_house(backend, tick=timedelta(hours=1))) as small:
        life = a_life(small, Cast(small))
        small.integrate()
        delivery.deliver(small.house)
        with small.work() as db:
            db.get_one(Case, life.case_id).state = "closed"
            log.emit(db, "config.changed", by=THE_SERVICE)
        life.cast["manager"] = small.person("case_manager")
        said(life, "serious")
        assert waiting(life) == []
        assert [case.delivered for case in claims(life)] == [False]
        small.integrate()
        delivery.deliver(small.house)
        assert waiting(life) == [life.reference]
        assert [case.delivered for case in claims(life)] == [True]


def planned(life: Life) -> list[tuple[str, int]]:
    """(text, days from now) of what waits for its day."""
    with life.small.look() as db:
        rows = db.exec(select(PlannedText).where(PlannedText.case_id == life.case_id)).all()
    today = life.small.house.today()
    return [(row.code, (row.due_on - today).days) for row in rows if row.sent_on is None]


def test_fourteen_days_after_a_step_that_could_reveal_somebody_the_service_asks(
    small: SmallHouse,
) -> None:
    life = a_life(small, Cast(small)).triaged()
    life.authorise()
    life.team()
    assert planned(life) == []
    life.reply()
    assert planned(life) == [("how_are_you", 14)]
    with pytest.raises(NotAllowed):
        said(life)
    small.clock.move(days=14)
    deadlines.run_due(small.house)
    assert planned(life) == []
    said(life, "some")
    assert waiting(life) == [life.reference]


def test_nobody_is_asked_after_a_reply_that_was_waived(small: SmallHouse) -> None:
    life = a_life(small, Cast(small)).triaged()
    life.authorise()
    life.team()
    counsel = life.cast["counsel"].id
    life.both("lead", "counsel", "open_reply", counsel=counsel, waiver="no_identified_person")
    assert planned(life) == []
