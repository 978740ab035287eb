# SPDX-License-Identifier: Apache-2.0
"""A workstation without a usable reader: either order one, or IT repairs the one that is there."""

from typing import Literal

import msgspec

from cardtool.model.moments import Utc
from cardtool.model.register import Entry
from cardtool.model.summary import ReaderState

Form = Literal["mini", "desktop"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of readers to order, or of those beside it that are not to be."""

    to_order: bool
    """Only where USB was looked at and shows none; else a reader is there and does not work."""
    host: str
    host_id: str = ""
    unit: str = ""
    user: str = ""
    holder: str = ""
    person: str = ""
    at: Utc
    reader: ReaderState
    verdict: str
    form: Form = "mini"
    """mini takes the SIM-sized card."""
    assumed: bool = True
    """No reader of a known form was ever seen here."""
    model: str = ""
    """The reader that was seen here last, as the catalogue calls it or PC/SC did."""
    since_at: Utc | None = None
    """When the first of the latest snapshots in a row that show the same was taken."""
    taken_at: Utc
    """When the latest snapshot was taken."""
    stale: bool = False
    """That is longer ago than it should be: ask before ordering."""
    known_by: str = ""
    """What of the register fits: number, user or host; empty: nothing does."""
    people: tuple[Entry, ...] = ()
    """Whose workstation it is, by the register."""
