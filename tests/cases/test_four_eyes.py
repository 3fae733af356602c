"""Refusals: the wrong role, the same person, the wrong state, too late, two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, delete, select

from cases import acts, conflicts, deadlines, holds, messages, pairs
from cases.audit import log
from cases.errors import (
    AlreadyProposed,
    ConflictOfInterest,
    DeclarationNeeded,
    NotAllowed,
    NotFound,
    NotPermitted,
    NotReady,
    ProposalVoid,
    SamePerson,
    TribuneError,
    Unacceptable,
)
from cases.models.case import CaseWrap, Proposal, ProposalStatus
from cases.models.people import Membership, Staff, StaffStatus
from cases.reading import answers
from cases.sealing.hierarchy import StaffKeys
from tests.cases.walks import Life, a_life, an_assessment, plain

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.builders import SmallHouse


pytestmark = pytest.mark.one_database

REFUSAL = {
    "closure_reason": "out_of_mandate",
    "reasons": "not ours",
    "message": "Please turn to the ombudsman.",
    "other_routes": ["ombudsman"],
}


def status(life: Life, proposal: UUID) -> ProposalStatus:
    with life.small.look() as db:
        return ProposalStatus(db.get_one(Proposal, proposal).status)


def test_a_role_that_may_not_take_a_step_is_refused(life: Life) -> None:
    life.do("desk", "acknowledge")
    with pytest.raises(NotAllowed):
        life.do("manager", "start_triage")


def test_a_step_from_another_state_is_refused(life: Life) -> None:
    with pytest.raises(NotAllowed):
        life.do("triage", "complete_assessment", **an_assessment())


def test_content_asks_for_a_declaration_before_any_act(life: Life) -> None:
    by = life.cast["triage"]
    life.do("desk", "acknowledge")
    with life.small.work() as db, pytest.raises(DeclarationNeeded) as refused:
        acts.act(db, life.find(db, by), "start_triage", {}, by=by, keys=StaffKeys(db, by))
    assert refused.value.head.reference == life.reference


def test_whoever_has_no_part_in_a_case_does_not_find_it(life: Life) -> None:
    with pytest.raises(NotFound):
        life.do("lead", "acknowledge")


def test_fields_are_checked_with_their_places(life: Life) -> None:
    life.do("desk", "acknowledge")
    life.do("triage", "start_triage")
    with pytest.raises(Unacceptable) as wrong:
        life.do("triage", "ask_reporter", due_on=life.small.house.today(), more="?")
    assert set(wrong.value.problems) == {("/question", "required"), ("", "unknown_field")}
    with pytest.raises(Unacceptable) as wrong:
        life.do("triage", "ask_reporter", question="?", due_on=life.small.house.today())
    assert wrong.value.problems == (("/due_on", "out_of_range"),)


def test_a_person_named_in_a_step_holds_the_role_it_asks_for(life: Life) -> None:
    life.triaged()
    life.authorise()
    with pytest.raises(Unacceptable) as wrong:
        life.team(lead_investigator=life.cast["desk"].id, team=[life.cast["counsel"].id])
    assert set(wrong.value.problems) == {
        ("/lead_investigator", "unknown_code"),
        ("/team/0", "unknown_code"),
    }


def test_texts_are_not_taken_from_who_cannot_seal_them(small: SmallHouse) -> None:
    life = a_life(small)
    with pytest.raises(NotPermitted):
        life.do("desk", "acknowledge", transcript_reason="they were in a hurry")
    assert life.case().state == "received"


def test_coi_r07_nobody_confirms_what_they_proposed(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    with pytest.raises(SamePerson):
        life.confirm("manager", proposal)
    with pytest.raises(SamePerson):
        life.refuse("manager", proposal)


def test_who_proposed_is_told_why_it_was_refused(life: Life) -> None:
    life.triaged()
    first = life.propose("manager", "refuse", **REFUSAL)
    life.refuse("head", first, "look again")
    second = life.propose("manager", "refuse", **REFUSAL)
    life.refuse("head", second, "and again")
    by = life.cast["manager"]
    for proposal, reason in ((first, "look again"), (second, "and again")):
        with life.small.work() as db:
            keys, case = StaffKeys(db, by), life.find(db, by)
            assert acts.read_proposal(db, case, proposal, by=by, keys=keys).refusal == reason
    open_ = life.propose("manager", "refuse", **REFUSAL)
    with life.small.work() as db:
        keys, case = StaffKeys(db, by), life.find(db, by)
        assert acts.read_proposal(db, case, open_, by=by, keys=keys).refusal is None


def test_a_role_that_does_not_confirm_is_refused(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    with pytest.raises(NotPermitted):
        life.confirm("triage", proposal)


def test_an_investigator_of_the_case_confirms_nothing_in_it(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["both"] = small.person("head_ia", "investigator")
    life.triaged()
    life.authorise()
    life.team(team=[life.cast["both"].id])
    life.declare("both")
    proposal = life.propose("head", "extend", extension_reason="complexity", due_on="2026-06-15")
    with pytest.raises(ConflictOfInterest):
        life.confirm("both", proposal)
    life.confirm("head2", proposal)


def test_a_proposal_is_made_once(life: Life) -> None:
    life.triaged()
    life.propose("manager", "refuse", **REFUSAL)
    with pytest.raises(AlreadyProposed):
        life.propose("manager2", "refuse", **REFUSAL)


def test_a_proposal_is_answered_once(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    life.refuse("head", proposal)
    assert status(life, proposal) == ProposalStatus.REFUSED
    for answer in (life.confirm, life.refuse):
        with pytest.raises(ProposalVoid):
            answer("head2", proposal)
    life.both("manager", "head", "refuse", **REFUSAL)
    assert life.case().state == "not_admitted"


def test_a_proposal_expires_after_five_working_days(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    life.small.clock.move(days=7)  # Monday to Monday
    with life.small.work() as db:
        assert [one.proposal for one in answers.waiting(db, life.cast["head"])] == [proposal]
    life.small.clock.move(days=1)
    with pytest.raises(ProposalVoid):
        life.confirm("head", proposal)
    deadlines.run_due(life.small.house)
    assert status(life, proposal) == ProposalStatus.EXPIRED
    life.both("manager", "head", "refuse", **REFUSAL)


def test_a_proposal_falls_when_the_case_moves_on_and_comes_back(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    life.do("manager", "to_local", handler="The chief of the post")
    assert status(life, proposal) == ProposalStatus.VOID
    life.do("manager", "escalate", reasons="it is more than that")
    with pytest.raises(ProposalVoid):
        life.confirm("head", proposal)
    life.both("manager", "head", "refuse", **REFUSAL)


def test_a_message_meanwhile_does_not_touch_a_proposal(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    life.answer("one thing more")
    life.confirm("head", proposal)
    assert life.case().state == "not_admitted"


def test_guards_are_asked_again_when_a_proposal_is_confirmed(life: Life) -> None:
    life.investigated()
    proposal = life.propose("head", "extend", extension_reason="complexity", due_on="2026-06-15")
    life.small.clock.move(days=3)
    with life.small.work() as db:
        case = life.find(db, life.cast["manager"])
        case.due = life.small.house.today().replace(month=12)
        log.emit(db, "case.priority", by=life.cast["manager"], case=case)
    with pytest.raises(NotReady) as refused:
        life.confirm("manager", proposal)
    assert refused.value.guards == ("new_date_inside_ceiling",)


def test_the_second_person_is_shown_the_fields_and_the_look_is_recorded(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    by = life.cast["head"]
    life.declare("head")
    with life.small.work() as db:
        shown = acts.read_proposal(db, life.find(db, by), proposal, by=by, keys=StaffKeys(db, by))
        assert len(db.receipts) == 1
    assert shown.fields == REFUSAL
    assert shown.proposed_by == life.cast["manager"].id
    by = life.cast["triage"]
    with life.small.work() as db, pytest.raises(NotPermitted):
        acts.read_proposal(db, life.find(db, by), proposal, by=by, keys=StaffKeys(db, by))


def test_the_list_of_what_waits_names_what_is_ones_own(life: Life) -> None:
    life.triaged()
    life.propose("manager", "refuse", **REFUSAL)
    people = {name: life.cast[name] for name in ("manager", "head", "triage")}
    with life.small.work() as db:
        mine = {name: answers.waiting(db, who) for name, who in people.items()}
    assert [one.mine for one in mine["manager"]] == [True]
    assert [one.mine for one in mine["head"]] == [False]
    assert mine["triage"] == []


def at_once(*tries: object) -> list[str]:
    """The names of what came of calls made at the same time; `done` for what went through."""

    def outcome(call: object) -> str:
        try:
            call()  # type: ignore[operator]  # a call without arguments
        except TribuneError as refused:
            return type(refused).__name__
        return "done"

    with ThreadPoolExecutor(len(tries)) as pool:
        return sorted(pool.map(outcome, tries))


def test_of_two_confirmations_at_once_one_wins(life: Life) -> None:
    life.triaged()
    proposal = life.propose("manager", "refuse", **REFUSAL)
    for who in ("head", "head2"):
        life.declare(who)
    results = at_once(
        lambda: life.confirm("head", proposal), lambda: life.confirm("head2", proposal)
    )
    assert results == ["ProposalVoid", "done"]
    assert life.steps().count("T09") == 1


def test_of_two_proposals_at_once_one_is_kept(life: Life) -> None:
    life.triaged()
    for who in ("manager", "manager2"):
        life.declare(who)
    results = at_once(
        lambda: life.propose("manager", "refuse", **REFUSAL),
        lambda: life.propose("manager2", "refuse", **REFUSAL),
    )
    assert results == ["AlreadyProposed", "done"]


def test_coi_r06_the_four_offices_of_a_case_are_four_people(small: SmallHouse) -> None:
    life = a_life(small)
    life.cast["lead"] = small.person("lead_investigator", "quality_reviewer", "decision_authority")
    life.investigated()
    life.reply()
    life.do("lead", "reply_closed", reply="no")
    with pytest.raises(NotReady) as refused:
        life.submit(reviewer=life.cast["lead"].id)
    assert refused.value.guards == ("reviewer_took_no_part",)
    life.submit()
    with pytest.raises(NotReady) as refused:
        life.do(
            "reviewer",
            "pass",
            decision_authorities=[life.cast["lead"].id, life.cast["decider"].id],
        )
    assert refused.value.guards == ("deciders_took_no_part",)


def test_counsel_is_let_in_by_the_proposal_to_open_the_reply(life: Life) -> None:
    life.investigated()
    assert not life.opens("counsel")
    served = {
        "counsel": life.cast["counsel"].id,
        "bundle": [life.things["allegation"]],
        "served_on": life.small.house.today(),
    }
    proposal = life.propose("lead", "open_reply", **served)
    assert life.opens("counsel")
    life.confirm("counsel", proposal)
    assert life.case().state == "right_of_reply"


def test_what_is_written_to_the_reporter_stands_in_the_thread(life: Life) -> None:
    life.triaged()
    life.both("manager", "head", "refuse", **REFUSAL)
    with life.small.work() as db:
        said = messages.read_own_thread(db, life.reporter(db))
    assert REFUSAL["message"] in [one.body for one in said]
    assert [one.code for one in said if one.code] == ["received", "acknowledged", "not_admitted"]


def test_a_legal_hold_is_lifted_by_two(life: Life) -> None:
    life.triaged()
    life.declare("head")
    by = life.cast["head"]
    with life.small.work() as db:
        holds.hold(db, life.find(db, by), "a trial", by=by, keys=StaffKeys(db, by))
    with life.small.work() as db:
        made = pairs.lift_hold(db, life.find(db, by), "it is over", by=by, keys=StaffKeys(db, by))
    with pytest.raises(SamePerson):
        life.confirm("head", made.id)
    with pytest.raises(NotPermitted):
        life.confirm("manager", made.id)
    life.confirm("head2", made.id)
    assert not life.case().legal_hold


def test_an_overseer_is_let_in_by_two_and_a_desk_never(life: Life) -> None:
    life.triaged()
    by, auditor, desk = (life.cast[who] for who in ("manager", "auditor", "desk"))
    life.declare("manager")
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        made = pairs.grant(db, case, auditor.id, "a sample", by=by, keys=keys)
    assert made is not None
    assert not life.sees("auditor")
    life.confirm("head", made.id)
    assert life.sees("auditor")
    assert life.opens("auditor")
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        with pytest.raises(Unacceptable):
            pairs.grant(db, case, desk.id, "why not", by=by, keys=keys)


def granted(life: Life, name: str) -> UUID:
    """Propose to let somebody in; the proposal."""
    by, person = life.cast["manager"], life.cast[name]
    life.declare("manager")
    with life.small.work() as db:
        case, keys = life.find(db, by), StaffKeys(db, by)
        made = pairs.grant(db, case, person.id, "a sample", by=by, keys=keys)
    assert made is not None
    return made.id


def test_whoever_looks_across_is_let_in_by_two_as_well(life: Life) -> None:
    life.triaged()
    proposal = granted(life, "overseer")
    assert not life.sees("overseer")
    life.confirm("head", proposal)
    assert life.opens("overseer")


@pytest.mark.parametrize("since", ["walled", "closed", "without the role"])
def test_nobody_is_let_in_who_could_not_be_asked_for_any_more(life: Life, since: str) -> None:
    life.triaged()
    proposal, auditor, head = granted(life, "auditor"), life.cast["auditor"].id, life.cast["head"]
    with life.small.work() as db:
        if since == "walled":
            conflicts.wall(db, life.case_id, [auditor])
        elif since == "closed":
            db.get_one(Staff, auditor).status = StaffStatus.DISABLED
        else:
            db.exec(delete(Membership).where(col(Membership.staff) == auditor))
        log.emit(db, "role.changed", by=head)
    with pytest.raises(ProposalVoid):
        life.confirm("head", proposal)
    with life.small.look() as db:
        wraps = select(CaseWrap).where(CaseWrap.recipient == auditor)
        assert db.exec(wraps).first() is None


def test_no_proposal_of_a_purge_needs_a_key(life: Life) -> None:
    with life.small.look() as db:
        assert db.exec(select(Proposal)).all() == []
    life.triaged()
    life.both("manager", "head", "refuse", **REFUSAL)
    over = life.case().archive_on
    assert over is not None
    life.small.clock.move(days=(over - life.small.house.today()).days)
    deadlines.run_due(life.small.house)
    with pytest.raises(NotReady) as refused:
        life.do("dpo", "purge")
    assert refused.value.guards == ("statistics_frozen",)
    assert plain(life.case().state) == "archived"
