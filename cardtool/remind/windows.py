# SPDX-License-Identifier: Apache-2.0
"""Shows a notice on Windows, by PowerShell's way to WinRT: a toast of the Start menu's entry.

A toast needs an entry with an AppUserModelID, and its buttons open shortcuts: so nothing waits for
a click, and no web page can press them. The package makes neither yet. Without them, and where a
site forbids such scripts, the page is opened instead. Nobody has run this on Windows.

Source: Microsoft, Toast schema; Send a local toast notification from desktop apps.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import PureWindowsPath
from urllib.parse import quote
from xml.etree import ElementTree as ET

from cardtool.remind.notice import Notice, NotShownError

APP_ID = "cardtool.cardtool"
"""The AppUserModelID of the Start menu's entry."""

_SCRIPT = """
$ErrorActionPreference = 'Stop'
$null = [Windows.UI.Notifications.ToastNotificationManager,
    Windows.UI.Notifications, ContentType = WindowsRuntime]
$null = [Windows.Data.Xml.Dom.XmlDocument, Windows.Data.Xml.Dom, ContentType = WindowsRuntime]
$xml = New-Object Windows.Data.Xml.Dom.XmlDocument
$xml.LoadXml($env:CARDTOOL_TOAST)
$notifier = [Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier(
    $env:CARDTOOL_TOAST_APP)
if ($notifier.Setting -ne 'Enabled') { exit 4 }
$notifier.Show((New-Object Windows.UI.Notifications.ToastNotification $xml))
"""
"""The same for each notice: what it says comes by the environment, and is no code."""
_SWITCHED_OFF = 4
_OFF = "notifications are off (Settings, System, Notifications)"
_LIMIT_S = 60.0
_NO_WINDOW = 0x08000000
"""CREATE_NO_WINDOW."""


def show(notice: Notice, shown: Callable[[], None]) -> str:
    """Show a notice, or ask for its first answer at once, where there can be no toast.

    Raises:
        NotShownError: the user has switched off the notices of cardtool.
    """
    status = _run(toast(notice, os.environ))
    if status == _SWITCHED_OFF:
        raise NotShownError(_OFF)
    shown()
    return "" if status == 0 else next(iter(notice.choices))


def toast(notice: Notice, environ: Mapping[str, str]) -> str:
    """Return a notice in XML, whose buttons open shortcuts."""
    places = dict(zip(notice.choices, shortcuts(environ), strict=True))
    root = ET.Element("toast", activationType="protocol", launch=next(iter(places.values())))
    if notice.stays:
        root.set("scenario", "reminder")
    binding = ET.SubElement(ET.SubElement(root, "visual"), "binding", template="ToastGeneric")
    for words in (notice.title, notice.body):
        ET.SubElement(binding, "text").text = words
    actions = ET.SubElement(root, "actions")
    for name, words in notice.choices.items():
        ET.SubElement(
            actions, "action", content=words, activationType="protocol", arguments=places[name]
        )
    return ET.tostring(root, encoding="unicode")


def shortcuts(environ: Mapping[str, str]) -> tuple[str, str, str]:
    """Return where the shortcuts are that open the page and give the other answers."""
    common = PureWindowsPath(environ.get("ProgramData", r"C:\ProgramData"))
    programs = PureWindowsPath(environ.get("ProgramFiles", r"C:\Program Files"))
    menu = common / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "cardtool.lnk"
    ours = (programs / "cardtool" / f"remind-{name}.lnk" for name in ("applied", "later"))
    opens, applied, later = (
        f"file:///{quote(path.as_posix(), safe='/:')}" for path in (menu, *ours)
    )
    return opens, applied, later


def _run(xml: str) -> int:
    """Show a toast; return 0, `_SWITCHED_OFF`, or another number where it could not be shown."""
    root = os.environ.get("SYSTEMROOT", r"C:\Windows")
    shell = rf"{root}\System32\WindowsPowerShell\v1.0\powershell.exe"
    try:
        return subprocess.run(  # noqa: S603 - a program of the system, and a script of ours
            [shell, "-NoProfile", "-NonInteractive", "-Command", _SCRIPT],
            env={**os.environ, "CARDTOOL_TOAST": xml, "CARDTOOL_TOAST_APP": APP_ID},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_LIMIT_S,
            creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
            check=False,
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return -1
