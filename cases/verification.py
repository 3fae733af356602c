"""The whole trail checked against itself, against what was signed, and against the cases.

Everything is looked at and nothing is changed; `scrub` also puts on record that it was done and how many
faults there were, so that a check that was left out shows as well.
"""

from collections.abc import Sequence
from dataclasses import replace

from cases.actors import THE_SERVICE
from cases.audit import bodycheck, log, storage, treecheck
from cases.audit.events import Details
from cases.audit.faults import Finding, found
from cases.audit.memory import State
from cases.audit.note import Verifier
from cases.audit.treecheck import Progress, no_progress
from cases.database import House, snapshot
from cases.errors import DirectoryBroken
from cases.sealing import directory
from cases.sealing.directory import HeadMemory
from cases.staff import changes


def verify(
    house: House,
    *,
    signed: State | None = None,
    verifiers: Sequence[Verifier] = (),
    progress: Progress = no_progress,
) -> list[Finding]:
    """Check everything.

    Args:
        signed: what the signer remembers, where its folder can be read.
        verifiers: the log's keys, where they are known: then signatures are checked as well.
        progress: told how far it is, twice from the beginning to the end.

    Returns:
        What was found; notices among the faults.
    """
    writer_key = house.keyring.key("writer-mac")
    with snapshot(house) as db:
        findings = list(treecheck.check_memory(db, signed)) if signed else []
        findings += treecheck.check_tree(db, writer_key, verifiers, progress)
        findings += bodycheck.check_bodies(db, progress)
    return findings + _check_directory(house)


def scrub(
    house: House,
    *,
    signed: State | None = None,
    verifiers: Sequence[Verifier] = (),
    progress: Progress = no_progress,
) -> list[Finding]:
    """Check everything and put on record that it was done (`log.scrub`)."""
    findings = verify(house, signed=signed, verifiers=verifiers, progress=progress)
    faults = sum(one.is_fault for one in findings)
    with house.unit_of_work() as db:
        log.emit(
            db,
            "log.scrub",
            by=THE_SERVICE,
            about=log.TRAIL,
            d=Details(count=faults, n=storage.size(db)),
        )
    return findings


def _check_directory(house: House) -> list[Finding]:
    """Keys, roles and people against what was recorded; nothing this process remembers is believed."""
    try:
        with replace(house, heads=HeadMemory()).glance() as db:
            directory.check_rows(db)
            changes.check_directory(db)
    except DirectoryBroken as broken:
        return [found("directory_changed", table=str(broken))]
    return []
