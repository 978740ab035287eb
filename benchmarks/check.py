# SPDX-License-Identifier: Apache-2.0
"""How long a whole check takes beside what a person would type, on one scripted card, in one run.

Run it with the environment that `./run test` makes: `.venv/bin/python benchmarks/check.py`.
Times are medians over interleaved rounds; what counts is the ratio in a row. The modules are
compiled first, as installers do: otherwise, with PYTHONDONTWRITEBYTECODE, every start of cardtool
would compile all of them, but nothing of the libraries that it is compared with.
"""

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.rig import certificates
from tests.rig.card import AKIS_V1_ATR, ScriptedCard
from tests.rig.driver import Driver
from tests.rig.pcsc import PcscService
from tests.rig.pkcs15 import pkcs15_card

_CARDTOOL = str(Path(sys.executable).with_name("cardtool"))
_PACKAGE = Path(__file__).resolve().parent.parent / "cardtool"
_MODULE = "opensc-pkcs11.so"
_DER = certificates.nes(
    name="Gülşen İĞNECİ",
    number=certificates.tckn(42),
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=datetime(2035, 12, 31, tzinfo=UTC),
)

_PEAK_MB = 40
_POLL_TARGET_S = 0.5
"""What a check may take longer where the reader's driver cannot be asked whether the card is in.

Before a verdict it waits for one poll of the service: pcscd looks every 0.4 s, and a check waits
0.45 s from the end of the reading. The rest is a margin. It is no ratio, because a faster check
waits as long.
"""

