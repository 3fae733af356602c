"""The lives of things inside a case: from which standing to which other each may turn.

A thing that only changes in other respects keeps its standing, which is always allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Life:
    """Where a kind of thing begins, and where it may go from each standing.

    Attributes:
        begins: what a new one may say of itself.
        moves: standing -> the standings that may follow it; none follows an end.
    """

    begins: frozenset[str]
    moves: Mapping[str, frozenset[str]]

    def may_turn(self, before: str | None, after: str) -> bool:
        """Whether a thing that stands there, or is new, may stand here next."""
        if before is None:
            return after in self.begins
        return after == before or after in self.moves.get(before, frozenset())


def _life(begins: str, **moves: str) -> Life:
    return Life(
        frozenset(begins.split()),
        MappingProxyType({name: frozenset(after.split()) for name, after in moves.items()}),
    )


LIVES: Mapping[str, Life] = MappingProxyType(
    {
        # An appeal confirms or changes the decision, or undoes it.
        "outcome": _life(
            "proposed",
            proposed="decided cancelled",
            decided="notified carried_out cancelled",
            notified="appealed carried_out cancelled",
            appealed="decided carried_out cancelled",
            carried_out="",
            cancelled="",
        ),
        # What came back is taken up again; what was refused may be asked for again.
        "recommendation": _life(
            "proposed",
            proposed="accepted refused_with_reason",
            refused_with_reason="proposed",
            accepted="in_progress done",
            in_progress="done",
            done="effect_checked recurred",
            effect_checked="recurred",
            recurred="accepted in_progress",
        ),
        "referral": _life(
            "prepared",
            prepared="sent ended",
            sent="acknowledged chased result_received ended",
            acknowledged="chased result_received ended",
            chased="acknowledged result_received ended",
            result_received="ended",
            ended="",
        ),
        "protection_plan": _life(
            "assessed active",
            assessed="active ended",
            active="under_review ended",
            under_review="active ended",
            ended="",
        ),
    }
)
"""Kind of thing -> its life."""

EFFECT_CHECK_DAYS = 180
"""Calendar days after which it is seen whether a recommendation that was carried out helped."""
SUBJECT_NOTICE_DAYS = 10
"""Working days between the notice of an interview and the interview, for a person concerned (OLAF practice)."""
WITNESS_NOTICE_DAYS = 1
"""The same for a witness, in calendar days: 24 hours."""
