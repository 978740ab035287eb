# SPDX-License-Identifier: Apache-2.0
"""Findings about readers: whether one is there, what keeps it from being used, which of several.

A reader can be missing in three ways, and only the first is a reason to order one: none is plugged
in, one is plugged in and PC/SC does not offer it, or PC/SC itself cannot be asked.
"""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Reader, Snapshot
from cardtool.model.surroundings import Driver, UsbDevice
from cardtool.rules import desk, named, ports, service, session
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_MOST_NAMED = 20
"""Drivers that are named, at most, for a reader that none of them knows."""

_SYSTEM_DRIVERS = {
    "linux": "libccid",
    "darwin": "CCID",
    "win32": "Microsoft Usbccid Smartcard Reader (WUDF)",
}
"""The driver for readers of the CCID class. Source: drivers_notes/readers.md#ccid-driver."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for each reader that is plugged in or offered, or that there is none."""
    for reader in desk.readers(snapshot):
        yield finding(
            "reader-virtual" if desk.is_virtual(reader) else "reader-found", reader=reader.name
        )
        if refusal := ports.refusal(reader):
            reason = desk.reason(refusal)
            yield finding("reader-not-asked", reader=reader.name, reason=reason)
    for name in desk.unplugged(snapshot):
        yield finding("reader-unplugged", reader=name)
    yield from _on_usb(snapshot)
    if isinstance(snapshot.usb, Failure):
        yield _unseen(snapshot.usb, snapshot)
    if _is_none_here(snapshot, at) and named.needs_no_reader(snapshot):
        yield finding("reader-not-needed")
    elif _is_none_here(snapshot, at):
        yield finding("reader-missing" if isinstance(snapshot.usb, tuple) else "reader-not-seen")
    yield from _several(snapshot)


def _is_none_here(snapshot: Snapshot, at: datetime) -> bool:
    """Tell whether no reader is plugged in, as far as that can be known."""
    if ports.plugged(snapshot):
        return False
    if isinstance(snapshot.readers, Failure):
        return service.is_idle(snapshot) and not desk.can_sign(snapshot, at)
    return not (ports.real(snapshot) or session.cause(snapshot))


def _unseen(failure: Failure, snapshot: Snapshot) -> Finding:
    """Say that USB could not be read; a fault of cardtool counts only if USB was needed."""
    reason = desk.reason(failure)
    if desk.is_ours(failure) and not ports.real(snapshot):
        return finding("cardtool-fault", part="USB", reason=reason)
    return finding("usb-not-seen", reason=reason)


def _several(snapshot: Snapshot) -> Iterator[Finding]:
    """Say which of several readers holds an NES; virtual readers count, as they do for programs."""
    readers = desk.readers(snapshot)
    places = desk.places(snapshot)
    holding = [place.reader for place in places if place.reader and place.nes]
    if len(readers) > 1 and holding:
        yield finding("readers-several", count=len(readers), readers=", ".join(holding))


def _on_usb(snapshot: Snapshot) -> Iterator[Finding]:
    """Give a finding for each reader on USB; the same finding about one model comes once."""
    seen = set()
    for judged in _judged(snapshot):
        if (key := (judged.code, *judged.facts.items())) not in seen:
            seen.add(key)
            yield judged


def _judged(snapshot: Snapshot) -> Iterator[Finding]:
    if isinstance(snapshot.readers, Failure) or session.cause(snapshot) is not None:
        served: tuple[UsbDevice, ...] = ()
        unserved = tuple(filter(ports.hindrance, ports.plugged(snapshot)))
    else:
        divided = ports.sort(snapshot)
        served, unserved = divided.served, divided.unserved
        for device in served:
            yield finding("reader-identified", model=ports.model_name(device), usb=device.id)
    others = _OtherReaders(snapshot, served)
    for device in unserved:
        trouble = _trouble(device, snapshot)
        is_unsupported = trouble.code == "reader-unsupported"
        facts = {
            "model": trouble.facts["model"],
            "usb": device.id,
            "reason": trouble.code,
        }
        if _is_unused(device, others, is_unsupported=is_unsupported):
            yield finding("reader-not-used", **facts)
        elif ports.is_built_in(device) and not is_unsupported:
            yield finding("reader-built-in-only", **facts)
        else:
            yield trouble


class _OtherReaders:
    """The readers that are there besides one that PC/SC does not serve."""

    def __init__(self, snapshot: Snapshot, served: tuple[UsbDevice, ...]) -> None:
        offered = ports.real(snapshot)
        self.added = {device for device in ports.plugged(snapshot) if not ports.is_built_in(device)}
        """The readers that did not come with the computer."""
        self.has_any = bool(offered)
        self.was_filled = any(map(_was_filled, offered))
        self.is_built_in = bool(served) and all(map(ports.is_built_in, served))
        """All that PC/SC serves came with the computer."""


def _is_unused(device: UsbDevice, others: _OtherReaders, *, is_unsupported: bool) -> bool:
    """Tell whether the person uses another reader and not this one.

    They do if another reader holds a card or waits for one, or if this one came with the computer.
    But an empty reader that came with the computer does not count beside one that was plugged in.
    """
    is_spare = ports.is_built_in(device) or is_unsupported
    if is_spare and len(others.added) > (device in others.added):
        return True
    if is_spare or others.was_filled:
        return others.has_any
    return others.has_any and not others.is_built_in


def _was_filled(reader: Reader) -> bool:
    return reader.card is not None or "MUTE" in reader.states or reader.changes > 0


def _trouble(device: UsbDevice, snapshot: Snapshot) -> Finding:
    """Say why PC/SC does not offer a reader that is plugged in."""
    code = ports.hindrance(device) or _hidden(device, snapshot)
    facts: dict[str, str | int] = {"model": ports.model_name(device), "usb": device.id}
    match code:
        case "reader-driver-missing":
            facts["driver"] = _wanted(device, snapshot)
        case "reader-driver-old":
            facts["driver"] = ", ".join(map(_named, snapshot.host.pcsc_drivers[:_MOST_NAMED]))
        case "reader-drivers-clash":
            facts["drivers"] = ", ".join(device.drivers or ())
        case "reader-disabled" | "reader-faulty":
            facts["problem"] = device.problem or 0
    return finding(code, **facts)


def _hidden(device: UsbDevice, snapshot: Snapshot) -> str:
    """Return the code for a device that the system lets in and PC/SC does not offer."""
    host = snapshot.host
    if host.platform != "win32" and any(
        each.ccid == "unsupported" for each in ports.models(device)
    ):
        return "reader-unsupported"
    if ports.lacks_driver(device):
        is_old = ports.is_ccid(device) and bool(host.pcsc_drivers)
        return "reader-driver-old" if is_old else "reader-driver-missing"
    drivers = device.drivers or ()
    if len(drivers) > 1:
        return "reader-drivers-clash"
    return "reader-asleep" if drivers and device.asleep else "reader-not-offered"


def _wanted(device: UsbDevice, snapshot: Snapshot) -> str:
    """Name the driver to install: the maker's where the model needs it, else the system's."""
    packages = dict.fromkeys(each.package for each in ports.models(device) if each.package)
    return " / ".join(packages) or _SYSTEM_DRIVERS.get(snapshot.host.platform, "CCID")


def _named(driver: Driver) -> str:
    return f"{driver.name} {driver.version}".strip()
