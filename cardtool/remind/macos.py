# SPDX-License-Identifier: Apache-2.0
"""Shows a notice on macOS, by a dialog of `osascript`: its notices can have no buttons.

Nobody has run this on macOS. Source: Apple, AppleScript Language Guide, `display dialog`.
"""

import subprocess
from collections.abc import Callable

from cardtool.remind.notice import Notice, NotShownError

_SCRIPT = """on run argv
set {heading, words, first, second, third} to argv
set chosen to display dialog words with title heading buttons {third, second, first} ¬
default button first giving up after 43200
return button returned of chosen
end run"""
"""The same for each notice: what it says comes as arguments, and is no code."""


def show(notice: Notice, shown: Callable[[], None]) -> str:
    """Show a notice and wait for the answer, as `desktop.show` says."""
    words = (notice.title, notice.body, *notice.choices.values())
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, and a script of ours
            ["/usr/bin/osascript", "-e", _SCRIPT, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise NotShownError(str(error)) from error
    if done.returncode:
        raise NotShownError(done.stderr.strip())
    shown()
    chosen = done.stdout.strip()
    return next((name for name, button in notice.choices.items() if button == chosen), "")
