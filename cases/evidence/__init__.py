"""Files, both ways.

names    what a file is called, as a header says it
files    how a file is kept, and how it is looked at
taking   from a place, through a stream, to a row
giving   lists, and contents that stream out
"""

from cases.evidence.files import DELETED, FIELD, Described, File, Place
from cases.evidence.giving import (
    Contents,
    described,
    files_of,
    find,
    open_for_staff,
    open_own,
    own_files,
    stored_ids,
    try_to_open,
)
from cases.evidence.taking import (
    in_turn,
    keep_for_reporter,
    keep_for_staff,
    place_for_reporter,
    place_for_staff,
    sealer,
)

__all__ = [
    "DELETED",
    "FIELD",
    "Contents",
    "Described",
    "File",
    "Place",
    "described",
    "files_of",
    "find",
    "in_turn",
    "keep_for_reporter",
    "keep_for_staff",
    "open_for_staff",
    "open_own",
    "own_files",
    "place_for_reporter",
    "place_for_staff",
    "sealer",
    "stored_ids",
    "try_to_open",
]
