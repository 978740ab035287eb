# SPDX-License-Identifier: Apache-2.0
"""One event for each changed verdict, against a library of our own that takes the same calls.

What Windows makes of them is not proven here.
"""

import ctypes
import shutil
from pathlib import Path

import pytest

from cardtool.probe.event_log import Kind, tell
from tests.conftest import require
from tests.rig.compiler import stand_in

_SOURCE = r"""
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

int refused, left;
static char log;

void *RegisterEventSourceW(const wchar_t *server, const wchar_t *source)
{
    if (refused == 1 || server || wcscmp(source, L"cardtool"))
        return 0;
    left++;
    return &log;
}

int ReportEventW(void *handle, uint16_t kind, uint16_t category, uint32_t id, void *user,
                 uint16_t count, uint32_t size, const wchar_t **texts, void *data)
{
    FILE *file;

    if (refused == 2 || handle != &log || category || user || size || data)
        return 0;
    file = fopen(FILE_OF_EVENTS, "a");
    fprintf(file, "%d %u", kind, id);
    for (int i = 0; i < count; i++)
        fprintf(file, "|%ls", texts[i]);
    fprintf(file, "\n");
    fclose(file);
    return 1;
}

int DeregisterEventSource(void *handle)
{
    left -= handle == &log;
    return 1;
}
"""


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Give the file into which the library writes."""
    return tmp_path / "events"


@pytest.fixture
def library(tmp_path: Path, events: Path, monkeypatch: pytest.MonkeyPatch) -> ctypes.CDLL:
    require(shutil.which("gcc"), "gcc")
    monkeypatch.setenv("CARDTOOL_STATE", str(tmp_path / "state" / "last-good.json"))
    return stand_in(tmp_path, "advapi32", _SOURCE, f'-DFILE_OF_EVENTS="{events}"')


def _tell(library: ctypes.CDLL, *verdicts: str) -> None:
    for number, verdict in enumerate(verdicts, 1):
        tell(Kind.WARNING, number, verdict, f"It is {verdict}.", library)


def test_each_changed_verdict_is_one_event(library: ctypes.CDLL, events: Path) -> None:
    _tell(library, "card-missing", "card-missing", "nes-valid", "nes-valid", "card-missing")

    assert events.read_text().splitlines() == [
        "2 1|It is card-missing.|card-missing|",
        "2 3|It is nes-valid.|nes-valid|card-missing",
        "2 5|It is card-missing.|card-missing|nes-valid",
    ]
    assert ctypes.c_int.in_dll(library, "left").value == 0


@pytest.mark.parametrize("step", [1, 2])
def test_what_was_not_written_is_written_at_the_next_check(
    library: ctypes.CDLL, events: Path, step: int
) -> None:
    refused = ctypes.c_int.in_dll(library, "refused")
    refused.value = step
    _tell(library, "card-missing")
    assert not events.exists()

    refused.value = 0
    _tell(library, "card-missing")
    assert events.read_text() == "2 1|It is card-missing.|card-missing|\n"
    assert ctypes.c_int.in_dll(library, "left").value == 0


def test_where_nothing_is_kept_no_event_is_written(
    library: ctypes.CDLL, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDTOOL_STATE", "")

    _tell(library, "card-missing", "nes-valid")

    assert not events.exists()
