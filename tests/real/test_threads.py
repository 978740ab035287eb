# SPDX-License-Identifier: Apache-2.0
"""What the threads of a check do: they wait and read, and load nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.machine import Machine

pytestmark = pytest.mark.real

_READER = {"idVendor": "072f", "idProduct": "90cc", "product": "ACR38T IBS", "authorized": "1"}

_SPIED = """
import os, sys, threading

def spy(frame, event, called):
    place = frame.f_globals.get("__name__", "")
    if event == "call" and place.startswith(("cardtool.catalog", "importlib")):
        os.write(2, f"{place}.{frame.f_code.co_name}\\n".encode())
    if event == "c_call":
        owner = getattr(called, "__module__", None) or type(called.__self__).__module__
        if owner.startswith("msgspec"):
            os.write(2, f"{place} calls {called}\\n".encode())

threading.setprofile(spy)  # for threads that are started from now on
sys.argv = ["cardtool", "check", "--format", "json"]
from cardtool.__main__ import main
main()
"""


def test_no_thread_but_the_first_imports_or_decodes_or_asks_the_catalogue(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.plug(_READER)

    done = subprocess.run(
        machine.wrap(sys.executable, "-c", _SPIED), capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert json.loads(done.stdout)["snapshot"]["usb"]
