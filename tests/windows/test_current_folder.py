# SPDX-License-Identifier: Apache-2.0
"""What a driver's library needs is not taken from the current folder, where anybody may write."""

from contextlib import ExitStack
from pathlib import Path

import msgspec

from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import Failure
from tests.real.desks import nes, with_module
from tests.rig.modules import Slot, scripted_module
from tests.windows import library
from tests.windows.cache import drive
from tests.windows.mingw import compile_dll
from tests.windows.running import PATIENT, Wine

_CALL = "extern int helped(void); helped();"


def test_a_library_in_the_current_folder_is_not_loaded(wine: Wine, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    installed.mkdir()
    (tmp_path / "helper.c").write_text("int helped(void) { return 1; }\n")
    compile_dll(tmp_path / "helper.c", tmp_path / "helper.dll")
    good = Slot(certificates=[("NES0", nes(400))])
    with ExitStack() as stack:
        module = scripted_module(installed, [good], code={"ON_LOAD": _CALL})
        desk = with_module(stack, module)
        named = drive(library.for_windows(module, tmp_path / "helper.dll"))
        done = wine.cardtool(
            *(desk.env, tmp_path, "check", "--module", named, *PATIENT, "--format", "json")
        )

    report = msgspec.json.decode(done.stdout, type=Diagnosis)
    (found,) = report.snapshot.modules
    assert isinstance(found.info, Failure)
    assert report.verdict.startswith("driver-")
