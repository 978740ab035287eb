# SPDX-License-Identifier: Apache-2.0
"""Tells which PKCS#11 module is for which card, can be loaded on this machine, or was named.

A module that somebody named, on the command line or in the configuration, goes before all guesses
about cards. Gives no findings.
"""

from cardtool import catalog
from cardtool.model.certificate import LISTED
from cardtool.model.snapshot import Failure, Library, Module, Slot, Snapshot, Source, Token

_EMPTY = "CKR_TOKEN_NOT_PRESENT"
"""A module's error for a slot whose card was just taken out."""

_SET_UP = frozenset({"CKF_TOKEN_INITIALIZED", "CKF_USER_PIN_INITIALIZED"})


def is_named(module: Module) -> bool:
    """Tell whether somebody named a module."""
    return module.source is Source.CONFIGURED


def slots(module: Module) -> tuple[Slot, ...]:
    """Return the slots of a module; none if it was not loaded or did not list them."""
    return module.slots if isinstance(module.slots, tuple) else ()


def failure(slot: Slot) -> Failure | None:
    """Return why the token in a slot could not be read; None: it could, or none is there."""
    token = slot.token
    return token if isinstance(token, Failure) and token.name != _EMPTY else None


def module_id(module: Module) -> str | None:
    """Return the module's id in the catalogue."""
    known = catalog.module_at(module.path)
    return None if known is None else known.id


def is_software(module: Module) -> bool:
    """Tell whether the catalogue says that a module works without a card."""
    known = catalog.module_at(module.path)
    return known is not None and known.purpose == "software"


def is_for(module: Module, card: catalog.Card) -> bool:
    """Tell whether the catalogue has this module among those that read the card."""
    return module_id(module) in card.modules


def may_be_for(module: Module, card: catalog.Card) -> bool:
    """Tell whether a card may be read by this module: it was named, or the catalogue says so."""
    return is_named(module) or is_for(module, card)


def is_installed_or_named(module: Module) -> bool:
    """Tell whether a module is installed, or was named."""
    library = module.library
    return is_named(module) or not (isinstance(library, Failure) and library.name == "ENOENT")


def products(snapshot: Snapshot) -> list[str]:
    """Name the products whose card modules are installed, each once."""
    installed = (one.path for one in snapshot.modules if isinstance(one.library, Library))
    known = filter(None, map(catalog.module_at, installed))
    return sorted({module.package for module in known if module.purpose == "card"})


def fits(module: Module, snapshot: Snapshot) -> bool:
    """Tell by the file's header whether this process could load it; False without a header."""
    library, host = module.library, snapshot.host
    return (
        not isinstance(library, Failure)
        and host.machine in library.machines
        and host.bits <= library.bits
    )


def is_listed(token: Token) -> bool:
    """Tell whether another program named the certificates of a token without showing them."""
    return isinstance(token.certificates, Failure) and token.certificates.name == LISTED


def is_blank(slot: Slot, token: Token) -> bool:
    """Tell whether a slot that belongs to no reader holds a token that nobody has set up yet.

    SoftHSM always has one. Source: drivers_notes/middleware.md#software-modules.
    """
    is_empty = isinstance(token.certificates, Failure) or not token.certificates
    is_empty = is_empty and not is_listed(token)
    return slot.reader is None and is_empty and not _SET_UP & set(token.flags)


def needs_no_reader(snapshot: Snapshot) -> bool:
    """Tell whether every module here was named and needs no reader for its tokens."""
    return bool(snapshot.modules) and all(
        is_named(module)
        and (
            is_software(module)
            or any(slot.reader is None and isinstance(slot.token, Token) for slot in slots(module))
        )
        for module in snapshot.modules
    )
