# SPDX-License-Identifier: Apache-2.0
"""Where snapshots are handed over: a folder on a file share, or a server.

A snapshot keeps its name for ever, so the receiver has it once, however often it is handed over. No
log line shows the contents of a snapshot.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cardtool import files
from cardtool.fleet.sending.spool import DELIVERED, Answer
from cardtool.model.refused import Refused

if TYPE_CHECKING:
    from cardtool.fleet.settings import OfFleet

_LOG = logging.getLogger(__name__)

HandOver = Callable[[str, bytes], Answer]


def destination(to: str, settings: "OfFleet") -> HandOver:
    """Return the function that hands one snapshot over.

    Raises:
        Refused: `to` is neither an absolute folder nor an https address, or a setting for it
            cannot be used.
    """
    if "://" not in to:
        if not Path(to).is_absolute():
            raise Refused(code="fleet-to", to=to)
        return Folder(Path(to))
    from cardtool.fleet.sending.server import Server  # noqa: PLC0415 - a folder needs neither client nor TLS

    return Server(to, settings)


class Folder:
    """A folder that many workstations write to and one importer reads.

    It gets no folders inside: one would belong to the first sender, and others could not write.
    """

    def __init__(self, folder: Path) -> None:
        """Use an existing folder; a missing one is never made, it is a share that is away."""
        self._folder = folder

    def __call__(self, name: str, body: bytes) -> Answer:
        """Put a snapshot there whole, under its name; while it grows, its name begins with `.`."""
        place = self._folder / name
        try:
            if not _holds(place, body):
                files.write(place, body, draft=f".{name}.part", private=False)
        except OSError as error:
            kind = "access" if isinstance(error, PermissionError) else ""
            return Answer("away", kind, f"{self._folder}: {error.strerror or error}")
        _LOG.debug("delivered: %s", name)
        return DELIVERED


def _holds(place: Path, body: bytes) -> bool:
    """Tell whether a file is there with these bytes; False if it cannot be read."""
    try:
        return place.stat().st_size == len(body) and files.read(place) == body
    except OSError:
        return False
