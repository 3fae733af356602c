"""The month's figures, as JSON and CSV, and their publication by two people."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api import headers
from api.deps import AtDoor, StaffWith
from api.guard import GuardedRoute
from api.problems import responses
from cases.actors import StaffActor
from cases.errors import NotFound, Unacceptable
from cases.statistics import exports, snapshots, tables
from cases.statistics.cubes import MOST_CUTS
from cases.statistics.indicators import ALL, DIMENSIONS
from cases.statistics.months import Month

router = APIRouter(prefix="/v1/statistics/months", route_class=GuardedRoute, tags=["statistics"])

CanLook = Annotated[StaffActor, Depends(StaffWith("figures"))]
CanPublish = Annotated[StaffActor, Depends(StaffWith("publish_figures"))]

JSON = "application/json"
CSV = "text/csv"
KINDS = (JSON, CSV)

MonthPath = Annotated[
    str,
    Path(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$",
        description="A calendar month in the administration's zone.",
        examples=["2026-03"],
    ),
]


class Shape(BaseModel):
    """What goes through this door."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class FiguresPlace(Shape):
    """Whose figures: the sum of the inside units, one unit, or an office and all below it."""

    kind: Literal["national", "unit", "office"]
    code: str | None = Field(description="Of the unit or the office.", examples=["port"])
    rolled_up: list[str] = Field(
        [],
        description="Codes of its posts that are too small for figures of their own. They are counted at "
        "the next larger office above, whose figures are shown to who asks for theirs.",
    )


class FiguresRow(Shape):
    """One figure. What does not belong to its kind, and what is hidden, is null."""

    indicator: str = Field(
        description=f"One of {', '.join(ALL)} (`A` reports, `B` cases, `F-` timings, "
        "`Q` findings).",
        examples=["A1"],
    )
    by: dict[str, str] = Field(
        description="The cell: a code for each cut (`not_stated` is a column of its own), and what "
        "tells an indicator's own figures apart: `at` (start, end), `age`, `measure` (p50, p75, "
        "p90), `acknowledged` (automatic). A cell that is not listed holds zero, "
        "but for sensitive categories below the regions, which are never listed, and what has more than "
        "two cuts: an office, one of several units, and the split of `A4`, `B6`, `F-T2`, `Q1` are cuts.",
        examples=[{"category": "COR-01"}],
    )
    value: int | float | None = Field(
        description="A count, days, or a rate from 0 to 1.", examples=[12]
    )
    hidden: bool = Field(
        description="Not shown: too small, or it would give away by subtraction what is; CSV prints "
        "`hidden`."
    )
    numerator: int | None = Field(None, description="Of a rate.")
    denominator: int | None = Field(
        None, description="Of a rate; on fewer than 10 it has no value."
    )
    low: float | None = Field(None, description="Lower end of a rate's 95 % Wilson interval.")
    high: float | None = Field(None, description="Upper end of it.")


class MonthFigures(Shape):
    """A month's figures."""

    month: str = Field(examples=["2026-03"])
    place: FiguresPlace
    revision: int = Field(description="Counts publications; 0 is a live count.", examples=[1])
    as_of: date = Field(description="The last day that counts.")
    definitions: str = Field(description="Names how the figures are defined.")
    exact: bool = Field(description="Nothing is hidden: for the head of the unit alone.")
    rows: list[FiguresRow]


class ProposedMonth(Shape):
    """A month that is frozen and waits for its second person."""

    proposal: UUID
    month: str
    revision: int
    as_of: date
    sha256: str = Field(description="Of the nation's uncut table, hex.")


class PublishedMonth(Shape):
    """A month that is published."""

    month: str
    revision: int
    as_of: date
    sha256: str = Field(description="Of the nation's uncut table, hex; its `ETag`.")


# Any: FastAPI's own type for `responses=`.
FIGURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The figures. `ETag` is the SHA-256 of a published table.",
        "content": {CSV: {"schema": {"type": "string"}}},
    },
    304: {"description": "The published table is the one the caller has."},
    **responses("not-signed-in", "not-permitted", "not-found", "not-acceptable"),
}


