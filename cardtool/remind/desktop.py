# SPDX-License-Identifier: Apache-2.0
"""Shows a notice on the desktop of whoever is logged on, and waits for what is chosen on it."""

import sys
from collections.abc import Callable

from cardtool.remind.notice import Notice, NotShownError


def show(notice: Notice, shown: Callable[[], None]) -> str:
    """Show a notice, call `shown`, and return the answer; empty: none was given.

    Raises:
        NotShownError: nobody saw it.
    """
    if sys.platform != "linux":
        raise NotShownError(sys.platform)
    from cardtool.remind import freedesktop  # noqa: PLC0415 - of one system only

    return freedesktop.show(notice, shown)
