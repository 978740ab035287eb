# SPDX-License-Identifier: Apache-2.0
"""Findings about readers: whether one is there, what keeps it from being used, which of several.

A reader can be missing in three ways: none is plugged in, one is plugged in but PC/SC does not
offer it, or PC/SC cannot be asked. Only the first is a reason to order one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from cardtool.catalog import systems
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.surroundings import Host, UsbDevice
from cardtool.rules import (
    desk,
    fitting,
    hardware,
    nearby,
    ports,
    reader_names,
    service,
    session,
    tokens,
)
from cardtool.rules.codes import ROWS, Fact, finding, with_steps
from cardtool.rules.renewal import Policy

_MOST_NAMED = 20
"""At most so many installed drivers are named for a reader that they do not list."""

_LACK = frozenset({"reader-driver-missing", "reader-driver-for-arm", "reader-driver-old"})
"""Codes of readers that wait for a driver."""

_ORDERING = frozenset({"order-reader", "address-reader", "pay-reader"})

_DRIVER_OF_ACS = "acsccid"
"""In the name of ACS's driver as pcscd has it. Source: acsccid, Info.plist, CFBundleName."""

_SYSTEM_DRIVERS = {"darwin": "CCID", "win32": "Microsoft Usbccid Smartcard Reader (WUDF)"}
"""The driver for the class of readers. Source: drivers_notes/readers.md#ccid-driver."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings about each reader that is plugged in or offered, or say that there is none."""
    for reader in ports.readers(snapshot):
        is_virtual = ports.is_virtual(reader)
        yield finding("reader-virtual" if is_virtual else "reader-found", reader=reader.name)
        if refusal := ports.refusal(reader):
            yield finding("reader-not-asked", reader=reader.name, reason=refusal)
    for name in ports.unplugged(snapshot):
        yield finding("reader-unplugged", reader=name)
    seen = set()
    for judged in _on_usb(snapshot):  # the same finding about one model comes once
        if (key := (judged.code, *judged.facts.items())) not in seen:
            seen.add(key)
            yield judged
    is_lacking = not _LACK.isdisjoint(key[0] for key in seen) or _lacks_service(snapshot)
    if is_lacking and _is_new(snapshot):
        yield finding("driver-none")
    built_in = ports.only_built_in(snapshot)
    if (built_in or _is_none_here(snapshot, at)) and fitting.needs_no_reader(snapshot):
        yield finding("reader-not-needed")
    elif built_in or _is_none_here(snapshot, at):
        names = [reader.name for reader in built_in]
        yield _missing(snapshot, names, ports.contactless(snapshot))
    count = len(ports.readers(snapshot))  # virtual ones count, as they do for programs
    holding = [place.reader for place in desk.places(snapshot) if place.reader and place.nes]
    if count > 1 and holding:
        yield finding("readers-several", count=count, readers=holding)


def _is_new(snapshot: Snapshot) -> bool:
    """Tell whether a computer is so new that it has no driver of a card either."""
    is_set_up = any(map(fitting.is_installed_or_named, snapshot.modules))
    return not (is_set_up or ports.readers(snapshot) or session.hides_parts(snapshot))


def _lacks_service(snapshot: Snapshot) -> bool:
    """Tell whether no service of cards is installed on a Linux."""
    host = snapshot.host
    return host.platform == "linux" and host.pcscd is None and _is_stopped(snapshot)


def _is_stopped(snapshot: Snapshot) -> bool:
    """Tell whether a service that was stopped or never installed is all that keeps readers away."""
    return ports.is_service_stopped(snapshot.readers) and session.explains(snapshot) is None


def _waits_for_driver(device: UsbDevice, snapshot: Snapshot) -> bool:
    """Tell whether a reader will lack a driver when the service runs; CCID's comes with it."""
    host = snapshot.host
    has_own = host.pcscd is not None or not hardware.is_ccid(device)
    return host.platform == "linux" and has_own and hardware.lacks_driver(device)


def _missing(snapshot: Snapshot, built_in: Sequence[str], flat: Sequence[str]) -> Finding:
    """Say that the person's own reader is not here, by name where the last good check had it.

    No person was given those built into the computer, nor those without a slot, which are flat.
    """
    last, gone = snapshot.last_good, ports.gone(snapshot)
    if last and gone and isinstance(snapshot.usb, tuple):
        known = finding("reader-gone", readers=gone, good_at=last.taken_at)
        is_token = all(map(reader_names.may_be_token, gone))  # which no reader replaces
        steps = (step for step in known.steps if step not in _ORDERING)
        return with_steps(known, steps) if is_token else known
    if built_in or flat:
        phase = "built-in" if built_in else "contactless"
        return finding("reader-own-missing", readers=built_in or flat, phase=phase)
    return finding("reader-missing" if isinstance(snapshot.usb, tuple) else "reader-not-seen")


def _is_none_here(snapshot: Snapshot, at: datetime) -> bool:
    """Tell whether no reader is plugged in, as far as that can be known."""
    if ports.plugged(snapshot):
        return False
    if isinstance(snapshot.readers, Failure):
        return service.is_idle(snapshot) and not desk.can_sign(snapshot, at)
    return not (ports.signing_readers(snapshot) or session.explains(snapshot))


