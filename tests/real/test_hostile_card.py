# SPDX-License-Identifier: Apache-2.0
"""What a card says of itself reaches a terminal as harmless text."""

import subprocess
from contextlib import ExitStack

import pytest

from tests.real.desks import AT, NAME, NUMBER, desk, nes
from tests.rig.card import unknown_card
from tests.rig.command import COMMAND
from tests.rig.pkcs15 import SERIAL, pkcs15_card

pytestmark = pytest.mark.real

_ESCAPE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e[bold]"


@pytest.mark.parametrize("command", ["check", "certs", "drivers"])
def test_escape_sequences_of_a_card_never_reach_the_terminal(command: str) -> None:
    card = pkcs15_card(
        [(f"{_ESCAPE}{NUMBER}NES0", nes(400, name=f"Ayşe {_ESCAPE} IŞIK"))],
        label=f"AKIS{_ESCAPE}",
        quick=True,
    )
    with ExitStack() as stack:
        done = subprocess.run(
            [COMMAND, command, *(("--at", AT.isoformat()) if command == "check" else ())],
            env={**desk(stack, card).env, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    assert card.commands
    assert done.stderr == ""
    assert not set(done.stdout) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "[bold]" in done.stdout or command == "drivers"
    assert NUMBER not in done.stdout


def test_what_is_told_on_request_holds_nothing_personal() -> None:
    card = pkcs15_card([(f"{NUMBER}NES0", nes(400))], quick=True)
    with ExitStack() as stack:
        done = subprocess.run(
            [COMMAND, "-v", "check", "--at", AT.isoformat(), "--format", "json"],
            env={**desk(stack, card, unknown_card(), None).env, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    assert "PRESENT" in done.stderr
    assert "libakisp11.so" in done.stderr
    assert not any(each in done.stderr for each in (NUMBER, NAME, SERIAL, "AKIS_"))