Command = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How fast the card answers."""

    about: str
    quick: bool
    delay_s: float
    list_target: float
    typed_target: float | None


_WIRES = {
    "slow": Wire(
        about="vpcd as it is, 44 ms a command",
        quick=False,
        delay_s=0.0,
        list_target=1.12,
        typed_target=0.55,
    ),
    "good": Wire(
        about="quick wire, 20 ms a command",
        quick=True,
        delay_s=0.02,
        list_target=1.3,
        typed_target=0.65,
    ),
}

_LIST: Command = ("pkcs11-tool", "--module", _MODULE, "-O", "--type", "cert")
_CHECK: Command = (_CARDTOOL, "check", "--format", "json", "--at", "2026-06-01T00:00:00Z")


def _card(*, quick: bool = True, delay_s: float = 0.0) -> ScriptedCard:
    """Make the card that OpenSC reads."""
    labelled = [(f"{certificates.tckn(42)}NES0", _DER)]
    return pkcs15_card(labelled, atr=AKIS_V1_ATR, quick=quick, delay_s=delay_s)


def _typed(folder: Path) -> tuple[Command, ...]:
    der = str(folder / "certificate.der")
    read = ("--read-object", "--type", "cert", "--id", "01", "--output-file", der)
    return (
        ("opensc-tool", "-l"),
        ("opensc-tool", "-a"),
        ("pkcs11-tool", "--module", _MODULE, "-L"),
        ("pkcs11-tool", "--module", _MODULE, *read),
        ("openssl", "x509", "-inform", "der", "-in", der, "-noout", "-dates"),
    )


def _run(commands: Sequence[Command], env: Mapping[str, str]) -> float:
    start = time.perf_counter()
    for command in commands:
        done = subprocess.run(command, env=dict(env), capture_output=True, check=False)
        if done.returncode:
            print(done.stdout.decode(), done.stderr.decode(), file=sys.stderr)
            sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
    return time.perf_counter() - start


def _compare(rounds: int, jobs: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds + 1):  # the first warms the caches of the disk
        for name, job in jobs.items():
            times[name].append(job())
    return {name: statistics.median(each[1:]) for name, each in times.items()}


def _count(card: ScriptedCard, commands: Sequence[Command], env: Mapping[str, str]) -> int:
    before = len(card.commands)
    _run(commands, env)
    return len(card.commands) - before


def _peak_kb(command: Command, env: Mapping[str, str]) -> int:
    """Return the largest resident size among the command and its children, in kB."""
    script = (
        "import ctypes, os, resource, sys\n"
        "ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans are counted too\n"
        "os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])\n"
        "try:\n"
        "    while os.wait(): pass\n"
        "except ChildProcessError:\n"
        "    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command],
        env=dict(env),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stderr.split()[-1])


def _row(what: str, mine: float, theirs: float, target: float) -> bool:
    ratio = mine / theirs
    verdict = "ok" if ratio <= target else "MISSED"
    print(f"{what:46} {mine:7.3f} s {theirs:7.3f} s  {ratio:5.2f} (target {target:g})  {verdict}")
    return ratio <= target


def _on_wire(name: str, wire: Wire, rounds: int, folder: Path) -> bool:
    print(f"\n{name}: {wire.about}")
    card = _card(quick=wire.quick, delay_s=wire.delay_s)
    with PcscService(1, driver=Driver.SYSTEM) as service:
        service.insert(card)
        theirs = {**service.env, "OPENSC_DRIVER": "akis"}
        times = _compare(
            rounds,
            {
                "list": lambda: _run([_LIST], theirs),
                "typed": lambda: _run(_typed(folder), theirs),
                "check": lambda: _run([_CHECK], service.env),
            },
        )
        good = _row("check / pkcs11-tool -O", times["check"], times["list"], wire.list_target)
        if wire.typed_target is not None:
            typed = _row("check / typed by hand", times["check"], times["typed"], wire.typed_target)
            good = good and typed
        mine, listed = _count(card, [_CHECK], service.env), _count(card, [_LIST], theirs)
        fewer = mine <= listed
        print(f"{'card commands':46} {mine:9} {listed:9}  {'ok' if fewer else 'MISSED'}")
    return good and fewer


def _overhead(rounds: int) -> bool:
    print("\nbare: quick wire without delay, and no card at all")
    plain = (sys.executable, "-c", "import click, pkcs11, cryptography.x509")
    nothing = (sys.executable, "-c", "pass")
    card = _card()
    with PcscService(1, driver=Driver.SYSTEM) as service:
        service.insert(card)
        times = _compare(
            rounds,
            {
                "check": lambda: _run([_CHECK], service.env),
                "imports": lambda: _run([plain], service.env),
                "help": lambda: _run([(_CARDTOOL, "--help")], service.env),
                "nothing": lambda: _run([nothing], service.env),
            },
        )
        good = _row("check / python -c 'import ...'", times["check"], times["imports"], 1.5)
        quick = _row("--help / python -c pass", times["help"], times["nothing"], 4.0)
        peak_mb = _peak_kb(_CHECK, service.env) / 1024
        small = peak_mb <= _PEAK_MB
        verdict = "ok" if small else "MISSED"
        print(f"{'largest process':46} {peak_mb:7.1f} MB (target {_PEAK_MB})  {verdict}")
    return good and quick and small


def _presence(rounds: int) -> bool:
    print("\npresence: quick wire, a reader whose driver cannot be asked whether the card is in")
    with (
        PcscService(1, driver=Driver.SYSTEM) as told,
        PcscService(1, tells_presence=False, driver=Driver.SYSTEM) as silent,
    ):
        told.insert(_card())
        silent.insert(_card())
        times = _compare(
            rounds,
            {
                "silent": lambda: _run([_CHECK], silent.env),
                "told": lambda: _run([_CHECK], told.env),
            },
        )
    more_s = times["silent"] - times["told"]
    good = more_s <= _POLL_TARGET_S
    measured = f"{times['silent']:7.3f} s {times['told']:7.3f} s  {more_s:5.2f} s"
    verdict = f"(target {_POLL_TARGET_S:g} s)  {'ok' if good else 'MISSED'}"
    print(f"{'check there, beyond where it answers':46} {measured} {verdict}")
    return good


def main() -> int:
    """Compare, print, and return 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    os.environ.pop("OPENSC_DRIVER", None)
    compileall.compile_dir(_PACKAGE, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        wires = [_on_wire(name, wire, rounds, Path(folder)) for name, wire in _WIRES.items()]
        bare = _overhead(rounds)
        presence = _presence(rounds)
    return 0 if all(wires) and bare and presence else 1


if __name__ == "__main__":
    sys.exit(main())
