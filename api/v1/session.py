"""Signing in and out, the first time too, and what a person may change about their own account."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.deps import AnyStaff, AtDoor, Door, Token, in_thread
from api.guard import Everyone, GuardedRoute
from api.limits import padded
from api.problems import responses
from api.v1.case_shapes import Shape
from cases import access
from cases.actors import StaffActor
from cases.sealing import hpke, passwords
from cases.staff import accounts, circle, secondfactor, signin, structure, unlocks
from cases.staff.signin import Salted, SignedIn
from cases.staff.unlocks import Stretched
from workflows import catalogue

router = APIRouter(route_class=GuardedRoute, tags=["session"])

AtTheDoor = Depends(Everyone(why="whoever signs in is not signed in yet"))

Username = Annotated[str, Field(min_length=1, max_length=100, examples=["carla.cases"])]
Password = Annotated[
    str,
    Field(min_length=1, max_length=1000, repr=False, examples=["five words with spaces between"]),
]
Code = Annotated[str, Field(max_length=20, description="Six digits of the second factor.")]


class Credentials(Shape):
    """A name and what proves it."""

    username: Username
    password: Password = Field(description="The password, or the printed recovery code.")
    code: Code | None = Field(None, repr=False)


class Begun(Shape):
    """A session. It ends after 15 minutes without use, and at `expires_at` in any case."""

    token: str = Field(repr=False, description="For `Authorization: Bearer …`.")
    expires_at: datetime
    must: list[str] = Field(
        description="What the person has to see to: `unit_key` (a colleague of the unit's key circle "
        "has to let them in), `new_password`, `second_factor` (none is set up; optional)."
    )


class Enrolment(Shape):
    """The first sign-in: the code of the invitation, and the password that is to be."""

    username: Username
    code: str = Field(min_length=1, max_length=80, repr=False, description="The enrolment code.")
    password: Password = Field(description="At least 14 characters, or five words.")


class Enrolled(Shape):
    """An account that is its owner's now."""

    recovery_code: str = Field(
        repr=False, description="To be printed and kept; opens the account without the password."
    )
    fingerprint: str = Field(description="Colleagues compare it before they give a key.")
    must: list[str]


class PasswordChange(Shape):
    """The present password, or the printed code, and the one to come."""

    password: Password
    new_password: Password


class PasswordProof(Shape):
    """The present password."""

    password: Password


class Changed(Shape):
    """What came of it."""

    recovery_code: str | None = Field(
        repr=False, description="A new code to print, when the old one was used up or replaced."
    )


class Provisioning(Shape):
    """What a code generator is set up with."""

    uri: str = Field(repr=False, description="`otpauth://totp/…`; shown once.")


class FactorCode(Shape):
    """Six digits of the second factor."""

    code: Code = Field(repr=False)


class MySeat(Shape):
    """A role in a unit."""

    unit: UUID
    unit_code: str
    unit_name: str
    role: str
    office: UUID | None
    holds_key: bool


class Me(Shape):
    """Who is signed in, and what their roles allow somewhere."""

    id: UUID
    username: str
    display_name: str
    fingerprint: str
    roles: list[str]
    units: list[str]
    memberships: list[MySeat]
    permissions: list[str]
    must: list[str]


@router.post(
    "/v1/session",
    status_code=201,
    operation_id="signIn",
    summary="Sign in as staff",
    dependencies=[AtTheDoor],
    responses=responses("sign-in-failed", "busy"),
)
async def sign_in(at: AtDoor, body: Credentials) -> Begun:
    """Begin a session. Every kind of failure has the same answer and takes the same time."""
    async with padded():
        stretched = await _stretched(at, body.username, body.password)
        signed_in = await in_thread(_begin, at, body, stretched)
    return Begun(
        token=signed_in.token,
        expires_at=signed_in.expires_at.astimezone(UTC),
        must=list(signed_in.must),
    )


@router.delete(
    "/v1/session",
    status_code=204,
    operation_id="signOut",
    summary="Sign out",
    responses=responses("not-signed-in"),
)
def sign_out(at: AtDoor, by: AnyStaff, token: Token) -> None:
    """End this session; the token opens nothing any more."""
    with at.unit_of_work() as db:
        signin.sign_out(db, token, by)


@router.post(
    "/v1/session/enrolment",
    status_code=201,
    operation_id="enrol",
    summary="Take over an account with its enrolment code",
    dependencies=[AtTheDoor],
    responses=responses("sign-in-failed", "weak-password", "busy"),
)
async def enrol(at: AtDoor, body: Enrolment) -> Enrolled:
    """Make the account's keys, once. The recovery code is in this answer only."""
    passwords.check_password(body.password)  # before the queue: it needs no look-up
    async with padded():
        new = await at.pools.staff.run(unlocks.stretched, body.password)
        return await in_thread(_enrol, at, body, new)


