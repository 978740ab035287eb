# SPDX-License-Identifier: Apache-2.0
"""Where snapshots are handed over: a folder on a file share, or a server.

A snapshot has one name for all time, so that the receiver sees it once however often it is handed
over. No log line holds what is in a snapshot.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cardtool import regularfile, wholefile
from cardtool.fleet.sending.spool import DELIVERED, Answer
from cardtool.model.refused import Refused

if TYPE_CHECKING:
    from cardtool.fleet.settings import OfFleet

_LOG = logging.getLogger(__name__)

HandOver = Callable[[str, bytes], Answer]


def destination(to: str, settings: "OfFleet") -> HandOver:
    """Return what hands one snapshot over.

    Raises:
        Refused: it is neither an absolute folder nor an https address, or what is set
            for it cannot be used.
    """
    if "://" not in to:
        if not Path(to).is_absolute():
            raise Refused(code="fleet-to", to=to)
        return Folder(Path(to))
    from cardtool.fleet.sending.server import Server  # noqa: PLC0415 - a folder needs neither client nor TLS

    return Server(to, settings)


class Folder:
    """A folder that many write to and one collects from.

    It has no folders in it: one would belong to whoever sent first, and let in nobody else.
    """

    def __init__(self, folder: Path) -> None:
        """Use a folder that exists: one that is missing is a share that is not there now."""
        self._folder = folder

    def __call__(self, name: str, body: bytes) -> Answer:
        """Put a snapshot there under its name, whole or not at all; what begins with `.` grows."""
        place = self._folder / name
        try:
            if not _holds(place, body):
                wholefile.write(place, body, draft=f".{name}.part", private=False)
        except OSError as error:
            kind = "access" if isinstance(error, PermissionError) else ""
            return Answer("away", kind, f"{self._folder}: {error.strerror or error}")
        _LOG.debug("delivered: %s", name)
        return DELIVERED


def _holds(place: Path, body: bytes) -> bool:
    """Say whether a file is there with these bytes; one that may not be read is written again."""
    try:
        return place.stat().st_size == len(body) and regularfile.read(place) == body
    except OSError:
        return False
