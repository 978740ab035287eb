# SPDX-License-Identifier: Apache-2.0
"""Run in an enclosure: a system bus and a polkit of its own, then the PC/SC service behind them.

A program, not a module: standard library only. It makes the mounts, starts the bus and polkit,
and becomes the service; they end with it. A service that was built without polkit gets a gate:
another socket, which asks polkit what a service with polkit asks, and refuses as that does.

Usage: gate.py DIRECTORY-OF-RULES DIRECTORY-OF-ACTIONS FILE-OF-GROUPS SERVICE [OPTION…]
Without arguments: be the gate.

Source: pcsc-lite 1.9.9, src/auth.c, and src/winscard_svc.c, ContextThread. That version, built
from Debian's source with --enable-polkit, gave the client the same codes (Debian 12, 2026-11-23).
"""

import contextlib
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

_POLKITD = ("/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd", "/usr/libexec/polkit-1/polkitd")


def has_polkit(service: str) -> bool:
    """Tell whether a PC/SC service was built to ask polkit."""
    return b"libpolkit-gobject" in Path(service).read_bytes()


def polkitd() -> str | None:
    """Find polkit's daemon."""
    return next((place for place in _POLKITD if os.access(place, os.X_OK)), None)


CONNECT, TRANSMIT, CONTROL, STATES = 4, 9, 10, 0x12
"""SCARD_CONNECT, SCARD_TRANSMIT, SCARD_CONTROL and CMD_GET_READERS_STATE.

Source: pcsc-lite, src/winscard_msg.h.
"""
_UNIX: int = vars(socket).get("AF_UNIX", 0)  # Windows lacks it
_HEADER = struct.Struct("=II")
"""How much follows, and the command. Source: pcsc-lite, src/winscard_msg.h, rxHeader."""
_LENGTH_AT = {TRANSMIT: 12, CONTROL: 8}
"""Where a message says how many bytes for the card come after it."""
_LENGTH = struct.Struct("=I")


def relay(
    client: socket.socket,
    place: str,
    may_ask: Callable[[int], bool],
    told: Callable[[bytes], bytes] = bytes,
) -> None:
    """Pass on what a client asks the service at a socket, until it asks what it may not.

    `told` makes what the client hears of what the service answers.
    """
    with socket.socket(_UNIX) as service, contextlib.suppress(OSError):
        service.connect(place)
        threading.Thread(target=_pass_on, args=(service, client, told), daemon=True).start()
        while header := client.recv(_HEADER.size, socket.MSG_WAITALL):
            size, command = _HEADER.unpack(header)
            body = client.recv(size, socket.MSG_WAITALL) if size else b""
            if command in _LENGTH_AT:
                (more,) = _LENGTH.unpack_from(body, _LENGTH_AT[command])
                body += client.recv(more, socket.MSG_WAITALL) if more else b""
            if not may_ask(command):
                break
            service.sendall(header + body)
        for side in (client, service):
            side.shutdown(socket.SHUT_RDWR)


def _pass_on(source: socket.socket, sink: socket.socket, told: Callable[[bytes], bytes]) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(1 << 16):
            sink.sendall(told(some))
        sink.shutdown(socket.SHUT_RDWR)


assert sys.platform == "linux"

_SERVICE = "/run/pcscd/pcscd.comm"
_GATE = "/run/gate.comm"
_BUS = "/run/dbus/system_bus_socket"
_BUS_CONFIGURATION = f"""<busconfig>
  <type>system</type>
  <listen>unix:path={_BUS}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow eavesdrop="true"/>
    <allow send_destination="*" eavesdrop="true"/>
  </policy>
</busconfig>
"""
_LIMIT_S = 10.0
_CREDENTIALS = struct.Struct("=iII")
"""Process, user and group. Source: unix(7), SO_PEERCRED."""


def _mount(rules: str, actions: str, groups: str) -> None:
    for source, place in (
        (rules, "/etc/polkit-1/rules.d"),
        (actions, "/usr/share/polkit-1/actions"),
        (groups, "/etc/group"),
    ):
        subprocess.run(["mount", "--bind", source, place], check=True)


def _start(*command: str) -> None:
    subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL)


def _start_polkit() -> None:
    """Start the bus and polkit; polkit, which changes its user, ends with the bus."""
    configuration = Path("/run/dbus/rig.conf")
    configuration.parent.mkdir(exist_ok=True)
    Path(_BUS).unlink(missing_ok=True)
    configuration.write_text(_BUS_CONFIGURATION)
    _start("dbus-daemon", "--nofork", "--nopidfile", f"--config-file={configuration}")
    _wait_for(Path(_BUS).exists)
    _start(polkitd() or "polkitd", "--no-debug")
    _wait_for(lambda: _is_allowed("access_pcsc", os.getpid(), 0))


def _wait_for(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + _LIMIT_S
    while not is_so():
        if time.monotonic() > limit:
            message = "the bus or polkit did not answer"
            raise TimeoutError(message)
        time.sleep(0.02)


def _is_allowed(action: str, pid: int, uid: int) -> bool:
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    name = f"org.debian.pcsc-lite.{action}"
    command = ["pkcheck", "--action-id", name, "--process", f"{pid},{started},{uid}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _be_the_gate() -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(_GATE)
        Path(_GATE).chmod(0o666)
        listener.listen()
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client,), daemon=True).start()


def _serve(client: socket.socket) -> None:
    asked = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(asked)
    with client, contextlib.suppress(OSError):
        # What is closed before it was read is reset; the service takes longer than the client.
        select.select([client], [], [], _LIMIT_S)
        if not _is_allowed("access_pcsc", pid, uid):
            return
        relay(
            client, _SERVICE, lambda asked: asked != CONNECT or _is_allowed("access_card", pid, uid)
        )


def main(rules: str, actions: str, groups: str, service: str, *options: str) -> None:
    """Prepare, and become the service."""
    _mount(rules, actions, groups)
    _start_polkit()
    Path(_GATE).unlink(missing_ok=True)
    if not has_polkit(service):
        _start(sys.executable, "-I", __file__)
        _wait_for(Path(_GATE).exists)
    os.execv(service, [service, *options])  # noqa: S606 - it is a program of the system's


if __name__ == "__main__":
    if sys.argv[1:]:
        main(*sys.argv[1:])
    else:
        _be_the_gate()
