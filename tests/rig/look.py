# SPDX-License-Identifier: Apache-2.0
"""Ask PC/SC what is in which reader, by status change alone, in a process of its own.

libpcsclite reads the place of its service once a process, so whoever has several services has to
ask each from another process.
"""

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

EMPTY = 0x10
"""SCARD_STATE_EMPTY."""
PRESENT = 0x20
"""SCARD_STATE_PRESENT."""
MUTE = 0x200
"""SCARD_STATE_MUTE."""
NO_SERVICE = 0x8010001D
"""SCARD_E_NO_SERVICE."""
NO_READERS = 0x8010002E
"""SCARD_E_NO_READERS_AVAILABLE, which is not an error here: there is no reader."""

_DEADLINE_S = 10.0


class ServiceError(Exception):
    """PC/SC refused; `code` is its number, such as `NO_SERVICE`."""

    def __init__(self, code: int) -> None:
        """Keep the number that PC/SC gave."""
        super().__init__(f"PC/SC says {code:#010x}")
        self.code = code


@dataclass(frozen=True, kw_only=True)
class ReaderState:
    """What one reader says of itself."""

    name: str
    state: int
    """Bits SCARD_STATE_*, without `changed` and without the counter."""
    events: int
    """How often a card was put in or taken out, modulo 65536."""
    atr: bytes


def look(
    environment: Mapping[str, str], *, reader: int = 0, until: int = 0
) -> tuple[ReaderState, ...]:
    """Ask for the state of every reader, if `until` is given once that bit is on in that reader.

    Raises:
        ServiceError: PC/SC refused, for instance because nothing serves it.
        TimeoutError: the bit did not come on in ten seconds.
    """
    command = [sys.executable, __file__, str(reader), str(until)]
    try:
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, timeout=_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"reader {reader} did not come to state {until:#x} in {_DEADLINE_S:g} s"
        raise TimeoutError(message) from error
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    answer = json.loads(done.stdout)
    if isinstance(answer, int):
        raise ServiceError(answer)
    return tuple(
        ReaderState(
            name=name, state=state & 0xFFFD, events=state >> 16 & 0xFFFF, atr=bytes.fromhex(atr)
        )
        for name, state, atr in answer
    )


def _ask(reader: int, until: int) -> int | list[tuple[str, int, str]]:
    scard = importlib.import_module("smartcard.scard")
    any_name = importlib.import_module("cardtool.probe.winscard")  # pyscard's take ASCII alone
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if code:
        return int(code) & 0xFFFFFFFF
    while True:
        code, names = any_name.SCardListReaders(context, [])
        if code & 0xFFFFFFFF == NO_READERS:
            return []
        if code:
            return int(code) & 0xFFFFFFFF
        code, states = any_name.SCardGetStatusChange(context, 0, [(name, 0) for name in names])
        if code:
            return int(code) & 0xFFFFFFFF
        readers = [(name, state, bytes(atr).hex()) for name, state, atr in states]
        if not until or readers[reader][1] & until:
            return readers
        time.sleep(0.01)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_ask(int(sys.argv[1]), int(sys.argv[2]))))
