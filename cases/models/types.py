"""Column types and conditions shared by the tables."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, text
from sqlalchemy.types import TypeDecorator

RESTRICTED = text("level IN ('L3', 'L4')")
"""Cases that even their own unit does not see unless named, as the condition of an index."""


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; for what staff and the service do, never for what a reporter does."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment, store the rest as naive UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment without a time zone"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its zone back."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)
