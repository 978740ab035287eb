# SPDX-License-Identifier: Apache-2.0
"""How long the page takes from the card to the verdict, beside pkcs11-tool, and what cycles cost.

Run it with the environment that `./run test` makes: `.venv/bin/python benchmarks/live.py --cycles
200`. In each cycle a card is put in and taken out; beside it `pkcs11-tool -O --type cert` reads the
same card, every so often. It is told the card's driver, which cardtool finds out by itself, so both
send the same commands; once it is run as people type it, and tries all drivers. The watcher hears
of a card when PC/SC does, so the time begins there. Memory, handles and processes are those of the
program and all that it started. At the end another program signs, alone and beside the page in
turns.
"""

import argparse
import queue
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.rig import certificates
from tests.rig.card import AKIS_V1_ATR, ScriptedCard
from tests.rig.driver import Driver
from tests.rig.live import LivePage
from tests.rig.pcsc import PcscService
from tests.rig.pkcs15 import pkcs15_card
from tests.rig.processes import size_of

_MODULE = "opensc-pkcs11.so"
_LIST = ("pkcs11-tool", "--module", _MODULE, "-O", "--type", "cert")
_AT = ("--at", "2026-06-01T00:00:00Z")
_SETTLED = 20  # cycles after which memory is compared
_EVERY = 10  # cycles between two readings by pkcs11-tool
_IDLE_S = 20.0
_READY_S = 3.0  # after a verdict: the processes for the next card start
_TURNS = 5  # how often signing alone and beside the page take turns
_SLOWER = 1.05
_DER = certificates.nes(
    name="Gülşen İĞNECİ",
    number=certificates.tckn(42),
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=datetime(2035, 12, 31, tzinfo=UTC),
)

_SIGNER = """
import sys, time
from smartcard import scard as s
_, context = s.SCardEstablishContext(s.SCARD_SCOPE_USER)
_, names = s.SCardListReaders(context, [])
hashed = [0x00, 0x2A, 0x9E, 0x9A, 0x20, *range(32), 0x00]
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    code, card, protocol = s.SCardConnect(context, names[0], s.SCARD_SHARE_SHARED, 3)
    codes = [code, s.SCardBeginTransaction(card)]
    for command in ([0x00, 0x22, 0x41, 0xB6, 0x03, 0x84, 0x01, 0x01], hashed):
        codes.append(s.SCardTransmit(card, protocol, command)[0])
    codes += [s.SCardEndTransaction(card, s.SCARD_LEAVE_CARD)]
    codes += [s.SCardDisconnect(card, s.SCARD_LEAVE_CARD)]
    print(time.perf_counter() - start, int(any(codes)), flush=True)
"""
"""Connects, chooses a key, has 32 bytes signed and leaves, as a signing program does each time.

What the card answers does not matter here, only that every call of PC/SC succeeds.
"""

_Told = queue.SimpleQueue[tuple[float, dict[str, Any]]]


def _next(told: _Told) -> tuple[float, float]:
    """Return when the page began to check, and when it showed the verdict.

    The check of an empty reader may end before it was shown that it had begun; the verdict then
    comes with the event.
    """
    began = None
    while True:
        at, state = told.get(timeout=60)
        if state["is_checking"]:
            began = at if began is None else began
        elif began is not None or state["events"]:
            return at if began is None else began, at


def _cpu_s(live: LivePage) -> float:
    root = psutil.Process(live.process.pid)
    members = [root, *root.children(recursive=True)]
    return float(sum(sum(member.cpu_times()[:2]) for member in members))


def _sign(service: PcscService, times: int) -> tuple[list[float], int]:
    """Return how long each signature took, and how many failed."""
    command = [sys.executable, "-c", _SIGNER, str(times)]
    done = subprocess.run(command, env=service.env, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    return [float(took) for took, _ in lines], sum(int(failed) for _, failed in lines)


def _beside(signatures: int) -> bool:
    """Compare signing while the page is open with signing alone, in turns."""
    alone, beside, failed = list[float](), list[float](), 0
    each = max(1, signatures // _TURNS)
    with PcscService(1, driver=Driver.SYSTEM) as service:
        service.insert(_card())
        for _ in range(_TURNS):
            alone += _sign(service, each)[0]
            with LivePage(service.env, *_AT) as live:
                live.open()
                for state in live.told(limit_s=60):
                    if not state["is_checking"]:
                        break
                took, failures = _sign(service, each)
                beside, failed = beside + took, failed + failures
                live.end()
    ratio = statistics.median(beside) / statistics.median(alone)
    print(f"{len(beside)} signatures beside the page: {failed} failed, "
          f"{statistics.median(beside) * 1000:.1f} ms, alone "
          f"{statistics.median(alone) * 1000:.1f} ms: {ratio:.3f} (target 1.05)")  # fmt: skip
    return not failed and ratio <= _SLOWER


def main() -> int:
    """Measure, print, and return 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--signatures", type=int, default=1000)
    asked = parser.parse_args()
    good = _follow_hands(asked.cycles)
    return 0 if _beside(asked.signatures) and good else 1


def _card() -> ScriptedCard:
    labelled = [(f"{certificates.tckn(42)}NES0", _DER)]
    return pkcs15_card(labelled, atr=AKIS_V1_ATR, quick=True, delay_s=0.02)


def _follow_hands(cycles: int) -> bool:
    """Measure the page while a card is put in and taken out, and afterwards at rest."""
    mine, theirs, sizes = [], [], []
    card = _card()
    with PcscService(1, driver=Driver.SYSTEM) as service, LivePage(service.env, *_AT) as live:
        live.open()
        told: _Told = queue.SimpleQueue()

        def follow() -> None:
            for state in live.told(limit_s=600):
                told.put((time.perf_counter(), state))

        threading.Thread(target=follow, daemon=True).start()
        while told.get(timeout=60)[1]["is_checking"]:
            pass
        for cycle in range(cycles):
            service.insert(card)
            began, shown = _next(told)
            mine.append(shown - began)
            if cycle % _EVERY == 0:
                env = {**service.env, "OPENSC_DRIVER": "akis"}
                start = time.perf_counter()
                subprocess.run(_LIST, env=env, capture_output=True, check=True)
                theirs.append(time.perf_counter() - start)
            service.remove()
            _next(told)
            if cycle == min(_SETTLED, cycles - 1):
                sizes.append(size_of(live.process.pid))
        sizes.append(size_of(live.process.pid))
        service.insert(card)
        _next(told)
        start = time.perf_counter()
        subprocess.run(_LIST, env=service.env, capture_output=True, check=True)
        typed_s = time.perf_counter() - start
        service.remove()
        _next(told)
        time.sleep(_READY_S)
        before = _cpu_s(live)
        time.sleep(_IDLE_S)
        idle = (_cpu_s(live) - before) / _IDLE_S * 100
    ratio = statistics.median(mine) / statistics.median(theirs)
    print(f"page {statistics.median(mine):.3f} s, pkcs11-tool {statistics.median(theirs):.3f} s: "
          f"{ratio:.2f} (target 1.0); as typed it takes {typed_s:.3f} s")  # fmt: skip
    print(f"longest of {cycles}: {max(mine):.3f} s")
    for what, (memory, handles, processes) in zip(("settled", "at the end"), sizes, strict=True):
        print(f"{what}: {memory:.1f} MB, {handles} handles, {processes} processes")
    print(f"idle: {idle:.2f} % of one core (target 0.5)")
    return ratio <= 1


if __name__ == "__main__":
    sys.exit(main())
