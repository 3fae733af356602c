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
from sqlmodel import col, func, select

from cases import access, deadlines, declarations
from cases.acts import Proposed
from cases.assignments import OFFICES
from cases.audit import log
from cases.errors import NotFound, TribuneError
from cases.models.case import Assignment, Case, CaseStep, Proposal, ProposalStatus, Record
from cases.models.people import Staff
from cases.models.trail import AuditEvent
from cases.sealing.hierarchy import StaffKeys
from tests.cases.builders import UNITS, SmallHouse, a_house
from tests.cases.walks import CAST, Cast, a_life
from tests.cases.ways import prepare, right, to_the_end
from workflows import catalogue, engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cases.actors import StaffActor
    from cases.audit.events import Body
    from cases.database import Work
    from tests.cases.walks import Life
    from tests.databases import Backend

WORKFLOW = catalogue.workflow()
EVENTS = sorted({step.event for step in WORKFLOW.transitions if step.source is not None})
ROLES: dict[str, tuple[str, ...]] = {name: (role,) for name, (role, _) in CAST.items()} | {
    "many": ("lead_investigator", "quality_reviewer", "decision_authority")
}
"""Name -> roles: everybody of a full cast, and somebody who could be everything."""
UNIT = {name: unit for name, (_, unit) in CAST.items()} | {"many": "main"}
PEOPLE = st.sampled_from(sorted(ROLES))
MOST_WALLED = 4
"""A wall hides a case from one more person; a few show what many would."""
CLEAR_OF_THIS = frozenset({"desk", "dpo", "dpo2"})
"""People who are never shown content, so that nobody names them in a case here."""


class Attempts(RuleBasedStateMachine):
    """One case after another in one house; `tried` counts what was done and what was refused."""

    small: SmallHouse
    cast: Cast
    tried: Counter[str]
    ended: Counter[str]
    merged = False
    """Whether each case begins as part of another."""

    def __init__(self) -> None:
        super().__init__()
        self.life = a_life(self.small, self.cast)
        self.into: Life | None = None
        """The case that this one may be merged into, or was."""
        self.walled: list[tuple[str, StaffActor]] = []
        """Who has a wall, by the part they had in the cast; somebody else has it now."""
        self.events = 0
        """How long the trail was when what always holds was looked at: whatever changes leaves an event."""
        self.seen = 0
        """The number of the newest change of the case that was looked at."""
        if self.merged:
            self.life.triaged()
            into = self.with_whom().reference
            self.life.both("manager", "head", "merge", target_case=into, basis="the same")

    def attempt(self, act: Callable[[], object], what: str) -> None:
        """Try something; what the house can name a reason against is a refusal, all else is a fault."""
        self.tried["acts"] += 1
        try:
            act()
        except TribuneError as refused:
            self.tried[f"refused {type(refused).__name__}"] += 1
        else:
            self.tried[what] += 1

    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        """A step that is right in everything, by those who should take it."""
        self.whole_step(data)

    @rule(data=st.data())
    def work_on(self, data: st.DataObject) -> None:
        """As before: most of what people do is right."""
        self.whole_step(data)

    def whole_step(self, data: st.DataObject) -> None:
        """A step with what has to come before it, and with its second person."""
        state = self.life.case().state
        leaving = [one for one in engine.leaving(WORKFLOW, state) if set(one.who) & STAFFED]
        if not leaving:
            return
        step = data.draw(st.sampled_from(leaving))
        first = data.draw(st.sampled_from(those(step.who)))
        seconds = [one for one in those(step.confirmed_by) if one != first]

        def take() -> None:
            prepare(self.life, state)
            fields = right(self.life, step.event)
            if step.event == "merge":
                fields["target_case"] = self.with_whom().reference
            made = self.life.do(first, step.event, **fields)
            if isinstance(made, Proposed) and seconds:
                self.life.confirm(data.draw(st.sampled_from(seconds)), made.proposal)

        self.attempt(take, f"did {step.event}")

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
            who = who if wrong == 2 else data.draw(st.sampled_from(those(chosen.who)))
        fields = right(self.life, action)
        if action == "merge":
            fields["target_case"] = self.with_whom().reference
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
            mine = [one for one, person in self.cast.items() if person.id == chosen.proposed_by]
            who = data.draw(st.sampled_from([*those(step.confirmed_by), *mine] or [who]))
        if refuse:
            self.attempt(lambda: self.life.confirm(who, chosen.id), f"confirmed {chosen.action}")
        else:
            self.attempt(lambda: self.life.refuse(who, chosen.id), f"refused {chosen.action}")

    def with_whom(self) -> Life:
        """The case that this one may become part of."""
        self.into = self.into or another(self.life)
        return self.into

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
            self.is_walled(named)

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
                self.is_walled(who)

        self.attempt(speak, f"declared {said}")

    @rule(
        who=st.sampled_from(["head", "manager", "triage"]), data=st.data(), named=PEOPLE,
        likely=st.booleans(),
    )  # fmt: skip
    def assign(self, who: str, data: st.DataObject, named: str, *, likely: bool) -> None:
        """Name somebody to a part, fit or not."""
        role = data.draw(st.sampled_from(ROLES[named] if likely else sorted(STAFFED)))
        self.attempt(lambda: self.life.assign(who, role, named), "assigned")

    @rule(
        who=st.sampled_from(["head", "head2", "manager"]), named=PEOPLE, likely=st.booleans(),
        rare=st.integers(0, 3),
    )  # fmt: skip
    def break_glass(self, who: str, named: str, rare: int, *, likely: bool) -> None:
        """Let somebody in for an hour, fit or not; likely who could do everything."""
        if rare:
            return
        staff = self.cast["many" if likely else named].id

        def let_in() -> None:
            made = self.life.break_glass(who, staff)
            self.life.confirm("head2" if who == "head" else "head", made)

        self.attempt(let_in, "broke the glass")

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
    def nothing_is_broken(self) -> None:
        """What always holds, after everything that changed something."""
        with self.small.look() as db:
            events = db.exec(select(func.count()).select_from(AuditEvent)).one()
        if events != self.events:
            self.events = events
            self.no_wall_is_broken()
            self.every_record_holds_together()

    def no_wall_is_broken(self) -> None:
        """Whoever has a wall finds nothing, and holds no key but that of a unit they belong to."""
        hidden = [self.life, self.into] if self.into and self.is_merged() else [self.life]
        for name, person in self.walled:
            assert not any(sees(life, person) for life in hidden), name
            circle = catalogue.keys().circles.get(UNITS[UNIT[name]], ())
            in_circle = not set(ROLES[name]).isdisjoint(circle)
            assert in_circle or not opens(self.life, person), name

    def is_walled(self, name: str) -> None:
        """Remember who has a wall, and let somebody else take their place."""
        self.walled.append((name, self.cast[name]))
        self.cast[name] = somebody(self.small, name)

    def is_merged(self) -> bool:
        """Whether the case became part of another."""
        return self.life.case().state == "merged"

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
        for body in told:
            if office := office_of(body):
                offices.setdefault(body.actor.id, set()).add(office)
        assert all(len(held) == 1 for held in offices.values())

    def teardown(self) -> None:
        """Every case can still reach its end, by people who had no part in what happened."""
        self.ended[self.life.case().state] += 1
        fresh = Cast(self.small)
        for life in (self.into, self.life):
            if life is not None:
                life.cast = fresh
                to_the_end(life)
        assert self.life.case().state == "purged"
        self.every_record_holds_together()


