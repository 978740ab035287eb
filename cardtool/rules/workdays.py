# SPDX-License-Identifier: Apache-2.0
"""Which days offices work, and when such a day is over.

Pure: a calendar is computed, never looked up. Knows nothing of certificates.
"""

import functools
from datetime import date, datetime, time, timedelta

from cardtool.model.turkey import TURKEY

_LAST_SECOND = time(23, 59, 59, tzinfo=TURKEY)
_WORKING = range(5)  # Monday to Friday, as date.weekday() counts
_DAY = timedelta(days=1)


def last_by(moment: datetime, country: str) -> datetime:
    """Return the last second, in Turkey's time, of the last working day that begins by a moment.

    `country` is as in `Policy.holidays`. The eve of a holiday does not count as a working day,
    because offices close at 13:00.
    """
    try:
        day = moment.astimezone(TURKEY).date()
    except OverflowError:  # the last hours of the year 9999
        day = moment.date()
    return _end_of(day, country)


@functools.lru_cache(maxsize=4096)  # many certificates of a fleet end on the same day
def _end_of(day: date, country: str) -> datetime:
    while day.weekday() not in _WORKING or day in holidays(country, day.year):
        day -= _DAY
    return datetime.combine(day, _LAST_SECOND)


@functools.lru_cache(maxsize=64)
def holidays(country: str, year: int) -> frozenset[date]:
    """Return a country's public holidays and their eves; none if the country is empty.

    Religious holidays that are not announced yet are those that the library computes.

    Source: python-holidays, for Turkey Laws 2429 and 2739.
    """
    if not country:
        return frozenset()
    from holidays import country_holidays  # noqa: PLC0415 - 0.1 s, for few certificates

    known = country_holidays(country).supported_categories
    wanted = tuple(each for each in ("public", "half_day") if each in known)
    return frozenset(country_holidays(country, years=year, categories=wanted))
