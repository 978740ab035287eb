# SPDX-License-Identifier: Apache-2.0
"""Run by `unshare -mn`: one PC/SC service in its own mounts and network, and sockets from within.

A program, not a module: standard library only. Standard input is a socket of the test process, on
which it says "ready" once the service accepts clients. A port number that comes in is connected to
in here, and the connection goes back as a descriptor; when the socket closes, for whatever reason,
the service is ended. When the service ends, so does this program, with its exit status.

Usage: enclosure.py DIRECTORY-FOR-/run EMPTY-DIRECTORY COMMAND…
"""

import os
import select
import socket
import subprocess
import sys
from pathlib import Path

assert sys.platform == "linux"

_GRACE_S = 2.0
_DRIVERS = Path("/usr/lib/pcsc/drivers")
"""Hidden, so that the service does not find the readers of the machine the tests run on."""


def _enclose(run: str, empty: str) -> None:
    subprocess.run(["mount", "--bind", run, "/run"], check=True)
    if _DRIVERS.is_dir():
        subprocess.run(["mount", "--bind", empty, str(_DRIVERS)], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def _accepts() -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex("/run/pcscd/pcscd.comm") == 0


def _connect(port: int, requests: socket.socket) -> None:
    try:
        wire = socket.create_connection(("127.0.0.1", port))
    except OSError as error:
        requests.send(str(error).encode())
        return
    with wire:
        socket.send_fds(requests, [b"connected"], [wire.fileno()])


def _serve(service: subprocess.Popen[bytes], requests: socket.socket) -> None:
    """Answer requests until the socket closes or the service ends."""
    ended = os.pidfd_open(service.pid)
    while not _accepts():
        if ended in select.select([ended], [], [], 0.005)[0]:
            return
    requests.send(b"ready")
    watched: list[socket.socket | int] = [requests, ended]
    while ended not in select.select(watched, [], [])[0]:
        request = requests.recv(64)
        if not request:
            return
        _connect(int(request), requests)


def main(run: str, empty: str, *command: str) -> int:
    """Start the service, serve, and end it."""
    _enclose(run, empty)
    requests = socket.socket(fileno=os.dup(0))
    service = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL
    )
    _serve(service, requests)
    service.terminate()
    try:
        return service.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        # A card that keeps silent keeps a thread of the service in a read without end.
        service.kill()
        return service.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
