# SPDX-License-Identifier: Apache-2.0
"""Reads what `system_profiler SPSmartCardsDataType` of macOS and `pcscd -f -d` of Linux print.

Known from public threads alone: LudovicRousseau/PCSC#44, #65, #157, #218; the form of an answer in
system_profiler from openhanko-firmware and arekinath/PivApplet#23.
"""

import re

from cardtool.catalog.atr import answers
from cardtool.model.snapshot import Reader
from cardtool.probe.pasted.parts import MOST, Parts, Readers, of_readers, with_card

PROFILER = re.compile(r"^\s*SmartCards:\s*$|^\s*Reader Drivers:\s*$", re.MULTILINE)
PCSCD = re.compile(r"\b(?:readerfactory|pcscdaemon|hotplug_libudev|ifdhandler)\.c:\d", re.MULTILINE)

_SECTION = re.compile(r"\s+(\S.*):$")
_LISTED = re.compile(r"\s*#\d{1,3}: (\S.*?)(?: \((?:ATR|no ATR).*)?$")
_STARTS = re.compile(r"Attempting startup of (.{1,200}?) using /")
_FAILED = re.compile(r"Open Port 0x\w+ failed", re.IGNORECASE)


def profiler(lines: list[str]) -> Parts:
    """Return the readers of macOS; newer ones leave out the middle of a long answer."""
    readers: Readers = {}
    atrs = dict(answers(lines))
    is_inside, has_all = False, False
    for number, line in enumerate(lines):
        if section := _SECTION.fullmatch(line):
            has_all |= is_inside
            is_inside = section[1] == "Readers"
        elif is_inside and len(readers) < MOST and (found := _LISTED.fullmatch(line)):
            reader = Reader(name=found[1])
            readers[found[1]] = with_card(reader, atrs[number]) if number in atrs else reader
    return of_readers("system_profiler", readers, has_all=has_all, platform="darwin")


def pcscd(lines: list[str]) -> Parts:
    """Return the readers that the service started, without those that it could not open."""
    readers: Readers = {}
    name, atrs = "", dict(answers(lines))
    for number, line in enumerate(lines):
        if (found := _STARTS.search(line)) and len(readers) < MOST:
            name = found[1]
            readers.setdefault(name, Reader(name=name))
        elif _FAILED.search(line):
            readers.pop(name, None)
        elif name in readers and number in atrs and "ATR" in line:
            readers[name] = with_card(readers[name], atrs[number])
    return of_readers("pcscd", readers, has_all=False, platform="linux")
