# SPDX-License-Identifier: Apache-2.0
"""A card that takes its time: never reset, and its going never goes unsaid."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from cardtool.catalog import load
from tests.real.desks import AT, NUMBER, nes
from tests.rig.card import Fault, PullOut, ScriptedCard, unknown_card
from tests.rig.command import COMMAND, checked
from tests.rig.pcsc import PcscService
from tests.rig.pkcs15 import pkcs15_card

pytestmark = pytest.mark.real

_IN_USE = 0x100
_RESET = 2


def _card(*, delay_s: float = 0.0, quick: bool = True, fault: Fault | None = None) -> ScriptedCard:
    certificates = [(f"{NUMBER}NES0", nes(400))]
    return pkcs15_card(certificates, delay_s=delay_s, quick=quick, fault=fault)


def _verdict(service: PcscService, *options: str) -> str:
    return str(checked(service.env, "--at", AT.isoformat(), *options)["verdict"])


def test_a_card_that_is_too_slow_is_let_finish_and_never_reset() -> None:
    card = _card(delay_s=0.2)
    with PcscService(1) as service:
        service.insert(card)

        assert _verdict(service, "--timeout", "1.5") == "token-hung"

        unfinished = len(card.commands)
        limit = time.monotonic() + 15
        while service.states()[0].state & _IN_USE and time.monotonic() < limit:
            time.sleep(0.1)
        assert not service.states()[0].state & _IN_USE
    assert unfinished < len(card.commands)
    assert _RESET not in card.controls


def test_three_checks_in_a_row_at_a_slow_unknown_card_go_one_after_another() -> None:
    card = unknown_card()
    card.quick, card.delay_s = True, 0.06  # OpenSC sends it some 235 commands
    opensc = next(path for path in load().module("opensc").linux if Path(path).exists())
    options = ("--module", opensc, "--timeout", "1")
    with PcscService(1) as service:
        service.insert(card)

        verdicts = [_verdict(service, *options) for _ in range(3)]

        limit, seen = time.monotonic() + 60, 0
        while seen < len(card.commands) and time.monotonic() < limit:  # OpenSC pauses in between
            seen = len(card.commands)
            time.sleep(2)
    assert verdicts[1:] == ["check-running"] * 2
    assert len(card.commands) > 100  # the first was left to end
    assert _RESET not in card.controls


def test_two_checks_at_once_read_the_card_one_after_another() -> None:
    options = ("--format", "json", "--at", AT.isoformat(), "--timeout", "60")
    command = [str(COMMAND), "check", *options]
    with PcscService(1) as service:
        service.insert(_card(delay_s=0.02))
        both = [
            subprocess.Popen(command, env=service.env, stdout=subprocess.PIPE) for _ in range(2)
        ]
        verdicts = [json.loads(check.communicate()[0])["verdict"] for check in both]

    assert verdicts == ["nes-valid"] * 2


@pytest.mark.parametrize("after", [3, 10, 15, 16])
def test_a_slow_card_pulled_at_any_command_is_said(after: int) -> None:
    with PcscService(1) as service:
        service.insert(_card(quick=False, fault=PullOut(after=after)))

        assert _verdict(service) == "card-pulled"


@pytest.mark.parametrize("limit_s", ["4", "6"])
def test_a_card_pulled_when_little_time_is_left_is_said(limit_s: str) -> None:
    with PcscService(1) as service:
        service.insert(_card(delay_s=0.08, fault=PullOut(after=15)))

        assert _verdict(service, "--timeout", limit_s) == "card-pulled"


def test_all_cards_pulled_at_once_are_said_before_time_runs_out() -> None:
    with PcscService(4) as service:
        for slot in range(4):
            service.insert(_card(fault=PullOut(after=12)), slot)

        assert _verdict(service, "--timeout", "4") == "card-pulled"
