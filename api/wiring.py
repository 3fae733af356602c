"""The only place where parts are chosen: settings in, a house out."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from api.settings import Settings
from cases import migrations
from cases.audit import signer, storage
from cases.audit.sequencer import Log
from cases.conflicts import WallMemory
from cases.database import House, Terms, connect, trail_work, utc_now
from cases.errors import KeysMissing
from cases.sealing import keyring, selftest
from cases.sealing.blobs import BlobStore
from cases.sealing.directory import HeadMemory
from cases.sealing.keyring import Keyring
from cases.sealing.vault import Vault
from cases.staff import changes, founding

SALT_BYTES = 16
"""Of the deployment, for receipts."""

BACKGROUND_THREADS = 3
"""Threads beside those that serve: delivery, deadlines, health."""


def open_house(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    publish_receipt: Callable[[str], None] | None = None,
    trusting: bool = True,
) -> House:
    """Open an installation that exists: check the primitives, its keys and its directory.

    Args:
        clock: gives the present moment, aware; tests hand in their own.
        publish_receipt: takes the line that each staff event leaves outside the database.
        trusting: False opens what fails the check as well, for those who are to find out why.

    Raises:
        SelfTestFailed: a primitive of this machine gives wrong answers.
        KeysMissing: a key is not where the settings say.
        NotFounded: the database has no installation.
        OutOfDate: a database has the shape of another version.
        DirectoryBroken: the directory was changed by other hands.
    """
    selftest.run()
    with ExitStack() as undo:
        engine = connect(settings.database_url.get_secret_value(), pool_size=pool_size(settings))
        undo.callback(engine.dispose)
        vault_engine = connect(settings.vault_url.get_secret_value(), pool_size=pool_size(settings))
        undo.callback(vault_engine.dispose)
        who = founding.identity(engine)
        for used, branch in ((engine, "main"), (vault_engine, "vault")):
            migrations.check(used, branch)
        keys = Keyring(
            deployment=who.deployment.bytes,
            salt=who.salt,
            roots=keyring.load(settings.root_keys),
            vaults=keyring.load(settings.vault_keys),
        )
        house = assemble(
            engine,
            Vault(vault_engine, keys),
            settings.blobs,
            keys,
            Terms(
                reporter_tick=timedelta(minutes=settings.reporter_tick_minutes),
                zone=ZoneInfo(who.time_zone),
                public_host=settings.public_host or f"{settings.host}:{settings.port}",
                mails=settings.smtp_host is not None,
            ),
            clock=clock,
            publish_receipt=publish_receipt or print_receipt,
        )
        if trusting:
            with house.glance() as db:
                changes.check_directory(db)
        undo.pop_all()
    return house


def new_house(
    settings: Settings,
    *,
    time_zone: ZoneInfo,
    publish_receipt: Callable[[str], None] | None = None,
) -> House:
    """Make the keys of a new installation, bring both databases to the newest shape, and open them.

    It has no deployment row yet: `cases.staff.founding.found` writes it, with the id and the salt of
    this house's keyring.
    """
    selftest.run()
    keys = Keyring(
        deployment=uuid4().bytes,
        salt=secrets.token_bytes(SALT_BYTES),
        roots={1: keyring.create(settings.root_keys)},
        vaults={1: keyring.create(settings.vault_keys)},
    )
    keyring.hand_to_the_log(keys, settings.log_keys)
    signer.create(settings.log_keys, origin(settings))
    main, vault = settings.database_url.get_secret_value(), settings.vault_url.get_secret_value()
    migrate(settings)
    terms = Terms(
        reporter_tick=timedelta(minutes=settings.reporter_tick_minutes),
        zone=time_zone,
        public_host=settings.public_host or f"{settings.host}:{settings.port}",
    )
    return assemble(
        connect(main, pool_size=pool_size(settings)),
        Vault(connect(vault, pool_size=pool_size(settings)), keys),
        settings.blobs,
        keys,
        terms,
        publish_receipt=publish_receipt or print_receipt,
    )


def migrate(settings: Settings) -> None:
    """Bring both databases to the newest shape."""
    for url, branch in ((settings.database_url, "main"), (settings.vault_url, "vault")):
        migrations.upgrade(url.get_secret_value(), branch)


def open_log(settings: Settings, engine: Engine) -> Log:
    """What the sequencer works with; a log that nobody has signed yet gets its key here.

    Raises:
        KeysMissing: a key is not where the settings say, and the log is not a new one.
        StateMissing, StateInvalid: the signer's memory is gone, or cannot be read.
    """
    folder = settings.log_keys
    try:
        own = signer.load(folder)
    except KeysMissing:
        with trail_work(engine, read_only=True) as db:
            if storage.newest_checkpoint(db):
                raise
        own = signer.create(folder, origin(settings))
    return Log(engine, keyring.writer_key(folder), own, folder)


def origin(settings: Settings) -> str:
    """The name of an installation's first log."""
    return f"{settings.public_host or f'{settings.host}:{settings.port}'}/audit/1"


def assemble(
    engine: Engine,
    vault: Vault,
    blobs: Path,
    keys: Keyring,
    terms: Terms,
    *,
    clock: Callable[[], datetime] = utc_now,
    publish_receipt: Callable[[str], None],
) -> House:
    """Put the parts of a house together."""
    return House(
        engine=engine,
        vault=vault,
        blobs=BlobStore(blobs),
        keyring=keys,
        walls=WallMemory(),
        heads=HeadMemory(),
        terms=terms,
        clock=clock,
        publish_receipt=publish_receipt,
    )


def renew_vault_key(settings: Settings) -> Iterator[int]:
    """Make a new vault key, seal every row of the vault under it, then destroy the older ones.

    Broken off half-way, both keys stay and the next run finishes it. No server may run meanwhile: it
    would not know the new key.

    Yields:
        How many rows went over in this step.
    """
    if len(keyring.load(settings.vault_keys)) == 1:
        keyring.create(settings.vault_keys)
    house = open_house(settings)
    try:
        yield from house.vault.rewrap()
    finally:
        house.close()
    keyring.destroy_older(settings.vault_keys)


def print_receipt(line: str) -> None:
    """Write a receipt to standard output, where the journal of another host can pick it up."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def pool_size(settings: Settings) -> int:
    """Connections a process keeps: one for each thread that may hold one."""
    return settings.thread_tokens + BACKGROUND_THREADS
