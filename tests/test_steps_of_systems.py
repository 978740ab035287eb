# SPDX-License-Identifier: Apache-2.0
"""No step of one system is told at a desk of another: over every described desk, in each language.

A distribution of Linux counts as a system of its own where packages are installed.
"""

import re
from pathlib import Path

import pytest

from cardtool.rules import diagnose
from cardtool.text import LANGUAGES, Text
from tests.described import FILES, read

_LINUX = r"systemctl|journalctl|timedatectl|udev|pcscd|polkit|/etc/|\bLinux"
_WINDOWS = r"\.msc\b|Windows|HKLM|Device Manager|Aygıt Yöneticisi|Task Scheduler|Görev Zaman"
_MAC = r"macOS|\bMac\b|defaults write|System Settings|Sistem Ayarları"
_OF_OTHERS = {
    "linux": f"{_WINDOWS}|{_MAC}",
    "win32": rf"\bsudo\b|{_LINUX}|{_MAC}",
    "darwin": f"{_LINUX}|{_WINDOWS}",
}
_PACKAGES = {
    "Debian": r"\b(dnf|pacman|zypper|pcsclite|pcsc-lite-ccid|pcsc-ccid)\b",
    "Fedora": r"\b(apt|pacman|zypper|libccid|pcsclite|pcsc-ccid)\b",
    "Arch": r"\b(apt|dnf|zypper|libccid|pcsc-lite-ccid|pcsc-ccid)\b",
    "openSUSE": r"\b(apt|dnf|pacman|libccid|pcsclite|pcsc-lite-ccid)\b",
}
_BOTH = ("session-wsl",)
"""Findings about a system inside another, whose steps are of both."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_step_is_of_the_desks_own_system(file: Path, language: str) -> None:
    case, text = read(file), Text(language)
    host = case.desk().host
    of_others = [_OF_OTHERS[host.platform]]
    of_others += [found for name, found in _PACKAGES.items() if name in host.release]

    for given in diagnose(case.desk(), case.at).findings:
        for step in given.steps if given.code not in _BOTH else ():
            said = text.step(step, given.facts)
            assert not re.search("|".join(of_others), said), (given.code, step, said)
