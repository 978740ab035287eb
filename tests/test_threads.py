# SPDX-License-Identifier: Apache-2.0
"""Workstations described from public threads before anybody looked at the rules.

Each line of threads.ndjson has a thread, what was seen at such a desk, and in plain words the cause
and the first step that were written down first. docs/reliability.md tells how that went.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cardtool.model.diagnosis import Link
from cardtool.model.snapshot import Snapshot, decode
from cardtool.rules import diagnose
from cardtool.text import LANGUAGES, Text
from cardtool.views.people.marks import Mark, chained
from tests.roads import BOTH, OF_OTHERS


class Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workstation, and what is right about it."""

    name: str
    source: str
    at: datetime
    cause: str
    first: str
    """What should be done first, in plain words."""
    severity: str
    expected: str = ""
    """The severity that was written down first, where the documented one is right instead."""
    verdict: str
    step: str
    """The step of the program that says so."""
    snapshot: dict[str, Any]

    def desk(self) -> Snapshot:
        """Return its snapshot, read as a person's file would be."""
        return decode(msgspec.json.encode(self.snapshot))


_LINES = (Path(__file__).parent / "threads.ndjson").read_bytes().splitlines()
DESKS = [msgspec.json.decode(line, type=Described) for line in _LINES]
every_desk = pytest.mark.parametrize("described", DESKS, ids=lambda described: described.name)


@every_desk
def test_cause_severity_and_first_step_are_those_of_the_thread(described: Described) -> None:
    found = diagnose(described.desk(), described.at)

    steps = {given.code: given.steps for given in found.findings}
    first = next(step for code in found.todo for step in steps[code])
    assert (found.severity, found.verdict, first) == (
        described.severity,
        described.verdict,
        described.step,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@every_desk
def test_no_desk_is_told_a_step_of_another_system(described: Described, language: str) -> None:
    text = Text(language)
    of_others = OF_OTHERS[described.desk().host.platform]

    for given in diagnose(described.desk(), described.at).findings:
        for step in given.steps if given.code not in BOTH else ():
            assert not re.search(of_others, text.step(step, given.facts)), (given.code, step)


def test_a_link_of_which_nothing_was_seen_has_no_tick() -> None:
    (blind,) = (each for each in DESKS if each.name == "pcsc-internal-error-nothing-known")

    marks = dict(chained(diagnose(blind.desk(), blind.at)))

    assert marks[Link.SERVICE] is Mark.UNKNOWN
    assert marks[Link.READER] is Mark.UNSEEN


_OTHERS = ("E-Güven", "TÜRKTRUST", "E-Tuğra", "E-İmzaTR")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("provider", _OTHERS)
def test_who_has_the_certificate_of_another_provider_is_sent_to_that_one(
    provider: str, language: str
) -> None:
    text = Text(language)
    roads = [
        (given.code, text.step(step, given.facts | given.road))
        for described in DESKS
        for given in diagnose(described.desk(), described.at).findings
        if provider in given.road.get("own_provider", "")
        for step in given.steps
        if given.code.startswith(("nes-exp", "pin-"))
    ]

    assert roads
    assert not [said for _, said in roads if re.search("kamusm|444 5 576", said)]
    named = {code for code, said in roads if provider in said}
    assert named == {code for code, _ in roads} - {"pin-count-low"}  # which no provider mends


def test_its_people_are_invented() -> None:
    text = b"\n".join(_LINES).decode()

    for number in re.findall(r"(?<![0-9A-F])[1-9][0-9]{10}(?![0-9A-F])", text):
        assert number.startswith("1000000")
