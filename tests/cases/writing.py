"""Writing things into a case, and reading them back, for tests of their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cases import evidence
from cases.audit import log
from cases.errors import Unacceptable
from cases.evidence import Described
from cases.models.case import Case
from cases.objects import things
from cases.sealing.hierarchy import StaffKeys

if TYPE_CHECKING:
    from uuid import UUID

    from tests.cases.walks import Life


def values(life: Life, kind: str, who: str = "head") -> list[dict[str, Any]]:
    by = life.cast[who]
    with life.small.work() as db:
        case = db.get_one(Case, life.case_id)
        permit = log.emit(db, "record.read", by=by, case=case)
        found = things.held(db, case, kind, permit=permit, keys=StaffKeys(db, by))
    return [one.value for one in found]


def refused(
    life: Life,
    who: str,
    kind: str,
    identity: UUID | None = None,
    **value: Any,  # noqa: ANN401 -- JSON
) -> list[str]:
    """The pointers and codes of a refusal; none when it is written."""
    try:
        if identity is None:
            life.write(who, kind, **value)
        else:
            life.change(who, kind, identity, **value)
    except Unacceptable as wrong:
        return [f"{pointer} {code}" for pointer, code in wrong.problems]
    return []


def keep_file(life: Life, who: str = "manager", content: bytes = b"a page") -> UUID:
    """A file of the case, by the id that lists show."""
    by, house, client = life.cast[who], life.small.house, uuid4()
    life.declare(who)
    with life.small.work() as db:
        place = evidence.place_for_staff(db, life.find(db, by), client)
    with evidence.sealer(house, place) as into:
        into.update(content)
        sealed = into.finish()
    with life.small.work() as db:
        about = Described(name="page.pdf", media_type="application/pdf")
        keys = StaffKeys(db, by)
        evidence.keep_for_staff(db, life.find(db, by), place, sealed, about, by=by, keys=keys)
    return client
