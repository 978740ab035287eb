# SPDX-License-Identifier: Apache-2.0
"""Names the packages that a card reader needs on each distribution of Linux.

Gives no findings. Source: drivers_notes/readers.md#ccid-driver; packages of the distributions.
"""

import msgspec


class Packages(msgspec.Struct, frozen=True, kw_only=True):
    """The packages of a distribution, and the command that installs one."""

    install: str
    service: str
    library: str
    ccid: str
    """The driver for the class of readers."""
    acs: str
    """ACS's own driver."""


DISTRIBUTIONS = {
    "Debian|Ubuntu|Pardus|Mint|Kali|Zorin": Packages(
        install="sudo apt install ",
        service="pcscd",
        library="libpcsclite1",
        ccid="libccid",
        acs="libacsccid1",
    ),
    "Fedora|Red Hat|CentOS|Rocky|AlmaLinux": Packages(
        install="sudo dnf install ",
        service="pcsc-lite",
        library="pcsc-lite-libs",
        ccid="pcsc-lite-ccid",
        acs="pcsc-lite-acsccid",
    ),
    "Arch|Manjaro|EndeavourOS": Packages(
        install="sudo pacman -S ",
        service="pcsclite",
        library="pcsclite",
        ccid="ccid",
        acs="acsccid",
    ),
    "openSUSE|SUSE": Packages(
        install="sudo zypper install ",
        service="pcsc-lite",
        library="libpcsclite1",
        ccid="pcsc-ccid",
        acs="pcsc-acsccid",
    ),
}
"""Words of a distribution's name -> its packages."""

_UNKNOWN = Packages(install="", service="pcsc-lite", library="pcsc-lite", ccid="ccid", acs="")
"""The names of the projects themselves, for a distribution that is not here."""


def packages(release: str) -> Packages | None:
    """Return the packages of a distribution; None: it is not known."""
    for words, known in DISTRIBUTIONS.items():
        if any(f" {word} " in f" {release} " for word in words.split("|")):
            return known
    return None


def command(release: str, *names: str) -> str:
    """Return the command that installs packages, by their names in `Packages`."""
    known = packages(release) or _UNKNOWN
    return known.install + " ".join(getattr(known, name) for name in names)
