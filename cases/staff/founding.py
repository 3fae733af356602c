"""How an installation begins: the row that says whose it is and what was chosen for good."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import Engine, inspect, select
from sqlmodel import col

from cases.actors import Actor
from cases.audit import log
from cases.audit.events import Details
from cases.database import READ_ONLY, Work
from cases.errors import NotAllowed, NotFounded, Unacceptable
from cases.models.case import WallCount
from cases.models.people import Deployment, RecoveryWrap
from cases.sealing import hpke
from cases.staff import calendars
from cases.staff.changes import record_directory_change, together
from workflows import catalogue, countries

DEMO: Literal["demo"] = "demo"
REAL: Literal["real"] = "real"


@dataclass(frozen=True, slots=True)
class Identity:
    """What has to be known before anything opens; its MAC is checked once the keys are there."""

    deployment: UUID
    salt: bytes
    kind: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """What an installation is founded with.

    Attributes:
        kind: a demo never becomes real.
        retention: months that closed cases are kept, for every retention class.
        days_off: closed although the country works; `working_days` the other way round.
        recovery_pk: public key of the recovery holders; None when there is to be no recovery.
    """

    kind: Literal["demo", "real"]
    name: str
    country: str
    time_zone: str
    retention: Mapping[str, int]
    days_off: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()
    recovery_pk: bytes | None = field(default=None, repr=False)


def identity(engine: Engine) -> Identity:
    """Whose database this is.

    Raises:
        NotFounded: it has no tables yet, or holds no installation.
    """
    statement = select(
        col(Deployment.id),
        col(Deployment.salt),
        col(Deployment.kind),
        col(Deployment.time_zone),
    )
    # Whoever only looks waits for no writer: a server can be started while another one works.
    with engine.execution_options(**READ_ONLY).connect() as connection:
        if not inspect(connection).has_table(Deployment.__tablename__):
            raise NotFounded
        row = connection.execute(statement).first()
    if row is None:
        raise NotFounded
    deployment, salt, kind, time_zone = row
    return Identity(deployment, salt, kind, time_zone)


def without_months(engine: Engine) -> list[str]:
    """The retention classes for which an installation says no whole number of months.

    Raises:
        NotFounded: as `identity`.
    """
    identity(engine)
    with engine.execution_options(**READ_ONLY).connect() as connection:
        months = connection.execute(select(col(Deployment.retention))).scalar_one()
    return [
        name
        for name in retention_classes()
        if not isinstance(months.get(name), int) or months[name] < 1
    ]


def retention_classes() -> tuple[str, ...]:
    """The classes for which a number of months has to be chosen."""
    return tuple(entry.code for entry in catalogue.code_list("retention_classes").entries)


def found(db: Work, plan: Founding, by: Actor) -> Deployment:
    """Write who this installation is for; its id and salt are those of the keyring it runs with.

    Raises:
        NotAllowed: it was founded before.
        Unacceptable: a retention class without months, a key that is none, a country nobody knows, or a
            day that is both off and worked.
    """
    if db.scalars(select(Deployment)).first() is not None:
        raise NotAllowed(action="init", state="founded")
    missing = [name for name in retention_classes() if plan.retention.get(name, 0) < 1]
    if missing:
        raise Unacceptable([(f"/retention/{name}", "missing") for name in missing])
    if plan.recovery_pk is not None and len(plan.recovery_pk) != hpke.PUBLIC_KEY_BYTES:
        raise Unacceptable([("/recovery", "malformed")])
    if not countries.known(plan.country):
        raise Unacceptable([("/country", "unknown")])
    keyring = db.house.keyring
    deployment = Deployment(
        id=UUID(bytes=keyring.deployment),
        salt=keyring.salt,
        kind=plan.kind,
        name=plan.name,
        country=plan.country,
        time_zone=plan.time_zone,
        retention={name: plan.retention[name] for name in retention_classes()},
        recovery_pk=plan.recovery_pk,
    )
    db.add(deployment)
    db.add(WallCount(id=1, n=0))  # there from the start: two first walls at once both find it
    if plan.recovery_pk is not None:
        _keep_for_recovery(db, plan.recovery_pk)
    log.emit(db, "config.changed", by=by, d=Details(action="founded"))
    with together(db, by):
        record_directory_change(db, by)
        if plan.days_off or plan.working_days:
            calendars.set_own_days(db, by, plan.days_off, plan.working_days)
    return deployment


def _keep_for_recovery(db: Work, recovery_pk: bytes) -> None:
    """Seal the root secrets to the recovery holders: losing them would lose every receipt."""
    keyring = db.house.keyring
    for version, root in keyring.roots.items():
        blob = hpke.seal(recovery_pk, keyring.ctx("root/recovery", version), root)
        owner = UUID(bytes=keyring.deployment)
        db.add(RecoveryWrap(owner=owner, epoch=version, blob=blob))
