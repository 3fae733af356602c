"""The shapes of cases at the door."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from api.paging import Page
from cases.reading.clocks import Standing
from cases.reading.filters import Filters
from cases.reading.heads import Head
from cases.reading.queue import By, Item, Sort
from cases.reading.sentences import sentence
from cases.reading.views import View
from workflows.model import Locale

Codes = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=40)]


class Shape(BaseModel):
    """What comes in or goes out; nothing unknown, and no input in a message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @field_validator("*")
    @classmethod
    def _no_zero_byte(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:  # PostgreSQL cannot keep it
            raise PydanticCustomError("wrong_format", "a zero byte")
        return value


class Colleague(Shape):
    """A member of staff, as colleagues see them."""

    id: UUID
    name: str


class CaseHead(Shape):
    """A case without its content.

    Whoever only sees that a case came in gets null for its priority, category, office, level, assignee and
    the days by which something is due.
    """

    reference: str
    state: str
    phase: str
    priority: str | None
    category: str | None
    office: str | None
    channel: str | None
    language: str | None
    unit: str
    level: str | None
    received_on: date
    due: date | None
    due_at: datetime | None
    closed_on: date | None
    assignee: Colleague | None
    unread: bool
    declared: bool
    must: list[Literal["reroute"]] = Field(
        description="What has to be done before the case takes another step: it is about somebody of the "
        "line that still has it."
    )
    etag: str = Field(description="As in the header `ETag`, for `If-Match`.")

    @classmethod
    def of(cls, head: Head) -> "CaseHead":
        """From what the reading room gives."""
        values = {name: getattr(head, name) for name in Head.__slots__}
        return cls(**values | {"assignee": person(head.assignee)})


class OwedItem(Shape):
    """Something that is owed by a day and not done yet."""

    code: str = Field(description="A code of the list `clocks`.")
    kind: Literal["statutory", "service"] = Field(
        description="A statutory clock never pauses; a service clock does."
    )
    started_on: date
    due: date
    due_at: datetime | None
    overdue: bool


class StandingItem(Shape):
    """How a case stands in time, in calendar days: all of them, and without those of its pauses."""

    clocks: list[OwedItem]
    gross_days: int
    net_days: int
    paused_since: date | None
    pause_reason: str | None = Field(description="A code of the list `pause_reasons`.")

    @classmethod
    def of(cls, standing: Standing) -> "StandingItem":
        """From what the reading room gives."""
        owed = [
            OwedItem(**{name: getattr(one, name) for name in OwedItem.model_fields})
            for one in standing.owed
        ]
        return cls(
            clocks=owed,
            gross_days=standing.time.gross,
            net_days=standing.time.net,
            paused_since=standing.pause.since if standing.pause else None,
            pause_reason=standing.pause.reason if standing.pause else None,
        )


class CaseItem(Shape):
    """One line of the queue; null as in `CaseHead`, where no filter finds and no order follows what is null."""

    reference: str
    state: str
    priority: str | None
    title: str | None = Field(description="Null until triage wrote one, and before a declaration.")
    category: str | None
    office: str | None
    channel: str | None
    language: str | None
    received_on: date
    due: date | None
    due_at: datetime | None
    time: StandingItem | None
    assignee: Colleague | None
    unread: bool
    actions: list[str]

    @classmethod
    def of(cls, item: Item) -> "CaseItem":
        """From what the reading room gives."""
        values = {name: getattr(item, name) for name in cls.model_fields if name != "time"}
        time = StandingItem.of(item.standing) if item.standing else None
        return cls(
            **values
            | {"assignee": person(item.assignee), "actions": list(item.actions), "time": time}
        )


def person(pair: tuple[UUID, str] | None) -> Colleague | None:
    """A named member of staff, or nobody."""
    return Colleague(id=pair[0], name=pair[1]) if pair else None


class CaseFilters(Page):
    """What the queue is filtered by."""

    state: Codes = Field(default_factory=list)
    phase: Codes = Field(default_factory=list)
    priority: Codes = Field(default_factory=list)
    assignee: Annotated[
        Literal["me", "none"] | UUID | None, Field(description="`me`, `none` or a staff id.")
    ] = None
    unit: UUID | None = None
    category: Codes = Field(default_factory=list)
    office: Codes = Field(default_factory=list)
    procedure: Codes = Field(default_factory=list)
    channel: Codes = Field(default_factory=list)
    received_from: date | None = None
    received_to: date | None = None
    due_before: date | None = None
    overdue: bool | None = None
    unread: bool | None = None

    def filters(self, me: UUID) -> Filters:
        """As the reading room takes them.

        Args:
            me: the caller, for `assignee=me`.
        """
        return Filters(
            state=frozenset(self.state),
            phase=frozenset(self.phase),
            priority=frozenset(self.priority),
            assignee=me if self.assignee == "me" else self.assignee,
            unit=self.unit,
            category=frozenset(self.category),
            office=frozenset(self.office),
            procedure=frozenset(self.procedure),
            channel=frozenset(self.channel),
            received_from=self.received_from,
            received_to=self.received_to,
            due_before=self.due_before,
            overdue=self.overdue,
            unread=self.unread,
        )


class QueueQuery(CaseFilters):
    """A page of the queue."""

    sort: Sort = "due"


class CountQuery(CaseFilters):
    """A count of the queue."""

    by: By = "state"


class Counts(Shape):
    """How many cases, by a dimension."""

    by: By
    counts: dict[str, int]


class Action(Shape):
    """Something that may be done now."""

    action: str
    label: str
    leads_to: str
    second: list[str] = Field(
        description="The roles of which another person must confirm; empty when one is enough."
    )
    # Any: a JSON Schema.
    needs: dict[str, Any] = Field(description="A JSON Schema of the body, besides `action`.")


class Actions(Shape):
    """What may be done now by the caller."""

    etag: str
    actions: list[Action]


class CaseFileShape(Shape):
    """A case and the parts of its file that the caller may read and asked for."""

    head: CaseHead
    parts: list[str]
    reports: list[dict[str, Any]] | None = None
    threads: list[dict[str, Any]] | None = None
    assessment: list[dict[str, Any]] | None = None
    allegations: list[dict[str, Any]] | None = None
    persons: list[dict[str, Any]] | None = None
    notes: list[dict[str, Any]] | None = None
    tasks: list[dict[str, Any]] | None = None
    consignments: list[dict[str, Any]] | None = None
    items: list[dict[str, Any]] | None = None
    plan: list[dict[str, Any]] | None = None
    interviews: list[dict[str, Any]] | None = None
    investigation_report: list[dict[str, Any]] | None = None
    review: list[dict[str, Any]] | None = None
    bundle: list[dict[str, Any]] | None = None
    decisions: list[dict[str, Any]] | None = None
    outcomes: list[dict[str, Any]] | None = None
    recommendations: list[dict[str, Any]] | None = None
    referrals: list[dict[str, Any]] | None = None
    protection: list[dict[str, Any]] | None = None
    links: list[dict[str, Any]] | None = None
    evidence: list[dict[str, Any]] | None = None
    redacted: list[dict[str, Any]] | None = None
    deadlines: dict[str, Any] | None = None
    history: list[dict[str, Any]] | None = None
    # Any: records are written by the acts that define them, and come back as they were written.


class LookShape(Shape):
    """What one person looked at on one day."""

    staff: Colleague
    on: date = Field(description="The day, in the administration's zone.")
    first_at: datetime
    last_at: datetime
    times: int
    parts: list[str] = Field(description="Codes of the parts seen.", examples=[["reports"]])
    text: str = Field(description="The same as a sentence, in the caller's language.")

    @classmethod
    def of(cls, view: View, language: Locale) -> "LookShape":
        """From what the reading room gives."""
        return cls(
            staff=Colleague(id=view.staff, name=view.who),
            on=view.on,
            first_at=datetime.fromisoformat(view.first),
            last_at=datetime.fromisoformat(view.last),
            times=view.times,
            parts=list(view.parts),
            text=sentence(
                view.kind,
                language,
                actor="staff",
                who=view.who,
                details={"parts": list(view.parts)},
            ),
        )


class Declaration(Shape):
    """Whether the caller has a conflict of interest in the case."""

    conflict: Literal["none", "have", "unsure"]
    reason: str | None = Field(default=None, max_length=2_000)
