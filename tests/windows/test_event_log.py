# SPDX-License-Identifier: Apache-2.0
"""A changed verdict is one event: Wine keeps no log, but its trace shows the calls and texts."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cardtool.rules.codes.numbers import NUMBERS
from tests.real.desks import AT, akis, nes
from tests.rig.pcsc import PcscService
from tests.windows import library
from tests.windows.cache import drive
from tests.windows.running import PATIENT, Wine

_TRACE = "-all,fixme+advapi,err+eventlog,warn+eventlog,trace+eventlog"
_CALL = re.compile(r"ReportEventW \(\w+,0x(\w+),0x0000,0x(\w+),")
_TEXT = re.compile(r"eventlog:ReportEventW L\"(?:K-(\d+) )?([\w-]*)")
_ERROR = 1
_SETTINGS = """
event_log = true
[identity]
key = "9b1f6c2ad84e703551c7a0ef3d628b94"
[fleet]
to = '{}'
"""


Events = list[tuple[int, int, list[str]]]
"""Of each its kind, its number, and its texts as far as the first word."""


@pytest.fixture(name="check")
def _check(wine: Wine, tmp_path: Path) -> Callable[..., Events]:
    """Give a function that runs a command and returns the events that Windows was told of."""
    (tmp_path / "collected").mkdir()
    (tmp_path / "config.toml").write_text(_SETTINGS.format(drive(tmp_path / "collected")))
    wine.install(("akisp11.dll", library.STAND_IN[64]))

    def check(service: PcscService, *words: str) -> Events:
        environment = {
            **service.env,
            "CARDTOOL_CONFIG": drive(tmp_path / "config.toml"),
            "CARDTOOL_STATE": str(tmp_path / "state" / "last-good.json"),
            "WINEDEBUG": _TRACE,
        }
        done = wine.cardtool(environment, tmp_path, *words, "--lang", "tr", *PATIENT)
        events: Events = []
        for line in done.stderr.decode().splitlines():
            if call := _CALL.search(line):
                events.append((int(call[1], 16), int(call[2], 16), []))
            elif said := _TEXT.search(line):
                events[-1][-1].append(said[2])
        return events

    return check


def test_each_changed_verdict_is_an_event_of_its_number(
    check: Callable[..., Events],
) -> None:
    missing = (_ERROR, NUMBERS["card-missing"], ["card-missing", "card-missing"])
    found = (_ERROR, NUMBERS["nes-expired"], ["nes-expired", "nes-expired", "card-missing"])
    with PcscService(1) as service:
        assert check(service, "check") == [missing]
        assert check(service, "check") == []
        assert check(service, "check", "--at", AT.isoformat()) == []
        service.insert(akis(nes(-1)))
        assert check(service, "fleet", "send") == [found]
        assert check(service, "check") == []
