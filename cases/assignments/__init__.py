"""Who works on a case.

keys    letting people in and out, and what the keys do about it
ties    what keeps a person from a part
parts   who has which part in a case
stopping  what ends an inquiry that could not begin any more
"""

from cases.assignments.keys import (
    assignments,
    let_go,
    let_in,
    renew,
    shut_out,
    wall_only,
)
from cases.assignments.parts import (
    APART,
    HANDLERS,
    SHUT,
    TAKEN,
    assign,
    assignable,
    demand,
    fit,
    leave,
    name,
    reroute,
    revoke,
    take,
    unassign,
    units,
)
from cases.assignments.stopping import (
    ask_again,
    hold_for_move,
    hold_inquirer,
    moved,
    tie_stated,
    tied_here,
)
from cases.assignments.ties import (
    INQUIRY,
    OFFICES,
    certified,
    free_to_inquire,
    hold_people,
    holds_another_office,
    named,
    of_one_line,
    posted_there,
    tied,
    walled,
)

__all__ = [
    "APART",
    "HANDLERS",
    "INQUIRY",
    "OFFICES",
    "SHUT",
    "TAKEN",
    "ask_again",
    "assign",
    "assignable",
    "assignments",
    "certified",
    "demand",
    "fit",
    "free_to_inquire",
    "hold_for_move",
    "hold_inquirer",
    "hold_people",
    "holds_another_office",
    "leave",
    "let_go",
    "let_in",
    "moved",
    "name",
    "named",
    "of_one_line",
    "posted_there",
    "renew",
    "reroute",
    "revoke",
    "shut_out",
    "take",
    "tie_stated",
    "tied",
    "tied_here",
    "unassign",
    "units",
    "wall_only",
    "walled",
]
