"""One writing of a thing, and what there is to judge it by."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import NoResultFound

from cases import access, family
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import Unacceptable
from cases.models.case import Case, Record
from cases.objects import held
from cases.objects.held import Held
from cases.objects.values import Shape
from cases.sealing import records
from workflows.lives import LIVES

if TYPE_CHECKING:
    from datetime import date

    from cases.permits import ReadPermit
    from cases.sealing.hierarchy import StaffKeys

S = TypeVar("S", bound=Shape)


@dataclass
class Turn:
    """A thing about to be written, new or anew.

    Attributes:
        earlier: the version that stands; None for a new thing.
    """

    db: Work
    case: Case
    kind: str
    thing: Shape = field(repr=False)
    by: StaffActor
    keys: "StaffKeys" = field(repr=False)
    earlier: Record | None = None

    @property
    def today(self) -> "date":
        """The present day where the administration is."""
        return self.db.house.today()

    # Any: the value of a record, as JSON has it.
    @cached_property
    def before(self) -> dict[str, Any]:
        """What stands; empty for a new thing. The look is recorded."""
        return {} if self.earlier is None else self._opened(self.earlier)

    # Any: as above.
    def version(self, number: int) -> dict[str, Any]:
        """An earlier version of what stands. The look is recorded.

        Raises:
            NoResultFound: there is none of this number.
        """
        if self.earlier is None:
            raise NoResultFound
        return self._opened(self.db.get_one(Record, (self.earlier.id, number)))

    # Any: as above.
    def _opened(self, row: Record) -> dict[str, Any]:
        its = self.db.get_one(Case, row.case_id)
        key = self.keys.case_key(its, row.epoch)
        return records.open_(self.db, self.look(self.kind), key, row)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles of whoever writes, in this case."""
        return access.case_roles(self.db, self.by, self.case)

    def look(self, part: str) -> "ReadPermit":
        """Record that a part of the case is looked at in judging this."""
        return looks.record(
            self.db,
            "record.read",
            by=self.by,
            case=self.case,
            d=Details(parts=[part], at=self.case.seq, action="write"),
            opens=family.ids(self.db, self.case),
        )

    def others(self, kind: str) -> list[Held]:
        """The things of a kind in the case, and in what was merged into it, opened and on record."""
        permit = self.look(kind)
        return held.held_of_family(self.db, self.case, kind, permit=permit, keys=self.keys)

    def standing(self, thing: Shape) -> str:
        """Where the thing stands with this writing: what is not said of its life stays as it was.

        Raises:
            Unacceptable: it cannot turn from where it stood to there.
        """
        before = self.before.get("status") if self.earlier else None
        said = "status" in thing.model_fields_set or before is None
        after = str(getattr(thing, "status")) if said else str(before)  # noqa: B009 -- of any shape with a life
        if not LIVES[self.kind].may_turn(before, after):
            raise Unacceptable([("/status", "wrong_order")])
        return after

    def turns(self, status: str) -> bool:
        """Whether a thing comes to stand somewhere with this writing, and did not stand there before."""
        return status != (self.before.get("status") if self.earlier else None)


def demand(**needed: object) -> None:
    """Refuse what lacks a field.

    Args:
        needed: by the name of each field, what it holds.

    Raises:
        Unacceptable: with every field that is empty.
    """
    if lacking := [(f"/{name}", "missing") for name, value in needed.items() if not value]:
        raise Unacceptable(lacking)


# Any: the values of fields.
def remade(thing: S, changed: dict[str, Any]) -> S:
    """A thing with what the service sets in it."""
    return type(thing).model_validate(thing.model_dump() | changed)
