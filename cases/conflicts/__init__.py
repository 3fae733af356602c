"""Who must not know: routing around the people a report is about, and walls inside the house.

routing     where a report goes
walls       that one person may not know of one case
matching    the people named in a case, compared with the staff
likeness    names that are like one another and not the same: a question for somebody else
"""

from cases.conflicts.likeness import (
    ALIKE,
    ALIKE_PERCENT,
    UNCONCERNED,
    alike,
    named_in,
    resembled,
    tell_apart,
)
from cases.conflicts.matching import (
    Subject,
    cases_naming,
    match_rows,
    match_token,
    matching_staff,
    normalise_name,
    normalise_number,
    screen,
)
from cases.conflicts.routing import AROUND, Route, route
from cases.conflicts.walls import WallMemory, wall, wall_count, wall_tag

__all__ = [
    "ALIKE",
    "ALIKE_PERCENT",
    "AROUND",
    "UNCONCERNED",
    "Route",
    "Subject",
    "WallMemory",
    "alike",
    "cases_naming",
    "match_rows",
    "match_token",
    "matching_staff",
    "named_in",
    "normalise_name",
    "normalise_number",
    "resembled",
    "route",
    "screen",
    "tell_apart",
    "wall",
    "wall_count",
    "wall_tag",
]
