"""Whatever anybody tries, in whatever order: no wall, no second pair of eyes and no record is ever lost.

Random people try random acts, right ones and wrong ones, while time passes. After each of them everything
that must always hold is looked at; at the end the case is led to its end by people who had no part in it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from cases import deadlines, declarations
from cases.assignments import OFFICES
from cases.audit import log
from cases.errors import TribuneError
from cases.models.case import Assignment, Case, CaseStep, Proposal, ProposalStatus, Record
from cases.models.people import Staff
from tests.cases.builders import UNITS, SmallHouse, a_house
from tests.cases.walks import CAST, Cast, a_life
from tests.cases.ways import right, to_the_end
from workflows import catalogue, engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.actors import StaffActor
    from cases.database import Work
    from tests.databases import Backend

WORKFLOW = catalogue.workflow()
EVENTS = sorted({step.event for step in WORKFLOW.transitions if step.source is not None})
PEOPLE = st.sampled_from(sorted(CAST))
MOST_WALLED = 3
"""More would leave nobody to work on the case."""
CLEAR_OF_THIS = frozenset({"desk", "dpo", "dpo2"})
"""People who are never shown content, so that nobody names them in a case here."""


class Attempts(RuleBasedStateMachine):
    """One case after another in one house; `tried` counts what was done and what was refused."""

    small: SmallHouse
    cast: Cast
    tried: Counter[str]
    ended: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.life = a_life(self.small, self.cast)
        self.walled: set[str] = set()
        self.seen = -1

    def attempt(self, act: Callable[[], object], what: str) -> None:
        """Try something; what the house can name a reason against is a refusal, all else is a fault."""
        try:
            act()
        except TribuneError as refused:
            self.tried[f"refused {type(refused).__name__}"] += 1
        else:
            self.tried[what] += 1

    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        """A step that is right in everything."""
        self.step_of("desk", data, wrong=9)

    @rule(data=st.data())
    def work_on(self, data: st.DataObject) -> None:
        """As before: most of what people do is right."""
        self.step_of("desk", data, wrong=9)

    @rule(who=PEOPLE, data=st.data(), wrong=st.integers(0, 9))
    def step(self, who: str, data: st.DataObject, wrong: int) -> None:
        """A step that may be wrong in who takes it, when, and with what."""
        self.step_of(who, data, wrong=wrong)

    def step_of(self, who: str, data: st.DataObject, *, wrong: int) -> None:
        """A step: mostly one that leaves the state, by one who may, with everything it needs."""
        state = self.life.case().state
        leaving = [one for one in engine.leaving(WORKFLOW, state) if set(one.who) & STAFFED]
        if wrong <= 1 or not leaving:
            action = data.draw(st.sampled_from(EVENTS))
        else:
            chosen = data.draw(st.sampled_from(leaving))
            action = chosen.event
            may = sorted(name for name, (role, _) in CAST.items() if role in chosen.who)
            may = [name for name in may if name not in self.walled] or may
            who = who if wrong == 2 else data.draw(st.sampled_from(may))
        fields = right(self.life, action)
        if wrong in (1, 3) and fields:
            fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(
                st.sampled_from([None, str(uuid4()), 7, "x", [], True])
            )
        self.life.usual = wrong != 4
        self.attempt(lambda: self.life.do(who, action, **fields), f"did {action}")
        self.life.usual = True

    @rule(data=st.data(), likely=st.booleans(), who=PEOPLE, refuse=st.integers(0, 5))
    def answer(self, data: st.DataObject, who: str, refuse: int, *, likely: bool) -> None:
        """Be the second person for something, whoever one is."""
        with self.small.look() as db:
            waiting = list(
                db.exec(
                    select(Proposal).where(
                        Proposal.case_id == self.life.case_id,
                        Proposal.status == ProposalStatus.OPEN,
                    )
                )
            )
        if not waiting:
            return
        chosen = data.draw(st.sampled_from(sorted(waiting, key=lambda one: str(one.action))))
        step = WORKFLOW.steps.get((chosen.state, chosen.action))
        if likely and step is not None:
            fit = [name for name, (role, _) in sorted(CAST.items()) if role in step.confirmed_by]
            who = data.draw(st.sampled_from(fit or [who]))
        if refuse:
            self.attempt(lambda: self.life.confirm(who, chosen.id), f"confirmed {chosen.action}")
        else:
            self.attempt(lambda: self.life.refuse(who, chosen.id), f"refused {chosen.action}")

    @rule(who=PEOPLE, likelihood=st.sampled_from(["unlikely", "likely", "almost_certain"]))
    def rate(self, who: str, likelihood: str) -> None:
        """Rate the risk, higher or lower."""
        values = {"likelihood": likelihood, "seriousness": "major"}
        self.attempt(lambda: self.life.rate(who, **values), "rated")

    @rule(who=PEOPLE)
    def agree(self, who: str) -> None:
        """Agree to what may reveal somebody."""
        self.attempt(lambda: self.life.agree(who, "authorise"), "agreed")

    @rule(who=st.sampled_from(["triage", "manager", "lead"]))
    def allege(self, who: str) -> None:
        """Write a whole allegation."""
        value = {"category": "AUT-02", "office": "PORT", "procedure": "declaration"}
        self.attempt(lambda: self.life.write(who, "allegation", **value), "alleged")

    @rule(
        who=st.sampled_from(["triage", "manager", "decider"]), named=PEOPLE, rare=st.integers(0, 5)
    )
    def name(self, who: str, named: str, rare: int) -> None:
        """Name somebody of the staff as a witness: a wall stands at once, and the case goes on."""
        if rare or named in CLEAR_OF_THIS or named == who or len(self.walled) >= MOST_WALLED:
            return
        person = self.cast[named]
        with self.small.look() as db:
            number = number_of(db, person)

        def write() -> None:
            self.life.write(who, "person", role="witness", staff_number=number)
            self.walled.add(named)

        self.attempt(write, "named")

    @rule(
        who=PEOPLE, said=st.sampled_from(["none", "none", "unsure", "have"]), rare=st.integers(0, 3)
    )
    def declare(self, who: str, said: declarations.Answer, rare: int) -> None:
        """Declare, rarely a conflict."""
        if said != "none" and (rare or len(self.walled) >= MOST_WALLED):
            return

        def speak() -> None:
            self.life.declare(who, said)
            if said == "have":
                self.walled.add(who)

        self.attempt(speak, f"declared {said}")

    @rule(
        who=st.sampled_from(["head", "manager", "triage"]),
        role=st.sampled_from(sorted({role for role, _ in CAST.values()})),
        named=PEOPLE,
    )
    def assign(self, who: str, role: str, named: str) -> None:
        """Name somebody to a part, fit or not."""
        self.attempt(lambda: self.life.assign(who, role, named), "assigned")

    @rule(days=st.sampled_from([0, 1, 3, 12, 31]))
    def time_passes(self, days: int) -> None:
        """The clock moves, and the service does what is due."""
        self.small.clock.move(days=days)
        deadlines.run_due(self.small.house)

    @rule(asks=st.booleans())
    def the_reporter_writes(self, *, asks: bool) -> None:
        """Whoever reported writes, when they can."""
        self.attempt(lambda: self.life.answer("there is a film" if asks else "yes"), "wrote")

    # What always holds.

    @invariant()
    def no_wall_is_broken(self) -> None:
        """Whoever has a wall finds nothing, and holds no key but that of a unit they belong to."""
        for name in self.walled:
            assert not self.life.sees(name), name
            role, unit = CAST[name]
            in_circle = role in catalogue.keys().circles.get(UNITS[unit], ())
            assert in_circle or not self.life.opens(name), name

    @invariant()
    def every_record_holds_together(self) -> None:
        """Numbers, states, second persons and offices, from the rows and from the trail."""
        with self.small.look() as db:
            case = db.get_one(Case, self.life.case_id)
            if case.seq == self.seen:
                return
            self.seen = case.seq
            told = [one.body for one in log.told_of(db, case.id) if one.body.seq is not None]
            steps = db.exec(
                select(CaseStep).where(CaseStep.case_id == case.id).order_by(col(CaseStep.n))
            ).all()
            proposals = db.exec(select(Proposal).where(Proposal.case_id == case.id)).all()
            named = db.exec(select(Assignment).where(Assignment.case_id == case.id)).all()
            decisions = set(
                db.exec(
                    select(Record.n).where(Record.case_id == case.id, Record.field == "decision")
                )
            )
        told.sort(key=lambda body: body.seq or 0)
        assert [one.seq for one in told] == list(range(1, case.seq + 1))
        moves = [one for one in told if one.kind == "case.status"]
        assert [(one.seq, one.d["after"]) for one in moves] == [(one.n, one.state) for one in steps]
        assert steps[-1].state == case.state
        confirmed: Counter[str] = Counter()
        for one in proposals:
            if one.status == ProposalStatus.CONFIRMED:
                assert one.answered_by not in (None, one.proposed_by)
                confirmed[one.action] += 1
        taken: Counter[str] = Counter()
        before, last = None, 0
        for move in moves:
            step = WORKFLOW.steps[before, move.d["action"]]
            before = move.d["after"]
            taken[step.event] += step.four_eyes
            # A case that is forgotten keeps its trail, and no records.
            unsealed = move.actor.t != "staff" or step.act in ("acknowledge", "purge")
            between = range(last, move.seq or 0)
            assert case.state == "purged" or unsealed or not decisions.isdisjoint(between)
            last = move.seq or 0
        assert all(confirmed[event] >= count for event, count in taken.items())
        offices: dict[object, set[str]] = {}
        for part in named:
            if part.role in OFFICES:
                offices.setdefault(part.staff, set()).add(OFFICES[part.role])
        assert all(len(held) == 1 for held in offices.values())

    def teardown(self) -> None:
        """Every case can still reach its end, by people who had no part in what happened."""
        self.life.cast = Cast(self.small)
        self.ended[self.life.case().state] += 1
        to_the_end(self.life)
        assert self.life.case().state == "purged"
        self.seen = -1
        self.every_record_holds_together()


STAFFED = {role for role, _ in CAST.values()}


def number_of(db: Work, person: StaffActor) -> str | None:
    """The staff number of somebody of the cast."""
    return db.get_one(Staff, person.id).staff_number


def a_cast(small: SmallHouse) -> Cast:
    """Everybody, each with a number of their own."""
    cast = Cast(small)
    for n, (name, (role, unit)) in enumerate(CAST.items()):
        cast[name] = small.person(role, unit=unit, number=f"N-{n:04}-{uuid4().hex[:6]}")
    return cast


def tried_in(small: SmallHouse, *, cases: int, acts: int) -> type[Attempts]:
    """Let a number of cases be tried, so many acts each."""

    class InThisHouse(Attempts):
        pass

    InThisHouse.small, InThisHouse.cast = small, a_cast(small)
    InThisHouse.tried, InThisHouse.ended = Counter(), Counter()
    run_state_machine_as_test(
        InThisHouse,
        settings=settings(
            max_examples=cases,
            stateful_step_count=acts,
            # The clock and the house go on from case to case, so that nothing can be shrunk.
            phases=(Phase.generate,),
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return InThisHouse


@pytest.mark.one_database
def test_no_life_however_it_goes_breaks_a_wall_a_pair_of_eyes_or_a_record(backend: Backend) -> None:
    with closing(a_house(backend)) as small:
        found = tried_in(small, cases=12, acts=60)
    done = {what for what in found.tried if what.startswith("did ")}
    refused = {what for what in found.tried if what.startswith("refused ")}
    assert sum(found.tried.values()) > 300
    assert len(done) >= 5, found.tried
    assert {"refused NotFound", "refused Unacceptable", "refused NotPermitted"} <= refused
    assert len(found.ended) >= 2, found.ended


def test_nor_on_any_database(backend: Backend) -> None:
    with closing(a_house(backend)) as small:
        found = tried_in(small, cases=2, acts=25)
    assert found.tried
