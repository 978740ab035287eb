# SPDX-License-Identifier: Apache-2.0
"""What a file shows of a workstation."""

import msgspec

from cardtool.model.snapshot import Failure, Library, Module, Reader, Slot, Source


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a snapshot that a file has."""

    tool: str
    """The program that wrote it."""
    seen: tuple[str, ...]
    """The links of the chain that it shows; only these are judged."""
    platform: str = ""
    """As sys.platform; empty: it may be of any system."""
    readers: tuple[Reader, ...] = ()
    failure: Failure | None = None
    """What PC/SC answered in place of the readers."""
    modules: tuple[Module, ...] = ()


def module(path: str, *slots: Slot) -> Module:
    """Make a module of which only the slots are known."""
    library = Library(format="", machines=(), bits=64)
    return Module(path=path, source=Source.CATALOG, library=library, slots=slots)
