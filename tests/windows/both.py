# SPDX-License-Identifier: Apache-2.0
"""One desk, built once for each system, and what cardtool of each system says of it."""

import re
import subprocess
import sys
from collections.abc import Callable, Container, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from cardtool.model.diagnosis import Diagnosis, Finding, Severity
from cardtool.text import LANGUAGES, Text
from tests.real.desks import AT, Desk, only_reads
from tests.windows import library
from tests.windows.cache import drive
from tests.windows.running import PATIENT, Wine

Build = Callable[[ExitStack, Path], Desk]
Expected = Container[tuple[str, int]]

_COMMAND = str(Path(sys.executable).with_name("cardtool"))
_CHECK = ("check", "--at", AT.isoformat(), "--format", "json", "--keep-personal")
_REPORT = "report.json"
_LIMIT = "--timeout"
_SLOWER, _SLOWER_HERE = (5, 20), (1, 5)
"""How much more time a check has in Wine, and on this machine: at first, and the second time. What
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
    def unwell(self) -> list[Finding]:
        """What is not well, with all that is known of it."""
        return [each for each in self.report.findings if each.severity is not Severity.OK]

    @property
    def troubles(self) -> list[tuple[str, ...]]:
        """What is not well: each code, and its sentence in each language without paths."""
        return sorted(
            (each.code, *(_anywhere(Text(language).says(each)) for language in LANGUAGES))
            for each in self.unwell
        )


def on_linux(build: Build, folder: Path, *, expected: Expected = ()) -> Told:
    """Check a desk as this machine does; `expected` is that of `on_windows`."""
    return _given_time(partial(_on_linux, build), folder, expected, _SLOWER_HERE)


def on_windows(build: Build, folder: Path, wine: Wine, *, expected: Expected) -> Told:
    """Check a desk as Windows does, and see that its cards were only read and nothing was left.

    `expected` are verdicts and exit statuses. If it is none of them, a check that has little time
    on purpose is made again with more: it may not have been over with what comes before.
    """
    return _given_time(partial(_on_windows, build, wine), folder, expected, _SLOWER)


def _given_time(
    check: Callable[[Path, int], tuple[Told, bool]],
    folder: Path,
    expected: Expected,
    times: tuple[int, int],
) -> Told:
    """Make a check in a folder, and again with more time; it tells whether its time is limited."""
    folder.mkdir()
    short, long = times
    told, has_limit = check(folder / "short", short)
    if has_limit and (told.report.verdict, told.status) not in expected:
        told, _ = check(folder / "long", long)
    return told


def _on_linux(build: Build, folder: Path, slower: int) -> tuple[Told, bool]:
    folder.mkdir()
    with ExitStack() as stack:
        desk = build(stack, folder)
        command = [_COMMAND, *_CHECK, *_given(desk.arguments, slower)]
        done = subprocess.run(command, env=desk.env, capture_output=True, check=False)
    report = _DIAGNOSIS.decode(done.stdout)
    return Told(status=done.returncode, report=report), _LIMIT in desk.arguments


def _on_windows(build: Build, wine: Wine, folder: Path, slower: int) -> tuple[Told, bool]:
    folder.mkdir()
    with ExitStack() as stack:
        desk = build(stack, folder)
        has_driver = (Path(desk.env["XDG_CONFIG_HOME"]) / "libakisp11.so").exists()
        wine.install(*([("akisp11.dll", library.STAND_IN[64])] if has_driver else []))
        dlls = {str(each.path): drive(library.for_windows(each)) for each in desk.modules}
        words = [dlls.get(word, word) for word in _given(desk.arguments, slower)]
        done = wine.cardtool(desk.env, folder, *_CHECK, "-o", _REPORT, *words)
        for card in desk.cards:
            assert {each.hex() for each in card.commands if not only_reads(each)} == set()
            assert _RESET not in card.controls
        assert not any(module.logins for module in desk.modules)
    told = f"{Text('en').label('written')}: {drive(folder / _REPORT)}"
    assert (done.stderr.decode().strip(), done.left) == (told, 0)
    report = _DIAGNOSIS.decode((folder / _REPORT).read_bytes())
    return Told(status=done.returncode, report=report), _LIMIT in desk.arguments


def _given(words: Sequence[str], slower: int) -> list[str]:
    """Return options of a check with so much more time."""
    if _LIMIT not in words:
        return [*words, *PATIENT]
    before = words.index(_LIMIT) + 1
    return [*words[:before], str(slower * int(words[before])), *words[before + 1 :]]


def _anywhere(sentence: str) -> str:
    """Return a sentence without what each system has of its own."""
    return _TIME.sub("TIME", _END.sub("(END)", _PATHS.sub("DRIVER", sentence)))
