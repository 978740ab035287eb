# SPDX-License-Identifier: Apache-2.0
"""Disturbs a card at each of the commands it is read with, and takes what is said of it.

On the card are an expired NES, its successor and their issuer, so that a reading that ends early
looks like an expired card or an empty one.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cardtool.rules.codes.row import UNSURE
from tests.real.desks import AT, NUMBER, nes
from tests.rig import certificates
from tests.rig.card import Fault, Glitch, PullOut, ScriptedCard, Swap, Truncated
from tests.rig.command import checked
from tests.rig.driver import Driver
from tests.rig.pcsc import PcscService
from tests.rig.pkcs15 import pkcs15_card
from tests.trials import Trial

_READING = {0xA4, 0xB0, 0xC0, 0xCA}
"""SELECT, READ BINARY, GET RESPONSE and GET DATA. Source: ISO/IEC 7816-4 §11."""
_RESET = 2
"""vpcd's control byte."""
_TIMES = 3
"""How often a card that is cut each time comes back: more often than it is read."""


def _card(fault: Fault | None = None) -> ScriptedCard:
    ders = (nes(-30), nes(700), certificates.ca().der)
    labelled = [(f"{NUMBER}NES{place}", der) for place, der in enumerate(ders)]
    return pkcs15_card(labelled, quick=True, fault=fault)


def _and_back(after: int) -> Fault:
    return Swap(after=after, card=_card())


def _cut_each_time(after: int) -> Fault:
    fault: Fault = PullOut(after=after)
    for _ in range(_TIMES):
        fault = Swap(after=after, card=_card(fault))
    return fault


_FAULTS: Mapping[str, Callable[[int], Fault]] = {
    "pulled": lambda after: PullOut(after=after),
    "pulled and back": _and_back,
    "cut each time": _cut_each_time,
    "a glitch": lambda after: Glitch(after=after),
    "an answer truncated": lambda after: Truncated(after=after),
}


@dataclass(frozen=True, kw_only=True)
class _Case:
    fault: str
    after: int
    tells_presence: bool
    """Whether the reader's driver can be asked if the card is in."""
    driver: Driver
    """What reads the card: some drivers report what they cannot read, others leave it out."""

    def __str__(self) -> str:
        driver = "" if self.tells_presence else ", a driver that cannot be asked"
        quiet = ", left out without an error" if self.driver is Driver.QUIET else ""
        return f"{self.fault} after {self.after} commands{driver}{quiet}"


def _check(
    card: ScriptedCard, *, tells_presence: bool, driver: Driver = Driver.AKISP11
) -> tuple[dict[str, object], list[str]]:
    """Return what the installed command says of a card, and the codes it gives."""
    with PcscService(1, tells_presence=tells_presence, driver=driver) as service:
        service.insert(card)
        found = checked(service.env, "--at", AT.isoformat())
    return found, [finding["code"] for finding in found["findings"]]


def _cards(card: ScriptedCard) -> Iterator[ScriptedCard]:
    """Give a card and all that follow it in its reader."""
    yield card
    if isinstance(card.fault, Swap):
        yield from _cards(card.fault.card)


def _try(case: _Case) -> str:
    card = _card(_FAULTS[case.fault](case.after))
    found, codes = _check(card, tells_presence=case.tells_presence, driver=case.driver)
    if wrong := set(codes) & set(UNSURE.split()):
        return f"{case}: {sorted(wrong)}, and the card has a valid NES"
    if found["severity"] == "ok" and (case.fault == "pulled" or "nes-valid" not in codes):
        return f"{case}: all is well, without a card"
    for each in _cards(card):
        if any(command[1] not in _READING for command in each.commands):
            return f"{case}: the card got a command that does more than read"
        if _RESET in each.controls:
            return f"{case}: the card was reset"
    return ""


def run(cases: int, seed: int) -> Iterator[str]:
    """Try so many of all cases there are, in an order of the seed's."""
    undisturbed = _card()
    _, codes = _check(undisturbed, tells_presence=True)
    yield "" if "nes-valid" in codes else f"without a disturbance: {codes}"
    every = [
        _Case(fault=fault, after=after, tells_presence=tells_presence, driver=driver)
        for fault in _FAULTS
        for after in range(len(undisturbed.commands))
        for tells_presence in (True, False)
        for driver in (Driver.AKISP11, Driver.QUIET)
    ]
    random.Random(seed).shuffle(every)  # noqa: S311 - to be the same each time
    yield from map(_try, every[:cases])


TRIAL = Trial(
    name="disturbed-cards",
    promise="A card that is pulled, loses contact or has an answer truncated while it is read, at "
    "whichever command, never counts as expired, as empty or, once it is out, as well; it is never "
    "reset for that.",
    run=run,
    few=4,
    many=1_000,
    is_real=True,
)
