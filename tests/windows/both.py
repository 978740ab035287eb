# SPDX-License-Identifier: Apache-2.0
"""One desk, built once for each system, and what cardtool of each system says of it."""

import re
import subprocess
import sys
from collections.abc import Callable, Container
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.text import LANGUAGES, Text
from tests.real.desks import AT, Desk, only_reads
from tests.windows import library
from tests.windows.cache import drive
from tests.windows.running import PATIENT, Wine

Build = Callable[[ExitStack, Path], Desk]

_COMMAND = str(Path(sys.executable).with_name("cardtool"))
_CHECK = ("check", "--at", AT.isoformat(), "--format", "json", "--keep-personal")
_REPORT = "report.json"
_LIMIT = "--timeout"
_SLOWER = (5, 20)
"""How much more time a program has in Wine for the same: at first, and on a crowded machine. What
hangs takes all of it."""
_PATHS = re.compile(r"(?:(?:, )?(?:[A-Z]:\\[^,()]+?|/\S+?)\.(?:dll|so)\b)+")
_TIME = re.compile(r"\d\d:\d\d:\d\d")
_END = re.compile(r"\((?:SIG[A-Z]+|EXIT|[A-Z]+_[A-Z_]+|0x[0-9A-F]+)(?: \d+)?\)")
"""How a process ended: a signal of Linux, a number or an exception of Windows."""
_DIAGNOSIS = msgspec.json.Decoder(Diagnosis)
_RESET = 2
"""vpcd's control byte."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a check said."""

    status: int
    report: Diagnosis

    @property
    def codes(self) -> set[str]:
        """The code of every finding."""
        return {each.code for each in self.report.findings}

    @property
    def troubles(self) -> list[tuple[str, ...]]:
        """What is not well: each code, and its sentence in each language without paths."""
        return sorted(
            (each.code, *(_anywhere(Text(language).says(each)) for language in LANGUAGES))
            for each in self.report.findings
            if each.severity is not Severity.OK
        )


def on_linux(build: Build, folder: Path) -> Told:
    """Check a desk as this machine does."""
    folder.mkdir()
    with ExitStack() as stack:
        desk = build(stack, folder)
        command = [_COMMAND, *_CHECK, *desk.arguments]
        done = subprocess.run(command, env=desk.env, capture_output=True, check=False)
    return Told(status=done.returncode, report=_DIAGNOSIS.decode(done.stdout))


def on_windows(
    build: Build, folder: Path, wine: Wine, *, expected: Container[tuple[str, int]]
) -> Told:
    """Check a desk as Windows does, and see that its cards were only read and nothing was left.

    A check that has little time on purpose is made again with more, if its verdict and its exit
    status are not as expected: it was not over with what comes before.
    """
    folder.mkdir()
    for slower in _SLOWER:
        told, has_limit = _checked(build, folder / str(slower), wine, slower)
        if not has_limit or (told.report.verdict, told.status) in expected:
            break
    return told


def _checked(build: Build, folder: Path, wine: Wine, slower: int) -> tuple[Told, bool]:
    """Return also whether the desk limits the time of the check."""
    folder.mkdir()
    with ExitStack() as stack:
        desk = build(stack, folder)
        has_driver = (Path(desk.env["XDG_CONFIG_HOME"]) / "libakisp11.so").exists()
        wine.install(*([("akisp11.dll", library.STAND_IN[64])] if has_driver else []))
        done = wine.cardtool(desk.env, folder, *_CHECK, "-o", _REPORT, *_arguments(desk, slower))
        for card in desk.cards:
            assert {each.hex() for each in card.commands if not only_reads(each)} == set()
            assert _RESET not in card.controls
        assert not any(module.logins for module in desk.modules)
    told = f"{Text('en').label('written')}: {drive(folder / _REPORT)}"
    assert (done.stderr.decode().strip(), done.left) == (told, 0)
    report = _DIAGNOSIS.decode((folder / _REPORT).read_bytes())
    return Told(status=done.returncode, report=report), _LIMIT in desk.arguments


def _anywhere(sentence: str) -> str:
    """Return a sentence without what each system has of its own."""
    return _TIME.sub("TIME", _END.sub("(END)", _PATHS.sub("DRIVER", sentence)))


def _arguments(desk: Desk, slower: int) -> list[str]:
    """Return the options of a desk with Windows' own modules, and time for Wine."""
    dlls = {str(each.path): drive(library.for_windows(each)) for each in desk.modules}
    words = [dlls.get(word, word) for word in desk.arguments]
    if _LIMIT not in words:
        return [*words, *PATIENT]
    place = words.index(_LIMIT) + 1
    words[place] = str(slower * int(words[place]))
    return words
