"""What a case holds on one person, as an archive to be handed to them: the record two people agreed on.

FOR.json      who fetched it, when, and who agreed: its watermark
extract.json  the parts, with their codes
extract.txt   the same to be read, with the words of the codes
SHA256SUMS    of all of these
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlmodel import select

from cases import access, extracts, timed
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotPermitted
from cases.models.case import Case, Record
from cases.models.timed import TimedKind
from cases.reading.bundle import as_json, packed
from cases.sealing import records
from workflows import catalogue

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys
    from workflows.model import Locale

LISTS = {
    "role": "person_roles",
    "further_roles": "person_roles",
    "category": "categories",
    "further_categories": "categories",
    "procedure": "procedures",
    "outcome": "outcomes",
    "rights": "interview_rights",
}
"""Field -> the code list its words are in."""


def stream(
    db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys", language: "Locale"
) -> Iterator[bytes]:
    """The extract, for who asked for it and as long as it is theirs.

    Raises:
        NotPermitted: nobody agreed to it, or it is over; the try is on record.
        DeclarationNeeded: they have not declared.
    """
    row = timed.standing(db, case, by.id, TimedKind.EXTRACT)
    if row is None or not access.may(db, by, extracts.EXTRACT, case):
        looks.record(db, "access.refused", by=by, case=case, d=Details(parts=["persons"]))
        raise NotPermitted
    access.demand_declaration(db, by, case)
    permit = log.emit(
        db,
        "export.bundle",
        by=by,
        case=case,
        d=Details(
            action=extracts.EXTRACT,
            parts=["persons"],
            target=row.id,
            approvers=[one for one in (row.first, row.second) if one],
        ),
    )
    kept = db.exec(select(Record).where(Record.id == row.id, Record.case_id == case.id)).one()
    value = records.open_(db, permit, keys.case_key(case, kept.epoch), kept)
    now = db.house.now()
    watermark = {
        "extract": row.id,
        "fetched_by": {"id": by.id, "name": by.display_name},
        "agreed_by": row.second,
        "at": now.isoformat(),
    }
    return packed(
        [
            ("FOR.json", [as_json(watermark)]),
            ("extract.json", [as_json(value)]),
            ("extract.txt", [as_text(value, language).encode()]),
        ],
        now,
    )


# Any: things as JSON has them.
def as_text(value: Mapping[str, Any], language: "Locale") -> str:
    """The parts of an extract to be read, one field a line."""
    parts = (
        "\n".join(
            f"{name.replace('_', ' ')}: {_worded(name, said, language)}"
            for name, said in part.items()
            if name != "kind"
        )
        for part in value["parts"]
    )
    return "\n\n".join(parts) + "\n"


def _worded(name: str, said: Any, language: "Locale") -> str:  # noqa: ANN401 -- as above
    if isinstance(said, list):
        return ", ".join(_worded(name, one, language) for one in said)
    if isinstance(said, dict):
        return " ".join(str(one) for one in said.values())
    if name in LISTS:
        return catalogue.code_list(LISTS[name]).by_code[said].labels[language]
    return str(said)
