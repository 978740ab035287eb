# SPDX-License-Identifier: Apache-2.0
"""OpenSC, whichever release this machine has, reads a scripted card, and cardtool through it."""

from collections.abc import Iterator

import pytest

from tests.conftest import require
from tests.real.desks import AT, nes
from tests.rig import opensc, pcsc
from tests.rig.command import checked
from tests.rig.driver import Driver
from tests.rig.listing import listings
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real

_READING = {0xA4, 0xB0, 0xC0, 0xCA, 0xCB}
"""SELECT, READ BINARY, GET RESPONSE and GET DATA. Source: ISO/IEC 7816-4 §11."""
_VERIFY, _HEADER_BYTES = 0x20, 5
_RESET = 2
"""vpcd's control byte."""

every_card = pytest.mark.parametrize("kind", opensc.CARDS.values(), ids=opensc.CARDS.keys())


@pytest.fixture
def service() -> Iterator[PcscService]:
    """Start a service whose cards are read by the system's own driver."""
    require(not pcsc.missing(), pcsc.missing())
    with PcscService(1, driver=Driver.SYSTEM) as running:
        yield running


@every_card
def test_opensc_reads_the_certificate_byte_for_byte(
    service: PcscService, kind: opensc.Kind
) -> None:
    service.insert(kind.make(nes(400)))

    (token, *_) = listings(opensc.module(), {**service.env, **kind.environment})

    assert nes(400) in [value for _, value in token.certificates]


@every_card
def test_a_card_is_judged_through_opensc_and_only_read(
    service: PcscService, kind: opensc.Kind
) -> None:
    card = kind.make(nes(400))
    service.insert(card)

    found = checked(service.env, "--at", AT.isoformat(), "--module", opensc.module())

    assert found["verdict"] == "nes-valid", [each["code"] for each in found["findings"]]
    assert card.commands
    assert {each.hex() for each in card.commands if not _only_reads(each)} == set()
    assert _RESET not in card.controls


def _only_reads(command: bytes) -> bool:
    """Tell whether it reads; OpenSC asks for the tries left by VERIFY without data, and tries none.

    Source: ISO/IEC 7816-4 §11.6.6.
    """
    asks_for_tries = command[1] == _VERIFY and len(command) <= _HEADER_BYTES
    return command[1] in _READING or asks_for_tries
