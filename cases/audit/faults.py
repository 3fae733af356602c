"""What a check of the trail can find, and how it is said to people who are no programmers."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal

Language = Literal["en", "fr"]

NOTICES = frozenset(
    {
        "rows_refused",
        "log_paused",
        "epoch_begun",
        "bodies_erased",
        "clock_moved",
        "memory_given_back",
    }
)
"""What a reader should know, and what is no fault of the trail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes:
        code: of `faults.toml`.
        facts: numbers, ids and names of tables that its sentence mentions.
    """

    code: str
    facts: dict[str, str | int] = field(default_factory=dict)

    @property
    def is_fault(self) -> bool:
        """Whether the trail is not what it should be."""
        return self.code not in NOTICES

    def said(self, language: Language) -> str:
        """The sentence about it."""
        return sentences()[self.code][language].format(**self.facts)


def found(code: str, **facts: str | int) -> Finding:
    """A finding with its facts."""
    return Finding(code, facts)


@cache
def sentences() -> dict[str, dict[Language, str]]:
    """The sentence of every code, by language."""
    text = resources.files(__package__).joinpath("faults.toml").read_text("utf-8")
    return tomllib.loads(text)
