# SPDX-License-Identifier: Apache-2.0
"""What a file shows of a workstation."""

import msgspec
from msgspec.structs import replace

from cardtool.catalog.atr import is_whole
from cardtool.model.snapshot import Card, Failure, Library, Module, Reader, Slot, Source

MOST = 64
"""Readers and slots that are read."""

Readers = dict[str, Reader]
"""Each by its name."""


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


def with_card(reader: Reader, atr: str) -> Reader:
    """Return a reader with a card in it; of an answer that was cut short, only that it is there."""
    states = tuple(dict.fromkeys(("PRESENT", *reader.states)))
    states = tuple(state for state in states if state not in {"EMPTY", "MUTE"})
    return replace(reader, states=states, card=Card(atr=atr) if is_whole(atr) else None)


def of_readers(tool: str, readers: Readers, *, has_all: bool, platform: str = "") -> Parts:
    """Make the parts that a list of readers shows, cards among them if all of them are known.

    `has_all`: that there are no others was said; otherwise a list without any shows nothing.
    """
    known = all(one.card if "PRESENT" in one.states else one.states for one in readers.values())
    cards = ("card",) if known else ()
    return Parts(
        tool=tool,
        seen=("service", "reader", *cards) if readers or has_all else (),
        platform=platform,
        readers=tuple(readers.values()),
    )


def of_failure(tool: str, name: str, code: int | None, platform: str) -> Parts:
    """Make the parts of an output in which PC/SC refused to give a list of readers."""
    failure = Failure(api="pcsc", name=name, code=code)
    return Parts(tool=tool, seen=("service",), platform=platform, failure=failure)
