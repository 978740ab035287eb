# SPDX-License-Identifier: Apache-2.0
"""Shows a notice on the desktop of the user who is logged on, and waits for the answer."""

import sys
from collections.abc import Callable

from cardtool.remind.notice import Notice


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
        from cardtool.remind import macos as system  # noqa: PLC0415 - of one system only
    else:
        from cardtool.remind import freedesktop as system  # noqa: PLC0415 - as above
    return system.show(notice, shown)
