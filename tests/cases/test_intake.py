"""A report comes in: who can open what, where it goes, and what the rows say."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, func, select

from cases import conflicts, idempotency, intake
from cases.actors import THE_SERVICE
from cases.audit import log
from cases.audit.events import Details
from cases.conflicts import Subject
from cases.errors import (
    IdempotencyKeyMalformed,
    IdempotencyMismatch,
    NotFound,
    NotOpenYet,
    NotPermitted,
    NotSignedIn,
    Unacceptable,
    WrongReceipt,
)
from cases.intake import Desk, Identity, Receipt, Submission, arrival
from cases.models.case import (
    Case,
    CaseWrap,
    KeyKind,
    Record,
    Report,
    ReporterKey,
    ServiceMessage,
    SubjectMatch,
    Wall,
)
from cases.models.facts import CaseFact, ReportFact
from cases.models.people import Unit
from cases.sealing import facts, hierarchy, records
from cases.sealing.hierarchy import StaffKeys
from cases.staff.readiness import OUTSIDE_ROLES
from tests.cases.builders import SmallHouse, a_house

if TYPE_CHECKING:
    from cases.actors import StaffActor
    from tests.databases import Backend

TODAY = date(2026, 3, 2)


def a_receipt() -> Receipt:
    return Receipt(secrets.token_bytes(32))


def sent(small: SmallHouse, receipt: Receipt | None = None, **stated: object) -> Case:
    """Send a report and give its case."""
    given = {"body": "Something happened.", **stated}
    with small.look() as db:
        before = set(db.exec(select(Case.id)))
    intake.submit(intake.prepare(small.house, Submission(**given)), receipt or a_receipt())  # type: ignore[arg-type]
    with small.look() as db:
        return db.exec(select(Case).where(col(Case.id).not_in(before))).one()


def opened(small: SmallHouse, case: Case, by: StaffActor, field: str) -> list[dict[str, object]]:
    """What somebody reads of a case."""
    with small.work() as db:
        permit = log.emit(db, "record.read", by=by, case=db.get_one(Case, case.id), d=Details())
        rows = db.exec(select(Record).where(Record.case_id == case.id, Record.field == field)).all()
        keys = StaffKeys(db, by)
        found = []
        for row in rows:
            if row.kind == KeyKind.INT:
                key = keys.case_key(db.get_one(Case, case.id))
            elif row.kind == KeyKind.CONV:
                key = keys.thread_key(db.get_one(Report, row.report_id))
            else:
                key = keys.identity_key(db.get_one(Report, row.report_id))
            found.append(records.open_(db, permit, key, row))
        return found


def test_a_body_alone_makes_a_case_with_its_promises(small: SmallHouse) -> None:
    case = sent(small)
    assert case.state == "received"
    assert case.delivered
    assert case.seq == 1
    assert case.received_on == TODAY
    assert case.acknowledge_by == TODAY + timedelta(days=7)
    assert case.feedback_by == date(2026, 6, 9)
    assert case.unit == small.units["main"]
    with small.look() as db:
        assert [one.code for one in db.exec(select(ServiceMessage))] == ["received"]


def test_the_handling_unit_reads_the_text_and_the_custodians_the_name(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    custodian = small.person("identity_custodian", unit="custody")
    case = sent(small, body="The gate.", identity=Identity("Ama", "by phone"))
    assert opened(small, case, manager, "report")[0]["body"] == "The gate."
    assert opened(small, case, custodian, "identity") == [{"name": "Ama", "contact": "by phone"}]
    with pytest.raises(NotFound):
        opened(small, case, manager, "identity")
    with pytest.raises(NotFound):
        opened(small, case, custodian, "report")


def test_an_identity_is_as_long_when_it_is_empty(small: SmallHouse) -> None:
    nothing = sent(small)
    something = sent(small, identity=Identity("‎ꦀ" * 100, "ꦀ" * 500))
    with small.look() as db:
        statement = select(func.length(Record.env)).where(Record.field == "identity")
        sizes = [
            db.exec(statement.where(Record.case_id == one.id)).one() for one in (nothing, something)
        ]
        wraps = [
            db.exec(select(func.count()).where(CaseWrap.case_id == one.id)).one()
            for one in (nothing, something)
        ]
    assert sizes[0] == sizes[1]
    assert wraps[0] == wraps[1]


@pytest.mark.parametrize(
    "concern", ["internal_affairs", "head_of_internal_affairs", "head_of_customs"]
)
def test_a_report_about_the_line_is_sealed_to_the_outside_unit_only(
    small: SmallHouse, concern: str
) -> None:
    manager = small.person("case_manager")
    outside = small.person(*OUTSIDE_ROLES, unit="outside")
    case = sent(small, concerns=frozenset({concern}))
    assert case.unit == small.units["outside"]
    assert case.level == "L4"
    assert opened(small, case, outside, "report")
    with pytest.raises(NotFound):
        opened(small, case, manager, "report")
    with small.look() as db:
        wrapped = set(db.exec(select(CaseWrap.recipient).where(CaseWrap.case_id == case.id)))
    assert small.units["main"] not in wrapped


def test_a_report_naming_a_handler_by_number_goes_outside_without_a_tick(
    small: SmallHouse,
) -> None:
    small.person(*OUTSIDE_ROLES, unit="outside")
    small.person("head_ia", number="C-1234", name="Kofi Mensah")
    case = sent(small, subjects=(Subject(staff_number="c 1234"),))
    assert case.unit == small.units["outside"]


def test_a_report_naming_somebody_else_builds_a_wall(small: SmallHouse) -> None:
    small.person(*OUTSIDE_ROLES, unit="outside")
    named = small.person("quality_reviewer", unit="review", name="Ama Owusu")
    case = sent(small, subjects=(Subject(name="OWUSU  Amá", role="witness"),))
    with small.look() as db:
        walls = db.exec(select(Wall.tag).where(Wall.case_id == case.id)).all()
        tokens = db.exec(select(SubjectMatch).where(SubjectMatch.case_id == case.id)).all()
    assert walls == [conflicts.wall_tag(small.house.keyring, case.id, named.id)]
    assert len(tokens) == 1
    manager = small.person("case_manager")
    assert opened(small, case, manager, "person")[0]["role"] == "witness"


def test_danger_is_delivered_at_once_and_lets_protection_in(backend: Backend) -> None:
    small = a_house(backend, tick=timedelta(hours=1))
    try:
        protector = small.person("protection_officer", unit="protection")
        case = sent(small, danger=True)
        assert (case.priority, case.delivered, case.seq) == ("P0", True, 1)
        assert case.due_at is not None
        assert opened(small, case, protector, "meta")[0]["danger"] is True
        assert not sent(small).delivered
    finally:
        small.close()


def test_an_office_leads_to_the_unit_of_the_nearest_one_above(small: SmallHouse) -> None:
    assert sent(small, office="PORT").unit == small.units["main"]
    with pytest.raises(Unacceptable) as refused:
        sent(small, office="NOWHERE")
    assert refused.value.problems == (("/office", "unknown_value"),)


def test_the_dimensions_are_kept_as_tokens_only(small: SmallHouse) -> None:
    case = sent(small, category="COR-01", office="PORT", gender="woman", type="wrongdoing")
    keyring = small.house.keyring
    with small.look() as db:
        fact = db.get_one(CaseFact, case.id)
        report = db.exec(select(ReportFact)).one()
    assert fact.category == facts.filter_token(keyring, "category", "COR-01")
    assert fact.procedure == facts.filter_token(keyring, "procedure", "")
    genders = ("woman", "man", "other")
    assert facts.figure_code(keyring, report.report_id, "gender", report.gender, genders) == "woman"
    anonymous = facts.figure_code(
        keyring, report.report_id, "anonymous", report.anonymous, ("yes", "no")
    )
    assert anonymous == "yes"


def test_a_unit_without_a_key_takes_nothing(small: SmallHouse) -> None:
    with small.work() as db:
        unit = db.get_one(Unit, small.units["main"])
        unit.pk = None
        log.emit(db, "directory.changed", by=THE_SERVICE)
    vault = len(small.house.vault.tags())
    with pytest.raises(NotOpenYet):
        sent(small)
    assert len(small.house.vault.tags()) == vault


# Once


def once(small: SmallHouse, key: str, body: bytes = b"{}") -> idempotency.Once:
    return idempotency.once(small.house.keyring, caller="reporters", key=key, body=body)


def test_the_same_key_and_body_make_one_report(small: SmallHouse) -> None:
    request = once(small, "k" * 22)
    first = intake.submit(
        intake.prepare(small.house, Submission(body="x")), a_receipt(), once=request
    )
    small.clock.move(days=2)
    again = intake.submit(
        intake.prepare(small.house, Submission(body="x")), a_receipt(), once=request
    )
    assert not first.repeated
    assert again.repeated
    assert again.received_on == first.received_on
    assert again.feedback_by == first.feedback_by
    with small.look() as db:
        assert db.exec(select(func.count()).select_from(Report)).one() == 1


def test_the_same_key_with_another_body_is_refused(small: SmallHouse) -> None:
    intake.submit(
        intake.prepare(small.house, Submission(body="x")), a_receipt(), once=once(small, "k" * 22)
    )
    with pytest.raises(IdempotencyMismatch):
        intake.submit(
            intake.prepare(small.house, Submission(body="y")),
            a_receipt(),
            once=once(small, "k" * 22, b"other"),
        )


@pytest.mark.parametrize("key", ["", "short", "k" * 21, "k" * 65, "k" * 22 + " ", "é" * 22])
def test_a_key_is_22_to_64_visible_characters(small: SmallHouse, key: str) -> None:
    with pytest.raises(IdempotencyKeyMalformed):
        once(small, key)


def test_the_same_key_at_once_makes_one_report_and_leaves_no_key_behind(
    small: SmallHouse,
) -> None:
    request = once(small, "k" * 22)

    def send(_: int) -> bool:
        outcome = intake.submit(
            intake.prepare(small.house, Submission(body="x")), a_receipt(), once=request
        )
        return outcome.repeated

    with ThreadPoolExecutor(4) as pool:
        repeated = sorted(pool.map(send, range(4)))
    assert repeated == [False, True, True, True]
    with small.look() as db:
        assert db.exec(select(func.count()).select_from(Report)).one() == 1
    assert len(small.house.vault.tags()) == 3


def test_a_receipt_of_ones_own_makes_one_report(small: SmallHouse) -> None:
    stretched = secrets.token_bytes(32)
    tag = idempotency.body_tag(small.house.keyring, b"body")
    first = intake.submit(
        intake.prepare(small.house, Submission(body="x")), Receipt(stretched, tag)
    )
    small.clock.move(days=1)
    again = intake.submit(
        intake.prepare(small.house, Submission(body="x")), Receipt(stretched, tag)
    )
    assert (first.repeated, again.repeated) == (False, True)
    assert first.received_on == again.received_on
    other = idempotency.body_tag(small.house.keyring, b"other")
    with pytest.raises(IdempotencyMismatch):
        intake.submit(intake.prepare(small.house, Submission(body="y")), Receipt(stretched, other))


def test_a_receipt_that_the_service_made_cannot_be_taken_by_a_stranger(small: SmallHouse) -> None:
    stretched = secrets.token_bytes(32)
    intake.submit(intake.prepare(small.house, Submission(body="x")), Receipt(stretched))
    tag = idempotency.body_tag(small.house.keyring, b"body")
    with pytest.raises(IdempotencyMismatch):
        intake.submit(intake.prepare(small.house, Submission(body="x")), Receipt(stretched, tag))


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_a_body_is_the_same_whatever_the_order_of_its_members(value: object) -> None:
    one = idempotency.canonical({"b": value, "a": "x"})
    assert one == idempotency.canonical({"a": "x", "b": value})
    assert one.startswith(b'{"a":"x","b":')


# Coming back


def test_a_receipt_opens_a_session_that_ends(small: SmallHouse) -> None:
    receipt = a_receipt()
    sent(small, receipt)
    with small.work() as db:
        session = intake.enter(db, receipt.stretched)
    with small.look() as db:
        by = intake.visit(db, session.token)
        report = db.get_one(Report, by.report_id)
        hierarchy.reporter_key(db, by, report, KeyKind.CONV)
    small.clock.move(minutes=29)
    with small.work() as db:
        assert intake.extend(db, session.token) == 30 * 60
    small.clock.move(minutes=29)
    with small.look() as db:
        intake.visit(db, session.token)
    small.clock.move(minutes=2)
    with small.look() as db, pytest.raises(NotSignedIn):
        intake.visit(db, session.token)


def test_a_session_lasts_eight_hours_at_most(small: SmallHouse) -> None:
    receipt = a_receipt()
    sent(small, receipt)
    with small.work() as db:
        session = intake.enter(db, receipt.stretched)
    left = 0
    for _ in range(16):
        small.clock.move(minutes=29)
        with small.work() as db:
            left = intake.extend(db, session.token)
    assert left == 16 * 60
    small.clock.move(minutes=17)
    with small.look() as db, pytest.raises(NotSignedIn):
        intake.visit(db, session.token)


def test_unknown_expired_and_forgotten_receipts_are_told_apart_by_nothing(
    small: SmallHouse,
) -> None:
    receipt = a_receipt()
    case = sent(small, receipt)
    with small.work() as db, pytest.raises(WrongReceipt):
        intake.enter(db, secrets.token_bytes(32))
    small.clock.move(days=366 * 10 + 40)
    with small.work() as db, pytest.raises(WrongReceipt):
        intake.enter(db, receipt.stretched)
    small.clock.move(days=-366 * 10 - 40)
    with small.look() as db:
        report = db.exec(select(Report).where(Report.case_id == case.id)).one()
    small.house.vault.forget([(KeyKind.CONV, report.id)])
    with small.work() as db, pytest.raises(WrongReceipt):
        intake.enter(db, receipt.stretched)


def test_a_desk_receipt_only_serves_to_be_renewed(small: SmallHouse) -> None:
    desk = small.person("intake_officer")
    first, second = a_receipt(), a_receipt()
    submission = Submission(
        body="told", channel="listening_desk", stated_on=TODAY, desk=Desk(consent=True)
    )
    intake.submit(intake.prepare(small.house, submission), first, desk=desk)
    with small.work() as db:
        session = intake.enter(db, first.stretched)
    with small.look() as db:
        by = intake.visit(db, session.token)
    assert session.handover
    assert by.handover
    with pytest.raises(NotPermitted):
        intake.demand_renewed(by)
    with small.work() as db:
        renewed = intake.renew(db, by, second)
    with small.work() as db, pytest.raises(WrongReceipt):
        intake.enter(db, first.stretched)
    with small.look() as db, pytest.raises(NotSignedIn):
        intake.visit(db, session.token)  # the desk may still hold it
    with small.look() as db:
        intake.demand_renewed(intake.visit(db, renewed.token))
        assert db.exec(select(func.count()).select_from(ReporterKey)).one() == 1
    with small.work() as db:
        assert not intake.enter(db, second.stretched).handover


def test_the_desk_cannot_open_what_it_typed(small: SmallHouse) -> None:
    desk = small.person("intake_officer")
    submission = Submission(body="told", channel="phone", stated_on=TODAY, desk=Desk(consent=True))
    intake.submit(intake.prepare(small.house, submission), a_receipt(), desk=desk)
    with small.look() as db:
        case = db.exec(select(Case)).one()
        [submitted] = [
            one.body for one in log.told_of(db, case.id) if one.body.kind == "case.submitted"
        ]
    with pytest.raises(NotFound):
        opened(small, case, desk, "report")
    assert submitted.actor.id == desk.id
    assert submitted.at == TODAY.isoformat()


def test_a_renewal_keeps_the_keys_and_refuses_a_known_receipt(small: SmallHouse) -> None:
    one, other, new = a_receipt(), a_receipt(), a_receipt()
    sent(small, one)
    sent(small, other)
    with small.work() as db:
        token = intake.enter(db, one.stretched).token
    with small.look() as db:
        by = intake.visit(db, token)
    with small.work() as db, pytest.raises(IdempotencyMismatch):
        intake.renew(db, by, other)
    with small.work() as db:
        intake.renew(db, by, new)
    with small.work() as db:
        again = intake.visit(db, intake.enter(db, new.stretched).token)
    assert again.seed == by.seed


# What can be said


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ({"body": " \n "}, ("/body", "too_short")),
        ({"body": "x" * 1001}, ("/body", "too_long")),
        ({"category": "NO-99"}, ("/category", "unknown_value")),
        ({"type": "gossip"}, ("/type", "unknown_value")),
        ({"language": "tlh"}, ("/language", "unknown_value")),
        ({"gender": "?"}, ("/gender", "unknown_value")),
        ({"concerns": frozenset({"the_king"})}, ("/concerns", "unknown_value")),
        ({"channel": "phone"}, ("/channel", "unknown_value")),
        ({"channel": ""}, ("/channel", "unknown_value")),
        ({"channel": "web", "desk": Desk(consent=True)}, ("/channel", "unknown_value")),
        ({"place": "x" * 501}, ("/place", "too_long")),
        ({"occurred_from": TODAY + timedelta(days=1)}, ("/occurred_from", "out_of_range")),
        (
            {"occurred_from": TODAY, "occurred_to": TODAY - timedelta(days=1)},
            ("/occurred_to", "out_of_range"),
        ),
        (
            {"channel": "phone", "stated_on": TODAY + timedelta(days=1)},
            ("/stated_on", "out_of_range"),
        ),
        ({"identity": Identity("x" * 201)}, ("/identity/name", "too_long")),
        ({"subjects": (Subject(),)}, ("/subjects/0", "missing")),
        ({"subjects": (Subject("x", role="king"),)}, ("/subjects/0/role", "unknown_value")),
        ({"subjects": (Subject("x"),) * 21}, ("/subjects", "too_long")),
    ],
)
def test_what_cannot_be_taken_is_named(stated: dict[str, object], problem: tuple[str, str]) -> None:
    submission = Submission(**{"body": "x", **stated})  # type: ignore[arg-type]
    with pytest.raises(Unacceptable) as refused:
        intake.check(submission, today=TODAY, characters=1000)
    assert problem in refused.value.problems


def test_references_are_random_and_readable() -> None:
    seen = {arrival.new_reference() for _ in range(500)}
    assert len(seen) == 500
    assert all(len(one) == 9 and one[4] == "-" for one in seen)
    assert not set("".join(seen)) & set("ILOU")
