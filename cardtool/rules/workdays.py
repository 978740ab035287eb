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

    `country` is as `Policy.holidays` has it. The eve of a holiday, on which offices close at
    13:00, is no working day here: who counts on it comes too late.
    """
    try:
        day = moment.astimezone(TURKEY).date()
    except OverflowError:  # the last hours of the year 9999
        day = moment.date()
    return _end_of(day, country)


@functools.lru_cache(maxsize=4096)  # of a fleet's certificates many end on one day
def _end_of(day: date, country: str) -> datetime:
    while day.weekday() not in _WORKING or day in holidays(country, day.year):
        day -= _DAY
    return datetime.combine(day, _LAST_SECOND)


@functools.lru_cache(maxsize=64)
def holidays(country: str, year: int) -> frozenset[date]:
    """Return a country's public holidays and their eves; of one without a name, none.

    Years whose religious holidays are not announced yet have them as they are computed.

    Source: python-holidays, for Turkey Laws 2429 and 2739.
    """
    if not country:
        return frozenset()
    from holidays import country_holidays  # noqa: PLC0415 - 0.1 s, for few certificates

    known = country_holidays(country).supported_categories
    wanted = tuple(each for each in ("public", "half_day") if each in known)
    return frozenset(country_holidays(country, years=year, categories=wanted))
