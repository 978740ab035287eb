# SPDX-License-Identifier: Apache-2.0
"""The page in the browser follows the hands on Windows too, and ends when it is closed."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from cardtool.text import LANGUAGES, Text
from tests.browser.hands import STATES, Desk, walk
from tests.real.desks import AT, akis, nes
from tests.rig.live import LivePage
from tests.rig.pcsc import PcscService
from tests.windows import library
from tests.windows.running import PATIENCE_S, PATIENT, PROGRAM, Wine, of_cardtool

_OPTIONS = ("--at", AT.isoformat(), *PATIENT)
_OTHERWISE = {"no service": "reader-missing", "service killed": "reader-missing"}
"""Windows stops its service where no reader is, so a stopped one means that."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_follows_the_hands(
    tab: Page, axe: str, tmp_path: Path, wine: Wine, language: str
) -> None:
    states = {
        name: state._replace(verdict=_OTHERWISE.get(name, state.verdict))
        for name, state in STATES.items()
    }
    with ExitStack() as stack:
        desk = Desk(stack)
        live = stack.enter_context(_opened(wine, desk.env, tmp_path, language))
        walk(tab, axe, desk, live, text=Text(language), states=states, limit_s=PATIENCE_S)


def test_the_program_ends_when_its_page_is_closed(tmp_path: Path, wine: Wine) -> None:
    """And it has asked WMI nothing, which may not answer."""
    trace = tmp_path / "trace"
    with PcscService(1) as service:
        service.insert(akis(nes(400)))
        with _opened(wine, service.env, tmp_path, "tr", trace) as live:
            live.open()
            told = live.told()

            assert _says(told, "nes-valid")
            del told  # as a window that is closed

            status = live.process.wait(PATIENCE_S)
            stderr = live.process.communicate()[1]
    assert (status, of_cardtool(stderr.encode())) == (0, b"")
    assert "wbemprox.dll" not in trace.read_text(errors="replace").lower()


def _opened(
    wine: Wine, env: dict[str, str], folder: Path, language: str, trace: Path | None = None
) -> LivePage:
    wine.install(("akisp11.dll", library.STAND_IN[64]))
    words = ("wine64", *PROGRAM)
    command, variables = wine.prepared(env, folder, words, trace=trace, limit_s=None)
    options = (*_OPTIONS, "--lang", language)
    shared = {**variables, "WINE_NETWORK": "shared"}
    return LivePage(shared, *options, program=command, limit_s=PATIENCE_S)


def _says(told: Iterator[dict[str, Any]], code: str) -> bool:
    """Tell whether a page comes whose verdict is this code, before a time-out."""
    words = Text("tr").means(code).split("`")[0][:60]
    return any(words in (each.get("page") or "") for each in told)
