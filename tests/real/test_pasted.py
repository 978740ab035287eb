# SPDX-License-Identifier: Apache-2.0
"""What OpenSC's own programs print of a scripted card, `cardtool diagnose` reads."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence

import pytest

from tests.conftest import require
from tests.real.desks import AT, nes
from tests.rig import opensc, pcsc
from tests.rig.command import COMMAND
from tests.rig.driver import Driver
from tests.rig.pcsc import READER, PcscService

pytestmark = pytest.mark.real

_KIND = next(iter(opensc.CARDS.values()))


@pytest.fixture
def service() -> Iterator[PcscService]:
    """Start a service whose card is read by the system's own driver."""
    lacking = pcsc.missing() or ("" if shutil.which("pkcs11-tool") else "pkcs11-tool")
    require(not lacking, lacking)
    with PcscService(1, driver=Driver.SYSTEM) as running:
        yield running


def _found(service: PcscService, *command: str) -> tuple[set[str], dict[str, str]]:
    """Return the codes of what is said of the command's output, and the facts of all of them."""
    printed = _run(service, command)
    arguments = (COMMAND, "diagnose", "-", "--format", "json", "--at", AT.isoformat())
    done = subprocess.run(arguments, input=printed, capture_output=True, check=False)
    assert done.stdout, (printed, done.stderr)
    findings = json.loads(done.stdout)["findings"]
    facts = {name: str(fact) for one in findings for name, fact in one["facts"].items()}
    return {one["code"] for one in findings}, facts


def _run(service: PcscService, command: Sequence[str]) -> bytes:
    env = {**service.env, **_KIND.environment}
    return subprocess.run(command, env=env, capture_output=True, check=False).stdout


def test_the_list_of_readers_is_read(service: PcscService) -> None:
    service.insert(_KIND.make(nes(400)))

    codes, facts = _found(service, "opensc-tool", "--list-readers")

    assert {"reader-found", "parts-not-seen"} <= codes
    assert not any(code.startswith(("card", "nes", "driver")) for code in codes)
    assert facts["reader"].startswith(READER)


def test_the_answer_to_reset_is_read(service: PcscService) -> None:
    card = _KIND.make(nes(400))
    service.insert(card)

    codes, facts = _found(service, "opensc-tool", "--atr")

    assert {"reader-found", "parts-not-seen"} <= codes
    assert facts["atr"] == card.atr.hex().upper()


def test_the_slots_and_the_pin_are_read(service: PcscService) -> None:
    service.insert(_KIND.make(nes(400)))

    codes, _ = _found(service, "pkcs11-tool", "--module", str(opensc.module()), "--list-slots")

    assert {"token-read", "parts-not-seen"} <= codes
    assert any(code.startswith("pin-") for code in codes)
    assert not any(code.startswith(("nes", "certificate", "reader")) for code in codes)


def test_the_list_of_objects_is_read(service: PcscService) -> None:
    service.insert(_KIND.make(nes(400)))
    command = ("pkcs11-tool", "--module", str(opensc.module()))

    listed, _ = _found(service, *command, "--list-objects")
    both, _ = _found(service, *command, "--list-slots", "--list-objects")

    assert listed == {"certificates-listed", "parts-not-seen"}
    assert {"certificates-listed", "token-read"} <= both
