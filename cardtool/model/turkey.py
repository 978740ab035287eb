# SPDX-License-Identifier: Apache-2.0
"""What is special to Turkey: its time zone and days, and the letters ı and İ."""

import functools
import unicodedata
from datetime import date, datetime, timedelta, timezone

TURKEY = timezone(timedelta(hours=3))
"""All year since 2016. Source: IANA tz database, Europe/Istanbul."""

_SMALL = str.maketrans({"İ": "i", "I": "ı"})


def day_of(moment: datetime) -> date:
    """Return the date that a moment has in Turkey."""
    try:
        return moment.astimezone(TURKEY).date()
    except OverflowError:  # the last hours of the year 9999
        return moment.date()


def days_past(ends_at: datetime, at: datetime) -> int:
    """Count the days from an end to a moment as people do: by the dates of the two in Turkey."""
    return (day_of(at) - day_of(ends_at)).days


def lowered(text: str) -> str:
    """Return a Turkish text in small letters, whose I is ı."""
    return text.translate(_SMALL).lower()


@functools.lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """Return a text without case, accents and dots, so that İ, I, ı and i are one letter."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
