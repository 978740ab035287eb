# SPDX-License-Identifier: Apache-2.0
"""Modules that somebody named, and what follows from that: they come before guesses about cards.

Gives no findings.
"""

from cardtool import catalog
from cardtool.model.snapshot import Failure, Module, Slot, Snapshot, Source, Token
from cardtool.rules.remembered import remembered

EMPTY = "CKR_TOKEN_NOT_PRESENT"
"""A module's error for a slot whose card was just taken out."""

_SET_UP = frozenset({"CKF_TOKEN_INITIALIZED", "CKF_USER_PIN_INITIALIZED"})


def is_named(module: Module) -> bool:
    """Tell whether a module was asked for, on the command line or in the configuration."""
    return module.source is Source.CONFIGURED


def is_software(module: Module) -> bool:
    """Tell whether the catalogue says that a module works without a card."""
    known = catalog.module_at(module.path)
    return known is not None and known.purpose == "software"


def of_unknown_kind(snapshot: Snapshot) -> frozenset[str]:
    """Return the paths of named modules that the catalogue does not know."""
    named = filter(is_named, snapshot.modules)
    return frozenset(each.path for each in named if catalog.module_at(each.path) is None)


def needs_no_reader(snapshot: Snapshot) -> bool:
    """Tell whether every module here was named and needs no reader for its tokens."""
    return bool(snapshot.modules) and all(
        is_named(module) and (is_software(module) or _is_read_elsewhere(module))
        for module in snapshot.modules
    )


def is_blank(slot: Slot, token: Token) -> bool:
    """Tell whether a slot that belongs to no reader holds a token that nobody has set up yet.

    SoftHSM always has one. Source: drivers_notes/middleware.md#software-modules.
    """
    is_empty = isinstance(token.certificates, Failure) or not token.certificates
    return slot.reader is None and is_empty and not _SET_UP & set(token.flags)


@remembered
def failing(snapshot: Snapshot) -> frozenset[str | None]:
    """Return the readers whose card a named module could not read; None: the card of any reader."""
    found: set[str | None] = set()
    for module in filter(is_named, snapshot.modules):
        if isinstance(module.slots, tuple):
            found |= {slot.reader for slot in module.slots if _is_refused(slot)}
        else:
            found.add(None)
    return frozenset(found)


def _is_refused(slot: Slot) -> bool:
    return isinstance(slot.token, Failure) and slot.token.name != EMPTY


def _is_read_elsewhere(module: Module) -> bool:
    return isinstance(module.slots, tuple) and any(
        slot.reader is None and isinstance(slot.token, Token) for slot in module.slots
    )
