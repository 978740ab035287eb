# SPDX-License-Identifier: Apache-2.0
"""The packages that a card reader needs on each distribution of Linux."""

import msgspec

from cardtool.catalog.toml import rows
from cardtool.model.once import once


class Distribution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The packages of a distribution, and the command that installs one."""

    names: tuple[str, ...] = ()
    """Words of the names of the distributions that have these packages."""
    install: str = ""
    service: str = "pcsc-lite"
    library: str = "pcsc-lite"
    ccid: str = "ccid"
    """The driver for the class of readers."""
    acs: str = ""
    """ACS's own driver."""


_UNKNOWN = Distribution()
"""Names the projects themselves, for a distribution that is not in the list."""


@once
def load() -> tuple[Distribution, ...]:
    """Give every distribution, read once a process."""
    return rows("systems.toml", Distribution)


def packages(release: str) -> Distribution | None:
    """Return the packages of a distribution; None: it is not known."""
    fitting = (one for one in load() if any(f" {name} " in f" {release} " for name in one.names))
    return next(fitting, None)


def command(release: str, *packages_of: str) -> str:
    """Return the command that installs packages, by their names in `Distribution`."""
    known = packages(release) or _UNKNOWN
    return known.install + " ".join(getattr(known, name) for name in packages_of)
