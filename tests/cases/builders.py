"""A small house for tests: units with keys, offices, people; no Argon2 of passwords anywhere.

    house = a_house(backend)                 # fresh databases, keys in memory, a clock that is set
    case_manager = house.person("case_manager")     # a StaffActor who holds the unit's key
    with house.work() as db: ...
    house.close()                            # or: with closing(a_house(backend)) as house

The reporter's tick is zero unless another one is given, so what is sent is delivered at once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from cases.actors import THE_SERVICE, ReporterActor, Seat, StaffActor
from cases.assignments import INQUIRY
from cases.audit import log, sequencer
from cases.conflicts import WallMemory
from cases.database import House, Terms, Work, connect, glance, unit_of_work
from cases.models.conflict import Certificate, InterestStatement
from cases.models.people import (
    Deployment,
    Membership,
    Office,
    Staff,
    StaffStatus,
    Unit,
    UnitKind,
    UnitWrap,
)
from cases.models.trail import Lane
from cases.sealing import hpke, sessions
from cases.sealing.blobs import BlobStore
from cases.sealing.directory import HeadMemory, newest_head
from cases.sealing.keyring import KEY_BYTES, Keyring
from cases.sealing.vault import Vault
from cases.staff import certificates
from cases.staff.changes import record_directory_change
from tests.cases import kept
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.cases.kept import Beginning
    from tests.databases import Backend

FIRST_DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday."""

