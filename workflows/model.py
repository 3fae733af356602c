"""The shapes of a workflow and of the lists it speaks in: frozen values, nothing that acts.

A definition is a TOML file (`definitions/`), a code list a CSV file (`codes/`). What is loaded
here is only well formed; whether it makes sense is for `soundness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Described

Locale = Literal["en", "fr", "es", "pt", "ar"]
LOCALES: tuple[Locale, ...] = get_args(Locale)

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]

REPORTER = "reporter"
SYSTEM = "system"
NOT_STAFF = frozenset({REPORTER, SYSTEM})
"""Roles nobody is appointed to: neither can be the second person of a four-eyes act."""


class Frozen(BaseModel):
    """A value that refuses unknown keys and does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)


class SpanKind(StrEnum):
    """How a span of time is counted."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"
    HOURS = "hours"
    AT_ONCE = "at_once"
    DUE_DATE = "due_date"
    """By the day that was set on the case (a question's due day, a review day)."""


class Span(Frozen):
    """A length of time; `value` is 0 for `at_once` and `due_date`."""

    kind: SpanKind
    value: int = Described(default=0, ge=0, le=4000)

    @model_validator(mode="after")
    def _counted(self) -> Self:
        counted = self.kind not in (SpanKind.AT_ONCE, SpanKind.DUE_DATE)
        if counted != (self.value > 0):
            raise ValueError("days and hours need a value above 0, the other kinds none")
        return self


class Deadline(Span):
    """A span and what changes it.

    Attributes:
        since: the day the clock starts: the state was entered, or the investigation authorised.
        ceiling: the longest the span may ever become.
        complex_case: the span of a case marked as complex.
        by_priority: spans that replace this one, by priority code.
    """

    since: Literal["entered", "authorised"] = "entered"
    ceiling: Span | None = None
    complex_case: Span | None = None
    by_priority: Mapping[str, Span] = {}


class FieldKind(StrEnum):
    """What an action may ask for."""

    TEXT = "text"
    CODE = "code"
    CODES = "codes"
    DATE = "date"
    DATES = "dates"
    STAFF = "staff"
    STAFF_LIST = "staff_list"
    UNIT = "unit"
    CASE = "case"
    BOOL = "bool"
    INTEGER = "integer"
    MONEY = "money"
    SCORES = "scores"
    REFERENCES = "references"
    FINDINGS = "findings"
    OUTCOMES = "outcomes"
    ACTIONS = "actions"
    SUPPORTED_FINDINGS = "supported_findings"
    """Findings, each with the evidence of the case it rests on."""
    ANSWERS = "answers"
    """Yes, no or unknown to each question of a list."""
    TEXTS = "texts"
    RESULTS = "results"
    """Days, each with how things were."""


class Condition(Frozen):
    """`{field = "closure_reason", is = ["withdrawn"]}`: true when that field has such a value."""

    field: Name
    values: tuple[str, ...] = Described(alias="is", min_length=1)


class Field(Frozen):
    """One thing an action needs or takes.

    Attributes:
        required_unless: another field that, when given (and not false), lifts the need for this.
        required_if: a condition that makes this one needed.
        code_list: the list a code comes from; `only` and `barred` narrow it.
        role: the role that the person named must hold.
        default: the code taken when none is given.
        to_reporter: the text goes to the reporter's thread, sealed.
        label: the code in the list `fields` that says what this is; the name when absent.
    """

    name: Name
    kind: FieldKind
    required: bool = False
    required_unless: Name | None = None
    required_if: Condition | None = None
    code_list: Name | None = Described(default=None, alias="list")
    only: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    role: Name | None = None
    default: str | None = None
    minimum: int = 0
    maximum: int = 1_000_000
    min_items: int = Described(default=1, ge=0)
    max_items: int = Described(default=50, ge=1, le=200)
    max_length: int = Described(default=10_000, ge=1, le=100_000)
    to_reporter: bool = False
    label: Name | None = None

    @property
    def description(self) -> str:
        """The code of this field's wording in the list `fields`."""
        return self.label or self.name


class State(Frozen):
    """Where a case can stand.

    Attributes:
        public_status: what the reporter sees, or None when it follows another case.
        follows_target: the reporter sees the status of the case this one was merged into.
        quiet_status: what the reporter sees when the notice of this step was withheld.
        concluded: entering needs a closure reason.
        due: by when the case should leave.
    """

    code: Name
    phase: Name
    public_status: Name | None = None
    follows_target: bool = False
    quiet_status: Name | None = None
    initial: bool = False
    final: bool = False
    concluded: bool = False
    due: Deadline | None = None


class Transition(Frozen):
    """One step: from where, by which act, to where, by whom, confirmed by whom, with what.

    Attributes:
        source: the state left; None for the step that makes the case.
        act: the line of the permission table that the proposer's role must hold.
        tell_reporter: a code of `reporter_texts`, sent when the step is taken.
        tell_unless: a yes/no field of this step; when true, nothing is told.
        keeps_closure_reason: concludes without a new reason; the earlier one stays.
        guards: codes of the list `guards`, checked by `cases` before the step.
    """

    id: Annotated[str, StringConstraints(pattern=r"^T\d{2,3}$")]
    source: Name | None = Described(default=None, alias="from")
    event: Name
    target: Name = Described(alias="to")
    act: Name
    who: tuple[Name, ...] = Described(min_length=1)
    four_eyes: bool = False
    confirmed_by: tuple[Name, ...] = ()
    tell_reporter: Name | None = None
    tell_unless: Name | None = None
    keeps_closure_reason: bool = False
    deadline: Deadline | None = None
    guards: tuple[Name, ...] = ()
    fields: tuple[Field, ...] = ()

    def field(self, name: str) -> Field | None:
        """The field of that name, if the step has it."""
        return next((field for field in self.fields if field.name == name), None)


class Workflow(Frozen):
    """A whole process under a name and a version; a case keeps both for life."""

    name: Name
    version: int = Described(ge=1)
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]

    @cached_property
    def states_by_code(self) -> dict[str, State]:
        """Every state by its code."""
        return {state.code: state for state in self.states}

    @cached_property
    def transitions_by_id(self) -> dict[str, Transition]:
        """Every transition by its id."""
        return {step.id: step for step in self.transitions}

    @cached_property
    def steps(self) -> dict[tuple[str | None, str], Transition]:
        """Every transition by the state it leaves and its event."""
        return {(step.source, step.event): step for step in self.transitions}


