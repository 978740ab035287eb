# SPDX-License-Identifier: Apache-2.0
"""What is said of the PC/SC service, and of sessions that keep programs from it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Failure, LastGood, Module, Reader, Source
from cardtool.model.surroundings import Host, Service, Session, UsbDevice
from cardtool.rules import diagnose
from tests.desks import (
    AT,
    BUG,
    CRASHED,
    GONE,
    HOST,
    HUNG,
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

DENIED = Failure(api="pcsc", name="SCARD_W_SECURITY_VIOLATION", code=0x8010006A)
STOPPED = Failure(api="pcsc", name="SCARD_E_SERVICE_STOPPED", code=0x8010001E)
UNSEEN = Failure(api="usb", name="EACCES", code=13)
NO_READERS = "SCARD_E_NO_READERS_AVAILABLE 0x8010002E"
VIRTUAL = reader(None, "Windows Hello for Business 1")
PLUGGED = usb(drivers=None, problem=0)


@pytest.mark.parametrize(
    ("platform", "pcscd", "code", "expected"),
    [
        ("linux", None, 0x8010001D, "service-absent"),
        ("linux", None, 0x8010001E, "service-absent"),
        ("linux", "/usr/sbin/pcscd", 0x8010001D, "service-stopped"),
        ("linux", "/usr/sbin/pcscd", 0x8010001E, "service-stopped"),
        ("linux", None, 0x8010006A, "service-access-denied-here"),
        ("linux", None, 0x80100001, "service-failed"),
        ("win32", None, 0x8010001D, "service-stopped-windows"),
        ("win32", None, 0x80100001, "service-failed"),
        ("darwin", None, 0x8010001D, "service-failed"),
    ],
)
def test_what_the_service_answers_means_something_else_on_each_system(
    platform: str, pcscd: str | None, code: int, expected: str
) -> None:
    host = replace(HOST, platform=platform, pcscd=pcscd)

    assert codes(desk(replace(GONE, code=code), (unloaded(),), host)) == [expected]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("", ""), "service-versions-differ"),
        (("failed", "active"), "service-versions-differ"),
        (("failed", ""), "service-start-failed"),
        (("", "failed"), "service-start-failed"),
        (("inactive", ""), "service-stopped"),
    ],
)
def test_a_library_of_another_version_is_blamed_only_where_the_service_may_run(
    states: tuple[str, str], expected: str
) -> None:
    units = zip(("pcscd.socket", "pcscd.service"), states, strict=True)
    services = tuple(Service(name=name, state=state) for name, state in units)
    host = replace(
        HOST, pcscd="/usr/sbin/pcscd", pcsc_socket="/run/pcscd/pcscd.comm", services=services
    )

    assert codes(desk(STOPPED, (), host)) == [expected]


def test_a_service_whose_library_is_not_there_cannot_be_asked_at_all() -> None:
    assert codes(desk(Failure(api="os", name="ENOENT", code=2), ())) == ["service-library-missing"]


def test_a_number_of_another_interface_is_not_taken_for_one_of_pcsc() -> None:
    failure = Failure(api="worker", name="EXIT", code=0x8010001D)

    assert codes(desk(failure, ())) == ["service-failed"]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (GONE, "SCARD_E_NO_SERVICE 0x8010001D"),
        (replace(GONE, code=0x8010001D - 2**32), "SCARD_E_NO_SERVICE 0x8010001D"),
        (Failure(api="pcsc", name="0x80100FFF", code=0x80100FFF), "0x80100FFF"),
        (CRASHED, "SIGSEGV 11"),
        (Failure(api="worker", name="TIMEOUT"), "TIMEOUT"),
    ],
)
def test_a_reason_is_the_symbol_and_number_to_look_up(failure: Failure, reason: str) -> None:
    assert diagnose(desk(failure, ()), AT).findings[0].facts == {"reason": reason}


def test_a_stopped_service_explains_the_driver_that_crashes_without_it() -> None:
    asked_for = module(source=Source.CONFIGURED, failure=CRASHED)

    assert codes(desk(GONE, (asked_for,))) == ["service-stopped"]
    assert codes(desk((), (asked_for,))) == ["reader-missing", "driver-crashed"]


def test_a_service_that_fails_is_a_note_where_a_card_was_read_that_can_sign() -> None:
    def asked_for(*certificates: Certificate) -> tuple[Module, ...]:
        return (module(slot(token(*certificates), None), source=Source.CONFIGURED),)

    assert codes(desk(HUNG, asked_for(nes()))) == []
    assert only(desk(HUNG, asked_for(nes())), "service-not-needed").facts == {"reason": "TIMEOUT"}
    expired = nes(ends_at=AT - timedelta(days=1))
    assert codes(desk(HUNG, asked_for(expired))) == ["service-timeout", "nes-expired"]


def _host(*marks: str, socket: str | None = None, platform: str = "linux") -> Host:
    session = Session(marks=marks)
    return replace(HOST, platform=platform, session=session, pcsc_socket=socket, pcscd=None)


@pytest.mark.parametrize("failure", [GONE, STOPPED])
@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        (None, ["service-stopped-windows"]),
        (Failure(api="usb", name="CR_FAILURE", code=0x13), ["service-stopped-windows"]),
        ((PLUGGED,), ["service-stopped-windows"]),
        ((), ["reader-missing"]),
        ((usb("046D:C31C", classes=("03",), drivers=None),), ["reader-missing"]),
        ((replace(PLUGGED, problem=28),), ["reader-driver-missing", "driver-none"]),
        ((replace(PLUGGED, problem=22),), ["reader-disabled"]),
        ((replace(PLUGGED, problem=10),), ["reader-faulty"]),
        ((replace(PLUGGED, problem=43),), ["reader-faulty"]),
        (
            (replace(PLUGGED, problem=28), usb("2A17:0001", problem=0)),
            ["service-stopped-windows", "reader-driver-missing", "driver-none"],
        ),
    ],
)
def test_the_service_of_windows_stops_with_the_last_reader_and_that_is_normal(
    failure: Failure, devices: tuple[UsbDevice, ...] | Failure | None, expected: list[str]
) -> None:
    assert codes(replace(desk(failure, (), windows()), usb=devices)) == expected


def test_an_idle_service_is_said_with_its_answer_and_is_no_fault() -> None:
    idle = only(replace(desk(GONE, (), windows()), usb=()), "service-idle")

    assert idle.severity is Severity.OK
    assert idle.facts == {"reason": "SCARD_E_NO_SERVICE 0x8010001D"}


def test_a_software_token_is_no_card_that_was_read_without_the_service() -> None:
    for path in ("/usr/lib/softhsm/libsofthsm2.so", "C:\\SoftHSM2\\lib\\softhsm2-x64.dll"):
        store = module(slot(token(nes()), None), path=path, source=Source.CONFIGURED)

        assert codes(desk(GONE, (store,))) == ["service-stopped"]
        found = [each.code for each in diagnose(desk(GONE, (store,)), AT).findings]
        assert not {"service-not-needed", "desk-ready"} & set(found)


def test_no_reader_is_missing_where_the_service_is_idle_and_a_certificate_can_sign() -> None:
    store = module(slot(token(nes()), None), source=Source.CONFIGURED)

    assert codes(replace(desk(GONE, (store,), windows()), usb=())) == []


def test_a_service_that_is_down_elsewhere_says_nothing_of_what_is_plugged_in() -> None:
    assert codes(replace(desk(GONE, ()), usb=())) == ["service-stopped"]
    assert codes(replace(desk(HUNG, (), windows()), usb=())) == ["service-timeout"]


@pytest.mark.parametrize("devices", [None, (), (PLUGGED,)])
def test_a_disabled_service_of_windows_cannot_be_idle(
    devices: tuple[UsbDevice, ...] | None,
) -> None:
    disabled = Service(name="SCardSvr", state="stopped", start="disabled")
    other = replace(disabled, name="SCardSvr2")

    here = replace(desk(GONE, (), windows(other, disabled)), usb=devices)
    assert codes(here) == ["service-disabled-windows"]
    assert "service-disabled-windows" not in codes(desk(GONE, (), windows(other)))
    assert "service-disabled-windows" not in codes(desk(HUNG, (), windows(disabled)))


@pytest.mark.parametrize("name", ["pcscd.socket", "pcscd.service"])
def test_a_masked_unit_is_not_started_but_unmasked(name: str) -> None:
    masked = replace(HOST, services=(Service(name=name, state="inactive", start="masked"),))

    assert codes(desk(GONE, (), masked)) == ["service-masked"]
    absent = replace(masked, pcscd=None)
    assert codes(desk(GONE, (unloaded(),), absent)) == ["service-absent"]
    assert codes(desk(DENIED, (), masked)) == ["service-access-denied-here"]
    disabled = replace(HOST, services=(Service(name=name, state="inactive", start="disabled"),))
    assert codes(desk(GONE, (), disabled)) == ["service-stopped"]


def _enumerating(
    state: str = "stopped",
    *devices: UsbDevice,
    platform: str = "win32",
    readers: tuple[Reader, ...] = (),
) -> list[str]:
    host = windows(Service(name="ScDeviceEnum", state=state, start="manual"))
    return codes(replace(desk(readers, (), replace(host, platform=platform)), usb=devices))


def test_a_stopped_enumerator_explains_the_reader_it_does_not_hand_over() -> None:
    assert _enumerating("stopped", PLUGGED) == ["service-enumerator-stopped"]
    assert _enumerating("paused", PLUGGED, readers=(VIRTUAL,)) == ["service-enumerator-stopped"]


def test_an_enumerator_that_nothing_starts_is_named_beside_a_service_that_is_off() -> None:
    off = Service(name="ScDeviceEnum", state="stopped", start="disabled")
    host = windows(off, Service(name="SCardSvr", state="stopped", start="manual"))
    both = ["service-stopped-windows", "service-enumerator-stopped"]

    assert codes(replace(desk(GONE, (), host), usb=(PLUGGED,))) == both
    assert codes(replace(desk(HUNG, (), host), usb=(PLUGGED,))) == ["service-timeout"]
    manual = windows(replace(off, start="manual"))
    assert codes(replace(desk(GONE, (), manual), usb=(PLUGGED,))) == ["service-stopped-windows"]


def test_an_enumerator_on_its_way_is_not_stopped() -> None:
    for state in ("start_pending", "stop_pending", "continue_pending", "pause_pending"):
        assert _enumerating(state, PLUGGED) == ["reader-not-offered"]


def test_a_stopped_enumerator_is_normal_where_it_has_nothing_to_hand_over() -> None:
    assert _enumerating("running", PLUGGED) == ["reader-not-offered"]
    assert _enumerating("", PLUGGED) == ["reader-not-offered"]
    assert _enumerating("stopped", PLUGGED, platform="linux") == ["reader-not-offered"]
    assert _enumerating("stopped") == ["reader-missing"]
    assert _enumerating("stopped", replace(PLUGGED, problem=28))[0] == "reader-driver-missing"
    assert _enumerating("stopped", PLUGGED, readers=(reader(None),)) == ["card-missing"]


@pytest.mark.parametrize("readers", [GONE, STOPPED, (), (VIRTUAL,)])
@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (Session(id=0), "session-services"),
        (Session(id=0, marks=("ssh", "rdp")), "session-services"),
        (Session(id=2, marks=("rdp",)), "session-remote-desktop"),
    ],
)
def test_a_session_of_windows_stands_for_the_service_and_the_reader(
    readers: tuple[Reader, ...] | Failure, session: Session, expected: str
) -> None:
    disabled = Service(name="SCardSvr", state="stopped", start="disabled")
    for devices in (None, (), (PLUGGED,)):
        host = windows(disabled, session=session)

        assert codes(replace(desk(readers, (), host), usb=devices)) == [expected]


def test_a_session_is_given_the_answer_of_pcsc_or_how_it_says_that_there_is_no_reader() -> None:
    host = windows(session=Session(id=0))

    assert only(desk((), (), host), "session-services").facts == {"reason": NO_READERS}
    assert only(desk(STOPPED, (), host), "session-services").facts == {
        "reason": "SCARD_E_SERVICE_STOPPED 0x8010001E"
    }


@pytest.mark.parametrize("session", [Session(id=0), Session(id=2, marks=("rdp",))])
def test_a_session_in_which_readers_are_seen_explains_nothing(session: Session) -> None:
    assert codes(desk(host=windows(session=session))) == []
    assert codes(desk((reader(None),), (), windows(session=session))) == ["card-missing"]
    assert codes(desk(HUNG, (), windows(session=session))) == ["service-timeout"]


def test_session_numbers_and_remote_desktop_mean_so_on_windows_only() -> None:
    host = replace(HOST, session=Session(id=0, marks=("rdp", "ssh")))

    assert codes(desk((), (), host)) == ["reader-missing"]
    assert codes(desk(GONE, (), replace(host, platform="darwin"))) == ["service-failed"]


def test_a_reader_of_the_far_machine_is_no_reader_in_remote_desktop() -> None:
    host = windows(session=Session(id=2, marks=("rdp",)))
    far = replace(PLUGGED, problem=28)

    assert codes(replace(desk((), (), host), usb=(far,))) == ["session-remote-desktop"]
    assert codes(replace(desk((reader(None),), (), host), usb=(far,))) == ["card-missing"]


def test_in_the_session_of_services_what_is_wrong_with_a_device_holds_too() -> None:
    here = desk((), (), windows(session=Session(id=0)))

    assert codes(replace(here, usb=(replace(PLUGGED, problem=22),))) == [
        "reader-disabled",
        "session-services",
    ]


@pytest.mark.parametrize("mark", ["container", "flatpak", "snap"])
def test_a_sandbox_without_the_socket_explains_the_service_that_is_gone(mark: str) -> None:
    code = f"session-{mark}"

    assert codes(desk(GONE, (), _host(mark))) == [code]
    assert codes(desk(GONE, (), _host(mark, socket="/run/pcscd/pcscd.comm"))) == [code]
    no_library = Failure(api="os", name="DLERROR", detail="libpcsclite.so.1")
    assert codes(desk(no_library, (), _host(mark))) == [code]
    assert codes(desk(HUNG, (), _host(mark))) == ["service-timeout"]
    assert codes(desk((), (), _host(mark))) == ["reader-missing"]
    assert codes(desk(BUG, (), _host(mark))) == ["cardtool-fault"]
    assert codes(desk(GONE, (), _host(mark, platform="darwin"))) == ["service-failed"]


def test_a_fault_of_our_own_names_the_part_that_failed() -> None:
    judged = diagnose(desk(BUG, ()), AT)

    parts = [each.facts["part"] for each in judged.findings if each.code == "cardtool-fault"]
    assert parts == ["PC/SC"]


def test_a_container_with_systemd_is_a_machine_like_any_other() -> None:
    states = tuple(
        Service(name=name, state="inactive") for name in ("pcscd.socket", "pcscd.service")
    )
    whole = replace(_host("container"), pcscd="/usr/sbin/pcscd", services=states)

    assert codes(replace(desk((), (), whole), usb=(PLUGGED,))) == ["reader-not-offered"]


def test_a_container_with_polkit_is_a_machine_like_any_other_and_no_other_container_is() -> None:
    whole, other = (
        replace(_host(*marks), pcscd="/usr/sbin/pcscd")
        for marks in (("container", "polkit"), ("container",))
    )
    seen = replace(desk((), (), other), usb=(PLUGGED,))

    assert codes(desk(GONE, (), whole)) == ["service-stopped"]
    assert codes(replace(seen, host=whole)) == ["reader-not-offered"]
    assert codes(desk(GONE, (), other)) == ["service-stopped"]  # its own, which can be started
    assert codes(seen) == ["session-container"]
    assert codes(desk((), (), other)) == ["reader-missing"]
    unseen = Failure(api="os", name="EACCES", code=13)
    assert codes(replace(seen, usb=unseen)) == ["session-container"]


def test_a_package_that_may_not_ask_is_let_out_and_a_user_who_may_not_is_let_in() -> None:
    socket = "/run/pcscd/pcscd.comm"

    assert codes(desk(DENIED, (), _host("flatpak", socket=socket))) == ["session-flatpak"]
    assert codes(desk(DENIED, (), _host("snap", "container"))) == ["session-snap"]
    own = replace(_host("container"), pcscd="/usr/sbin/pcscd")
    assert codes(desk(DENIED, (), own)) == ["service-access-denied-container"]
    hosts = desk(DENIED, (), _host("container", socket=socket))
    assert codes(hosts) == ["service-access-denied-by-host"]
    assert codes(desk(DENIED, (), _host("container", "polkit"))) == ["service-access-denied"]
    assert codes(desk(DENIED, (), _host("ssh"))) == ["service-access-denied"]


@pytest.mark.parametrize("name", ["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"])
def test_a_system_that_can_start_nothing_is_not_a_service_that_failed(name: str) -> None:
    none_left = replace(desk(modules=()), readers=Failure(api="worker", name=name, code=24))

    found = only(none_left, "system-exhausted")

    assert found.severity is Severity.UNKNOWN
    assert found.facts["reason"] == f"{name} 24"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        (replace(HOST, pcscd=None), "service-absent"),
        (HOST, "service-stopped"),
        (
            windows(Service(name="SCardSvr", state="stopped", start="disabled")),
            "service-disabled-windows",
        ),
        (
            replace(HOST, services=(Service(name="pcscd.socket", state="", start="masked"),)),
            "service-masked",
        ),
        (
            replace(HOST, services=(Service(name="pcscd.service", state="failed"),)),
            "service-start-failed",
        ),
    ],
)
def test_where_no_reader_is_plugged_in_the_service_alone_is_not_enough(
    host: Host, code: str
) -> None:
    off = desk(GONE, (unloaded(),), host)

    assert only(replace(off, usb=()), code).steps[-1] == "plug-reader-too"
    for others in (None, UNSEEN, (usb(),)):
        assert "plug-reader-too" not in only(replace(off, usb=others), code).steps


def test_over_xrdp_no_reader_of_the_computer_in_front_is_seen() -> None:
    over_xrdp = desk((), (), _host("xrdp"))
    on_usb = usb("072F:B100", name="ACR39U ICC Reader", drivers=())

    for readers in ((), GONE, DENIED):
        without = replace(over_xrdp, readers=readers)
        assert codes(without) == ["session-xrdp"]
        assert "session-xrdp" not in codes(replace(without, usb=(on_usb,)))
    last = LastGood(
        taken_at=AT - timedelta(days=1), release="x", readers=("ACS ACR39U ICC Reader",)
    )
    missed = replace(over_xrdp, last_good=last)
    assert codes(missed) == ["reader-gone"]
    assert codes(replace(missed, readers=GONE)) == ["service-absent", "driver-none"]
    assert only(over_xrdp, "session-xrdp").steps[0] == "sign-where-reader-is"


def test_whoever_works_over_xrdp_cannot_sign_and_a_job_beside_it_only_could_not_look() -> None:
    assert codes(desk(DENIED, (), _host("xrdp"))) == ["service-access-denied-xrdp"]
    found = only(desk(DENIED, (), _host("xrdp")), "service-access-denied-xrdp")
    assert (found.severity, found.steps[0]) == (Severity.CRITICAL, "sign-in-at-desk")
    assert codes(desk(DENIED, (), _host("background"))) == ["service-access-denied"]


@pytest.mark.parametrize(
    ("release", "state", "mark", "expected"),
    [
        ("Windows Server 2025 10.0.26100", "stopped", "rdp", "service-stopped-windows"),
        ("Windows Server 2025 10.0.26100", "running", "rdp", "session-remote-desktop"),
        ("Windows Server 2022 10.0.20348", "stopped", "rdp", "session-remote-desktop"),
        ("Windows 11 10.0.26100", "stopped", "rdp", "session-remote-desktop"),
        ("Windows Server 2025 10.0.26100", "stopped", "citrix", "session-virtual-desktop"),
    ],
)
def test_a_server_whose_service_no_redirected_reader_starts_is_told_so_first(
    release: str, state: str, mark: str, expected: str
) -> None:
    own = Service(name="SCardSvr", state=state, start="manual")
    host = replace(windows(own, session=Session(id=7, marks=(mark,))), release=release)

    found = codes(replace(desk(GONE, (), host), usb=()))

    assert found[0] == expected
    assert found[1:] == (["session-remote-desktop"] if "service" in expected else [])
