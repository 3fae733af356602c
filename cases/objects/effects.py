"""By when it is to be seen whether a recommendation helped: a day that stands in the clear, to be told of.

What was recommended, and whether it helped, stays in the sealed record.
"""

from datetime import date
from typing import Any
from uuid import UUID

from cases.database import Work
from cases.models.case import Case
from cases.models.told import EffectCheck

KIND, DONE = "recommendation", "done"


# Any: the value of a record, as JSON has it.
def keep(db: Work, case: Case, kind: str, record: UUID, value: dict[str, Any]) -> None:
    """Remember the day of a recommendation that was carried out, until it was looked at or taken away."""
    if kind != KIND:
        return
    row = db.get(EffectCheck, record)
    if value.get("status") != DONE:
        if row is not None:
            db.delete(row)
        return
    if row is None:
        due, done_on = (date.fromisoformat(value[name]) for name in ("effect_check_on", "done_on"))
        row = EffectCheck(
            record_id=record, case_id=case.id, owner=UUID(value["owner"]), done_on=done_on, due=due
        )
    row.owner, row.case_id = UUID(value["owner"]), case.id
    db.add(row)
