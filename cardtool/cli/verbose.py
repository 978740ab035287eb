# SPDX-License-Identifier: Apache-2.0
"""Writes for `-v` to standard error: lines without control characters and without any person.

The lines about a check contain no label, name, serial number or folder.
"""

import logging
import ntpath
import os
from collections.abc import Iterator

from cardtool.model.hiding import without_numbers
from cardtool.model.names import USER, Accounts
from cardtool.model.snapshot import Card, Failure, Module, Reader, Snapshot
from cardtool.probe import identity
from cardtool.views.harmless import escape

_LOG = logging.getLogger(__name__)

_HIDDEN = "***"


class _Harmless(logging.Formatter):
    """Escapes each line, and hides accounts, users' folders and identity numbers in it."""

    def __init__(self) -> None:
        super().__init__("%(name)s: %(message)s")
        self._accounts = Accounts(identity.names())
        self._home = os.path.expanduser("~")  # noqa: PTH111 - Path.home fails for a user without one

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return a line as it is shown."""
        line = super().formatMessage(record)
        if len(self._home) > 1:
            line = line.replace(self._home, "~")
        line = self._accounts.replaced(line, lambda _: _HIDDEN)
        line = USER.sub(lambda match: match["before"] + _HIDDEN, line)
        return escape(without_numbers(line, None))


def begin() -> None:
    """Write all that is logged to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Harmless())
    logging.basicConfig(handlers=[handler], level=logging.DEBUG)


def tell(snapshot: Snapshot) -> None:
    """Log each step of a check, in the order of the chain."""
    for line in lines(snapshot):
        _LOG.debug("%s", escape(line))


def lines(snapshot: Snapshot) -> Iterator[str]:
    """Yield a line for each part of a check."""
    if isinstance(snapshot.readers, Failure):
        yield f"PC/SC asked for the readers: {snapshot.readers.name}"
    else:
        yield f"PC/SC asked for the readers: {len(snapshot.readers)}"
        for number, reader in enumerate(snapshot.readers, 1):
            yield f"reader {number}: {' '.join(reader.states)}; card: {_card(reader)}"
    for module in snapshot.modules:
        yield f"module {ntpath.basename(module.path)}: {_outcome(module)}"
    yield f"looked for {snapshot.elapsed_s:.1f} s"


def _card(reader: Reader) -> str:
    match reader.card:
        case None:
            return "none"
        case Failure():
            return reader.card.name
        case Card():
            return "answers"


def _outcome(module: Module) -> str:
    if isinstance(module.library, Failure):
        return f"not loaded, {module.library.name}"
    if module.slots is None:
        return "not needed, not loaded"
    if isinstance(module.slots, Failure):
        return module.slots.name
    return "; ".join([f"loaded, slots: {len(module.slots)}", *_tokens(module)])


def _tokens(module: Module) -> Iterator[str]:
    for slot in module.slots if isinstance(module.slots, tuple) else ():
        match slot.token:
            case None:
                yield f"slot {slot.id}: empty"
            case Failure():
                yield f"slot {slot.id}: {slot.token.name}"
            case token if isinstance(token.certificates, Failure):
                yield f"slot {slot.id}: read, certificates: {token.certificates.name}"
            case token:
                yield f"slot {slot.id}: read, certificates: {len(token.certificates)}"
