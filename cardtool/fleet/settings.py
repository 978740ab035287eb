# SPDX-License-Identifier: Apache-2.0
"""What a configuration file may say of `[fleet]`: records alone, read at every start."""

from typing import Annotated, Literal

import msgspec


class OfFleet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where snapshots are sent to and kept, and as whose; None: as it is otherwise."""

    to: str | None = None
    """Where snapshots are sent: an absolute folder, or https://…"""
    identity: Literal["full", "masked", "hashed"] | None = None
    """What of a person leaves the machine, and is taken in; None: `hashed`, and all is taken in."""
    unit: str | None = None
    """Unit of the institution this workstation belongs to."""
    host_id: str | None = None
    """Name of this workstation for all time; None: made from the machine's own."""
    proxy: str | None = None
    """Address of a proxy, http://HOST:PORT."""
    ca_file: str | None = None
    """PEM file with the only issuers of the receiver's certificate that are trusted."""
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
    """In which the price is."""
    columns: dict[str, str] = {}
    """Headings of a personnel register, by what they mean."""

    @property
    def kept(self) -> Literal["full", "masked", "hashed"]:
        """Return what of a person leaves the machine or a register."""
        return self.identity or "hashed"
