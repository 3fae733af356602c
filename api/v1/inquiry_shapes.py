"""The shapes of the investigator's views at the door."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.v1.case_shapes import Shape
from cases.objects.bundles import Bundle
from cases.reading.custody import Handled
from cases.reading.timeline import Entry
from workflows import catalogue
from workflows.model import Locale


class Bears(Shape):
    """What an item says about one allegation."""

    allegation: UUID
    bearing: str


class TimelineEntry(Shape):
    """One thing on the timeline of a case."""

    on: date
    kind: str = Field(description="`item`, `interview`, `custody`, `decision` or `redacted`.")
    id: UUID
    what: str = Field(
        description="A title, or the code of a step, a capacity or an event of custody; of what was "
        "deleted as not relevant, whether it was an item or an interview."
    )
    family: str | None = Field(description="A code of the list `source_families`.")
    grade: str | None = Field(
        description="Reliability A to F and credibility 1 to 6; F and 6 mean not yet known."
    )
    bears_on: list[Bears]
    about: UUID | None = Field(description="The item, of an entry of its custody.")

    @classmethod
    def of(cls, entry: Entry) -> "TimelineEntry":
        """From what the reading room gives."""
        values = {name: getattr(entry, name) for name in cls.model_fields}
        bears = [Bears(allegation=one, bearing=code) for one, code in entry.bears_on]
        return cls(**values | {"bears_on": bears})


class HandledShape(Shape):
    """One entry of the custody log of an item."""

    at: str = Field(description="A UTC second.")
    event: str = Field(description="A code of the list `custody_events`.")
    who: str | None
    role: str | None
    second: str | None = Field(description="Who agreed, where two were needed.")
    place: str | None
    reason: str | None
    authority: str | None
    hash_before: str | None
    hash_after: str | None
    told: bool = Field(description="The trail tells it: a look, a download, an arrival.")

    @classmethod
    def of(cls, one: Handled) -> "HandledShape":
        """From what the reading room gives."""
        return cls(**{name: getattr(one, name) for name in cls.model_fields})


class Measured(Shape):
    """One file of an item, measured again."""

    id: UUID
    expected: str = Field(description="SHA-256 when it was taken in.")
    found: str | None = Field(description="SHA-256 now; null when it does not open any more.")
    intact: bool


class Integrity(Shape):
    """Whether the files of an item still are what they were."""

    intact: bool
    files: list[Measured]


class BundleQuery(BaseModel):
    """What is to be served."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    item: list[UUID] = Field(
        default_factory=list, max_length=200, description="Records and files of the case."
    )


class Served(Shape):
    """One record or file of a bundle."""

    id: UUID
    kind: str
    version: int | None
    commitment: str
    sha256: str | None


class BundleProblem(Shape):
    """What stands against serving one thing."""

    id: UUID
    code: str
    text: str


class BundleShape(Shape):
    """What the person concerned would be shown, and what of it could tell who reported."""

    items: list[Served]
    problems: list[BundleProblem]

    @classmethod
    def of(cls, bundle: Bundle, language: Locale) -> "BundleShape":
        """From what the case gives."""
        return cls(
            items=[Served(**one.model_dump()) for one in bundle.items],
            problems=[
                BundleProblem(
                    id=one, code=code, text=catalogue.label("bundle_problems", code, language)
                )
                for one, code in bundle.problems
            ],
        )
