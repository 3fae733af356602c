"""What the person concerned is shown, and what of it could tell who reported.

Nothing that came from the reporter goes into a bundle as it is: not the report, no message, no file of
theirs, no record of an interview with them. Original files are left out too: what a file says of its maker
does not show on its pages. Counsel may clear one thing at a time, with a reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from cases import evidence, family
from cases.actors import StaffActor
from cases.audit import looks
from cases.audit.events import Details
from cases.database import Work
from cases.models.case import Case, KeyKind, Record
from cases.objects import held, manifests
from cases.objects.following_shapes import SentItem
from cases.objects.held import Held

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys

SAFETY = frozenset({"protection_plan", "threat", "retaliation", "note", "assessment", "proposal"})
"""Records that are about the reporter, or are nobody's but the service's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What would be served.

    Attributes:
        items: each with its commitment, and a file with its hash.
        problems: (id, code of the list `bundle_problems`) each; empty for a bundle that may be served.
    """

    items: list[SentItem] = field(repr=False)
    problems: list[tuple[UUID, str]]


def look(
    db: Work, case: Case, wanted: Iterable[UUID], *, by: StaffActor, keys: "StaffKeys"
) -> Bundle:
    """A bundle of records and files of a case, and what stands against serving it; the look is recorded."""
    chosen = list(dict.fromkeys(wanted))
    permit = looks.record(
        db,
        "record.read",
        by=by,
        case=case,
        d=Details(parts=["bundle"], at=case.seq),
        opens=family.ids(db, case),
    )
    rows = manifests.newest(db, case, chosen)
    opened = {
        kind: {one.id: one for one in held.held_of_family(db, case, kind, permit=permit, keys=keys)}
        for kind in ("item", "interview", "bundle_clearance")
    }
    cleared = {UUID(one.value["record"]) for one in opened["bundle_clearance"].values()}
    problems = [
        (one, code)
        for one in chosen
        if one not in cleared
        for code in _against(db, case, one, rows, opened)
    ]
    items = manifests.of(db, case, chosen, permit=permit, keys=keys)
    return Bundle(items=items, problems=problems)


def problems(
    db: Work, case: Case, wanted: Iterable[UUID], *, by: StaffActor, keys: "StaffKeys"
) -> list[tuple[UUID, str]]:
    """What stands against serving these records and files: (id, code) each; empty when nothing does."""
    return look(db, case, wanted, by=by, keys=keys).problems


def _against(
    db: Work,
    case: Case,
    one: UUID,
    rows: dict[UUID, Record],
    opened: dict[str, dict[UUID, Held]],
) -> Iterator[str]:
    row = rows.get(one)
    if row is None:
        yield from _against_file(db, case, one, opened["item"].values())
        return
    if row.kind != KeyKind.INT:
        yield "from_reporter"
    elif row.field in SAFETY:
        yield "about_reporter"
    elif row.field == "interview" and opened["interview"][one].value["capacity"] == "reporter":
        yield "from_reporter"
    elif row.field == "item":
        item = opened["item"][one]
        if item.value["source_type"] == "reporter_statement":
            yield "from_reporter"
        if item.value["handling"] != "team":
            yield "restricted"
        for inner in item.value["records"]:
            found = manifests.newest(db, case, [UUID(inner)])
            yield from _against(db, case, UUID(inner), found, opened)
        for inner in item.value["attachments"]:
            yield from _against_file(db, case, UUID(inner), opened["item"].values())


def _against_file(db: Work, case: Case, one: UUID, items: Iterable[Held]) -> Iterator[str]:
    file = evidence.find(db, case, one)
    if file is None:
        yield "not_there"
    elif file.report_id is not None:
        yield "from_reporter"
    elif not any(item.value["copy_of"] and str(one) in item.value["attachments"] for item in items):
        yield "original_file"
