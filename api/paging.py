"""Pages of a list: a limit, and an opaque cursor that says where the last page ended.

A cursor is base64url(WE1(key, ctx("cursor", scope), pad(JSON array of the sort key's values))).
Nobody can read or change it, and it opens only in the list it was made for: the scope names the
list, its filters, its order and who asked.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from cases.errors import EnvelopeInvalid, Unacceptable, UnsupportedEnvelope
from cases.sealing import envelope, padding
from cases.sealing.context import ctx

DEFAULT_LIMIT = 50
MOST = 200
CURSOR_CHARACTERS = 1_000
"""Ours have 200 to 300; anything longer is not read at all."""
FLOOR_BYTES = 96
"""Padded size of a position, so that its length does not tell which values it holds."""

Value = str | int | None
S = TypeVar("S")
T = TypeVar("T")


class Page(BaseModel):
    """The parameters every list takes; a list with filters extends it.

    Used as `Annotated[Page, Query()]`. Unknown parameters are refused: a misspelt filter would
    otherwise show more than was asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    limit: Annotated[int, Field(ge=1, le=MOST, description="How many items at most.")] = (
        DEFAULT_LIMIT
    )
    cursor: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=CURSOR_CHARACTERS,
            description="`next` of the page before, with the same filters and sort.",
        ),
    ] = None


class Listed(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Cursor:
    """Where one reader of one list begins, and where they go on.

    Args:
        key: the deployment's cursor key, 32 bytes.
        scope: the list, its filters, its sort and its reader.
        page: what was asked for.

    Raises:
        Unacceptable: the cursor that was sent is not ours, was changed, or belongs to another list.
    """

    def __init__(self, key: bytes, scope: str, page: Page) -> None:
        self._key, self._scope, self._limit = key, scope, page.limit
        self._after = decode(key, page.cursor, scope) if page.cursor else ()

    @property
    def word(self) -> str:
        """What a list sorted by one word goes on after; empty at its beginning."""
        return str(self._after[0]) if self._after else ""

    @property
    def pair(self) -> tuple[str, str] | None:
        """What a list sorted by two values goes on after; None at its beginning."""
        return (str(self._after[0]), str(self._after[1])) if self._after else None

    def listed(
        self,
        found: Sequence[S],
        show: Callable[[S], T],
        sort_key: Callable[[S], tuple[Value, ...]],
        *,
        more: bool = False,
    ) -> Listed[T]:
        """The page, as many as were asked for, and the cursor of the next.

        Args:
            found: what was looked up; one beyond the limit says that there are more.
            show: what is answered for one of them.
            sort_key: what one of them is sorted by, ending in what makes it unique.
            more: more follow, although none beyond the limit was looked up.
        """
        items = found[: self._limit]
        goes_on = more or len(found) > self._limit
        following = encode(self._key, sort_key(items[-1]), self._scope) if goes_on else None
        return Listed(items=[show(one) for one in items], next=following)


def encode(key: bytes, values: tuple[Value, ...], scope: str) -> str:
    """A cursor for the place after an item.

    Args:
        key: the deployment's cursor key, 32 bytes.
        values: the item's sort key, ending in what makes it unique.
        scope: the list, its filters, its sort and its reader; the same text opens it again.
    """
    position = padding.pad(json.dumps(values, separators=(",", ":")).encode(), FLOOR_BYTES)
    sealed = envelope.seal(key, ctx("cursor", scope), position)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def decode(key: bytes, cursor: str, scope: str) -> tuple[Value, ...]:
    """The values `encode` was given.

    Raises:
        Unacceptable: the cursor is not ours, was changed, or belongs to another list.
    """
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = padding.unpad(envelope.open_(key, ctx("cursor", scope), sealed))
    except (ValueError, EnvelopeInvalid, UnsupportedEnvelope):
        raise Unacceptable([("/cursor", "unknown_cursor")]) from None
    return tuple(json.loads(position))
