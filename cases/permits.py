"""The permit to read: made by `audit.log` alone, demanded by `sealing`."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReadPermit:
    """That a look is on record: plaintext of these cases may be opened inside this unit of work.

    Attributes:
        work: the number of the unit of work in which the event was written.
        cases: the cases the event names.
    """

    work: int
    cases: frozenset[UUID]

    def covers(self, work: int, case_id: UUID) -> bool:
        """Whether the permit was given in this unit of work, for this case."""
        return self.work == work and case_id in self.cases
