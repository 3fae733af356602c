"""One act in the making: who does what to which case, and what there is to judge it by.

Guards and effects get a deed and nothing else. What it needs of the sealed content is opened once, under
a permit from the trail that says which part was looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlmodel import col, select

from cases import access, family, risk, transitions
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotPermitted
from cases.models.case import Case, CaseStep, Record, Report
from cases.models.facts import CaseFact
from cases.naming import Cleared
from cases.objects import allegations, things
from cases.objects.things import Held
from cases.permits import ReadPermit
from cases.sealing import facts
from workflows import catalogue
from workflows.fields import Given
from workflows.model import CodeList, Transition

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

T = TypeVar("T")

WITHOUT_ALLEGATIONS = frozenset({"advice", "suggestion", "commendation"})
"""Report types that allege nothing."""


@dataclass
class Deed:
    """A step that somebody, or the service, is about to take.

    Attributes:
        data: the fields as they came, checked; what is sealed into the decision.
        given: the same, read into values.
        by: whose session this is; None for the service.
        keys: what that session opens; None for the service and for roles that hold no key.
        proposer: who wants the step; another person than `by` while a second one confirms.
        second: who confirms it, once they do.
        words: what it says to the reporters, by the pointer of the field; nobody is named in it.
    """

    db: Work
    case: Case
    step: Transition
    data: Mapping[str, Any] = field(repr=False)  # Any: parsed JSON
    given: Given = field(repr=False)
    by: StaffActor | None = None
    keys: "StaffKeys | None" = field(default=None, repr=False)
    proposer: UUID | None = None
    second: UUID | None = None
    words: dict[str, Cleared] = field(default_factory=dict, repr=False)
    _opened: dict[str, list[Held]] = field(default_factory=dict, repr=False)
    """Things of the whole family of the case, by kind."""

    @property
    def today(self) -> date:
        """The present day where the administration is."""
        return self.db.house.today()

    @property
    def staff(self) -> StaffActor:
        """Whose session this is; for effects of steps that only people take."""
        if self.by is None:
            raise TypeError("the service takes no such step")
        return self.by

    @property
    def hand(self) -> "StaffKeys":
        """The keys of the session.

        Raises:
            NotPermitted: the person holds no key of this case.
        """
        if self.keys is None:
            raise NotPermitted
        return self.keys

    @cached_property
    def reports(self) -> list[Report]:
        """The delivered reports of the case, oldest first."""
        return allegations.reports(self.db, self.case)

    @cached_property
    def types(self) -> frozenset[str]:
        """The report types stated in the case; empty where nobody stated one."""
        codes = tuple(catalogue.code_list("report_types").by_code)
        found = {allegations.stated(self.db, one, "type", codes) for one in self.reports}
        return frozenset(code for code in found if code)

    @property
    def alleges_nothing(self) -> bool:
        """Whether every report of the case is of a type that alleges nothing."""
        return bool(self.types) and self.types <= WITHOUT_ALLEGATIONS

    @cached_property
    def named(self) -> bool:
        """Whether a reporter of the case gave a name."""
        return allegations.named(self.db, self.reports)

    @cached_property
    def channel(self) -> str:
        """The channel the case came by; empty when not stated."""
        token = self.db.get_one(CaseFact, self.case.id).channel
        codes = catalogue.code_list("channels").by_code
        return facts.filter_codes(self.db.house.keyring, "channel", codes).get(token, "")

    def held(self, kind: str) -> list[Held]:
        """The things of a kind in the case itself as they stand, opened and on record."""
        return [one for one in self.held_of_family(kind) if one.row.case_id == self.case.id]

    def held_of_family(self, kind: str) -> list[Held]:
        """The same, also of what was merged into the case."""
        if kind not in self._opened:
            permit = self.look(kind)
            self._opened[kind] = things.held_of_family(
                self.db, self.case, kind, permit=permit, keys=self.hand
            )
        return self._opened[kind]

    def look(self, part: str) -> ReadPermit:
        """Record that a part of the case is looked at in judging this step."""
        return looks.record(
            self.db,
            "record.read",
            by=self.staff,
            case=self.case,
            d=Details(parts=[part], at=self.case.seq, action=self.step.event),
            opens=family.ids(self.db, self.case),
        )

    # Any: what JSON holds.
    @property
    def assessment(self) -> dict[str, Any]:
        """The newest assessment; empty before there is one."""
        found = self.held("assessment")
        return found[-1].value if found else {}

    @property
    def assessments(self) -> list[dict[str, Any]]:
        """The newest assessment of the case, and of each that was merged into it."""
        return list(
            {one.row.case_id: one.value for one in self.held_of_family("assessment")}.values()
        )

    @property
    def risk(self) -> str:
        """The highest risk of harm to anybody, of what was merged into the case too."""
        return risk.highest(self.risks)

    @property
    def risks(self) -> dict[UUID, str]:
        """The rating that holds for each person; who reported goes by the case they reported."""
        ratings, assessments = map(self.held_of_family, (risk.FIELD, "assessment"))
        return risk.newest(ratings, assessments, of=self.case.id)

    # Any: as above.
    def decided(self, *events: str) -> Iterator[dict[str, Any]]:
        """The fields of earlier steps of these events, newest first."""
        for one in reversed(self.held("decision")):
            if one.value["action"] in events:
                yield one.value["fields"]

    def entered(self, state: str) -> date | None:
        """The day the case last entered a state."""
        statement = (
            select(CaseStep)
            .where(CaseStep.case_id == self.case.id, CaseStep.state == state)
            .order_by(col(CaseStep.n).desc())
        )
        step = self.db.exec(statement).first()
        return step.entered_on if step else None

    def entered_at(self) -> int:
        """The number of the step by which the case came to where it stands."""
        return transitions.entered_at(self.db, self.case)

    def took_part(self, staff: UUID, *roles: str) -> bool:
        """Whether somebody has, or had, one of these parts in the case."""
        return staff in access.people(self.db, self.case, *roles, ever=True)

    def seal(self, kind: str, value: dict[str, Any]) -> Record:
        """Write a record of this step into the case (Any: every kind has its own shape)."""
        return things.seal(self.db, self.case, kind, value, by=self.staff, keys=self.hand)

    @property
    def scores(self) -> dict[str, int]:
        """The value of each dimension of priority that this step gives."""
        given = self.given.get("scores")
        return dict(given) if isinstance(given, Mapping) else {}

    def category(self, code: str | None) -> str | None:
        """The group of a category, such as `corruption`."""
        entry = catalogue.code_list("categories").by_code.get(code or "")
        return entry.extra["group"] if entry else None

    def entries(self, name: str) -> CodeList:
        """A code list."""
        return catalogue.code_list(name)


def clock_fields(deed: Deed) -> Mapping[str, object]:
    """The values a step brings, with what earlier ones said about how long the case may take.

    The clock of an investigation counts from its authorisation: that it is complex, and a later day it was
    given, hold through every return to it.
    """
    due = transitions.workflow_of(deed.case).states_by_code[deed.step.target].due
    if due is None or due.since == "entered" or deed.keys is None or "due_on" in deed.given:
        return deed.given
    values = dict(deed.given)
    for earlier in deed.decided("authorise", "assign", "extend"):
        if earlier.get("due_on") and "due_on" not in values:
            values["due_on"] = date.fromisoformat(earlier["due_on"])
        if "mandate" in earlier:
            values["complex_case"] = earlier.get("complex_case") is True
            break
    return Given(values)