def _on_usb(snapshot: Snapshot) -> Iterator[Finding]:
    if desk.is_ours(snapshot.usb) and not ports.signing_readers(snapshot):
        yield finding("cardtool-fault", part="USB", reason=snapshot.usb)
    elif isinstance(snapshot.usb, Failure):
        yield finding("usb-not-seen", reason=snapshot.usb)
    served: list[UsbDevice] = []
    if isinstance(snapshot.readers, Failure) or session.explains(snapshot):
        is_stopped = _is_stopped(snapshot)
        unserved = [
            device
            for device in ports.plugged(snapshot)
            if hardware.hindrance(device) or (is_stopped and _waits_for_driver(device, snapshot))
        ]
    else:
        served, unserved = ports.divide(snapshot)
    for device in filter(hardware.models, served):
        yield finding("reader-identified", model=hardware.model_name(device), usb=device.id)
    is_unused = _others(snapshot, served)
    for device in unserved:
        code = _on_arm(hardware.hindrance(device) or _hidden(device, snapshot), device, snapshot)
        facts: dict[str, Fact] = {"model": hardware.model_name(device), "usb": device.id}
        if is_unused(device, code):
            yield finding("reader-not-used", **facts, reason=code)
        elif hardware.is_built_in(device) and code != "reader-unsupported":
            yield finding("reader-built-in-only", **facts, reason=code)
        else:
            yield finding(code, **facts, **_details(code, device, snapshot))


def _others(snapshot: Snapshot, served: Iterable[UsbDevice]) -> Callable[[UsbDevice, str], bool]:
    """Return a function that tells whether the person uses another reader and not this one.

    This is so if another reader holds a card or waits for one, or if this one is built in or not
    supported while another is plugged in. An empty reader that is built in or a keyboard's does not
    count as the other one, nor does one that may be built in where it is known what hinders this
    one; nor do readers if all cards here are others than the person's own (`tokens.are_others`).
    """
    offered = ports.signing_readers(snapshot)
    added = {device for device in ports.plugged(snapshot) if not hardware.is_built_in(device)}
    was_filled = any(map(ports.was_filled, offered))
    is_served = [hardware.is_built_in(device) for device in served]
    all_built_in = bool(is_served) and all(is_served)
    all_of_computer = nearby.only_of_computer(snapshot) and not session.hides_parts(snapshot)
    all_may_be_built_in = nearby.only_of_computer(snapshot, hardware.may_be_of_computer)
    is_own_elsewhere = tokens.are_others(snapshot)

    def is_unused(device: UsbDevice, code: str) -> bool:
        is_spare = hardware.is_built_in(device) or code == "reader-unsupported"
        if is_spare and len(added) > (device in added):
            return True
        if is_own_elsewhere:  # its card is none of those here: it is probably in this reader
            return is_spare or code == "reader-not-connected"
        is_own = all_of_computer and not hardware.is_of_computer(device)
        if all_may_be_built_in and hardware.is_unusable(device):
            is_own = is_own or not hardware.may_be_of_computer(device)
        return bool(offered) and (is_spare or was_filled or not (all_built_in or is_own))

    return is_unused


def _hidden(device: UsbDevice, snapshot: Snapshot) -> str:
    """Return the code for a device that the system accepts, but PC/SC does not offer."""
    host = snapshot.host
    if host.platform == "linux" and host.pcsc_drivers and hardware.is_unsupported(device):
        return "reader-unsupported"
    if hardware.lacks_driver(device):
        is_old = hardware.is_ccid(device) and bool(_drivers_for(device, host))
        return "reader-driver-old" if is_old else "reader-driver-missing"
    drivers = device.drivers or ()
    if len(drivers) > 1:
        return "reader-drivers-clash"
    return "reader-asleep" if drivers and device.asleep else "reader-not-offered"


def _drivers_for(device: UsbDevice, host: Host) -> list[str]:
    """Name the installed drivers of which a newer version may list a CCID device."""
    is_of_acs = hardware.is_of_acs(device)
    if _makers(device) and not is_of_acs:
        return []
    return [
        f"{driver.name} {driver.version}".strip()
        for driver in host.pcsc_drivers
        if not is_of_acs or _DRIVER_OF_ACS in driver.name
    ]


def _on_arm(code: str, device: UsbDevice, snapshot: Snapshot) -> str:
    """Return the code for a driver that a maker has to have made for Windows on ARM too."""
    host = snapshot.host
    is_arm = host.platform == "win32" and (
        host.machine == "aarch64" or "on-arm" in host.session.marks
    )
    is_makers = code == "reader-driver-missing" and not hardware.is_ccid(device)
    return "reader-driver-for-arm" if is_arm and is_makers else code


def _details(code: str, device: UsbDevice, snapshot: Snapshot) -> dict[str, Fact]:
    """Return the facts about what keeps a reader from being used."""
    host = snapshot.host
    match code:
        case "reader-driver-missing" | "reader-driver-for-arm":
            return {"driver": _driver_for(device, host)}
        case "reader-driver-old":
            return {"driver": _drivers_for(device, host)[:_MOST_NAMED]}
        case "reader-drivers-clash":
            return {"drivers": device.drivers}
        case _ if "problem" in ROWS[code].facts:
            return {"problem": device.problem}
        case _:
            return {}


def _makers(device: UsbDevice) -> list[str]:
    """Name the drivers of its maker that a reader needs."""
    return [model.package for model in hardware.models(device) if model.package]


def _driver_for(device: UsbDevice, host: Host) -> str:
    """Name the driver to install: the maker's if the model needs it, or else the system's."""
    makers = _makers(device)
    is_of_acs = hardware.is_of_acs(device)
    if makers and (host.platform != "linux" or not is_of_acs):
        return makers[0]
    if host.platform != "linux":
        return _SYSTEM_DRIVERS.get(host.platform, "CCID")
    known = systems.packages(host.release)
    every = (known,) if known else systems.load()
    return " / ".join(one.acs if is_of_acs else one.ccid for one in every)
