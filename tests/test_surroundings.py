# SPDX-License-Identifier: Apache-2.0
"""What is around the cards: its threads, and what they leave out."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardtool.model.snapshot import Failure
from cardtool.probe import jobs
from cardtool.probe.isolation import Workers
from cardtool.probe.surroundings import Surroundings
from tests.desks import desk

_LOADS_PCSC = "import smartcard.scard, sys; print('loaded', flush=True); sys.stdin.read()"


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Start the children of one look."""
    with Workers() as children:
        yield children


def test_programs_that_use_pcsc_are_told_without_the_look_itself(workers: Workers) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _LOADS_PCSC], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        jobs.ask(workers.pcsc, jobs.ListReaders(), jobs.READERS, timeout_s=10)  # loads it too

        around = Surroundings(10)
        around.find_clients(workers.pids)
        seen = around.added_to(desk())
        other.terminate()

    pids = {each.pid for each in seen.clients or ()}
    assert other.pid in pids
    assert not pids & set(workers.pids)
    assert os.getpid() in workers.pids


def test_what_was_not_asked_for_is_not_looked_at() -> None:
    seen = Surroundings(10).added_to(desk())

    assert seen.clients is None
    assert seen.host.services == ()
    assert not isinstance(seen.usb, Failure) or seen.usb.name != "TIMEOUT"


def test_a_usb_device_that_keeps_its_readers_waiting_keeps_nobody_else(tmp_path: Path) -> None:
    device = tmp_path / "sys/bus/usb/devices/1-1"
    device.mkdir(parents=True)
    subprocess.run(["mkfifo", device / "idVendor"], check=True)  # whoever opens it waits

    seen = Surroundings(0.2, tmp_path).added_to(desk())

    assert seen.usb == Failure(api="usb", name="TIMEOUT")
