"""The authorities to which cases are referred, as one administration has agreed with them."""

from uuid import UUID, uuid4

from sqlmodel import Field

from cases.models.base import Authority


class ReferralBody(Authority, table=True):
    """What was agreed with one authority; at most one row for each code of `referral_bodies`.

    People take from here by which channel and to which key they hand papers over, so a row made by other
    hands must be noticed.
    """

    __tablename__ = "referral_body"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    body: str = Field(unique=True)
    """Of the list `referral_bodies`."""
    agreement: str | None = None
    legal_basis: str | None = None
    channel: str | None = None
    public_key: str | None = None
    contact_role: str | None = None
    accepts_anonymous: bool
