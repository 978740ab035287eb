# SPDX-License-Identifier: Apache-2.0
"""A reader that is unplugged while its card is read: PC/SC forgets it, the verdict does not."""

from pathlib import Path

import pytest

from tests.real.desks import AT, NUMBER, nes
from tests.rig.card import AKIS_CURRENT_ATR, ScriptedCard
from tests.rig.command import checked
from tests.rig.modules import Slot, scripted_module
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real


_UNPLUG = """
extern int creat(const char *, unsigned), kill(int, int);
extern unsigned sleep(unsigned);
creat("{gone}", 0600);
kill({pid}, 10);
sleep(2);
"""
"""SIGUSR1 makes pcscd look after its readers. Source: pcsc-lite 1.9, readerfactory.c."""


def test_a_reader_unplugged_in_the_middle_is_said(tmp_path: Path) -> None:
    card = ScriptedCard(atr=AKIS_CURRENT_ATR, answer=lambda _: b"\x6d\x00", quick=True)
    with PcscService(1) as service:
        service.insert(card)
        code = _UNPLUG.format(gone=service.gone(0), pid=service.pid).replace("\n", " ")
        slot = Slot(certificates=[(f"{NUMBER}NES0", nes(400))])
        module = scripted_module(tmp_path, [slot], code={"IN_FIND_OBJECTS": code})

        found = checked(service.env, "--at", AT.isoformat(), "--module", module.path)

    assert found["verdict"] == "reader-unplugged", [each["code"] for each in found["findings"]]
    assert found["findings"][0]["facts"] == {"reader": "ACS ACR39U ICC Reader 00 00"}
