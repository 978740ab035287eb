# SPDX-License-Identifier: Apache-2.0
"""What kind of session it is comes from its environment, its files and, on Windows, the desktop."""

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cardtool.model.surroundings import Session
from cardtool.probe import host


def _marks(environment: Mapping[str, str], root: Path) -> tuple[str, ...]:
    return host.session({"TERM": "xterm"} | dict(environment), root, (None, False)).marks


@pytest.mark.parametrize(
    ("environment", "marks"),
    [
        ({"PATH": "/usr/bin", "SESSIONNAME": "Console"}, ()),
        ({"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}, ("ssh",)),
        ({"SSH_CLIENT": "192.0.2.1 50000 22"}, ("ssh",)),
        ({"SESSIONNAME": "RDP-Tcp#3"}, ()),  # may be of a session that has moved to the console
        ({"container": "podman"}, ("container",)),
        ({"container": ""}, ()),
        ({"FLATPAK_ID": "tr.example.Imza"}, ("flatpak",)),
        ({"SNAP": "/snap/imza/7", "SNAP_NAME": "imza"}, ("snap",)),
        ({"SNAP": "/snap/imza/7"}, ()),
        ({"WSL_DISTRO_NAME": "Ubuntu"}, ("wsl",)),
        ({"XRDP_SESSION": "1"}, ("xrdp",)),
        ({"SESSIONNAME": "ICA-tcp#12"}, ("citrix",)),
        ({"VIEWCLIENT_MACHINE_NAME": "masa-17"}, ("horizon",)),
        ({"SSH_CLIENT": "x", "container": "lxc"}, ("ssh", "container")),
    ],
)
def test_environment_marks_the_session(
    tmp_path: Path, environment: dict[str, str], marks: tuple[str, ...]
) -> None:
    assert _marks(environment, tmp_path) == marks


@pytest.mark.parametrize(
    ("machine", "kernel", "is_so"),
    [
        ("x86_64", "Darwin Kernel Version 24.6.0: xnu-11417.140.69~1/RELEASE_ARM64_T6000", True),
        ("x86_64", "Darwin Kernel Version 22.6.0: xnu-8796.141.3~6/RELEASE_X86_64", False),
        ("arm64", "Darwin Kernel Version 24.6.0: xnu-11417.140.69~1/RELEASE_ARM64_T6000", False),
    ],
)
def test_the_kernel_tells_an_intel_program_on_apple_silicon(
    machine: str, kernel: str, *, is_so: bool
) -> None:
    assert host.is_translated(machine, kernel) is is_so


@pytest.mark.parametrize(
    ("machine", "native", "is_so"),
    [
        ("x86_64", 0xAA64, True),
        ("x86_64", 0x8664, False),
        ("x86_64", 0, False),
        ("aarch64", 0xAA64, False),
    ],
)
def test_windows_tells_an_intel_program_on_a_computer_with_an_arm_processor(
    machine: str, native: int, *, is_so: bool
) -> None:
    assert host.is_on_arm(machine, native) is is_so


@pytest.mark.parametrize(
    ("name", "content", "mark"),
    [
        (".dockerenv", "", "container"),
        ("run/.containerenv", "", "container"),
        ("run/systemd/container", "lxc\n", "container"),
        ("proc/1/environ", "HOME=/\0container=lxc\0", "container"),
        (".flatpak-info", "[Application]\n", "flatpak"),
        ("proc/version", "Linux version 5.15.90.1-microsoft-standard-WSL2\n", "wsl"),
    ],
)
def test_file_marks_the_session(tmp_path: Path, name: str, content: str, mark: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(content)

    assert _marks({}, tmp_path) == (mark,)


@pytest.mark.parametrize("screen", ["TERM", "DISPLAY", "WAYLAND_DISPLAY", None])
def test_on_linux_a_session_without_a_screen_is_in_the_background(
    tmp_path: Path, screen: str | None
) -> None:
    environment = {} if screen is None else {screen: "x"}
    marks = host.session(environment, tmp_path, (None, False)).marks

    assert marks == (("background",) if screen is None and sys.platform == "linux" else ())


@pytest.mark.parametrize("content", ["HOME=/\0TERM=linux\0", "container=\0", "xcontainer=lxc\0"])
def test_first_process_outside_a_container_marks_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "proc" / "1").mkdir(parents=True)
    (tmp_path / "proc" / "1" / "environ").write_text(content)

    assert _marks({}, tmp_path) == ()


def test_first_process_that_may_not_be_read_marks_nothing(tmp_path: Path) -> None:
    (tmp_path / "proc" / "1" / "environ").mkdir(parents=True)  # root may read every file

    assert _marks({}, tmp_path) == ()


@pytest.mark.parametrize("missing", ["bus", "polkit", None])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no containers with polkit")
def test_a_container_has_polkit_where_a_bus_can_start_it(
    socket_folder: Path, missing: str | None
) -> None:
    bus = socket_folder / "run" / "dbus" / "system_bus_socket"
    services = socket_folder / "usr" / "share" / "dbus-1" / "system-services"
    bus.parent.mkdir(parents=True)
    services.mkdir(parents=True)
    with socket.socket(socket.AddressFamily["AF_UNIX"]) as listener:
        if missing != "bus":
            listener.bind(str(bus))
        if missing != "polkit":
            (services / "org.freedesktop.PolicyKit1.service").write_text("[D-BUS Service]\n")
        in_container, outside = (
            _marks({"container": "lxc"}, socket_folder),
            _marks({}, socket_folder),
        )

    assert in_container == (("container",) if missing else ("container", "polkit"))
    assert outside == ()


def test_windows_tells_number_and_remote_screen(tmp_path: Path) -> None:
    found = host.session({"TERM": "xterm"}, tmp_path, (0, True))

    assert found == Session(id=0, marks=("rdp",))


def test_other_systems_have_no_number(tmp_path: Path) -> None:
    found = host.session({"TERM": "xterm"}, tmp_path)

    assert (found.id is None) == (sys.platform != "win32")
