# SPDX-License-Identifier: Apache-2.0
"""No place of Linux is looked up on Windows, where anybody may make it on the current drive."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cardtool.model.snapshot import Snapshot, decode
from tests.real.desks import CASES
from tests.test_pasted import OPENSC_LIST
from tests.windows import library
from tests.windows.running import PATIENT, Wine

_SETTINGS = b"module: C:\\planted.dll\n"
_PLANTED = {
    "usr/share/p11-kit/modules/planted.module": _SETTINGS,
    "etc/pkcs11/modules/planted.module": _SETTINGS,
    "etc/os-release": b'PRETTY_NAME="planted"\n',
    "etc/opensc.conf": b"app default { debug = 9; }\n",
    "etc/opensc/opensc.conf": b"app default { debug = 9; }\n",
    "run/.containerenv": b"",
    ".dockerenv": b"",
    ".flatpak-info": b"",
    "usr/sbin/pcscd": b"",
}
_USUAL = {"windows", "users", "program files", "program files (x86)", "programdata"}
"""The folders that Windows has on its drive."""
_OF_WINE = {".windows-label", ".windows-serial"}
_ON_DRIVE_C = re.compile(r"(?:dosdevices/c:|drive_c)/+([^/\"\\]+)")


@pytest.fixture(name="planted")
def _planted(wine: Wine) -> Iterator[None]:
    """Plant on drive C what a program of Linux would believe."""
    for name, content in _PLANTED.items():
        file = wine.drive_c / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.copyfile(library.STAND_IN[64], wine.drive_c / "planted.dll")
    yield
    for name in ("usr", "etc", "run"):
        shutil.rmtree(wine.drive_c / name)
    for name in (".dockerenv", ".flatpak-info", "planted.dll"):
        (wine.drive_c / name).unlink()


@pytest.mark.usefixtures("planted")
def test_what_was_planted_on_the_current_drive_is_neither_believed_nor_opened(
    wine: Wine, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with ExitStack() as stack:
        desk = CASES["no-driver-for-the-card"].build(stack, tmp_path)
        wine.install()
        done = wine.cardtool(*(desk.env, wine.drive_c, "snapshot", *PATIENT), trace=trace)

    found: Snapshot = decode(done.stdout)
    assert found.modules == ()
    assert found.host.release.startswith("Windows ")
    assert found.host.session.marks == ()
    assert (found.host.pcscd, found.host.pcsc_socket) == (None, None)
    looked_up = set(map(str.lower, _ON_DRIVE_C.findall(trace.read_text(errors="replace"))))
    assert looked_up >= {"windows", "programdata"}
    assert looked_up - _USUAL - _OF_WINE == set()


@pytest.mark.parametrize("words", [("snapshot", *PATIENT), ("diagnose", "pasted.txt")])
def test_no_question_goes_to_wmi_which_may_not_answer(
    wine: Wine, tmp_path: Path, words: tuple[str, ...]
) -> None:
    trace = tmp_path / "trace"
    (tmp_path / "pasted.txt").write_text(OPENSC_LIST)
    wine.cardtool({}, tmp_path, *words, trace=trace)

    opened = trace.read_text(errors="replace").lower()
    assert "python312.dll" in opened
    assert "wbemprox.dll" not in opened
