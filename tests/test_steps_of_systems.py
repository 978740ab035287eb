# SPDX-License-Identifier: Apache-2.0
"""No step of one system is told at a desk of another: over every described desk, in each language.

A distribution of Linux counts as a system of its own where packages are installed.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from cardtool import catalog
from cardtool.model.diagnosis import Actor
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS
from cardtool.rules.codes.steps import OF_SEVERAL, SEEN, TO_EMPTY, TO_WORKING
from cardtool.rules.desk import seats
from cardtool.text import LANGUAGES, Text
from tests.described import FILES, read
from tests.roads import AKIS, BOTH, ELSE, KAMU_SM, OF_OTHERS, OTHER, SYSTEMS, is_of_another, roads

_USUAL = {seen: usual for usual, seen in (SEEN | TO_WORKING | TO_EMPTY).items()}

_PACKAGES = {
    "Debian": r"\b(dnf|pacman|zypper|pcsclite|pcsc-lite-ccid|pcsc-ccid)\b",
    "Fedora": r"\b(apt|pacman|zypper|libccid|pcsclite|pcsc-ccid)\b",
    "Arch": r"\b(apt|dnf|zypper|libccid|pcsc-lite-ccid|pcsc-ccid)\b",
    "openSUSE": r"\b(apt|dnf|pacman|libccid|pcsclite|pcsc-lite-ccid)\b",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_step_is_of_the_desks_own_system(file: Path, language: str) -> None:
    case, text = read(file), Text(language)
    host = case.desk().host
    of_others = [OF_OTHERS[host.platform]]
    of_others += [found for name, found in _PACKAGES.items() if name in host.release]

    for given in diagnose(case.desk(), case.at).findings:
        for step in given.steps if given.code not in BOTH else ():
            said = text.step(step, given.facts)
            assert not re.search("|".join(of_others), said), (given.code, step, said)


_RELEASES = {
    "linux": "Debian GNU/Linux 12 (bookworm)",
    "win32": "Windows 11 10.0.26100",
    "darwin": "macOS 15.1",
}


@pytest.mark.parametrize("platform", _RELEASES)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_same_facts_on_another_system_lead_to_no_step_of_the_first(
    file: Path, platform: str
) -> None:
    """What only one system can tell of a USB device is taken away."""
    case = read(file)
    desk, usb = case.desk(), case.desk().usb
    if isinstance(usb, tuple):
        told = {"allowed": True, "problem": None, "drivers": None, "asleep": False}
        usb = tuple(replace(one, **told) for one in usb)
    host = replace(desk.host, platform=platform, release=_RELEASES[platform])

    found = diagnose(replace(desk, host=host, usb=usb), case.at).findings

    steps = [
        (given.code, step) for given in found if given.code not in BOTH for step in given.steps
    ]
    assert [pair for pair in steps if is_of_another(pair[1], platform)] == []


_REORDERED = (
    "certificates-missing",
    "desk-ready",
    "driver-too-old",
    "nes-expired",
    "token-hung",
)
"""Codes whose first step depends on what was seen; the page has their steps in one order."""

_ADDED = ("newer-card-to-empty", "newer-card-to-working", "plug-reader-too")
"""Steps of a finding beside an empty reader, one that cannot be used, or no reader at all."""

_WITHOUT_HUB = ("leave-out-hub", "try-other-port", "replug-reader")
"""Steps that differ behind a hub, and where only the computer's own readers are offered."""


@cache
def _table() -> dict[tuple[str, str, str, str, str], tuple[tuple[str, ...], tuple[Actor, ...]]]:
    """Return, by finding, system, processor, provider and driver, the steps and who does them."""
    return {
        (road.code, *SYSTEMS[road.system], road.provider, road.driver): (road.steps, road.actors)
        for road in roads()
    }


def _driver(facts: Mapping[str, object]) -> str:
    """Tell by what a finding names whether it is about AKİS, which is also what nobody knows."""
    is_of_card = "card" in facts  # a driver that is named beside it may be the wrong one
    known = None if is_of_card else catalog.module_at(str(facts.get("module", "")))
    called = known.name if known else f"{facts.get('product', facts.get('card', 'AKİS'))}"
    return AKIS if "AK" in called or (known and "tckk" in known.id) else ELSE


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_desk_is_told_the_road_that_the_page_shows(file: Path) -> None:
    case = read(file)
    host = case.desk().host
    is_arm = host.machine == "aarch64"
    usual = {"linux": "x86_64", "win32": "AMD64", "darwin": "x86_64"}[host.platform]
    machine = "aarch64" if is_arm else usual
    of_cards: dict[object, str] = {
        seat.reader: AKIS if {"akisp11", "tckkp11"} & set(seat.card.modules) else ELSE
        for seat in seats(case.desk())
    }

    for given in diagnose(case.desk(), case.at).findings:
        if given.steps:
            whose = OTHER if given.road else KAMU_SM
            driver = of_cards.get(given.facts.get("reader")) or _driver(given.facts)
            shown = _table().get((given.code, host.platform, machine, whose, driver))
            assert shown is not None, given.code
            told = [
                (_USUAL.get(step, step), actor)
                for step, actor in zip(given.steps, given.actors, strict=True)
                if step not in OF_SEVERAL and (step not in _ADDED or step in shown[0])
            ]
            as_usual = list(zip(shown[0], shown[1], strict=True))
            if "leave-out-hub" in given.steps or given.code == "reader-not-offered":
                told = [pair for pair in told if pair[0] not in _WITHOUT_HUB]
                as_usual = [pair for pair in as_usual if pair[0] not in _WITHOUT_HUB]
            if given.code in _REORDERED:
                told, as_usual = sorted(told), sorted(as_usual)
            assert told == as_usual, given.code


def test_the_page_has_each_finding_that_has_steps() -> None:
    assert {road.code for road in roads()} == {code for code, row in ROWS.items() if row.steps}
