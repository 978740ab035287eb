# SPDX-License-Identifier: Apache-2.0
"""Reads what `certutil -scinfo` prints.

It prints in the language of Windows, so only what is the same in every language is read. Known from
Microsoft's documentation and from public threads in English, French and Korean: OpenSC/OpenSC#536,
#3021, #3114; FreeRDP/FreeRDP#7214, #12040.
"""

import re

from msgspec.structs import replace

from cardtool.catalog.atr import answers
from cardtool.model.snapshot import Failure, Reader
from cardtool.probe.pasted.parts import MOST, Parts, Readers, of_failure, of_readers, with_card

KIND = re.compile(
    r"Smart Card Resource Manager|CertUtil ?:.{0,80}SCInfo|certutil(?:\.exe)?.{0,40} -scinfo"
    r"|^SCardListReaders: |^--- \S[^:\n]{0,30}: .*\n--- \S[^:\n]{0,30}: SCARD_",
    re.IGNORECASE | re.MULTILINE,
)

_DASHES = re.compile(r"---\s+(\S[^:]{0,30}): ?(.*)$")
_LISTED = re.compile(r"\s{1,4}(\d{1,3}): (\S.*)$")
_STATE = re.compile(r"SCARD_STATE_([A-Z]+)")
_ERROR = re.compile(
    r"\b0x([0-9a-f]{1,8})\b(?: \((?:-?\d+|WIN32: \d+)(?: ([A-Z]\w+))?\))?", re.IGNORECASE
)
_NO_READERS = 0x8010002E

_NAMES = {0x8010001D: "SCARD_E_NO_SERVICE", 0x8010001E: "SCARD_E_SERVICE_STOPPED"}
"""Older versions print the number alone. Source: Windows, winerror.h."""

_TOOL, _PLATFORM = "certutil -scinfo", "win32"


def read(lines: list[str]) -> Parts:
    """Return the readers and their cards, or what Windows answered in place of them."""
    readers: Readers = {}
    name, atrs = "", dict(answers(lines))
    for number, line in enumerate(lines):
        if (found := _LISTED.match(line)) and len(readers) < MOST:
            readers.setdefault(found[2], Reader(name=found[2]))
        elif found := _DASHES.match(line):
            name = found[2].strip() if found[2].strip() in readers else name
            if name and (states := tuple(_STATE.findall(found[2]))):
                mute = Failure(api="pcsc", name="SCARD_STATE_MUTE") if "MUTE" in states else None
                readers[name] = replace(readers[name], states=states, card=mute)
        elif name and number in atrs:
            readers[name] = with_card(readers[name], atrs[number])
    if readers:
        return of_readers(_TOOL, readers, has_all=True, platform=_PLATFORM)
    error = next(filter(None, map(_ERROR.search, lines)), None)
    if error is None or int(error[1], 16) == _NO_READERS:
        return of_readers(_TOOL, readers, has_all=error is not None, platform=_PLATFORM)
    code = int(error[1], 16)
    return of_failure(_TOOL, error[2] or _NAMES.get(code, f"0x{code:X}"), code, _PLATFORM)
