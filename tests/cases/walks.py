"""A case and the people who work on it, for tests that walk it through its life.

    life = a_life(house)                       # a report that came in, with a full cast around it
    life.do("desk", "acknowledge")
    life.both("head", "manager", "authorise", mandate="…", legal_basis="…")

Whoever acts declares first, when they must.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from cases import access, acts, assignments, declarations, intake, messages, pairs, risk
from cases.actors import THE_SERVICE, ReporterActor, StaffActor
from cases.acts import Proposed
from cases.audit import log
from cases.errors import NotFound, NotReady
from cases.intake import Identity, Receipt, Submission
from cases.models.case import Case, Report
from cases.models.facts import Snapshot
from cases.objects import things
from cases.objects.shapes import MODELS
from cases.sealing.hierarchy import StaffKeys
from tests.cases import kept
from tests.usual import a_rating, rated_first, whole
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from cases.database import Work
    from tests.cases.builders import SmallHouse

CAST = {
    "desk": ("intake_officer", "main"),
    "triage": ("triage_officer", "main"),
    "manager": ("case_manager", "main"),
    "manager2": ("case_manager", "main"),
    "head": ("head_ia", "main"),
    "head2": ("head_ia", "main"),
    "lead": ("lead_investigator", "main"),
    "investigator": ("investigator", "main"),
    "counsel": ("legal_counsel", "main"),
    "reviewer": ("quality_reviewer", "main"),
    "decider": ("decision_authority", "main"),
    "decider2": ("decision_authority", "main"),
    "dpo": ("dpo", "main"),
    "dpo2": ("dpo", "main"),
    "auditor": ("internal_auditor", "main"),
    "protector": ("protection_officer", "protection"),
    "reviser": ("review_officer", "review"),
    "overseer": ("oversight_body", "review"),
    "custodian": ("identity_custodian", "custody"),
    "custodian2": ("identity_custodian", "custody"),
}
"""Name in tests -> role and unit."""


class Cast(dict[str, StaffActor]):
    """One person for each part, who comes when first called: keys take their time to make."""

    def __init__(self, small: SmallHouse) -> None:
        super().__init__()
        self.small = small

    def __missing__(self, name: str) -> StaffActor:
        role, unit = CAST[name]
        self[name] = self.small.person(role, unit=unit)
        return self[name]


@dataclass
class Life:
    """One case, and everybody who may act on it."""

    small: SmallHouse
    cast: Cast
    case_id: UUID
    reference: str
    stretched: bytes
    things: dict[str, UUID] = field(default_factory=dict)
    alleged: list[UUID] = field(default_factory=list)
    rating: dict[str, Any] = field(default_factory=dict)
    """Likelihood and seriousness of harm, as assessed."""
    usual: bool = True
    """Steps are given what every such step needs, and the risk is rated before where that is asked."""

    def find(self, db: Work, by: StaffActor) -> Case:
        """The case, locked, for somebody who may know of it."""
        return access.find(db, self.reference, by, to_change=True)

    def do(self, who: str, action: str, **data: object) -> acts.Taken | Proposed:
        """Take or propose a step."""
        by = self.cast[who]
        if self.usual:
            data = self._usual(action, data)
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            return acts.act(db, case, action, plain(data), by=by, keys=keys)

    def _usual(self, action: str, data: dict[str, object]) -> dict[str, object]:
        """The fields with those that every such step needs, and the risk rated where that comes first."""
        state, today = self.case().state, self.small.house.today()
        if rated_first(state, action):
            self.rate("manager")
        if action == "complete_assessment":
            names = {"detriment_likelihood": "likelihood", "detriment_seriousness": "seriousness"}
            self.rating = {ours: data[name] for name, ours in names.items() if name in data}
        return whole(state, action, data, alleged=self.alleged, today=today)

    def rate(self, who: str, **values: object) -> UUID | None:
        """Rate the risk of harm as before, or as given; the proposal, where a second person is needed."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            given = a_rating(**self.rating | values)
            fields = plain({name: one for name, one in given.items() if one is not None})
            made = pairs.rate_risk(db, case, fields, by=by, keys=keys)
            return made.id if made else None

    def agree(self, who: str, step: str, reason: str = "she knows, and wants it") -> None:
        """Agree to a step that could reveal somebody."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            risk.agree(db, case, step, reason, by=by, keys=keys)

    def propose(self, who: str, action: str, **data: object) -> UUID:
        """Propose a step that needs a second person."""
        made = self.do(who, action, **data)
        assert isinstance(made, Proposed)
        return made.proposal

    def confirm(self, who: str, proposal: UUID) -> None:
        """Be the second person."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            acts.confirm(db, case, proposal, by=by, keys=keys)

    def refuse(self, who: str, proposal: UUID, reason: str = "not yet") -> None:
        """Be the second person, and say no."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            acts.refuse(db, case, proposal, reason, by=by, keys=keys)

    def both(self, who: str, second: str, action: str, **data: object) -> None:
        """A step of two people."""
        self.confirm(second, self.propose(who, action, **data))

    def break_glass(self, who: str, staff: UUID) -> UUID:
        """Propose to let somebody in for an hour."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            return pairs.break_glass(db, case, staff, "a life in danger", by=by, keys=keys).id

    def write(self, who: str, kind: str, called: str = "", **value: object) -> UUID:
        """Write a thing into the case; `called` remembers its id."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            thing = MODELS[kind].model_validate(value)
            made = things.add(db, case, kind, thing, by=by, keys=keys)
        self.things[called or kind] = made.id
        if kind == "allegation":
            self.alleged.append(made.id)
        return made.id

    def change(self, who: str, kind: str, identity: UUID, **value: object) -> None:
        """Write a thing of the case anew."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            thing = MODELS[kind].model_validate(value)
            things.change(db, case, kind, identity, thing, by=by, keys=keys)

    def assign(self, who: str, role: str, name: str) -> None:
        """Name somebody to a role."""
        by, person = self.cast[who], self.cast[name]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            self._declare(db, case, by, keys)
            assignments.assign(db, case, role, person.id, by=by, keys=keys)

    def declare(self, who: str, conflict: declarations.Answer = "none") -> None:
        """Declare, with a reason."""
        by = self.cast[who]
        with self.small.work() as db:
            keys, case = StaffKeys(db, by), self.find(db, by)
            declarations.declare(db, case, conflict, "because", by=by, keys=keys)

    def answer(self, text: str = "an answer") -> None:
        """Write as the reporter."""
        with self.small.work() as db:
            messages.post_as_reporter(db, self.reporter(db), text)

    def reporter(self, db: Work) -> ReporterActor:
        """The author, as their receipt shows."""
        return intake.visit(db, intake.enter(db, self.stretched).token)

    def sees(self, who: str) -> bool:
        """Whether somebody may know of the case."""
        with self.small.look() as db:
            try:
                access.find(db, self.reference, self.cast[who])
            except NotFound:
                return False
        return True

    def opens(self, who: str) -> bool:
        """Whether somebody holds the case's key."""
        with self.small.look() as db:
            case = db.get_one(Case, self.case_id)
            return bool(StaffKeys(db, self.cast[who]).case_keys([case]))

    def case(self) -> Case:
        """The row as it stands."""
        with self.small.look() as db:
            return db.get_one(Case, self.case_id)

    def steps(self) -> list[str]:
        """The ids of the transitions taken, oldest first, as the trail tells."""
        with self.small.look() as db:
            case = db.get_one(Case, self.case_id)
            told = [one.body for one in log.told_of(db, case.id) if one.body.kind == "case.status"]
        workflow = catalogue.workflow(case.workflow, case.workflow_version)
        told.sort(key=lambda body: body.seq or 0)
        return [workflow.steps[body.d.get("before"), body.d["action"]].id for body in told]

    def _declare(self, db: Work, case: Case, by: StaffActor, keys: StaffKeys) -> None:
        keyless = {"intake_officer", "dpo"}
        if not by.roles & keyless and not access.declared(db, by, case):
            declarations.declare(db, case, "none", None, by=by, keys=keys)

    # As `tests/cases/kept.py` needs it. Any: whatever it is made of.

    def told(self) -> Any:  # noqa: ANN401
        """What there is beside the house."""
        own = {name: one for name, one in vars(self).items() if name not in ("small", "cast")}
        return own, dict(self.cast)

    def remember(self, told: Any) -> None:  # noqa: ANN401
        """Be what a life was."""
        own, cast = told
        vars(self).update(own)
        self.cast.clear()
        self.cast.update(cast)

    # What comes before.

    def triaged(self, **assessment: object) -> Life:
        """Acknowledged, in triage, with an allegation, assessed."""
        once = 2 if assessment else 1
        kept.again(
            self.small, ("triaged", assessment), lambda: self._triage(assessment), self, times=once
        )
        return self

    def after(self, beginning: Callable[[Life], None]) -> Life:
        """What the tests of a module begin with, which is a function of its own."""
        named = beginning.__module__, beginning.__qualname__
        kept.again(self.small, named, lambda: beginning(self), self, times=1)
        return self

    def _triage(self, assessment: dict[str, object]) -> None:
        self.do("desk", "acknowledge")
        self.do("triage", "start_triage")
        self.allege()
        self.assess(**assessment)

    def allege(self, called: str = "allegation", **value: object) -> UUID:
        """Write an allegation that is complete."""
        whole = {"category": "AUT-02", "office": "PORT", "procedure": "declaration"}
        return self.write("triage", "allegation", called, **whole | value)

    def assess(self, **values: object) -> None:
        """Complete the assessment."""
        self.do("triage", "complete_assessment", **an_assessment() | values)

    def investigated(self) -> Life:
        """Assessed, authorised, with a team."""
        kept.again(self.small, "investigated", self._investigate, self, times=1)
        return self

    def _investigate(self) -> None:
        self.triaged()
        self.authorise()
        self.team()

    def authorise(self, **values: object) -> None:
        """Authorise an investigation."""
        mandate = {"mandate": "look into it", "legal_basis": "article 1"}
        self.both("head", "manager", "authorise", **mandate | values)

    def team(self, **values: object) -> None:
        """Name who investigates."""
        people = {
            "lead_investigator": self.cast["lead"].id,
            "team": [self.cast["investigator"].id],
            "plan": "ask, look, compare",
        }
        self.do("manager", "assign", **people | values)

    def reply(self, **values: object) -> None:
        """Open the right of reply."""
        served = {
            "counsel": self.cast["counsel"].id,
            "bundle": [self.things["allegation"]],
            "served_on": self.small.house.today(),
        }
        self.both("lead", "counsel", "open_reply", **served | values)

    def findings(self, finding: str = "substantiated") -> list[dict[str, object]]:
        """One finding for the case's allegation."""
        return [
            {"allegation": self.things["allegation"], "finding": finding, "reasons": "as shown"}
        ]

    def supported(self, finding: str = "substantiated") -> list[dict[str, object]]:
        """The same, each with the evidence it rests on."""
        if "evidence" not in self.things:
            self.write("lead", "note", "evidence", text="The log of that day.")
        evidence = [self.things["evidence"]]
        return [{**one, "evidence": evidence} for one in self.findings(finding)]

    def person(self, called: str = "subject", **value: object) -> UUID:
        """Name somebody in the case."""
        return self.write("manager", "person", called, role="subject", **value)

    def report(self) -> None:
        """Close the reply and submit the report."""
        self.do("lead", "reply_closed", reply="I was not there")
        self.submit()

    def submit(self, **values: object) -> None:
        """Submit the report to its review."""
        report = {
            "reviewer": self.cast["reviewer"].id,
            "findings": self.supported(),
            "exculpatory": "nothing was found",
            "report_record": [self.things["evidence"]],
        }
        self.do("lead", "submit_report", **report | values)

    def passed(self) -> None:
        """Pass the quality review."""
        deciders = [self.cast["decider"].id, self.cast["decider2"].id]
        self.both(
            "reviewer",
            "counsel",
            "pass",
            decision_authorities=deciders,
        )

    def decide(self, **values: object) -> None:
        """Decide by the two who were named."""
        decision = {"findings": self.findings(), "reasons": "as the report says"}
        self.both("decider", "decider2", "decide", **decision | values)


