# SPDX-License-Identifier: Apache-2.0
"""How issuers' servers are asked: the settings in a configuration file, also used by the probe."""

from pathlib import Path
from typing import Annotated

import msgspec


class Online(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How issuers' servers are asked, where somebody wants it."""

    proxy: str = ""
    """Address of a proxy, http://HOST:PORT; empty: the one of the environment or the system."""
    certificates: str = ""
    """Folder with issuers' certificates."""
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 10.0
    """Seconds for all certificates together, after the check."""
    roots: tuple[Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]{64}$")], ...] = ()
    """SHA-256 fingerprints of roots that are trusted besides those of the catalogue."""
    allow_private: bool = False
    """Addresses in certificates may lead into a private network."""

    def __post_init__(self) -> None:
        """Refuse a folder that depends on the current one."""
        if self.certificates and not Path(self.certificates).is_absolute():
            text = f"`certificates` must be absolute: {self.certificates}"
            raise ValueError(text)
