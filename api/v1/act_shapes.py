"""The shapes of acts at the door: what is asked for, and what comes of it."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.v1.case_shapes import Colleague, Shape
from cases.links.ties import LinkKind


class ActionRequest(Shape):
    """An action and its fields, as `GET …/actions` describes them for each."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    action: str = Field(max_length=60)

    def fields(self) -> dict[str, Any]:
        """The body without the name of the action (Any: parsed JSON, checked by the workflow)."""
        return dict(self.model_extra or {})


class Take(Shape):
    """To take a case in one's own role."""

    role: Literal["triage_officer", "case_manager", "protection_officer"]


class Assign(Shape):
    """To name somebody to a part in the case, or to end that."""

    role: str = Field(max_length=40)
    staff: UUID


class Reroute(Shape):
    """To hand a case to another handling unit."""

    unit: UUID
    reason: str = Field(min_length=1, max_length=2_000)


class SetPriority(Shape):
    """To change how urgent a case is."""

    priority: Literal["P0", "P1", "P2", "P3", "P4"]
    reason: str = Field(min_length=1, max_length=2_000)


class RateRisk(Shape):
    """To rate the risk of harm to the reporter, or to a person of the case."""

    answers: dict[Annotated[str, Field(max_length=60)], Literal["yes", "no", "unknown"]] = Field(
        max_length=20, description="To every question of the list `detriment_questions`."
    )
    likelihood: str = Field(max_length=40)
    seriousness: str = Field(max_length=40)
    person: UUID | None = Field(None, description="A person of the case; the reporter when absent.")
    report: UUID | None = Field(
        None,
        description="Whose, where another reporter came with a merged case: their report.",
    )
    reason: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="Needed where the likelihood is not the one that the answers propose.",
    )


class AgreeExposure(Shape):
    """To agree to a step that could reveal somebody at high risk."""

    step: str = Field(
        max_length=60, description="The action that is agreed to, or `release_identity`."
    )
    reason: str = Field(min_length=1, max_length=2_000)


class AllegeAbuse(Shape):
    """To allege that somebody abuses the right to report; a second person agrees."""

    summary: str = Field(min_length=1, max_length=10_000)
    procedure: str | None = Field(None, max_length=40)
    place: str | None = Field(None, max_length=500)


class SetLevel(Shape):
    """To change who may know of the case at all."""

    level: Literal["L1", "L2", "L3", "L4"]
    reason: str = Field(min_length=1, max_length=2_000)


class LevelProposed(Shape):
    """The level that what is in the case asks for."""

    level: str
    present: str
    because: list[str] = Field(description="Codes of the list `level_triggers`.")


class Judgment(Shape):
    """To say when a court judged for good."""

    on: date
    reason: str = Field(min_length=1, max_length=2_000)


class Reason(Shape):
    """Why."""

    reason: str = Field(min_length=1, max_length=2_000)


class GrantRequest(Shape):
    """To let one person read the case."""

    staff: UUID
    reason: str = Field(min_length=1, max_length=2_000)


class SubjectExtract(Shape):
    """To give a person of the case what it holds on them; a second person agrees."""

    person: UUID
    things: list[UUID] = Field(
        default_factory=list,
        max_length=200,
        description="Allegations, interviews and outcomes that concern this person.",
    )
    reason: str = Field(min_length=1, max_length=2_000)


class Redact(Shape):
    """To delete for good what is plainly not relevant to the case; a second person agrees."""

    record: UUID = Field(
        description="A message, note, person, item or interview; or a file, by the id that lists show."
    )
    reason: str = Field(
        min_length=1,
        max_length=2_000,
        description="Why it is not relevant. It is kept: do not repeat what is to be deleted.",
    )


class ApprovePlan(Shape):
    """To approve the plan as it now stands."""

    plan: UUID


class ApproveShortNotice(Shape):
    """To approve the reason an interview gives for notice that is shorter than it should be."""

    interview: UUID


class Revoke(Shape):
    """To end what one person was let into."""

    staff: UUID


class LinkRequest(Shape):
    """To tie a case to another one; in the kinds that have a direction, this one came of the other."""

    case: str = Field(max_length=20, description="Reference of the other case.")
    kind: LinkKind
    note: str | None = Field(None, max_length=2_000)


class Unlink(Shape):
    """To take a tie away again."""

    link: UUID


class Decision(Shape):
    """Whether there is a conflict, decided for somebody who was unsure."""

    conflict: bool


class Proposed(Shape):
    """An act that waits for a second person."""

    proposal: UUID
    expires_on: date


class ProposalItem(Shape):
    """A proposal in a list."""

    proposal: UUID
    action: str
    reference: str
    proposed_by: Colleague
    expires_on: date
    mine: bool = Field(description="The caller's own, waiting for somebody else.")


class ProposalShape(Shape):
    """A proposal with its fields, for who may answer it."""

    proposal: UUID
    action: str
    fields: dict[str, Any]
    """Any: the fields of that action."""
    proposed_by: Colleague
    expires_on: date
    status: str
    refusal: str | None = Field(None, description="Why the second person said no.")


class Made(Shape):
    """A record that was added or changed."""

    id: UUID
    version: int
    declare_again: bool = Field(
        description="A new person was named, so everybody declares anew before reading on."
    )
    warnings: list[str] = Field(
        default_factory=list,
        description="What was kept although it looks wrong: codes of the list `warnings`.",
    )


class Declared(Shape):
    """What was declared."""

    conflict: Literal["none", "have", "unsure"]


class Undecided(Shape):
    """A declaration that waits for a decision."""

    id: UUID
    staff: Colleague
    declared_on: date
    reason: str | None = Field(description="What the person said about it.")
    alike: list[str] = Field(
        description="People named in the case whose names are like the person's own: is it one of them? "
        "Answered by somebody who is not of the person's line."
    )
