"""The shapes of staff, units and offices at the door."""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from api.v1.case_shapes import Shape
from cases.models.people import HouseProposal, Membership, Office, StaffStatus, Unit, UnitKind
from cases.sealing import hpke
from cases.staff.accounts import Person
from cases.staff.pending import HouseAction

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[str, Field(min_length=1, max_length=40)]
Role = Annotated[str, Field(min_length=1, max_length=40, examples=["case_manager"])]
OfficeKind = Literal["national", "region", "office", "post"]


class Change(Shape):
    """What changes. What is left out stays, and so does what cannot be empty and is null."""

    clearable: ClassVar[frozenset[str]] = frozenset()

    # Any: the values of the shape's own fields.
    def given(self) -> dict[str, Any]:
        """The fields that were given, with their values."""
        values = self.model_dump(exclude_unset=True)
        return {
            name: value
            for name, value in values.items()
            if value is not None or name in self.clearable
        }


class Seat(Shape):
    """A role held in a unit; for a committee, at a post."""

    unit: UUID
    role: Role
    office: UUID | None = None


class HeldSeat(Seat):
    """A role somebody holds; `holds_key` when they were given the unit's key."""

    holds_key: bool

    @classmethod
    def of(cls, row: Membership) -> "HeldSeat":
        """From its row."""
        return cls(unit=row.unit, role=row.role, office=row.office, holds_key=row.holds_key)


class StaffItem(Shape):
    """An account. Staff number and office are shown to those who manage accounts."""

    id: UUID
    username: str
    display_name: str
    status: StaffStatus
    fingerprint: str | None = Field(description="Of the person's key; null until they enrolled.")
    memberships: list[HeldSeat]
    staff_number: str | None
    office: UUID | None

    @classmethod
    def of(cls, person: Person, *, whole: bool) -> "StaffItem":
        """From an account; `whole` with what only administrators need."""
        staff = person.staff
        return cls(
            id=staff.id,
            username=staff.username,
            display_name=staff.display_name,
            status=StaffStatus(staff.status),
            fingerprint=hpke.fingerprint(staff.pk) if staff.pk else None,
            memberships=[HeldSeat.of(seat) for seat in person.seats],
            staff_number=staff.staff_number if whole else None,
            office=staff.office if whole else None,
        )


class NewStaff(Shape):
    """Somebody who shall have an account."""

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,39}$", examples=["carla.cases"])
    display_name: Name
    staff_number: Number | None = None
    office: UUID | None = None
    since: date | None = Field(None, description="When they began at that office.")
    memberships: list[Seat] = Field([], max_length=40)


class Invited(Shape):
    """An account that waits for its owner."""

    id: UUID
    enrolment_code: str = Field(repr=False, description="For handing over; shown once.")
    proposals: list[UUID] = Field(description="Roles that wait for a second person.")


class StaffChange(Change):
    """A change of an account."""

    clearable = frozenset({"staff_number", "office"})

    display_name: Name | None = None
    staff_number: Number | None = None
    office: UUID | None = None
    status: Literal["active", "disabled"] | None = None


class HouseProposalItem(Shape):
    """An act of the administration that waits for a second person."""

    id: UUID
    action: HouseAction
    subject: UUID | None = Field(
        description="The person, unit or office that is to change; null for what is to be made."
    )
    fields: dict[str, Any]
    """Any: what exactly was proposed, as it was sent."""
    proposed_by: UUID
    expires_on: date
    mine: bool = Field(description="The caller's own, waiting for somebody else.")

    @classmethod
    def of(cls, row: HouseProposal, by: UUID) -> "HouseProposalItem":
        """From its row, for one reader."""
        names = cls.model_fields.keys() - {"mine", "action"}
        return cls(
            **{name: getattr(row, name) for name in names},
            action=HouseAction(row.action),
            mine=row.proposed_by == by,
        )


class Agreed(Shape):
    """What was proposed is done."""

    enrolment_code: str | None = Field(
        repr=False, description="Where one was asked for; for handing over, shown once."
    )


class UnitItem(Shape):
    """A unit. It takes reports once it is `open`: somebody of its circle has made its key."""

    id: UUID
    code: str
    name: str
    kind: UnitKind
    inside: bool
    review_unit: UUID | None
    protection_unit: UUID | None
    custody_unit: UUID | None
    open: bool
    fingerprint: str | None

    @classmethod
    def of(cls, row: Unit) -> "UnitItem":
        """From its row."""
        names = cls.model_fields.keys() - {"open", "fingerprint", "kind"}
        return cls(
            **{name: getattr(row, name) for name in names},
            kind=UnitKind(row.kind),
            open=row.pk is not None,
            fingerprint=hpke.fingerprint(row.pk) if row.pk else None,
        )


class NewUnit(Shape):
    """A unit to be created."""

    code: Code
    name: Name
    kind: UnitKind
    inside: bool = True
    review_unit: UUID | None = None
    protection_unit: UUID | None = None
    custody_unit: UUID | None = None


class UnitChange(Change):
    """A change of a unit."""

    clearable = frozenset({"review_unit", "protection_unit", "custody_unit"})

    name: Name | None = None
    review_unit: UUID | None = None
    protection_unit: UUID | None = None
    custody_unit: UUID | None = None


class MemberItem(Shape):
    """A role held in a unit, and by whom."""

    staff: UUID
    role: str
    office: UUID | None
    holds_key: bool

    @classmethod
    def of(cls, row: Membership) -> "MemberItem":
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class Joined(Shape):
    """Somebody was given the unit's key."""

    fingerprint: str = Field(description="Compare it with what the person reads out.")


class OfficeItem(Shape):
    """A node of the tree national, region, office, post."""

    id: UUID
    code: str
    name: str
    kind: str
    parent: UUID | None
    unit: UUID | None
    head: UUID | None = Field(description="Who heads the people who work there.")
    staff_count: int

    @classmethod
    def of(cls, row: Office, head: UUID | None) -> "OfficeItem":
        """From its row."""
        names = cls.model_fields.keys() - {"head"}
        return cls(head=head, **{name: getattr(row, name) for name in names})


class NewOffice(Shape):
    """An office to be created."""

    code: Code
    name: Name
    kind: OfficeKind
    parent: UUID | None = None
    unit: UUID | None = Field(
        None, description="Handles its reports and those of offices below it."
    )
    staff_count: int = Field(0, ge=0, le=1_000_000)


class OfficeChange(Change):
    """A change of an office."""

    clearable = frozenset({"parent", "unit", "head"})

    name: Name | None = None
    parent: UUID | None = None
    unit: UUID | None = None
    head: UUID | None = Field(
        None,
        description="A member of staff: kept apart from cases about those who work there or, where nobody "
        "nearer heads them, below it.",
    )
    staff_count: int | None = Field(None, ge=0, le=1_000_000)
