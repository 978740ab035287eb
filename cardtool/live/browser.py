# SPDX-License-Identifier: Apache-2.0
"""Opens an address in a window of its own, where Edge or Chromium is, else in the usual browser.

Source: Chromium, chrome/common/chrome_switches.cc, `--app`.
"""

import os
import shutil
import subprocess
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path

_NAMES = (
    *("microsoft-edge", "microsoft-edge-stable", "google-chrome", "google-chrome-stable"),
    *("chromium", "chromium-browser"),
)
_ON_WINDOWS = ("Microsoft/Edge/Application/msedge.exe", "Google/Chrome/Application/chrome.exe")
_ON_MAC = (
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def open_window(address: str) -> bool:
    """Open an address; False: this session has no browser to show it in."""
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        return False  # a browser in the terminal would hide the messages there
    for program in _programs():
        with suppress(OSError):
            subprocess.Popen(  # noqa: S603 - a browser of the system's, and an address of ours
                [program, f"--app={address}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            return True
    return webbrowser.open(address)


def _programs() -> list[str]:
    """Return the browsers that can show a page as a window of its own, the usual one first."""
    if sys.platform == "win32":
        folders = ("ProgramFiles(x86)", "ProgramFiles", "LocalAppData")
        homes = [Path(os.environ[name]) for name in folders if name in os.environ]
        places = [home / part for part in _ON_WINDOWS for home in homes]
        return [str(place) for place in places if place.is_file()]
    if sys.platform == "darwin":
        return [place for place in _ON_MAC if Path(place).is_file()]
    return [found for name in _NAMES if (found := shutil.which(name))]
