# SPDX-License-Identifier: Apache-2.0
"""Compares the readers that PC/SC offers to programs with those that are plugged in.

Gives no findings. A reader that PC/SC serves must never be reported as missing because of an odd
name. So names are compared first, then readers are counted; if that does not decide, nothing is
reported.
"""

import re
from collections import Counter
from collections.abc import Iterable

from cardtool import catalog
from cardtool.model.snapshot import Card, Failure, Reader, Snapshot
from cardtool.model.surroundings import UsbDevice
from cardtool.rules import hardware, reader_names
from cardtool.rules.remembered import remembered

_GONE = frozenset({0x8010001D, 0x8010001E})
"""SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED. Source: PC/SC, winscard.h."""

_UNPLUGGED = "UNAVAILABLE"
"""The state that pcscd gives a reader whose driver says that the device is gone.

Source: drivers_notes/readers.md#unplugged-in-the-middle.
"""

_LOST = "SCARD_E_READER_UNAVAILABLE"
"""Failure of a connection to a reader that is listed and not on its port any more. Source: PC/SC.
"""

_UNNAMEABLE = "SCARD_E_INVALID_VALUE"
"""Failure that older versions recorded for a reader whose name was not ASCII."""

_SAM = re.compile(r"\bSAM\b")
"""In the names of slots for a security module. Source: LudovicRousseau/PCSC#54."""

_MOST_NAMED = 50
"""At most so many devices are compared with readers by name; nobody has more."""