@router.get(
    "/v1/me",
    operation_id="me",
    summary="Who is signed in",
    responses=responses("not-signed-in"),
)
def me(at: AtDoor, by: AnyStaff) -> Me:
    """The caller's account, roles, units and permissions."""
    with at.glance() as db:
        units = {unit.id: unit for unit in structure.units(db)}
        waiting = circle.waiting(db, by.id)
        second_factor = secondfactor.is_on(db, by.id)
    return Me(
        id=by.id,
        username=by.username,
        display_name=by.display_name,
        fingerprint=hpke.fingerprint(hpke.public_key(by.seed)),
        roles=sorted(by.roles),
        units=sorted(units[unit].code for unit in by.units()),
        memberships=[
            MySeat(
                unit=seat.unit,
                unit_code=units[seat.unit].code,
                unit_name=units[seat.unit].name,
                role=seat.role,
                office=seat.office,
                holds_key=seat.holds_key,
            )
            for seat in by.seats
        ],
        permissions=[act for act in catalogue.permissions().acts if access.allowed(by, act)],
        must=[signin.UNIT_KEY] * waiting + [signin.SECOND_FACTOR] * (not second_factor),
    )


@router.post(
    "/v1/me/password",
    operation_id="changePassword",
    summary="Change the own password",
    responses=responses("not-signed-in", "sign-in-failed", "weak-password", "busy"),
)
async def change_password(at: AtDoor, by: AnyStaff, token: Token, body: PasswordChange) -> Changed:
    """Set a new password; every other session of the person ends."""
    passwords.check_password(body.new_password)
    async with padded():
        proof = await _stretched(at, by.username, body.password)
        new = await at.pools.staff.run(unlocks.stretched, body.new_password)
        code = await in_thread(_change_password, at, by, token, body.password, proof, new)
    return Changed(recovery_code=code)


@router.post(
    "/v1/me/recovery-code",
    status_code=201,
    operation_id="renewRecoveryCode",
    summary="Make a new recovery code",
    responses=responses("not-signed-in", "sign-in-failed", "busy"),
)
async def renew_recovery_code(at: AtDoor, by: AnyStaff, body: PasswordProof) -> Changed:
    """A new code to print; the earlier one no longer opens anything."""
    async with padded():
        proof = await _stretched(at, by.username, body.password)
        code = await in_thread(_renew_code, at, by, proof)
    return Changed(recovery_code=code)


@router.post(
    "/v1/me/second-factor",
    status_code=201,
    operation_id="beginSecondFactor",
    summary="Set up a second factor",
    responses=responses("not-signed-in", "sign-in-failed"),
)
def begin_second_factor(at: AtDoor, by: AnyStaff) -> Provisioning:
    """Make a secret for a code generator; it counts once a first code has confirmed it."""
    with at.unit_of_work() as db:
        return Provisioning(uri=secondfactor.begin(db, by))


@router.post(
    "/v1/me/second-factor/confirmation",
    status_code=204,
    operation_id="confirmSecondFactor",
    summary="Switch the second factor on",
    responses=responses("not-signed-in", "sign-in-failed", "not-found"),
)
def confirm_second_factor(at: AtDoor, by: AnyStaff, body: FactorCode) -> None:
    """Show that the code generator works; from now on signing in asks for a code."""
    with at.unit_of_work() as db:
        secondfactor.confirm(db, by, body.code)


@router.post(
    "/v1/me/second-factor/removal",
    status_code=204,
    operation_id="removeSecondFactor",
    summary="Take the second factor away",
    responses=responses("not-signed-in", "sign-in-failed", "not-found"),
)
def remove_second_factor(at: AtDoor, by: AnyStaff, body: FactorCode) -> None:
    """Take it away, with one of its codes."""
    with at.unit_of_work() as db:
        secondfactor.remove(db, by, body.code)


async def _stretched(at: Door, username: str, password: str) -> bytes:
    """What was typed as a password, stretched as its account wants it, known or not."""
    salted = await in_thread(_find_stretching, at, username)
    return await at.pools.staff.run(passwords.stretch, password, salted.salt, salted.parameters)


def _find_stretching(at: Door, username: str) -> Salted:
    with at.glance() as db:
        return signin.find_stretching(db, username)


def _begin(at: Door, body: Credentials, stretched: bytes) -> SignedIn:
    with at.unit_of_work() as db:
        return signin.sign_in(
            db, body.username, stretched=stretched, printed=body.password, code=body.code
        )


def _enrol(at: Door, body: Enrolment, new: Stretched) -> Enrolled:
    with at.unit_of_work() as db:
        enrolled = accounts.enrol(db, body.username, body.code, new)
    return Enrolled(
        recovery_code=enrolled.recovery_code,
        fingerprint=enrolled.fingerprint,
        must=list(enrolled.must),
    )


def _change_password(  # noqa: PLR0917  (a thread is handed its arguments by position)
    at: Door, by: StaffActor, token: str, typed: str, proof: bytes, new: Stretched
) -> str | None:
    with at.unit_of_work() as db:
        return unlocks.change_password(db, by, token, new, proof=proof, printed=typed)


def _renew_code(at: Door, by: StaffActor, proof: bytes) -> str:
    with at.unit_of_work() as db:
        return unlocks.renew_code(db, by, proof=proof)
