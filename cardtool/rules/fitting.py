# SPDX-License-Identifier: Apache-2.0
"""Which PKCS#11 module is for which card, and which could be loaded on this machine.

Gives no findings; it knows modules and kinds of cards, and nothing of what is in a reader.
"""

from cardtool import catalog
from cardtool.model.snapshot import Failure, Module, Snapshot, Source


def module_id(module: Module) -> str | None:
    """Return the module's id in the catalogue."""
    known = catalog.module_at(module.path)
    return None if known is None else known.id


def module_kind(module: Module) -> tuple[bool, str | None]:
    """Return what decides which cards a module may be for: equal for two modules alike."""
    return module.source is Source.CONFIGURED, module_id(module)


def is_for(module: Module, card: catalog.Card) -> bool:
    """Tell whether the catalogue has this module among those that read the card."""
    return module_id(module) in card.modules


def is_here(module: Module) -> bool:
    """Tell whether a module is installed, or was asked for."""
    library = module.library
    is_missing = isinstance(library, Failure) and library.name == "ENOENT"
    return module.source is Source.CONFIGURED or not is_missing


def fits(module: Module, snapshot: Snapshot) -> bool:
    """Tell by the file's header whether this process could load it; False without a header."""
    library, host = module.library, snapshot.host
    return (
        not isinstance(library, Failure)
        and host.machine in library.machines
        and host.bits <= library.bits
    )


def may_be_for(module: Module, card: catalog.Card) -> bool:
    """Tell whether a card may be read by this module: it was asked for, or the catalogue says."""
    return module.source is Source.CONFIGURED or is_for(module, card)
