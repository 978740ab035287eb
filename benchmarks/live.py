# SPDX-License-Identifier: Apache-2.0
"""How long the page takes from the card to the verdict, beside pkcs11-tool, and what cycles cost.

Run it with the environment that `./run test` makes: `.venv/bin/python benchmarks/live.py --cycles
200`. In each cycle a card is put in and taken out; beside it `pkcs11-tool -O --type cert` reads the
same card, every so often. The watcher hears of a card when PC/SC does, so the time begins there.
Memory, handles and processes are those of the program and all that it started.
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
from tests.rig.card import AKIS_V1_ATR
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
_DER = certificates.nes(
    name="Gülşen İĞNECİ",
    number=certificates.tckn(42),
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=datetime(2035, 12, 31, tzinfo=UTC),
)

_Told = queue.SimpleQueue[tuple[float, dict[str, Any]]]


def _next(told: _Told) -> tuple[float, float]:
    """Return when the page began to check, and when it showed the verdict."""
    began = None
    while True:
        at, state = told.get(timeout=60)
        if state["is_checking"]:
            began = at if began is None else began
        elif began is not None:
            return began, at


def _cpu_s(live: LivePage) -> float:
    root = psutil.Process(live.process.pid)
    members = [root, *root.children(recursive=True)]
    return float(sum(sum(member.cpu_times()[:2]) for member in members))


def main() -> int:
    """Measure, print, and return 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    cycles = parser.parse_args().cycles
    mine, theirs, sizes = [], [], []
    card = pkcs15_card([(f"{certificates.tckn(42)}NES0", _DER)], atr=AKIS_V1_ATR, quick=True,
                       delay_s=0.02)  # fmt: skip
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
        before = _cpu_s(live)
        time.sleep(_IDLE_S)
        idle = (_cpu_s(live) - before) / _IDLE_S * 100
    ratio = statistics.median(mine) / statistics.median(theirs)
    print(f"page {statistics.median(mine):.3f} s, pkcs11-tool {statistics.median(theirs):.3f} s: "
          f"{ratio:.2f} (target 1.0)")  # fmt: skip
    print(f"longest of {cycles}: {max(mine):.3f} s")
    for what, (memory, handles, processes) in zip(("settled", "at the end"), sizes, strict=True):
        print(f"{what}: {memory:.1f} MB, {handles} handles, {processes} processes")
    print(f"idle: {idle:.2f} % of one core (target 0.5)")
    return int(ratio > 1.0)


if __name__ == "__main__":
    sys.exit(main())
