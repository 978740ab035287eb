# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C ends the program quietly with exit status 130, at whatever moment it comes."""

import subprocess
import sys

import pytest

_PROGRAM = """
import io, signal, sys

def interrupt():
    signal.raise_signal(signal.SIGINT)

class Finalised:
    def __del__(self):
        interrupt()
        sum(range(10))  # Python raises KeyboardInterrupt a few instructions later

class Output(io.StringIO):
    flushed = 0
    def flush(self):
        self.flushed += 1
        if self.flushed == {flush}:
            interrupt()

def watch(event, arguments):
    if event == "import" and arguments[0] == {module!r}:
        {action}

sys.addaudithook(watch)
sys.argv[1:] = ["--version"]
if {flush}:
    sys.stdout = Output()
from cardtool.__main__ import main
main()
"""


def _end(*, module: str = "", action: str = "interrupt()", flush: int = 0) -> tuple[int, bytes]:
    program = _PROGRAM.format(module=module, action=action, flush=flush)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize("module", ["cardtool.cli", "click", "cardtool.cli.options"])
def test_while_modules_are_loaded(module: str) -> None:
    assert _end(module=module) == (130, b"")


def test_inside_a_finaliser() -> None:
    assert _end(module="click", action="Finalised()") == (130, b"")


@pytest.mark.parametrize("flush", [1, 2])
def test_when_output_is_flushed_by_the_command_or_after_it(flush: int) -> None:
    assert _end(flush=flush) == (130, b"")


def test_any_other_exception_is_reported_by_python() -> None:
    status, said = _end(module="click", action="raise LookupError('a fault of ours')")

    assert status == 1
    assert b"LookupError: a fault of ours" in said


def test_any_other_exception_in_a_finaliser_is_reported_too() -> None:
    action = "type('Faulty', (), {'__del__': lambda self: 1 / 0})()"
    status, said = _end(module="click", action=action)

    assert status == 0
    assert b"ZeroDivisionError" in said