class Code(Frozen):
    """One entry of a code list: its wording in five languages and the list's other columns."""

    code: str
    labels: Mapping[Locale, str]
    extra: Mapping[str, str] = {}


class CodeList(Frozen):
    """A closed list; the order is the order of the file."""

    name: Name
    entries: tuple[Code, ...]

    @cached_property
    def by_code(self) -> dict[str, Code]:
        """Every entry by its code."""
        return {entry.code: entry for entry in self.entries}

    def __contains__(self, code: object) -> bool:
        """Whether the list has this code."""
        return code in self.by_code


class Grade(StrEnum):
    """How far a permission reaches."""

    YES = "Y"
    ASSIGNED = "C"
    """Only in cases one is assigned to or declared for."""
    AGGREGATE = "A"
    """Figures only."""
    OWN_REPORT = "R"
    SECOND = "2"
    """Only with a second person."""


class Grant(Frozen):
    """One cell of the permission table, such as `C`, `Y 2` or `C plan`."""

    grade: Grade
    second: bool = False
    part: Name | None = None

    @classmethod
    def read(cls, cell: str) -> Self:
        """Read a cell: the grade, then `2` for a second person and a word for the part."""
        first, *rest = cell.split()
        parts = [word for word in rest if word != Grade.SECOND]
        if len(parts) > 1:
            raise ValueError("a cell has at most one part")
        return cls(
            grade=Grade(first),
            second=Grade.SECOND in (first, *rest),
            part=parts[0] if parts else None,
        )

    @property
    def agrees(self) -> bool:
        """Whether it makes somebody a second person: in their own right, and not by asking alone."""
        return self.grade in (Grade.YES, Grade.ASSIGNED) and self.part != "ask"


class Permissions(Frozen):
    """Act -> role -> how far."""

    acts: Mapping[Name, Mapping[Name, Grant]]

    def grants(self, act: str, roles: frozenset[str] | set[str]) -> tuple[Grant, ...]:
        """What these roles hold of an act; nothing for an act that does not exist."""
        return tuple(grant for role, grant in self.acts.get(act, {}).items() if role in roles)

    def allow(self, act: str, roles: frozenset[str] | set[str]) -> bool:
        """Whether any of the roles holds the act at all."""
        return bool(self.grants(act, roles))


class NamedKey(Frozen):
    """A role that gets one case's key sealed to the person's own key, and the acts that name it."""

    role: Name
    by: tuple[str, ...]
    how_many: int = 1


class UnitKey(Frozen):
    """A kind of unit that gets a key of a case sealed to the unit, and when."""

    kind: Name
    key: Literal["int", "id"]
    at: tuple[str, ...]


class Keys(Frozen):
    """Who holds what: circles of units, single cases, and who never holds a key."""

    circles: Mapping[Name, tuple[Name, ...]]
    cases: tuple[NamedKey, ...]
    units: tuple[UnitKey, ...]
    two_persons: tuple[Name, ...]
    nothing: tuple[Name, ...]


class Wording(Frozen):
    """What the procedure manual says, in one language, around what the code lists say.

    Attributes:
        phrases: headings and turns of phrase, by name; names in braces are filled in.
        units: kind of a span (and `months`) -> how one and how several are said.
        kinds: kind of a field -> what may be answered.
        states, acts, parts, lists: state, act and part of the permission table, code list -> words.
        offices: the offices in a case that must be different people -> words.
        pairs, house: acts of two people in a case and in the administration -> words.
        texts: the sentences of a chapter, by its name.
    """

    locale: Locale
    phrases: Mapping[Name, str]
    units: Mapping[Name, tuple[str, str]]
    kinds: Mapping[FieldKind, str]
    states: Mapping[Name, str]
    acts: Mapping[Name, str]
    parts: Mapping[Name, str]
    lists: Mapping[Name, str]
    offices: Mapping[Name, str]
    pairs: Mapping[Name, str]
    house: Mapping[Name, str]
    texts: Mapping[Name, tuple[str, ...]]
