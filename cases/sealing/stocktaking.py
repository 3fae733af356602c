"""What lies in the vault and the blob store against what the main database knows of.

A crash between two databases leaves a vault row or a blob that nothing refers to. Neither does harm,
and neither is deleted by itself: after a restore from an older backup of the main database such rows
belong to living cases.
"""

from dataclasses import dataclass

from sqlmodel import select

from cases.database import Work
from cases.models.case import Attachment, Case, KeyKind, Report
from cases.sealing import vault


@dataclass(frozen=True, slots=True)
class Stock:
    """What was found.

    Attributes:
        orphan_keys: vault rows that protect nothing known.
        missing_keys: cases whose content nothing can open: shredded ones, or a vault that lost rows.
        orphan_blobs: files no attachment refers to.
        missing_blobs: attachments whose file is gone.
    """

    orphan_keys: int
    missing_keys: int
    orphan_blobs: tuple[str, ...]
    missing_blobs: int


def take_stock(db: Work) -> Stock:
    """Compare the stores; only looks. Run it while nothing is being submitted."""
    keyring = db.house.keyring
    cases = {vault.tag(keyring, KeyKind.INT, one) for one in db.exec(select(Case.id))}
    reports = {
        vault.tag(keyring, kind, one)
        for one in db.exec(select(Report.id))
        for kind in (KeyKind.CONV, KeyKind.ID)
    }
    blobs = set(db.exec(select(Attachment.blob))) - {""}  # of files that two people deleted
    kept_keys, kept_blobs = db.house.vault.tags(), set(db.house.blobs.names())
    return Stock(
        orphan_keys=len(kept_keys - cases - reports),
        missing_keys=len(cases - kept_keys),
        orphan_blobs=tuple(sorted(kept_blobs - blobs)),
        missing_blobs=len(blobs - kept_blobs),
    )
