# SPDX-License-Identifier: Apache-2.0
"""What a configuration file may say in `[fleet]`. Read at every start, so only a record."""

from typing import Annotated, Literal

import msgspec


class OfFleet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where snapshots are sent and stored, and what they say of people; None: the default."""

    to: str | None = None
    """Where snapshots are sent: an absolute folder, or https://…"""
    identity: Literal["full", "masked", "hashed"] | None = None
    """What of people is sent, and what is imported; None: sends `hashed`, imports everything."""
    unit: str | None = None
    """Unit of the institution this workstation belongs to."""
    host_id: str | None = None
    """Lasting name of this workstation; None: made from the system's own identifier."""
    proxy: str | None = None
    """Address of a proxy, http://HOST:PORT."""
    ca_file: str | None = None
    """PEM file with the only trusted issuers of the receiver's certificate."""
    token_file: str | None = None
    """File with the bearer token for the receiver."""
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 30.0
    """Seconds for one delivery."""
    spool_limit: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    """Snapshots that wait at most, before the oldest is dropped; None: none is ever dropped."""
    database: str | None = None
    """Where snapshots are kept: a file, or postgresql://…"""
    price: Annotated[float, msgspec.Meta(ge=0, le=1_000_000_000)] | None = None
    """What one renewal costs."""
    currency: str = "TRY"
    """Currency of the price."""
    columns: dict[str, str] = {}
    """Headings of a personnel register, by what they mean."""

    @property
    def kept(self) -> Literal["full", "masked", "hashed"]:
        """Return what of a person leaves the machine or a register."""
        return self.identity or "hashed"