@remembered
def readers(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the readers that can be used; none if PC/SC could not be asked."""
    return tuple(reader for reader in _listed(snapshot) if not _is_lost(reader))


def _is_lost(reader: Reader) -> bool:
    """Tell whether PC/SC lists a reader that is not on its port any more."""
    refused = reader.connection is not None and reader.connection.name == _LOST
    return refused or _UNPLUGGED in reader.states


@remembered
def signing_readers(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the readers of PC/SC that may hold somebody's e-signature card.

    Security keys are left out, and so are empty slots for a reader's own module (SAM), and
    contactless readers, unless one holds a card and there is no slot.
    """
    aside = {reader.name for reader in keys(snapshot)}
    mine = [
        reader
        for reader in readers(snapshot)
        if not is_virtual(reader) and reader.name not in aside
        if was_filled(reader) or not _SAM.search(reader.name)
    ]
    slots = {reader.name for reader in mine if not is_contactless(reader.name, snapshot)}
    return tuple(
        reader
        for reader in mine
        if reader.name in slots or _holds_nes(reader) or (was_filled(reader) and not slots)
    )


def is_contactless(name: str, snapshot: Snapshot) -> bool:
    """Tell whether the reader of a name has no slot: it reads what is laid on it."""
    return "contactless" in (_kinds(snapshot).get(name) or reader_names.forms(name))


def contactless(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names of the readers without a slot: PC/SC's, else those of the models on USB."""
    offered = (reader.name for reader in readers(snapshot))
    on_usb = filter(hardware.is_contactless, _on_usb(snapshot))
    return tuple(name for name in offered if is_contactless(name, snapshot)) or tuple(
        dict.fromkeys(map(hardware.model_name, on_usb))
    )


def unplugged(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names of readers that are gone, or that PC/SC lists but cannot use."""
    usable = {reader.name for reader in readers(snapshot)}
    names = (*snapshot.vanished, *(reader.name for reader in _listed(snapshot)))
    return tuple(name for name in dict.fromkeys(names) if name not in usable)


def _listed(snapshot: Snapshot) -> tuple[Reader, ...]:
    return () if isinstance(snapshot.readers, Failure) else snapshot.readers


def is_virtual(reader: Reader) -> bool:
    """Tell whether a reader is only software, into which no card can be put.

    The driver of a USB token shows a reader for each token that may be plugged in; an empty one
    counts as software.
    """
    forms = reader_names.forms(reader.name)
    return forms == {"virtual"} or (forms == {"token"} and not was_filled(reader))


def _holds_nes(reader: Reader) -> bool:
    card = catalog.card_for(reader.card.atr) if isinstance(reader.card, Card) else None
    return card is not None and card.holds == "nes"


@remembered
def _kinds(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    """Return by name the forms that a reader may have: by its name, or else by its USB device."""
    on_usb = _on_usb(snapshot)[:_MOST_NAMED]
    by_id = {device.id: hardware.forms(device) for device in on_usb}

    def of_device(reader: Reader) -> frozenset[str]:
        ids = reader_names.ids_of(reader, list(on_usb), set(by_id))
        return frozenset().union(*(by_id[usb] for usb in ids))

    def of_reader(reader: Reader) -> frozenset[str]:
        told = reader_names.forms(reader.name)
        return (of_device(reader) or told) if told in (frozenset(), hardware.EITHER) else told

    return {reader.name: of_reader(reader) for reader in readers(snapshot)[:_MOST_NAMED]}


def devices_of(name: str, snapshot: Snapshot) -> tuple[UsbDevice, ...]:
    """Return the devices on USB that the reader of a name may be."""
    on_usb = _on_usb(snapshot)[:_MOST_NAMED]
    ids = {device.id for device in on_usb}
    same = (one for one in readers(snapshot) if one.name == name)
    mine = {usb for reader in same for usb in reader_names.ids_of(reader, list(on_usb), ids)}
    return tuple(device for device in on_usb if device.id in mine)


@remembered
def keys(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the readers that are security keys and were read by no driver."""
    read = {slot.reader for _, slot, _ in snapshot.tokens()}
    kinds = _kinds(snapshot)
    return tuple(
        reader
        for reader in readers(snapshot)
        if (of_it := kinds.get(reader.name)) and of_it <= hardware.KEYS
        if reader.name not in read and not _holds_nes(reader)
    )


@remembered
def only_built_in(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the empty readers built into the computer, if there are no other readers.

    Returns none if the last good check had no other reader either, because then the built-in one is
    in use. A chip that is also sold for the desk counts if it was here then, beside a reader that
    is gone now.
    """
    offered, last = signing_readers(snapshot), snapshot.last_good
    if last and last.readers and not any(map(reader_names.is_own, last.readers)):
        return ()
    kinds, left = _kinds(snapshot), hardware.BUILT_IN
    if last and any(reader_names.forms(name) != hardware.EITHER for name in gone(snapshot)):
        was_here = {reader.lasting_name for reader in offered} <= set(last.readers)
        left |= hardware.EITHER if was_here else frozenset()
    forms = [kinds.get(reader.name, frozenset()) for reader in offered]
    forms += map(hardware.forms, plugged(snapshot))
    are_left = all(of_reader and of_reader <= left for of_reader in forms)
    return () if any(map(was_filled, offered)) or not are_left else offered


def is_spare(offered: Iterable[Reader], snapshot: Snapshot) -> bool:
    """Tell whether these are only readers of the computer, while another does not work."""
    kinds = _kinds(snapshot)
    others = (one for one in plugged(snapshot) if not hardware.is_built_in(one))
    are_built_in = all(kinds.get(reader.name) == hardware.BUILT_IN for reader in offered)
    return are_built_in and any(map(hardware.hindrance, others))


def gone(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the readers of the last good check that are not here and may be a person's own."""
    last = snapshot.last_good
    here = {reader.lasting_name for reader in readers(snapshot)}
    if last is None:
        return ()
    is_own = reader_names.is_own
    if not any(map(is_own, last.readers)):  # then a token was what signed
        is_own = reader_names.may_be_token
    return tuple(sorted(filter(is_own, set(last.readers) - here)))


def has_card(reader: Reader) -> bool:
    """Tell whether a card is in a reader, even one that does not answer."""
    return reader.card is not None or "MUTE" in reader.states


def was_filled(reader: Reader) -> bool:
    """Tell whether a card is in a reader, or was during the check."""
    return has_card(reader) or reader.changes > 0


def refusal(reader: Reader) -> Failure | None:
    """Return why a reader could not be asked about a card at all; None: it was asked."""
    card = reader.card
    return card if isinstance(card, Failure) and card.name == _UNNAMEABLE else None


def is_service_stopped(readers: object) -> bool:
    """Tell whether `Snapshot.readers` is a failure that means that the service is stopped."""
    return isinstance(readers, Failure) and readers.api == "pcsc" and readers.code in _GONE


@remembered
def plugged(snapshot: Snapshot) -> tuple[UsbDevice, ...]:
    """Return the readers on USB that may take somebody's e-signature card; none if USB is unread.

    No security keys, and none without a slot.
    """
    return tuple(
        device
        for device in _on_usb(snapshot)
        if not (hardware.is_key(device) or hardware.is_contactless(device))
    )


@remembered
def _on_usb(snapshot: Snapshot) -> tuple[UsbDevice, ...]:
    """Return the card readers on USB.

    In a remote desktop session programs see the readers of the other machine, so none of this one
    count. A reader that Windows only remembers does not count either, if the last good check says
    when it was last here.
    """
    last = snapshot.last_good
    is_dated = last is not None and any(map(reader_names.is_own, last.readers))
    host = snapshot.host
    if not isinstance(snapshot.usb, tuple):
        return ()
    if host.platform == "win32" and "rdp" in host.session.marks:
        return ()
    return tuple(
        device
        for device in snapshot.usb
        if hardware.is_reader(device)
        and not (is_dated and device.problem == hardware.NOT_CONNECTED)
    )


def divide(snapshot: Snapshot) -> tuple[list[UsbDevice], list[UsbDevice]]:
    """Divide the readers on USB into those that PC/SC serves and those that it does not.

    A doubtful reader is in neither list. Names are matched with USB ids, not with devices: a reader
    with two slots has two names in PC/SC, and readers of one model share a name.
    """
    devices = _on_usb(snapshot)
    served: list[UsbDevice] = []
    unserved: list[UsbDevice] = []
    open_: list[UsbDevice] = []
    named = list(dict.fromkeys(devices))[:_MOST_NAMED]
    ids = {device.id for device in devices}
    names = [
        reader_names.ids_of(reader, named, ids)
        for reader in readers(snapshot)
        if not is_virtual(reader)
    ]
    counts = Counter(usb for of_reader in names for usb in of_reader)
    for group in _by_id(devices):
        if count := counts[group[0].id]:
            served += group[:count]
            unserved += group[count:]
        else:
            unserved += [device for device in group if hardware.hindrance(device)]
            open_ += [device for device in group if not hardware.hindrance(device)]
    nameless = names.count(frozenset())
    doubtful = [device for device in open_ if hardware.lacks_driver(device)]
    if not nameless:
        unserved += open_
    elif nameless >= len(open_):
        served += open_
    elif len(doubtful) <= len(open_) - nameless:
        unserved += doubtful
    mine = plugged(snapshot)
    return [one for one in served if one in mine], [one for one in unserved if one in mine]


def _by_id(devices: tuple[UsbDevice, ...]) -> list[list[UsbDevice]]:
    """Group devices by id; in each group those that nothing hinders come first."""
    groups: dict[str, list[UsbDevice]] = {}
    for device in sorted(
        devices, key=lambda one: (bool(hardware.hindrance(one)), hardware.lacks_driver(one))
    ):
        groups.setdefault(device.id, []).append(device)
    return list(groups.values())
