# SPDX-License-Identifier: Apache-2.0
"""What a driver's library does to the process that loads it does no harm on Windows either."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real.desks import Desk, nes, with_module
from tests.rig.modules import HEALTHY, HOSTILE, Place, Slot, scripted_module
from tests.windows.both import on_linux, on_windows
from tests.windows.running import Wine

_GOOD = Slot(token_flags=HEALTHY, certificates=[("NES0", nes(400))])
_LIMITED = {"hang-in-initialize": "driver-hung", "hang-in-token-info": "token-hung"}
"""Modules that hang, and the verdict where there was time for all that comes before."""
_LIMIT_S = 4

HOSTILES: Mapping[str, Mapping[Place, str]] = {
    **HOSTILE,
    "exits-on-load": {"ON_LOAD": "exit(3);"},
    "exits-well-in-initialize": {"IN_INITIALIZE": "exit(0);"},
    "leaves-at-once": {"IN_GET_SLOT_LIST": "_Exit(7);"},
    "writes-to-nowhere": {"IN_INITIALIZE": "*(volatile int *)0 = 1;"},
    "calls-nothing": {"IN_GET_TOKEN_INFO": "((void (*)(void))0)();"},
    "divides-by-nothing": {
        "IN_FIND_OBJECTS": "volatile int none = 0; none = 1 / none;",
    },
    "fills-the-stack": {
        "IN_GET_SLOT_LIST": "volatile char much[1 << 26]; much[0] = 1; much[sizeof much - 1] = 1;"
    },
    "prints-much": {
        "ON_LOAD": 'for (int line = 0; line < 100000; line++) puts("{\\"type\\": \\"token\\"}");'
    },
    "closes-its-output": {"ON_LOAD": "fclose(stdout); fclose(stderr);"},
    "says-no-to-every-search": {"IN_FIND_OBJECTS": "return 0x54;"},
    "knows-no-slot": {"IN_GET_SLOT_LIST": "return CKR_GENERAL_ERROR;"},
    "answers-nonsense": {"IN_GET_TOKEN_INFO": "return 0x7FFFFFFF;"},
}
"""What goes wrong, as C for a place of the module."""


def _desk(name: str) -> Callable[[ExitStack, Path], Desk]:
    def build(stack: ExitStack, folder: Path) -> Desk:
        module = scripted_module(folder, [_GOOD], name=name, code=HOSTILES[name])
        made = with_module(stack, module)
        limit = ("--timeout", str(_LIMIT_S)) if name in _LIMITED else ()
        return replace(made, arguments=(*made.arguments, *limit))

    return build


def test_at_least_twelve_modules_are_hostile() -> None:
    assert len(HOSTILES) >= 12


@pytest.mark.parametrize("name", HOSTILES)
def test_a_hostile_module_is_judged_as_on_linux(name: str, tmp_path: Path, wine: Wine) -> None:
    expected = {(_LIMITED.get(name, ""), 2)}
    here = on_linux(_desk(name), tmp_path / "linux", expected=expected)
    there = on_windows(_desk(name), tmp_path / "windows", wine, expected=expected)

    unwell = [told.unwell for told in (here, there)]
    assert (there.report.verdict, there.status) == (here.report.verdict, here.status), unwell
    assert {code for code, *_ in there.troubles} == {code for code, *_ in here.troubles}
