"""Files through a door: in while they are sealed, out while they are opened, never whole in memory."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from api.deps import Door, in_thread
from api.v1.case_shapes import Shape
from cases import evidence
from cases.errors import TooLarge
from cases.evidence import Contents, Described, File, Place, names
from cases.sealing.blobs import Sealed

HANDED_OVER_BYTES = 512 * 1024
"""Bytes that are gathered before a thread is asked to seal them: few enough to keep memory small, enough
to make the change of threads cheap."""

Keep = Callable[[Place, Sealed, Described], File]
"""Makes the row of a file, in a unit of work of its own."""


class Uploaded(Shape):
    """A file that is kept."""

    id: str = Field(description="The id its sender chose.")
    name: str = Field(description="Without paths and signs that do not show.")
    size: int
    sha256: Annotated[str, Field(description="Of the content, 64 hex digits.")]
    media_type: str

    @classmethod
    def of(cls, file: File) -> "Uploaded":
        """From what the room kept."""
        return cls(
            id=str(file.id),
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            media_type=file.media_type,
        )


def described(request: Request) -> Described:
    """What the headers say about a file.

    Raises:
        Unacceptable: they cannot be read, or say two things.
    """
    given = request.headers.getlist("content-disposition")
    header = given[0] if len(given) == 1 else None if not given else ""
    return Described(
        name=names.from_header(header),
        media_type=names.media_type(request.headers.get("content-type")),
    )


async def take_in(
    request: Request, at: Door, place: Place, about: Described, keep: Keep
) -> JSONResponse:
    """Stream a file into the store and keep it: 201, or 200 when it was there already.

    A stream that breaks off leaves nothing; one that was sent before leaves nothing new.

    Raises:
        TooLarge: more bytes than are taken.
        ContentDiffers: another file was sent under this id.
        OSError: the disk is full; nothing is left behind.
    """
    sealed = await _stream(request, at, place)
    file = await in_thread(_keep, at, place, sealed, about, keep)
    return JSONResponse(Uploaded.of(file).model_dump(), status_code=201 if file.new else 200)


async def _stream(request: Request, at: Door, place: Place) -> Sealed:
    most = int(at.settings.attachment_limit_bytes)
    taken = held = 0
    batch: list[bytes] = []
    with evidence.sealer(at.house, place) as sealer:

        def hand_over(pieces: list[bytes]) -> None:
            for piece in pieces:
                sealer.update(piece)

        async for piece in request.stream():
            taken += len(piece)
            held += len(piece)
            if taken > most:
                raise TooLarge(most)
            batch.append(piece)
            if held >= HANDED_OVER_BYTES:
                # In a thread, because it waits while the disk is behind.
                await in_thread(hand_over, batch)
                batch, held = [], 0
        await in_thread(hand_over, batch)
        return await in_thread(sealer.finish)


def _keep(at: Door, place: Place, sealed: Sealed, about: Described, keep: Keep) -> File:
    kept = False
    try:
        file = evidence.in_turn(lambda: keep(place, sealed, about))
        kept = file.new
        return file
    finally:
        if not kept:
            at.house.blobs.delete(sealed.name)


def give_back(contents: Contents) -> StreamingResponse:
    """Stream a file out, to be saved and never shown in place."""
    return StreamingResponse(
        contents.pieces,
        media_type=contents.file.media_type,
        headers={
            "Content-Disposition": names.to_header(contents.file.name),
            "Content-Length": str(contents.file.size),
            "X-Content-Type-Options": "nosniff",
            "Accept-Ranges": "none",
        },
    )
