"""Working days on the calendars of real countries: counted by hand, holiday by holiday."""

from __future__ import annotations

from datetime import date

import pytest

from workflows import countries
from workflows.calendar import WorkingCalendar

BY_HAND = [
    # Mali
    ("ML", date(2025, 12, 24), 5, date(2026, 1, 2), "Christmas on Thursday, New Year on Thursday"),
    ("ML", date(2026, 1, 16), 2, date(2026, 1, 21), "Tuesday 20 January: the army's day"),
    ("ML", date(2026, 3, 25), 1, date(2026, 3, 27), "Thursday 26 March: the martyrs' day"),
    ("ML", date(2026, 5, 22), 2, date(2026, 5, 28), "Monday: Africa Day; Wednesday: Tabaski"),
    ("ML", date(2026, 9, 21), 1, date(2026, 9, 23), "Tuesday 22 September: independence"),
    # Mozambique
    ("MZ", date(2025, 12, 31), 3, date(2026, 1, 6), "New Year on Thursday, then a weekend"),
    ("MZ", date(2026, 4, 6), 1, date(2026, 4, 8), "Tuesday 7 April: women's day"),
    ("MZ", date(2026, 9, 4), 10, date(2026, 9, 21), "Monday 7 September: Lusaka agreement"),
    ("MZ", date(2026, 10, 2), 1, date(2026, 10, 6), "Sunday 4 October: kept on the Monday"),
    ("MZ", date(2026, 12, 24), 2, date(2026, 12, 29), "Friday 25 December: family day"),
    # Guatemala
    ("GT", date(2025, 12, 18), 15, date(2026, 1, 12), "Christmas and New Year on Thursdays"),
    ("GT", date(2026, 4, 1), 5, date(2026, 4, 10), "Thursday and Friday of Holy Week"),
    ("GT", date(2026, 6, 26), 1, date(2026, 6, 30), "army day, 30 June, kept on Monday 29"),
    ("GT", date(2026, 9, 14), 2, date(2026, 9, 17), "Tuesday 15 September: independence"),
    # Honduras
    ("HN", date(2025, 12, 31), 1, date(2026, 1, 2), "New Year on Thursday"),
    ("HN", date(2026, 3, 30), 10, date(2026, 4, 16), "Holy Week; 14 April: day of the Americas"),
    ("HN", date(2026, 10, 2), 5, date(2026, 10, 14), "Morazán's week: 7 to 9 October"),
    # Tanzania
    ("TZ", date(2026, 4, 2), 2, date(2026, 4, 9), "Good Friday, Easter Monday, Karume day"),
    ("TZ", date(2026, 12, 8), 1, date(2026, 12, 10), "Wednesday 9 December: independence"),
    ("TZ", date(2026, 12, 24), 5, date(2027, 1, 4), "Christmas on Friday, New Year on Friday"),
    ("TZ", date(2027, 1, 7), 3, date(2027, 1, 13), "Tuesday 12 January: Zanzibar's revolution"),
    # Belgium
    ("BE", date(2026, 5, 12), 5, date(2026, 5, 20), "Thursday 14 May: Ascension"),
    ("BE", date(2026, 5, 22), 1, date(2026, 5, 26), "Monday 25 May: Whit Monday"),
    ("BE", date(2026, 7, 20), 1, date(2026, 7, 22), "Tuesday 21 July: national day"),
    ("BE", date(2026, 12, 22), 10, date(2027, 1, 7), "Christmas and New Year on Fridays"),
    # A weekend that is another one: Friday and Saturday
    ("EG", date(2026, 6, 4), 1, date(2026, 6, 7), "from Thursday to Sunday"),
]


@pytest.mark.parametrize(("country", "start", "days", "end", "why"), BY_HAND)
def test_working_days_of_real_countries_are_those_counted_by_hand(
    country: str, start: date, days: int, end: date, why: str
) -> None:
    calendar = WorkingCalendar(country=country)
    assert calendar.add_working_days(start, days) == end, why
    assert calendar.working_days_between(start, end) == days


def test_the_moon_is_estimated_and_the_administration_knows_better() -> None:
    friday, monday, tuesday = date(2026, 3, 20), date(2026, 3, 23), date(2026, 3, 24)
    estimated = WorkingCalendar(country="TZ")  # the feast on Saturday 21 and Sunday 22 March
    assert estimated.add_working_days(friday, 1) == monday
    seen = WorkingCalendar(country="TZ", closed=frozenset({monday}))
    assert seen.add_working_days(friday, 1) == tuesday
    thursday, friday_28 = date(2026, 5, 28), date(2026, 5, 29)
    late = WorkingCalendar(
        country="TZ", closed=frozenset({friday_28}), opened=frozenset({thursday})
    )
    assert late.is_working_day(thursday)
    assert not late.is_working_day(friday_28)


def test_holidays_are_named_in_the_language_asked_for_where_the_library_knows_it() -> None:
    martyrs = date(2026, 3, 26)
    assert countries.public_holidays("ML", 2026, "fr")[martyrs] == "Journée du 26 mars"
    assert countries.public_holidays("ML", 2026, "en")[martyrs] == "Martyrs' Day"
    christmas = date(2026, 12, 25)
    assert countries.public_holidays("GT", 2026, "es")[christmas] == "Día de Navidad"
    assert countries.public_holidays("GT", 2026, "ar")[christmas] == "Día de Navidad"
    assert list(countries.public_holidays("GT", 2026)) == sorted(
        countries.public_holidays("GT", 2026)
    )


def test_an_estimate_says_that_it_is_one() -> None:
    assert "estimated" in countries.public_holidays("ML", 2026, "en")[date(2026, 3, 20)]


def test_an_administration_of_no_country_has_weekends_only() -> None:
    assert countries.public_holidays("XA", 2026) == {}
    free = countries.free_days("XA", 2026)
    assert len(free) == 104
    assert {day.weekday() for day in free} == {5, 6}


@pytest.mark.parametrize("country", ["ML", "MZ", "GT", "HN", "TZ", "BE", "XA", "ZZ", "AA", "QM"])
def test_a_country_is_known_by_its_two_letters(country: str) -> None:
    assert countries.known(country)
    assert countries.free_days(country, 2026)


@pytest.mark.parametrize("country", ["ml", "MLI", "Mali", "YY", "UK", "", "X1"])
def test_other_letters_are_no_country(country: str) -> None:
    assert not countries.known(country)
    with pytest.raises(LookupError):
        countries.free_days(f"{country}!", 2026)
    with pytest.raises(LookupError):
        countries.public_holidays(f"{country}!", 2026)


def test_every_year_a_case_can_reach_has_a_calendar() -> None:
    for year in (1, 1900, 2100, 9999):
        assert countries.free_days("ML", year)
