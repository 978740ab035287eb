# SPDX-License-Identifier: Apache-2.0
"""What `-v` writes: lines without control characters and without the user's account."""

import logging
from pathlib import Path

from cardtool.model.hiding import without_numbers
from cardtool.model.names import USER, Accounts
from cardtool.probe import accounts
from cardtool.views.harmless import escape

_HIDDEN = "***"


class Harmless(logging.Formatter):
    """Escapes each line, and hides accounts, users' folders and identity numbers in it."""

    def __init__(self) -> None:
        """Look up once whose account this is."""
        super().__init__("%(name)s: %(message)s")
        self._accounts = Accounts(accounts.own())
        self._home = str(Path("~").expanduser())

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return a line as it is shown."""
        line = super().formatMessage(record)
        if len(self._home) > 1:
            line = line.replace(self._home, "~")
        line = self._accounts.replaced(line, lambda _: _HIDDEN)
        line = USER.sub(lambda found: found["before"] + _HIDDEN, line)
        return escape(without_numbers(line, None))


def begin() -> None:
    """Write all that is logged to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Harmless())
    logging.basicConfig(handlers=[handler], level=logging.DEBUG)
