"""Whoever steals the databases: with a receipt or a seed, with the root secret, never with enough."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, get_args

import pytest
from sqlmodel import Session, SQLModel, col, select

from cases import intake
from cases.audit import log
from cases.errors import DirectoryBroken, EnvelopeInvalid, NotFound, NotSignedIn, WrongReceipt
from cases.models.case import Case, CaseWrap, KeyKind, Report, ReporterKey
from cases.models.people import UnitWrap
from cases.models.trail import AuditBody, AuditEvent
from cases.sealing import envelope, hierarchy, hpke, receipts, sessions
from cases.sealing.hierarchy import StaffKeys
from cases.sealing.hpke import Secret
from cases.sealing.keyring import Keyring, Purpose
from cases.sealing.vault import Vault
from tests.cases.builders import SmallHouse, a_house
from tests.cases.lives import a_life, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases import Backend

WORDS = ("Zebrafinch", "Quartzite", "Marigold")


@pytest.fixture
def small(backend: Backend) -> Iterator[SmallHouse]:
    house = a_house(backend)
    yield house
    house.close()


def without(small: SmallHouse, *, roots: bool = True, vaults: bool = True) -> SmallHouse:
    """The thief's copy: the same databases, with what of the keys was not stolen made up."""
    keyring = small.house.keyring
    theirs = replace(
        keyring,
        roots=keyring.roots if roots else {1: b"\x66" * 32},
        vaults=keyring.vaults if vaults else {1: b"\x77" * 32},
    )
    vault = Vault(small.house.vault._engine, theirs)
    return replace(small, house=replace(small.house, keyring=theirs, vault=vault))


def test_with_the_receipt_but_another_root_secret_nothing_opens(small: SmallHouse) -> None:
    """(30)"""
    life = a_life(small)
    copy = without(small, roots=False)

    def try_receipt() -> None:
        with copy.work() as db:
            intake.enter(db, life.stretched)

    with pytest.raises((WrongReceipt, DirectoryBroken)):
        try_receipt()
    # Past the look-up, straight at the row, with what the receipt gives under their root.
    with Session(small.house.engine) as raw:
        lookup, wrap = raw.exec(select(ReporterKey.lookup, ReporterKey.wrap)).one()
    keyring = copy.house.keyring
    secret = receipts.secret(keyring.key("pepper"), life.stretched)
    assert receipts.lookup(secret, keyring.deployment) != lookup
    with pytest.raises(EnvelopeInvalid):
        envelope.open_(
            receipts.kek(secret, keyring.deployment),
            keyring.ctx("reporter/sk", lookup),
            wrap,
        )


def test_with_a_persons_seed_but_another_root_secret_or_no_vault_no_case_opens(
    small: SmallHouse,
) -> None:
    """(30, and the outer layer under the vault's key)"""
    life, manager = a_life(small), small.person("case_manager")
    for copy in (without(small, roots=False), without(small, vaults=False)):
        with copy.look() as db, pytest.raises((DirectoryBroken, EnvelopeInvalid, NotFound)):
            StaffKeys(db, manager).case_key(db.get_one(Case, life.case))
    # Even the unit's own seed does not reach through the outer layer.
    with small.look() as db:
        wrap = db.exec(select(CaseWrap).where(CaseWrap.kind == KeyKind.INT)).one()
    with pytest.raises(EnvelopeInvalid):
        hierarchy.unwrap(small.house.keyring, b"\x00" * 32, wrap, Secret(small.seeds["main"]))


