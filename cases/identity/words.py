"""The words of a request and of its answer, sealed so that only the other side reads them.

    asked     WE1(shred_id, ctx("timed/outer", access, "asked"),
                  Seal(pk of the custodians' unit, ctx("timed/asked", access, unit), pad(JSON)))
    answered  the same, sealed to the public key of who asked, under "timed/answered"

The outer key is the one the identity itself is forgotten by: with it go the reasons why it was asked for.
"""

import json
from uuid import UUID

from cases.database import Work
from cases.errors import EnvelopeInvalid, Shredded
from cases.models.case import KeyKind
from cases.models.people import Staff, Unit
from cases.models.timed import TimedAccess
from cases.sealing import envelope, hpke, padding

ASKED, ANSWERED = "asked", "answered"

Words = dict[str, str]


def _seal(db: Work, row: TimedAccess, part: str, to: Unit | Staff, words: Words) -> bytes:
    if to.pk is None or row.report_id is None:
        raise EnvelopeInvalid
    keyring = db.house.keyring
    raw = padding.pad(json.dumps(words, ensure_ascii=False).encode(), padding.TEXT_FLOOR)
    sealed = hpke.seal(to.pk, keyring.ctx(f"timed/{part}", row.id, to.id), raw)
    shred = db.house.vault.key(KeyKind.ID, row.report_id)
    return envelope.seal(shred, keyring.ctx("timed/outer", row.id, part), sealed)


def _open(
    db: Work, row: TimedAccess, part: str, blob: bytes | None, *, to: UUID | None, seed: bytes
) -> Words | None:
    if blob is None or to is None or row.report_id is None:
        return None
    keyring = db.house.keyring
    try:
        shred = db.house.vault.key(KeyKind.ID, row.report_id)
        sealed = envelope.open_(shred, keyring.ctx("timed/outer", row.id, part), blob)
        raw = hpke.open_(seed, keyring.ctx(f"timed/{part}", row.id, to), sealed)
    except (Shredded, EnvelopeInvalid):
        # Forgotten, or sealed to keys that were renewed since: the rest of the row still says enough.
        return None
    words: Words = json.loads(padding.unpad(raw))
    return words


def ask(db: Work, row: TimedAccess, unit: Unit, words: Words) -> None:
    """Seal why something is asked for to the custodians."""
    row.asked = _seal(db, row, ASKED, unit, words)


def asked(db: Work, row: TimedAccess, unit_seed: bytes) -> Words | None:
    """Why something is asked for, as a custodian reads it; None where it cannot be opened any more."""
    return _open(db, row, ASKED, row.asked, to=row.unit, seed=unit_seed)


def answer(db: Work, row: TimedAccess, person: Staff, words: Words) -> None:
    """Seal why something was refused to who asked."""
    row.answered = _seal(db, row, ANSWERED, person, words)


def answered(db: Work, row: TimedAccess, seed: bytes) -> Words | None:
    """Why something was refused, as who asked reads it."""
    return _open(db, row, ANSWERED, row.answered, to=row.staff, seed=seed)