def those(roles: Iterable[str]) -> list[str]:
    """Who of the cast has one of these roles."""
    wanted = set(roles)
    return [name for name in sorted(ROLES) if not wanted.isdisjoint(ROLES[name])]


DONE_BY = {
    "submit_report": "investigation",
    "new_leads": "investigation",
    "reply_closed": "investigation",
    "open_reply": "investigation",
    "pass": "quality",
    "return": "quality",
    "decide": "decision",
    "uphold": "review",
    "reopen": "review",
}
"""Step -> the office of whoever takes or proposes it, whether or not anybody named them to it."""


def office_of(told: Body) -> str | None:
    """The office that somebody filled by what an event tells: a step they took alone, or one they proposed."""
    alone = (
        told.kind == "case.status"
        and not WORKFLOW.steps[told.d.get("before"), told.d["action"]].four_eyes
    )
    return DONE_BY.get(told.d["action"]) if alone or told.kind == "proposal.made" else None


CIRCLE = ("triage", "manager", "manager2", "head", "head2")
"""Who knows of every case of the unit."""


def another(life: Life) -> Life:
    """A case of the same house and people that is open, and declared for by those who merge."""
    made = a_life(life.small, Cast(life.small)).triaged()
    made.cast = life.cast
    for who in CIRCLE:
        made.declare(who)
    return made


STAFFED = {role for roles in ROLES.values() for role in roles}


def number_of(db: Work, person: StaffActor) -> str | None:
    """The staff number of somebody of the cast."""
    return db.get_one(Staff, person.id).staff_number


def a_cast(small: SmallHouse) -> Cast:
    """Everybody, each with a number of their own."""
    cast = Cast(small)
    cast.update({name: somebody(small, name) for name in ROLES})
    return cast


def somebody(small: SmallHouse, name: str) -> StaffActor:
    """A person for a part of the cast, with a number of their own."""
    return small.person(*ROLES[name], unit=UNIT[name], number=f"N-{uuid4().hex[:10]}")


def sees(life: Life, person: StaffActor) -> bool:
    """Whether a person may know of a case."""
    with life.small.look() as db:
        try:
            access.find(db, life.reference, person)
        except NotFound:
            return False
    return True


def opens(life: Life, person: StaffActor) -> bool:
    """Whether a person holds the key of a case."""
    with life.small.look() as db:
        return bool(StaffKeys(db, person).case_keys([db.get_one(Case, life.case_id)]))


def attempts_in(small: SmallHouse) -> type[Attempts]:
    """What can be tried in a house."""

    class InThisHouse(Attempts):
        pass

    InThisHouse.small, InThisHouse.cast = small, a_cast(small)
    InThisHouse.tried, InThisHouse.ended = Counter(), Counter()
    return InThisHouse


def tried_in(
    small: SmallHouse, *, cases: int, acts: int, begin_merged: bool = False
) -> type[Attempts]:
    """Let a number of cases be tried, so many acts each."""

    InThisHouse = attempts_in(small)  # noqa: N806 -- a class
    InThisHouse.merged = begin_merged
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
        found = tried_in(small, cases=10, acts=200)
    done = {what for what in found.tried if what.startswith("did ")}
    refused = {what for what in found.tried if what.startswith("refused ")}
    assert found.tried["acts"] > 1_000
    assert len(done) >= 15, found.tried
    assert {"refused NotFound", "refused Unacceptable", "refused NotPermitted"} <= refused
    assert len(found.ended) >= 4, found.ended


@pytest.mark.one_database
def test_nor_once_it_became_part_of_another(backend: Backend) -> None:
    with closing(a_house(backend)) as small:
        found = tried_in(small, cases=3, acts=40, begin_merged=True)
    assert found.ended["merged"]


def test_nor_on_any_database(backend: Backend) -> None:
    with closing(a_house(backend)) as small:
        found = tried_in(small, cases=2, acts=25)
    assert found.tried