@router.get(
    "/{month}",
    operation_id="monthFigures",
    summary="The figures of a month",
    response_model=MonthFigures,
    responses=FIGURES,
)
def month_figures(
    month: MonthPath,
    staff: CanLook,
    at: AtDoor,
    *,
    by: Annotated[
        str,
        Query(
            max_length=100,
            description=f"At most two of {', '.join(DIMENSIONS)}, with a comma between.",
            examples=["category,office"],
        ),
    ] = "",
    office: Annotated[
        str | None, Query(max_length=64, description="Code of an office, with all below it.")
    ] = None,
    unit: Annotated[str | None, Query(max_length=64, description="Code of a unit.")] = None,
    accept: Annotated[str, Header(max_length=1000, description="JSON or CSV.")] = JSON,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """The figures of the caller's place, hidden for everybody but the head of the unit counted."""
    kind = preferred(accept)
    if kind is None:
        raise HTTPException(406)
    cuts = read_cuts(by)
    # Counting reads only, and takes no writer's lock; the look is on record before it is answered.
    with at.glance() as db:
        seen = snapshots.look(db, read_month(month), by=staff, cuts=cuts, office=office, unit=unit)
    with at.unit_of_work() as db:
        snapshots.record_look(db, seen, by=staff)
    sent = {"Vary": "Accept", "Cache-Control": "no-store"}
    if seen.sha256 is not None:
        # Weak for CSV: the hash is of the table, of which CSV is another picture.
        tag = f'"{seen.sha256.hex()}"' if kind == JSON else f'W/"{seen.sha256.hex()}"'
        sent |= {"ETag": tag, "Cache-Control": "private, no-cache"}
        if if_none_match is not None and seen.sha256.hex() in headers.tags(if_none_match):
            return Response(status_code=304, headers=sent)
    if kind == CSV:
        name = f'attachment; filename="figures-{seen.heading.month}.csv"'
        table = exports.to_csv(seen.document())
        sent["Content-Disposition"] = name
        return Response(table, media_type=f"{CSV}; charset=utf-8", headers=sent)
    return Response(seen.table, media_type=JSON, headers=sent)


@router.post(
    "/{month}/publication",
    operation_id="proposePublication",
    summary="Freeze a month, for a second person to publish",
    status_code=202,
    responses=responses(
        "not-signed-in", "not-permitted", "not-found", "not-allowed", "already-proposed"
    ),
)
def propose_publication(month: MonthPath, staff: CanPublish, at: AtDoor) -> ProposedMonth:
    """Five working days after a month's end: count, hide and freeze every table of every place."""
    with at.unit_of_work() as db:
        frozen = snapshots.propose(db, read_month(month), by=staff)
    return ProposedMonth(
        proposal=frozen.id,
        month=month,
        revision=frozen.revision,
        as_of=frozen.as_of,
        sha256=frozen.sha256.hex(),
    )


@router.post(
    "/{month}/publication/confirmation",
    operation_id="confirmPublication",
    summary="Publish a month that another person froze",
    responses=responses(
        "not-signed-in", "not-permitted", "not-found", "same-person", "proposal-void"
    ),
)
def confirm_publication(month: MonthPath, staff: CanPublish, at: AtDoor) -> PublishedMonth:
    """From now on the month is shown to committees, and never changes."""
    with at.unit_of_work() as db:
        frozen = snapshots.confirm(db, read_month(month), by=staff)
    return PublishedMonth(
        month=month,
        revision=frozen.revision,
        as_of=frozen.as_of,
        sha256=frozen.sha256.hex(),
    )


@router.post(
    "/{month}/publication/refusal",
    operation_id="refusePublication",
    summary="Take back a month that was frozen",
    status_code=204,
    responses=responses("not-signed-in", "not-permitted", "not-found", "proposal-void"),
)
def refuse_publication(month: MonthPath, staff: CanPublish, at: AtDoor) -> None:
    """Nothing is published; the month can be frozen again."""
    with at.unit_of_work() as db:
        snapshots.refuse(db, read_month(month), by=staff)


def read_month(text: str) -> Month:
    """A month of the path.

    Raises:
        NotFound: a year there never was.
    """
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFound from None


def read_cuts(text: str) -> tables.Cuts:
    """Cuts in the order in which tables are kept.

    Raises:
        Unacceptable: unknown, twice the same, or more than two.
    """
    names = [name.strip() for name in text.split(",")] if text.strip() else []
    if not set(names) <= set(DIMENSIONS):
        raise Unacceptable([("/by", "unknown")])
    if len(names) != len(set(names)):
        raise Unacceptable([("/by", "repeated")])
    if len(names) > MOST_CUTS:
        raise Unacceptable([("/by", "too_many")])
    return tuple(name for name in DIMENSIONS if name in names)


def preferred(accept: str) -> str | None:
    """The kind of answer a caller likes best of those there are; None when none will do.

    Of equally good ones JSON comes first. A range that names more counts before one that names
    less (RFC 9110, 12.5.1), so `text/csv;q=0, */*` refuses CSV.
    """
    wishes = dict(headers.ranges(accept)) if accept.strip() else {"*/*": 1.0}

    def liked(kind: str) -> float:
        ranges = (kind, f"{kind.split('/', maxsplit=1)[0]}/*", "*/*")
        return next((wishes[name] for name in ranges if name in wishes), 0.0)

    best = max(KINDS, key=liked)
    return best if liked(best) > 0 else None
