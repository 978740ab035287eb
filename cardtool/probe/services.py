# SPDX-License-Identifier: Apache-2.0
"""The services that readers depend on, in the system's own words."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Service
from cardtool.probe import program

_UNITS = ("pcscd.socket", "pcscd.service")
_PROPERTIES = "Id,LoadState,ActiveState,UnitFileState"
_NOT_FOUND = "not-found"
"""Source: systemd, org.freedesktop.systemd1, LoadState."""

_WINDOWS_SERVICES = ("SCardSvr", "ScDeviceEnum", "CertPropSvc")
"""The smart card service, the one that finds its readers, and the one that reads certificates."""


def look(timeout_s: float, systemctl: str = "systemctl") -> tuple[Service, ...]:
    """Ask the system about its services; empty where it has none of these, or does not answer."""
    if sys.platform == "win32":
        return _ask_windows()
    if sys.platform == "linux":
        return _ask_systemd(timeout_s, systemctl)
    return ()


def parse_systemctl(text: str) -> tuple[Service, ...]:
    """Read what `systemctl show` prints: a block of properties a unit, in any order.

    Source: systemctl(1), show.
    """
    services = []
    for block in text.split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in unit:
            missing = unit.get("LoadState") == _NOT_FOUND
            state = "" if missing else unit.get("ActiveState", "")
            services.append(
                Service(name=unit["Id"], state=state, start=unit.get("UnitFileState", ""))
            )
    return tuple(services)


def _ask_systemd(timeout_s: float, systemctl: str) -> tuple[Service, ...]:
    command = [systemctl, "show", *_UNITS, f"--property={_PROPERTIES}"]
    printed = program.output(command, api="systemd", timeout_s=timeout_s)
    return () if isinstance(printed, Failure) else parse_systemctl(printed.decode(errors="replace"))


def describe_windows(ask: Callable[[str], Any]) -> Iterator[Service]:
    """Describe the services that `ask` finds by name, as `psutil.win_service_get` does.

    The states are running, stopped, paused, start_pending, ...; the starts automatic, manual and
    disabled. Source: psutil, Windows services.
    """
    import psutil  # noqa: PLC0415 - native, and nobody else here needs it

    for name in _WINDOWS_SERVICES:
        try:
            service = ask(name)
            yield Service(name=name, state=service.status(), start=service.start_type())
        except psutil.NoSuchProcess:
            yield Service(name=name, state="")
        except (psutil.Error, OSError):  # it may not be looked at: nothing is known
            continue


def _ask_windows() -> tuple[Service, ...]:
    """Ask the service manager, which needs no rights for this and answers at once."""
    if sys.platform != "win32":
        return ()
    import psutil  # noqa: PLC0415 - the same

    return tuple(describe_windows(psutil.win_service_get))
