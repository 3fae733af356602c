"""Who proposed something can still propose it when the second person agrees, or nothing comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from cases import assignments, pairs
from cases.audit import log
from cases.errors import ProposalVoid
from cases.links import related
from cases.models.case import CaseWrap, Proposal, ProposalStatus, Recipient
from cases.models.people import Staff
from cases.reading import answers
from cases.sealing.hierarchy import StaffKeys
from cases.staff import accounts, roles
from tests.cases.walks import Life, a_life

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database

REFUSAL = {
    "closure_reason": "out_of_mandate",
    "reasons": "not ours",
    "message": "Please turn to the ombudsman.",
    "other_routes": ["ombudsman"],
}


@pytest.fixture
def life(small: SmallHouse) -> Life:
    return a_life(small).triaged()


def a_step(life: Life) -> UUID:
    """A step of the workflow, proposed by a case manager."""
    return life.propose("manager", "refuse", **REFUSAL)


def a_pair(life: Life) -> UUID:
    """An act beside the workflow, proposed by the same person."""
    life.declare("manager")
    by, auditor = life.cast["manager"], life.cast["auditor"].id
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        made = pairs.grant(db, case, auditor, "a sample", by=by, keys=keys)
    assert made is not None
    return made.id


def declared_a_conflict(life: Life) -> None:
    life.declare("manager", "have")


def found_to_be_a_witness(life: Life) -> None:
    with life.small.look() as db:
        name = db.get_one(Staff, life.cast["manager"].id).display_name
    life.write("triage", "person", role="witness", name=name)


def role_taken(life: Life) -> None:
    small, manager, head = life.small, life.cast["manager"].id, life.cast["head"]
    with small.work() as db:
        roles.take_role(db, manager, small.units["main"], "case_manager", head)


def account_closed(life: Life) -> None:
    manager, head = life.cast["manager"].id, life.cast["head"]
    with life.small.work() as db:
        accounts.disable(db, manager, head)


def only_for_those_named(life: Life) -> None:
    life.declare("head")
    by = life.cast["head"]
    with life.small.work() as db:
        pairs.set_level(db, life.find(db, by), "L3", "so", by=by, keys=StaffKeys(db, by))


def a_new_subject(life: Life) -> None:
    life.write("triage", "person", role="subject", name="Nobody Known")


@pytest.mark.parametrize(
    ("propose", "since"),
    [
        (a_step, declared_a_conflict),
        (a_step, role_taken),
        (a_step, account_closed),
        (a_step, only_for_those_named),
        (a_pair, found_to_be_a_witness),
        (a_pair, a_new_subject),
    ],
)
def test_nothing_comes_of_what_somebody_proposed_who_no_longer_could(
    life: Life, propose: Callable[[Life], UUID], since: Callable[[Life], None]
) -> None:
    made = propose(life)
    life.declare("head")
    head = life.cast["head"]
    with life.small.work() as db:
        assert [one.proposal for one in answers.waiting(db, head)] == [made]
    since(life)
    for answer in (life.confirm, life.refuse):
        with pytest.raises(ProposalVoid):
            answer("head", made)
    with life.small.work() as db:
        assert answers.waiting(db, head) == []
    assert life.case().state == "assessed"
    with life.small.look() as db:
        assert (
            db.exec(select(CaseWrap).where(CaseWrap.recipient_type == Recipient.STAFF)).all() == []
        )


def test_the_same_can_be_proposed_by_somebody_else_at_once(life: Life) -> None:
    a_step(life)
    life.declare("manager", "have")
    life.both("manager2", "head", "refuse", **REFUSAL)
    assert life.case().state == "not_admitted"


def test_who_declares_again_has_proposed_it_still(life: Life) -> None:
    made = a_step(life)
    a_new_subject(life)
    life.declare("manager")
    life.confirm("head", made)
    assert life.case().state == "not_admitted"


def test_no_row_and_no_event_says_that_a_proposal_fell_with_a_wall(life: Life) -> None:
    a_step(life)
    with life.small.look() as db:
        before = [one.status for one in db.exec(select(Proposal))]
    found_to_be_a_witness(life)
    with life.small.look() as db:
        assert [one.status for one in db.exec(select(Proposal))] == before
        told = [one.body.kind for one in log.told_of(db, life.case_id)]
    assert "proposal.refused" not in told


def test_a_decision_falls_with_the_part_of_who_proposed_it(small: SmallHouse) -> None:
    life = a_life(small)
    life.investigated()
    life.reply()
    life.report()
    life.passed()
    made = life.propose("decider", "decide", findings=life.findings(), reasons="as reported")
    life.declare("head")
    by, decider = life.cast["head"], life.cast["decider"].id
    with small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        assignments.unassign(db, case, "decision_authority", decider, by=by, keys=keys)
    with pytest.raises(ProposalVoid):
        life.confirm("decider2", made)
    assert life.case().state == "decision_pending"


def test_what_the_former_unit_proposed_ends_when_the_case_goes_to_another(life: Life) -> None:
    made = a_step(life)
    small, by = life.small, life.cast["head"]
    life.cast["outside"] = small.person("head_ia", unit="outside")
    life.declare("head")
    with small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        related.reroute(db, case, small.units["outside"], by=by, keys=keys)
    with pytest.raises(ProposalVoid):
        life.confirm("outside", made)
    with small.look() as db:
        row = db.get_one(Proposal, made)
        told = [one.body for one in log.told_of(db, life.case_id)]
    assert (row.status, row.answered_by) == (ProposalStatus.VOID, None)
    (ended,) = (one for one in told if one.kind == "proposal.refused")
    assert (ended.d["status"], ended.d["proposal"]) == ("void", str(made))
