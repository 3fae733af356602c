"""A full copy of a case's file as one stream: a ZIP archive that is never whole anywhere on this side.

FOR.json          whom it was made for, when, of which case and on whose word: its watermark
case.json         the case file as that person reads it
commitments.json  id, version and commitment of each record, of merged cases too, as the trail has them
files/<id>        the files, as they were sent; names and types are in case.json
SHA256SUMS        of all of these: `sha256sum -c SHA256SUMS` checks the copy
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from cases import access, evidence, family, timed
from cases.actors import StaffActor
from cases.audit import log, looks
from cases.audit.events import Details
from cases.database import Work
from cases.errors import NotPermitted
from cases.models.case import Case, Record
from cases.models.timed import TimedKind
from cases.reading import casefile

if TYPE_CHECKING:
    from cases.sealing.hierarchy import StaffKeys
    from workflows.model import Locale

ACT = "export_case"
Entry = tuple[str, Iterable[bytes]]


class _Sink(io.RawIOBase):
    """Takes what is written and gives it on; it can neither look back nor be looked into."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 -- whatever has bytes
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        held, self._held = bytes(self._held), bytearray()
        return held


def packed(entries: Iterable[Entry], at: datetime) -> Iterator[bytes]:
    """Named streams as one ZIP archive, with their SHA-256 in a last one.

    Args:
        at: the moment every entry is dated by.
    """
    sink, sums = _Sink(), []
    with zipfile.ZipFile(sink, "w") as archive:
        for name, pieces in entries:
            digest = hashlib.sha256()
            with archive.open(_dated(name, at), "w", force_zip64=True) as out:
                for piece in pieces:
                    digest.update(piece)
                    out.write(piece)
                    yield sink.taken()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        archive.writestr(_dated("SHA256SUMS", at), "".join(sums))
    yield sink.taken()


def _dated(name: str, at: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))


def stream(
    db: Work, case: Case, *, by: StaffActor, keys: "StaffKeys", language: "Locale"
) -> Iterator[bytes]:
    """The copy, for who asked for it and as long as it is theirs; its bytes flow after the commit.

    Raises:
        NotPermitted: nobody agreed to it, or it is over; the try is on record.
        DeclarationNeeded: they have not declared.
    """
    row = timed.standing(db, case, by.id, TimedKind.EXPORT)
    if row is None or not access.may(db, by, ACT, case):
        looks.record(db, "access.refused", by=by, case=case, d=Details(parts=["head"]))
        raise NotPermitted
    found = casefile.read(db, case.reference, by=by, language=language)
    log.emit(
        db,
        "export.bundle",
        by=by,
        case=case,
        d=Details(
            parts=list(found.parts),
            target=row.id,
            approvers=[one for one in (row.first, row.second) if one],
        ),
    )
    now = db.house.now()
    watermark = {
        "copy": row.id,
        "reference": case.reference,
        "made_for": {"id": by.id, "name": by.display_name},
        "agreed_by": row.second,
        "at": now.isoformat(),
    }
    files = [
        (f"files/{one['id']}", evidence.open_for_staff(db, by, case, one["id"], keys=keys).pieces)
        for one in found.parts.get("evidence", ())
    ]
    entries: list[Entry] = [
        ("FOR.json", [as_json(watermark)]),
        ("case.json", [as_json(dict(found.parts))]),
        ("commitments.json", [as_json(_commitments(db, case))]),
        *files,
    ]
    return packed(entries, now)


def _commitments(db: Work, case: Case) -> list[dict[str, Any]]:
    rows = db.exec(
        select(Record)
        .where(col(Record.case_id).in_(family.ids(db, case)), col(Record.delivered))
        .order_by(col(Record.n), col(Record.id), col(Record.version))
    )
    return [
        {
            "id": row.id,
            "version": row.version,
            "sha256": row.content.hex(),
            "redacted_on": row.redacted_on,
        }
        for row in rows
    ]


# Any: what the parts hold.
def as_json(value: Any) -> bytes:  # noqa: ANN401
    """A value as a file of an archive."""
    return json.dumps(value, default=str, ensure_ascii=False, indent=1).encode()
