"""Who must not know: routing around the people a report is about, and walls inside the house.

routing     where a report goes
walls       that one person may not know of one case
matching    the people named in a case, compared with the staff
lines       who heads a subject, and cases that have to leave the line they are about
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
from cases.conflicts.lines import (
    FIRST,
    SUBJECTS,
    above_subjects,
    all_to_be_rerouted,
    follow,
    line_rows,
    remember,
    screen_heads,
    to_be_rerouted,
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
    "FIRST",
    "SUBJECTS",
    "UNCONCERNED",
    "Route",
    "Subject",
    "WallMemory",
    "above_subjects",
    "alike",
    "all_to_be_rerouted",
    "cases_naming",
    "follow",
    "line_rows",
    "match_rows",
    "match_token",
    "matching_staff",
    "named_in",
    "normalise_name",
    "normalise_number",
    "remember",
    "resembled",
    "route",
    "screen",
    "screen_heads",
    "tell_apart",
    "to_be_rerouted",
    "wall",
    "wall_count",
    "wall_tag",
]
