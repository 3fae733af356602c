"""The report of an investigation: whether it has its parts."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

PARTS = ("scope", "method", "facts", "exculpatory", "reply", "standard_of_proof")
"""What every report says, besides what it says of each allegation."""
OF_EACH = ("evidence", "finding", "reasons")
"""What it says of each allegation."""


# Any: the value of a record, as JSON has it.
def missing(report: Mapping[str, Any], allegations: Iterable[UUID]) -> tuple[str, ...]:
    """Pointers to what a report lacks; empty when it is whole.

    Args:
        report: the value of an `investigation_report`.
        allegations: of the case; each needs evidence, a proposed finding and reasons.
    """
    lacking = [f"/{part}" for part in PARTS if not report.get(part)]
    weighed = {UUID(str(one["allegation"])): n for n, one in enumerate(report["allegations"])}
    for allegation in allegations:
        n = weighed.get(allegation)
        if n is None:
            lacking.append("/allegations")
        else:
            told = report["allegations"][n]
            lacking.extend(f"/allegations/{n}/{part}" for part in OF_EACH if not told.get(part))
    return tuple(dict.fromkeys(lacking))


# Any: as above.
def findings(report: Mapping[str, Any]) -> dict[UUID, str]:
    """The finding that a report proposes for each allegation it weighs."""
    return {
        UUID(str(one["allegation"])): one["finding"]
        for one in report["allegations"]
        if one["finding"]
    }