UNITS = {
    "main": UnitKind.HANDLING,
    "outside": UnitKind.HANDLING,
    "review": UnitKind.REVIEW,
    "protection": UnitKind.PROTECTION,
    "custody": UnitKind.CUSTODY,
}
RETENTION = {"K0": 2, "K1": 2, "K2": 12, "K3": 36, "K4": 60, "K5": 120, "K6": 120}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = FIRST_DAY) -> None:
        self.now = now
        self.then: Callable[[], object] = lambda: None
        """What does not wait to be asked, after each move."""

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Forward by days, hours, minutes …"""
        self.now += timedelta(**by)
        self.then()


@dataclass
class SmallHouse:
    """A house, its clock, its units and their seeds."""

    house: House
    clock: Clock
    units: dict[str, UUID] = field(default_factory=dict)
    seeds: dict[str, bytes] = field(default_factory=dict)
    offices: dict[str, UUID] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)
    """The receipts of staff events, as lines."""
    begun: Beginning | None = field(default=None, repr=False)
    """What the house has of its beginning in common with others (`tests/cases/kept.py`)."""

    def work(self) -> AbstractContextManager[Work]:
        """A unit of work."""
        return unit_of_work(self.house)

    def look(self) -> AbstractContextManager[Work]:
        """A unit of work that only looks."""
        return glance(self.house)

    def person(
        self, *roles: str, unit: str = "main", name: str | None = None, number: str | None = None
    ) -> StaffActor:
        """Somebody who holds roles in a unit, and its key where one of them is in its circle."""
        circle = set(catalogue.keys().circles.get(UNITS[unit], ()))
        who = Staff(
            id=uuid4(),
            username=f"u{uuid4().hex[:10]}",
            display_name=name or f"Person {uuid4().hex[:6]}",
            staff_number=number,
            status=StaffStatus.ACTIVE,
            epoch=1,
        )
        seed = hpke.new_seed()
        who.pk = hpke.public_key(seed)
        holds = bool(circle.intersection(roles))
        with self.work() as db:
            db.add(who)
            for role in roles:
                db.add(
                    Membership(
                        staff=who.id, unit=self.units[unit], role=role, holds_key=role in circle
                    )
                )
            if holds:
                context = self.house.keyring.ctx("unit/sk", self.units[unit], 1, who.id, 1)
                blob = hpke.seal(who.pk, context, self.seeds[unit])
                db.add(
                    UnitWrap(
                        unit=self.units[unit], unit_epoch=1, staff=who.id, staff_epoch=1, blob=blob
                    )
                )
            if INQUIRY.intersection(roles):
                self.let_inquire(db, who.id)
            log.emit(db, "member.created", by=THE_SERVICE, about=log.DIRECTORY)
            if newest_head(db):  # once the directory is numbered, every change of it is
                record_directory_change(db, THE_SERVICE)
        seats = tuple(Seat(self.units[unit], role, holds_key=role in circle) for role in roles)
        return StaffActor(who.id, who.username, who.display_name, 1, seats, "00000000", seed)

    def let_inquire(self, db: Work, staff: UUID) -> None:
        """The statement of the year, and a certificate for every group of categories."""
        today = self.house.today()
        db.add(InterestStatement(staff=staff, stated_on=today))
        db.add_all(
            Certificate(staff=staff, category_group=group, issued_on=today, expires_on=date.max)
            for group in certificates.groups()
        )

    def token(self, who: StaffActor | ReporterActor) -> str:
        """A running session of somebody, without a sign-in."""
        moment = int(self.house.now().timestamp()) + 1_800
        if isinstance(who, StaffActor):
            session = sessions.of_staff(who.id, who.seed, ends=moment, idle_ends=moment)
        else:
            kind = "handover" if who.handover else "reporter"
            session = sessions.Session(kind, who.report_id, who.seed, moment, moment)
        with self.work() as db:
            return sessions.begin(db, session)

    def integrate(self) -> None:
        """What waits becomes leaves, as at a tick of the sequencer."""
        writer = self.house.keyring.key("writer-mac")
        for lane in Lane:
            sequencer.integrate(self.house.engine, writer, lane, now=self.house.now())

    def close(self) -> None:
        """Give back every connection."""
        self.house.close()

    # As `tests/cases/kept.py` needs it. Any: whatever it is made of.

    def told(self) -> Any:  # noqa: ANN401
        """What the house is, beside its databases."""
        keys = self.house.keyring
        rows = self.units, self.seeds, self.offices, self.printed
        known = keys.deployment, dict(keys.roots), dict(keys.vaults)
        return known, self.house.terms, self.clock.now, rows

    def remember(self, told: Any) -> None:  # noqa: ANN401
        """Be what a house was; what the process has learnt of the databases is forgotten."""
        *_, self.clock.now, (self.units, self.seeds, self.offices, printed) = told
        self.printed[:] = printed
        for memory in (self.house.walls, self.house.heads):
            vars(memory).update(vars(type(memory)()))

    def files(self) -> list[Path]:
        """What is kept outside the databases."""
        return list(self.house.blobs.root.iterdir())


def _new_keyring() -> Keyring:
    return Keyring(
        deployment=uuid4().bytes,
        salt=secrets.token_bytes(16),
        roots={1: secrets.token_bytes(KEY_BYTES)},
        vaults={1: secrets.token_bytes(KEY_BYTES)},
    )


_OF_ALL = _new_keyring()
"""What every house of this process has that begins like others."""


def _common_keyring() -> Keyring:
    """The keys of `_OF_ALL`, to which a test may add others."""
    return replace(_OF_ALL, roots=dict(_OF_ALL.roots), vaults=dict(_OF_ALL.vaults))


def a_house(
    backend: Backend,
    *,
    tick: timedelta = timedelta(0),
    mails: bool = False,
    anew: bool = False,
) -> SmallHouse:
    """A house on fresh databases, with five units and two offices.

    Args:
        tick: how often what reporters send becomes visible; zero means at once.
        mails: staff are told by e-mail what waits for them.
        anew: it has keys of its own, and nothing of how it begins is taken from another one.
    """
    alike = backend.kind == "sqlite" and backend.of_a_run and not anew
    keyring = _common_keyring() if alike else _new_keyring()
    clock = Clock()
    printed: list[str] = []
    house = House(
        engine=connect(backend.main_url, pool_size=4),
        vault=Vault(connect(backend.vault_url, pool_size=4), keyring),
        blobs=BlobStore(backend.directory / "blobs"),
        keyring=keyring,
        walls=WallMemory(),
        heads=HeadMemory(),
        terms=Terms(
            reporter_tick=tick,
            zone=ZoneInfo("Africa/Bamako"),
            public_host="test",
            # Nobody signs here, and clocks are moved by months.
            unsigned_limit=timedelta.max,
            mails=mails,
        ),
        clock=clock,
        publish_receipt=printed.append,
    )
    small = SmallHouse(
        house, clock, printed=printed, begun=kept.Beginning(backend) if alike else None
    )
    kept.again(small, "people", lambda: _people_the(small), times=1)
    return small


def _people_the(small: SmallHouse) -> None:
    keyring = small.house.keyring
    small.units = {code: uuid4() for code in UNITS}
    small.seeds = {code: hpke.new_seed() for code in UNITS}
    small.offices = {"HQ": uuid4(), "PORT": uuid4()}
    with small.work() as db:
        db.add(
            Deployment(
                id=UUID(bytes=keyring.deployment),
                salt=keyring.salt,
                kind="demo",
                name="Customs of Testland",
                time_zone="Africa/Bamako",
                country="XA",  # of no country: Monday to Friday
                national_unit=small.units["main"],
                outside_unit=small.units["outside"],
                retention=RETENTION,
            )
        )
        for code, kind in UNITS.items():
            handles = kind == UnitKind.HANDLING
            db.add(
                Unit(
                    id=small.units[code],
                    code=code,
                    name=f"Unit {code}",
                    kind=kind,
                    inside=code != "outside",
                    review_unit=small.units["review"] if handles else None,
                    protection_unit=small.units["protection"] if handles else None,
                    custody_unit=small.units["custody"] if code == "main" else None,
                    pk=hpke.public_key(small.seeds[code]),
                    epoch=1,
                )
            )
        db.add(
            Office(
                id=small.offices["HQ"],
                code="HQ",
                name="Headquarters",
                kind="national",
                unit=small.units["main"],
            )
        )
        db.add(
            Office(
                id=small.offices["PORT"],
                code="PORT",
                name="Port of Testland",
                kind="post",
                parent=small.offices["HQ"],
            )
        )
        log.emit(db, "config.changed", by=THE_SERVICE, about=log.DIRECTORY)
