# SPDX-License-Identifier: Apache-2.0
"""The page in the browser follows the card on Windows too, and ends when it is closed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cardtool.text import Text
from tests.real.desks import AT, akis, nes
from tests.rig.live import LivePage
from tests.rig.pcsc import PcscService
from tests.windows import library
from tests.windows.running import PROGRAM, Wine

_LIMIT_S = 60.0
"""How long Wine may take for one thing."""
_OPTIONS = ("--at", AT.isoformat(), "--lang", "tr", "--timeout", "60")


def test_the_page_follows_the_card_and_ends_when_it_is_closed(tmp_path: Path, wine: Wine) -> None:
    wine.install(("akisp11.dll", library.STAND_IN[64]))
    with PcscService(1) as service:
        service.insert(akis(nes(400)))
        command, env = wine.prepared(service.env, tmp_path, ("wine64", *PROGRAM), limit_s=None)
        with LivePage({**env, "WINE_NETWORK": "shared"}, *_OPTIONS, program=command) as live:
            live.open()
            told = live.told(_LIMIT_S)

            assert _says(told, "nes-valid")
            service.remove()
            assert _says(told, "card-missing")
            del told  # as a window that is closed

            status = live.process.wait(_LIMIT_S)
            stderr = live.process.communicate()[1]
    assert (status, stderr) == (0, "")


def _says(told: Iterator[dict[str, Any]], code: str) -> bool:
    """Tell whether a page comes whose verdict is this code, before a time-out."""
    words = Text("tr").means(code).split("`")[0][:60]
    return any(words in (each.get("page") or "") for each in told)
