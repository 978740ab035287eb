# SPDX-License-Identifier: Apache-2.0
"""Which desks of tests.real stand on Windows too, and what is said of them there."""

from collections.abc import Mapping

ELSEWHERE: Mapping[str, str] = {
    "softhsm-without-a-card": "SoftHSM is installed on Linux",
    "softhsm-without-a-reader": "SoftHSM is installed on Linux",
    "driver-for-another-machine": "the files of a Linux machine",
    "driver-in-two-versions": "the files of a Linux machine",
    "reader-not-ccid": "USB as Linux shows it",
    "reader-newer-than-its-driver": "USB as Linux shows it",
    "reader-that-two-drivers-want": "USB as Linux shows it",
    "reader-blocked-by-policy": "USB as Linux shows it",
    "reader-asleep": "USB as Linux shows it",
    "reader-not-offered": "USB as Linux shows it",
    "reader-unsupported": "USB as Linux shows it",
    "reader-named-by-its-usb-id": "USB as Linux shows it",
    "changed-since-all-was-well": "a driver of Linux is what is remembered",
    "service-masked": "systemd",
    "container-without-the-socket": "containers of Linux",
    "flatpak": "a package format of Linux",
    "snap": "a package format of Linux",
}
"""Desks that only Linux has, and why."""

OTHERWISE: Mapping[str, set[tuple[str, int]]] = {
    "no-service": {("reader-missing", 2)},
    "reader-with-a-turkish-name": {("service-failed", 3)},
    "card-held-by-another-program": {("card-in-use-unnamed", 2)},
    "card-of-another-protocol": {("token-not-recognised", 2)},
    "swapped-while-read": {("nes-valid", 0), ("card-pulled", 2)},
}
"""Desks of which Windows is told something else, as the verdicts and exit statuses it may be.

Windows stops its service where no reader is, so a stopped one means that. Wine lists the last
letters of a name that is not ASCII as one more reader, and then knows none of that name.
The program that holds the card is one of Linux, which Windows does not see. The Windows branch
does not wait until a pulled card is back (`cardtool.probe.pcsc`), so a swap is seen before the
other card is in, or after.
"""
