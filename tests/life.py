"""One case and the people who work on it, over HTTP; whoever acts declares first, when they must.

life.do("desk", "acknowledge")
life.both("head", "manager", "authorise", mandate="…", legal_basis="…")
life.add("triage", "allegations", category="AUT-02", office="harbour", procedure="declaration")
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.usual import a_rating, rated_first, whole
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from httpx2 import Response

    from tests.world import Member, Reporter, World


@dataclass
class Life:
    """One case.

    Attributes:
        prefix: before the names of the cast: `outside ` for a case of the outside unit.
        steps: (day, state left, action, state entered) of each step of the workflow, as it was seen.
        state: where the case stands, as last seen.
        things: ids of what was written into the case, by the name it was given.
        alleged: the allegations, with what the decision found.
    """

    world: World
    reference: str
    reporter: Reporter
    prefix: str = ""
    state: str = "received"
    steps: list[tuple[date, str, str, str]] = field(default_factory=list)
    things: dict[str, str] = field(default_factory=dict)
    alleged: dict[str, dict[str, Any]] = field(default_factory=dict)
    rating: dict[str, str] = field(default_factory=dict)
    """Likelihood and seriousness of harm, as assessed."""
    assessed: str | None = None
    """The main category, as triage found it."""
    assessed_on: date | None = None
    waited: bool = False
    """Nobody acknowledged it in time, and the service did."""
    merged_into: Life | None = None
    declared: set[str] = field(default_factory=set)
    etags: dict[str, str] = field(default_factory=dict)
    """What people saw, as long as nothing changed since."""
    newest: str = ""
    """What the last of them saw. Most of them read everything, and see the same."""

    def __post_init__(self) -> None:
        self.steps.append((self.today, "", "submit", "received"))

    @property
    def today(self) -> date:
        """The present day."""
        return self.world.clock.now.date()

    def who(self, part: str) -> Member:
        """Somebody of the cast, in this case's unit."""
        alone = part.startswith(("reviser", "overseer")) or "." in part
        return self.world.as_(part if alone else self.prefix + part)

    def path(self, *parts: str) -> str:
        """Of the case, or of something in it."""
        return "/".join(("/v1/cases", self.reference, *parts))

    # What staff do.

    def head(self, part: str) -> dict[str, Any]:
        """The case without its content."""
        found = _said(self.who(part).get(self.path("head")))
        self.etags[part] = self.newest = found["etag"]
        return found

    def _post(self, part: str, path: str, value: object) -> dict[str, Any]:
        """Something that changes the case, so that what anybody saw of it is old."""
        self.etags.clear()
        self.newest = ""
        return _said(self.who(part).post(path, value))

    def read(self, part: str, *fields: str) -> dict[str, Any]:
        """The case file."""
        self.declare(part)
        query = {"fields": list(fields)} if fields else {}
        return _said(self.who(part).get(self.path(), params=query))

    def declare(self, part: str, conflict: str = "none", reason: str | None = None) -> None:
        """Say that there is no conflict, unless it was said before."""
        if part in self.declared and conflict == "none":
            return
        said = {"conflict": conflict} | ({"reason": reason} if reason else {})
        self._post(part, self.path("declaration"), said)
        self.declared.add(part)

    def try_(self, part: str, action: str, **fields: Any) -> Response:  # noqa: ANN401 -- JSON
        """Try an act, from the case as it is now, with what every such step needs."""
        if rated_first(self.state, action):
            self.do("manager", "rate_risk", **a_rating(**self.rating))
        if action == "complete_assessment":
            names = {"detriment_likelihood": "likelihood", "detriment_seriousness": "seriousness"}
            self.rating = {ours: fields[name] for name, ours in names.items() if name in fields}
        today = self.today.isoformat()
        fields = whole(self.state, action, fields, alleged=list(self.alleged), today=today)
        if action not in ("acknowledge", "purge"):
            self.declare(part)
        body, path = {"action": action} | fields, self.path("actions")
        if self.etags.setdefault(part, self.newest):
            answer = self.who(part).post(path, body, headers=self._match(part))
            if answer.status_code != 412:
                return self._saw(part, answer)
        self.head(part)
        return self._saw(part, self.who(part).post(path, body, headers=self._match(part)))

    def _match(self, part: str) -> dict[str, str]:
        return {"If-Match": f'"{self.etags[part]}"'}

    def _saw(self, part: str, answer: Response) -> Response:
        if "ETag" in answer.headers:
            self.etags.clear()
            self.etags[part] = self.newest = answer.headers["ETag"].strip('"')
        return answer

    def do(self, part: str, action: str, **fields: Any) -> Life:  # noqa: ANN401 -- JSON
        """Take a step, or do an act beside the workflow."""
        answer = self.try_(part, action, **fields)
        assert answer.status_code == 200, f"{action}: {answer.text}"
        self._note(action, answer.json()["state"])
        return self

    def propose(self, part: str, action: str, **fields: Any) -> str:  # noqa: ANN401 -- JSON
        """Propose what needs a second person."""
        answer = self.try_(part, action, **fields)
        assert answer.status_code == 202, f"{action}: {answer.text}"
        return str(answer.json()["proposal"])

    def answer(self, part: str, proposal: str, what: str = "confirmation") -> Response:
        """Try to be the second person."""
        body = {"reason": "not yet"} if what == "refusal" else None
        return self.who(part).post(self.path("proposals", proposal, what), body)

    def both(self, part: str, second: str, action: str, **fields: Any) -> Life:  # noqa: ANN401 -- JSON
        """A step of two people."""
        proposal = self.propose(part, action, **fields)
        if action != "purge":
            self.declare(second)
        answer = self._saw(second, self.answer(second, proposal))
        assert answer.status_code == 200, f"{action}: {answer.text}"
        self._note(action, answer.json()["state"])
        return self

    def assign(self, part: str, role: str, name: str) -> Life:
        """Name somebody to a part in the case."""
        return self.do(part, "assign", role=role, staff=self.who(name).id)

    def add(self, part: str, kind: str, called: str = "", /, **value: Any) -> str:  # noqa: ANN401
        """Write something into the case; its id is remembered by what it is called here."""
        self.declare(part)
        made = self._post(part, self.path(kind), value)
        if made["declare_again"]:
            self.declared.clear()
        self.things[called or kind] = made["id"]
        if kind == "allegations":
            self.alleged[made["id"]] = {**value, "finding": None, "on": None}
        return str(made["id"])

    def change(self, part: str, kind: str, called: str, /, **value: Any) -> None:  # noqa: ANN401
        """Write something in the case anew."""
        self.declare(part)
        self.head(part)
        path = self.path(kind, self.things.get(called, called))
        _said(self.who(part).patch(path, value, headers=self._match(part)))
        self.etags.clear()
        self.newest = ""

    def write(self, part: str, body: str) -> None:
        """Write to the reporter."""
        self.declare(part)
        self._post(part, self.path("messages"), {"body": body})

    def came(self, action: str, state: str, part: str = "head") -> Life:
        """Note a step that the reporter or the service took, once it shows."""
        assert self.head(part)["state"] == state
        self.waited |= action == "acknowledge"
        self._note(action, state)
        return self

    def _note(self, action: str, state: str) -> None:
        beside = state == self.state and action != "extend"
        if not beside:
            self.steps.append((self.today, self.state, action, state))
        self.state = state

    # What often comes together.

    def allege(self, name: str = "allegation", **value: Any) -> Life:  # noqa: ANN401 -- JSON
        """Write an allegation that is complete."""
        office = self.reporter.sent.get("office") or "harbour"
        whole = {"category": "AUT-02", "office": office, "procedure": "declaration"}
        self.add("triage", "allegations", name, **whole | value)
        return self

    def assess(self, part: str = "triage", **values: Any) -> Life:  # noqa: ANN401 -- JSON
        """Complete the assessment: an ordinary matter, P3, low risk, unless values say more."""
        assessment = {
            name: value for name, value in self.assessment(**values).items() if value is not None
        }
        self.do(part, "complete_assessment", **assessment)
        self.assessed, self.assessed_on = assessment.get("main_category"), self.today
        return self

    def assessment(self, **values: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
        """What an assessment says: an ordinary matter, P3, low risk, unless values say more."""
        return {
            "priority": "P3",
            "scores": self.scores(),
            "actionability": 3,
            "detriment_likelihood": "unlikely",
            "detriment_seriousness": "minor",
            "main_category": "AUT-02",
            "title": "Waiting at the gate",
            "summary": "A long wait.",
            "priority_reason": "As others of its kind.",
        } | values

    def scores(self, **higher: int) -> dict[str, int]:
        """A point for each dimension of priority, more for some."""
        dimensions = catalogue.code_list("priority_dimensions").entries
        return {one.code: 1 for one in dimensions} | higher

    def acknowledged(self) -> Life:
        """Read in by the desk; who told it by word of mouth agreed to the text."""
        told = self.reporter.sent.get("channel") in ("phone", "listening_desk", "in_person")
        return self.do("desk", "acknowledge", **({"transcript_agreed": True} if told else {}))

    def triaged(self, category: str = "AUT-02", **values: Any) -> Life:  # noqa: ANN401 -- JSON
        """In triage, with one allegation, assessed."""
        self.do("triage", "start_triage").allege(category=category)
        return self.assess(main_category=category, **values)

    def authorised(self, **values: Any) -> Life:  # noqa: ANN401 -- JSON
        """An investigation is authorised by two."""
        mandate = {"mandate": "Find out what happened.", "legal_basis": "Code, article 12"}
        return self.both("head", "manager", "authorise", **mandate | values)

    def staffed(self, **values: Any) -> Life:  # noqa: ANN401 -- JSON
        """A lead and a team are named."""
        team: dict[str, Any] = {
            "lead_investigator": self.who("lead").id,
            "plan": "Ask, look, compare.",
        }
        if not self.prefix:  # the outside unit has a lead, and no investigators of its own
            team["team"] = [self.who("investigator").id]
        return self.do("manager", "assign", **team | values)

    def served(self, **values: Any) -> Life:  # noqa: ANN401 -- JSON
        """The right of reply is opened; counsel checks."""
        served = {
            "counsel": self.who("counsel").id,
            "bundle": list(self.alleged)[:1],
            "served_on": self.today.isoformat(),
        }
        return self.both("lead", "counsel", "open_reply", **served | values)

    def waived(self, why: str = "no_identified_person") -> Life:
        """The right of reply is waived; counsel checks."""
        counsel = self.who("counsel").id
        return self.both("lead", "counsel", "open_reply", counsel=counsel, waiver=why)

    def replied(self, **values: Any) -> Life:  # noqa: ANN401 -- JSON
        """The reply came in."""
        return self.do("lead", "reply_closed", **({"reply": "I was not there."} | values))

    def reported(self, finding: str = "substantiated") -> Life:
        """The report goes to quality review."""
        log = self.things.get("log") or self.add(
            "lead", "notes", "log", text="The log of that day."
        )
        return self.do(
            "lead",
            "submit_report",
            reviewer=self.who("reviewer").id,
            findings=[{**one, "evidence": [log]} for one in self.findings(finding)],
            exculpatory="Nothing was found that speaks for the person.",
            report_record=[log],
        )

    def passed(self) -> Life:
        """Quality review passes it; two are named to decide."""
        return self.both(
            "reviewer",
            "counsel",
            "pass",
            decision_authorities=self.deciders(),
        )

    def decided(self, finding: str = "substantiated", **values: Any) -> Life:  # noqa: ANN401 -- JSON
        """Two decide."""
        decision = {"findings": self.findings(finding), "reasons": "As the report says."}
        self.both("decider", "decider2", "decide", **decision | values)
        for one in self.alleged.values():
            one["finding"], one["on"] = finding, self.today
        return self

    def investigated(self, finding: str = "substantiated") -> Life:
        """From the mandate to the decision, the short way."""
        self.authorised().staffed().served().replied()
        return self.reported(finding).passed().decided(finding)

    def findings(self, finding: str) -> list[dict[str, str]]:
        """The same finding for every allegation."""
        return [
            {"allegation": one, "finding": finding, "reasons": "As shown."} for one in self.alleged
        ]

    def deciders(self) -> list[str]:
        """The two who decide."""
        return [self.who("decider").id, self.who("decider2").id]

    # What is asked of the record.

    def entered(self) -> Sequence[tuple[date, str]]:
        """(day, state) of each step."""
        return [(day, after) for day, _, _, after in self.steps]


def _said(answer: Response) -> dict[str, Any]:
    assert answer.is_success, f"{answer.request.method} {answer.url}: {answer.text}"
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found
