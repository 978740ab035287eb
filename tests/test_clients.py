# SPDX-License-Identifier: Apache-2.0
"""The programs that use PC/SC are found by what they have loaded, and named by their name alone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from cardtool.model.surroundings import Process
from cardtool.probe import surroundings
from tests.conftest import require
from tests.rig import pcsc
from tests.rig.card import unknown_card
from tests.rig.pcsc import PcscService

_HOLD = """
import sys
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, (reader, *_) = scard.SCardListReaders(context, [])
code, _, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, 3)
print(code, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("libraries", "uses"),
    [
        (["/usr/lib/x86_64-linux-gnu/libpcsclite.so.1.0.0"], True),
        (["/lib/libc.so.6", "/opt/e-imza/lib/libpcsclite_real.so.1"], True),
        (["C:\\Windows\\System32\\ntdll.dll", "C:\\Windows\\System32\\WinSCard.dll"], True),
        (["/usr/lib/mylibpcsclite.so.1"], False),
        (["C:\\Winscard.dll\\other.dll", "/libpcsclite.so/libc.so"], False),
        ([], False),
    ],
)
def test_program_uses_pcsc_if_it_has_the_library(libraries: list[str], *, uses: bool) -> None:
    assert surroundings.uses_pcsc(libraries) == uses


def test_a_name_that_is_no_utf8_hides_no_program() -> None:
    rename = "import ctypes; ctypes.CDLL(None).prctl(15, bytes.fromhex('6B617274FD726D00'))"
    with subprocess.Popen(
        [sys.executable, "-c", f"import smartcard.scard; {rename}; print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()

        found = surroundings.clients((), 10)
        other.kill()

    assert Process(pid=other.pid, name="kart?rm") in found


@contextmanager
def _holder(program: Path) -> Iterator[int]:
    """Run another program that holds the card for itself, and give its number."""
    with ExitStack() as stack:
        service = stack.enter_context(PcscService())
        service.insert(unknown_card())
        shutil.copy(os.path.realpath(sys.executable), program)
        path = os.pathsep.join(sys.path)
        process = subprocess.Popen(
            [program, "-c", _HOLD],
            env={**service.env, "PYTHONPATH": path, "PYTHONHOME": sys.base_prefix},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        stack.enter_context(process)
        stack.enter_context(process.stdin)
        assert process.stdout.readline() == b"0\n"
        yield process.pid


@pytest.mark.real
def test_program_that_holds_the_card_is_named(tmp_path: Path) -> None:
    require(not pcsc.missing(), pcsc.missing())
    with _holder(tmp_path / "imza-ofisi") as pid:
        found = surroundings.clients((), 30.0)
        without = surroundings.clients((pid,), 30.0)
        in_no_time = surroundings.clients((), 0.0)

    assert Process(pid=pid, name="imza-ofisi") in found
    assert not {os.getpid(), os.getppid()} & {each.pid for each in found}
    assert pid not in {each.pid for each in without}
    assert in_no_time == ()


@pytest.mark.real
def test_daemon_is_no_client_whatever_its_drivers_load(tmp_path: Path) -> None:
    require(not pcsc.missing(), pcsc.missing())
    with _holder(tmp_path / "pcscd") as pid:
        found = surroundings.clients((), 30.0)

    assert pid not in {each.pid for each in found}
