# SPDX-License-Identifier: Apache-2.0
"""One check at a time on a machine: a lock that is held until the last worker has ended.

Two checks at one slow card keep each other waiting, until a late worker is ended in a transaction
and PC/SC resets the card. The lock belongs to an open file that the workers inherit. So it is held
until they have ended too, however the program that took it ended.

There is no lock on a machine without a place for the file, nor on Windows, where processes do not
inherit locks.
"""

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardtool.model.surroundings import Running

if sys.platform != "win32":
    from cardtool.probe import machine_lock

_PAUSE_S = 0.03
_WAKE_S = 0.5
"""How often workers that were stopped are looked for."""


class Turn:
    """A place in the queue of the checks on this machine."""

    def __init__(self) -> None:
        """Open the file of the lock without waiting; workers inherit `descriptor`."""
        self.descriptor: int | None = None
        if sys.platform != "win32":
            self.descriptor = machine_lock.opened()
        self.before: Running | None = None
        """The check that this one had to wait for; None: there was none."""

    def wait(self, limit_s: float) -> bool:
        """Wait for all others to end; False: it took too long."""
        end = time.monotonic() + limit_s
        wake_at = time.monotonic() + _WAKE_S
        while not self._take():
            self.before = self.before or self._owner()
            if time.monotonic() >= end:
                return False
            if time.monotonic() >= wake_at:
                self._wake()
                wake_at += _WAKE_S
            time.sleep(_PAUSE_S)
        return True

    def close(self) -> None:
        """Release the lock; workers that are still running go on holding it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def _take(self) -> bool:
        if sys.platform != "win32" and self.descriptor is not None:
            return machine_lock.take(self.descriptor)
        return True

    def _owner(self) -> "Running | None":
        if sys.platform == "win32" or self.descriptor is None:
            return None
        from cardtool.probe import holders  # noqa: PLC0415 - nobody is waited for as a rule

        return holders.owner(self.descriptor)

    def _wake(self) -> None:
        if sys.platform != "win32" and self.descriptor is not None:
            from cardtool.probe import holders  # noqa: PLC0415 - as above

            holders.wake(self.descriptor)
