# SPDX-License-Identifier: Apache-2.0
"""Changes the steps of findings by what stands beside: a hub in between, or another reader.

Gives no findings. A reader behind a hub is plugged in without it before anything else is tried, and
so is one that is not offered where only the computer's own slots are. If a person's own reader
waits for a card, the person's card is put into that one. If it cannot be used, the card is put into
the reader that works. If no reader is plugged in, the service alone is not enough. On a Mac that
worked before macOS 14, the driver of that time comes first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.model.surroundings import UsbDevice
from cardtool.rules import hardware, host, ports, reader_names
from cardtool.rules.codes import with_steps
from cardtool.rules.codes.steps import TO_EMPTY, TO_WORKING, WITHOUT_HUB, WITHOUT_READER

_LOOSE = frozenset({"reader-asleep", "reader-not-connected", "reader-not-offered"})
"""Codes of readers that may work once they are plugged straight into the computer."""

_OFF = frozenset({
    "service-absent", "service-disabled-windows", "service-masked", "service-start-failed",
    "service-stopped",
})  # fmt: skip
"""Codes of a service that is off whether or not a reader is plugged in."""


def with_nearby(findings: Iterable[Finding], snapshot: Snapshot) -> Iterator[Finding]:
    """Yield findings in their order, with the steps that fit what stands beside."""
    is_waiting = _has_empty_reader(snapshot)
    is_left_out = only_of_computer(snapshot)
    is_unusable = _has_unusable_reader(snapshot)
    has_no_reader = _has_no_reader(snapshot)
    worked_before = host.worked_with_earlier_driver(snapshot)
    for given in findings:
        steps = given.steps
        if is_waiting:
            steps = _to_other(given, TO_EMPTY)
        elif is_unusable:
            steps = _to_other(given, TO_WORKING)
        if worked_before and "use-ifd-ccid" in steps:
            steps = _first("use-ifd-ccid", [step for step in steps if step != "replug-reader"])
        if is_waiting and given.code == "token-failed-on-mac":
            steps = _first("try-empty-reader", steps)
        if has_no_reader and given.code in _OFF:
            steps = (*steps, *WITHOUT_READER)
        if is_left_out and given.code in _LOOSE:
            steps = ("try-other-port", *steps)
        if "try-other-port" in steps and _is_behind_hub(given, snapshot):
            steps = _without_hub(steps)
        yield given if steps == given.steps else with_steps(given, steps)


def only_of_computer(
    snapshot: Snapshot, belongs: Callable[[UsbDevice], bool] = hardware.is_of_computer
) -> bool:
    """Tell whether all readers offered are empty ones of the computer or its keyboard.

    Not so if the last good check had no other reader than those here: then one of them is in use.
    """
    offered, last = ports.signing_readers(snapshot), snapshot.last_good
    if any(map(ports.was_filled, offered)) or (last and last.readers and not ports.gone(snapshot)):
        return False
    devices = [ports.devices_of(reader.name, snapshot) for reader in offered]
    return bool(devices) and all(of and all(map(belongs, of)) for of in devices)


def _has_empty_reader(snapshot: Snapshot) -> bool:
    """Tell whether a person's own reader is plugged in and empty, beside one that holds a card."""
    offered = ports.signing_readers(snapshot)
    empty = [reader.name for reader in offered if not ports.was_filled(reader)]
    return len(empty) < len(offered) and any(_is_own(name, snapshot) for name in empty)


def _is_own(name: str, snapshot: Snapshot) -> bool:
    """Tell whether a reader is one on USB that may have been given to the person."""
    devices = ports.devices_of(name, snapshot)
    is_on_usb = bool(devices) and not any(map(hardware.is_built_in, devices))
    return is_on_usb and reader_names.is_own(name)


def _has_unusable_reader(snapshot: Snapshot) -> bool:
    """Tell whether a reader that may be a person's own cannot be used, beside one that works."""
    return bool(ports.signing_readers(snapshot)) and any(
        hardware.is_unusable(device) and not hardware.is_of_computer(device)
        for device in ports.divide(snapshot)[1]
    )


def _to_other(given: Finding, instead: Mapping[str, str]) -> tuple[str, ...]:
    """Return the steps if the own card goes into a certain reader: first of all if one ended."""
    steps = tuple(instead.get(step, step) for step in given.steps)
    return (instead["use-newer-card"], *steps) if given.code == "nes-expired" else steps


def _has_no_reader(snapshot: Snapshot) -> bool:
    """Tell whether it is known that no reader is plugged in."""
    return isinstance(snapshot.usb, tuple) and not ports.plugged(snapshot)


def _first(chosen: str, steps: Iterable[str]) -> tuple[str, ...]:
    """Return steps with one of them before the others."""
    return (chosen, *(step for step in steps if step != chosen))


def _without_hub(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Return the steps with that about the hub first, unless the card itself was seen to move."""
    left = tuple(filter(None, (WITHOUT_HUB.get(step, step) for step in steps)))
    return left if left[0] == "leave-card" else ("leave-out-hub", *left)


def _is_behind_hub(given: Finding, snapshot: Snapshot) -> bool:
    """Tell whether the reader that a finding is about is plugged into a hub."""
    name, usb = given.facts.get("reader"), given.facts.get("usb")
    devices: tuple[UsbDevice, ...] = ()
    if usb is not None:
        devices = tuple(device for device in ports.plugged(snapshot) if device.id == usb)
    elif name is not None:
        devices = ports.devices_of(str(name), snapshot)
    platform = snapshot.host.platform
    return bool(devices) and all(hardware.is_behind_hub(one, platform) for one in devices)
