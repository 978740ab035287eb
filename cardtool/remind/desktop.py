# SPDX-License-Identifier: Apache-2.0
"""Shows a notice on the desktop of the user who is logged on, and waits for the answer.

Nobody has run the part for macOS there; its notices can have no buttons, so it is a dialog of
`osascript`. Source: Apple, AppleScript Language Guide, `display dialog`.
"""

import subprocess
import sys
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
    """Show a notice, call `shown`, and return the answer; empty: none was given.

    On Windows nothing is shown, and the first answer is returned at once: the page opens.

    Raises:
        NotShownError: nobody saw it.
    """
    if sys.platform == "win32":  # a toast needs an entry that the package does not make
        shown()
        return next(iter(notice.choices))
    if sys.platform == "darwin":
        return _show_on_mac(notice, shown)
    from cardtool.remind import freedesktop  # noqa: PLC0415 - of one system only

    return freedesktop.show(notice, shown)


def _show_on_mac(notice: Notice, shown: Callable[[], None]) -> str:
    """Show a notice as a dialog, as `show` says."""
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