def test_with_every_key_of_the_machine_but_nobodys_credential_no_content_opens(
    small: SmallHouse,
) -> None:
    """(31)"""
    life, manager = a_life(small, body=WORDS[0]), small.person("case_manager")
    put(small, life, "note", {"text": WORDS[1]}, manager)
    token = small.token(manager)
    keyring = small.house.keyring
    candidates = [
        *keyring.roots.values(),
        *keyring.vaults.values(),
        *(keyring.key(purpose) for purpose in get_args(Purpose)),
        b"\x00" * 32,
    ]
    with small.look() as db:
        wraps = db.exec(select(CaseWrap)).all()
        for wrap, seed in product(wraps, candidates):
            shred = small.house.vault.key(KeyKind(wrap.kind), wrap.report_id or wrap.case_id)
            with pytest.raises(EnvelopeInvalid):
                hierarchy.unwrap(keyring, shred, wrap, Secret(seed))
        for row, seed in product(db.exec(select(UnitWrap)).all(), candidates):
            context = keyring.ctx("unit/sk", row.unit, row.unit_epoch, row.staff, row.staff_epoch)
            with pytest.raises(EnvelopeInvalid):
                hpke.open_(seed, context, row.blob)
        with pytest.raises(NotSignedIn):
            sessions.resume(db, token[:-1] + ("A" if token[-1] != "A" else "Q"), 0)


def test_what_was_shredded_stays_shut_in_an_old_backup_of_everything_but_the_vault(
    small: SmallHouse,
) -> None:
    """(36)"""
    life, manager = a_life(small), small.person("case_manager")
    with small.look() as db:
        backup = [row.model_dump(warnings=False) for row in db.exec(select(CaseWrap)).all()]
    things = [(KeyKind.INT, life.case), (KeyKind.CONV, life.report), (KeyKind.ID, life.report)]
    assert small.house.vault.forget(things) == 3
    with small.look() as db:
        assert len(db.exec(select(CaseWrap)).all()) == len(backup)
        case, report = db.get_one(Case, life.case), db.get_one(Report, life.report)
        tries: list[Callable[[], bytes]] = [
            lambda: StaffKeys(db, manager).case_key(case),
            lambda: StaffKeys(db, manager).thread_key(report),
            lambda: hierarchy.reporter_key(db, life.reporter, report, KeyKind.CONV),
            lambda: hierarchy.reporter_key(db, life.reporter, report, KeyKind.ID),
        ]
        for way in tries:
            with pytest.raises(NotFound):
                way()
    seeds = [*small.seeds.values(), manager.seed, life.reporter.seed]
    for row, seed in product(backup, seeds):
        with pytest.raises(EnvelopeInvalid):
            hierarchy.unwrap(small.house.keyring, seed, CaseWrap(**row), Secret(seed))


def test_bodies_of_the_trail_open_under_the_root_secret_alone(small: SmallHouse) -> None:
    a_life(small)
    wrong = replace(small.house.keyring, roots={1: b"\x66" * 32})
    with small.look() as db:
        for row in db.exec(select(AuditBody)).all():
            leaf = db.get_one(AuditEvent, row.event_id).leaf
            assert log.open_body(small.house.keyring, row, leaf).raw
            with pytest.raises(EnvelopeInvalid):
                log.open_body(wrong, row, leaf)


def cells(small: SmallHouse) -> Iterator[tuple[str, bytes]]:
    """Every stored value of the main database, as bytes."""
    with small.house.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(table.select()):
                for column, value in row._mapping.items():
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{table.name}.{column}", raw


def test_no_stored_value_holds_what_was_said_or_who_said_it(small: SmallHouse) -> None:
    manager = small.person("case_manager")
    life = a_life(
        small,
        body=WORDS[0],
        identity=intake.Identity(name=WORDS[1], contact=WORDS[2]),
    )
    put(small, life, "title", {"title": WORDS[2]}, manager)
    secrets = [word.encode(code) for word in WORDS for code in ("utf-8", "utf-16-le")]
    secrets += [life.reporter.seed, life.stretched]
    found = [place for place, raw in cells(small) if any(secret in raw for secret in secrets)]
    assert found == []
    with small.look() as db:
        named = db.exec(select(Case).where(col(Case.id) == life.case)).one()
        assert named.reference == life.reference


def test_keys_of_one_installation_are_none_of_another(small: SmallHouse) -> None:
    other = Keyring(b"o" * 16, b"s" * 16, small.house.keyring.roots, small.house.keyring.vaults)
    for purpose in get_args(Purpose):
        assert other.key(purpose) != small.house.keyring.key(purpose)
