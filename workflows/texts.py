"""Standard texts in an administration's own words: plain text with a closed list of variables.

A variable is a name in braces, `{review_days}`, and stands for a fixed word or number. There is nothing else:
no attributes, no formats, no conditions, and no brace that is not part of a variable.
"""

import re
from collections.abc import Mapping

LONGEST = 1_000
"""Characters."""

VARIABLES = ("administration", "acknowledge_days", "feedback_months", "review_days")

_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def fault(text: str) -> str | None:
    """What is wrong with a text, as a code of `field_problems`; None when nothing is."""
    if not text.strip():
        return "blank"
    if len(text) > LONGEST:
        return "too_long"
    if _UNSEEN.search(text):
        return "not_text"
    strange = set(_VARIABLE.findall(text)) - set(VARIABLES)
    if strange or re.search(r"[{}]", _VARIABLE.sub("", text)):
        return "unknown_code"
    return None


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables replaced, once: what stands in a value is never looked into.

    Args:
        values: by variable; one without a value stays as it is written.
    """
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