def an_assessment() -> dict[str, object]:
    """An ordinary matter of service: P3, low risk."""
    dimensions = catalogue.code_list("priority_dimensions").entries
    return {
        "priority": "P3",
        "scores": {one.code: 1 for one in dimensions},
        "actionability": 3,
        "detriment_likelihood": "unlikely",
        "detriment_seriousness": "minor",
        "main_category": "AUT-02",
        "title": "Waiting at the port",
        "summary": "A long wait",
    }


def a_life(small: SmallHouse, cast: Cast | None = None, **stated: Any) -> Life:  # noqa: ANN401 -- whatever a submission takes
    """A report that has just come in."""
    values = {"body": "They asked for money.", "office": "PORT"} | stated
    once = 2 if stated else 1
    found = kept.again(small, ("a life", values), lambda: _came_in(small, values), times=once)
    return Life(small, Cast(small) if cast is None else cast, *found)


def _came_in(small: SmallHouse, values: dict[str, Any]) -> tuple[UUID, str, bytes]:
    stretched = secrets.token_bytes(32)
    with small.look() as db:
        before = set(db.exec(select(Report.id)))
    intake.submit(intake.prepare(small.house, Submission(**values)), Receipt(stretched))
    with small.look() as db:
        report = db.exec(select(Report).where(col(Report.id).not_in(before))).one()
        case = db.get_one(Case, report.case_id)
    return case.id, case.reference, stretched


