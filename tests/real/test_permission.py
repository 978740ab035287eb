# SPDX-License-Identifier: Apache-2.0
"""Who may use the PC/SC service: a real bus and polkit decide, and a container may lack it all."""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cardtool.model.snapshot import Failure, decode
from cardtool.model.surroundings import Host
from tests.conftest import require
from tests.real.desks import AT, akis, nes
from tests.rig import polkit
from tests.rig.command import COMMAND, checked
from tests.rig.polkit import USER, GuardedService

pytestmark = [pytest.mark.real, pytest.mark.root]

_GROUP = "kart.kullananlar"
_ACCESS_DENIED = 0x8010006A
"""SCARD_W_SECURITY_VIOLATION."""
_COMM_ERROR = 0x80100013
"""SCARD_F_COMM_ERROR."""

_CONNECT = """
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, (reader, *_) = scard.SCardListReaders(context, [])
print(scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, 3)[0] & 0xFFFFFFFF)
"""


@pytest.fixture
def service() -> Iterator[GuardedService]:
    """Start a service with a card that only root may use, on a machine whose USER is in GROUP."""
    require(not polkit.missing(), polkit.missing())
    with GuardedService(groups={_GROUP: (USER,), "baska": ()}) as running:
        running.insert(akis(nes(400)))
        running.env["SSH_CONNECTION"] = "192.0.2.1 50000 192.0.2.2 22"
        yield running


def _rule(group: str) -> str:
    """Print the rule as a person does."""
    return subprocess.run(
        [COMMAND, "drivers", "--polkit-rule", group],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout


def _restart_with(service: GuardedService, rules: str) -> None:
    service.stop()
    service.install(rules)
    service.start()


def _check(service: GuardedService, home: Path) -> tuple[dict[str, Any], int]:
    arguments = ("check", "--format", "json", "--at", AT.isoformat())
    done = service.run_as_user(COMMAND, *arguments, home=home)
    assert done.stdout, done.stderr
    return json.loads(done.stdout), done.returncode


def _verdict(check: dict[str, Any]) -> str:
    """Return the verdict; in a container, where CI may run, another ending says that it is one."""
    is_container = "container" in check["snapshot"]["host"]["session"]["marks"]
    return str(check["verdict"]).removesuffix("-container" if is_container else "")


def test_user_without_a_session_is_refused_until_the_printed_rule_is_installed(
    service: GuardedService, tmp_path: Path
) -> None:
    refused, refused_status = _check(service, tmp_path)
    _restart_with(service, _rule(_GROUP))
    allowed, allowed_status = _check(service, tmp_path)

    assert (_verdict(refused), refused_status) == ("service-access-denied", 3)
    failure = refused["snapshot"]["readers"]
    assert (failure["api"], failure["code"]) == ("pcsc", _ACCESS_DENIED)
    assert (allowed["verdict"], allowed_status) == ("nes-valid", 0)


def test_rule_for_a_group_lets_nobody_else_in(service: GuardedService, tmp_path: Path) -> None:
    _restart_with(service, _rule("baska"))

    refused, _ = _check(service, tmp_path)

    assert _verdict(refused) == "service-access-denied"


def test_root_needs_no_rule(service: GuardedService) -> None:
    found = checked(service.env, "--at", AT.isoformat())

    assert found["verdict"] == "nes-valid"


def test_printed_rule_needs_both_its_actions(service: GuardedService, tmp_path: Path) -> None:
    """With the first alone readers are seen, no card: pcscd 1.9 breaks the line, 2.3 refuses."""
    _restart_with(service, _rule(_GROUP).replace("access_card", "access_no_card"))
    connected = service.run_as_user(sys.executable, "-c", _CONNECT, home=tmp_path)
    kept, kept_status = _check(service, tmp_path)
    _restart_with(service, _rule(_GROUP).replace("access_pcsc", "access_no_pcsc"))
    refused, _ = _check(service, tmp_path)

    assert int(connected.stdout) in {_COMM_ERROR, _ACCESS_DENIED}
    assert (kept["verdict"], kept_status) == ("card-access-denied", 3)
    assert _verdict(refused) == "service-access-denied"


_QUESTION_BYTES = 20
"""Of the client library's first message. Source: pcsc-lite, src/winscard_msg.h, CMD_VERSION."""

_ASK_OFTEN = """
import json
from cardtool.probe import pcsc
question = json.dumps({"verify": [], "settle_s": 0, "poll_s": 0}).encode()
print(*{json.loads(pcsc.answer(question))["code"] for _ in range(50)})
"""


def test_who_is_hung_up_on_before_the_first_message_is_refused_all_the_same(
    socket_folder: Path,
) -> None:
    place = str(socket_folder / "comm")
    with socket.socket(socket.AddressFamily["AF_UNIX"]) as listener:
        listener.bind(place)
        listener.listen()
        threading.Thread(target=_hang_up, args=(listener,), daemon=True).start()
        done = subprocess.run(
            [sys.executable, "-c", _ASK_OFTEN],
            env={**os.environ, "PCSCLITE_CSOCK_NAME": place},
            capture_output=True,
            encoding="ascii",
            check=True,
        )

    assert done.stdout.split() == [str(_ACCESS_DENIED)]


def _hang_up(listener: socket.socket) -> None:
    """Close every other connection at once, and the rest with the whole first message unread."""
    with suppress(OSError):  # the test has ended
        while True:
            listener.accept()[0].close()
            late, _ = listener.accept()
            while 0 < len(late.recv(_QUESTION_BYTES, socket.MSG_PEEK)) < _QUESTION_BYTES:
                time.sleep(0.001)
            late.close()


_VERSION_BYTES, _OTHER_VERSION = 8 + 12, 0x8010001E
"""Of CMD_VERSION with its header, and the answer to a client of another protocol version.

Source: pcsc-lite, src/winscard_svc.c, "Communication protocol mismatch!".
"""


def test_a_service_of_another_version_is_not_taken_for_a_stopped_one(
    tmp_path: Path, socket_folder: Path
) -> None:
    place = str(socket_folder / "comm")
    environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "PCSCLITE_CSOCK_NAME": place}
    with socket.socket(socket.AddressFamily["AF_UNIX"]) as listener:
        listener.bind(place)
        listener.listen()
        threading.Thread(target=_refuse_version, args=(listener,), daemon=True).start()
        done = subprocess.run(
            [COMMAND, "check", "--format", "json"],
            env={**environment, "HOME": str(tmp_path)},
            capture_output=True,
            check=False,
        )

    assert (json.loads(done.stdout)["verdict"], done.returncode) == ("service-versions-differ", 3)


