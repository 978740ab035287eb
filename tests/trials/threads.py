# SPDX-License-Identifier: Apache-2.0
"""Fresh processes in which two threads need the same things for the first time.

Broken is the promise by a process that a signal ended, or that gave no answer.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.rig.machine import Machine
from tests.trials import Trial

_READER = {
    "idVendor": "072f",
    "idProduct": "90cc",
    "manufacturer": "ACS",
    "product": "ACR38T IBS",
    "authorized": "1",
}
_LIMIT_S = 60.0

_LOADERS = (
    "catalog.load()",
    "catalog.readers_named('ACS ACR39U ICC Reader 00 00')",
    "catalog.issuers()",
    "procedures.load()",
    "procedures.institution()",
    "procedures.institution('kirikkale-ism')",
    "addresses.expand('Atatürk Cad. No: 5')",
    "Text('tr')",
    "usb.understand({'1-1': {'idVendor': b'072f', 'idProduct': b'90cc'}}, Path('/'))",
)
_TWO_THREADS = """
import sys, threading
from pathlib import Path
from cardtool import catalog
from cardtool.catalog import addresses, procedures
from cardtool.probe import usb
from cardtool.text import Text

sys.setswitchinterval(1e-6)
together = threading.Barrier(2)

def first():
    together.wait()
    {first}

def second():
    together.wait()
    {second}

threads = [threading.Thread(target=each) for each in (first, second)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print("done")
"""


def _plugged(cases: int, _: int) -> Iterator[str]:
    """Check a machine that has nothing but a reader on USB, so many times."""
    command = (sys.executable, "-m", "cardtool", "check", "--format", "json")
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        machine.plug(_READER)
        for _ in range(cases):
            done = subprocess.run(
                machine.wrap(*command),
                env={**os.environ, "CARDTOOL_LOCK": "", "CARDTOOL_STATE": ""},
                capture_output=True,
                timeout=_LIMIT_S,
                check=False,
            )
            try:
                verdict = json.loads(done.stdout)["verdict"]
            except ValueError:
                yield f"exit status {done.returncode}, {done.stderr[-500:]!r}"
            else:
                yield "" if verdict else "no verdict"


def _two_threads(cases: int, seed: int) -> Iterator[str]:
    """Load in two threads at once, each time in a new process."""
    rnd = random.Random(seed)  # noqa: S311 - to be the same each time
    for number in range(cases):
        first = list(_LOADERS)
        rnd.shuffle(first)
        second = first if number % 2 else rnd.sample(first, len(first))
        script = _TWO_THREADS.format(first="; ".join(first), second="; ".join(second))
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, timeout=_LIMIT_S, check=False
        )
        is_well = (done.returncode, done.stdout.strip()) == (0, b"done")
        yield "" if is_well else f"exit status {done.returncode}, {done.stderr[-500:]!r}"


PLUGGED = Trial(
    name="usb-reader-plugged",
    promise="A check where a reader is plugged in ends with a verdict, and the program never "
    "crashes.",
    run=_plugged,
    few=3,
    many=300,
    is_real=True,
)
TWO_THREADS = Trial(
    name="two-threads",
    promise="Two threads may need the catalogue, the words and the profiles for the first time "
    "at once.",
    run=_two_threads,
    few=6,
    many=500,
)
