# SPDX-License-Identifier: Apache-2.0
"""How many NES are to be renewed in which month."""

from typing import Literal

import msgspec

from cardtool.model.moments import Utc

When = Literal["overdue", "month", "later"]


class Renewals(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a month, or what lies before or after all of them."""

    when: When
    month: str = ""
    """2027-04, in Turkey's time; empty: none."""
    unit: str = ""
    """Empty: of the whole institution, or of no known unit."""
    count: int
    cost: float | None = None
    """None: the site has set no price."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The renewals ahead, as far as certificates were seen at a moment."""

    at: Utc
    currency: str
    by_unit: bool = False
    lines: tuple[Renewals, ...]
    """overdue first, then every month in order, then later; of each unit where they are apart."""
