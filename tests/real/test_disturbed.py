# SPDX-License-Identifier: Apache-2.0
"""Bad news about a card is read twice, and that disturbs it no more than one reading.

`tests/trials/disturbed.py` disturbs a card at each of its commands.
"""

import pytest

from tests.real.desks import AT, NUMBER, nes
from tests.rig.card import Fault, Glitch, PullOut, ScriptedCard, Truncated
from tests.rig.command import checked
from tests.rig.driver import Driver
from tests.rig.pcsc import PcscService
from tests.rig.pkcs15 import pkcs15_card

pytestmark = pytest.mark.real

_RESET = 2
"""vpcd's control byte."""
_TO_THE_FIRST_CERTIFICATE = 12
_TO_THE_SECOND_CERTIFICATE = 19
"""Commands that come before a certificate is selected."""
_MOST_TRIES = 5


def _card(*days_left: int, fault: Fault | None = None) -> ScriptedCard:
    labelled = [(f"{NUMBER}NES{place}", nes(days)) for place, days in enumerate(days_left)]
    return pkcs15_card(labelled, quick=True, fault=fault)


def _verdict(card: ScriptedCard, *, tells_presence: bool = True) -> str:
    with PcscService(1, tells_presence=tells_presence, driver=Driver.QUIET) as service:
        service.insert(card)
        return str(checked(service.env, "--at", AT.isoformat())["verdict"])


def _verdict_of_unnoticed(days_left: tuple[int, int], kind: type[Glitch | Truncated]) -> str:
    """Return the verdict where PC/SC has not noticed that the card lost contact.

    PC/SC asks the reader every 0.4 s, so it may ask within the 5 ms; such a check is made again.
    """
    for _ in range(_MOST_TRIES):
        card = _card(*days_left, fault=kind(after=_TO_THE_SECOND_CERTIFICATE))
        with PcscService(1, driver=Driver.QUIET) as service:
            service.insert(card)
            before = service.states()[0].events
            verdict = str(checked(service.env, "--at", AT.isoformat())["verdict"])
            if service.states()[0].events == before:
                return verdict
    pytest.fail("PC/SC noticed it every time")


@pytest.mark.parametrize("after", [_TO_THE_FIRST_CERTIFICATE, _TO_THE_SECOND_CERTIFICATE])
def test_a_card_pulled_where_the_driver_cannot_be_asked_is_said(after: int) -> None:
    card = _card(-30, 700, fault=PullOut(after=after))

    assert _verdict(card, tells_presence=False) == "card-pulled"


@pytest.mark.parametrize("kind", [Glitch, Truncated])
def test_what_was_not_read_at_first_is_read_again_and_said_to_be_unsure(
    kind: type[Glitch | Truncated],
) -> None:
    assert _verdict_of_unnoticed((-30, 700), kind) == "card-unstable-but-read"


def test_of_an_expired_card_that_lost_contact_nothing_is_said_but_that() -> None:
    assert _verdict_of_unnoticed((-30, -10), Glitch) == "card-unstable"


@pytest.mark.parametrize(
    ("days_left", "verdict", "readings"), [(700, "nes-valid", 1), (-30, "nes-expired", 2)]
)
@pytest.mark.parametrize("tells_presence", [True, False])
def test_bad_news_is_read_twice_by_the_same_commands(
    days_left: int, verdict: str, readings: int, *, tells_presence: bool
) -> None:
    card, once = _card(days_left), _card(700)
    assert _verdict(once) == "nes-valid"

    assert _verdict(card, tells_presence=tells_presence) == verdict

    assert len(card.commands) == readings * len(once.commands)
    half = len(card.commands) // readings
    assert card.commands == card.commands[:half] * readings
    assert _RESET not in card.controls
