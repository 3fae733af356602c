"""Who there is: the administration, its units and offices, its staff, and how they sign in."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, String, UniqueConstraint
from sqlmodel import Field

from cases.models.base import UNORDERED, Authority, Table


class UnitKind(StrEnum):
    """What a unit is for; decides which roles may be in its key circle (`workflows/codes/keys.toml`)."""

    HANDLING = "handling"
    REVIEW = "review"
    PROTECTION = "protection"
    CUSTODY = "custody"
    OVERSIGHT = "oversight"


class StaffStatus(StrEnum):
    """Whether an account may sign in."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class Deployment(Authority, table=True):
    """The administration this installation serves; one row."""

    __tablename__ = "deployment"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    salt: bytes = Field(repr=False)
    kind: str
    """`demo` or `real`; a demo never becomes real."""
    name: str
    time_zone: str
    country: str
    national_unit: UUID | None = None
    outside_unit: UUID | None = None
    days_off: list[str] = Field(default_factory=list, sa_type=JSON)
    """The days off an installation was founded with, ISO dates, until `OwnDays` has a row."""
    retention: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """Months a closed case is kept, by retention class."""
    recovery_pk: bytes | None = Field(default=None, repr=False)


class OwnDays(Authority, table=True):
    """The days by which the administration's calendar differs from its country's; at most one row."""

    __tablename__ = "own_days"

    id: UUID = Field(primary_key=True)
    """The deployment."""
    closed: list[str] = Field(default_factory=list, sa_type=JSON)
    """Days off beside the country's, ISO dates."""
    opened: list[str] = Field(default_factory=list, sa_type=JSON)
    """Days on which it works although the country does not."""


class DirectoryHead(Table, table=True):
    """The state of the whole directory after its n-th change: what a restored older one lacks."""

    __tablename__ = "directory_head"
    __audited__ = False

    n: int = Field(primary_key=True)
    digest: bytes
    event_id: UUID
    mac: bytes = Field(repr=False)


class Unit(Authority, table=True):
    """A body that holds a key and handles, reviews, protects or keeps."""

    __tablename__ = "unit"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: UnitKind = Field(sa_type=String)
    inside: bool = True
    """False for the outside body that takes complaints about the administration's own line."""
    review_unit: UUID | None = None
    protection_unit: UUID | None = None
    custody_unit: UUID | None = None
    pk: bytes | None = Field(default=None, repr=False)
    """Public key; none until the first member of its key circle has signed in."""
    epoch: int = 0


class Office(Authority, table=True):
    """A node of the tree national, region, office, post; names the unit that handles its reports."""

    __tablename__ = "office"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: str
    parent: UUID | None = Field(default=None, foreign_key="office.id")
    unit: UUID | None = Field(default=None, foreign_key="unit.id")
    staff_count: int = 0


class Staff(Authority, table=True):
    """A staff account."""

    __tablename__ = "staff"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    username: str = Field(unique=True)
    display_name: str
    staff_number: str | None = None
    office: UUID | None = Field(default=None, foreign_key="office.id")
    status: StaffStatus = Field(default=StaffStatus.INVITED, sa_type=String)
    pk: bytes | None = Field(default=None, repr=False)
    epoch: int = 0


class Posting(Authority, table=True):
    """Where a member of staff was posted, and when."""

    __tablename__ = "posting"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    staff: UUID = Field(foreign_key="staff.id", index=True)
    office: UUID = Field(foreign_key="office.id")
    since: date
    until: date | None = None


class Membership(Authority, table=True):
    """A role held in a unit; `holds_key` when the person was given the unit's seed."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("staff", "unit", "role"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    staff: UUID = Field(foreign_key="staff.id", index=True)
    unit: UUID = Field(foreign_key="unit.id", index=True)
    role: str
    office: UUID | None = Field(default=None, foreign_key="office.id")
    """The post whose figures a committee member sees; empty for the other roles."""
    holds_key: bool = False


class StaffUnlock(Table, table=True):
    """One way to open a member's seed: a password or a printed code."""

    __tablename__ = "staff_unlock"
    __table_args__ = (UniqueConstraint("staff", "kind"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    staff: UUID = Field(foreign_key="staff.id", index=True)
    kind: str
    root_ver: int
    salt: bytes = Field(repr=False)
    memory_kib: int
    passes: int
    lanes: int
    verifier: bytes = Field(repr=False)
    wrap: bytes = Field(repr=False)


class SecondFactor(Table, table=True):
    """A time-based code generator's secret, sealed under the root secret."""

    __tablename__ = "staff_second_factor"

    staff: UUID = Field(primary_key=True, foreign_key="staff.id")
    kind: str = "totp"
    root_ver: int
    env: bytes = Field(repr=False)
    confirmed: bool = False
    last_step: int = 0
    """The last 30-second step accepted, so that a code works once."""


class Enrolment(Table, table=True):
    """A one-time code with which an invited person makes their keys; only its verifier is kept."""

    __tablename__ = "staff_enrolment"

    staff: UUID = Field(primary_key=True, foreign_key="staff.id")
    root_ver: int
    verifier: bytes = Field(repr=False)
    expires_on: date


class UnitWrap(Table, table=True):
    """A unit's seed, sealed to one member of its key circle."""

    __tablename__ = "unit_wrap"

    unit: UUID = Field(primary_key=True, foreign_key="unit.id")
    unit_epoch: int = Field(primary_key=True)
    staff: UUID = Field(primary_key=True, foreign_key="staff.id")
    staff_epoch: int
    blob: bytes = Field(repr=False)


class RecoveryWrap(Table, table=True):
    """A unit's seed or a root secret, sealed to the recovery key that its holders keep offline."""

    __tablename__ = "recovery_wrap"

    owner: UUID = Field(primary_key=True)
    """The unit; the deployment for a root secret."""
    epoch: int = Field(primary_key=True)
    """The unit's epoch; the version of the root secret."""
    blob: bytes = Field(repr=False)


class HouseProposal(Authority, table=True):
    """An act of the administration that waits for a second person; the row goes when it is answered."""

    __tablename__ = "house_proposal"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    action: str
    subject: UUID | None = None
    """The person, unit or office that is to change; empty for what is to be made."""
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """What exactly was proposed (Any: JSON); ids as text."""
    proposed_by: UUID = Field(foreign_key="staff.id")
    expires_on: date


class SignIn(Table, table=True):
    """A session, staff's or reporter's alike: a sealed envelope that only the token opens.

    `expires` is a full hour, rounded up, for both kinds, so that a row tells neither who signed in nor
    when within the hour. `owner` is a blind tag, with which a person's other sessions are ended.
    """

    __tablename__ = "sign_in"
    __table_args__ = UNORDERED
    __audited__ = False

    id: bytes = Field(primary_key=True)
    owner: bytes = Field(index=True, repr=False)
    root_ver: int
    env: bytes = Field(repr=False)
    expires: int = Field(index=True, sa_type=BigInteger)
    """UTC seconds since 1970, a multiple of 3,600."""