def publish(small: SmallHouse, by: StaffActor, since: date, until: date) -> None:
    """Freeze the figures of every month from one day to another."""
    months = {f"{since + timedelta(days=n):%Y-%m}" for n in range((until - since).days + 1)}
    with small.work() as db:
        months -= set(db.exec(select(col(Snapshot.month))).all())
        db.add_all(
            Snapshot(
                month=month,
                scope="national",
                cuts="",
                as_of=until,
                definitions="1",
                table=b"[]",
                sha256=b"",
                counts=b"",
                root_ver=1,
                proposed_by=by.id,
                proposed_on=until,
                published_by=by.id,
                published_on=until,
            )
            for month in months
        )
        log.emit(db, "snapshot.published", by=THE_SERVICE, about=log.DIRECTORY)


def plain(value: object) -> Any:  # noqa: ANN401 -- what JSON can hold
    """A value as JSON brings it."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value if isinstance(value, bool | int | str) else str(value)


def merge(source: Life, target: Life) -> None:
    """Make one case part of another, which its people declare for, before it and anew."""
    for who in ("manager", "head"):
        target.declare(who)
    source.both("manager", "head", "merge", target_case=target.reference, basis="the same")
    for who in ("manager", "head"):
        target.declare(who)


def against(life: Life, who: str, action: str, **data: object) -> tuple[str, ...]:
    """The guards that refuse a step; none when it is taken or proposed."""
    try:
        life.do(who, action, **data)
    except NotReady as refused:
        return refused.guards
    return ()


NAMED = Identity(name="A. Reporter")
