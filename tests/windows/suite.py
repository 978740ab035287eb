# SPDX-License-Identifier: Apache-2.0
"""The unit tests by the Python of Windows: `python -m tests.windows.suite [FILE…]`.

Two prefixes of Wine work side by side, a file of tests at a time. What is about POSIX is left out:
see `posix`. Failures are listed with their first line, the most frequent first.
"""

import queue
import shutil
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.windows.cache import CACHE, CHECKOUT, drive
from tests.windows.posix import FILES
from tests.windows.running import Wine

_RESULTS = CACHE / "suite"
_LIMIT_S = 1800
_PREFIXES = (1, 2)
"""Those of `make windows`, which cannot run meanwhile."""
_SCRIPT = 'umask 077; exec wine64 "$@"'
"""Files are their owner's alone, as those of a person are on Windows."""


@dataclass
class Sum:
    """What the files so far came to."""

    tests: int = 0
    failed: int = 0
    skipped: int = 0
    lost: int = 0
    """Files without a result: their process was ended."""


def main(*names: str) -> int:
    """Run all files of tests, or these; return the exit status."""
    shutil.rmtree(_RESULTS, ignore_errors=True)
    _RESULTS.mkdir(parents=True)
    files: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in names or sorted(each.name for each in (CHECKOUT / "tests").glob("test_*.py")):
        if name not in FILES:
            files.put(name)
    threads = [threading.Thread(target=_work, args=(each, files)) for each in _PREFIXES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _report()


def _work(number: int, files: "queue.SimpleQueue[str]") -> None:
    wine = Wine(number)
    while not files.empty():
        try:
            name = files.get_nowait()
        except queue.Empty:
            return
        begun = time.monotonic()
        results = _RESULTS / f"{Path(name).stem}.xml"
        done = wine.shell(
            {},
            CHECKOUT,
            _SCRIPT,
            *wine.command("-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider"),
            *("-p", "tests.windows.posix", "-m", "not real", f"--junitxml={drive(results)}"),
            *("-o", "junit_logging=no", f"tests/{name}"),
            limit_s=_LIMIT_S,
        )
        results.with_suffix(".log").write_bytes(done.stdout + done.stderr)
        last = (done.stdout.decode(errors="replace").strip().splitlines() or ["no result"])[-1]
        sys.stdout.write(f"{name}: {last} ({time.monotonic() - begun:.0f} s)\n")
        sys.stdout.flush()


def _report() -> int:
    total, kinds = Sum(), Counter[str]()
    for log in sorted(_RESULTS.glob("*.log")):
        results = log.with_suffix(".xml")
        if not results.exists():
            total.lost += 1
            continue
        for case in ET.parse(results).iter("testcase"):  # noqa: S314 - our own
            total.tests += 1
            total.skipped += case.find("skipped") is not None
            for trouble in (*case.iter("failure"), *case.iter("error")):
                total.failed += 1
                message = (trouble.get("message") or "").splitlines() or [""]
                kinds[f"{case.get('classname')}: {message[0][:100]}"] += 1
    for kind, count in kinds.most_common():
        sys.stdout.write(f"{count:5} {kind}\n")
    sys.stdout.write(f"{total}\n")
    return 1 if total.failed or total.lost else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
