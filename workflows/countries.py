"""The public holidays and the weekend of each country, as a well-kept library knows them.

A country is named by its two letters (ISO 3166-1). The letters that the standard leaves to its users (AA,
QM to QZ, XA to XZ, ZZ) stand for an administration of no country, such as a demo: it works from Monday to
Friday and has no public holidays.

Days that follow the moon are estimates; the library says so in their names, and the administration's own
calendar corrects them (`workflows.calendar`).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from holidays import country_holidays, list_supported_countries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holidays import HolidayBase

    from workflows.model import Locale

NOWHERE = "ZZ"
"""Stands for no country."""
NO_COUNTRY = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")
SATURDAY = 5
ENGLISH = "en_US"
"""What the library calls the English that nearly every country's holidays are named in."""
REMEMBERED = 64
"""Years kept in memory, of one country as a rule."""


def known(country: str) -> bool:
    """Whether a country has a calendar here; in capitals."""
    return NO_COUNTRY.fullmatch(country) is not None or country in list_supported_countries(
        include_aliases=False
    )


@lru_cache(maxsize=REMEMBERED)
def free_days(country: str, year: int) -> frozenset[date]:
    """The days of a year on which a country does not work: its weekends and public holidays.

    Raises:
        LookupError: there is no such country.
    """
    first, end = date(year, 1, 1), date(year, 12, 31)
    days = (first + timedelta(days=n) for n in range((end - first).days + 1))
    if NO_COUNTRY.fullmatch(country):
        return frozenset(day for day in days if day.weekday() >= SATURDAY)
    known_days = _of_library(country, year)
    return frozenset(day for day in days if not known_days.is_working_day(day))


@lru_cache(maxsize=REMEMBERED)
def public_holidays(country: str, year: int, locale: Locale = "en") -> Mapping[date, str]:
    """The public holidays of a year and what they are called, in order.

    Args:
        locale: wanted; where the library has no such names, the country's own or English ones.

    Raises:
        LookupError: there is no such country.
    """
    if NO_COUNTRY.fullmatch(country):
        return MappingProxyType({})
    plain = _of_library(country, year)
    spoken = (*plain.supported_languages, plain.default_language or ENGLISH)
    language = next((one for one in spoken if one.split("_")[0] == locale), spoken[-1])
    named = _of_library(country, year, language)
    return MappingProxyType({day: named[day] for day in sorted(named) if day.year == year})


def _of_library(country: str, year: int, language: str | None = None) -> HolidayBase:
    try:
        return country_holidays(country, years=year, expand=False, language=language)
    except NotImplementedError as unknown:
        raise LookupError(country) from unknown
