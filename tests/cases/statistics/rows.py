"""Rows to count: facts made by hand, and strategies that make them."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import strategies as st

from cases.statistics.indicators import (
    BAND_NAMES,
    NOT_STATED,
    AllegationRow,
    ClosingRow,
    Counted,
    MonthFacts,
    ReportRow,
    StockRow,
)

UNIT = UUID(int=1)
OTHER_UNIT = UUID(int=2)
OUTSIDE = UUID(int=3)
FIRST = date(2026, 3, 1)
AS_OF = date(2026, 4, 7)


def age_band(days: int) -> str:
    """The band of an age in days, by what the names of the bands say: `31-90`, `366+`."""
    for name in BAND_NAMES:
        low, _, high = name.rstrip("+").partition("-")
        if int(low) <= days <= int(high or days):
            return name
    raise AssertionError(days)


units = st.sampled_from([UNIT, OTHER_UNIT, OUTSIDE])
categories = st.sampled_from(["COR-01", "COR-02", "DIG-02", "SRV-01", NOT_STATED])
offices = st.sampled_from(["HQ", "NORTH", "PORT", NOT_STATED])
channels = st.sampled_from(["web", "phone"])
days = st.integers(0, 30).map(lambda n: FIRST + timedelta(days=n))
where = {"unit": units, "category": categories, "office": offices, "channel": channels}


@st.composite
def report_rows(draw: st.DrawFn) -> ReportRow:
    """Reports of March, acknowledged or not."""
    received = draw(days)
    wait = draw(st.none() | st.integers(0, 20))
    return ReportRow(
        unit=draw(units),
        category=draw(categories),
        office=draw(offices),
        channel=draw(channels),
        received_on=received,
        anonymous=draw(st.booleans()),
        acknowledged_on=None if wait is None else received + timedelta(days=wait),
        automatic=draw(st.booleans()),
    )


stock_rows = st.builds(StockRow, **where, age=st.sampled_from(BAND_NAMES), count=st.integers(1, 12))

month_facts = st.builds(
    MonthFacts,
    as_of=st.just(AS_OF),
    reports=st.lists(report_rows(), max_size=25),
    opened=st.lists(st.builds(Counted, **where), max_size=25),
    closed=st.lists(st.builds(ClosingRow, **where, days=st.integers(0, 900)), max_size=25),
    allegations=st.lists(
        st.builds(
            AllegationRow,
            **where,
            finding=st.sampled_from(
                ["substantiated", "partly_substantiated", "unfounded", "not_investigated"]
            ),
        ),
        max_size=25,
    ),
    at_start=st.lists(stock_rows, max_size=10),
    at_end=st.lists(stock_rows, max_size=10),
)


def reports(count: int, *, category: str = "COR-01", office: str = "PORT") -> list[ReportRow]:
    """So many anonymous reports from the web on the first of the month, not yet acknowledged."""
    return [
        ReportRow(
            unit=UNIT,
            category=category,
            office=office,
            channel="web",
            received_on=FIRST,
            anonymous=True,
        )
        for _ in range(count)
    ]
