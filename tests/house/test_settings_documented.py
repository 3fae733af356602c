"""Every setting stands in README's table, with its default and its unit."""

from __future__ import annotations

from api import settings
from tests.house.tree import ROOT


def undocumented(readme: str) -> list[str]:
    """Rows of the settings' table that README does not have word for word."""
    *_, last = rows = settings.table().splitlines()
    assert last.startswith(f"| `{settings.PREFIX}"), (
        "an empty table: the rule would hold of nothing"
    )
    return [row for row in rows if row not in readme.splitlines()]


def invented(readme: str) -> list[str]:
    """Rows of README about settings that do not exist, or not any more."""
    rows = settings.table().splitlines()
    return [
        line
        for line in readme.splitlines()
        if line.startswith(f"| `{settings.PREFIX}") and line not in rows
    ]


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert undocumented(readme) == []
    assert invented(readme) == []


def test_a_missing_a_changed_and_an_invented_setting_are_caught() -> None:
    rows = settings.table().splitlines()
    assert undocumented("\n".join(rows[:-1])) == rows[-1:]
    assert undocumented(settings.table().replace("8000", "8080"))
    assert invented("| `TRIBUNE_COLOUR` | `blue` | Nobody reads it. |")