def _refuse_version(listener: socket.socket) -> None:
    with suppress(OSError):  # the test has ended
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(_VERSION_BYTES, socket.MSG_WAITALL)
                client.sendall(struct.pack("iiI", 4, 5, _OTHER_VERSION))


_WITHOUT_BUS = 'mount -t tmpfs none /run/dbus && exec "$@"'


def test_a_container_that_has_polkit_gets_the_advice_of_any_machine(
    service: GuardedService, tmp_path: Path
) -> None:
    inside = ("nsenter", "--mount", f"--target={service.pid}", f"--wdns={tmp_path}")
    bare = (*inside, "unshare", "--mount", "sh", "-c", _WITHOUT_BUS, "sh")

    verdicts = [
        json.loads(
            subprocess.run(
                [*around, *service.as_user(), COMMAND, "check", "--format", "json"],
                env={**service.env, "HOME": str(tmp_path), "container": "lxc"},
                capture_output=True,
                check=False,
            ).stdout
        )["verdict"]
        for around in (inside, bare)
    ]

    assert verdicts == ["service-access-denied", "service-access-denied-container"]


_CONTAINER = """
mount -t tmpfs tmpfs /run && : >/run/.containerenv
mount -t tmpfs tmpfs /usr/sbin
exec "$0" snapshot
"""


def test_container_without_the_service_is_told_by_its_marks(tmp_path: Path) -> None:
    require(not polkit.missing(), polkit.missing())
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", _CONTAINER, COMMAND],
        env=environment,
        capture_output=True,
        check=False,
    )

    found = decode(done.stdout)
    assert isinstance(found.host, Host)
    assert "container" in found.host.session.marks
    assert (found.host.pcsc_socket, found.host.pcscd) == (None, None)
    assert isinstance(found.readers, Failure)
    assert (found.readers.api, found.readers.name) == ("pcsc", "SCARD_E_NO_SERVICE")
