# SPDX-License-Identifier: Apache-2.0
"""How much time is left."""

import time
from typing import Self


class Deadline:
    """A moment on the monotonic clock by which something has to be done."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """Return the seconds that are left, never less than none."""
        return max(0.0, self._at - time.monotonic())

    def share(self, parts: int) -> Self:
        """Return a nearer deadline: one of so many equal parts of what is left."""
        return type(self)(self.left_s / parts)
