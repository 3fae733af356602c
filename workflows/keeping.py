"""How long what a case holds is kept: the content, and the reporters' identities before it.

The classes and the shape of their clocks are data (`codes/retention_classes.csv`); the months of the content
are the administration's own, without which nothing is founded.
"""

from collections.abc import Collection
from datetime import date

from workflows import calendar, catalogue

JUDGMENT = "final_judgment"
"""Where the clock starts that waits for a court; the others start when a case ends, or its protection does."""

OUTSIDE = frozenset({"out_of_mandate"})
PROVEN = frozenset({"substantiated", "partly_substantiated", "other_misconduct"})
OPEN = frozenset({"unsubstantiated", "inconclusive"})
CLEARED = frozenset({"unfounded", "exonerated"})


def starts_with_judgment(name: str) -> bool:
    """Whether a class is counted from a final judgment."""
    return catalogue.code_list("retention_classes").by_code[name].extra["starts"] == JUDGMENT


def content_until(name: str, months: int, *, ended: date, judged: date | None) -> date | None:
    """The day the content of a case has been kept long enough.

    Args:
        name: the retention class.
        months: what the administration keeps that class for.
        ended: when the case, or the watch over its reporter, ended.
        judged: when a court judged for good, where that is known.

    Returns:
        None while the clock has not started.
    """
    start = judged if starts_with_judgment(name) else ended
    return None if start is None else calendar.add_months(start, months)


def identity_until(name: str, months: int, *, ended: date) -> date | None:
    """The day from which nobody needs to know who reported; None where that goes with the content.

    Never later than the content itself, whatever the administration chose for that.
    """
    own = catalogue.code_list("retention_classes").by_code[name].extra["identity_months"]
    return calendar.add_months(ended, min(int(own), months)) if own else None


def proposed_class(
    default: str, *, closure_reason: str | None = None, findings: Collection[str] = ()
) -> str:
    """The class that how a case ended asks for, where whoever closes it names none.

    Args:
        default: of the state it ends in.
        closure_reason: a code of `closure_reasons`.
        findings: of its allegations, codes of `findings`.
    """
    if closure_reason in OUTSIDE:
        return "K0"
    if not PROVEN.isdisjoint(findings):
        return "K4"
    if not OPEN.isdisjoint(findings):
        return "K3"
    return "K1" if findings and CLEARED.issuperset(findings) else default
