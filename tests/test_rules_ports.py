# SPDX-License-Identifier: Apache-2.0
"""What is said of readers on USB that PC/SC offers, or does not."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.catalog import readers_with
from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState
from cardtool.model.snapshot import (
    Failure,
    LastGood,
    Module,
    ModuleInfo,
    Reader,
    Snapshot,
    Source,
)
from cardtool.model.surroundings import Driver, Host, UsbDevice
from cardtool.rules import diagnose
from cardtool.rules.summary import summarise
from tests.desks import (
    AT,
    BANK,
    BUG,
    DEVICE_ERROR,
    ETOKEN,
    GONE,
    HOST,
    MUTE,
    NOT_RECOGNISED,
    READER,
    SECOND,
    UNKNOWN,
    authority,
    codes,
    desk,
    module,
    nes,
    only,
    reader,
    slot,
    token,
    unloaded,
    usb,
    windows,
)

CCID = replace(HOST, pcsc_drivers=(Driver(name="ifd-ccid", version="1.5.2"), Driver(name="ifd-x")))
WINDOWS = windows()
MAC = replace(HOST, platform="darwin", release="macOS 14.1.2")
VIRTUAL = reader(None, "Windows Hello for Business 1")
KEYBOARD = usb("046D:C31C", name="Keyboard", maker="Logitech", classes=("03",), drivers=())
ACR38U = usb("072F:9000", name="ACR38U", classes=("00",), drivers=())
ACR39T = usb("072F:B102", name="ACR39T ICC Reader", drivers=())
OLD_ACS = replace(HOST, pcsc_drivers=(*CCID.pcsc_drivers, Driver(name="ifd-acsccid", version="1")))
ALCOR = usb("058F:9540", name="EMV Smartcard Reader", maker="Generic")
ACR122U = usb("072F:2200", name="ACR122U PICC Interface")
BROADCOM = usb("0A5C:5843", name="58200", maker="Broadcom Corp")
NEW = usb("1234:5678", name="Yeni Okuyucu", maker="Yeni", drivers=())
ODD = "Kart Okuyucu 00 00"
UNSEEN = Failure(api="usb", name="EACCES", code=13)
EXPIRED = nes(ends_at=AT - timedelta(days=1))


def _desk(
    devices: tuple[UsbDevice, ...] | Failure | None, *names: str, host: Host = CCID
) -> Snapshot:
    """Make a desk with empty readers of these names."""
    readers = tuple(reader(None, name) for name in names)
    return replace(desk(readers, (unloaded(),), host), usb=devices)


def _aside(snapshot: Snapshot) -> list[str | int]:
    """Return why readers are not used at a desk where the others only wait for a card."""
    assert codes(snapshot) == ["card-missing"]
    found = diagnose(snapshot, AT).findings
    return [each.facts["reason"] for each in found if each.code == "reader-not-used"]


def _identified(snapshot: Snapshot) -> list[str | int]:
    found = diagnose(snapshot, AT).findings
    return [each.facts["usb"] for each in found if each.code == "reader-identified"]


@pytest.mark.parametrize("devices", [(), (KEYBOARD,)])
def test_a_reader_is_missing_where_nothing_is_plugged_in(devices: tuple[UsbDevice, ...]) -> None:
    assert codes(_desk(devices)) == ["reader-missing"]
    assert codes(_desk(devices, READER)) == ["card-missing"]


@pytest.mark.parametrize("devices", [None, UNSEEN])
def test_no_reader_is_ordered_where_nobody_looked_whether_one_is_plugged_in(
    devices: Failure | None,
) -> None:
    assert codes(_desk(devices)) == ["reader-not-seen"]
    assert "order-reader" not in only(_desk(devices), "reader-not-seen").steps
    assert codes(_desk(devices, READER)) == ["card-missing"]
    assert codes(replace(_desk(devices), vanished=(READER,))) == ["reader-unplugged"]


def test_that_usb_could_not_be_looked_at_is_noted_with_its_reason() -> None:
    for here in (_desk(UNSEEN), replace(desk(), usb=UNSEEN)):
        found = only(here, "usb-not-seen")
        assert (found.severity, found.facts) == (Severity.OK, {"reason": "EACCES 13"})
    assert not [each for each in diagnose(_desk(None), AT).findings if each.code == "usb-not-seen"]


def test_a_look_at_usb_that_fails_by_our_fault_counts_only_where_it_was_needed() -> None:
    assert codes(_desk(BUG)) == ["reader-not-seen", "cardtool-fault"]
    assert codes(replace(desk(), usb=BUG)) == []


@pytest.mark.parametrize(
    ("device", "host", "code"),
    [
        (usb(allowed=False), CCID, "reader-blocked"),
        (usb(allowed=False, drivers=(), problem=28), CCID, "reader-blocked"),
        (usb(problem=22), WINDOWS, "reader-disabled"),
        (usb(problem=39), WINDOWS, "reader-driver-unloadable"),
        (usb(problem=52), WINDOWS, "reader-driver-refused"),
        (replace(ACR38U, problem=39), WINDOWS, "reader-driver-refused"),
        (usb(problem=31), WINDOWS, "reader-not-started"),
        (usb(problem=14), WINDOWS, "reader-needs-restart"),
        (usb(problem=38), WINDOWS, "reader-needs-restart"),
        (usb(problem=47), WINDOWS, "reader-ejected"),
        (usb(problem=28), WINDOWS, "reader-driver-missing"),
        (usb(problem=28, drivers=None), WINDOWS, "reader-driver-missing"),
        (usb(problem=0, drivers=None), WINDOWS, "reader-not-offered"),
        (ACR38U, CCID, "reader-driver-missing"),
        (replace(ACR38U, drivers=None), CCID, "reader-driver-missing"),
        (replace(ACR38U, drivers=None, classes=("0B",)), CCID, "reader-driver-missing"),
        (replace(ACR38U, drivers=None, problem=0), WINDOWS, "reader-not-offered"),
        (replace(ACR38U, drivers=("ifd-acsccid 1.1.10",)), CCID, "reader-not-offered"),
        (NEW, CCID, "reader-driver-old"),
        (usb(drivers=(), classes=()), CCID, "reader-driver-old"),
        (NEW, HOST, "reader-driver-missing"),
        (ACR39T, CCID, "reader-driver-missing"),
        (ACR39T, OLD_ACS, "reader-driver-old"),
        (usb("072F:B113", drivers=()), CCID, "reader-driver-missing"),
        (usb(drivers=("ifd-ccid 1.5.2", "ifd-acsccid 1.1.10")), CCID, "reader-drivers-clash"),
        (usb(asleep=True), CCID, "reader-asleep"),
        (usb(asleep=True, drivers=None), CCID, "reader-not-offered"),
        (usb(drivers=None), CCID, "reader-not-offered"),
        (usb(), CCID, "reader-not-offered"),
        (ALCOR, CCID, "reader-not-offered"),
        (replace(ALCOR, drivers=()), CCID, "reader-unsupported"),
        (replace(ALCOR, drivers=()), HOST, "reader-driver-missing"),
        (replace(ALCOR, drivers=None), MAC, "reader-not-offered"),
    ],
)
def test_a_reader_that_is_plugged_in_and_not_offered_is_never_ordered_anew(
    device: UsbDevice, host: Host, code: str
) -> None:
    here = _desk((device, KEYBOARD), host=host)

    assert codes(here) == [code]
    assert codes(replace(here, readers=(VIRTUAL,))) == [code]
    is_broken = code == "reader-unsupported"
    state = ReaderState.BROKEN if is_broken else ReaderState.DRIVER
    assert summarise(diagnose(here, AT)).reader is state
    steps = only(here, code).steps
    assert ("order-reader" in steps) is is_broken
    assert ("do-not-order" in steps) is not is_broken


@pytest.mark.parametrize("problem", [10, 43])
def test_a_reader_that_does_not_start_is_tried_elsewhere_before_one_is_ordered(
    problem: int,
) -> None:
    steps = only(_desk((usb(problem=problem),), host=WINDOWS), "reader-faulty").steps

    assert steps[-1] == "try-faulty-elsewhere"
    assert not {"order-reader", "do-not-order"} & set(steps)


def test_a_reader_that_windows_only_remembers_is_plugged_in_before_one_is_ordered() -> None:
    steps = only(_desk((usb(problem=45),), host=WINDOWS), "reader-not-connected").steps

    assert steps[0] == "plug-reader"
    assert steps[-1] == "order-reader"


@pytest.mark.parametrize(
    ("release", "package", "of_acs"),
    [
        ("Debian GNU/Linux 13", "libccid", "libacsccid1"),
        ("Pardus 23.4", "libccid", "libacsccid1"),
        ("Fedora Linux 41 (Workstation Edition)", "pcsc-lite-ccid", "pcsc-lite-acsccid"),
        ("Arch Linux", "ccid", "acsccid"),
        ("openSUSE Leap 15.6", "pcsc-ccid", "pcsc-acsccid"),
        (
            "Void Linux",
            "libccid / pcsc-lite-ccid / ccid / pcsc-ccid",
            "libacsccid1 / pcsc-lite-acsccid / acsccid / pcsc-acsccid",
        ),
    ],
)
def test_the_driver_has_the_name_of_this_distributions_package(
    release: str, package: str, of_acs: str
) -> None:
    host = replace(HOST, release=release)

    of_maker = usb("072F:B113", drivers=())  # in the list of ACS's driver only
    for device, driver in ((usb(drivers=()), package), (ACR38U, of_acs), (of_maker, of_acs)):
        found = only(_desk((device,), host=host), "reader-driver-missing")
        assert found.facts["driver"] == driver
        assert found.steps[0] == "install-reader-driver"


def test_the_step_to_a_readers_driver_is_that_of_the_platform() -> None:
    windows_own = only(_desk((usb(problem=28),), host=WINDOWS), "reader-driver-missing")
    mac = only(_desk((ACR38U,), host=replace(HOST, platform="darwin")), "reader-driver-missing")

    assert windows_own.steps[:2] == ("open-device-manager", "update-device-driver")
    assert mac.steps[0] == "ask-reader-driver-mac"
    assert mac.facts["driver"] == "ACS Unified"


@pytest.mark.parametrize(
    ("device", "host", "reason"),
    [
        (replace(BROADCOM, problem=0), WINDOWS, "reader-not-offered"),
        (replace(BROADCOM, problem=28), WINDOWS, "reader-driver-missing"),
        (replace(BROADCOM, problem=22), WINDOWS, "reader-disabled"),
        (replace(BROADCOM, problem=10), WINDOWS, "reader-faulty"),
        (replace(BROADCOM, allowed=False), CCID, "reader-blocked"),
        (usb("0A5C:5843", name="58200", drivers=()), CCID, "reader-driver-old"),
    ],
)
def test_of_a_built_in_reader_alone_it_is_said_that_the_persons_own_is_not_plugged_in(
    device: UsbDevice, host: Host, reason: str
) -> None:
    here = _desk((device,), host=host)

    assert codes(here) == ["reader-built-in-only"]
    found = only(here, "reader-built-in-only")
    assert found.steps == ("plug-own-reader", "order-reader")
    assert found.facts["reason"] == reason
    assert codes(_desk((device, ACR38U), host=host)) == ["reader-driver-missing"]


def test_a_built_in_reader_without_a_driver_is_no_reason_to_start_the_service() -> None:
    driverless = replace(BROADCOM, problem=28)

    assert codes(replace(desk(GONE, (), WINDOWS), usb=(driverless,))) == ["reader-built-in-only"]


def test_what_is_plugged_in_is_named_with_what_it_needs() -> None:
    assert only(_desk((ACR38U,)), "reader-driver-missing").facts == {
        "model": "ACS ACR38U",
        "usb": "072F:9000",
        "driver": "libacsccid1",
    }
    system = only(_desk((usb(drivers=()),), host=HOST), "reader-driver-missing")
    assert system.facts["driver"] == "libccid"
    windows_own = only(_desk((usb(problem=28),), host=WINDOWS), "reader-driver-missing")
    assert windows_own.facts["driver"] == "Microsoft Usbccid Smartcard Reader (WUDF)"
    assert only(_desk((NEW,)), "reader-driver-old").facts == {
        "model": "Yeni Okuyucu",
        "usb": "1234:5678",
        "driver": "ifd-ccid 1.5.2, ifd-x",
    }
    of_acs = only(_desk((ACR39T,), host=OLD_ACS), "reader-driver-old")
    assert of_acs.facts["driver"] == "ifd-acsccid 1"
    two = usb(drivers=("ifd-ccid 1.5.2", "ifd-acsccid 1.1.10"))
    clash = only(_desk((two,)), "reader-drivers-clash")
    assert clash.facts["drivers"] == "ifd-ccid 1.5.2, ifd-acsccid 1.1.10"
    assert only(_desk((usb(problem=10),)), "reader-faulty").facts["problem"] == 10


def test_a_reader_is_named_by_all_models_that_share_its_id_or_else_by_itself() -> None:
    shared = only(_desk((usb("072F:90CC", name="CCID USB Reader"),)), "reader-not-offered")

    assert str(shared.facts["model"]).startswith("ACS 38T USB / ACS ACR38U-CCID")
    nameless = only(_desk((replace(NEW, name="", drivers=("x",)),)), "reader-not-offered")
    assert nameless.facts["model"] == "1234:5678"


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (usb(), READER),
        (usb(name="", maker=""), "ACS ACR39U ICC Reader 0"),
        (usb("072F:90CC", name="ACR38 USB Reader"), "ACS CCID USB Reader 0"),
        (usb("1234:5678", name="Milko Kart", maker="?"), "MILKO KART 01 00"),
        (usb("1234:5678", name="USB Smart Card Reader", maker="MİLKO"), "udea MILKO V1. 01 00"),
        (usb("1234:5678", name="USB", maker=""), ODD),
        (usb("1234:5678", name="", maker="", drivers=()), ODD),
        (usb(drivers=("a", "b"), asleep=True), ODD),
        (usb(problem=10), READER),
        (ACR38U, ODD),
        (ALCOR, ODD),
    ],
)
def test_a_reader_that_is_offered_is_never_called_missing_however_odd_its_name(
    device: UsbDevice, name: str
) -> None:
    here = _desk((device, KEYBOARD), name)

    assert codes(here) == ["card-missing"]
    assert _identified(here) == [device.id] * bool(readers_with(device.id))


def test_of_two_readers_of_one_model_the_one_that_is_not_offered_is_told_by_count() -> None:
    two = (usb(), replace(usb(), port="1-2"))

    assert _aside(_desk(two, READER)) == ["reader-not-offered"]
    both = _desk(two, READER, "ACS ACR39U ICC Reader 01 00")
    assert codes(both) == ["card-missing"]
    assert _identified(both) == ["072F:B100"]
    assert codes(_desk(two)) == ["reader-not-offered"]
    hindered = (replace(two[0], allowed=False), two[1])
    assert _aside(_desk(hindered, READER)) == ["reader-blocked"]


def test_the_reader_that_has_a_name_here_is_not_the_one_that_has_none() -> None:
    milko = usb("2A17:0001", name="MILKO V1.", maker="udea")

    assert _aside(_desk((usb(), milko), READER)) == ["reader-not-offered"]
    assert _identified(_desk((usb(), milko), SECOND)) == ["2A17:0001"]
    beside = _desk((ACR38U, usb("072F:90CC")), "ACS ACR38U-CCID 00 00")
    assert _aside(beside) == ["reader-driver-missing"]


def test_a_reader_with_two_slots_is_one_reader() -> None:
    slots = ("ACS ACR39U ICC Reader 00 00", "ACS ACR39U SAM Reader 00 01")
    milko = usb("2A17:0001", name="MILKO V1.", maker="udea", drivers=("x",))

    assert _identified(_desk((usb(),), *slots)) == ["072F:B100"]
    assert _aside(_desk((usb(), milko), *slots)) == ["reader-not-offered"]


def test_of_two_readers_that_may_be_the_one_offered_only_the_doubtful_one_is_named() -> None:
    named = usb("1234:5678", name="Yeni Okuyucu", maker="Yeni")
    other = usb("1234:9999", name="Başka Okuyucu", maker="Başka")

    assert codes(_desk((named, other), "Oda 00 00")) == ["card-missing"]
    assert _identified(_desk((named, other), "Oda 00 00")) == []
    lacking = (replace(named, drivers=()), other)
    assert _aside(_desk(lacking, "Oda 00 00")) == ["reader-driver-old"]
    both = (replace(named, drivers=()), replace(other, drivers=()))
    assert codes(_desk(both, "Oda 00 00")) == ["card-missing"]


def test_a_virtual_reader_is_none() -> None:
    here = replace(desk((VIRTUAL,), ()), usb=())

    assert codes(here) == ["reader-missing"]
    found = only(here, "reader-virtual")
    assert (found.severity, found.facts) == (Severity.OK, {"reader": VIRTUAL.name})
    beside = [each.code for each in diagnose(desk((VIRTUAL, reader())), AT).findings]
    assert beside.count("reader-found") == beside.count("reader-virtual") == 1
    assert only(desk((VIRTUAL, reader())), "readers-several").facts["count"] == len(
        [VIRTUAL, reader()]
    )


@pytest.mark.parametrize("device", [BROADCOM, replace(BROADCOM, allowed=False)])
def test_a_built_in_reader_is_nobodys_own_where_there_is_another(device: UsbDevice) -> None:
    assert codes(_desk((device, usb(drivers=("a", "b"))))) == ["reader-drivers-clash"]
    beside = _desk((device, usb()), READER)
    assert codes(beside) == ["card-missing"]
    assert only(beside, "reader-not-used").facts["usb"] == "0A5C:5843"
    twins = (device, replace(device, port="1-9"))
    assert len(codes(_desk(twins))) == 1


def test_a_reader_that_is_not_offered_is_a_note_where_the_card_is_in_another() -> None:
    devices = (usb(), replace(ACR38U, name="", maker=""))

    for held in (nes(), EXPIRED):
        here = replace(desk(modules=(module(slot(token(held))),), host=CCID), usb=devices)
        assert "reader-driver-missing" not in codes(here)
        assert only(here, "reader-not-used").facts == {
            "model": "ACS ACR38U",
            "usb": "072F:9000",
            "reason": "reader-driver-missing",
        }
    bank = replace(desk((reader(BANK),), (), CCID), usb=devices)
    for mute in (reader(None, card=MUTE), reader(None, states=("MUTE",)), reader(None, changes=1)):
        (said,) = codes(replace(bank, readers=(mute,)))
        assert said in ("card-mute", "card-pulled")


_REFUSING = module(slot(NOT_RECOGNISED))
_OLD = replace(
    _REFUSING, info=ModuleInfo(description="AKIS", manufacturer="TUBITAK", version="1.6")
)


@pytest.mark.parametrize(
    ("held", "read", "code"),
    [
        (reader(BANK), None, "card-not-for-signing"),
        (reader(), _REFUSING, "driver-too-old"),
        (reader(), module(slot(token(authority()))), "nes-missing"),
    ],
)
def test_a_reader_that_cannot_be_used_comes_first_where_only_another_card_is_here(
    held: Reader, read: Module | None, code: str
) -> None:
    for device, host, trouble in (
        (replace(ACR38U, problem=28), WINDOWS, "reader-driver-missing"),
        (usb(problem=22), WINDOWS, "reader-disabled"),
        (usb(problem=10), WINDOWS, "reader-faulty"),
        (usb(allowed=False), CCID, "reader-blocked"),
        (replace(ACR38U, name=""), CCID, "reader-driver-missing"),
        (NEW, CCID, "reader-driver-old"),
    ):
        here = replace(desk((replace(held, name=ODD),), (), host), usb=(ALCOR, device))
        if read:
            (only_slot,) = read.slots if isinstance(read.slots, tuple) else ()
            seen = replace(read, slots=(replace(only_slot, reader=ODD),))
            here = replace(here, modules=(seen,))
        judged = diagnose(here, AT)

        assert (judged.verdict, codes(here)) == (trouble, [trouble, code])
        assert "update-driver" not in only(here, code).steps


@pytest.mark.parametrize(
    ("readers", "read"),
    [
        ((reader(),), (_OLD,)),  # it may be the person's own card
        ((reader(),), (module(slot(replace(token(), certificates=UNSEEN))),)),
        ((reader(), reader(BANK, ODD)), (_OLD,)),
        ((reader(BANK),), (module(slot(token(nes()), None), source=Source.CONFIGURED),)),
    ],
)
def test_a_reader_that_cannot_be_used_is_a_note_where_a_card_may_be_the_persons_own(
    readers: tuple[Reader, ...], read: tuple[Module, ...]
) -> None:
    here = replace(desk(readers, read, CCID), usb=(usb(), ACR38U))

    assert "reader-driver-missing" not in codes(here)


def test_a_reader_that_was_once_here_is_not_blamed_for_another_card() -> None:
    here = replace(desk((reader(BANK),), (), WINDOWS), usb=(usb(), replace(ACR38U, problem=45)))

    assert codes(here) == ["card-not-for-signing"]


def test_a_built_in_reader_that_waits_for_a_card_does_not_hide_the_persons_own() -> None:
    built_in = usb("0A5C:5843", name="58200", maker="Broadcom Corp")
    waiting = _desk((built_in, ACR38U), "Broadcom Corp 58200 00 00")

    assert _identified(waiting) == ["0A5C:5843"]
    assert codes(waiting) == ["reader-driver-missing", "card-missing"]
    full = replace(waiting, readers=(reader(BANK, "Broadcom Corp 58200 00 00"),))
    assert codes(full) == ["reader-driver-missing", "card-not-for-signing"]
    mute = reader(None, "Broadcom Corp 58200 00 00", states=("MUTE",))
    assert codes(replace(waiting, readers=(mute,))) == ["card-mute"]


def test_where_pcsc_cannot_be_asked_only_what_the_system_says_of_a_device_holds() -> None:
    for device in (ALCOR, usb(), usb(asleep=True), usb(drivers=("a", "b"))):
        assert codes(replace(desk(GONE, (), CCID), usb=(device,))) == ["service-stopped"]
    for device, code in (
        (ACR38U, "reader-driver-missing"),
        (NEW, "reader-driver-old"),
        (usb(allowed=False), "reader-blocked"),
        (usb(problem=22), "reader-disabled"),
        (usb(problem=28), "reader-driver-missing"),
        (usb(problem=43), "reader-faulty"),
    ):
        here = replace(desk(GONE, (unloaded(),), CCID), usb=(device,))
        assert codes(here) == ["service-stopped", code]


def test_a_service_that_is_not_installed_brings_the_driver_of_ccid_readers_only() -> None:
    absent = replace(CCID, pcscd=None, pcsc_drivers=())

    ccid = replace(desk(GONE, (unloaded(),), absent), usb=(usb(drivers=()),))
    assert codes(ccid) == ["service-absent"]
    assert codes(replace(ccid, usb=(ACR38U,))) == ["service-absent", "reader-driver-missing"]
    assert codes(replace(ccid, modules=())) == ["service-absent", "driver-none"]


def test_a_reader_that_was_pulled_meanwhile_explains_that_none_is_there() -> None:
    pulled = replace(_desk((), host=CCID), vanished=(READER, READER))

    assert codes(pulled) == ["reader-unplugged"]
    assert codes(replace(pulled, usb=(usb(),))) == ["reader-unplugged"]
    assert codes(replace(_desk((usb(),), SECOND), vanished=(READER,))) == ["reader-unplugged"]
    assert codes(replace(_desk((usb(),), READER), vanished=(READER,))) == ["card-missing"]
    idle = replace(desk(GONE, (), WINDOWS), usb=(), vanished=(READER,))
    assert codes(idle) == ["reader-unplugged"]


def test_a_reader_that_pc_sc_lists_and_cannot_reach_is_unplugged_whatever_its_driver_says() -> None:
    gone = Failure(api="pcsc", name="SCARD_E_READER_UNAVAILABLE", code=0x80100017)
    unreachable = replace(reader(), connection=gone)
    here = replace(desk((unreachable,), (module(slot(DEVICE_ERROR)),)), usb=(usb(),))

    assert codes(here) == ["reader-unplugged"]
    assert codes(replace(here, vanished=(READER,))) == ["reader-unplugged"]


def test_a_reader_that_was_pulled_is_a_note_where_another_holds_a_card_that_can_sign() -> None:
    here = replace(desk(), vanished=(SECOND,))

    assert codes(here) == []
    assert only(here, "card-not-read").facts == {"reader": SECOND, "reason": "reader-unplugged"}


SPR532 = usb("04E6:E003", name="SPRx32 USB Smart Card Reader", maker="SCM", classes=("FF",))
YUBIKEY = usb("1050:0407", name="YubiKey OTP+FIDO+CCID", maker="Yubico")
KEY_NAME = "Yubico YubiKey OTP+FIDO+CCID 01 00"
BUILT_IN = "Broadcom Corp 58200 [Contacted SmartCard] (0123456789ABCD) 00 00"


@pytest.mark.parametrize(
    "device", [SPR532, replace(SPR532, product="FFFF"), replace(SPR532, drivers=None)]
)
def test_a_reader_that_does_not_say_its_class_is_one_if_a_driver_lists_it(
    device: UsbDevice,
) -> None:
    assert codes(_desk((device,))) == ["reader-not-offered"]
    unlisted = replace(device, product="FFFF", drivers=None)
    assert codes(_desk((unlisted,))) == ["reader-missing"]
    assert codes(_desk((replace(SPR532, classes=()),))) == ["reader-not-offered"]
    assert codes(_desk((replace(SPR532, classes=("03",)),))) == ["reader-missing"]


def test_a_reader_that_drivers_list_has_the_name_of_their_list_and_no_known_model() -> None:
    listed = usb("04E6:E003", name="Microsoft Usbccid Smartcard Reader (WUDF)", problem=0)

    found = only(_desk((listed,), host=WINDOWS), "reader-not-offered")

    assert found.facts["model"] == "SCM Microsystems Inc. SPR 532"
    offered = _desk((listed,), "SCM Microsystems Inc. SPR 532 0", host=WINDOWS)
    assert _identified(offered) == []
    unlisted = usb("03F0:0036", name="HP", maker="HP", drivers=())
    assert codes(_desk((unlisted,))) == ["reader-unsupported"]


def test_an_empty_reader_that_came_with_the_computer_is_not_the_persons_own() -> None:
    here = _desk((BROADCOM,), BUILT_IN)

    assert codes(here) == ["reader-own-missing"]
    own = only(here, "reader-own-missing")
    assert (own.facts["readers"], own.facts["phase"]) == (BUILT_IN, "built-in")
    assert codes(_desk(UNSEEN, BUILT_IN)) == ["reader-own-missing"]
    assert codes(_desk((BROADCOM, usb()), BUILT_IN, READER)) == ["card-missing"]
    assert codes(_desk((ALCOR,), "Alcor Micro AU9540 00 00")) == ["card-missing"]
    pulled = replace(here, readers=(reader(None, BUILT_IN, changes=1),))
    assert codes(pulled) == ["card-pulled"]


def test_a_built_in_reader_that_its_name_does_not_tell_is_told_by_its_id() -> None:
    gobi = usb("03F0:581D", name="HP lt4112 Gobi 4G Module", maker="Hewlett-Packard")

    assert codes(_desk((gobi,), "Hewlett-Packard HP lt4112 Gobi 4G Module 0")) == [
        "reader-own-missing"
    ]


@pytest.mark.parametrize("name", ["Alcor Micro AU9540 00 00", "EMV Smartcard Reader 00 00"])
def test_of_a_chip_that_is_sold_for_the_desk_too_the_firmware_tells_what_it_is(name: str) -> None:
    fixed = replace(ALCOR, fixed=True)

    assert codes(_desk((fixed,), name)) == ["reader-own-missing"]
    assert codes(_desk((ALCOR,), name)) == ["card-missing"]
    assert codes(_desk((fixed, usb()), name, READER)) == ["card-missing"]
    assert codes(_desk((replace(usb(), fixed=True),), READER)) == ["card-missing"]


def _last(*names: str) -> LastGood:
    return LastGood(taken_at=AT - timedelta(days=7), release=HOST.release, readers=names)


def test_who_signs_with_the_built_in_reader_is_told_to_insert_the_card() -> None:
    here = replace(_desk((BROADCOM,), BUILT_IN), last_good=_last("Broadcom Corp 58200"))

    assert codes(here) == ["card-missing"]
    assert codes(replace(here, last_good=_last())) == ["reader-own-missing"]


@pytest.mark.parametrize("names", [(), (BUILT_IN,), ("Windows Hello for Business 1",), (KEY_NAME,)])
def test_a_reader_of_the_last_good_check_that_is_gone_is_named_with_its_day(
    names: tuple[str, ...],
) -> None:
    last = _last("Windows Hello for Business", "Broadcom Corp 58200", "ACS ACR39U ICC Reader")

    here = replace(_desk((), *names), last_good=last)

    gone = only(here, "reader-gone")
    assert gone.facts["readers"] == "ACS ACR39U ICC Reader"
    assert gone.facts["good_at"] == last.taken_at.isoformat()
    assert codes(replace(here, usb=UNSEEN)) == (
        ["reader-own-missing"] if names == (BUILT_IN,) else ["reader-not-seen"]
    )


@pytest.mark.parametrize(
    ("device", "name", "atr", "card"),
    [
        (YUBIKEY, KEY_NAME, "3BFD1300008131FE158073C021C057597562694B657940", "yubikey"),
        (
            usb("20A0:42B2", name="Nitrokey 3", maker="Nitrokey"),
            "Nitrokey Nitrokey 3 [CCID/ICCD Interface] 01 00",
            UNKNOWN,
            "security-key",
        ),
    ],
)
def test_a_security_key_is_neither_a_reader_nor_a_card(
    device: UsbDevice, name: str, atr: str, card: str
) -> None:
    key = reader(atr, name)
    beside = replace(desk((key, reader(None)), (), CCID), usb=(device, usb()))

    assert codes(beside) == ["card-missing"]
    assert only(beside, "card-is-key").facts == {"reader": name, "card": card, "atr": atr}
    assert codes(replace(desk((key,), (), CCID), usb=(device,))) == ["reader-missing"]
    assert codes(replace(beside, readers=(key,))) == ["reader-not-offered"]
    holds_nes = replace(desk((reader(name=name),), (), CCID), usb=(device,))
    assert "reader-missing" not in codes(holds_nes)
    read = (module(slot(token(nes()), name), path="/opt/own.so", source=Source.CONFIGURED),)
    assert codes(replace(desk((key,), read, CCID), usb=(device,))) == []
    mute = replace(beside, readers=(reader(name=name, card=MUTE), reader(None)))
    assert only(mute, "card-is-key").facts["atr"] == "-"


def test_an_empty_slot_of_a_tokens_driver_is_nobodys_and_a_full_one_is_a_token() -> None:
    slots = ("AKS ifdh 00 00", "AKS VR 01 00", "Rainbow Technologies iKeyVirtualReader 02 00")
    empty = _desk((), *slots)

    assert codes(empty) == ["reader-missing"]
    held = desk((reader(ETOKEN, slots[0]), reader(None, slots[1])), ())
    assert "reader-missing" not in codes(held)
    found = [each.facts for each in diagnose(held, AT).findings if each.code == "reader-found"]
    assert found == [{"reader": slots[0]}]


def test_a_card_on_the_contactless_side_does_not_fill_the_slot() -> None:
    side, slot_ = "HID Global OMNIKEY 5422CL Smartcard Reader 0", "HID Global OMNIKEY 5422 0"
    on_top = reader(UNKNOWN, side)

    assert codes(desk((on_top, reader(None, slot_)), ())) == ["card-missing"]
    assert codes(desk((on_top,), ())) == ["card-unknown"]
    assert codes(desk((reader(BANK, side), reader(BANK, slot_)), ())) == ["card-not-for-signing"]


@pytest.mark.parametrize(
    ("devices", "names", "shown"),
    [
        ((ACR122U,), ("ACS ACR122U PICC Interface 00 00",), "ACS ACR122U PICC Interface 00 00"),
        ((ACR122U,), ("ACS ACR122 0",), "ACS ACR122 0"),
        ((ACR122U,), (), "ACS ACR122U PICC Interface"),
        ((ACR122U, ACR122U), (), "ACS ACR122U PICC Interface"),
        ((replace(ACR122U, drivers=None, problem=28),), (), "ACS ACR122U PICC Interface"),
        ((), ("Microsoft IFD 0",), "Microsoft IFD 0"),
        ((BROADCOM, ACR122U), (BUILT_IN,), BUILT_IN),
        (
            (usb("04E6:5790", name="uTrust 3700 F CL Reader", maker="Identiv"),),
            ("Identiv uTrust 3700 F CL Reader 0",),
            "Identiv uTrust 3700 F CL Reader 0",
        ),
    ],
)
def test_a_reader_without_a_slot_is_nobodys_own(
    devices: tuple[UsbDevice, ...], names: tuple[str, ...], shown: str
) -> None:
    here = _desk(devices, *names)

    assert codes(here) == ["reader-own-missing"]
    own = only(here, "reader-own-missing")
    kind = "built-in" if "Broadcom" in shown else "contactless"
    assert (own.facts["readers"], own.facts["phase"]) == (shown, kind)
    assert "reader-own-missing" not in codes(replace(here, usb=(*devices, ACR38U)))


@pytest.mark.parametrize("name", ["ACS ACR122 0", "HID Global OMNIKEY 5422CL Smartcard Reader 0"])
def test_a_card_that_lies_on_a_reader_without_a_slot_is_not_exchanged_there(name: str) -> None:
    here = desk((reader(BANK, name),), ())

    assert codes(here) == ["card-without-slot"]
    assert only(here, "card-without-slot").steps[0] == "use-reader-with-slot"


def test_on_a_mac_a_reader_that_is_not_offered_is_given_the_earlier_driver() -> None:
    here = _desk((replace(ALCOR, drivers=None),), host=MAC)

    assert only(here, "reader-not-offered").steps[:2] == ("replug-reader", "use-ifd-ccid")


@pytest.mark.parametrize(
    ("release", "first"),
    [
        ("macOS 13.7.8", ("use-ifd-ccid", "try-other-port")),
        ("macOS 14.6", ("replug-reader", "use-ifd-ccid")),
        ("Darwin", ("replug-reader", "use-ifd-ccid")),
    ],
)
def test_on_a_mac_that_was_well_before_macos_14_the_driver_of_that_time_comes_first(
    release: str, first: tuple[str, str]
) -> None:
    here = _desk((replace(ALCOR, drivers=None),), host=MAC)
    before = replace(here, last_good=replace(_last(), release=release))

    assert only(before, "reader-not-offered").steps[:2] == first


def test_a_chip_of_both_forms_is_the_computers_own_beside_a_reader_that_is_gone() -> None:
    name = "Alcor Micro USB Smart Card Reader"
    here = replace(_desk((ALCOR,), f"{name} 0"), last_good=_last("ACS ACR39U ICC Reader", name))

    assert only(here, "reader-gone").facts["readers"] == "ACS ACR39U ICC Reader"
    assert codes(here) == ["reader-gone"]
    assert codes(replace(here, last_good=_last("ACS ACR39U ICC Reader"))) == ["card-missing"]
    assert codes(replace(here, last_good=_last(name))) == ["card-missing"]
    both = _last(name, "Generic EMV Smartcard Reader")
    assert codes(replace(here, last_good=both)) == ["card-missing"]
    filled = replace(here, readers=(reader(BANK, f"{name} 0"),))
    assert codes(filled) == ["card-not-for-signing"]


def test_a_reader_that_windows_only_remembers_is_named_with_its_day_where_that_is_known() -> None:
    here = _desk((usb(problem=45),), host=WINDOWS)

    assert codes(replace(here, last_good=_last("ACS ACR39U ICC Reader"))) == ["reader-gone"]
    assert codes(replace(here, last_good=_last("Windows Hello 1"))) == ["reader-not-connected"]


@pytest.mark.parametrize(
    ("here", "state"),
    [
        (_desk((BROADCOM,), BUILT_IN), ReaderState.MISSING),
        (_desk((replace(BROADCOM, problem=28),), host=WINDOWS), ReaderState.MISSING),
        (replace(_desk(()), last_good=_last("udea MILKO V1.")), ReaderState.MISSING),
        (_desk((usb(problem=45),), host=WINDOWS), ReaderState.MISSING),
        (_desk((usb(problem=47),), host=WINDOWS), ReaderState.DRIVER),
        (_desk((usb(problem=31),), host=WINDOWS), ReaderState.DRIVER),
        (_desk((usb(problem=43),), host=WINDOWS), ReaderState.BROKEN),
    ],
)
def test_a_reader_is_ordered_where_the_persons_own_is_not_there(
    here: Snapshot, state: ReaderState
) -> None:
    assert summarise(diagnose(here, AT)).reader is state


def test_a_reader_on_usb_is_named_as_the_catalogue_does() -> None:
    device = usb()
    found = diagnose(_desk((device,), SECOND), AT).findings

    named = [each.facts["model"] for each in found if each.code == "reader-identified"]

    assert named == [" / ".join(model.name for model in readers_with(device.id))]


def test_a_desk_without_an_origin_has_no_user() -> None:
    line = summarise(diagnose(replace(_desk(()), origin=None), AT))

    assert (line.user, line.host_id, line.unit) == ("", "", "")


def test_a_new_computer_is_told_that_its_card_needs_a_driver_too() -> None:
    bare = replace(desk((), (), WINDOWS), usb=(usb(problem=28),))

    assert codes(bare) == ["reader-driver-missing", "driver-none"]
    assert codes(replace(bare, modules=(unloaded(),))) == ["reader-driver-missing"]
    assert codes(replace(bare, usb=(usb(problem=22),))) == ["reader-disabled"]
    with_other = replace(bare, readers=(reader(None, SECOND),))
    assert "driver-none" not in codes(with_other)


def test_a_token_that_signed_and_is_gone_is_told_where_no_reader_was_anybodys_own() -> None:
    names = ("AKS ifdh", "iKeyVirtualReader", "SafeNet Token JC")
    here = replace(_desk((), "AKS ifdh 0", "iKeyVirtualReader 0"), last_good=_last(*names))

    assert codes(here) == ["reader-gone"]
    found = only(here, "reader-gone")
    assert found.facts["readers"] == "SafeNet Token JC"
    assert "order-reader" not in found.steps
    both = replace(here, last_good=_last(*names, "ACS ACR39U ICC Reader"))
    assert only(both, "reader-gone").facts["readers"] == "ACS ACR39U ICC Reader"
    assert "order-reader" in only(both, "reader-gone").steps
