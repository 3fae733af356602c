"""The same table as CSV (RFC 4180), for spreadsheets: one line a row, hidden figures as `hidden`."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

from cases.statistics.indicators import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = "hidden"
"""One mark for all of them: `<5` would be untrue of what is hidden for others' sake."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""

HEAD = ("month", "place", "code", "revision", "as_of", "definitions", "exact", "indicator")
NUMBERS = ("value", "numerator", "denominator", "low", "high")
PARTS = ("at", "age", "measure", "acknowledged")
"""What tells an indicator's own figures apart."""
COLUMNS = (*HEAD, *DIMENSIONS, *PARTS, *NUMBERS, "hidden")


# Any: the document is JSON.
def to_csv(document: Mapping[str, Any]) -> bytes:
    """A month's table as UTF-8 CSV with a header line; empty cells say that a column does not apply."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    place = document["place"]
    for row in document["rows"]:
        cells = {
            **{name: document[name] for name in ("month", "revision", "as_of", "definitions")},
            "place": place["kind"],
            "code": place["code"],
            "exact": document["exact"],
            "indicator": row["indicator"],
            **row["by"],
            **{name: row.get(name) for name in NUMBERS},
            "hidden": row["hidden"],
        }
        if row["hidden"]:
            cells["value"] = HIDDEN
        writer.writerow([cell(cells.get(name)) for name in COLUMNS])
    return out.getvalue().encode("utf-8")


def cell(value: object) -> str:
    """One value as text that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text
